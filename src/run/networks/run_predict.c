/* Predictions of the network in a run directory. */
#include "base/memory.h"
#include "data/dataset.h"
#include "eval/predictions/predicted.h"
#include "nn/loss.h"
#include "report/loading/load.h"
#include "run/files/reopen.h"
#include "run/networks/networks.h"
#include "run/networks/selection_rules.h"
#include "run/state/run_state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Labels, attributes and true groups of the examples. */
static despur_status describe(despur_predicted *out, const run *r, const uint32_t *examples,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  bool attributes = despur_dataset_attributes(r->dataset) > 1;
  TRY(mem_alloc(&out->labels, out->count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->groups, out->count, sizeof *out->groups, error));
  if (attributes) TRY(mem_alloc(&out->attributes, out->count, sizeof *out->attributes, error));
  for (size_t i = 0; i < out->count; i++) {
    out->labels[i] = despur_dataset_labels(r->dataset)[examples[i]];
    out->groups[i] = r->truth.of_example[examples[i]];
    if (attributes) out->attributes[i] = despur_dataset_attribute_values(r->dataset)[examples[i]];
  }
  if (r->dataset->class_names)
    TRY(text_copy_all(&out->class_names, r->dataset->class_names, r->dataset->classes, error));
  out->groups_count = r->truth.count;
  TRY(predicted_take_names(out, &r->truth, error));
  TRY(mem_alloc(&out->train_sizes, r->truth.count, sizeof *out->train_sizes, error));
  memcpy(out->train_sizes, r->truth.train_sizes, r->truth.count * sizeof *out->train_sizes);
cleanup:
  return status;
}

static despur_status predict(despur_predicted *out, const run *r, const uint32_t *examples,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t classes = out->classes = despur_net_classes(run_last_net(r)), values = out->count * classes;
  float *outputs = NULL;
  TRY(mem_alloc(&outputs, values, sizeof *outputs, error));
  TRY(mem_alloc(&out->predictions, out->count, sizeof *out->predictions, error));
  TRY(mem_alloc(&out->probabilities, values, sizeof *out->probabilities, error));
  TRY(despur_outputs(run_last_net(r), r->dataset, examples, out->count, DESPUR_LOGITS, outputs, error));
  out->loss = despur_predictions(outputs, r->dataset, examples, out->count, classes, out->predictions);
  for (size_t i = 0; i < out->count; i++) softmax(outputs + i * classes, classes);
  for (size_t i = 0; i < values; i++) out->probabilities[i] = (double)outputs[i];
cleanup:
  mem_free(outputs);
  return status;
}

despur_status despur_run_choice(despur_rule_result *out, const char *directory, despur_error *error) {
  report_run loaded = {0};
  *out = (despur_rule_result){.optimism = (double)NAN};
  despur_status status = report_load(&loaded, directory, NULL, error);
  const report_rule *rule = status == DESPUR_OK ? report_used_rule(&loaded) : NULL;
  if (rule && !loaded.repair.present && strcmp(rule->name, rule_name(CONFIG_LAST)) != 0) {
    snprintf(out->name, sizeof out->name, "%s", rule->name);
    out->epoch = rule->epoch;
    out->val_worst_group_accuracy = rule->val_worst_group_accuracy;
    out->optimism = rule->optimism;
  }
  report_run_release(&loaded);
  return status;
}

despur_status despur_run_outcome(despur_run_end *out, const char *directory, despur_error *error) {
  report_run loaded = {0};
  *out = (despur_run_end){0};
  despur_status status = report_load(&loaded, directory, NULL, error);
  if (status == DESPUR_OK) {
    snprintf(out->outcome, sizeof out->outcome, "%s", loaded.manifest.outcome);
    snprintf(out->message, sizeof out->message, "%s", loaded.manifest.message);
  }
  report_run_release(&loaded);
  return status;
}

despur_status despur_run_predict(despur_predicted *out, const char *directory, despur_split split,
                                 int threads, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  const uint32_t *examples;
  despur_config *config = NULL;
  despur_run_options options = {
      .directory = directory, .threads = threads, .observer = run_stopped_by(watch)};
  despur_run_result result = {0};
  run r = {.options = &options, .result = &result};
  *out = (despur_predicted){0};
  TRY(run_reopen(&r, &config, error));
  TRY(run_split(&examples, &out->count, &r, split, error));
  TRY(run_load_net(&r, config_last_network(config), error));
  TRY(describe(out, &r, examples, error));
  TRY(predict(out, &r, examples, error));
cleanup:
  run_release(&r);
  despur_config_free(config);
  if (status != DESPUR_OK) despur_predicted_release(out);
  return status;
}
