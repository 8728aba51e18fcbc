/* Windows that move over rows and columns: convolutions and pooling. */
#ifndef NN_WINDOW_H
#define NN_WINDOW_H

#include "nn/graph.h"

/* The output size of a window that moves over n values and so many zeros around them; 0 when it does not fit.
 */
static inline size_t window_count(size_t n, size_t zeros, size_t window, size_t stride) {
  return n + zeros < window ? 0 : (n + zeros - window) / stride + 1;
}

/* How many pairs (place of the window, element of the window) fall inside n values, not on padding. */
static inline size_t window_pairs(size_t places, size_t n, const node_spec *spec) {
  size_t pairs = 0;
  for (size_t place = 0; place < places; place++)
    for (size_t k = 0; k < spec->kernel; k++) {
      size_t at = place * spec->stride + k;
      pairs += at >= spec->padding && at - spec->padding < n;
    }
  return pairs;
}

#endif
