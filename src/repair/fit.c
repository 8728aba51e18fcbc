/* What ways to fit a last layer are made of. */
#include "repair/layer.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-9 /* of sums of weights */

/* ---- problems ---- */

despur_status repair_problem_create(repair_problem *out, const repair_work *work, repair_rows rows,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_data *data = work->data;
  size_t values;
  *out = (repair_problem){0};
  TRY(mem_multiply(&values, rows.count, data->columns, error));
  TRY(mem_alloc(&out->x, values, sizeof *out->x, error));
  TRY(mem_alloc(&out->labels, rows.count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->groups, rows.count, sizeof *out->groups, error));
  TRY(mem_alloc(&out->weights, rows.count, sizeof *out->weights, error));
  for (size_t i = 0; i < rows.count; i++) {
    const float *from = data->features + rows.items[i] * data->columns;
    float *to = out->x + i * data->columns;
    for (size_t j = 0; j < data->columns; j++)
      to[j] = (float)(((double)from[j] - work->mean[j]) / work->spread[j]);
    out->labels[i] = data->labels[rows.items[i]];
    out->groups[i] = work->groups[rows.items[i]];
    out->weights[i] = repair_row_weight(work, rows.items[i]);
  }
  out->of = (despur_logistic_problem){.x = out->x,
                                      .rows = rows.count,
                                      .columns = data->columns,
                                      .labels = out->labels,
                                      .classes = data->classes,
                                      .weights = out->weights};
cleanup:
  return status;
}

void repair_problem_release(repair_problem *problem) {
  mem_free(problem->x);
  mem_free(problem->offsets);
  mem_free(problem->labels);
  mem_free(problem->groups);
  mem_free(problem->weights);
  *problem = (repair_problem){0};
}

/* Weights with which all groups have the same sum. With several partitions each gets the same share, and
 * within it each of its groups: a row weighs the mean of what the partitions give it. */
despur_status repair_balance(repair_problem *problem, const repair_work *work, repair_rows rows,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t most = work->groups_count > work->data->cells ? work->groups_count : work->data->cells;
  double *sizes;
  TRY(mem_alloc(&sizes, most, sizeof *sizes, error));
  for (size_t i = 0; i < rows.count; i++) problem->weights[i] = 0;
  for (size_t p = 0; p <= work->data->partitions_count; p++) {
    const repair_partition of = repair_partition_of(work, p);
    size_t present = 0;
    memset(sizes, 0, most * sizeof *sizes);
    for (size_t i = 0; i < rows.count; i++) {
      double *size = &sizes[of.of_row[rows.items[i]]];
      present += *size == 0;
      *size += repair_row_weight(work, rows.items[i]);
    }
    const double share = work->data->partitions_count > 0 ? 1 / (double)present : 1;
    for (size_t i = 0; i < rows.count; i++)
      problem->weights[i] +=
          repair_row_weight(work, rows.items[i]) * (share / sizes[of.of_row[rows.items[i]]]);
  }
cleanup:
  mem_free(sizes);
  return status;
}

/* As much of each group as the smallest has, by weight: rows are drawn until a group is full, the last one in
 * part. Where all weigh 1 that is DFR's subset of equally many rows of each group (Kirichenko, Izmailov and
 * Wilson 2023). */
despur_status repair_balanced_subset(uint32_t *subset, double *weights, size_t *count,
                                     const repair_work *work, repair_rows rows, random_stream *stream,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  double *taken, least = HUGE_VAL;
  TRY(mem_alloc(&taken, work->groups_count, sizeof *taken, error));
  for (size_t i = 0; i < rows.count; i++)
    taken[work->groups[rows.items[i]]] += repair_row_weight(work, rows.items[i]);
  for (size_t g = 0; g < work->groups_count; g++)
    if (taken[g] > 0 && taken[g] < least) least = taken[g];
  memset(taken, 0, work->groups_count * sizeof *taken);
  memcpy(subset, rows.items, rows.count * sizeof *subset);
  random_shuffle(stream, subset, rows.count);
  *count = 0;
  for (size_t i = 0; i < rows.count; i++) {
    double *of_group = &taken[work->groups[subset[i]]], room = least - *of_group;
    if (!(room > ROUNDING * least)) continue;
    weights[*count] = fmin(room, repair_row_weight(work, subset[i]));
    *of_group += weights[*count];
    subset[(*count)++] = subset[i];
  }
cleanup:
  mem_free(taken);
  return status;
}

/* ---- solving ---- */

void repair_note(repair_fit *fit) {
  const double gap = fit->head.gap / fit->head.objective;
  if (gap > fit->gap) fit->gap = gap;
  fit->converged = fit->head.converged;
}

despur_status repair_solve(repair_fit *fit, const repair_work *work, const repair_problem *problem,
                           despur_error *error) {
  const despur_logistic_options options = {.tolerance = work->tolerance,
                                           .max_passes = work->most_passes,
                                           .threads = work->options.threads,
                                           .watch = watch_quiet(&work->options.watch)};
  despur_status status = despur_logistic_solve(&fit->head, &problem->of, &options, error);
  if (status == DESPUR_OK) repair_note(fit);
  return status;
}

/* at: where the last one ended, and this one begins: another subset, or another strength, is not far from it.
 */
static despur_status add_refit(repair_fit *sum, despur_logistic_fit *at, const repair_work *work,
                               const repair_ask *ask, const repair_average *average, size_t refit,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem problem = {0};
  repair_fit one = {.head = *at};
  random_stream stream = random_open(work->options.seed, "refits", refit);
  const double share = 1 / (double)ask->refits;
  TRY(average->draw(&problem, work, ask, &stream, error));
  double weight = 0;
  for (size_t i = 0; i < problem.of.rows; i++) weight += problem.weights[i];
  problem.of.l1 = 1 / (average->c * weight);
  TRY(repair_solve(&one, work, &problem, error));
  for (size_t i = 0; i < one.head.outputs * one.head.columns; i++)
    sum->head.weight[i] += share * one.head.weight[i];
  for (size_t k = 0; k < one.head.outputs; k++) sum->head.bias[k] += share * one.head.bias[k];
  sum->gap = fmax(sum->gap, one.gap);
  sum->converged &= one.converged;
cleanup:
  repair_problem_release(&problem);
  *at = one.head;
  return status;
}

despur_status repair_fit_average(repair_fit *fit, const repair_work *work, const repair_ask *ask,
                                 const repair_average *average, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_logistic_fit at = fit->head;
  fit->head = (despur_logistic_fit){.outputs = work->outputs, .columns = work->data->columns};
  fit->converged = true;
  TRY(mem_alloc(&fit->head.weight, work->outputs * work->data->columns, sizeof(double), error));
  TRY(mem_alloc(&fit->head.bias, work->outputs, sizeof(double), error));
  for (size_t refit = 0; refit < ask->refits; refit++)
    TRY(add_refit(fit, &at, work, ask, average, refit, error));
cleanup:
  despur_logistic_release(&at);
  return status;
}

/* ---- heads ---- */

/* From standardised columns to those that the caller has: w x' + b with x' = (x - mean) / spread is (w /
 * spread) x + b - (w / spread) mean. Of two classes one row of weights says the logit's difference, and each
 * class gets half. */
void repair_fold(float *weight, float *bias, const repair_work *work, const despur_logistic_fit *fit) {
  const size_t columns = fit->columns, classes = work->data->classes;
  const bool halves = fit->outputs < classes;
  for (size_t k = 0; k < classes; k++) {
    const size_t from = halves ? 0 : k;
    const double share = !halves ? 1 : k == 0 ? -0.5 : 0.5;
    double b = fit->bias[from];
    for (size_t j = 0; j < columns; j++) {
      const double w = fit->weight[from * columns + j] / work->spread[j];
      weight[k * columns + j] = (float)(share * w);
      b -= w * work->mean[j];
    }
    bias[k] = (float)(share * b);
  }
}

despur_status repair_unfold(despur_logistic_fit *fit, const repair_work *work, const float *weight,
                            const float *bias, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t columns = work->data->columns, first = work->data->classes - work->outputs;
  *fit = (despur_logistic_fit){.outputs = work->outputs, .columns = columns};
  TRY(mem_alloc(&fit->weight, work->outputs * columns, sizeof(double), error));
  TRY(mem_alloc(&fit->bias, work->outputs, sizeof(double), error));
  for (size_t k = 0; k < work->outputs; k++) {
    fit->bias[k] = (double)bias[first + k] - (first ? (double)bias[0] : 0);
    for (size_t j = 0; j < columns; j++) {
      const double w = (double)weight[(first + k) * columns + j] - (first ? (double)weight[j] : 0);
      fit->weight[k * columns + j] = w * work->spread[j];
      fit->bias[k] += w * work->mean[j];
    }
  }
cleanup:
  return status;
}

/* Four sums, which processors add up side by side; in this order everywhere, so that what is written can be
 * computed again to the last bit. */
void despur_repair_logits(double *logits, const float *weight, const float *bias, size_t classes,
                          const float *x, size_t columns) {
  for (size_t k = 0; k < classes; k++) {
    double sum[4] = {(double)bias[k]};
    for (size_t j = 0; j < columns; j++) sum[j % 4] += (double)weight[k * columns + j] * (double)x[j];
    logits[k] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
}

uint32_t repair_predict(const repair_work *work, const float *weight, const float *bias, uint32_t row,
                        double *scratch) {
  const despur_repair_data *data = work->data;
  uint32_t best = 0;
  despur_repair_logits(scratch, weight, bias, data->classes, data->features + row * data->columns,
                       data->columns);
  for (uint32_t k = 1; k < data->classes; k++)
    if (scratch[k] > scratch[best]) best = k;
  return best;
}
