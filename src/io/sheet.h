/* A contact sheet: rows x columns tiles of one size with a light line around each, as RGB bytes. */
#ifndef IO_SHEET_H
#define IO_SHEET_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct contact_sheet {
  size_t width, height, tile_width, tile_height;
  uint8_t *rgb; /* [height, width, 3] */
} contact_sheet;

/* Release with sheet_release, also after an error. */
DESPUR_MUST_USE despur_status sheet_create(contact_sheet *s, size_t rows, size_t columns, size_t tile_height,
                                           size_t tile_width, despur_error *error);

void sheet_release(contact_sheet *s);

/* The pixel (y, x) of a tile. */
uint8_t *sheet_pixel(const contact_sheet *s, size_t row, size_t column, size_t y, size_t x);

/* A value in [0, 1] as a byte; what lies outside is clipped. */
uint8_t sheet_byte(float value);

#endif
