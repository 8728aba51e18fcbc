/* The arithmetic of Gaussian mixtures, in double precision. */
#ifndef CLUSTER_MIXTURE_KERNELS_H
#define CLUSTER_MIXTURE_KERNELS_H

#include "base/block.h"
#include "base/error.h"

/* The square of |W (x - mean)| for the points of one block. */
typedef struct square_job {
  const float *lanes; /* [d, LANES] */
  const double *mean; /* [d] */
  const double *w;    /* [d, d] lower triangular with zeros above, or [d] */
  size_t d;
  double *z;       /* [d, LANES], scratch, 64-byte aligned */
  double *squares; /* [LANES], 64-byte aligned */
} square_job;

/* Columns of a scatter matrix and of the rows that it is made of: d rounded up to whole vectors. */
static inline size_t scatter_columns(size_t d) {
  return (d + LANES - 1) / LANES * LANES;
}

typedef struct mixture_table {
  void (*triangular_squares)(const square_job *job);
  void (*diagonal_squares)(const square_job *job);
  /* densities[c * stride + lane], logarithms, become each lane's shares of their sum; logs[lane]: the log of
   * it */
  void (*normalise)(double *densities, size_t k, size_t stride, double *logs);
  /* q[j] = factor * (x[j] - mean[j]) */
  void (*deviations)(double *q, const float *x, const double *mean, double factor, size_t d);
  /* sums[j] += factor * (x[j] - mean[j]) */
  void (*add_deviations)(double *sums, const float *x, const double *mean, double factor, size_t d);
  /* sums += q' q for q of `rows` rows: sums [d, scatter_columns(d)], of which the lower triangle counts; q
   * [rows, scatter_columns(d)], zeros beyond column d */
  void (*add_products)(double *sums, const double *q, size_t rows, size_t d);
  /* sums[j] += sum over the rows of q[row][j]^2 */
  void (*add_squares)(double *sums, const double *q, size_t rows, size_t d);
  /* lower [d, d], a covariance of which the lower triangle is read, becomes the inverse of its Cholesky
   * factor; a pivot below its rounding error is set to that. scratch: [d, d] */
  void (*whiten)(double *lower, size_t d, double *scratch);
} mixture_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status mixture_table_choose(const mixture_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const mixture_table *mixture_table_available(size_t i);

#endif
