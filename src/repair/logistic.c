/* Limited-memory quasi-Newton steps with an orthant for the l1 term: OWL-QN (Andrew and Gao 2007), which
 * without that term is L-BFGS (Nocedal and Wright 2006, section 7.2). Columns are scaled by their curvature
 * at the start. */
#include "repair/logistic.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
  PAIRS = 12,
  USUAL_PASSES = 10000,
  CERTIFY_EVERY = 12,
  MOST_HALVINGS = 40,
  MOST_IDLE = 50,
  JOINT_AFTER = 100,        /* passes */
  JOINT_AFTER_SMOOTH = 500, /* without an l1 term, where quasi-Newton steps mostly get there */
  MOST_SINGLE_IDLE = 2,
  MOST_SINGLE_HALVINGS = 10
};

#define USUAL_TOLERANCE 1e-6
#define ROUNDING        1e-14 /* of the objective, relative */
#define SINGLE_ROUNDING 1e-8  /* where products are in single precision */
#define LEAST_DECREASE  1e-4  /* Armijo's share of what the slope promises */

typedef struct solver {
  const logistic_model *model;
  size_t n, penalised; /* doubles of a point; of its weights */
  double l1;
  double *point, *gradient;     /* where it stands */
  double *next, *next_gradient; /* where it may go */
  double *slope, *direction;    /* pseudo-gradient, step */
  double *scale;                /* inverse curvature of each coordinate at the start */
  double *steps, *changes;      /* [PAIRS, n] of points and of gradients */
  double curvature[PAIRS];      /* step times change */
  double *scratch;
  size_t pairs, newest, passes;
  double objective, bound; /* bound: the best lower one so far */
  double rounding;         /* of the objective, relative */
} solver;

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static double sign(double x) {
  return (double)((x > 0) - (x < 0));
}

/* The steepest slope of the whole objective: where a weight is zero, of the sides on which it falls. */
static void find_slope(solver *s) {
  for (size_t i = 0; i < s->n; i++) {
    const double g = s->gradient[i], l1 = i < s->penalised ? s->l1 : 0;
    if (s->point[i] != 0)
      s->slope[i] = g + l1 * sign(s->point[i]);
    else
      s->slope[i] = g + l1 < 0 ? g + l1 : g - l1 > 0 ? g - l1 : 0;
  }
}

/* direction = -H slope by the two loops over the pairs (Nocedal and Wright 2006, algorithm 7.4), from the
 * inverse curvature of each column in place of a multiple of the identity: columns of other units take steps
 * of theirs. Coordinates that would climb stay where they are. */
static void find_direction(solver *s) {
  double share[PAIRS];
  for (size_t i = 0; i < s->n; i++) s->direction[i] = -s->slope[i];
  for (size_t p = 0; p < s->pairs; p++) {
    const size_t at = (s->newest + PAIRS - p) % PAIRS;
    share[at] = dot(s->steps + at * s->n, s->direction, s->n) / s->curvature[at];
    for (size_t i = 0; i < s->n; i++) s->direction[i] -= share[at] * s->changes[at * s->n + i];
  }
  for (size_t i = 0; i < s->n; i++) s->direction[i] *= s->scale[i];
  for (size_t p = s->pairs; p-- > 0;) {
    const size_t at = (s->newest + PAIRS - p) % PAIRS;
    const double back = dot(s->changes + at * s->n, s->direction, s->n) / s->curvature[at];
    for (size_t i = 0; i < s->n; i++) s->direction[i] += (share[at] - back) * s->steps[at * s->n + i];
  }
  if (s->l1 > 0)
    for (size_t i = 0; i < s->penalised; i++)
      if (s->direction[i] * s->slope[i] >= 0) s->direction[i] = 0;
}

/* next = point + length * direction, within the orthant that the point, or from zero the slope, points to. */
static void move(solver *s, double length) {
  for (size_t i = 0; i < s->n; i++) {
    const double to = s->point[i] + length * s->direction[i];
    const double side = s->point[i] != 0 ? sign(s->point[i]) : -sign(s->slope[i]);
    s->next[i] = s->l1 > 0 && i < s->penalised && sign(to) != side ? 0 : to;
  }
}

static double evaluate(solver *s, const double *point, double *gradient) {
  s->passes++;
  return logistic_evaluate(s->model, point, gradient) + logistic_l1_term(s->model, point);
}

/* Pairs whose curvature is not surely above 0 would make H indefinite, and are not kept. */
static void remember(solver *s) {
  const size_t at = s->pairs == 0 ? 0 : (s->newest + 1) % PAIRS;
  double *step = s->steps + at * s->n, *change = s->changes + at * s->n;
  for (size_t i = 0; i < s->n; i++) {
    step[i] = s->next[i] - s->point[i];
    change[i] = s->next_gradient[i] - s->gradient[i];
  }
  s->curvature[at] = dot(step, change, s->n);
  if (!(s->curvature[at] > 1e-14 * dot(change, change, s->n))) return; /* rounding only */
  s->newest = at;
  if (s->pairs < PAIRS) s->pairs++;
}

static void swap(double **a, double **b) {
  double *old = *a;
  *a = *b;
  *b = old;
}

/* Whether a step of that promise is long and short enough: Armijo's condition, and where the objective no
 * longer changes but by rounding, the same said with slopes (Hager and Zhang 2005, "approximate Wolfe"). */
static bool is_good(const solver *s, double objective, double promised) {
  if (objective <= s->objective + LEAST_DECREASE * promised && objective < s->objective) return true;
  if (!(objective <= s->objective * (1 + s->rounding))) return false;
  double slope = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double l1 = i < s->penalised ? s->l1 * sign(s->next[i] != 0 ? s->next[i] : s->point[i]) : 0;
    slope += (s->next_gradient[i] + l1) * (s->next[i] - s->point[i]);
  }
  return slope <= (2 * LEAST_DECREASE - 1) * promised;
}

/* One step; false when none is good. */
static bool step(solver *s) {
  find_slope(s);
  find_direction(s);
  if (!(dot(s->slope, s->direction, s->n) < 0)) return false;
  const int most = s->model->single ? MOST_SINGLE_HALVINGS : MOST_HALVINGS;
  for (int halvings = 0; halvings < most; halvings++) {
    double promised = 0;
    move(s, 1 / (double)(UINT64_C(1) << halvings));
    for (size_t i = 0; i < s->n; i++) promised += s->slope[i] * (s->next[i] - s->point[i]);
    const double objective = evaluate(s, s->next, s->next_gradient);
    if (!is_good(s, objective, promised)) continue;
    remember(s);
    swap(&s->point, &s->next);
    swap(&s->gradient, &s->next_gradient);
    s->objective = objective;
    return true;
  }
  return false;
}

/* True when the bound rose. */
static bool certify(solver *s) {
  if (s->model->parts) return false;
  const double bound = logistic_lower_bound(s->model, s->point, s->gradient, s->scratch);
  const bool rose = bound > s->bound;
  if (rose) s->bound = bound;
  s->passes++;
  return rose;
}

static bool is_certain(const solver *s, double tolerance) {
  return s->objective - s->bound <= tolerance * s->objective;
}

/* When no step is good, it forgets what it has learned of the curvature; when that does not help either, or
 * neither the objective nor the bound has moved for long, only rounding is left. */
static despur_status solve(solver *s, double tolerance, size_t most_passes, const despur_watch *watch,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t idle = 0;
  bool fresh = true;
  for (size_t steps = 1; s->passes < most_passes; steps++) {
    TRY(watch_ask(watch, error));
    const double before = s->objective;
    const bool moved = step(s);
    idle = before - s->objective > s->rounding * s->objective ? 0 : idle + 1;
    if (!moved || steps % CERTIFY_EVERY == 0 || before - s->objective < tolerance / 10 * s->objective)
      if (certify(s)) idle = 0;
    if (is_certain(s, tolerance)) break;
    if (s->model->parts && -dot(s->slope, s->direction, s->n) <= tolerance * s->objective) break;
    if (s->model->single && (!moved || idle > MOST_SINGLE_IDLE)) break;
    if (idle > MOST_IDLE || (!moved && fresh)) break;
    fresh = !moved || s->pairs == 0;
    if (!moved) s->pairs = 0;
  }
cleanup:
  return status;
}

/* Most of the way with products in single precision, for what they are worth: point and pairs stay, what is
 * known of the objective and its bound does not. */
static despur_status solve_single(solver *s, double tolerance, size_t most_passes, const despur_watch *watch,
                                  despur_error *error) {
  const logistic_model *model = s->model;
  const double bound = s->bound;
  logistic_model single = *model;
  single.single = true;
  s->model = &single;
  s->rounding = SINGLE_ROUNDING;
  s->bound = -INFINITY;
  s->objective = evaluate(s, s->point, s->gradient);
  const despur_status status = solve(s, tolerance, most_passes, watch, error);
  s->model = model;
  s->rounding = ROUNDING;
  s->bound = bound;
  s->objective = evaluate(s, s->point, s->gradient);
  certify(s);
  return status;
}

static despur_status solver_create(solver *s, const logistic_model *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  double **vectors[] = {&s->point, &s->gradient,  &s->next, &s->next_gradient,
                        &s->slope, &s->direction, &s->scale};
  *s = (solver){
      .model = model, .n = model->length, .l1 = model->problem->l1, .bound = -INFINITY, .rounding = ROUNDING};
  s->penalised = model->outputs * model->stride;
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
    TRY(mem_alloc(vectors[i], s->n, sizeof(double), error));
  TRY(mem_alloc(&s->steps, s->n, PAIRS * sizeof(double), error));
  TRY(mem_alloc(&s->changes, s->n, PAIRS * sizeof(double), error));
  TRY(mem_alloc(&s->scratch, model->problem->classes, sizeof(double), error));
  /* the loss bends by at most a quarter of a column's variance; a bias, by the spread of its class */
  for (size_t i = 0; i < s->penalised; i++) {
    const double bend = model->variance[i % model->stride] / 4 + model->problem->l2;
    s->scale[i] = bend > 0 ? 1 / bend : 0;
  }
  for (size_t k = 0; k < model->outputs; k++) s->scale[s->penalised + k] = 4;
cleanup:
  return status;
}

static void solver_release(solver *s) {
  double *vectors[] = {s->point,     s->gradient, s->next,  s->next_gradient, s->slope,
                       s->direction, s->scale,    s->steps, s->changes,       s->scratch};
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) mem_free(vectors[i]);
}

/* ---- in and out ---- */

/* From the fit's weights, if it has some, else from the shares of the classes. */
static despur_status begin(solver *s, const despur_logistic_fit *fit, despur_error *error) {
  const logistic_model *model = s->model;
  double *biases = s->point + s->penalised;
  if (!fit->weight) return DESPUR_OK;
  if (fit->outputs != model->outputs || fit->columns != model->problem->columns)
    return error_set(error, DESPUR_BAD_INPUT,
                     "logistic regression: the start has %zu x %zu weights, the problem %zu x %zu",
                     fit->outputs, fit->columns, model->outputs, model->problem->columns);
  for (size_t k = 0; k < model->outputs; k++) {
    memcpy(s->point + k * model->stride, fit->weight + k * fit->columns, fit->columns * sizeof(double));
    biases[k] = fit->bias[k];
    for (size_t j = 0; j < fit->columns; j++) biases[k] += fit->weight[k * fit->columns + j] * model->mean[j];
  }
  return DESPUR_OK;
}

typedef despur_status newton_steps(logistic_place *at, const logistic_model *model, double tolerance,
                                   size_t most_passes, const despur_watch *watch, despur_error *error);

/* For two classes with an l1 term at the beginning: most of the way, or all of it. Else where the other steps
 * have not got there, as they do not where columns differ much in scale or hardly a penalty holds: for all
 * coordinates together, then by class. */
static despur_status go_by_newton(solver *s, newton_steps *steps, double tolerance, size_t most_passes,
                                  const despur_watch *watch, despur_error *error) {
  if (s->model->parts || s->passes >= most_passes || is_certain(s, tolerance)) return DESPUR_OK;
  logistic_place place = {s->point, s->gradient, s->objective, s->bound, 0};
  const despur_status status = steps(&place, s->model, tolerance, most_passes - s->passes, watch, error);
  s->point = place.point;
  s->gradient = place.gradient;
  s->objective = place.objective;
  s->bound = place.bound;
  s->passes += place.passes;
  return status;
}

/* Of quasi-Newton steps, before Newton's for all classes are tried. */
static size_t first_passes(const solver *s, size_t most_passes) {
  if (s->model->outputs == 1 || s->model->parts) return most_passes;
  const size_t after = s->l1 > 0                            ? JOINT_AFTER
                       : logistic_joint_holds_all(s->model) ? JOINT_AFTER_SMOOTH
                                                            : most_passes;
  return after < most_passes ? after : most_passes;
}

static despur_status finish(despur_logistic_fit *fit, const solver *s, double tolerance,
                            despur_error *error) {
  const logistic_model *model = s->model;
  despur_status status = DESPUR_OK;
  if (!fit->weight) {
    fit->outputs = model->outputs;
    fit->columns = model->problem->columns;
    TRY(mem_alloc(&fit->weight, fit->outputs * fit->columns, sizeof(double), error));
    TRY(mem_alloc(&fit->bias, fit->outputs, sizeof(double), error));
  }
  logistic_plain_biases(model, s->point, fit->bias);
  for (size_t k = 0; k < fit->outputs; k++)
    memcpy(fit->weight + k * fit->columns, s->point + k * model->stride, fit->columns * sizeof(double));
  fit->objective = s->objective;
  fit->gap = s->objective - s->bound;
  fit->converged = fit->gap <= tolerance * s->objective;
  fit->passes = s->passes;
cleanup:
  return status;
}

despur_status logistic_minimise(despur_logistic_fit *fit, const logistic_model *model,
                                const despur_logistic_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  solver s = {0};
  const double tolerance = options->tolerance > 0 ? options->tolerance : USUAL_TOLERANCE;
  const size_t most_passes = options->max_passes > 0 ? options->max_passes : USUAL_PASSES;
  TRY(solver_create(&s, model, error));
  TRY(begin(&s, fit, error));
  s.objective = evaluate(&s, s.point, s.gradient);
  if (model->outputs == 1 && s.l1 > 0)
    TRY(go_by_newton(&s, logistic_newton, tolerance, most_passes, &options->watch, error));
  if (!is_certain(&s, tolerance))
    TRY(solve_single(&s, tolerance, first_passes(&s, most_passes), &options->watch, error));
  if (model->outputs > 1)
    TRY(go_by_newton(&s, logistic_joint, tolerance, most_passes, &options->watch, error));
  if (!is_certain(&s, tolerance)) TRY(solve(&s, tolerance, most_passes, &options->watch, error));
  if (model->outputs == 1)
    TRY(go_by_newton(&s, logistic_joint, tolerance, most_passes, &options->watch, error));
  else if (s.l1 > 0)
    TRY(go_by_newton(&s, logistic_newton, tolerance, most_passes, &options->watch, error));
  if (model->parts) evaluate(&s, s.point, s.gradient);
  TRY(finish(fit, &s, tolerance, error));
cleanup:
  solver_release(&s);
  return status;
}

despur_status despur_logistic_solve(despur_logistic_fit *fit, const despur_logistic_problem *problem,
                                    const despur_logistic_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  logistic_model model = {0};
  TRY(logistic_model_create(&model, problem, options->threads, error));
  TRY(logistic_minimise(fit, &model, options, error));
cleanup:
  logistic_model_release(&model);
  return status;
}

void despur_logistic_logits(const despur_logistic_fit *fit, const float *x, size_t rows, double *logits) {
  const size_t classes = fit->outputs == 1 ? 2 : fit->outputs, first = classes - fit->outputs;
  for (size_t i = 0; i < rows; i++) {
    double *out = logits + i * classes;
    out[0] = 0;
    for (size_t k = 0; k < fit->outputs; k++) {
      out[first + k] = fit->bias[k];
      for (size_t j = 0; j < fit->columns; j++)
        out[first + k] += fit->weight[k * fit->columns + j] * (double)x[i * fit->columns + j];
    }
  }
}

void despur_logistic_release(despur_logistic_fit *fit) {
  mem_free(fit->weight);
  mem_free(fit->bias);
  *fit = (despur_logistic_fit){0};
}
