/* The arithmetic of logistic regression on blocks of rows, in double precision, and in single precision for
 * steps that need not be exact. */
#ifndef REPAIR_LOGISTIC_KERNELS_H
#define REPAIR_LOGISTIC_KERNELS_H

#include "base/error.h"

#include <stddef.h>

/* Rows of a block, and numbers of a row that are added side by side: doubles, or floats. */
enum { LOGISTIC_ROWS = 32, LOGISTIC_GROUP = 8, LOGISTIC_SINGLES = 16 };

/* Columns whose products are added in one call, and columns that are packed side by side: every level's tiles
 * fit. */
enum { LOGISTIC_STRIP = 4, LOGISTIC_PANEL = 96 };

/* Numbers from one output's weights to the next: the columns rounded up to whole groups of either kind. */
static inline size_t logistic_stride(size_t columns) {
  return (columns + LOGISTIC_SINGLES - 1) / LOGISTIC_SINGLES * LOGISTIC_SINGLES;
}

/* One number for each row of a block. */
typedef struct logistic_rows {
  double at[LOGISTIC_ROWS] __attribute__((aligned(64)));
} logistic_rows;

typedef struct logistic_block {
  const float *x; /* [rows, columns] */
  size_t rows;    /* at most LOGISTIC_ROWS */
  size_t columns, outputs;
  size_t behind; /* rows that follow, which will be wanted next */
} logistic_block;

typedef struct logistic_table {
  /* z[k].at[row] = w_k x_row; w [outputs, stride], zeros beyond the columns, 64-byte aligned */
  void (*scores)(const logistic_block *block, const double *w, logistic_rows *z);
  /* g_k += sum over the rows of r[k].at[row] x_row; g [outputs, stride], 64-byte aligned */
  void (*add_gradient)(const logistic_block *block, const logistic_rows *r, double *g);
  /* The same two with sums of floats, [outputs, stride], 64-byte aligned. */
  void (*scores_single)(const logistic_block *block, const float *w, logistic_rows *z);
  void (*add_gradient_single)(const logistic_block *block, const logistic_rows *r, float *g);
  /* Scores z[classes] of all rows become probabilities, logs->at[row] the logarithm of the sum of their
   * exponentials. z is 64-byte aligned. */
  void (*softmax)(logistic_rows *z, size_t classes, logistic_rows *logs);
  /* own->at[row]: the entropy of the probabilities z[classes]. 64-byte aligned. */
  void (*entropies)(const logistic_rows *z, size_t classes, logistic_rows *own);
  /* h[a, b] += sum over the rows of x[row, a] y[row, b] for LOGISTIC_STRIP columns a of one panel and all b
   * of another; x and y [rows, LOGISTIC_PANEL]; h [LOGISTIC_STRIP, stride], which is 64-byte aligned as is y
   */
  void (*add_products)(float *h, size_t stride, const float *x, const float *y, size_t rows);
  /* sum[i] += factor row[i], rounded once; of any count */
  void (*add_doubles)(double *sum, const double *row, double factor, size_t count);
  /* the same of floats; count a multiple of LOGISTIC_GROUP, 64-byte aligned */
  void (*add_multiple)(double *sum, const float *row, double factor, size_t count);
} logistic_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status logistic_table_choose(const logistic_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const logistic_table *logistic_table_available(size_t i);

#endif
