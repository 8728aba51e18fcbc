/* The network that groups are inferred from. */
#include "run/networks/networks.h"
#include "run/stages/training.h"
#include "run/state/stage.h"

static bool wanted(const despur_config *config) {
  return config_has_network(config, DESPUR_NETWORK_REFERENCE);
}

static int rule_of(const despur_config *config) {
  static const int RULES[] = {[CONFIG_REFERENCE_LAST] = CONFIG_LAST,
                              [CONFIG_REFERENCE_RECALL] = TRAINING_BY_RECALL,
                              [CONFIG_REFERENCE_SILHOUETTE] = TRAINING_BY_SILHOUETTE};
  return RULES[config->reference_select];
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  run_outputs outputs = {0};
  run_training what = {.network = DESPUR_NETWORK_REFERENCE,
                       .label = despur_method_label(DESPUR_ERM),
                       .rule = rule_of(r->config),
                       .options = training_options(r, &r->config->reference, 1)};
  what.options.selection = what.rule < 0 ? DESPUR_SELECT_BEST : DESPUR_SELECT_LAST;
  TRY(run_train(r, &what, &outputs, error));
  TRY(run_save_net(r, what.network, error));
cleanup:
  run_outputs_release(&outputs);
  return status;
}

static despur_status restore(run *r, despur_error *error) {
  run_open_result(r)->rule = training_rule(rule_of(r->config));
  return run_restore_net(r, DESPUR_NETWORK_REFERENCE, despur_method_label(DESPUR_ERM), error);
}

const stage_kind stage_reference = {
    .name = "reference", .only_infers = true, .wanted = wanted, .carry_out = carry_out, .restore = restore};
