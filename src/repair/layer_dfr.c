/* Deep feature reweighting (Kirichenko et al. 2023, "Last layer re-training is sufficient for robustness to
 * spurious correlations"): l1 logistic regression on balanced subsets, averaged over refits. On validation
 * examples, whose groups are known, or on training examples. Unlike with liblinear, which the authors use,
 * the bias is not penalised and several classes share one softmax. */
#include "repair/layer.h"

#include "base/memory.h"

#include <string.h>

static despur_status draw(repair_problem *out, const repair_work *work, const repair_ask *ask,
                          random_stream *stream, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *subset = NULL;
  double *weights = NULL;
  size_t count;
  TRY(mem_alloc(&subset, ask->rows.count, sizeof *subset, error));
  TRY(mem_alloc(&weights, ask->rows.count, sizeof *weights, error));
  TRY(repair_balanced_subset(subset, weights, &count, work, ask->rows, stream, error));
  TRY(repair_problem_create(out, work, (repair_rows){subset, count}, error));
  memcpy(out->weights, weights, count * sizeof *weights);
cleanup:
  mem_free(weights);
  mem_free(subset);
  return status;
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  const repair_average average = {.draw = draw, .c = ask->parameters[0]};
  return repair_fit_average(out, work, ask, &average, error);
}

const layer layer_dfr = {.label = "DFR",
                         .needs = LAYER_NEEDS_VAL_GROUPS,
                         .fitted_on = DESPUR_VAL,
                         .weighs = true,
                         .parameters = {"c"},
                         .fit = fit};

const layer layer_dfr_train = {.label = "DFR, training",
                               .needs = LAYER_NEEDS_TRAIN_GROUPS,
                               .fitted_on = DESPUR_TRAIN,
                               .weighs = true,
                               .parameters = {"c"},
                               .fit = fit};
