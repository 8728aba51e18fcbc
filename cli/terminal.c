#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int terminal_width(int descriptor) {
  struct winsize size;
  if (isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char *columns = getenv("COLUMNS");
  long width = columns ? strtol(columns, NULL, 10) : 0;
  return width > 0 && width < 10000 ? (int)width : 80;
}

bool terminal_colours(void) {
  const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(STDOUT_FILENO) && !(none && *none) && !(term && strcmp(term, "dumb") == 0);
}

void terminal_set(terminal_style style) {
  static const char *const CODES[] = {"\033[0m", "\033[1m", "\033[2m", "\033[34m"};
  if (terminal_colours()) fputs(CODES[style], stdout);
}

static bool starts_character(char byte) {
  return ((unsigned char)byte & 0xc0) != 0x80;
}

int terminal_columns(const char *text) {
  int columns = 0;
  for (; *text; text++) columns += starts_character(*text);
  return columns;
}

/* The bytes of a UTF-8 character without overlong forms; 0 for anything else, such as a lone byte that an old
 * terminal would obey. */
static int character_bytes(const char *at) {
  unsigned char first = (unsigned char)at[0];
  int bytes = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return 0;
  for (int i = 1; i < bytes; i++)
    if (((unsigned char)at[i] & 0xc0) != 0x80) return 0;
  unsigned char second = (unsigned char)at[1];
  return (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90) ? 0 : bytes;
}

/* A character of a text; returns how many bytes were used. */
static int put_character(FILE *out, const char *at) {
  unsigned char byte = (unsigned char)*at, next = (unsigned char)at[1];
  int bytes = character_bytes(at);
  if (byte < 0x20 || byte == 0x7f)
    fprintf(out, "\xe2\x90%c", byte == 0x7f ? 0xa1 : 0x80 + byte); /* U+2400 to U+2421 */
  else if (bytes == 0 || (byte == 0xc2 && next < 0xa0))
    fputs("\xef\xbf\xbd", out); /* not UTF-8, or C1: U+FFFD */
  else
    fwrite(at, 1, (size_t)bytes, out);
  return bytes > 0 ? bytes : 1;
}

void terminal_put(const char *text) {
  while (*text) text += put_character(stdout, text);
}

static void put_lines(FILE *out, const char *text) {
  while (*text) {
    bool plain = *text == '\n' || *text == '\t';
    if (plain) putc(*text, out);
    text += plain ? 1 : put_character(out, text);
  }
}

int terminal_print(FILE *out, const char *format, ...) {
  char room[512], *words = room;
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(room, sizeof room, format, args);
  if (length >= (int)sizeof room && (words = malloc((size_t)length + 1)))
    vsnprintf(words, (size_t)length + 1, format, again);
  put_lines(out, words ? words : room); /* without memory, its beginning */
  if (words != room) free(words);
  va_end(again);
  va_end(args);
  return length;
}

void terminal_put_left(const char *text, int width) {
  int columns = terminal_columns(text);
  bool cut = columns > width;
  int left = cut ? width - 1 : columns;
  while (*text) {
    if (starts_character(*text) && left-- == 0) break;
    text += put_character(stdout, text);
  }
  if (cut) putchar('~');
  for (; columns < width; columns++) putchar(' ');
}

void terminal_redraw(const char *line) {
  const int most = terminal_width(STDERR_FILENO) - 1;
  int length = (int)strlen(line);
  while (length > most) {
    int comma = length - 1;
    while (comma > 0 && line[comma] != ',') comma--;
    length = comma > 0 ? comma : most;
  }
  fprintf(stderr, "\r\033[K%.*s", length, line);
}

void terminal_wipe(void) {
  fputs("\r\033[K", stderr);
}

void terminal_print_wrapped(const char *words, size_t width) {
  size_t column = 0;
  while (*words) {
    size_t length = strcspn(words, " ");
    if (column > 0 && column + 1 + length > width) {
      putchar('\n');
      column = 0;
    }
    column += (size_t)terminal_print(stdout, "%s%.*s", column ? " " : "", (int)length, words);
    words += length;
    words += strspn(words, " ");
  }
  putchar('\n');
}
