/* Characters as dots, for the labels of contact sheets: a PNG is looked at alone, and no font may be there.
 */
#ifndef IO_GLYPHS_H
#define IO_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>

/* Dots of a character, the space to the next one included; the lowest line is for what hangs below the
 * others. */
enum { GLYPH_WIDTH = 6, GLYPH_HEIGHT = 8 };

enum { GLYPH_ELLIPSIS = -1 };

/* Whether there is a dot at (y, x) of a character: ASCII or GLYPH_ELLIPSIS, anything else is a question mark.
 */
bool glyph_dot(int character, size_t y, size_t x);

#endif
