/* Logistic regression to a certified optimum: the last layer of a network, fitted on features. */
#ifndef DESPUR_LOGISTIC_H
#define DESPUR_LOGISTIC_H

#include "despur/error.h"
#include "despur/watch.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Minimise over weights W [outputs, columns] and biases b [outputs], which are not penalised,
 *
 *   sum_i s_i loss(W x_i + b + o_i, y_i) / sum_i s_i  +  l1 |W|_1  +  l2 / 2 |W|_2^2
 *
 * with the cross entropy as loss. Two classes have one output, the logit of class 1; more classes have one
 * each (softmax). scikit-learn's C is 1 / (l2 sum_i s_i). Everything is borrowed. */
typedef struct despur_logistic_problem {
  const float *x; /* [rows, columns], finite */
  size_t rows, columns;
  const uint32_t *labels; /* [rows], below classes */
  size_t classes;         /* at least 2 */
  const double *weights;  /* [rows], s: finite, not negative, not all 0; NULL: 1 each */
  const float *offsets; /* [rows, outputs], finite: added to the logits; NULL: 0. With those of a head that is
                           there, W is what changes of it, and the penalties pull towards it */
  double l1, l2;        /* at least 0, not both 0: separable data have no optimum then */
} despur_logistic_problem;

typedef struct despur_logistic_options {
  double tolerance;  /* of the objective, relative; 0: 1e-6 */
  size_t max_passes; /* over the rows; 0: 10,000 */
  int threads;       /* the result does not depend on it */
  despur_watch watch;
} despur_logistic_options;

typedef struct despur_logistic_fit {
  size_t outputs, columns;
  double *weight;   /* [outputs, columns] */
  double *bias;     /* [outputs] */
  double objective; /* of these */
  double gap;       /* at most so far above the optimum, by the dual problem (to rounding) */
  int converged;    /* gap <= tolerance * objective */
  size_t passes;
} despur_logistic_fit;

/* Where to begin is *fit when it has weights of this shape, as along a path of penalties; zeros otherwise.
 * Release with despur_logistic_release. DESPUR_BAD_INPUT when the problem is not as described above. Not
 * reaching the tolerance is no error: converged and gap tell. Limited-memory quasi-Newton steps (Andrew and
 * Gao 2007, "Scalable training of L1-regularized log-linear models"), certified by the duality gap.
 * Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_logistic_solve(despur_logistic_fit *fit,
                                                               const despur_logistic_problem *problem,
                                                               const despur_logistic_options *options,
                                                               despur_error *error);

/* The largest mean loss of a group in place of the mean of all: minimise max_g L_g + the penalties, where L_g
 * is the mean over the rows of group g by their weights. groups: [rows], below count, each of them with
 * weight. gap is that to the best bound from the dual, which is logistic regression with rows weighted by
 * group. group_weights, unless NULL: [count], the dual's variables, that is how much each group counts in the
 * end. The rest is as for despur_logistic_solve. */
DESPUR_API DESPUR_MUST_USE despur_status despur_logistic_solve_worst(
    despur_logistic_fit *fit, double *group_weights, const despur_logistic_problem *problem,
    const uint32_t *groups, size_t count, const despur_logistic_options *options, despur_error *error);

/* What a fit makes of rows: logits[i, classes]. Of two classes the first has logit 0. */
DESPUR_API void despur_logistic_logits(const despur_logistic_fit *fit, const float *x, size_t rows,
                                       double *logits);

DESPUR_API void despur_logistic_release(despur_logistic_fit *fit); /* leaves it empty */

#ifdef __cplusplus
}
#endif
#endif
