/* What follows a convolution, in registers: batch norm, an addition and ReLU with the arithmetic of
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
  bool relu;
} channel_after;

INLINE channel_after after_channel(const conv_after *after, size_t out) {
  return (channel_after){splat(after->scale[out]), splat(after->shift[out]),
                         after->plus ? after->plus + out * after->plus_channel : NULL, after->plus_row,
                         after->relu};
}

/* at: floats from the beginning of a channel of what is added. */
INLINE vec finish(vec value, const channel_after *after, size_t at) {
  const vec zero = splat(0);
  value = fma_lanes(value, after->scale, after->shift);
  if (after->plus) value += load(after->plus + at);
  if (after->relu) value = (vec)(~(value < zero) & (ivec)value); /* NaN stays */
  return value;
}

#endif
