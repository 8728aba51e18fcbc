/* Diversified prototypical ensemble (To et al. 2025, "Diverse prototypical ensembles improve robustness to
 * subpopulation shift"). A member has a prototype p_k for each class, on the unit sphere as the examples x
 * are (standardised, less the mean of the groups' means, which is all the bias there is, then divided by
 * their length), and logits -scale / 2 |x - p_k|^2, that is scale x p_k and a constant. Each is fitted on a
 * balanced subset of its own to the least
 *
 *   mean cross entropy + diversity * mean over classes and members before of (p_k q_k)^2.
 *
 * The ensemble adds up logits, where its authors add up probabilities: so what it predicts is a linear layer,
 * which can be handed back. Its logits are those of the ensemble times the example's length. */
#include "repair/layer.h"

#include "base/memory.h"
#include "base/watch.h"
#include "repair/logistic_kernels.h"

#include <math.h>
#include <string.h>

enum { MOST_HALVINGS = 40 };

#define LEAST_DECREASE 1e-4 /* Armijo's share of what the slope promises */

typedef struct ensemble {
  const repair_work *work;
  const logistic_table *kernels;
  size_t classes, columns, stride, length; /* length: doubles of a member, classes * stride */
  double scale, diversity;
  size_t members;   /* so far */
  double *fitted;   /* [members, length] */
  double *sum;      /* [length] of them */
  double *centre;   /* [columns] of standardised features */
  logistic_rows *z; /* [classes] */
} ensemble;

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* ---- the objective ---- */

/* Adds the rows of a block to the gradient by the prototypes; returns their part of the loss. */
static double add_block(const ensemble *e, const repair_problem *of, size_t first, const double *point,
                        double *gradient) {
  const size_t left = of->of.rows - first;
  const logistic_block block = {.x = of->x + first * e->columns,
                                .rows = left < LOGISTIC_ROWS ? left : LOGISTIC_ROWS,
                                .columns = e->columns,
                                .outputs = e->classes};
  logistic_rows own = {{0}}, logs;
  double loss = 0;
  memset(e->z, 0, e->classes * sizeof *e->z);
  e->kernels->scores(&block, point, e->z);
  for (size_t k = 0; k < e->classes; k++)
    for (size_t row = 0; row < block.rows; row++) e->z[k].at[row] *= e->scale;
  for (size_t row = 0; row < block.rows; row++) own.at[row] = e->z[of->labels[first + row]].at[row];
  e->kernels->softmax(e->z, e->classes, &logs);
  for (size_t row = 0; row < block.rows; row++) {
    loss += logs.at[row] - own.at[row];
    e->z[of->labels[first + row]].at[row] -= 1;
  }
  for (size_t k = 0; k < e->classes; k++)
    for (size_t row = 0; row < block.rows; row++) e->z[k].at[row] *= e->scale / (double)of->of.rows;
  e->kernels->add_gradient(&block, e->z, gradient);
  return loss / (double)of->of.rows;
}

static double add_diversity(const ensemble *e, const double *point, double *gradient) {
  const double factor = e->diversity / (double)(e->classes * (e->members ? e->members : 1));
  double sum = 0;
  for (size_t m = 0; m < e->members; m++)
    for (size_t k = 0; k < e->classes; k++) {
      const double *other = e->fitted + m * e->length + k * e->stride;
      const double cosine = dot(point + k * e->stride, other, e->stride);
      sum += factor * cosine * cosine;
      for (size_t j = 0; j < e->stride; j++) gradient[k * e->stride + j] += 2 * factor * cosine * other[j];
    }
  return sum;
}

/* What of a direction lies along the sphere is kept. */
static void project(const ensemble *e, const double *point, double *direction) {
  for (size_t k = 0; k < e->classes; k++) {
    const double *p = point + k * e->stride;
    const double along = dot(p, direction + k * e->stride, e->stride);
    for (size_t j = 0; j < e->stride; j++) direction[k * e->stride + j] -= along * p[j];
  }
}

static double evaluate(const ensemble *e, const repair_problem *of, const double *point, double *gradient) {
  double loss = 0;
  memset(gradient, 0, e->length * sizeof *gradient);
  for (size_t row = 0; row < of->of.rows; row += LOGISTIC_ROWS)
    loss += add_block(e, of, row, point, gradient);
  loss += add_diversity(e, point, gradient);
  project(e, point, gradient);
  return loss;
}

/* ---- one member: conjugate gradients on spheres (Polak and Ribiere, never against the slope) ---- */

static void normalise(double *x, size_t count, size_t stride) {
  for (size_t k = 0; k < count; k++) {
    const double length = sqrt(dot(x + k * stride, x + k * stride, stride));
    for (size_t j = 0; j < stride; j++) x[k * stride + j] /= length > 0 ? length : 1;
  }
}

typedef struct descent {
  double *point, *gradient, *next, *next_gradient, *direction;
  double loss, length;
} descent;

static double go(const ensemble *e, const repair_problem *of, descent *d, double length) {
  for (size_t i = 0; i < e->length; i++) d->next[i] = d->point[i] + length * d->direction[i];
  normalise(d->next, e->classes, e->stride);
  return evaluate(e, of, d->next, d->next_gradient);
}

/* As far as the secant of the slopes says, from the last step's length; halved until it is far enough down.
 */
static bool step(const ensemble *e, const repair_problem *of, descent *d, double slope) {
  (void)go(e, of, d, d->length);
  const double there = dot(d->next_gradient, d->direction, e->length);
  double length = d->length * (there > slope ? fmin(slope / (slope - there), 10) : 10);
  for (int halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    const double loss = go(e, of, d, length);
    if (loss <= d->loss + LEAST_DECREASE * length * slope) {
      d->loss = loss;
      d->length = length;
      return true;
    }
    length /= 2;
  }
  return false;
}

static void turn(const ensemble *e, descent *d) {
  double *old = d->gradient;
  const double squares = dot(old, old, e->length);
  const double now = dot(d->next_gradient, d->next_gradient, e->length);
  const double beta = fmax(0, (now - dot(d->next_gradient, old, e->length)) / squares);
  for (size_t i = 0; i < e->length; i++) d->direction[i] = beta * d->direction[i] - d->next_gradient[i];
  project(e, d->next, d->direction);
  d->gradient = d->next_gradient;
  d->next_gradient = old;
  old = d->point;
  d->point = d->next;
  d->next = old;
}

/* Until a step promises less than the tolerance. *promise = what it does, relative. */
static despur_status descend(double *promise, const ensemble *e, const repair_problem *of, descent *d,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  *promise = INFINITY;
  d->loss = evaluate(e, of, d->point, d->gradient);
  d->length = 1 / e->scale;
  for (size_t i = 0; i < e->length; i++) d->direction[i] = -d->gradient[i];
  for (size_t steps = 0; steps < e->work->most_passes; steps++) {
    TRY(watch_ask(&e->work->options.watch, error));
    double slope = dot(d->gradient, d->direction, e->length);
    if (!(slope < 0)) {
      for (size_t i = 0; i < e->length; i++) d->direction[i] = -d->gradient[i];
      slope = -dot(d->gradient, d->gradient, e->length);
    }
    *promise = d->length * dot(d->gradient, d->gradient, e->length) / d->loss;
    if (*promise <= e->work->tolerance || !step(e, of, d, slope)) break;
    turn(e, d);
  }
cleanup:
  return status;
}

/* Begins at the means of the classes less half of what the last prototypes have in common with them: where
 * prototypes are alike the diversity has no slope. */
static void begin(const ensemble *e, const repair_problem *of, double *point) {
  for (size_t i = 0; i < of->of.rows; i++)
    for (size_t j = 0; j < e->columns; j++)
      point[of->labels[i] * e->stride + j] += (double)of->x[i * e->columns + j];
  for (size_t k = 0; k < e->classes && e->members > 0; k++) {
    const double *last = e->fitted + (e->members - 1) * e->length + k * e->stride;
    double *p = point + k * e->stride;
    const double common = dot(p, last, e->stride);
    for (size_t j = 0; j < e->stride; j++) p[j] -= common / 2 * last[j];
  }
  normalise(point, e->classes, e->stride);
}

/* Every group counts the same. */
static despur_status find_centre(ensemble *e, repair_rows rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  const repair_work *work = e->work;
  size_t *sizes, groups = 0;
  TRY(mem_alloc(&sizes, work->groups_count, sizeof *sizes, error));
  for (size_t i = 0; i < rows.count; i++) groups += sizes[work->groups[rows.items[i]]]++ == 0;
  for (size_t i = 0; i < rows.count; i++) {
    const float *x = work->data->features + rows.items[i] * e->columns;
    const double share = 1 / (double)(groups * sizes[work->groups[rows.items[i]]]);
    for (size_t j = 0; j < e->columns; j++)
      e->centre[j] += share * ((double)x[j] - work->mean[j]) / work->spread[j];
  }
cleanup:
  mem_free(sizes);
  return status;
}

static void put_on_sphere(const ensemble *e, const repair_problem *problem) {
  for (size_t i = 0; i < problem->of.rows; i++) {
    float *x = problem->x + i * e->columns;
    double squares = 0;
    for (size_t j = 0; j < e->columns; j++) {
      x[j] = (float)((double)x[j] - e->centre[j]);
      squares += (double)x[j] * (double)x[j];
    }
    for (size_t j = 0; squares > 0 && j < e->columns; j++) x[j] = (float)((double)x[j] / sqrt(squares));
  }
}

static despur_status add_member(repair_fit *out, ensemble *e, const repair_ask *ask, despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem problem = {0};
  descent d = {0};
  double **vectors[] = {&d.point, &d.gradient, &d.next, &d.next_gradient, &d.direction};
  uint32_t *subset = NULL;
  size_t count;
  double promise, *weights = NULL;
  random_stream stream = random_open(e->work->options.seed, "refits", e->members);
  TRY(mem_alloc(&subset, ask->rows.count, sizeof *subset, error));
  TRY(mem_alloc(&weights, ask->rows.count, sizeof *weights, error));
  TRY(repair_balanced_subset(subset, weights, &count, e->work, ask->rows, &stream, error));
  TRY(repair_problem_create(&problem, e->work, (repair_rows){subset, count}, error));
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
    TRY(mem_alloc(vectors[i], e->length, sizeof(double), error));
  put_on_sphere(e, &problem);
  begin(e, &problem, d.point);
  TRY(descend(&promise, e, &problem, &d, error));
  out->gap = fmax(out->gap, promise);
  memcpy(e->fitted + e->members++ * e->length, d.point, e->length * sizeof *d.point);
  for (size_t i = 0; i < e->length; i++) e->sum[i] += d.point[i];
cleanup:
  mem_free(subset);
  mem_free(weights);
  repair_problem_release(&problem);
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) mem_free(*vectors[i]);
  return status;
}

/* ---- the whole ---- */

/* Logits of two classes are one: that of class 1 less that of class 0. */
static despur_status hand_over(repair_fit *out, const ensemble *e, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_logistic_fit *head = &out->head;
  const size_t outputs = e->work->outputs, first = e->classes - outputs;
  despur_logistic_release(head);
  *head = (despur_logistic_fit){.outputs = outputs, .columns = e->columns};
  TRY(mem_alloc(&head->weight, outputs * e->columns, sizeof(double), error));
  TRY(mem_alloc(&head->bias, outputs, sizeof(double), error));
  for (size_t k = 0; k < outputs; k++)
    for (size_t j = 0; j < e->columns; j++) {
      double *weight = &head->weight[k * e->columns + j];
      *weight =
          e->scale / (double)e->members * (e->sum[(first + k) * e->stride + j] - (first ? e->sum[j] : 0));
      head->bias[k] -= *weight * e->centre[j];
    }
cleanup:
  return status;
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  ensemble e = {.work = work,
                .classes = work->data->classes,
                .columns = work->data->columns,
                .stride = logistic_stride(work->data->columns),
                .scale = ask->parameters[0],
                .diversity = ask->parameters[1]};
  e.length = e.classes * e.stride;
  TRY(logistic_table_choose(&e.kernels, error));
  TRY(mem_alloc(&e.fitted, ask->refits, e.length * sizeof *e.fitted, error));
  TRY(mem_alloc(&e.sum, e.length, sizeof *e.sum, error));
  TRY(mem_alloc(&e.z, e.classes, sizeof *e.z, error));
  TRY(mem_alloc(&e.centre, e.columns, sizeof *e.centre, error));
  TRY(find_centre(&e, ask->rows, error));
  out->gap = 0;
  while (e.members < ask->refits) TRY(add_member(out, &e, ask, error));
  out->converged = out->gap <= work->tolerance;
  TRY(hand_over(out, &e, error));
cleanup:
  mem_free(e.fitted);
  mem_free(e.sum);
  mem_free(e.z);
  mem_free(e.centre);
  return status;
}

const layer layer_dpe = {.label = "DPE",
                         .needs = LAYER_NEEDS_VAL_GROUPS,
                         .fitted_on = DESPUR_VAL,
                         .trial_refits = 3, /* one alone has nothing to be unlike */
                         .parameters = {"scale", "diversity"},
                         .fit = fit};
