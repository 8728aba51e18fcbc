/* What a repair came to on the test examples. */
#include "base/math.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/report.h"

#include <math.h>

#define MUCH 0.02 /* of the average, to be lost */

static size_t count_rows(const despur_repair_view *view) {
  size_t count = 0;
  for (size_t i = 0; i < view->data->rows; i++) count += view->data->splits[i] == DESPUR_TEST;
  return count;
}

/* The first of equals. */
static uint32_t predict(double *probabilities, const double *logits, size_t classes) {
  uint32_t best = 0;
  double sum = 0;
  for (uint32_t k = 1; k < classes; k++)
    if (logits[k] > logits[best]) best = k;
  for (size_t k = 0; k < classes; k++) sum += probabilities[k] = math_exp(logits[k] - logits[best]);
  for (size_t k = 0; k < classes; k++) probabilities[k] /= sum;
  return best;
}

static despur_status allocate(despur_predicted *out, const despur_repair_view *view, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t count = count_rows(view), classes = view->data->classes;
  if (count == 0) FAIL(error, DESPUR_BAD_INPUT, "repair: there are no test examples to measure it by");
  *out = (despur_predicted){
      .count = count, .classes = classes, .groups_count = view->groups_count, .loss = (double)NAN};
  TRY(mem_alloc(&out->labels, count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->predictions, count, sizeof *out->predictions, error));
  TRY(mem_alloc(&out->groups, count, sizeof *out->groups, error));
  if (view->attributes) TRY(mem_alloc(&out->attributes, count, sizeof *out->attributes, error));
  TRY(mem_alloc(&out->probabilities, count, classes * sizeof *out->probabilities, error));
  TRY(mem_alloc(&out->train_sizes, view->groups_count, sizeof *out->train_sizes, error));
  TRY(text_copy_all(&out->names, view->group_names, view->groups_count, error));
  TRY(text_copy_all(&out->class_names, view->class_names, classes, error));
cleanup:
  return status;
}

/* Units of the test examples, numbered as they come. */
static despur_status take_units(despur_predicted *out, const despur_repair_view *view, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *number = NULL; /* [units_count] and up; 0: none yet */
  size_t at = 0;
  TRY(mem_alloc(&out->units, out->count, sizeof *out->units, error));
  TRY(mem_alloc(&number, view->units_count, sizeof *number, error));
  TRY(mem_copy_text(&out->unit, view->unit, error));
  for (size_t i = 0; i < view->data->rows; i++) {
    if (view->data->splits[i] != DESPUR_TEST) continue;
    uint32_t *of = &number[view->units[i]];
    if (*of == 0) *of = (uint32_t)++out->units_count;
    out->units[at++] = *of - 1;
  }
  if (out->units_count < 2)
    FAIL(error, DESPUR_BAD_INPUT, "repair: the test examples are of %zu %s: one unit says nothing of others",
         out->units_count, view->unit);
cleanup:
  mem_free(number);
  return status;
}

static despur_status take_weights(despur_predicted *out, const despur_repair_view *view,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t at = 0;
  TRY(mem_alloc(&out->weights, out->count, sizeof *out->weights, error));
  TRY(mem_copy_text(&out->weight, view->weight, error));
  for (size_t i = 0; i < view->data->rows; i++)
    if (view->data->splits[i] == DESPUR_TEST) out->weights[at++] = view->data->weights[i];
cleanup:
  return status;
}

static despur_status predict_all(despur_predicted *out, const despur_repair_view *view, const float *weight,
                                 const float *bias, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_data *data = view->data;
  double *logits = NULL;
  size_t at = 0;
  TRY(allocate(out, view, error));
  if (view->units) TRY(take_units(out, view, error));
  if (view->weight) TRY(take_weights(out, view, error));
  TRY(mem_alloc(&logits, data->classes, sizeof *logits, error));
  for (size_t i = 0; i < data->rows; i++) {
    if (data->splits[i] == DESPUR_TRAIN && view->groups[i] != DESPUR_NO_GROUP)
      out->train_sizes[view->groups[i]]++;
    if (data->splits[i] != DESPUR_TEST) continue;
    despur_repair_logits(logits, weight, bias, data->classes, data->features + i * data->columns,
                         data->columns);
    out->predictions[at] = predict(out->probabilities + at * data->classes, logits, data->classes);
    out->labels[at] = data->labels[i];
    out->groups[at] = view->groups[i];
    if (out->attributes) out->attributes[at] = view->attributes[i];
    at++;
  }
cleanup:
  mem_free(logits);
  if (status != DESPUR_OK) despur_predicted_release(out);
  return status;
}

static despur_status measure_model(despur_model *out, const despur_repair_view *view, const char *label,
                                   const float *weight, const float *bias, despur_error *error) {
  *out = (despur_model){.label = label};
  despur_status status = predict_all(&out->predicted, view, weight, bias, error);
  if (status != DESPUR_OK) return status;
  out->path = "-"; /* no table */
  return despur_model_measure(out, error);
}

static despur_status measure_methods(despur_repair_outcome *out, const despur_repair_view *view,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_result *result = view->result;
  out->methods_count = result->methods_count;
  TRY(mem_alloc(&out->methods, result->methods_count, sizeof *out->methods, error));
  for (size_t m = 0; m < result->methods_count; m++) {
    despur_predicted predicted;
    if (result->methods[m].skipped) continue;
    TRY(predict_all(&predicted, view, result->methods[m].weight, result->methods[m].bias, error));
    status = despur_predicted_scores(&out->methods[m], &predicted, error);
    despur_predicted_release(&predicted);
    if (status != DESPUR_OK) goto cleanup;
  }
cleanup:
  return status;
}

/* What the intervals allow to say. */
static despur_status say(text *out, const despur_repair_outcome *outcome, const despur_repair_view *view,
                         despur_error *error) {
  const despur_worst_comparison *w = &outcome->comparison.worst;
  const char *label = despur_last_layer_label(view->result->methods[view->result->best].method);
  const char *word = view->groups_given ? "given group" : view->attributes ? "group" : "class";
  if (view->position == 0)
    return text_add(out, error, "The old head stays: no point of the dial that is allowed is better.");
  if (w->distinguishable)
    return text_add(out, error, "%s %s the worst %s, from %.1f %% to %.1f %%.", label,
                    w->difference > 0 ? "lifts" : "lowers", word, 100 * w->first, 100 * w->second);
  return text_add(
      out, error,
      "Whether %s lifts the worst %s is not known: %.1f %% before and %.1f %% after differ by %+.1f "
      "to %+.1f points.",
      label, word, 100 * w->first, 100 * w->second, 100 * w->low, 100 * w->high);
}

/* Where groups are wrong, what is lost on average is all that there is to see. */
static despur_status warn(text *out, const despur_repair_outcome *outcome, const despur_repair_view *view,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_group_comparison *all = &outcome->comparison.all;
  if (!view->groups_given || view->position == 0) return DESPUR_OK;
  TRY(text_add(out, error, "The groups were given and may be wrong: what others gain or lose is not known."));
  if (-all->difference >= MUCH && all->high < 0)
    TRY(text_add(
        out, error,
        " The average falls by %.1f points (%.1f to %.1f): that does not depend on these groups, the "
        "gain does.",
        -100 * all->difference, -100 * all->high, -100 * all->low));
cleanup:
  return status;
}

despur_status despur_repair_measure(despur_repair_outcome *out, const despur_repair_view *view,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repair_data *data = view->data;
  const despur_repair_result *result = view->result;
  text verdict = {0}, caution = {0};
  *out = (despur_repair_outcome){0};
  if (result->best >= result->methods_count)
    FAIL(error, DESPUR_BAD_INPUT, "repair: no method could be fitted");
  TRY(mem_alloc(&out->weight, data->classes * data->columns, sizeof *out->weight, error));
  TRY(mem_alloc(&out->bias, data->classes, sizeof *out->bias, error));
  despur_dial_head(out->weight, out->bias, result, data, view->position);
  TRY(measure_model(&out->models[0], view, "before", result->before_weight, result->before_bias, error));
  TRY(measure_model(&out->models[1], view, "after", out->weight, out->bias, error));
  TRY(measure_methods(out, view, error));
  const despur_predicted *before = &out->models[0].predicted, *after = &out->models[1].predicted;
  for (size_t i = 0; i < before->count; i++) out->changed += before->predictions[i] != after->predictions[i];
  TRY(despur_compare(&out->comparison, before, after, 0.95, error));
  TRY(say(&verdict, out, view, error));
  TRY(warn(&caution, out, view, error));
  out->verdict = verdict.data;
  out->caution = caution.data;
cleanup:
  if (status != DESPUR_OK) {
    if (!out->verdict) mem_free(verdict.data), mem_free(caution.data);
    despur_repair_outcome_release(out);
  }
  return status;
}

void despur_repair_outcome_release(despur_repair_outcome *outcome) {
  for (size_t i = 0; i < 2; i++)
    if (outcome->models[i].path) despur_model_release(&outcome->models[i]);
  despur_comparison_release(&outcome->comparison);
  for (size_t m = 0; outcome->methods && m < outcome->methods_count; m++)
    despur_scores_release(&outcome->methods[m]);
  mem_free(outcome->methods);
  mem_free(outcome->weight);
  mem_free(outcome->bias);
  mem_free(outcome->verdict);
  mem_free(outcome->caution);
  *outcome = (despur_repair_outcome){0};
}
