/* Gradients of a convolution's weights with input channels in the vectors: sizes and when it pays. */
#ifndef NN_CHANNELS_H
#define NN_CHANNELS_H

#include "base/block.h"
#include "nn/kernels.h"

#include <stdbool.h>

/* Of the output that are looked at together: sums get some length, and rows of channels stay in the first
 * cache. The bytes depend on it. */
enum { CHANNELS_PLACES = 8 };

/* Rows of channels are whole vectors. */
static inline bool channels_pay(size_t in_channels, size_t out_channels) {
  return in_channels % LANES == 0 && out_channels % LANES == 0;
}

/* The columns and rows of the outputs that are looked at together. */
static inline size_t channels_columns(size_t columns) {
  return columns < CHANNELS_PLACES ? columns : CHANNELS_PLACES;
}

static inline size_t channels_rows(size_t columns, size_t rows) {
  size_t most = CHANNELS_PLACES / channels_columns(columns);
  return rows < most ? rows : most;
}

/* The floats of scratch for job->conv. */
static inline size_t channels_scratch(const conv_gradient_job *job) {
  const size_t rows = channels_rows(job->columns, job->rows), columns = channels_columns(job->columns);
  const size_t window =
      ((rows - 1) * job->stride + job->kernel) * ((columns - 1) * job->stride + job->kernel);
  return LANES * (window * job->in_channels + rows * columns * job->out_channels);
}

#endif
