/* Convolutions of 3 x 3 with fewer products: F(2 x 2, 3 x 3) of Winograd 1980, as Lavin and Gray 2016 write
 * it.
 *
 * A tile is 2 x 2 outputs and the 4 x 4 inputs d that they see. With
 *
 *         | 1  0 -1  0 |       | 1    0    0   |
 *   B^T = | 0  1  1  0 |   G = | 1/2  1/2  1/2 |   A^T = | 1 1  1  0 |
 *         | 0 -1  1  0 |       | 1/2 -1/2  1/2 |         | 0 1 -1 -1 |
 *         | 0  1  0 -1 |       | 0    0    1   |
 *
 * and kernels g, a tile is A^T [ sum over channels of (G g G^T) . (B^T d B) ] A, where . multiplies place by
 * place: 16 products for 36. The gradient of g is G^T [ sum over tiles of (A dy A^T) . (B^T d B) ] G. All
 * else is sums and halves, which lanes do side by side. */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "nn/kernels.h"

#include <stdbool.h>

enum {
  WINOGRAD_PLACES = 16,  /* of a tile */
  WINOGRAD_CHANNELS = 4, /* both numbers of channels are multiples of this */
  WINOGRAD_OUTS = 16,    /* output channels that are summed before tiles are put together */
  WINOGRAD_STRIP = 16    /* most tiles whose gradients are summed at a time; lanes are added after each strip,
                            so the bytes depend on it */
};

/* Tiles that are computed at a time, so that what belongs to them stays in the second cache. */
static inline size_t winograd_tiles_at_once(size_t in_channels) {
  return in_channels <= 32 ? 12 : 6;
}

/* Rows of places whose gradients are summed at a time, likewise. */
static inline size_t winograd_rows_at_once(size_t channels) {
  return channels <= 32 ? 4 : channels <= 64 ? 2 : 1;
}

/* The floats between two places of `count` tiles of so many channels: no multiple of 4 KiB. */
static inline size_t winograd_place(size_t channels, size_t count) {
  return (channels * count + 1) * LANES;
}

/* The tiles of a map, row by row. */
static inline size_t winograd_tiles(size_t rows, size_t columns) {
  return (rows + 1) / 2 * ((columns + 1) / 2);
}

/* Whether it pays for a map of that size. */
bool winograd_pays(size_t in_channels, size_t out_channels, size_t rows, size_t columns);

/* The floats of scratch that a convolution, or a gradient of its weights, needs. */
size_t winograd_scratch(size_t in_channels);
size_t winograd_gradient_scratch(size_t in_channels, size_t out_channels, size_t rows, size_t columns);

/* The weights of one convolution. */
typedef struct winograd_weights {
  const float *weight; /* [out_channels, in_channels, 3, 3] */
  size_t in_channels, out_channels;
} winograd_weights;

/* to [16, out_channels, in_channels] = G g G^T. */
void winograd_transform(float *to, const winograd_weights *from);
/* to [16, in_channels, out_channels]: for the gradient of the input, whose kernels are turned by 180 degrees.
 */
void winograd_transform_turned(float *to, const winograd_weights *from);
/* to [out_channels, in_channels, 3, 3] = G^T e G of e [16, out_channels, in_channels]. */
void winograd_weight_gradient(float *to, const float *e, size_t kernels);

#endif
