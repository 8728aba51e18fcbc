/* Last layers that the audit fits. */
#ifndef AUDIT_HEAD_H
#define AUDIT_HEAD_H

#include "base/error.h"
#include "despur/watch.h"

#include <stddef.h>
#include <stdint.h>

typedef struct head_problem {
  const float *x; /* [rows, columns] */
  size_t rows, columns;
  const uint32_t *labels;
  size_t classes;
  double l2;
  int threads;
  despur_watch watch;
} head_problem;

/* logits [rows, classes] of x [rows, columns], by a head fitted to the problem's rows with weights above 0.
 */
DESPUR_MUST_USE despur_status head_fit(double *logits, const float *x, size_t rows,
                                       const head_problem *problem, const double *weights,
                                       despur_error *error);

/* The same, each row by a head that has not seen its fold. folds: [rows], below count. */
DESPUR_MUST_USE despur_status head_cross_fit(double *logits, const head_problem *problem,
                                             const double *weights, const uint32_t *folds, size_t count,
                                             despur_error *error);

/* The head itself, of columns as they were before they lost their mean and were divided by their deviation
 * (0: the column is none of the problem's): weights [classes, all], biases [classes], all zero on average
 * over the classes. Every class must have rows with weight. */
typedef struct head_scale {
  const double *mean, *deviation; /* [all] */
  size_t all;
} head_scale;
DESPUR_MUST_USE despur_status head_take_apart(float *weights, float *biases, const head_problem *problem,
                                              const double *row_weights, const head_scale *scale,
                                              despur_error *error);

/* The class of the largest logit other than `without`, the first of equals. */
uint32_t head_largest(const double *logits, size_t classes, uint32_t without);

#endif
