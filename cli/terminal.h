/* What stdout can show. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns: those of the terminal that the descriptor is, or of the variable COLUMNS; else 80. */
int terminal_width(int descriptor);

/* Colours go to terminals only, and not when NO_COLOR is set (no-color.org). */
bool terminal_colours(void);

typedef enum terminal_style { STYLE_PLAIN, STYLE_STRONG, STYLE_FAINT, STYLE_BAR } terminal_style;

/* Switches to a style, if there are colours. */
void terminal_set(terminal_style style);

/* The columns that a UTF-8 text takes, if each of its characters takes one. */
int terminal_columns(const char *text);

/* Prints a text; control characters, which could command the terminal, as pictures of them. */
void terminal_put(const char *text);

/* fprintf for whatever may hold names, paths or messages from outside: line breaks and tabs stay, other
 * control characters and what is not UTF-8 come out as pictures of them. Returns what fprintf would. */
__attribute__((format(printf, 2, 3))) int terminal_print(FILE *out, const char *format, ...);

/* Prints at most width columns of a text, and spaces up to width; what is cut off ends with a tilde. */
void terminal_put_left(const char *text, int width);

/* A line on stderr in the place of the one before it. The last column stays free, since writing there makes
 * some terminals scroll: of a line that is too long, parts go that stand behind commas, the last one first.
 */
void terminal_redraw(const char *line);

/* Nothing in its place. */
void terminal_wipe(void);

/* Prints words in lines of at most that many characters. */
void terminal_print_wrapped(const char *words, size_t width);

#endif
