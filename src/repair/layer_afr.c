/* Automatic feature reweighting (Qiu et al. 2023, "Simple and fast group robustness by automatic feature
 * reweighting"): on a fifth of the training examples of each class, which the first head has not been fitted
 * on, the last layer is fitted again with weights
 *
 *   mu_i ~ beta_y exp(-gamma p_i),   p_i the first head's probability of the right class, beta_y 1 / size of
 * it,
 *
 * and pulled to that head by lambda / 2 |W - W_first|^2, here of standardised features and without the bias.
 * A head that came with the data may have been fitted on these examples, too: its p are near 1 then and tell
 * less. */
#include "repair/layer.h"

#include "base/math.h"
#include "base/memory.h"

#include <string.h>

enum { HELD_OUT = 5 }; /* one in so many */

static despur_status first_head(despur_logistic_fit *out, const repair_work *work, repair_rows rows,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_fit fit = {0};
  repair_problem problem = {0};
  if (work->data->old_weight)
    return repair_unfold(out, work, work->data->old_weight, work->data->old_bias, error);
  TRY(repair_problem_create(&problem, work, rows, error));
  problem.of.l2 = work->erm_l2;
  TRY(repair_solve(&fit, work, &problem, error));
cleanup:
  repair_problem_release(&problem);
  if (status == DESPUR_OK)
    *out = fit.head;
  else
    despur_logistic_release(&fit.head);
  return status;
}

/* Weights and, as offsets, the logits of the first head. */
static void weigh(repair_problem *problem, const repair_work *work, const double *logits, double gamma,
                  double *class_sizes) {
  const size_t classes = work->data->classes;
  for (size_t i = 0; i < problem->of.rows; i++) class_sizes[problem->labels[i]] += problem->weights[i];
  for (size_t i = 0; i < problem->of.rows; i++) {
    const double *z = logits + i * classes;
    double most = z[0], sum = 0;
    for (size_t k = 1; k < classes; k++)
      if (z[k] > most) most = z[k];
    for (size_t k = 0; k < classes; k++) sum += math_exp(z[k] - most);
    const double p = math_exp(z[problem->labels[i]] - most) / sum;
    problem->weights[i] *= math_exp(-gamma * p) / class_sizes[problem->labels[i]];
    for (size_t k = 0; k < work->outputs; k++)
      problem->offsets[i * work->outputs + k] = (float)z[classes - work->outputs + k];
  }
  problem->of.offsets = problem->offsets;
}

static despur_status fit_on(repair_fit *out, const repair_work *work, const repair_ask *ask,
                            repair_rows first, repair_rows held_out, despur_error *error) {
  despur_status status = DESPUR_OK;
  repair_problem problem = {0};
  despur_logistic_fit head = {0};
  double *logits = NULL, *sizes = NULL;
  TRY(first_head(&head, work, first, error));
  TRY(repair_problem_create(&problem, work, held_out, error));
  TRY(mem_alloc(&logits, held_out.count, work->data->classes * sizeof *logits, error));
  TRY(mem_alloc(&sizes, work->data->classes, sizeof *sizes, error));
  TRY(mem_alloc(&problem.offsets, held_out.count, work->outputs * sizeof *problem.offsets, error));
  despur_logistic_logits(&head, problem.x, held_out.count, logits);
  weigh(&problem, work, logits, ask->parameters[0], sizes);
  problem.of.l2 = ask->parameters[1];
  despur_logistic_release(&out->head);
  TRY(repair_solve(out, work, &problem, error));
  for (size_t i = 0; i < head.outputs * head.columns; i++) out->head.weight[i] += head.weight[i];
  for (size_t k = 0; k < head.outputs; k++) out->head.bias[k] += head.bias[k];
cleanup:
  repair_problem_release(&problem);
  despur_logistic_release(&head);
  mem_free(logits);
  mem_free(sizes);
  return status;
}

/* A fifth of each class to the front, at least one of two, and the others behind it. */
static despur_status hold_out(uint32_t *rows, size_t *held_out, const repair_work *work, repair_rows from,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(work->options.seed, "held out", 0);
  uint32_t *shuffled = NULL;
  size_t *left = NULL, behind = from.count;
  TRY(mem_alloc(&shuffled, from.count, sizeof *shuffled, error));
  TRY(mem_alloc(&left, work->data->classes, sizeof *left, error));
  memcpy(shuffled, from.items, from.count * sizeof *shuffled);
  random_shuffle(&stream, shuffled, from.count);
  for (size_t i = 0; i < from.count; i++) left[work->data->labels[shuffled[i]]]++;
  for (size_t c = 0; c < work->data->classes; c++)
    left[c] = left[c] < HELD_OUT ? left[c] > 1 : left[c] / HELD_OUT;
  *held_out = 0;
  for (size_t i = 0; i < from.count; i++) {
    size_t *more = &left[work->data->labels[shuffled[i]]];
    if (*more > 0) {
      --*more;
      rows[(*held_out)++] = shuffled[i];
    } else {
      rows[--behind] = shuffled[i];
    }
  }
cleanup:
  mem_free(shuffled);
  mem_free(left);
  return status;
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *rows;
  size_t held_out;
  TRY(mem_alloc(&rows, ask->rows.count, sizeof *rows, error));
  TRY(hold_out(rows, &held_out, work, ask->rows, error));
  TRY(fit_on(out, work, ask, (repair_rows){rows + held_out, ask->rows.count - held_out},
             (repair_rows){rows, held_out}, error));
cleanup:
  mem_free(rows);
  return status;
}

const layer layer_afr = {.label = "AFR",
                         .fitted_on = DESPUR_TRAIN,
                         .refits = 1,
                         .weighs = true,
                         .parameters = {"gamma", "lambda"},
                         .fit = fit};
