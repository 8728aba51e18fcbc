/* Pictures of maps: the image in dim grey under the colours of its map. */
#include "base/memory.h"
#include "eval/maps/cam.h"
#include "io/sheet.h"

#include <stdbool.h>

enum { COLOURS = 256, GREY = 30, COLOUR = 70 /* per cent */ };

static void list_colours(uint8_t colours[COLOURS][3]) {
  for (size_t i = 0; i < COLOURS; i++) despur_cam_colour((double)i / (COLOURS - 1), colours[i]);
}

static uint8_t mix(unsigned grey, unsigned colour) {
  return (uint8_t)((GREY * grey + COLOUR * colour + 50) / 100);
}

/* Lightness of a pixel by Rec. 601. */
static float luma(const float *image, despur_shape shape, size_t at) {
  size_t plane = shape.height * shape.width;
  if (shape.channels != 3) return image[at];
  return 0.299f * image[at] + 0.587f * image[plane + at] + 0.114f * image[2 * plane + at];
}

void cam_draw_image(uint8_t *rgb, size_t stride, const float *image, despur_shape shape, size_t scale) {
  size_t plane = shape.height * shape.width;
  for (size_t y = 0; y < shape.height * scale; y++)
    for (size_t x = 0; x < shape.width * scale; x++)
      for (size_t c = 0; c < 3; c++) {
        size_t channel = shape.channels == 3 ? c : 0;
        rgb[y * stride + 3 * x + c] =
            sheet_byte(image[channel * plane + y / scale * shape.width + x / scale]);
      }
}

despur_status cam_draw_overlay(uint8_t *rgb, size_t stride, const float *image, const float *map,
                               despur_shape shape, size_t scale, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *large = NULL;
  uint8_t colours[COLOURS][3];
  size_t height = shape.height * scale, width = shape.width * scale;
  TRY(mem_alloc(&large, height * width, sizeof *large, error));
  cam_enlarge(map, shape.height, shape.width, large, height, width);
  list_colours(colours);
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      unsigned grey = sheet_byte(luma(image, shape, y / scale * shape.width + x / scale));
      const uint8_t *colour = colours[sheet_byte(large[y * width + x])];
      for (size_t c = 0; c < 3; c++) rgb[y * stride + 3 * x + c] = mix(grey, colour[c]);
    }
cleanup:
  mem_free(large);
  return status;
}

/* Lightness as above, of bytes. */
static unsigned luma_byte(const uint8_t *rgb) {
  return (299U * rgb[0] + 587U * rgb[1] + 114U * rgb[2] + 500) / 1000;
}

despur_status cam_draw_photograph(uint8_t *rgb, size_t stride, const cam_photograph *photo, const float *map,
                                  despur_shape shape, despur_error *error) {
  static const uint8_t BLACK[3] = {0};
  despur_status status = DESPUR_OK;
  const size_t width = photo->seen_width, height = photo->seen_height;
  float *large = NULL;
  uint8_t colours[COLOURS][3];
  TRY(mem_alloc(&large, height * width, sizeof *large, error));
  cam_enlarge(map, shape.height, shape.width, large, height, width);
  list_colours(colours);
  for (size_t y = 0; y < photo->height; y++)
    for (size_t x = 0; x < photo->width; x++) {
      const size_t row = y - photo->top, column = x - photo->left; /* huge before what was seen */
      const bool seen = row < height && column < width;
      const uint8_t *colour = seen ? colours[sheet_byte(large[row * width + column])] : BLACK;
      const unsigned grey = luma_byte(photo->rgb + 3 * (y * photo->width + x));
      for (size_t c = 0; c < 3; c++) rgb[y * stride + 3 * x + c] = mix(grey, colour[c]);
    }
cleanup:
  mem_free(large);
  return status;
}
