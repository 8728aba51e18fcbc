/* Fitting the last layer of the trained network again, on the features that the rest of it computes. What the
 * network was before is kept in a file of its own. */
#include "base/format.h"
#include "base/memory.h"
#include "base/watch.h"
#include "despur/repair.h"
#include "nn/engine.h"
#include "run/files/results.h"
#include "run/files/run_files.h"
#include "run/networks/networks.h"
#include "run/networks/score.h"
#include "run/networks/split_outputs.h"
#include "run/state/clock.h"
#include "run/state/stage.h"

#include <string.h>

static bool wanted(const despur_config *config) {
  return config_has_network(config, DESPUR_NETWORK_REPAIR);
}

static despur_last_layer method_of(const run *r) {
  return (despur_last_layer)(r->config->repair.method - 1);
}

/* ---- options ---- */

static despur_repair_list list_of(const config_reals *values) {
  despur_repair_list list = {.count = values->count};
  memcpy(list.values, values->values, values->count * sizeof *list.values);
  return list;
}

static despur_repair_options options_of(const run *r) {
  const despur_config *c = r->config;
  despur_repair_options options = {.rule = (despur_repair_rule)c->repair.select,
                                   .seed = config_seed(c, c->seeds.order),
                                   .folds = (size_t)c->repair.folds,
                                   .refits = (size_t)c->repair.refits,
                                   .l2 = list_of(&c->repair.l2),
                                   .c = list_of(&c->repair.c),
                                   .mix = list_of(&c->repair.mix),
                                   .gamma = list_of(&c->repair.gamma),
                                   .lambda = list_of(&c->repair.lambda),
                                   .scale = list_of(&c->repair.scale),
                                   .diversity = list_of(&c->repair.diversity),
                                   .threads = r->options->threads,
                                   .watch = run_watch(r)};
  options.methods[method_of(r)] = true;
  return options;
}

/* ---- data: training and validation examples ---- */

typedef struct rows {
  despur_repair_data data; /* of the arrays below */
  float *features;
  uint32_t *labels, *splits, *groups;
} rows;

static void rows_release(rows *of) {
  mem_free(of->features);
  mem_free(of->labels);
  mem_free(of->splits);
  mem_free(of->groups);
}

/* The group of the place-th example of a split. */
static uint32_t group_of(const run *r, despur_split split, uint32_t example, size_t place) {
  if (r->config->repair.groups == CONFIG_ATTRIBUTE_GROUPS) return r->truth.of_example[example];
  return split == DESPUR_VAL ? r->val_groups[place] : r->result->groups.of_example[example];
}

static despur_status add_split(rows *to, const run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs outputs = {0};
  despur_repair_data *data = &to->data;
  const uint32_t *examples = despur_dataset_split(r->dataset, split, &outputs.count);
  if (outputs.count == 0) return DESPUR_OK;
  TRY(split_outputs_get(&outputs, r, r->nets[DESPUR_NETWORK_TRAIN], split, DESPUR_FEATURES, error));
  memcpy(to->features + data->rows * data->columns, outputs.values,
         outputs.count * outputs.width * sizeof *outputs.values);
  memcpy(to->labels + data->rows, outputs.labels, outputs.count * sizeof *outputs.labels);
  for (size_t i = 0; i < outputs.count; i++) {
    to->splits[data->rows + i] = (uint32_t)split;
    to->groups[data->rows + i] = group_of(r, split, examples[i], i);
  }
  data->rows += outputs.count;
cleanup:
  split_outputs_release(&outputs);
  return status;
}

static despur_status rows_create(rows *out, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t counts[2], all, values;
  const bool inferred = r->config->repair.groups == CONFIG_INFERRED_GROUPS;
  const bool known = inferred || despur_dataset_attributes(r->dataset) > 1;
  *out = (rows){.data = {.columns = despur_net_features(r->nets[DESPUR_NETWORK_TRAIN]),
                         .classes = despur_dataset_classes(r->dataset),
                         .groups_count = inferred ? r->result->groups.count : r->truth.count}};
  despur_dataset_split(r->dataset, DESPUR_TRAIN, &counts[0]);
  despur_dataset_split(r->dataset, DESPUR_VAL, &counts[1]);
  all = counts[0] + counts[1];
  TRY(mem_multiply(&values, all, out->data.columns, error));
  TRY(mem_alloc(&out->features, values, sizeof *out->features, error));
  TRY(mem_alloc(&out->labels, all, sizeof *out->labels, error));
  TRY(mem_alloc(&out->splits, all, sizeof *out->splits, error));
  TRY(mem_alloc(&out->groups, all, sizeof *out->groups, error));
  TRY(add_split(out, r, DESPUR_TRAIN, error));
  TRY(add_split(out, r, DESPUR_VAL, error));
  out->data.features = out->features;
  out->data.labels = out->labels;
  out->data.splits = out->splits;
  out->data.groups = known ? out->groups : NULL;
cleanup:
  return status;
}

/* ---- the layer ---- */

/* The weight and the bias of a network's last layer: tensors of the network. */
typedef struct last_layer {
  tensor *all;
  const tensor *weight, *bias;
} last_layer;

static despur_status find_last_layer(last_layer *out, const despur_net *net, despur_error *error) {
  size_t count, first;
  despur_status status = net_list_tensors(&out->all, &count, &first, net, error);
  if (status != DESPUR_OK) return status;
  out->weight = &out->all[first];
  out->bias = &out->all[first + 1];
  return DESPUR_OK;
}

/* r->nets[REPAIR] = the trained network. */
static despur_status copy_network(const run *r, despur_error *error) {
  const despur_net *from = r->nets[DESPUR_NETWORK_TRAIN];
  net_state state = {0};
  despur_status status = mem_alloc(&state.weights, net_state_floats(from), sizeof *state.weights, error);
  if (status != DESPUR_OK) return status;
  engine_of(from)->snapshot(from, &state);
  engine_of(from)->restore(r->nets[DESPUR_NETWORK_REPAIR], &state);
  mem_free(state.weights);
  return DESPUR_OK;
}

static despur_status fit(despur_repair_result *found, run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  rows of = {0};
  last_layer layer = {0};
  despur_net *net = r->nets[DESPUR_NETWORK_REPAIR];
  const despur_repair_options options = options_of(r);
  TRY(copy_network(r, error));
  TRY(rows_create(&of, r, error));
  TRY(find_last_layer(&layer, net, error));
  of.data.old_weight = layer.weight->data;
  of.data.old_bias = layer.bias->data;
  run_note(r, "repair: %s, on features of %zu examples", despur_last_layer_label(method_of(r)), of.data.rows);
  TRY(despur_repair(found, &of.data, &options, error));
  net_set_tensor(net, layer.weight, found->methods[0].weight);
  net_set_tensor(net, layer.bias, found->methods[0].bias);
cleanup:
  rows_release(&of);
  mem_free(layer.all);
  return status;
}

/* ---- the stage ---- */

static void note_choice(const run *r, const despur_repair_result *found) {
  const despur_repaired *now = &found->methods[0];
  const despur_repair_candidate *chosen = &now->candidates[now->chosen];
  char parameters[128] = "";
  for (size_t p = 0, used = 0; p < DESPUR_REPAIR_PARAMETERS && now->parameters[p]; p++)
    used += (size_t)format_text(parameters + used, sizeof parameters - used, "%s%s=%g", p ? ", " : "; ",
                                now->parameters[p], chosen->parameters[p]);
  run_note(r, "repair: worst %s %.1f %% on validation%s, less choosing %.1f %%%s",
           found->of_classes ? "class" : "group", 100 * chosen->worst_group,
           now->cross_validated ? " (in folds)" : "", 100 * (chosen->worst_group - now->optimism),
           parameters);
  if (!now->converged) run_note(r, "repair: the optimum is not certified: relative gap %.2g", now->gap);
}

/* The same, unless it is to stop: then it says where. */
static despur_status fit_or_stop(despur_repair_result *found, run *r, despur_error *error) {
  const despur_watch watch = run_watch(r);
  despur_status status = watch_ask(&watch, error);
  if (status == DESPUR_OK) status = fit(found, r, error);
  if (status == DESPUR_OK) status = watch_ask(&watch, error);
  if (status != DESPUR_INTERRUPTED) return status;
  return error_set(error, DESPUR_INTERRUPTED, "interrupted in the repair of the last layer");
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_repair_result found = {0};
  float *logits = NULL;
  uint32_t *predictions = NULL;
  char label[DESPUR_GROUP_NAME];
  despur_stage_result *result = run_open_result(r);
  double started = run_seconds();
  TRY(fit_or_stop(&found, r, error));
  note_choice(r, &found);
  result->seconds = run_seconds() - started;
  TRY(run_score(&result->scores, &logits, &predictions, r->nets[DESPUR_NETWORK_REPAIR], r->dataset, &r->truth,
                r->result->split, error));
  config_network_label(label, r->config, DESPUR_NETWORK_REPAIR);
  run_close_result(r, DESPUR_NETWORK_REPAIR, label);
  TRY(run_write_scores(r, "repair", 0, r->result->split, &result->scores, label, error));
  TRY(run_write_repair(r, &found, error));
  TRY(run_save_net(r, DESPUR_NETWORK_REPAIR, error));
  TRY(run_write_predictions(r, predictions, logits, error));
  timing_set(&r->timing, "repair", result->seconds);
cleanup:
  despur_repair_release(&found);
  mem_free(logits);
  mem_free(predictions);
  return status;
}

static despur_status restore(run *r, despur_error *error) {
  char label[DESPUR_GROUP_NAME];
  config_network_label(label, r->config, DESPUR_NETWORK_REPAIR);
  return run_restore_net(r, DESPUR_NETWORK_REPAIR, label, error);
}

const stage_kind stage_repair = {
    .name = "repair", .inputs = {"train"}, .wanted = wanted, .carry_out = carry_out, .restore = restore};
