/* What everybody relies on who measures predictions, checked once for all: a caller's arrays may hold
 * anything. */
#include "eval/predictions/predicted.h"

#include "base/memory.h"

#include <math.h>

static despur_status check_probabilities(const despur_predicted *p, size_t i, despur_error *error) {
  for (size_t k = 0; k < p->classes; k++) {
    double here = p->probabilities[i * p->classes + k];
    if (!(here >= 0 && here <= 1))
      return error_set(error, DESPUR_BAD_INPUT,
                       "predictions: row %zu: expected probabilities from 0 to 1, found %g for class %zu",
                       i + 1, here, k);
  }
  return DESPUR_OK;
}

despur_status predicted_check(const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (p->groups_aside > p->groups_count)
    FAIL(error, DESPUR_BAD_INPUT, "predictions: %zu groups set aside of %zu", p->groups_aside,
         p->groups_count);
  if (p->count >= UINT32_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "predictions: expected fewer than %u rows, found %zu", UINT32_MAX,
         p->count);
  if ((p->count > 0 && (!p->labels || !p->predictions || !p->groups)) || (p->groups_count > 0 && !p->names))
    FAIL(error, DESPUR_BAD_INPUT, "predictions: expected labels, predictions, groups and their names");
  if (p->repeats > p->count || (p->repeats > 0 && !p->repeated))
    FAIL(error, DESPUR_BAD_INPUT, "predictions: %zu of %zu rows repeat others, but not said which",
         p->repeats, p->count);
  for (size_t i = 0; i < p->repeats; i++)
    if (p->repeated[i] >= p->count - p->repeats)
      FAIL(error, DESPUR_BAD_INPUT, "predictions: row %zu repeats row %u of %zu examples",
           p->count - p->repeats + i + 1, p->repeated[i], p->count - p->repeats);
  for (size_t i = 0; i < p->count; i++) {
    if (p->labels[i] >= p->classes || p->predictions[i] >= p->classes)
      FAIL(error, DESPUR_BAD_INPUT,
           "predictions: row %zu: class %u predicted for an example of class %u, of %zu classes", i + 1,
           p->predictions[i], p->labels[i], p->classes);
    if (p->groups[i] != DESPUR_NO_GROUP && p->groups[i] >= p->groups_count)
      FAIL(error, DESPUR_BAD_INPUT, "predictions: row %zu is in group %u of %zu groups", i + 1, p->groups[i],
           p->groups_count);
    if (p->units && p->units[i] >= p->units_count)
      FAIL(error, DESPUR_BAD_INPUT, "predictions: row %zu is of unit %u of %zu units", i + 1, p->units[i],
           p->units_count);
    if (p->weights && !(p->weights[i] > 0 && p->weights[i] < HUGE_VAL))
      FAIL(error, DESPUR_BAD_INPUT, "predictions: row %zu: expected a weight above 0, found %g", i + 1,
           p->weights[i]);
    if (p->probabilities) TRY(check_probabilities(p, i, error));
  }
cleanup:
  return status;
}

despur_status check_confidence(double confidence, despur_error *error) {
  if (confidence > 0 && confidence < 1) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "expected a confidence between 0 and 1, such as 0.95, found %g",
                   confidence);
}

size_t predicted_examples(const despur_predicted *p) {
  return p->count - p->repeats;
}

void predicted_release_groups(despur_predicted *predicted) {
  mem_free(predicted->groups);
  mem_free(predicted->names);
  mem_free(predicted->attributes);
  mem_free(predicted->attribute_names);
  mem_free(predicted->attribute);
}

void despur_predicted_release(despur_predicted *predicted) {
  for (size_t i = 0; i < predicted->alone_count; i++) predicted_release_groups(&predicted->alone[i]);
  predicted_release_groups(predicted);
  mem_free(predicted->alone);
  mem_free(predicted->repeated);
  mem_free(predicted->labels);
  mem_free(predicted->predictions);
  mem_free(predicted->ids);
  mem_free(predicted->units);
  mem_free(predicted->unit_names);
  mem_free(predicted->unit);
  mem_free(predicted->weights);
  mem_free(predicted->weight);
  mem_free(predicted->probabilities);
  mem_free(predicted->class_names);
  mem_free(predicted->train_sizes);
  for (size_t i = 0; i < predicted->others_count; i++) {
    mem_free(predicted->others[i].name);
    mem_free(predicted->others[i].hashes);
  }
  mem_free(predicted->others);
  mem_free(predicted->columns);
  mem_free(predicted->notes);
  *predicted = (despur_predicted){0};
}
