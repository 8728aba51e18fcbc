/* The objective of logistic regression, its gradient, and a bound from its dual.
 *
 *   sum_i s_i (log sum_k exp z_ik - z_i,y_i) + l2/2 |W|^2 + l1 |W|_1,    z = W (x - mean) + b + offset,
 *
 * with weights s that add up to 1. Two classes have one row of weights: the logit of class 0 is 0. Columns
 * are centred only in the formulas (plain biases): the rows stay where the caller has them. */
#include "repair/logistic.h"

#include "base/level.h"
#include "base/math.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SINGLE_BLOCKS = 8 }; /* whose gradients are added in single precision */

#define TASK_BYTES ((size_t)64 << 20) /* of all tasks' gradients, unless one alone takes more */

LEVEL_FUNCTIONS(logistic_table, logistic, logistic_table)

static double row_weight(const despur_logistic_problem *problem, size_t row) {
  return problem->weights ? problem->weights[row] : 1;
}

static double row_offset(const logistic_model *model, size_t row, size_t output) {
  const float *offsets = model->problem->offsets;
  return offsets ? (double)offsets[row * model->outputs + output] : 0;
}

/* ---- visiting all rows ---- */

struct dual;

/* One visit: `row_block` is called for each block of rows with the scores that their task may use. */
typedef struct visit {
  const logistic_model *model;
  const double *point, *offset; /* offset: [outputs], what is added to W x; see biases */
  double *into;                 /* [tasks, length], or NULL */
  void (*row_block)(const struct visit *v, const logistic_block *block, size_t first_row, size_t task);
  const struct dual *dual; /* of add_entropies */
  size_t output;           /* of keep_curvatures */
  double *kept;            /* what it leaves of each row */
} visit;

static size_t block_total(const logistic_model *model) {
  return (model->problem->rows + LOGISTIC_ROWS - 1) / LOGISTIC_ROWS;
}

/* What a task has added in single precision goes to its point. */
static void flush_singles(const visit *v, size_t task) {
  const logistic_model *model = v->model;
  const size_t weights = model->outputs * model->stride;
  float *from = model->task_singles + task * weights;
  double *to = v->into + task * model->length;
  for (size_t i = 0; i < weights; i++) to[i] += (double)from[i];
  memset(from, 0, weights * sizeof *from);
}

/* The gradient's share of a block, by the scores' slopes. */
static void add_gradient(const visit *v, const logistic_block *block, const logistic_rows *slopes,
                         size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  if (!model->single) {
    model->kernels->add_gradient(block, slopes, v->into + task * model->length);
    return;
  }
  model->kernels->add_gradient_single(block, slopes,
                                      model->task_singles + task * model->outputs * model->stride);
  if (first_row / LOGISTIC_ROWS % SINGLE_BLOCKS == SINGLE_BLOCKS - 1) flush_singles(v, task);
}

static void run_task(void *context, size_t task, int thread) {
  (void)thread;
  const visit *v = context;
  const despur_logistic_problem *problem = v->model->problem;
  size_t blocks = block_total(v->model), first = task * blocks / v->model->tasks,
         last = (task + 1) * blocks / v->model->tasks;
  v->model->task_sums[task] = 0;
  if (v->into) memset(v->into + task * v->model->length, 0, v->model->length * sizeof(double));
  for (size_t b = first; b < last; b++) {
    size_t row = b * LOGISTIC_ROWS, left = problem->rows - row;
    const logistic_block block = {.x = problem->x + row * problem->columns,
                                  .rows = left < LOGISTIC_ROWS ? left : LOGISTIC_ROWS,
                                  .columns = problem->columns,
                                  .outputs = v->model->outputs,
                                  .behind = left < LOGISTIC_ROWS ? 0 : left - LOGISTIC_ROWS};
    v->row_block(v, &block, row, task);
  }
  if (v->into && v->model->single) flush_singles(v, task);
}

/* The tasks' sums, added in their order; their points, added up in `out`, if wanted. How many tasks there are
 * follows from the shape of the problem, never from the number of threads. */
static double run_visit(visit *v, double *out) {
  const logistic_model *model = v->model;
  double sum = 0;
  v->into = out ? model->task_points : NULL;
  for (size_t i = 0; v->point && model->single && i < model->outputs * model->stride; i++)
    model->single_point[i] = (float)v->point[i];
  parallel_for(model->pool, model->tasks, run_task, v);
  for (size_t task = 0; task < model->tasks; task++) sum += model->task_sums[task];
  if (!out) return sum;
  memset(out, 0, model->length * sizeof *out);
  for (size_t task = 0; task < model->tasks; task++)
    for (size_t i = 0; i < model->length; i++) out[i] += model->task_points[task * model->length + i];
  return sum;
}

static logistic_rows *task_scores(const logistic_model *model, size_t task) {
  return model->task_scores + task * model->problem->classes;
}

/* b - W mean, by which scores of rows that nobody has centred are those of centred ones. Weights as the
 * kernels will have them: in single precision W mean of the exact ones would not match the products. */
void logistic_plain_biases(const logistic_model *model, const double *point, double *out) {
  for (size_t k = 0; k < model->outputs; k++) {
    const double *w = point + k * model->stride;
    out[k] = point[model->outputs * model->stride + k];
    for (size_t j = 0; j < model->stride; j++)
      out[k] -= (model->single ? (double)(float)w[j] : w[j]) * model->mean[j];
  }
}

/* The logits of a block become probabilities; own->at[row]: the cross entropy of the row's label. */
static void predict_block(const visit *v, const logistic_block *block, size_t first_row, logistic_rows *z,
                          logistic_rows *own) {
  const logistic_model *model = v->model;
  const size_t classes = model->problem->classes;
  logistic_rows logs;
  memset(z, 0, classes * sizeof *z);
  if (model->single)
    model->kernels->scores_single(block, model->single_point, z + model->first);
  else
    model->kernels->scores(block, v->point, z + model->first);
  for (size_t k = 0; k < model->outputs; k++)
    for (size_t row = 0; row < block->rows; row++)
      z[model->first + k].at[row] += v->offset[k] + row_offset(model, first_row + row, k);
  for (size_t row = 0; row < block->rows; row++)
    own->at[row] = z[model->problem->labels[first_row + row]].at[row];
  model->kernels->softmax(z, classes, &logs);
  for (size_t row = 0; row < block->rows; row++) own->at[row] = logs.at[row] - own->at[row];
}

/* ---- what is known of the columns ---- */

/* Sums of the rows of each class, and of squares of all of them behind those of the outputs. */
static void add_moments(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  logistic_rows *r = task_scores(model, task);
  memset(r, 0, model->problem->classes * sizeof *r);
  for (size_t row = 0; row < block->rows; row++)
    r[model->problem->labels[first_row + row]].at[row] =
        row_weight(model->problem, first_row + row) / model->total;
  model->kernels->add_gradient(block, r + model->first, v->into + task * model->length);
}

static void add_sums(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  double *sum = v->into + task * v->model->length;
  for (size_t row = 0; row < block->rows; row++) {
    const double s = row_weight(v->model->problem, first_row + row) / v->model->total;
    for (size_t j = 0; j < block->columns; j++) sum[j] += s * (double)block->x[row * block->columns + j];
  }
}

static void add_squares(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  double *sum = v->into + task * v->model->length;
  for (size_t row = 0; row < block->rows; row++) {
    const double s = row_weight(v->model->problem, first_row + row) / v->model->total;
    for (size_t j = 0; j < block->columns; j++) {
      const double deviation = (double)block->x[row * block->columns + j] - v->model->mean[j];
      sum[j] += s * deviation * deviation;
    }
  }
}

static despur_status measure_columns(logistic_model *model, despur_error *error) {
  double *sums;
  despur_status status = mem_alloc(&sums, model->length, sizeof *sums, error);
  if (status != DESPUR_OK) return status;
  visit v = {.model = model, .row_block = add_sums};
  run_visit(&v, sums);
  memcpy(model->mean, sums, model->stride * sizeof *sums);
  v.row_block = add_squares;
  run_visit(&v, sums);
  memcpy(model->variance, sums, model->stride * sizeof *sums);
  v.row_block = add_moments;
  run_visit(&v, sums);
  memcpy(model->class_sums, sums, model->outputs * model->stride * sizeof *sums);
  mem_free(sums);
  return DESPUR_OK;
}

/* ---- life cycle ---- */

static despur_status check_problem(const despur_logistic_problem *problem, despur_error *error) {
  if (problem->rows == 0 || problem->columns == 0 || problem->classes < 2)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "logistic regression: expected rows, columns and at least two classes, found %zu, %zu and %zu",
        problem->rows, problem->columns, problem->classes);
  if (!(problem->l1 >= 0 && problem->l2 >= 0 && problem->l1 + problem->l2 > 0 &&
        isfinite(problem->l1 + problem->l2)))
    return error_set(error, DESPUR_BAD_INPUT,
                     "logistic regression: expected penalties of at least 0, one of them above it");
  for (size_t i = 0; i < problem->rows; i++) {
    if (problem->labels[i] >= problem->classes)
      return error_set(error, DESPUR_BAD_INPUT,
                       "logistic regression: row %zu: expected a label below %zu, found %u", i,
                       problem->classes, (unsigned)problem->labels[i]);
    if (!(row_weight(problem, i) >= 0 && isfinite(row_weight(problem, i))))
      return error_set(error, DESPUR_BAD_INPUT,
                       "logistic regression: row %zu: expected a finite weight of at least 0", i);
  }
  const size_t outputs = problem->classes == 2 ? 1 : problem->classes;
  for (size_t i = 0; problem->offsets && i < problem->rows * outputs; i++)
    if (!isfinite(problem->offsets[i]))
      return error_set(error, DESPUR_BAD_INPUT, "logistic regression: row %zu: expected finite offsets",
                       i / outputs);
  for (size_t i = 0; i < problem->rows * problem->columns; i++)
    if (!isfinite(problem->x[i]))
      return error_set(error, DESPUR_BAD_INPUT, "logistic regression: row %zu, column %zu is not finite",
                       i / problem->columns, i % problem->columns);
  return DESPUR_OK;
}

/* Every class needs weight: without it its bias would go to minus infinity. */
static despur_status measure_classes(logistic_model *model, despur_error *error) {
  const despur_logistic_problem *problem = model->problem;
  for (size_t i = 0; i < problem->rows; i++) model->total += row_weight(problem, i);
  for (size_t i = 0; i < problem->rows; i++)
    model->shares[problem->labels[i]] += row_weight(problem, i) / model->total;
  for (size_t c = 0; c < problem->classes; c++)
    if (!(model->shares[c] > 0))
      return error_set(error, DESPUR_BAD_INPUT,
                       "logistic regression: no row of class %zu has a weight above 0", c);
  return DESPUR_OK;
}

static size_t task_count(const logistic_model *model) {
  size_t blocks = block_total(model), room = TASK_BYTES / (model->length * sizeof(double));
  size_t tasks = room < 1 ? 1 : room < LOGISTIC_MOST_TASKS ? room : LOGISTIC_MOST_TASKS;
  return blocks < tasks ? blocks : tasks;
}

despur_status logistic_model_create(logistic_model *model, const despur_logistic_problem *problem,
                                    int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  *model = (logistic_model){.problem = problem,
                            .outputs = problem->classes == 2 ? 1 : problem->classes,
                            .first = problem->classes == 2 ? 1 : 0,
                            .stride = logistic_stride(problem->columns)};
  TRY(check_problem(problem, error));
  model->length =
      logistic_stride(model->outputs * (model->stride + 1)); /* so that tasks' points are aligned */
  model->tasks = task_count(model);
  TRY(logistic_table_choose(&model->kernels, error));
  TRY(parallel_create(&model->pool, threads, error));
  TRY(mem_alloc(&model->mean, model->stride, sizeof(double), error));
  TRY(mem_alloc(&model->variance, model->stride, sizeof(double), error));
  TRY(mem_alloc(&model->class_sums, model->outputs * model->stride, sizeof(double), error));
  TRY(mem_alloc(&model->shares, problem->classes, sizeof(double), error));
  TRY(mem_alloc(&model->task_points, model->tasks * model->length, sizeof(double), error));
  TRY(mem_alloc(&model->task_sums, model->tasks, sizeof(double), error));
  TRY(mem_alloc(&model->task_scores, model->tasks * problem->classes, sizeof(logistic_rows), error));
  TRY(mem_alloc(&model->biases, model->outputs, sizeof(double), error));
  TRY(mem_alloc(&model->single_point, model->outputs * model->stride, sizeof(float), error));
  TRY(mem_alloc(&model->task_singles, model->tasks * model->outputs * model->stride, sizeof(float), error));
  TRY(measure_classes(model, error));
  TRY(measure_columns(model, error));
cleanup:
  return status;
}

void logistic_model_release(logistic_model *model) {
  parallel_free(model->pool);
  mem_free(model->mean);
  mem_free(model->variance);
  mem_free(model->class_sums);
  mem_free(model->shares);
  mem_free(model->task_points);
  mem_free(model->task_sums);
  mem_free(model->task_scores);
  mem_free(model->biases);
  mem_free(model->single_point);
  mem_free(model->task_singles);
}

/* ---- losses of groups ---- */

static void add_part_losses(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  const logistic_parts *parts = model->parts;
  logistic_rows own;
  predict_block(v, block, first_row, task_scores(model, task), &own);
  for (size_t row = 0; row < block->rows; row++)
    parts->task_losses[task * parts->count + parts->of_row[first_row + row]] +=
        row_weight(model->problem, first_row + row) / model->total * own.at[row];
}

/* What the objective makes of the groups' losses L_g at v->point, which stay in parts: with shares q of the
 * groups and a smoothing t it is t log sum_g q_g exp(L_g / t), which lies below the largest loss by at most t
 * log(1 / q) of that group, and whose gradient weights groups by q_g exp(L_g / t), normed
 * (logistic_groups.c). The largest loss is taken out of the exponents, so that none overflows. */
static double weigh_parts(visit v) {
  const logistic_parts *parts = v.model->parts;
  double most = -INFINITY, sum = 0;
  v.row_block = add_part_losses;
  memset(parts->task_losses, 0, v.model->tasks * parts->count * sizeof *parts->task_losses);
  run_visit(&v, NULL);
  for (size_t g = 0; g < parts->count; g++) {
    parts->losses[g] = 0;
    for (size_t task = 0; task < v.model->tasks; task++)
      parts->losses[g] += parts->task_losses[task * parts->count + g];
    parts->losses[g] /= parts->prior[g];
    if (parts->losses[g] > most) most = parts->losses[g];
  }
  for (size_t g = 0; g < parts->count; g++) {
    parts->factors[g] = math_exp((parts->losses[g] - most) / parts->smoothing);
    sum += parts->prior[g] * parts->factors[g];
  }
  for (size_t g = 0; g < parts->count; g++) parts->factors[g] /= sum;
  return most + parts->smoothing * math_log(sum);
}

/* ---- curvature ---- */

/* The second derivative of a row's loss by one score, s p (1 - p). With one output 1 - p is the other class's
 * probability, which has all its digits where p is near 1. */
static void keep_curvatures(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  logistic_rows *z = task_scores(model, task), own;
  predict_block(v, block, first_row, z, &own);
  for (size_t row = 0; row < block->rows; row++) {
    const double p = z[model->first + v->output].at[row];
    const double other = model->outputs == 1 ? z[0].at[row] : 1 - p;
    v->kept[first_row + row] = row_weight(model->problem, first_row + row) / model->total * other * p;
  }
}

void logistic_curvatures(const logistic_model *model, const double *point, size_t output,
                         double *curvatures) {
  visit v = {.model = model,
             .point = point,
             .offset = model->biases,
             .row_block = keep_curvatures,
             .output = output,
             .kept = curvatures};
  logistic_plain_biases(model, point, model->biases);
  run_visit(&v, NULL);
}

static void keep_probabilities(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  const size_t classes = model->problem->classes;
  logistic_rows *z = task_scores(model, task), own;
  predict_block(v, block, first_row, z, &own);
  for (size_t row = 0; row < block->rows; row++)
    for (size_t k = 0; k < classes; k++) v->kept[(first_row + row) * classes + k] = z[k].at[row];
}

void logistic_probabilities(const logistic_model *model, const double *point, double *probabilities) {
  visit v = {.model = model,
             .point = point,
             .offset = model->biases,
             .row_block = keep_probabilities,
             .kept = probabilities};
  logistic_plain_biases(model, point, model->biases);
  run_visit(&v, NULL);
}

/* ---- objective and gradient ---- */

/* The slope of a row's loss by its scores is s (p - y): it takes the place of the probabilities, and goes on
 * to the gradient by W, of the rows as they are; what centring takes away is one product with the mean, at
 * the end. */
static void add_losses(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  logistic_rows *z = task_scores(model, task), own;
  double *biases = v->into + task * model->length + model->outputs * model->stride;
  predict_block(v, block, first_row, z, &own);
  for (size_t row = 0; row < block->rows; row++) {
    const double factor = model->parts ? model->parts->factors[model->parts->of_row[first_row + row]] : 1;
    const double s = factor * row_weight(model->problem, first_row + row) / model->total;
    model->task_sums[task] += s * own.at[row];
    z[model->problem->labels[first_row + row]].at[row] -= 1;
    for (size_t k = 0; k < model->outputs; k++) {
      z[model->first + k].at[row] *= s;
      biases[k] += z[model->first + k].at[row];
    }
  }
  add_gradient(v, block, z + model->first, first_row, task);
}

double logistic_evaluate(const logistic_model *model, const double *point, double *gradient) {
  assert(gradient);
  const double *slopes = gradient + model->outputs * model->stride;
  double squares = 0;
  visit v = {.model = model, .point = point, .offset = model->biases, .row_block = add_losses};
  logistic_plain_biases(model, point, model->biases);
  const double of_parts = model->parts ? weigh_parts(v) : 0, sum = run_visit(&v, gradient);
  const double loss = model->parts ? of_parts : sum;
  for (size_t k = 0; k < model->outputs; k++)
    for (size_t j = 0; j < model->stride; j++) {
      const double w = point[k * model->stride + j];
      squares += w * w;
      gradient[k * model->stride + j] += model->problem->l2 * w - slopes[k] * model->mean[j];
    }
  return loss + model->problem->l2 / 2 * squares;
}

double logistic_l1_term(const logistic_model *model, const double *point) {
  double sum = 0;
  for (size_t i = 0; i < model->outputs * model->stride; i++) sum += fabs(point[i]);
  return model->problem->l1 * sum;
}

/* ---- the dual ----
 *
 * Each row has a distribution p over the classes; its dual value is
 *
 *   sum_i s_i sum_k (-p_ik log p_ik + (p_ik - y_ik) o_ik)  -  g*(-G),   G = sum_i s_i (p_i - y_i) x_i,
 *
 * where o are the offsets and g* is the conjugate of the penalties. Biases without a penalty demand that p
 * gives each class the share of weight that the labels give it. The probabilities of a point miss that by the
 * slopes of the biases; a little of one distribution for all rows mixed in makes up for it exactly. Without
 * l2, no element of G may exceed l1: p is then drawn towards the labels, which keeps the shares. */

typedef struct dual {
  double mixed;         /* share of the common distribution */
  const double *common; /* [classes] */
  double drawn;         /* 1: p as it is; 0: the labels */
} dual;

static void add_entropies(const visit *v, const logistic_block *block, size_t first_row, size_t task) {
  const logistic_model *model = v->model;
  const dual *d = v->dual;
  logistic_rows *z = task_scores(model, task), own;
  predict_block(v, block, first_row, z, &own);
  for (size_t k = 0; k < model->problem->classes; k++)
    for (size_t row = 0; row < block->rows; row++) {
      const size_t label = model->problem->labels[first_row + row];
      const double mixture = (1 - d->mixed) * z[k].at[row] + d->mixed * d->common[k];
      z[k].at[row] = d->drawn * mixture + (k == label ? 1 - d->drawn : 0);
    }
  model->kernels->entropies(z, model->problem->classes, &own);
  for (size_t row = 0; row < block->rows; row++) {
    for (size_t k = model->first; model->problem->offsets && k < model->problem->classes; k++)
      own.at[row] += (z[k].at[row] - (k == model->problem->labels[first_row + row])) *
                     row_offset(model, first_row + row, k - model->first);
    model->task_sums[task] += row_weight(model->problem, first_row + row) / model->total * own.at[row];
  }
}

/* The common distribution, and how much of it makes up for the slopes. False where that would be more than a
 * little. */
static bool find_mixture(const logistic_model *model, const double *slopes, double *common, double *mixed) {
  const size_t classes = model->problem->classes;
  *mixed = 0;
  for (size_t k = 0; k < classes; k++) {
    const double slope = model->first && k == 0 ? -slopes[0] : slopes[k - model->first];
    const double needed = slope > 0 ? slope / (model->shares[k] + slope) : 0;
    if (needed > *mixed) *mixed = needed;
  }
  for (size_t k = 0; k < classes; k++) {
    const double slope = model->first && k == 0 ? -slopes[0] : slopes[k - model->first];
    common[k] = *mixed > 0 ? model->shares[k] - (1 - *mixed) / *mixed * slope : model->shares[k];
  }
  return *mixed < 0.5;
}

/* One element of G for the mixture. */
static double dual_gradient(const logistic_model *model, const double *point, const double *gradient,
                            size_t k, size_t j, const dual *d) {
  const size_t at = k * model->stride + j;
  const double slope = gradient[model->outputs * model->stride + k];
  const double of_point = gradient[at] - model->problem->l2 * point[at] + slope * model->mean[j];
  return (1 - d->mixed) * of_point +
         d->mixed * (d->common[model->first + k] * model->mean[j] - model->class_sums[at]);
}

double logistic_lower_bound(const logistic_model *model, const double *point, const double *gradient,
                            double *scratch) {
  const despur_logistic_problem *problem = model->problem;
  dual d = {.common = scratch, .drawn = 1};
  double most = 0, conjugate = 0;
  if (!find_mixture(model, gradient + model->outputs * model->stride, scratch, &d.mixed)) return -INFINITY;
  for (size_t k = 0; k < model->outputs; k++)
    for (size_t j = 0; j < problem->columns; j++) {
      const double size = fabs(dual_gradient(model, point, gradient, k, j, &d)), above = size - problem->l1;
      if (size > most) most = size;
      if (above > 0 && problem->l2 > 0) conjugate += above * above / (2 * problem->l2);
    }
  if (problem->l2 == 0 && most > problem->l1) d.drawn = problem->l1 / most;
  visit v = {.model = model, .point = point, .offset = model->biases, .row_block = add_entropies, .dual = &d};
  logistic_plain_biases(model, point, model->biases);
  return run_visit(&v, NULL) - conjugate;
}
