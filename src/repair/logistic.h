/* Logistic regression between its files: the problem as the solver sees it.
 *
 * A point is the weights [outputs, stride], zeros beyond the columns, and behind them the biases [outputs] of
 * *centred* columns: logits are W (x - mean) + b. Since biases are not penalised, that is the same problem,
 * and one whose steps need not work against the columns' common offset. */
#ifndef REPAIR_LOGISTIC_H
#define REPAIR_LOGISTIC_H

#include "base/parallel.h"
#include "despur/logistic.h"
#include "repair/logistic_kernels.h"

#include <stdbool.h>

enum { LOGISTIC_MOST_TASKS = 64 };

/* Rows in groups whose losses do not add up but enter by
 *
 *   smoothing * log sum_g prior_g exp(loss_g / smoothing),
 *
 * where loss_g is the mean over the rows of g and prior_g their share of the rows' weights. */
typedef struct logistic_parts {
  const uint32_t *of_row; /* [rows] */
  size_t count;
  double smoothing;
  const double *prior; /* [count], above 0, adding up to 1 */
  double *losses;      /* [count] mean cross entropies at the point that was evaluated last */
  double *factors;     /* [count] by how much the gradient there weighs their rows more than the prior does */
  double *task_losses; /* [LOGISTIC_MOST_TASKS, count] */
} logistic_parts;

typedef struct logistic_model {
  const despur_logistic_problem *problem;
  const logistic_table *kernels;
  parallel *pool;
  size_t outputs, stride, length; /* doubles of a point: whole groups */
  size_t first;                   /* class of output 0 */
  double total;                   /* sum of the rows' weights */
  double *mean, *variance;        /* [stride] of the columns, rows weighted; zeros beyond them */
  double *class_sums; /* [outputs, stride]: sum of s_i x_i over the rows of a class, divided by total */
  double *shares;     /* [classes] of the weights */
  /* What tasks leave: each takes a run of blocks, whatever the threads. */
  size_t tasks;
  double *task_points;        /* [tasks, length] */
  double *task_sums;          /* [tasks] */
  logistic_rows *task_scores; /* [tasks, classes] */
  double *biases;             /* [outputs], scratch: those of columns that are not centred */
  /* Products are in single precision, added up in double after some blocks: half the time, and errors of 1e-7
   * or so. The objective is then nearly the same, and exactly as deterministic. */
  bool single;
  float *single_point;         /* [outputs, stride], weights of the point that is looked at */
  float *task_singles;         /* [tasks, outputs, stride] */
  const logistic_parts *parts; /* or NULL: rows simply add up */
} logistic_model;

/* Release with logistic_model_release, also after an error. */
DESPUR_MUST_USE despur_status logistic_model_create(logistic_model *model,
                                                    const despur_logistic_problem *problem, int threads,
                                                    despur_error *error);
void logistic_model_release(logistic_model *model);

/* Biases of columns as they are, [outputs], from those of a point. */
void logistic_plain_biases(const logistic_model *model, const double *point, double *out);

/* The objective without the l1 term, and its gradient by the point. */
double logistic_evaluate(const logistic_model *model, const double *point, double *gradient);

/* The l1 term. */
double logistic_l1_term(const logistic_model *model, const double *point);

/* A lower bound of the optimum, from the point and the gradient there; scratch: [classes]. Minus infinity
 * where the point is too far from the optimum to tell. */
double logistic_lower_bound(const logistic_model *model, const double *point, const double *gradient,
                            double *scratch);

/* curvatures[row]: the second derivative of the objective by the row's logit of that output. */
void logistic_curvatures(const logistic_model *model, const double *point, size_t output, double *curvatures);

/* probabilities: [rows, classes] */
void logistic_probabilities(const logistic_model *model, const double *point, double *probabilities);

/* Where a solver stands. */
typedef struct logistic_place {
  double *point, *gradient; /* [length] */
  double objective, bound;  /* bound: the best lower one so far */
  size_t passes;
} logistic_place;

/* With an l1 term: from a place, whose objective and gradient are known, to one near the optimum, if some
 * steps lead there; otherwise it stops wherever it is. */
DESPUR_MUST_USE despur_status logistic_newton(logistic_place *at, const logistic_model *model,
                                              double tolerance, size_t most_passes, const despur_watch *watch,
                                              despur_error *error);

/* The same for all classes together, with or without an l1 term, as long as few enough coordinates have a
 * weight; whether all of them are few enough. */
bool logistic_joint_holds_all(const logistic_model *model);
DESPUR_MUST_USE despur_status logistic_joint(logistic_place *at, const logistic_model *model,
                                             double tolerance, size_t most_passes, const despur_watch *watch,
                                             despur_error *error);

/* From where *fit is to the least of a model's objective, and there with *fit. Of a model with parts there is
 * no bound: it ends where a step promises less than the tolerance, the gap is infinite, and the parts' losses
 * are those at the end. */
DESPUR_MUST_USE despur_status logistic_minimise(despur_logistic_fit *fit, const logistic_model *model,
                                                const despur_logistic_options *options, despur_error *error);

#endif
