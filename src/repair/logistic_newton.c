/* Proximal Newton steps with an l1 penalty (Yuan, Ho and Lin 2012, "An improved GLMNET for l1-regularized
 * logistic regression"): the quadratic model of the loss at a point, on a working set of columns, is
 * minimised by coordinate descent on the products of these columns, and the step is halved until the
 * objective falls. Of more than two classes the weights of one class move at a time (Friedman, Hastie and
 * Tibshirani 2010). Products are in single precision, which makes the model a little worse and not the
 * optimum: the objective, its gradient and the bound are in double, and what is left is done by OWL-QN. */
#include "repair/logistic.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_STEPS = 40,     /* for two classes */
  MOST_ROUNDS = 500,   /* through all classes */
  LEAST_COLUMNS = 128, /* of a working set */
  MOST_COLUMNS = 4096,
  MOST_SWEEPS = 400,
  MOST_HALVINGS = 12,
  CHUNK = 64,     /* rows whose products are added while they are in cache */
  TASK_STRIPS = 8 /* a whole part of a panel */
};

#define MOST_BYTES      ((size_t)512 << 20) /* of the working set's columns */
#define SWEPT           1e-3                /* sweeps end when one gains less than this share of the first */
#define LEAST_DECREASE  1e-4                /* Armijo's share of what the step promises */
#define STALE           0.1  /* products are kept while curvatures change by less than this share */
#define LEAST_CURVATURE 1e-6 /* of a column, as a share of the largest */

typedef struct violation {
  double size;
  size_t column;
} violation;

typedef struct newton {
  const logistic_model *model;
  logistic_place *at;
  size_t output;      /* whose weights move */
  size_t columns;     /* of all */
  size_t *set, count; /* working set; the bias comes behind it, as column `count` */
  size_t *next_set;
  size_t stride;           /* floats of a row of columns or products */
  float *packed, *product; /* [panels, rows, LOGISTIC_PANEL], [stride, stride] */
  size_t packed_room, product_room;
  double *curvature, *fresh; /* [rows] that the products have; where it stands */
  bool known;                /* there are products, of this output */
  bool *kept;                /* [columns] of the set, as long as there are products */
  double *slope;             /* [stride] of the model where the step leads */
  double *step;              /* [stride] */
  double *next, *next_gradient;
  violation *violations;
} newton;

/* Where the weights, or their slopes, of the output begin, and where its bias is. */
static size_t first_of(const newton *n) {
  return n->output * n->model->stride;
}

static size_t bias_of(const newton *n) {
  return n->model->outputs * n->model->stride + n->output;
}

/* ---- the working set ---- */

static int by_size(const void *a, const void *b) {
  const violation *x = a, *y = b;
  if (x->size != y->size) return x->size > y->size ? -1 : 1;
  return (x->column > y->column) - (x->column < y->column);
}

static int by_column(const void *a, const void *b) {
  const size_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* Columns with a weight, and of those whose slope is too large to stay without one the worst, a quarter more.
 * False when all of them are in the set that is there. */
static bool choose_set(newton *n) {
  const double *w = n->at->point + first_of(n), *g = n->at->gradient + first_of(n),
               l1 = n->model->problem->l1;
  size_t found = 0, count = 0;
  bool new = !n->known;
  for (size_t j = 0; j < n->columns; j++) {
    if (w[j] != 0)
      n->next_set[count++] = j;
    else if (fabs(g[j]) > l1)
      n->violations[found++] = (violation){fabs(g[j]), j};
    new |= !n->kept[j] && (w[j] != 0 || fabs(g[j]) > l1);
  }
  if (!new) return false;
  const size_t room = count / 4 > LEAST_COLUMNS ? count / 4 : LEAST_COLUMNS;
  qsort(n->violations, found, sizeof *n->violations, by_size);
  for (size_t i = 0; i < found && i < room; i++) n->next_set[count++] = n->violations[i].column;
  qsort(n->next_set, count, sizeof *n->next_set, by_column);
  memset(n->kept, 0, n->columns * sizeof *n->kept);
  for (size_t i = 0; i < count; i++) n->kept[n->next_set[i]] = true;
  memcpy(n->set, n->next_set, count * sizeof *n->set);
  n->count = count;
  n->stride = (count + 1 + LOGISTIC_PANEL - 1) / LOGISTIC_PANEL * LOGISTIC_PANEL;
  return true;
}

static despur_status make_room(float **block, size_t *room, size_t rows, size_t columns,
                               despur_error *error) {
  if (rows * columns <= *room) return DESPUR_OK;
  mem_free(*block);
  *room = rows * columns;
  return mem_alloc(block, rows, columns * sizeof **block, error);
}

/* ---- the quadratic model ---- */

static void pack(void *context, size_t task, int thread) {
  (void)thread;
  const newton *n = context;
  const despur_logistic_problem *problem = n->model->problem;
  const size_t last = (task + 1) * CHUNK < problem->rows ? (task + 1) * CHUNK : problem->rows;
  for (size_t row = task * CHUNK; row < last; row++) {
    const double root = sqrt(n->curvature[row]);
    const float *x = problem->x + row * problem->columns;
    for (size_t i = 0; i < n->stride; i++)
      n->packed[(i / LOGISTIC_PANEL * problem->rows + row) * LOGISTIC_PANEL + i % LOGISTIC_PANEL] =
          i < n->count    ? (float)(root * ((double)x[n->set[i]] - n->model->mean[n->set[i]]))
          : i == n->count ? (float)root
                          : 0;
  }
}

/* Products of some strips of one panel with all panels from it on. */
static void multiply(void *context, size_t task, int thread) {
  (void)thread;
  const newton *n = context;
  const size_t rows = n->model->problem->rows, first = task * TASK_STRIPS * LOGISTIC_STRIP,
               last = first + (size_t)TASK_STRIPS * LOGISTIC_STRIP, panel = first / LOGISTIC_PANEL;
  memset(n->product + first * n->stride, 0, (last - first) * n->stride * sizeof *n->product);
  for (size_t row = 0; row < rows; row += CHUNK)
    for (size_t other = panel; other < n->stride / LOGISTIC_PANEL; other++)
      for (size_t a = first; a < last; a += LOGISTIC_STRIP)
        n->model->kernels->add_products(
            n->product + a * n->stride + other * LOGISTIC_PANEL, n->stride,
            n->packed + (panel * rows + row) * LOGISTIC_PANEL + a % LOGISTIC_PANEL,
            n->packed + (other * rows + row) * LOGISTIC_PANEL, rows - row < CHUNK ? rows - row : CHUNK);
}

/* The other half, what l2 adds, and no column without curvature. */
static void complete(newton *n) {
  float most = 0, *h = n->product;
  for (size_t a = 0; a <= n->count; a++)
    for (size_t b = a + 1; b <= n->count; b++) h[b * n->stride + a] = h[a * n->stride + b];
  for (size_t a = 0; a < n->count; a++) h[a * n->stride + a] += (float)n->model->problem->l2;
  for (size_t a = 0; a <= n->count; a++)
    if (h[a * n->stride + a] > most) most = h[a * n->stride + a];
  for (size_t a = 0; a <= n->count; a++) h[a * n->stride + a] += (float)LEAST_CURVATURE * most;
}

static bool is_stale(const newton *n) {
  double change = 0, all = 0;
  for (size_t i = 0; i < n->model->problem->rows; i++) {
    change += fabs(n->fresh[i] - n->curvature[i]);
    all += n->curvature[i];
  }
  return change > STALE * all;
}

static despur_status make_model(newton *n, bool new_set, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t rows = n->model->problem->rows, strips = n->stride / LOGISTIC_STRIP;
  logistic_curvatures(n->model, n->at->point, n->output, n->fresh);
  n->at->passes++;
  if (!new_set && !is_stale(n)) return DESPUR_OK;
  TRY(make_room(&n->packed, &n->packed_room, rows, n->stride, error));
  TRY(make_room(&n->product, &n->product_room, n->stride, n->stride, error));
  memcpy(n->curvature, n->fresh, rows * sizeof *n->curvature);
  parallel_for(n->model->pool, (rows + CHUNK - 1) / CHUNK, pack, n);
  parallel_for(n->model->pool, strips / TASK_STRIPS, multiply, n);
  complete(n);
  n->known = true;
cleanup:
  return status;
}

/* ---- its least value ---- */

static double soft(double x, double by) {
  return x > by ? x - by : x < -by ? x + by : 0;
}

static double weight_of(const newton *n, size_t i) {
  return n->at->point[i < n->count ? first_of(n) + n->set[i] : bias_of(n)];
}

/* One coordinate; by how much the model falls, about. */
static double descend(newton *n, size_t i) {
  const double bend = (double)n->product[i * n->stride + i], w = weight_of(n, i) + n->step[i];
  const double to = w - n->slope[i] / bend;
  const double change = (i < n->count ? soft(to, n->model->problem->l1 / bend) : to) - w;
  if (change == 0) return 0;
  n->step[i] += change;
  n->model->kernels->add_multiple(n->slope, n->product + i * n->stride, change, n->stride);
  return bend * change * change;
}

/* All columns, then those that have a weight until nothing moves, again and again. */
static void minimise_model(newton *n) {
  double first = 0;
  memset(n->step, 0, n->stride * sizeof *n->step);
  memset(n->slope, 0, n->stride * sizeof *n->slope);
  for (size_t i = 0; i < n->count; i++) n->slope[i] = n->at->gradient[first_of(n) + n->set[i]];
  n->slope[n->count] = n->at->gradient[bias_of(n)];
  for (size_t sweep = 0; sweep < MOST_SWEEPS;) {
    double all = 0;
    for (size_t i = 0; i <= n->count; i++) all += descend(n, i);
    if (first == 0) first = all;
    sweep++;
    if (all <= SWEPT * first) return;
    double gain = INFINITY;
    for (; sweep < MOST_SWEEPS && gain > SWEPT * first; sweep++) {
      gain = 0;
      for (size_t i = 0; i <= n->count; i++)
        if (i == n->count || weight_of(n, i) + n->step[i] != 0) gain += descend(n, i);
    }
  }
}

/* ---- the step ---- */

/* What the step promises by the slope: negative. */
static double promise(const newton *n) {
  double sum = n->at->gradient[bias_of(n)] * n->step[n->count];
  for (size_t i = 0; i < n->count; i++) {
    const double w = weight_of(n, i);
    sum += n->at->gradient[first_of(n) + n->set[i]] * n->step[i] +
           n->model->problem->l1 * (fabs(w + n->step[i]) - fabs(w));
  }
  return sum;
}

static void swap(double **a, double **b) {
  double *old = *a;
  *a = *b;
  *b = old;
}

static bool take_step(newton *n) {
  const double promised = promise(n);
  double length = 1;
  for (int halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    memcpy(n->next, n->at->point, n->model->length * sizeof *n->next);
    for (size_t i = 0; i < n->count; i++) n->next[first_of(n) + n->set[i]] += length * n->step[i];
    n->next[bias_of(n)] += length * n->step[n->count];
    const double objective =
        logistic_evaluate(n->model, n->next, n->next_gradient) + logistic_l1_term(n->model, n->next);
    n->at->passes++;
    if (objective < n->at->objective + LEAST_DECREASE * length * promised) {
      n->at->objective = objective;
      swap(&n->at->point, &n->next);
      swap(&n->at->gradient, &n->next_gradient);
      return true;
    }
    length /= 2;
  }
  return false;
}

/* ---- the whole ---- */

static despur_status create(newton *n, logistic_place *at, const logistic_model *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t room = logistic_stride(model->problem->columns + LOGISTIC_PANEL) + LOGISTIC_PANEL;
  *n = (newton){.model = model, .at = at, .columns = model->problem->columns};
  TRY(mem_alloc(&n->set, n->columns, sizeof *n->set, error));
  TRY(mem_alloc(&n->next_set, n->columns, sizeof *n->next_set, error));
  TRY(mem_alloc(&n->kept, n->columns, sizeof *n->kept, error));
  TRY(mem_alloc(&n->fresh, model->problem->rows, sizeof *n->fresh, error));
  TRY(mem_alloc(&n->violations, n->columns, sizeof *n->violations, error));
  TRY(mem_alloc(&n->curvature, model->problem->rows, sizeof *n->curvature, error));
  TRY(mem_alloc(&n->slope, room, sizeof *n->slope, error));
  TRY(mem_alloc(&n->step, room, sizeof *n->step, error));
  TRY(mem_alloc(&n->next, model->length, sizeof *n->next, error));
  TRY(mem_alloc(&n->next_gradient, model->length, sizeof *n->next_gradient, error));
cleanup:
  return status;
}

static void release(newton *n) {
  mem_free(n->set);
  mem_free(n->next_set);
  mem_free(n->kept);
  mem_free(n->fresh);
  mem_free(n->violations);
  mem_free(n->packed);
  mem_free(n->product);
  mem_free(n->curvature);
  mem_free(n->slope);
  mem_free(n->step);
  mem_free(n->next);
  mem_free(n->next_gradient);
}

static bool is_done(newton *n, double tolerance, double *scratch) {
  const double bound = logistic_lower_bound(n->model, n->at->point, n->at->gradient, scratch);
  n->at->passes++;
  if (bound > n->at->bound) n->at->bound = bound;
  return n->at->objective - n->at->bound <= tolerance * n->at->objective;
}

/* One step of each output. *moved: whether one led down; *large: the working set is too large for this. */
static despur_status go_round(newton *n, bool *moved, bool *large, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t outputs = n->model->outputs;
  *moved = *large = false;
  for (n->output = 0; n->output < outputs; n->output++) {
    if (outputs > 1) n->known = false;
    const bool new_set = choose_set(n);
    *large = n->count > MOST_COLUMNS || n->model->problem->rows > MOST_BYTES / (n->stride * sizeof(float));
    if (*large) break;
    TRY(make_model(n, new_set, error));
    minimise_model(n);
    *moved |= take_step(n);
  }
cleanup:
  return status;
}

despur_status logistic_newton(logistic_place *at, const logistic_model *model, double tolerance,
                              size_t most_passes, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  newton n;
  double *scratch = NULL;
  bool moved, large;
  TRY(create(&n, at, model, error));
  TRY(mem_alloc(&scratch, model->problem->classes, sizeof *scratch, error));
  for (size_t steps = model->outputs > 1 ? MOST_ROUNDS : MOST_STEPS; steps > 0 && at->passes < most_passes;
       steps--) {
    TRY(watch_ask(watch, error));
    TRY(go_round(&n, &moved, &large, error));
    if (large || !moved || is_done(&n, tolerance, scratch)) break;
  }
cleanup:
  release(&n);
  mem_free(scratch);
  return status;
}
