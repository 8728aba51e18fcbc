/* A contact sheet: rows x columns tiles of one size with a light line around each, as RGB bytes, and what
 * they are called beside and above them. */
#ifndef IO_SHEET_H
#define IO_SHEET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sheet_plan {
  size_t rows, columns, tile_height, tile_width;
  size_t longest; /* characters of the longest name of a row; 0: rows have none */
  bool headed;    /* columns have names */
} sheet_plan;

typedef struct contact_sheet {
  size_t width, height, tile_width, tile_height;
  size_t left, top; /* pixels before the tiles and their lines, for names */
  uint8_t *rgb;     /* [height, width, 3] */
} contact_sheet;

/* Tiles too low for a line of letters get no names. Release with sheet_release, also after an error. */
DESPUR_MUST_USE despur_status sheet_create(contact_sheet *s, const sheet_plan *plan, despur_error *error);

void sheet_release(contact_sheet *s);

/* The pixel (y, x) of a tile. */
uint8_t *sheet_pixel(const contact_sheet *s, size_t row, size_t column, size_t y, size_t x);

/* Draws names where the plan has left room: of a row, and of `count` columns from the first on. What is too
 * long is drawn smaller, then cut and ends in an ellipsis. */
void sheet_name_row(const contact_sheet *s, size_t row, const char *name);
void sheet_name_columns(const contact_sheet *s, size_t first, size_t count, const char *name);

/* A value in [0, 1] as a byte; what lies outside is clipped. */
uint8_t sheet_byte(float value);

#endif
