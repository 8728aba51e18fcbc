/* The order of events in a run. */
#include "base/format.h"
#include "config/schema.h"
#include "run/manifest.h"
#include "run/resume.h"
#include "run/run_events.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/processors.h"
#include "io/npy.h"
#include "report/members.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMING_LIMIT_BYTES = 1 << 20 };

const char *despur_version(void) {
  return DESPUR_VERSION;
}

const char *despur_version_features(void) {
#ifdef DESPUR_HAVE_CURL
  return "downloads (libcurl)";
#else
  return "no downloads (built without libcurl)";
#endif
}

int despur_processors(void) {
  return processors_allowed();
}

double run_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

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
                                .dropout = r->config->model.dropout,
                                .seed = config_seed(r->config, r->config->seeds.init),
                                .stage = stage,
                                .threads = r->options->threads};
  normalise_images(&options, r->config);
  return despur_net_create(out, &options, error);
}

/* Networks start from random weights, or from those of model.init. */
static despur_status load_initial_weights(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[CONFIG_PATH];
  config_path(path, r->config, "model.init");
  if (!*path) return DESPUR_OK;
  if (r->reference) TRY(despur_net_load(r->reference, path, error));
  if (r->net) TRY(despur_net_load(r->net, path, error));
cleanup:
  return status;
}

static despur_status read_order(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[CONFIG_PATH];
  int64_t *values = NULL;
  size_t examples = despur_dataset_count(r->dataset);
  config_path(path, r->config, "train.order");
  TRY(npy_read_integers(&values, &r->order_length, path, error));
  if (r->order_length == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected indices of examples, found none", path);
  TRY(mem_alloc(&r->order, r->order_length, sizeof *r->order, error));
  for (size_t i = 0; i < r->order_length; i++) {
    if (values[i] < 0 || (uint64_t)values[i] >= examples)
      FAIL(error, DESPUR_BAD_INPUT, "%s: entry %zu: expected the index of one of %zu examples, found %lld",
           path, i, examples, (long long)values[i]);
    r->order[i] = (uint32_t)values[i];
  }
cleanup:
  mem_free(values);
  return status;
}

/* Test if there is one; else what there is. */
static despur_split evaluation_split(const despur_dataset *dataset) {
  size_t count;
  despur_dataset_split(dataset, DESPUR_TEST, &count);
  if (count > 0) return DESPUR_TEST;
  despur_dataset_split(dataset, DESPUR_VAL, &count);
  return count > 0 ? DESPUR_VAL : DESPUR_TRAIN;
}

despur_status run_create_nets(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (r->config->reference.epochs > 0) TRY(run_create_net(&r->reference, r, &r->config->reference, 1, error));
  if (!r->only_infer) TRY(run_create_net(&r->net, r, &r->config->train, 2, error));
cleanup:
  return status;
}

/* Reads and checks everything that the run needs. */
static despur_status prepare(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char here[CONFIG_TEXT];
  json_t *made_in = NULL;
  double started = run_seconds();
  TRY(*r->config->base ? run_create_dataset(r, error) : despur_dataset_create(&r->dataset, r->config, error));
  run_note(r, "data: %s", despur_dataset_description(r->dataset));
  TRY(despur_groups_true(&r->truth, r->dataset, error));
  r->result->split = evaluation_split(r->dataset);
  TRY(run_create_nets(r, error));
  r->result->attributes = run_has_attributes(r);
  TRY(run_check_feasible(r, error));
  TRY(run_check_readable(r, error));
  TRY(load_initial_weights(r, error));
  if (*r->config->train.order) TRY(read_order(r, error));
  r->timing = json_object();
  r->inputs = json_object();
  r->finished = json_object();
  if (!r->timing || !r->inputs || !r->finished) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  TRY(run_hash_inputs(r, r->inputs, error));
  if (getcwd(here, sizeof here)) made_in = json_string(here); /* NULL when that is not UTF-8 */
  if (made_in) json_put(&r->timing, "made_in", made_in);
  json_put(&r->timing, "prepare", json_real(run_seconds() - started));
cleanup:
  return status;
}

static despur_status choose_directory(const run *r, despur_error *error) {
  size_t room = sizeof r->result->directory;
  int length = r->options->directory ? snprintf(r->result->directory, room, "%s", r->options->directory)
                                     : snprintf(r->result->directory, room, "runs/%s-%lld", r->config->name,
                                                (long long)r->config->seed);
  if (length < 1 || (size_t)length >= room)
    return error_set(error, DESPUR_BAD_USAGE, "--out: expected a path of 1 to %zu bytes", room - 1);
  return DESPUR_OK;
}

/* Everything before `place` is done, and need not be done again. */
static despur_status reach(run *r, run_place place, despur_error *error) {
  despur_status status = DESPUR_OK;
  r->place = place;
  TRY(run_hash_outputs(r, r->finished, error));
  TRY(run_save(r, NULL, error));
cleanup:
  return status;
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!r->resumed.version) TRY(reach(r, RUN_REFERENCE, error));
  if (r->place == RUN_REFERENCE && r->reference) {
    TRY(run_reference_stage(r, error));
    TRY(reach(r, RUN_INFER, error));
  }
  if (r->place <= RUN_INFER && r->config->infer.method != CONFIG_INFER_NONE) {
    TRY(run_infer_stage(r, error));
    TRY(reach(r, RUN_TRAIN, error));
  }
  r->place = RUN_TRAIN;
  if (!r->only_infer) TRY(run_train_stage(r, error));
  TRY(run_score_cells(r, error));
  if (!r->only_infer) TRY(run_advise(r, error));
  TRY(run_events_add_maps(r, error));
  TRY(run_write_cam(r, error));
cleanup:
  return status;
}

/* options.resume: with options.force as well, a run that cannot go on starts again. */
static void start_again(run *r, const despur_error *reason) {
  run_note(r, "%s; starting again", reason->message);
  checkpoint_release(&r->resumed);
  r->only_infer = r->options->only_infer;
}

static despur_status find_checkpoint(run *r, despur_error *error) {
  if (!r->options->resume) return DESPUR_OK;
  despur_status status = run_find_checkpoint(r, error);
  if (status != DESPUR_BAD_INPUT || !r->options->force) return status;
  start_again(r, error);
  return DESPUR_OK;
}

static despur_status open_directory(run *r, despur_error *error) {
  if (r->resumed.version) {
    despur_status status = run_continue(r, error);
    if (status != DESPUR_BAD_INPUT || !r->options->force) return status;
    start_again(r, error);
  }
  return run_open_directory(r, error);
}

static bool has_checkpoint(const run *r) {
  char path[1024];
  return run_path(path, r, CHECKPOINT_FILE, NULL) == DESPUR_OK && file_exists(path);
}

/* After an error: what there is is kept, and the first error is the one to return. The checkpoint stays when
 * the run can go on from it; a loss that has stopped being finite would do so again, and so would everything
 * else that follows from the configuration and the data. */
static void close_early(run *r, despur_error *error) {
  despur_error second;
  bool hopeless = error->status != DESPUR_INTERRUPTED && error->status != DESPUR_NO_RESOURCES;
  const char *outcome = error->status == DESPUR_INTERRUPTED ? "interrupted" : "failed";
  despur_status status = run_close_directory(r, outcome, error->message, &second);
  if (status == DESPUR_OK && hopeless) status = run_remove_output(r, CHECKPOINT_FILE, &second);
  if (status != DESPUR_OK) run_note(r, "%s", second.message);
  if (!hopeless && has_checkpoint(r))
    error_add(error, "; to go on: despur run --resume %s", r->result->directory);
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

/* What the caller's configuration leaves to the shell is answered once. */
static despur_status keep_config(run *r, const despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(despur_config_check(config, error));
  TRY(mem_alloc(&r->own, 1, sizeof *r->own, error));
  *r->own = *config;
  r->config = r->own;
  TRY(config_resolve_images(r->own, error));
cleanup:
  return status;
}

despur_status despur_run(despur_run_result *result, const despur_config *config,
                         const despur_run_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_error own;
  if (!error) error = &own;
  *result = (despur_run_result){0};
  run r = {.config = config,
           .started = run_seconds(),
           .options = options,
           .result = result,
           .only_infer = options->only_infer};
  TRY(choose_directory(&r, error));
  if (options->only_infer && config->infer.method == CONFIG_INFER_NONE)
    FAIL(error, DESPUR_BAD_USAGE,
         "infer.method: is 'none', so there are no groups to infer; try infer.method=cluster");
  TRY(keep_config(&r, config, error));
  TRY(find_checkpoint(&r, error));
  TRY(prepare(&r, error));
  TRY(open_directory(&r, error));
  status = carry_out(&r, error);
  if (status == DESPUR_OK) status = run_close_directory(&r, "complete", "", error);
  if (status == DESPUR_OK) status = run_remove_output(&r, CHECKPOINT_FILE, error);
  if (status != DESPUR_OK) close_early(&r, error);
cleanup:
  run_release(&r);
  return status;
}

despur_status despur_run_describe_network(char **out, const despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_run_options options = {.threads = 1};
  run r = {.config = config, .options = &options};
  *out = NULL;
  TRY(despur_dataset_create(&r.dataset, config, error));
  TRY(run_create_net(&r.net, &r, &config->train, 2, error));
  TRY(despur_net_describe(r.net, out, error));
cleanup:
  run_release(&r);
  return status;
}

void despur_run_result_release(despur_run_result *result) {
  for (size_t i = 0; i < 2; i++) {
    despur_scores_release(&result->stages[i].scores);
    despur_scores_release(&result->stages[i].inferred);
  }
  despur_groups_release(&result->groups);
  despur_agreement_release(&result->agreement);
  free(result->verdict);
  *result = (despur_run_result){0};
}

void run_set_base(despur_config *config, const json_t *timing) {
  const char *made_in = json_string_value(json_object_get(timing, "made_in"));
  if (made_in && *made_in == '/') snprintf(config->base, sizeof config->base, "%s", made_in);
}

/* Where the run was made: timing.json says so, being the one file that may differ between equal runs. */
static despur_status find_base(despur_config *config, const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = NULL;
  json_t *timing = NULL;
  size_t bytes;
  TRY(run_path(path, r, "timing.json", error));
  if (!file_exists(path)) goto cleanup;
  TRY(file_read(&content, &bytes, path, TIMING_LIMIT_BYTES, error));
  TRY(read_object(&timing, content, bytes, path, 0, error));
  run_set_base(config, timing);
cleanup:
  mem_free(content);
  json_decref(timing);
  return status == DESPUR_BAD_INPUT ? DESPUR_OK : status; /* a convenience */
}

despur_status run_read_config(run *r, despur_config **config, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  *config = NULL;
  TRY(choose_directory(r, error));
  TRY(despur_config_create(config, error));
  TRY(run_path(path, r, "config.yaml", error));
  TRY(despur_config_load(*config, path, error));
  TRY(find_base(*config, r, error));
  r->config = *config;
cleanup:
  return status;
}

despur_status run_reopen(run *r, despur_config **config, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_read_config(r, config, error));
  TRY(run_create_dataset(r, error));
  TRY(run_check_data(r, error));
  TRY(despur_groups_true(&r->truth, r->dataset, error));
cleanup:
  return status;
}

despur_status run_check_data(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *kept = NULL, *found = json_object();
  status = manifest_load(&kept, r->result->directory, error);
  if (status == DESPUR_BAD_INPUT)
    status = DESPUR_OK; /* without a manifest there is nothing to compare with */
  if (status != DESPUR_OK || !kept) goto cleanup;
  TRY(run_hash_data(r, found, error));
  TRY(run_compare_inputs(r, found, json_object_get(kept, "inputs"), error));
cleanup:
  json_decref(kept);
  json_decref(found);
  return status;
}

despur_status run_split(const uint32_t **examples, size_t *count, const run *r, despur_split split,
                        despur_error *error) {
  static const char *const NAMES[] = {"train", "val", "test"};
  *examples = despur_dataset_split(r->dataset, split, count);
  if (*count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: the data set has no %s examples", r->result->directory,
                     NAMES[split]);
  return DESPUR_OK;
}
