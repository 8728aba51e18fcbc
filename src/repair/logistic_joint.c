/* Proximal Newton steps of softmax with an l1 penalty, for all classes together. Where columns have long
 * tails a few rows make up a column's curvature and couple all classes: quasi-Newton steps then take
 * thousands of passes, and steps of one class at a time no fewer. The quadratic model of the loss on the
 * coordinates that have a weight, or want one, is minimised by coordinate descent, which finds the signs, and
 * by Cholesky's method where these stay as they are, in turns. */
#include "repair/logistic.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <string.h>

enum { MOST_FREE = 1024, MOST_TURNS = 12, TURN_SWEEPS = 8, MOST_HALVINGS = 30, TASK_ROWS = 16 };

#define MOST_SHARES    6.7e7 /* numbers of all rows: half a gigabyte */
#define RIDGE          1e-14 /* of the mean curvature: the biases of all classes may move together */
#define SWEPT          1e-9  /* coordinate descent ends when a sweep gains less than this share of all */
#define LEAST_DECREASE 1e-4  /* Armijo's share of what the step promises */

typedef struct joint {
  const logistic_model *model;
  logistic_place *at;
  size_t count, weights;        /* coordinates in the model, of which the last are biases */
  size_t *where, *class;        /* [count] in a point; outputs */
  size_t *begin, *end;          /* [outputs] of each one's weights */
  double *probabilities;        /* [rows, classes] */
  double *share;                /* [rows, count]: probability of the class times the column */
  double *h, *factor;           /* [count, count] */
  double *step, *slope;         /* [count]; of the smooth part of the model where the step leads */
  double *wanted;               /* [count] */
  double *next, *next_gradient; /* [length] */
} joint;

/* ---- which coordinates ---- */

static bool is_free(const logistic_model *model, const logistic_place *at, size_t i) {
  if (i % model->stride >= model->problem->columns) return false;
  return at->point[i] != 0 || fabs(at->gradient[i]) > model->problem->l1;
}

static size_t count_free(const logistic_model *model, const logistic_place *at) {
  size_t count = model->outputs;
  for (size_t i = 0; i < model->outputs * model->stride; i++) count += is_free(model, at, i);
  return count;
}

static void release(joint *n) {
  mem_free(n->where);
  mem_free(n->class);
  mem_free(n->begin);
  mem_free(n->end);
  mem_free(n->probabilities);
  mem_free(n->share);
  mem_free(n->h);
  mem_free(n->factor);
  mem_free(n->step);
  mem_free(n->slope);
  mem_free(n->wanted);
  mem_free(n->next);
  mem_free(n->next_gradient);
}

static despur_status create(joint *n, logistic_place *at, const logistic_model *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t rows = model->problem->rows, count = count_free(model, at);
  *n = (joint){.model = model, .at = at, .count = count, .weights = count - model->outputs};
  TRY(mem_alloc(&n->where, count, sizeof *n->where, error));
  TRY(mem_alloc(&n->class, count, sizeof *n->class, error));
  TRY(mem_alloc(&n->begin, model->outputs, sizeof *n->begin, error));
  TRY(mem_alloc(&n->end, model->outputs, sizeof *n->end, error));
  TRY(mem_alloc(&n->probabilities, rows, model->problem->classes * sizeof(double), error));
  TRY(mem_alloc(&n->share, rows, count * sizeof(double), error));
  TRY(mem_alloc(&n->h, count, count * sizeof(double), error));
  TRY(mem_alloc(&n->factor, count, count * sizeof(double), error));
  TRY(mem_alloc(&n->step, count, sizeof(double), error));
  TRY(mem_alloc(&n->slope, count, sizeof(double), error));
  TRY(mem_alloc(&n->wanted, count, sizeof(double), error));
  TRY(mem_alloc(&n->next, model->length, sizeof(double), error));
  TRY(mem_alloc(&n->next_gradient, model->length, sizeof(double), error));
  size_t a = 0;
  for (size_t k = 0; k < model->outputs; k++) {
    n->begin[k] = a;
    for (size_t i = k * model->stride; i < (k + 1) * model->stride; i++)
      if (is_free(model, at, i)) n->class[a] = k, n->where[a++] = i;
    n->end[k] = a;
  }
  for (size_t k = 0; k < model->outputs; k++)
    n->class[a] = k, n->where[a++] = model->outputs * model->stride + k;
cleanup:
  return status;
}

/* ---- the quadratic model ---- */

/* The centred column of a coordinate in a row; 1 of a bias. */
static double column_of(const joint *n, size_t a, size_t row) {
  if (a >= n->weights) return 1;
  const size_t j = n->where[a] % n->model->stride;
  return (double)n->model->problem->x[row * n->model->problem->columns + j] - n->model->mean[j];
}

/* Some rows of H up to the diagonal: sums over the examples of s x_a x_b (p_a [same class] - p_a p_b). */
static void add_rows(void *context, size_t task, int thread) {
  (void)thread;
  const joint *n = context;
  const double *weights = n->model->problem->weights;
  const size_t last = (task + 1) * TASK_ROWS < n->count ? (task + 1) * TASK_ROWS : n->count;
  for (size_t row = 0; row < n->model->problem->rows; row++) {
    const double *share = n->share + row * n->count, s = (weights ? weights[row] : 1) / n->model->total;
    for (size_t a = task * TASK_ROWS; a < last; a++) {
      const size_t k = n->class[a], end = n->end[k] <= a ? n->end[k] : a + 1;
      const double all = s * share[a], own = s * column_of(n, a, row);
      double *h = n->h + a * n->count;
      n->model->kernels->add_doubles(h, share, -all, a + 1);
      if (end > n->begin[k])
        n->model->kernels->add_doubles(h + n->begin[k], share + n->begin[k], own, end - n->begin[k]);
      if (a >= n->weights) h[a] += own * share[a];
    }
  }
}

static void make_model(joint *n) {
  const logistic_model *model = n->model;
  const size_t rows = model->problem->rows, classes = model->problem->classes, count = n->count;
  double trace = 0;
  logistic_probabilities(model, n->at->point, n->probabilities);
  n->at->passes++;
  for (size_t row = 0; row < rows; row++)
    for (size_t a = 0; a < count; a++)
      n->share[row * count + a] =
          n->probabilities[row * classes + model->first + n->class[a]] * column_of(n, a, row);
  parallel_for(model->pool, (count + TASK_ROWS - 1) / TASK_ROWS, add_rows, n);
  for (size_t a = 0; a < count; a++) trace += n->h[a * count + a];
  for (size_t a = 0; a < count; a++) {
    n->h[a * count + a] += RIDGE * trace / (double)count + (a < n->weights ? model->problem->l2 : 0);
    for (size_t b = 0; b < a; b++) n->h[b * count + a] = n->h[a * count + b];
    n->slope[a] = n->at->gradient[n->where[a]];
  }
}

/* ---- its least value ---- */

static double soft(double x, double by) {
  return x > by ? x - by : x < -by ? x + by : 0;
}

static double weight_of(const joint *n, size_t a) {
  return n->at->point[n->where[a]] + n->step[a];
}

static void change_step(joint *n, size_t a, double change) {
  n->step[a] += change;
  n->model->kernels->add_doubles(n->slope, n->h + a * n->count, change, n->count);
}

/* One coordinate; by how much the model falls, about. */
static double descend(joint *n, size_t a) {
  const double bend = n->h[a * n->count + a], w = weight_of(n, a), to = w - n->slope[a] / bend;
  const double change = (a < n->weights ? soft(to, n->model->problem->l1 / bend) : to) - w;
  if (change != 0) change_step(n, a, change);
  return bend * change * change;
}

/* H = L L^T over the coordinates that have a weight. False where rounding has left it indefinite. */
static bool make_factor(joint *n, const size_t *at, size_t count) {
  for (size_t a = 0; a < count; a++) {
    double *row = n->factor + a * count;
    for (size_t b = 0; b <= a; b++) {
      const double *other = n->factor + b * count;
      double sum = n->h[at[a] * n->count + at[b]];
      for (size_t c = 0; c < b; c++) sum -= row[c] * other[c];
      if (b == a && !(sum > 0)) return false;
      row[b] = b == a ? sqrt(sum) : sum / other[b];
    }
  }
  return true;
}

static void solve_factor(const joint *n, double *d, size_t count) {
  for (size_t a = 0; a < count; a++) {
    for (size_t b = 0; b < a; b++) d[a] -= n->factor[a * count + b] * d[b];
    d[a] /= n->factor[a * count + a];
  }
  for (size_t a = count; a-- > 0;) {
    for (size_t b = a + 1; b < count; b++) d[a] -= n->factor[b * count + a] * d[b];
    d[a] /= n->factor[a * count + a];
  }
}

/* To the least value with the signs as they are, or to where the first of them would change: that one becomes
 * zero. True when nothing stood in the way. */
static bool solve_signs(joint *n, size_t *at) {
  size_t count = 0, hit = SIZE_MAX;
  double length = 1;
  for (size_t a = 0; a < n->count; a++)
    if (a >= n->weights || weight_of(n, a) != 0) at[count++] = a;
  if (!make_factor(n, at, count)) return true;
  for (size_t i = 0; i < count; i++) {
    const double w = weight_of(n, at[i]);
    n->wanted[i] = -n->slope[at[i]] - (at[i] < n->weights ? copysign(n->model->problem->l1, w) : 0);
  }
  solve_factor(n, n->wanted, count);
  for (size_t i = 0; i < count; i++) {
    const double w = weight_of(n, at[i]);
    if (at[i] >= n->weights || w * (w + n->wanted[i]) > 0 || !(-w / n->wanted[i] < length)) continue;
    length = -w / n->wanted[i];
    hit = i;
  }
  for (size_t i = 0; i < count; i++)
    change_step(n, at[i], i == hit ? -weight_of(n, at[i]) : length * n->wanted[i]);
  if (hit != SIZE_MAX) n->step[at[hit]] = -n->at->point[n->where[at[hit]]];
  return hit == SIZE_MAX;
}

static despur_status minimise_model(joint *n, despur_error *error) {
  size_t *at;
  double all = 0;
  despur_status status = mem_alloc(&at, n->count, sizeof *at, error);
  if (status != DESPUR_OK) return status;
  for (int turn = 0; turn < MOST_TURNS; turn++) {
    double gain = 0;
    for (int sweep = 0; sweep < TURN_SWEEPS; sweep++) {
      gain = 0;
      for (size_t a = 0; a < n->count; a++) gain += descend(n, a);
      all += gain;
    }
    if (gain <= SWEPT * all) break;
    solve_signs(n, at);
  }
  mem_free(at);
  return DESPUR_OK;
}

/* ---- the step ---- */

/* What the step promises by the slope: negative. */
static double promise(const joint *n) {
  double sum = 0;
  for (size_t a = 0; a < n->count; a++) {
    const double w = n->at->point[n->where[a]];
    sum += n->at->gradient[n->where[a]] * n->step[a];
    if (a < n->weights) sum += n->model->problem->l1 * (fabs(w + n->step[a]) - fabs(w));
  }
  return sum;
}

static bool take_step(joint *n) {
  logistic_place *at = n->at;
  const double promised = promise(n);
  double length = 1;
  for (int halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    memcpy(n->next, at->point, n->model->length * sizeof *n->next);
    for (size_t a = 0; a < n->count; a++) n->next[n->where[a]] += length * n->step[a];
    const double objective =
        logistic_evaluate(n->model, n->next, n->next_gradient) + logistic_l1_term(n->model, n->next);
    at->passes++;
    if (!(objective < at->objective + LEAST_DECREASE * length * promised)) {
      length /= 2;
      continue;
    }
    at->objective = objective;
    memcpy(at->point, n->next, n->model->length * sizeof *n->next);
    memcpy(at->gradient, n->next_gradient, n->model->length * sizeof *n->next);
    return true;
  }
  return false;
}

static despur_status go_step(bool *moved, logistic_place *at, const logistic_model *model,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  joint n = {0};
  *moved = false;
  TRY(create(&n, at, model, error));
  make_model(&n);
  TRY(minimise_model(&n, error));
  *moved = take_step(&n);
cleanup:
  release(&n);
  return status;
}

/* What the next step costs, in passes, which have a multiply-add for each number of a row and output, twice;
 * infinite where there would be too much to keep. */
static double next_cost(const logistic_model *model, const logistic_place *at) {
  const double count = (double)count_free(model, at), rows = (double)model->problem->rows;
  const double pass = 2 * rows * (double)model->outputs * (double)model->problem->columns;
  if (count > MOST_FREE || rows * count > MOST_SHARES) return (double)INFINITY;
  return (count * count / 2 * rows + count * count * count) / pass;
}

despur_status logistic_joint(logistic_place *at, const logistic_model *model, double tolerance,
                             size_t most_passes, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  double *scratch;
  bool moved = true;
  TRY(mem_alloc(&scratch, model->problem->classes, sizeof *scratch, error));
  while (moved && at->passes < most_passes) {
    const double cost = next_cost(model, at);
    if (!(cost < (double)(most_passes - at->passes))) break;
    at->passes += (size_t)cost;
    TRY(watch_ask(watch, error));
    TRY(go_step(&moved, at, model, error));
    at->bound = fmax(at->bound, logistic_lower_bound(model, at->point, at->gradient, scratch));
    at->passes++;
    if (at->objective - at->bound <= tolerance * at->objective) break;
  }
cleanup:
  mem_free(scratch);
  return status;
}
