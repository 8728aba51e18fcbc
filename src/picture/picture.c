/* What all decoders share: memory, white below what is transparent, orientation. */
#include "picture/picture.h"

#include "base/memory.h"
#include "io/file.h"

#include <string.h>

void picture_release(picture *p) {
  mem_free(p->rgb);
  *p = (picture){0};
}

despur_status picture_check_size(size_t width, size_t height, despur_error *error) {
  if (width == 0 || height == 0)
    return error_set(error, DESPUR_BAD_INPUT, "expected at least one pixel, found %zu x %zu", width, height);
  if (width > PICTURE_MOST_PIXELS / height)
    return error_set(error, DESPUR_BAD_INPUT, "expected at most %s pixels, found %zu x %zu",
                     file_grouped(PICTURE_MOST_PIXELS).text, width, height);
  return DESPUR_OK;
}

despur_status picture_allocate(picture *out, size_t width, size_t height, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(picture_check_size(width, height, error));
  TRY(mem_alloc(&out->rgb, width * height, 3, error));
  out->width = width;
  out->height = height;
cleanup:
  return status;
}

/* Rounded to the nearest, as Pillow does it: x / 255 is (x + 128 + (x + 128) / 256) / 256. */
static uint8_t share_of_255(unsigned x) {
  x += 128;
  return (uint8_t)((x + (x >> 8)) >> 8);
}

void picture_on_white(uint8_t *rgb, const uint8_t *rgba, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const unsigned alpha = rgba[4 * i + 3];
    for (size_t c = 0; c < 3; c++)
      rgb[3 * i + c] = share_of_255(255 * (255 - alpha) + rgba[4 * i + c] * alpha);
  }
}

/* ---- orientation ---- */

/* Where the pixel (row, column) of the upright picture lies in the one that is stored. */
static size_t stored_at(const picture *from, int orientation, size_t row, size_t column) {
  const size_t last_row = from->height - 1, last_column = from->width - 1;
  const size_t rows[] = {row, row, last_row - row, last_row - row};
  const size_t columns[] = {column, last_column - column, last_column - column, column};
  switch (orientation) {
  case 2:
  case 3:
  case 4:
    return rows[orientation - 1] * from->width + columns[orientation - 1];
  case 5:
    return column * from->width + row;
  case 6:
    return (last_row - column) * from->width + row;
  case 7:
    return (last_row - column) * from->width + last_column - row;
  default:
    return column * from->width + last_column - row;
  }
}

despur_status picture_orient(picture *p, int orientation, despur_error *error) {
  despur_status status = DESPUR_OK;
  picture upright = {0};
  if (orientation < 2 || orientation > 8) return DESPUR_OK;
  const bool turned = orientation >= 5;
  TRY(picture_allocate(&upright, turned ? p->height : p->width, turned ? p->width : p->height, error));
  for (size_t row = 0; row < upright.height; row++)
    for (size_t column = 0; column < upright.width; column++)
      memcpy(upright.rgb + 3 * (row * upright.width + column),
             p->rgb + 3 * stored_at(p, orientation, row, column), 3);
  picture_release(p);
  *p = upright;
cleanup:
  return status;
}
