/* What follows a convolution, in registers: batch norm, an addition and ReLU or ReLU6 with the arithmetic of
 * nn/kernels_norm.c, so that it does not matter who does it. */
#ifndef NN_AFTER_H
#define NN_AFTER_H

#include "nn/kernels.h"

#include "base/lanes.h"

/* Of one output channel. */
typedef struct channel_after {
  vec scale, shift;
  const float *plus; /* (row 0, column 0), or NULL */
  size_t plus_row;
  bool scales, relu, six;
} channel_after;

INLINE channel_after after_channel(const conv_after *after, size_t out) {
  return (channel_after){.scale = splat(after->scale ? after->scale[out] : 1),
                         .shift = splat(after->scale ? after->shift[out] : 0),
                         .plus = after->plus ? after->plus + out * after->plus_channel : NULL,
                         .plus_row = after->plus_row,
                         .scales = after->scale != NULL,
                         .relu = after->relu,
                         .six = after->six};
}

/* at: floats from the beginning of a channel of what is added. */
INLINE vec finish(vec value, const channel_after *after, size_t at) {
  const vec zero = splat(0), six = splat(6);
  if (after->scales) value = fma_lanes(value, after->scale, after->shift); /* times 1 would change -0 */
  if (after->plus) value += load(after->plus + at);
  if (after->relu) value = (vec)(~(value < zero) & (ivec)value); /* NaN stays */
  if (after->six) value = (vec)((~(value > six) & (ivec)value) | ((value > six) & (ivec)six));
  return value;
}

#endif
