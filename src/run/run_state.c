#include "run/run_state.h"
#include "base/format.h"
#include "base/memory.h"
#include "run/checkpoint.h"
#include "run/history.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void run_note(const run *r, const char *format, ...) {
  const despur_observer *observer = &r->options->observer;
  if (!observer->note) return;
  char line[1024];
  va_list args;
  va_start(args, format);
  format_args(line, sizeof line, format, args);
  va_end(args);
  observer->note(observer->context, line);
}

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

despur_status run_create_net(despur_net **out, const run *r, const stage_config *config, uint64_t stage,
                             despur_error *error) {
  enum {
    EVALUATION_BATCH = 256
  }; /* passes without gradients use the same network: give them enough blocks */
  size_t batch = (size_t)config->batch_size;
  despur_net_options options = {.arch = (despur_arch)r->config->model.arch,
                                .input = despur_dataset_shape(r->dataset),
                                .classes = despur_dataset_classes(r->dataset),
                                .batch = batch > EVALUATION_BATCH ? batch : EVALUATION_BATCH,
                                .training_batch = batch,
                                .freeze = r->config->model.freeze,
                                .dropout = r->config->model.dropout,
                                .seed = config_seed(r->config, r->config->seeds.init),
                                .stage = stage,
                                .threads = r->options->threads};
  normalise_images(&options, r->config);
  return despur_net_create(out, &options, error);
}

despur_status run_create_nets(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (r->config->reference.epochs > 0) TRY(run_create_net(&r->reference, r, &r->config->reference, 1, error));
  if (!r->only_infer) TRY(run_create_net(&r->net, r, &r->config->train, 2, error));
cleanup:
  return status;
}

despur_status run_choose_directory(const run *r, despur_error *error) {
  size_t room = sizeof r->result->directory;
  int length = r->options->directory ? snprintf(r->result->directory, room, "%s", r->options->directory)
                                     : snprintf(r->result->directory, room, "runs/%s-%lld", r->config->name,
                                                (long long)r->config->seed);
  if (length < 1 || (size_t)length >= room)
    return error_set(error, DESPUR_BAD_USAGE, "--out: expected a path of 1 to %zu bytes", room - 1);
  return DESPUR_OK;
}

void run_release(run *r) {
  mem_free(r->own);
  despur_dataset_free(r->dataset);
  despur_groups_release(&r->truth);
  despur_groups_release(&r->cells);
  despur_net_free(r->reference);
  despur_net_free(r->net);
  mem_free(r->order);
  despur_grouping_free(r->grouping);
  mem_free(r->val_groups);
  mem_free(r->powers);
  file_writer_leave(r->results);
  file_writer_leave(r->steps);
  file_writer_leave(r->events);
  json_decref(r->timing);
  json_decref(r->inputs);
  json_decref(r->finished);
  checkpoint_release(&r->resumed);
  history_release(&r->history);
  if (r->claimed) close(r->lock);
}

despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error) {
  return file_join(path, r->result->directory, name, error);
}

despur_status run_split(const uint32_t **examples, size_t *count, const run *r, despur_split split,
                        despur_error *error) {
  *examples = despur_dataset_split(r->dataset, split, count);
  if (*count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: the data set has no %s examples", r->result->directory,
                     despur_split_name(split));
  return DESPUR_OK;
}
