/* Compiled once for each instruction set (base/level.h). Images lie one after the other and lanes side by
 * side, so bytes are transposed first, sixteen pixels of sixteen images at a time, and then painted as
 * vectors. */
#include "data/paint_kernels.h"

#include "base/lanes.h"
#include "base/level.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(LANES)));

enum { ROWS = 4, PIXELS = ROWS * PAINT_SIDE }; /* transposed at a time: a multiple of LANES pixels */

INLINE bytes16 interleave_low(bytes16 a, bytes16 b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

INLINE bytes16 interleave_high(bytes16 a, bytes16 b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/* to[pixel][lane] = from[lane][pixel] for LANES pixels. Each round turns the eight bits of (lane, pixel) by
 * one, so after four the two have changed places. */
INLINE void transpose(uint8_t (*to)[LANES], const uint8_t *const *from, size_t first) {
  bytes16 a[LANES], b[LANES];
  UNROLL for (size_t lane = 0; lane < LANES; lane++) memcpy(&a[lane], from[lane] + first, LANES);
  UNROLL for (size_t round = 0; round < 4; round++) {
    UNROLL for (size_t i = 0; i < LANES / 2; i++) {
      b[2 * i] = interleave_low(a[i], a[i + LANES / 2]);
      b[2 * i + 1] = interleave_high(a[i], a[i + LANES / 2]);
    }
    UNROLL for (size_t i = 0; i < LANES; i++) a[i] = b[i];
  }
  UNROLL for (size_t pixel = 0; pixel < LANES; pixel++) memcpy(to[pixel], &a[pixel], LANES);
}

INLINE void paint_row(const paint_job *job, size_t row, const uint8_t (*grey)[LANES],
                      const uint8_t (*painted)[LANES]) {
  float *to = job->x + block_at(job->layout, 0, row);
  const size_t channel = block_channel(job->layout);
  for (size_t column = 0; column < PAINT_SIDE; column++, to += LANES)
    UNROLL for (size_t part = 0; part < LANES; part += VECTOR) {
      ivec value = load_bytes(grey[column] + part);
      ivec coloured = (value == 0) & (load_bytes(painted[column] + part) != 0);
      ivec plain = (ivec)(__builtin_convertvector(value, vec) / splat(255)); /* 0 where it is coloured */
      UNROLL for (size_t c = 0; c < 3; c++)
          store(to + c * channel + part, (vec)(plain | (coloured & (ivec)load(job->colour[c] + part))));
    }
}

static void paint(const paint_job *job) {
  uint8_t grey[PIXELS][LANES], painted[PIXELS][LANES];
  for (size_t row = 0; row < PAINT_SIDE; row += ROWS) {
    for (size_t first = 0; first < PIXELS; first += LANES) {
      transpose(grey + first, job->grey, row * PAINT_SIDE + first);
      transpose(painted + first, job->painted, row * PAINT_SIDE + first);
    }
    for (size_t r = 0; r < ROWS; r++)
      paint_row(job, row + r, (const uint8_t(*)[LANES])grey + r * PAINT_SIDE,
                (const uint8_t(*)[LANES])painted + r * PAINT_SIDE);
  }
}

extern const paint_table LEVEL_TABLE(paint);
const paint_table LEVEL_TABLE(paint) = {.paint = paint};
