#include "run/networks/networks.h"
#include "run/files/manifest.h"
#include "run/networks/score.h"

#include <stdio.h>
#include <string.h>

/* model.mean and model.std, of which each is one number or as many as there are channels. */
static void normalise_images(despur_net_options *options, const despur_config *config) {
  const config_reals *mean = &config->model.mean, *std = &config->model.std;
  size_t channels = mean->count > std->count ? mean->count : std->count;
  if (channels == 1 && mean->values[0] == 0 && std->values[0] == 1) return; /* as they are */
  if (channels == 1) channels = options->input.channels;
  options->normalised_channels = channels;
  for (size_t c = 0; c < channels && c < DESPUR_NORMALISED_CHANNELS; c++) {
    options->mean[c] = mean->values[mean->count == 1 ? 0 : c];
    options->deviation[c] = std->values[std->count == 1 ? 0 : c];
  }
}

despur_status run_create_net(run *r, despur_network network, despur_error *error) {
  enum {
    EVALUATION_BATCH = 256
  }; /* passes without gradients use the same network: give them enough blocks */
  const bool reference = network == DESPUR_NETWORK_REFERENCE;
  size_t batch = (size_t)(reference ? r->config->reference : r->config->train).batch_size;
  despur_net_options options = {.arch = (despur_arch)r->config->model.arch,
                                .input = despur_dataset_shape(r->dataset),
                                .classes = despur_dataset_classes(r->dataset),
                                .batch = batch > EVALUATION_BATCH ? batch : EVALUATION_BATCH,
                                .training_batch = batch,
                                .freeze = r->config->model.freeze,
                                .dropout = r->config->model.dropout,
                                .seed = config_seed(r->config, r->config->seeds.init),
                                .stage = reference ? 1 : 2,
                                .threads = r->options->threads};
  /* Reading stops between batches. A run that is carried out stops between steps and measures epochs to their
   * end, so that what it leaves is that of the last whole epoch. */
  if (!r->own) options.watch = run_watch(r);
  normalise_images(&options, r->config);
  return despur_net_create(&r->nets[network], &options, error);
}

despur_status run_create_nets(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (despur_network n = 0; n < DESPUR_NETWORK_COUNT; n++) {
    if (!config_has_network(r->config, n) || (r->only_infer && n != DESPUR_NETWORK_REFERENCE)) continue;
    TRY(run_create_net(r, n, error));
  }
cleanup:
  return status;
}

despur_net *run_last_net(const run *r) {
  for (size_t n = DESPUR_NETWORK_COUNT; n-- > 0;)
    if (r->nets[n]) return r->nets[n];
  return NULL;
}

despur_status run_save_net(const run *r, despur_network network, despur_error *error) {
  char path[1024];
  despur_status status = run_path(path, r, config_weights_file(r->config, network), error);
  return status == DESPUR_OK ? despur_net_save(r->nets[network], path, error) : status;
}

/* A run that ended early may not have come to a network: its own message says how far it came. */
static despur_status check_weights(const run *r, const char *path, despur_error *error) {
  manifest ended;
  if (file_exists(path)) return DESPUR_OK;
  despur_status status = manifest_read(&ended, r->result->directory, error);
  if (status != DESPUR_OK || !*ended.message) return status; /* loading says that there is none */
  return error_set(error, DESPUR_BAD_INPUT, "%s: not there yet: the run %s: %s", path,
                   strcmp(ended.outcome, "failed") == 0 ? "failed" : "was stopped", ended.message);
}

despur_status run_load_net(run *r, despur_network network, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  TRY(run_path(path, r, config_weights_file(r->config, network), error));
  TRY(check_weights(r, path, error));
  if (!r->nets[network]) TRY(run_create_net(r, network, error));
  TRY(despur_net_load(r->nets[network], path, error));
cleanup:
  return status;
}

despur_stage_result *run_open_result(const run *r) {
  return &r->result->stages[r->result->stage_count];
}

void run_close_result(run *r, despur_network network, const char *label) {
  despur_stage_result *result = run_open_result(r);
  result->network = network;
  snprintf(result->label, sizeof result->label, "%.*s", (int)sizeof result->label - 1, label);
  r->result->stage_count++;
}

despur_status run_restore_net(run *r, despur_network network, const char *label, despur_error *error) {
  despur_status status = run_load_net(r, network, error);
  if (status == DESPUR_OK)
    status = run_score(&run_open_result(r)->scores, NULL, NULL, r->nets[network], r->dataset, &r->truth,
                       r->result->split, error);
  if (status == DESPUR_OK) run_close_result(r, network, label);
  return status;
}
