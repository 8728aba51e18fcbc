/* What follows from the configuration and the data together is said before the first step. What can be wrong
 * in one of them alone is said by config_check.c and by whoever reads the data. */
#include "run/stages/feasible.h"
#include "base/memory.h"
#include "run/state/run_state.h"

#include <string.h>

static size_t count_of(const run *r, despur_split split) {
  size_t count;
  despur_dataset_split(r->dataset, split, &count);
  return count;
}

/* Of one class: how many of its attributes occur in validation. */
static size_t attributes_in_validation(const despur_dataset *dataset, uint32_t label, bool *seen) {
  size_t count, present = 0, attributes = despur_dataset_attributes(dataset);
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_VAL, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  const uint32_t *attribute = despur_dataset_attribute_values(dataset);
  memset(seen, 0, attributes * sizeof *seen);
  for (size_t i = 0; i < count; i++)
    if (labels[examples[i]] == label) seen[attribute[examples[i]]] = true;
  for (size_t a = 0; a < attributes; a++) present += seen[a];
  return present;
}

static bool is_in_training(const despur_dataset *dataset, uint32_t label) {
  size_t count;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  for (size_t i = 0; i < count; i++)
    if (labels[examples[i]] == label) return true;
  return false;
}

size_t run_classes_to_guess(const run *r) {
  size_t there = 0;
  for (uint32_t y = 0; y < despur_dataset_classes(r->dataset); y++) there += is_in_training(r->dataset, y);
  return there;
}

despur_status run_mark_judges(bool **out, size_t *count, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *seen = NULL;
  size_t classes = despur_dataset_classes(r->dataset);
  *count = 0;
  *out = NULL;
  TRY(mem_alloc(out, classes, sizeof **out, error));
  TRY(mem_alloc(&seen, despur_dataset_attributes(r->dataset), sizeof *seen, error));
  for (uint32_t y = 0; y < classes; y++) {
    (*out)[y] = attributes_in_validation(r->dataset, y, seen) > 1 && is_in_training(r->dataset, y);
    *count += (*out)[y];
  }
cleanup:
  mem_free(seen);
  return status;
}

/* Whether any validation example has a class with training examples: clusters within classes exist only
 * there. */
static bool validation_meets_training(const run *r) {
  size_t count;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  for (size_t i = 0; i < count; i++)
    if (is_in_training(r->dataset, labels[examples[i]])) return true;
  return false;
}

static despur_status check_selection(const run *r, despur_error *error) {
  const despur_config *config = r->config;
  if (config->select.rule != CONFIG_LAST && count_of(r, DESPUR_VAL) == 0)
    return error_set(error, DESPUR_BAD_INPUT,
                     "select.rule: there are no validation examples to select by; use 'last'");
  if (config->select.rule == CONFIG_VAL_WORST_INFERRED_GROUP && config->infer.scope == CONFIG_WITHIN_CLASS &&
      !validation_meets_training(r))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "select.rule: val_worst_inferred_group: no class of the validation examples has training "
        "examples, so none of them is in an inferred group; use 'last'");
  return DESPUR_OK;
}

static despur_status check_recall(const run *r, despur_error *error) {
  bool *judges;
  size_t judging;
  if (r->config->reference_select != CONFIG_REFERENCE_RECALL) return DESPUR_OK;
  if (count_of(r, DESPUR_VAL) == 0 || despur_dataset_attributes(r->dataset) < 2)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "reference.select: val_recall needs validation examples with attributes, and there are none; use "
        "'last'");
  despur_status status = run_mark_judges(&judges, &judging, r, error);
  if (status == DESPUR_OK && judging == 0)
    status = error_set(
        error, DESPUR_BAD_INPUT,
        "reference.select: val_recall looks for the minority groups of a class, and no class with training "
        "examples has two groups in validation; use 'last'");
  mem_free(judges);
  return status;
}

static despur_status check_reduction(const run *r, despur_error *error) {
  static const char *const OUTPUTS[] = {"logits", "probabilities", "features"};
  const despur_config *config = r->config;
  size_t components = (size_t)config->infer.reduce.components;
  bool reduces =
      config->infer.reduce.method == DESPUR_REDUCE_PCA || config->infer.reduce.method == DESPUR_REDUCE_UMAP;
  if (!config_infers_clusters(config) || !reduces) return DESPUR_OK;
  size_t width = config->infer.on == DESPUR_FEATURES ? despur_net_features(r->nets[DESPUR_NETWORK_REFERENCE])
                                                     : despur_net_classes(r->nets[DESPUR_NETWORK_REFERENCE]);
  if (components <= width) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "infer.reduce.components: expected at most %zu, the number of %s, found %zu", width,
                   OUTPUTS[config->infer.on], components);
}

/* How many groups the final network may be trained on; exact unless they are clusters, of which there may be
 * fewer, or more when clusters are searched for or split. */
static size_t expected_groups(const run *r, bool *exact, bool *bounded) {
  const despur_config *config = r->config;
  size_t parts = config->infer.scope == CONFIG_ALL_CLASSES ? 1 : despur_dataset_classes(r->dataset);
  *exact = !config_infers_clusters(config);
  *bounded = *exact || (config->infer.max_clusters == 0 && config->infer.overcluster == 1);
  if (config->infer.method == CONFIG_INFER_NONE) return r->truth.count;
  if (config->infer.method == CONFIG_INFER_JTT) return 2;
  return parts * (*exact ? 2 : (size_t)config->infer.clusters);
}

static despur_status check_counts(const run *r, despur_error *error) {
  const despur_config *config = r->config;
  size_t powers = config->spare.power.count, classes = despur_dataset_classes(r->dataset);
  size_t adjustments = config->groupdro.adjustment.count;
  bool exact, bounded;
  if (r->only_infer) return DESPUR_OK;
  if (config->train_method == DESPUR_SPARE && powers > 1 && powers != classes)
    return error_set(error, DESPUR_BAD_INPUT,
                     "train.spare.power: expected one number, or one for each of %zu classes; found %zu",
                     classes, powers);
  size_t groups = expected_groups(r, &exact, &bounded);
  if (config->train_method == DESPUR_GROUPDRO && adjustments > 1 &&
      (exact ? adjustments != groups : bounded && adjustments > groups))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "train.groupdro.adjustment: expected one number, or one for each of %s%zu groups; found %zu",
        exact ? "" : "at most ", groups, adjustments);
  return DESPUR_OK;
}

/* What would else be said after the training. */
static despur_status check_repair(const run *r, despur_error *error) {
  const despur_config *config = r->config;
  const bool known =
      config->repair.groups == CONFIG_INFERRED_GROUPS || despur_dataset_attributes(r->dataset) > 1;
  if (config->repair.method == CONFIG_NO_REPAIR || r->only_infer) return DESPUR_OK;
  const char *needs = despur_last_layer_groups((despur_last_layer)(config->repair.method - 1));
  const char *name = despur_last_layer_names[config->repair.method - 1];
  if (!strcmp(needs, "validation") && count_of(r, DESPUR_VAL) < (size_t)config->repair.folds)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "repair.method: %s is fitted on validation examples, one for each of %lld folds at least; "
        "there are %zu",
        name, (long long)config->repair.folds, count_of(r, DESPUR_VAL));
  if (!known && strcmp(needs, "none") != 0)
    return error_set(error, DESPUR_BAD_INPUT,
                     "repair.method: %s needs groups of the %s examples, and the data have no attributes; "
                     "repair.groups=inferred takes inferred ones",
                     name, needs);
  return DESPUR_OK;
}

despur_status run_check_feasible(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (count_of(r, DESPUR_TRAIN) == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: there are no training examples",
         despur_dataset_description(r->dataset));
  TRY(check_selection(r, error));
  TRY(check_recall(r, error));
  TRY(check_reduction(r, error));
  TRY(check_counts(r, error));
  TRY(check_repair(r, error));
cleanup:
  return status;
}
