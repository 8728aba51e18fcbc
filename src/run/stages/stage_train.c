/* Training by train.method, with the groups that were inferred, or else the true ones. */
#include "run/files/run_files.h"
#include "run/networks/networks.h"
#include "run/stages/training.h"
#include "run/state/stage.h"

static bool wanted(const despur_config *config) {
  return config_has_network(config, DESPUR_NETWORK_TRAIN);
}

static despur_method_options method_options(const run *r) {
  const despur_config *config = r->config;
  despur_method_options options = {.sampler = (despur_sampler)config->train_sampler,
                                   .eta = config->groupdro.eta,
                                   .adjustment = config->groupdro.adjustment.values,
                                   .adjustments = config->groupdro.adjustment.count,
                                   .power = config->spare.power.values,
                                   .powers = config->spare.power.count,
                                   .repeats = (size_t)config->jtt_repeats};
  if (config->spare.rule == CONFIG_BY_SILHOUETTE && r->powers) {
    options.power = r->powers;
    options.powers = despur_dataset_classes(r->dataset);
  }
  return options;
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char label[DESPUR_GROUP_NAME];
  run_outputs outputs = {0};
  run_training what = {.network = DESPUR_NETWORK_TRAIN,
                       .label = label,
                       .rule = r->config->select.rule,
                       .options = training_options(r, &r->config->train, 2)};
  what.options.method = (despur_method)r->config->train_method;
  what.options.method_options = method_options(r);
  what.options.order = r->order;
  what.options.order_length = r->order_length;
  what.options.selection = what.rule == CONFIG_LAST ? DESPUR_SELECT_LAST : DESPUR_SELECT_BEST;
  what.options.groups = r->result->inferred ? &r->result->groups : &r->truth;
  config_network_label(label, r->config, DESPUR_NETWORK_TRAIN);
  status = run_train(r, &what, &outputs, error);
  if (status != DESPUR_OK && status != DESPUR_INTERRUPTED && status != DESPUR_BAD_INPUT) goto cleanup;
  /* an interrupted or diverged training leaves the weights of its last finished epoch: worth keeping */
  despur_error second;
  despur_status saved = run_save_net(r, what.network, &second);
  if (status == DESPUR_OK && saved != DESPUR_OK) FAIL(error, saved, "%s", second.message);
  if (status == DESPUR_OK && what.network == config_last_network(r->config))
    TRY(run_write_predictions(r, outputs.predictions, outputs.logits, error));
cleanup:
  run_outputs_release(&outputs);
  return status;
}

static despur_status restore(run *r, despur_error *error) {
  char label[DESPUR_GROUP_NAME];
  config_network_label(label, r->config, DESPUR_NETWORK_TRAIN);
  run_open_result(r)->rule = training_rule(r->config->select.rule);
  return run_restore_net(r, DESPUR_NETWORK_TRAIN, label, error);
}

const stage_kind stage_train = {
    .name = "train", .wanted = wanted, .carry_out = carry_out, .restore = restore};
