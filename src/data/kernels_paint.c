/* Compiled once for each instruction set (base/level.h). */
#include "data/paint_kernels.h"

#include "base/lanes.h"
#include "base/level.h"

#include <string.h>

_Static_assert(PAINT_PLANE % VECTOR == 0, "an image is whole vectors");

static void paint(const uint8_t *grey, const uint8_t *painted, const float *colour, float *x) {
  const ivec colours[3] = {(ivec)splat(colour[0]), (ivec)splat(colour[1]), (ivec)splat(colour[2])};
  for (size_t pixel = 0; pixel < PAINT_PLANE; pixel += VECTOR) {
    ivec value = load_bytes(grey + pixel);
    ivec coloured = (value == 0) & (load_bytes(painted + pixel) != 0);
    ivec plain = (ivec)(__builtin_convertvector(value, vec) / splat(255)); /* 0 where it is coloured */
    UNROLL for (size_t c = 0; c < 3; c++) {
      ivec shown = plain | (coloured & colours[c]);
      memcpy(x + c * PAINT_PLANE + pixel, &shown, sizeof shown);
    }
  }
}

extern const paint_table LEVEL_TABLE(paint);
const paint_table LEVEL_TABLE(paint) = {.paint = paint};
