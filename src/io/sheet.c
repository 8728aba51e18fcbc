#include "io/sheet.h"

#include "base/memory.h"

#include <string.h>

enum { BORDER = 1, PAPER = 235 };

despur_status sheet_create(contact_sheet *s, size_t rows, size_t columns, size_t tile_height,
                           size_t tile_width, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t pixels;
  *s = (contact_sheet){.tile_width = tile_width, .tile_height = tile_height};
  TRY(mem_multiply(&s->width, columns, tile_width + BORDER, error));
  TRY(mem_multiply(&s->height, rows, tile_height + BORDER, error));
  s->width += BORDER;
  s->height += BORDER;
  TRY(mem_multiply(&pixels, s->width, s->height, error));
  TRY(mem_alloc(&s->rgb, pixels, 3, error));
  memset(s->rgb, PAPER, pixels * 3);
cleanup:
  return status;
}

void sheet_release(contact_sheet *s) {
  mem_free(s->rgb);
  *s = (contact_sheet){0};
}

uint8_t *sheet_pixel(const contact_sheet *s, size_t row, size_t column, size_t y, size_t x) {
  size_t at_y = row * (s->tile_height + BORDER) + BORDER + y;
  size_t at_x = column * (s->tile_width + BORDER) + BORDER + x;
  return s->rgb + 3 * (at_y * s->width + at_x);
}

uint8_t sheet_byte(float value) {
  if (!(value > 0)) return 0;
  return value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5f);
}
