/* The shape of a block: sixteen examples in lanes.
 *
 * Activations are stored as x[channel][row][column][lane]: the same neuron of 16 examples lies in 64
 * neighbouring bytes. Rows carry `pad` extra columns of zeros on either side for the convolution that reads
 * them; rows above and below need none, because the kernels skip kernel rows that fall outside. */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>

enum { LANES = 16 };

typedef struct block_layout {
  size_t channels, height, width; /* without padding */
  size_t pad;                     /* zero columns on either side of a row */
} block_layout;

/* All strides are in floats. Padded rows never lie a whole number of kilobytes apart: the rows that a
 * convolution reads together would share a few sets of the first cache and push each other out. */
static inline size_t block_row(block_layout layout) {
  size_t columns = layout.width + 2 * layout.pad;
  return (columns + (layout.pad > 0 && columns % 16 == 0)) * LANES;
}

static inline size_t block_channel(block_layout layout) {
  return layout.height * block_row(layout);
}

static inline size_t block_floats(block_layout layout) {
  return layout.channels * block_channel(layout);
}

static inline size_t block_features(block_layout layout) {
  return layout.channels * layout.height * layout.width;
}

/* Offset of (channel, row, column 0, lane 0). */
static inline size_t block_at(block_layout layout, size_t channel, size_t row) {
  return channel * block_channel(layout) + row * block_row(layout) + layout.pad * LANES;
}

static inline size_t block_count(size_t examples) {
  return (examples + LANES - 1) / LANES;
}

#endif
