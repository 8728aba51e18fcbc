/* The order of events in a run. */
#include "base/memory.h"
#include "config/schema.h"
#include "io/npy.h"
#include "model/initialise.h"
#include "run/files/directory.h"
#include "run/files/hashes.h"
#include "run/files/readable.h"
#include "run/files/run_data.h"
#include "run/files/run_files.h"
#include "run/finish.h"
#include "run/networks/cells.h"
#include "run/networks/networks.h"
#include "run/stages/feasible.h"
#include "run/stages/plan.h"
#include "run/stages/resume.h"
#include "run/state/checkpoint.h"
#include "run/state/clock.h"
#include "run/state/run_state.h"
#include "run/state/stage.h"

#include <stdlib.h>
#include <unistd.h>

/* Networks start from random weights, or from those of model.init. */
static despur_status load_initial_weights(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  text left = {0}, again = {0};
  char path[CONFIG_PATH];
  config_path(path, r->config, "model.init");
  if (!*path && *r->config->model.freeze)
    run_note(r, "model.freeze: without model.init the layers up to '%s' stay random",
             r->config->model.freeze);
  if (!*path) return DESPUR_OK;
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++)
    if (r->nets[n]) TRY(model_initialise(r->nets[n], path, left.data ? &again : &left, error));
  if (left.data) run_note(r, "model.init: %s", left.data);
cleanup:
  mem_free(left.data);
  mem_free(again.data);
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

/* Reads and checks everything that the run needs. */
static despur_status prepare(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  double started = run_seconds();
  TRY(*r->config->base ? run_create_dataset(r, error) : despur_dataset_create(&r->dataset, r->config, error));
  run_note(r, "data: %s", despur_dataset_description(r->dataset));
  TRY(despur_groups_true(&r->truth, r->dataset, error));
  r->result->split = evaluation_split(r->dataset);
  TRY(run_make_plan(r, error));
  TRY(run_create_nets(r, error));
  r->result->attributes = run_has_attributes(r);
  TRY(run_check_feasible(r, error));
  TRY(run_check_readable(r, error));
  TRY(load_initial_weights(r, error));
  if (*r->config->train.order) TRY(read_order(r, error));
  TRY(run_hash_inputs(r, &r->inputs, error));
  if (!getcwd(r->timing.made_in, sizeof r->timing.made_in) || !text_is_utf8(r->timing.made_in))
    *r->timing.made_in = 0;
  timing_set(&r->timing, "prepare", run_seconds() - started);
cleanup:
  return status;
}

/* Everything before `place` is done, and need not be done again. */
static despur_status reach(run *r, size_t place, despur_error *error) {
  despur_status status = DESPUR_OK;
  r->place = place;
  TRY(run_hash_outputs(r, &r->finished, error));
  TRY(run_save(r, NULL, error));
cleanup:
  return status;
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!r->resumed.version) TRY(reach(r, 0, error));
  for (bool more = true; more;) {
    TRY(r->plan.stages[r->place]->carry_out(r, error));
    more = r->place + 1 < r->plan.count;
    if (more) TRY(reach(r, r->place + 1, error));
  }
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
  TRY(run_choose_directory(&r, error));
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
  TRY(run_create_net(&r, DESPUR_NETWORK_TRAIN, error));
  TRY(despur_net_describe(run_last_net(&r), out, error));
cleanup:
  run_release(&r);
  return status;
}

void despur_run_result_release(despur_run_result *result) {
  for (size_t i = 0; i < DESPUR_NETWORK_COUNT; i++) {
    despur_scores_release(&result->stages[i].scores);
    despur_scores_release(&result->stages[i].inferred);
  }
  despur_groups_release(&result->groups);
  despur_agreement_release(&result->agreement);
  free(result->verdict);
  *result = (despur_run_result){0};
}
