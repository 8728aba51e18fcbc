/* The arithmetic of batch norm, one table of functions for each instruction set.
 *
 * Sums run over rows and columns in each lane, in double precision, and then over the lanes in use in their
 * order: the same bits everywhere. */
#ifndef NN_NORM_KERNELS_H
#define NN_NORM_KERNELS_H

#include "base/block.h"

#include <stdbool.h>

/* The values of one channel of a block. Pointers are to (row 0, column 0); strides in floats. */
typedef struct norm_job {
  const float *x, *dy; /* dy: the gradient of the output */
  float *y;            /* forwards the output, backwards the gradient of x */
  size_t x_row, dy_row, y_row;
  size_t rows, columns;
  size_t used;       /* lanes with an example */
  const float *plus; /* forwards: what is added to the output, or NULL */
  size_t plus_row;
  bool relu; /* and whether ReLU follows */
} norm_job;

/* The way back through ReLU and an addition: dy is zero where y is not positive, and is the gradient of what
 * was added, or, where others have left one, is added to it. */
typedef struct mask_job {
  float *dy, *plus; /* plus: NULL where nobody wants it */
  const float *y;
  size_t dy_row, plus_row, y_row;
  size_t rows, columns;
  bool adds;
} mask_job;

typedef struct norm_moments {
  double mean, squares; /* squares: the sum of squared distances from the mean */
} norm_moments;

/* Sums of dy and of dy * (x - mean) over the rows so far, in each lane. */
typedef struct norm_lanes {
  double dy[LANES], dy_x[LANES];
} __attribute__((aligned(64))) norm_lanes;

/* Backwards: dx = scale * (dy - shift - (x - mean) * slope). */
typedef struct norm_line {
  float scale, shift, mean, slope;
} norm_line;

typedef struct norm_table {
  norm_moments (*moments)(const norm_job *job);
  void (*apply)(const norm_job *job, float scale, float shift);   /* y = x * scale + shift, and so on */
  void (*sums)(const norm_job *job, double mean, norm_lanes *to); /* adds to these */
  void (*gradient)(const norm_job *job, norm_line line);          /* zero in lanes without an example */
  void (*mask)(const mask_job *job, const norm_job *norm, double mean,
               norm_lanes *to); /* sums of what is left */
} norm_table;

#endif
