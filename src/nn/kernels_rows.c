/* Plain rows into the lanes of a block and back, compiled once for each instruction set (base/level.h):
 * VECTOR columns of VECTOR examples at a time change places in registers. */
#include "nn/kernels.h"

#include "base/lanes.h"
#include "base/level.h"
#include "base/transpose.h"

typedef float loose_vec
    __attribute__((vector_size(4 * VECTOR), aligned(4), may_alias)); /* anywhere in a row */

/* Without padding all rows of all channels are one. */
static block_layout in_one_row(block_layout layout) {
  if (layout.pad > 0) return layout;
  return (block_layout){.channels = 1, .height = 1, .width = block_features(layout)};
}

static void row_to_lanes(float *x, size_t width, const float *rows, size_t stride) {
  for (size_t first = 0; first < width; first += VECTOR)
    for (size_t part = 0; part < LANES; part += VECTOR) {
      vec a[VECTOR];
      UNROLL for (size_t i = 0; i < VECTOR; i++) a[i] =
          *(const loose_vec *)(rows + (part + i) * stride + first);
      transpose(a);
      float *to = x + first * LANES + part;
      UNROLL for (size_t i = 0; i < VECTOR; i++) if (first + i < width) store(to + i * LANES, a[i]);
    }
}

static void to_lanes(float *x, block_layout layout, const float *rows, size_t stride) {
  layout = in_one_row(layout);
  for (size_t channel = 0; channel < layout.channels; channel++)
    for (size_t row = 0; row < layout.height; row++, rows += layout.width)
      row_to_lanes(x + block_at(layout, channel, row), layout.width, rows, stride);
}

static void lanes_to_row(float *rows, size_t stride, const float *x, size_t width, size_t used) {
  for (size_t first = 0; first < width; first += VECTOR)
    for (size_t part = 0; part < used; part += VECTOR) {
      size_t columns = width - first < VECTOR ? width - first : VECTOR;
      const float *from = x + first * LANES + part;
      float *to = rows + part * stride + first;
      vec a[VECTOR];
      UNROLL for (size_t i = 0; i < VECTOR; i++) a[i] = i < columns ? load(from + i * LANES) : splat(0);
      transpose(a);
      if (columns == VECTOR && part + VECTOR <= used) {
        UNROLL for (size_t i = 0; i < VECTOR; i++) * (loose_vec *)(to + i * stride) = a[i];
      } else {
        for (size_t i = 0; i < VECTOR && part + i < used; i++)
          memcpy(to + i * stride, &a[i], columns * sizeof *to);
      }
    }
}

static void to_rows(float *rows, size_t stride, const float *x, block_layout layout, size_t used) {
  layout = in_one_row(layout);
  for (size_t channel = 0; channel < layout.channels; channel++)
    for (size_t row = 0; row < layout.height; row++, rows += layout.width)
      lanes_to_row(rows, stride, x + block_at(layout, channel, row), layout.width, used);
}

extern const row_table LEVEL_TABLE(row_kernels);
const row_table LEVEL_TABLE(row_kernels) = {.to_lanes = to_lanes, .to_rows = to_rows};
