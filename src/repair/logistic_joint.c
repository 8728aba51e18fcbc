/* Proximal Newton steps for all classes together, with or without an l1 penalty. Where columns have long
 * tails a few rows make up a column's curvature and couple all classes, and where hardly a penalty holds
 * curvatures lie orders apart: quasi-Newton steps then take thousands of passes, and steps of one class at a
 * time no fewer. The quadratic model of the loss on the coordinates that have a weight, or want one, is
 * minimised in turns: coordinate descent gives weights to coordinates that want one; Cholesky's method moves
 * all of them with their signs as they are, and takes the weights away that come to zero, until none does
 * (Lee et al. 2006, "Efficient sparse coding algorithms"). */
#include "repair/logistic.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_FREE = 1024,
  MOST_TURNS = 50,
  TURN_SWEEPS = 8,
  MOST_TRIED = 16, /* crossings that a way is tried up to, about */
  MOST_HALVINGS = 30,
  TASK_ROWS = 16,
  STANDS = 8
};

#define MOST_SHARES    6.7e7 /* numbers of all rows: half a gigabyte */
#define RIDGE          1e-14 /* of the mean curvature: the biases of all classes may move together */
#define LIFT           1e-11 /* of the mean curvature: see make_factor */
#define SETTLED        1e-12 /* the model is at its least when a turn gains less than this share of all */
#define LEAST_SHARE    4     /* of the work of making a model is what its least value may take, about */
#define LEAST_DECREASE 1e-4  /* Armijo's share of what the step promises */

/* A step, [count], and the slope of the smooth part of the model where it leads, [count]. */
typedef struct stand {
  double *step, *slope;
} stand;

typedef struct joint {
  const logistic_model *model;
  logistic_place *at;
  size_t count, weights;        /* coordinates in the model, of which the last are biases */
  size_t *where, *class;        /* [count] in a point; outputs */
  size_t *begin, *end;          /* [outputs] of each one's weights */
  double *probabilities;        /* [rows, classes] */
  double *share;                /* [rows, count]: probability of the class times the column */
  double *h, *factor;           /* [count, count] */
  stand here, begun, best;      /* where it is, to go back to, and found on the way */
  size_t *moving;               /* [count] coordinates that have a weight, and biases */
  double *wanted, *crossings;   /* [count] by how much these would move; see find_crossings */
  double *stands;               /* [STANDS, count]: all of these */
  double work;                  /* multiply-adds of factors */
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
  mem_free(n->stands);
  mem_free(n->moving);
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
  TRY(mem_alloc(&n->stands, count, STANDS * sizeof(double), error));
  TRY(mem_alloc(&n->moving, count, sizeof *n->moving, error));
  TRY(mem_alloc(&n->next, model->length, sizeof(double), error));
  TRY(mem_alloc(&n->next_gradient, model->length, sizeof(double), error));
  double **parts[STANDS] = {&n->here.step, &n->here.slope, &n->begun.step, &n->begun.slope,
                            &n->best.step, &n->best.slope, &n->wanted,     &n->crossings};
  for (size_t i = 0; i < STANDS; i++) *parts[i] = n->stands + i * count;
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
    n->here.slope[a] = n->at->gradient[n->where[a]];
  }
}

/* Multiply-adds of making it, and of a pass over the rows. */
static double model_work(const logistic_model *model, double count) {
  return count * count / 2 * (double)model->problem->rows;
}

static double pass_work(const logistic_model *model) {
  return 2 * (double)model->problem->rows * (double)model->outputs * (double)model->problem->columns;
}

/* ---- its least value ---- */

static double soft(double x, double by) {
  return x > by ? x - by : x < -by ? x + by : 0;
}

static double weight_of(const joint *n, size_t a) {
  return n->at->point[n->where[a]] + n->here.step[a];
}

static void change_step(joint *n, size_t a, double change) {
  n->here.step[a] += change;
  n->model->kernels->add_doubles(n->here.slope, n->h + a * n->count, change, n->count);
}

/* What the model changes by where the step leads. */
static double model_value(const joint *n) {
  double sum = 0;
  for (size_t a = 0; a < n->count; a++) {
    const double w = n->at->point[n->where[a]];
    sum += (n->at->gradient[n->where[a]] + n->here.slope[a]) / 2 * n->here.step[a];
    if (a < n->weights) sum += n->model->problem->l1 * (fabs(w + n->here.step[a]) - fabs(w));
  }
  return sum;
}

/* One coordinate, to where the model is least. */
static void descend(joint *n, size_t a) {
  const double bend = n->h[a * n->count + a], w = weight_of(n, a), to = w - n->here.slope[a] / bend;
  const double change = (a < n->weights ? soft(to, n->model->problem->l1 / bend) : to) - w;
  if (change != 0) change_step(n, a, change);
}

/* H = U^T U over some coordinates, from the top, with the diagonal lifted: a column's weights of all classes
 * may move together without a change of the loss, so H is singular where all of them have a weight. A way
 * along which only the lift bends is long, and ends where a weight becomes zero. False where rounding has
 * left H indefinite nevertheless. */
static bool make_factor(joint *n, const size_t *at, size_t count) {
  double trace = 0;
  for (size_t a = 0; a < n->count; a++) trace += n->h[a * n->count + a];
  for (size_t a = 0; a < count; a++) {
    for (size_t b = a; b < count; b++) n->factor[a * count + b] = n->h[at[a] * n->count + at[b]];
    n->factor[a * count + a] += LIFT * trace / (double)n->count;
  }
  n->work += (double)count * (double)count * (double)count / 6;
  for (size_t a = 0; a < count; a++) {
    double *row = n->factor + a * count;
    if (!(row[a] > 0)) return false;
    const double root = sqrt(row[a]);
    for (size_t b = a; b < count; b++) row[b] /= root;
    for (size_t b = a + 1; b < count; b++)
      n->model->kernels->add_doubles(n->factor + b * count + b, row + b, -row[b], count - b);
  }
  return true;
}

static void solve_factor(const joint *n, double *d, size_t count) {
  for (size_t a = 0; a < count; a++) {
    const double *row = n->factor + a * count;
    d[a] /= row[a];
    n->model->kernels->add_doubles(d + a + 1, row + a + 1, -d[a], count - a - 1);
  }
  for (size_t a = count; a-- > 0;) {
    const double *row = n->factor + a * count;
    for (size_t b = a + 1; b < count; b++) d[a] -= row[b] * d[b];
    d[a] /= row[a];
  }
}

/* At which share of the way that is wanted a weight becomes zero; infinite where its sign stays, or does not
 * matter. */
static double crossing(const joint *n, size_t a, double wanted) {
  const double w = weight_of(n, a);
  const bool matters = a < n->weights && n->model->problem->l1 > 0;
  return matters && (w > 0) != (w + wanted > 0) ? -w / wanted : (double)INFINITY;
}

static int by_share(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static size_t find_crossings(joint *n, size_t count) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    const double share = crossing(n, n->moving[i], n->wanted[i]);
    if (share < 1) n->crossings[found++] = share;
  }
  qsort(n->crossings, found, sizeof *n->crossings, by_share);
  return found;
}

/* A share of the way that is wanted; weights that come to zero stay there. */
static void go_share(joint *n, size_t count, double share) {
  for (size_t i = 0; i < count; i++) {
    const size_t a = n->moving[i];
    const bool stays = crossing(n, a, n->wanted[i]) <= share;
    change_step(n, a, stays ? -weight_of(n, a) : share * n->wanted[i]);
    if (stays) n->here.step[a] = -n->at->point[n->where[a]];
  }
}

static void copy_stand(const joint *n, stand to, stand from) {
  memcpy(to.step, from.step, n->count * sizeof *to.step);
  memcpy(to.slope, from.slope, n->count * sizeof *to.slope);
}

/* All of the way, or as far as one of some crossings: whichever is best. The first crossing is among them, up
 * to which the model falls. False when nothing is better than to stay. */
static bool go_best_share(joint *n, size_t count, size_t crossings) {
  const size_t apart = crossings / MOST_TRIED + 1;
  double best = model_value(n);
  bool moved = false;
  copy_stand(n, n->begun, n->here);
  for (size_t i = 0; i < crossings + apart; i += apart) {
    go_share(n, count, i < crossings ? n->crossings[i] : 1);
    const double value = model_value(n);
    if (value < best) {
      best = value;
      moved = true;
      copy_stand(n, n->best, n->here);
    }
    copy_stand(n, n->here, n->begun);
  }
  if (moved) copy_stand(n, n->here, n->best);
  return moved;
}

/* Towards the least value with the signs as they are, but that weights may become zero: true when some have,
 * so that there is more to do. */
static bool solve_signs(joint *n) {
  size_t count = 0;
  for (size_t a = 0; a < n->count; a++)
    if (a >= n->weights || weight_of(n, a) != 0) n->moving[count++] = a;
  if (!make_factor(n, n->moving, count)) return false;
  for (size_t i = 0; i < count; i++) {
    const size_t a = n->moving[i];
    const double l1 = a < n->weights ? n->model->problem->l1 : 0;
    n->wanted[i] = -n->here.slope[a] - copysign(l1, weight_of(n, a));
  }
  solve_factor(n, n->wanted, count);
  const size_t crossings = find_crossings(n, count);
  return go_best_share(n, count, crossings) && crossings > 0;
}

static despur_status minimise_model(joint *n, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  const double count = (double)n->count, most_work = LEAST_SHARE * model_work(n->model, count);
  double before = 0;
  for (int turn = 0; turn < MOST_TURNS; turn++) {
    for (int sweep = 0; sweep < TURN_SWEEPS; sweep++)
      for (size_t a = 0; a < n->count; a++) descend(n, a);
    do {
      TRY(watch_ask(watch, error));
    } while (solve_signs(n) && n->work < most_work);
    const double value = model_value(n);
    if (!(before - value > SETTLED * -value) || n->work >= most_work) break;
    before = value;
  }
cleanup:
  return status;
}

/* ---- the step ---- */

/* What the step promises by the slope: negative. */
static double promise(const joint *n) {
  double sum = 0;
  for (size_t a = 0; a < n->count; a++) {
    const double w = n->at->point[n->where[a]];
    sum += n->at->gradient[n->where[a]] * n->here.step[a];
    if (a < n->weights) sum += n->model->problem->l1 * (fabs(w + n->here.step[a]) - fabs(w));
  }
  return sum;
}

static bool take_step(joint *n) {
  logistic_place *at = n->at;
  const double promised = promise(n);
  double length = 1;
  for (int halvings = 0; halvings < MOST_HALVINGS; halvings++) {
    memcpy(n->next, at->point, n->model->length * sizeof *n->next);
    for (size_t a = 0; a < n->count; a++) n->next[n->where[a]] += length * n->here.step[a];
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
                             const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  joint n = {0};
  *moved = false;
  TRY(create(&n, at, model, error));
  make_model(&n);
  TRY(minimise_model(&n, watch, error));
  at->passes += (size_t)(n.work / pass_work(model));
  *moved = take_step(&n);
cleanup:
  release(&n);
  return status;
}

static bool holds(const logistic_model *model, size_t count) {
  return count <= MOST_FREE && (double)model->problem->rows * (double)count <= MOST_SHARES;
}

bool logistic_joint_holds_all(const logistic_model *model) {
  return holds(model, model->outputs * (model->problem->columns + 1));
}

/* What the model of the next step costs, in passes, which have a multiply-add for each number of a row and
 * output, twice; infinite where there would be too much to keep. */
static double next_cost(const logistic_model *model, const logistic_place *at) {
  const size_t found = count_free(model, at);
  const double count = (double)found;
  if (!holds(model, found)) return (double)INFINITY;
  return model_work(model, count) / pass_work(model);
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
    TRY(go_step(&moved, at, model, watch, error));
    at->bound = fmax(at->bound, logistic_lower_bound(model, at->point, at->gradient, scratch));
    at->passes++;
    if (at->objective - at->bound <= tolerance * at->objective) break;
  }
cleanup:
  mem_free(scratch);
  return status;
}
