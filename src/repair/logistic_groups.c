/* The worst group's loss, minimised: GroupDRO (Sagawa et al. 2020) where only the last layer is fitted, which
 * is a convex problem.
 *
 *   min_W max_g L_g(W) + R(W)  =  max_q min_W sum_g q_g L_g(W) + R(W),   q >= 0, sum_g q_g = 1
 *
 * Exponential multipliers (Tseng and Bertsekas 1993, "On the convergence of the exponential multiplier method
 * for convex programming"): with q at hand, W minimises smoothing * log sum_g q_g exp(L_g / smoothing) + R,
 * whose gradient weighs groups by a new q; then once more from there, with less smoothing. What any q makes
 * of the right side is logistic regression with weighted rows, whose own bound from the dual is a bound here.
 */
#include "repair/logistic.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 60 };

#define USUAL_TOLERANCE 1e-6
#define FIRST_SMOOTHING 0.3
#define LEAST_SMOOTHING 1e-4
#define LEAST_PRIOR     1e-9 /* of a group: below, its loss is a sum of roundings */

typedef struct worst {
  const despur_logistic_problem *problem;
  const uint32_t *groups;
  size_t count;
  despur_logistic_options options;
  despur_logistic_fit current; /* of the last round */
  despur_logistic_fit bound;   /* of the weighted problem */
  logistic_parts parts;
  double *q, *totals, *weights; /* [count]; [count] of the rows' own weights; [rows] */
  double best, lower;           /* bounds of the optimum */
  size_t passes;
} worst;

static double own_weight(const despur_logistic_problem *problem, size_t row) {
  return problem->weights ? problem->weights[row] : 1;
}

static despur_status worst_create(worst *w, const despur_logistic_problem *problem, const uint32_t *groups,
                                  size_t count, const despur_logistic_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  *w = (worst){.problem = problem,
               .groups = groups,
               .count = count,
               .options = *options,
               .best = INFINITY,
               .lower = -INFINITY};
  if (!(w->options.tolerance > 0)) w->options.tolerance = USUAL_TOLERANCE;
  TRY(mem_alloc(&w->q, count, sizeof *w->q, error));
  TRY(mem_alloc(&w->totals, count, sizeof *w->totals, error));
  TRY(mem_alloc(&w->weights, problem->rows, sizeof *w->weights, error));
  TRY(mem_alloc(&w->parts.losses, count, sizeof(double), error));
  TRY(mem_alloc(&w->parts.factors, count, sizeof(double), error));
  TRY(mem_alloc(&w->parts.task_losses, count, LOGISTIC_MOST_TASKS * sizeof(double), error));
  for (size_t i = 0; i < problem->rows; i++) {
    if (groups[i] >= count)
      FAIL(error, DESPUR_BAD_INPUT, "logistic regression: row %zu: expected a group below %zu, found %u", i,
           count, (unsigned)groups[i]);
    w->totals[groups[i]] += own_weight(problem, i);
  }
  for (size_t g = 0; g < count; g++) {
    if (!(w->totals[g] > 0 && isfinite(w->totals[g])))
      FAIL(error, DESPUR_BAD_INPUT, "logistic regression: no row of group %zu has a weight above 0", g);
    w->q[g] = 1 / (double)count;
  }
cleanup:
  return status;
}

static void worst_release(worst *w) {
  despur_logistic_release(&w->current);
  despur_logistic_release(&w->bound);
  mem_free(w->q);
  mem_free(w->totals);
  mem_free(w->weights);
  mem_free(w->parts.losses);
  mem_free(w->parts.factors);
  mem_free(w->parts.task_losses);
}

/* q becomes the weights that the gradient had at the end of a round. */
static void take_weights(worst *w) {
  double sum = 0;
  for (size_t g = 0; g < w->count; g++) {
    w->q[g] = fmax(w->q[g] * w->parts.factors[g], LEAST_PRIOR);
    sum += w->q[g];
  }
  for (size_t g = 0; g < w->count; g++) w->q[g] /= sum;
}

static void weigh_rows(worst *w) {
  for (size_t i = 0; i < w->problem->rows; i++) {
    const uint32_t g = w->groups[i];
    w->weights[i] = w->q[g] * own_weight(w->problem, i) / w->totals[g];
  }
}

static double penalty(const worst *w, const despur_logistic_fit *fit) {
  double sum = 0;
  for (size_t i = 0; i < fit->outputs * fit->columns; i++)
    sum += w->problem->l1 * fabs(fit->weight[i]) + w->problem->l2 / 2 * fit->weight[i] * fit->weight[i];
  return sum;
}

static despur_status copy_fit(despur_logistic_fit *to, const despur_logistic_fit *from, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t count = from->outputs * from->columns;
  if (!to->weight) {
    *to = (despur_logistic_fit){.outputs = from->outputs, .columns = from->columns};
    TRY(mem_alloc(&to->weight, count, sizeof *to->weight, error));
    TRY(mem_alloc(&to->bias, from->outputs, sizeof *to->bias, error));
  }
  memcpy(to->weight, from->weight, count * sizeof *to->weight);
  memcpy(to->bias, from->bias, from->outputs * sizeof *to->bias);
cleanup:
  return status;
}

/* The best point so far is the one to return. */
static despur_status keep_best(worst *w, despur_logistic_fit *fit, despur_error *error) {
  double objective = -INFINITY;
  for (size_t g = 0; g < w->count; g++) objective = fmax(objective, w->parts.losses[g]);
  objective += penalty(w, &w->current);
  if (!(objective < w->best)) return DESPUR_OK;
  w->best = objective;
  return copy_fit(fit, &w->current, error);
}

static despur_status smooth_round(worst *w, double smoothing, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_logistic_problem weighted = *w->problem;
  logistic_model model = {0};
  const despur_logistic_options options = {.tolerance = w->options.tolerance / 1e3,
                                           .max_passes = w->options.max_passes,
                                           .threads = w->options.threads,
                                           .watch = w->options.watch};
  weighted.weights = w->weights;
  w->parts.of_row = w->groups;
  w->parts.count = w->count;
  w->parts.smoothing = smoothing;
  w->parts.prior = w->q;
  TRY(logistic_model_create(&model, &weighted, options.threads, error));
  model.parts = &w->parts;
  TRY(logistic_minimise(&w->current, &model, &options, error));
  w->passes += w->current.passes;
cleanup:
  logistic_model_release(&model);
  return status;
}

/* What q makes of the right side is no more than the optimum. */
static despur_status find_bound(worst *w, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_logistic_problem weighted = *w->problem;
  const despur_logistic_options options = {.tolerance = w->options.tolerance / 4,
                                           .max_passes = w->options.max_passes,
                                           .threads = w->options.threads,
                                           .watch = w->options.watch};
  weighted.weights = w->weights;
  TRY(copy_fit(&w->bound, &w->current, error));
  TRY(despur_logistic_solve(&w->bound, &weighted, &options, error));
  w->passes += w->bound.passes;
  w->lower = fmax(w->lower, w->bound.objective - w->bound.gap);
cleanup:
  return status;
}

despur_status despur_logistic_solve_worst(despur_logistic_fit *fit, double *group_weights,
                                          const despur_logistic_problem *problem, const uint32_t *groups,
                                          size_t count, const despur_logistic_options *options,
                                          despur_error *error) {
  despur_status status = DESPUR_OK;
  worst w = {0};
  double smoothing = FIRST_SMOOTHING;
  TRY(worst_create(&w, problem, groups, count, options, error));
  if (fit->weight) TRY(copy_fit(&w.current, fit, error));
  for (size_t round = 0; round < MOST_ROUNDS; round++) {
    weigh_rows(&w);
    TRY(smooth_round(&w, smoothing, error));
    TRY(keep_best(&w, fit, error));
    take_weights(&w);
    weigh_rows(&w);
    TRY(find_bound(&w, error));
    if (w.best - w.lower <= w.options.tolerance * w.best) break;
    smoothing = fmax(smoothing / 4, LEAST_SMOOTHING);
  }
  for (size_t g = 0; group_weights && g < count; g++) group_weights[g] = w.q[g];
  fit->objective = w.best;
  fit->gap = w.best - w.lower;
  fit->converged = fit->gap <= w.options.tolerance * w.best;
  fit->passes = w.passes;
cleanup:
  worst_release(&w);
  return status;
}
