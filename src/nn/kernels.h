/* The arithmetic of the engine, one table of functions for each instruction set.
 *
 * All kernels work on blocks of LANES examples (base/block.h) or, for the weight gradients of linear layers,
 * on rows of one example each. Every sum runs in an order that depends neither on the instruction set nor on
 * the tile sizes, and every multiply-add is fused, so all tables give the same bits. */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include "base/block.h"
#include "base/error.h"
#include "nn/norm_kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What follows a convolution, value by value: y = y * scale[out] + shift[out], and so on. */
typedef struct conv_after {
  const float *scale, *shift; /* [out_channels], or NULL */
  const float *plus;          /* what is added then, at (channel 0, row 0, column 0), or NULL */
  size_t plus_channel, plus_row;
  bool relu, six; /* six: values above 6 become 6 */
} conv_after;

/* y[out][row][column] = (sum over in, kernel row and kernel column of weight * x) + bias[out]. Input row of
 * (row, kernel row) is row * stride + kernel row - padding; rows outside 0..x_rows-1 count as zeros. Strides
 * in floats. */
typedef struct conv_job {
  const float *x; /* (channel 0, row 0), at the column that output column 0 meets with kernel column 0 */
  size_t x_channel, x_row, x_rows;
  const float *weight; /* [out_channels, in_channels, kernel, kernel_columns] */
  const float *bias;   /* [out_channels], or NULL for zeros */
  float *y;            /* (channel 0, row 0, column 0) */
  size_t y_channel, y_row, y_column;
  size_t in_channels, out_channels, rows, columns, kernel, kernel_columns, stride, padding;
  const conv_after *after; /* NULL: nothing. Only of 1 x 1 and of Winograd's products; y_column is LANES */
} conv_job;

/* weight_gradient[out][in][kr][kc] = sum over rows, columns and lanes of dy * x; bias_gradient[out] = sum of
 * dy, or NULL when nobody wants that. The fields are those of conv_job, with dy in the place of y. */
typedef struct conv_gradient_job {
  const float *x;
  size_t x_channel, x_row, x_rows;
  const float *dy;
  size_t y_channel, y_row;
  float *weight_gradient, *bias_gradient;
  size_t in_channels, out_channels, rows, columns, kernel, stride, padding;
} conv_gradient_job;

/* The same for 3 x 3 and a stride of 1 by Winograd's products, of tiles begin..end-1: see nn/winograd.h. */
typedef struct winograd_job {
  const conv_job *conv; /* whose weight is [16, out_channels, in_channels] */
  float *scratch;       /* [winograd_scratch] */
  size_t begin, end;
} winograd_job;

typedef struct winograd_gradient_job {
  const conv_gradient_job *conv; /* whose weight_gradient is likewise, and whose bias_gradient is NULL */
  float *scratch;                /* [winograd_gradient_scratch] */
  size_t begin, end;             /* begin: of a strip; 0 begins the sum, others add to it */
} winograd_gradient_job;

typedef struct winograd_table {
  void (*convolve)(const winograd_job *job);
  void (*gradient)(const winograd_gradient_job *job);
} winograd_table;

/* Convolutions of 1 x 1, and what follows others. */
typedef struct points_table {
  void (*conv)(const conv_job *job);
  void (*finish)(const conv_job *job); /* only what follows, of y as it is */
} points_table;

/* The gradient with input channels in the vectors: see nn/channels.h. */
typedef struct channels_gradient_job {
  const conv_gradient_job *conv; /* whose weight_gradient is [kernel, kernel, out_channels, in_channels] */
  size_t x_columns;
  float *scratch; /* [channels_scratch] */
} channels_gradient_job;

typedef struct channels_table {
  void (*gradient)(const channels_gradient_job *job); /* without that of biases */
} channels_table;

/* y[o][lane] = bias[o] + sum over i of weight[o * weight_out + i * weight_in] * x[i][lane]. */
typedef struct linear_job {
  const float *x; /* [inputs, LANES] */
  const float *weight;
  size_t weight_out, weight_in;
  const float *bias; /* [outputs], or NULL for zeros */
  float *y;          /* [outputs, LANES] */
  size_t inputs, outputs;
} linear_job;

/* gradient[o][i] = sum over examples e, ascending, of dy[e][o] * x[e][i], for o in first..last-1. */
typedef struct linear_gradient_job {
  const float *x; /* [examples, x_stride]; x_stride a multiple of LANES, x 64-byte aligned */
  size_t x_stride;
  const float *dy; /* [examples, dy_stride] */
  size_t dy_stride;
  float *gradient; /* [outputs, inputs] */
  size_t examples, inputs, first, last;
} linear_gradient_job;

/* Maxima over window x window pixels of a [channels, rows, columns] block; choice remembers which pixel won
 * (the first of equals), as kernel row * window + kernel column. */
typedef struct pool_job {
  const float *x; /* forward: input. backward: unused */
  float *dx;      /* backward: gradient of the input */
  size_t x_channel, x_row;
  float *y; /* forward: output. backward: gradient of the output, read only */
  size_t y_channel, y_row;
  uint8_t *choice;                                /* [channels, rows, columns, LANES] */
  size_t channels, rows, columns, window, stride; /* rows, columns of the output */
  size_t padding, x_rows, x_columns; /* padding is no pixel; the others are needed only with it */
} pool_job;

/* Between blocks and plain rows of channels, height and width, one example each: row i starts at rows + i *
 * stride. */
typedef struct row_table {
  /* All LANES rows into x, whose padding is left alone. Behind a row up to LANES - 1 floats more are read. */
  void (*to_lanes)(float *x, block_layout layout, const float *rows, size_t stride);
  /* The first `used` lanes of x. */
  void (*to_rows)(float *rows, size_t stride, const float *x, block_layout layout, size_t used);
} row_table;

typedef struct kernel_table {
  const char *level; /* "baseline", "v3", "v4", "neon" */
  void (*conv)(const conv_job *job);
  void (*conv_gradient)(const conv_gradient_job *job);
  void (*conv_bias_gradient)(const conv_gradient_job *job); /* that alone */
  void (*linear)(const linear_job *job);
  void (*linear_gradient)(const linear_gradient_job *job);
  void (*max_pool)(const pool_job *job);
  void (*max_pool_gradient)(const pool_job *job); /* adds to dx, which the caller has zeroed */
  void (*relu)(float *x, size_t n);
  void (*relu_gradient)(float *dx, const float *y, size_t n); /* dx = 0 where y is not positive */
  const norm_table *norm;
  const struct step_table *step; /* nn/step_kernels.h */
  const row_table *rows;
  const points_table *points;
  const winograd_table *winograd;
  const channels_table *channels;
} kernel_table;

/* The best table that this processor can run, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there
 * is none). */
DESPUR_MUST_USE despur_status kernels_choose(const kernel_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const kernel_table *kernels_available(size_t i);

#endif
