
#include "run/stages/resume.h"
#include "base/memory.h"
#include "run/files/directory.h"
#include "run/files/hashes.h"
#include "run/files/manifest.h"
#include "run/files/reopen.h"
#include "run/files/run_files.h"
#include "run/networks/selection_rules.h"
#include "run/state/checkpoint.h"
#include "run/state/clock.h"
#include "run/state/history.h"
#include "run/state/run_state.h"
#include "run/state/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of run_stream_names. */
static void list_streams(file_writer ***streams, run *r) {
  streams[0] = &r->results;
  streams[1] = &r->steps;
  streams[2] = &r->events;
}

/* ---- keeping ---- */

static despur_status sync_streams(file_extent *extents, run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer **streams[CHECKPOINT_STREAMS];
  list_streams(streams, r);
  for (size_t i = 0; i < CHECKPOINT_STREAMS; i++)
    if (*streams[i]) TRY(file_writer_flush(*streams[i], true, &extents[i], error));
cleanup:
  return status;
}

static checkpoint_stage stage_of(const despur_stage_result *result) {
  checkpoint_stage stage = {
      .epochs = result->epochs, .selected_epoch = result->selected_epoch, .seconds = result->seconds};
  memcpy(stage.rules, result->rules, sizeof stage.rules);
  return stage;
}

static void describe_groups(checkpoint *c, const run *r) {
  const despur_groups *groups = &r->result->groups;
  if (!r->result->inferred) return;
  c->examples = groups->examples;
  c->groups = groups->count;
  c->group_of_example = groups->of_example;
  c->group_names = groups->names;
  c->group_labels = groups->labels;
  c->val_groups = r->val_groups;
  despur_dataset_split(r->dataset, DESPUR_VAL, &c->val_examples);
  c->powers = r->powers;
  c->classes = despur_dataset_classes(r->dataset);
}

despur_status run_save(run *r, const despur_train_state *state, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], version[] = DESPUR_VERSION, stage[64];
  checkpoint_stage stages[DESPUR_NETWORK_COUNT];
  checkpoint c = {.version = version,
                  .seconds = run_seconds() - r->started,
                  .only_infer = r->only_infer,
                  .stage = stage,
                  .stages = stages};
  snprintf(stage, sizeof stage, "%s", r->plan.stages[r->place]->name);
  TRY(hashes_print(&c.inputs, &r->inputs, error));
  TRY(hashes_print(&c.finished, &r->finished, error));
  TRY(timing_print(&c.timing, &r->timing, JSON_LINE, error));
  TRY(despur_config_format(r->config, &c.config, error));
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++)
    if (r->nets[n]) stages[c.stage_count] = stage_of(&r->result->stages[c.stage_count]), c.stage_count++;
  describe_groups(&c, r);
  if (state) c.state = *state, c.history = r->history;
  TRY(sync_streams(c.streams, r, error));
  TRY(run_path(path, r, CHECKPOINT_FILE, error));
  TRY(checkpoint_write(&c, path, error));
cleanup:
  free(c.config);
  mem_free(c.inputs);
  mem_free(c.finished);
  mem_free(c.timing);
  return status;
}

/* ---- whether it fits ---- */

/* Where two texts part: the line, counted from 1, and where it starts in each. */
static size_t first_difference(const char **a, const char **b) {
  size_t line = 1;
  const char *x = *a, *y = *b;
  for (; *x && *x == *y; x++, y++) {
    if (*x != '\n') continue;
    line++;
    *a = x + 1;
    *b = y + 1;
  }
  return line;
}

static int line_length(const char *line) {
  size_t length = strcspn(line, "\n");
  return length > 200 ? 200 : (int)length;
}

static despur_status check_config(const run *r, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *yaml = NULL;
  TRY(despur_config_format(r->config, &yaml, error));
  const char *found = yaml, *kept = r->resumed.config;
  if (strcmp(found, kept) != 0) {
    size_t line = first_difference(&found, &kept);
    found += strspn(found, " "), kept += strspn(kept, " ");
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: made with another configuration: line %zu of config.yaml was '%.*s', now it is '%.*s'", path,
         line, line_length(kept), kept, line_length(found), found);
  }
cleanup:
  free(yaml);
  return status;
}

/* A run that cannot be resumed: is there anything to do? */
static despur_status say_why_not(const run *r, despur_error *error) {
  manifest ended;
  const char *directory = r->result->directory;
  despur_status status = manifest_read(&ended, directory, error);
  if (status != DESPUR_OK) return status;
  if (strcmp(ended.outcome, "complete") == 0)
    return error_set(error, DESPUR_BAD_USAGE, "%s: the run is complete: there is nothing to resume",
                     directory);
  return error_set(error, DESPUR_BAD_INPUT, "%s: there is no %s to go on from%s", directory, CHECKPOINT_FILE,
                   file_is_directory(directory) ? "; start the run again with its recipe" : "");
}

static despur_status damaged(despur_status status, const run *r, despur_error *error) {
  if (status != DESPUR_BAD_INPUT) return status;
  return error_set(error, DESPUR_BAD_INPUT, "%s/%s: damaged: expected a JSON object", r->result->directory,
                   CHECKPOINT_FILE);
}

static despur_status read_hashes(text_pairs *out, const char *kept, const run *r, despur_error *error) {
  return damaged(hashes_parse(out, kept, CHECKPOINT_FILE, error), r, error);
}

static despur_status read_timing(record_timing *out, const run *r, despur_error *error) {
  const char *kept = r->resumed.timing;
  return damaged(timing_parse(out, kept, strlen(kept), CHECKPOINT_FILE, error), r, error);
}

/* A run that goes on by its own config.yaml: relative paths start where it was made. */
static despur_status find_base(run *r, despur_error *error) {
  char path[1024];
  record_timing timing;
  despur_status status = run_path(path, r, "config.yaml", error);
  if (status != DESPUR_OK || strcmp(path, r->config->file) != 0) return status;
  status = read_timing(&timing, r, error);
  if (status == DESPUR_OK) run_set_base(r->own, &timing);
  return status;
}

despur_status run_find_checkpoint(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  TRY(run_path(path, r, CHECKPOINT_FILE, error));
  if (!file_exists(path)) {
    status = say_why_not(r, error);
    goto cleanup;
  }
  TRY(run_claim_directory(r, error));
  TRY(checkpoint_read(&r->resumed, path, error));
  if (strcmp(r->resumed.version, DESPUR_VERSION) != 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: written by despur %s, this is despur %s", path, r->resumed.version,
         DESPUR_VERSION);
  TRY(check_config(r, path, error));
  TRY(find_base(r, error));
  r->only_infer = r->resumed.only_infer != 0;
cleanup:
  return status;
}

static despur_status check_inputs(const run *r, despur_error *error) {
  text_pairs kept;
  despur_status status = read_hashes(&kept, r->resumed.inputs, r, error);
  if (status == DESPUR_OK) status = run_compare_inputs(r, &r->inputs, &kept, error);
  text_pairs_release(&kept);
  return status;
}

/* The files of finished stages. */
static despur_status check_finished(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_pairs found = {0};
  text_pairs_release(&r->finished);
  TRY(read_hashes(&r->finished, r->resumed.finished, r, error));
  TRY(run_hash_outputs(r, &found, error));
  for (size_t i = 0; i < r->finished.count; i++) {
    const text_pair *kept = &r->finished.items[i];
    const char *now = text_pairs_find(&found, kept->name);
    if (!now || strcmp(now, kept->value) != 0)
      FAIL(error, DESPUR_BAD_INPUT, "%s/%s: %s since the checkpoint", r->result->directory, kept->name,
           now ? "has changed" : "has gone");
  }
cleanup:
  text_pairs_release(&found);
  return status;
}

/* Stages have the names of this run's, and there are as many networks. */
static despur_status find_place(run *r, despur_error *error) {
  size_t networks = 0;
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++) networks += r->nets[n] != NULL;
  r->place = run_place_of(r, r->resumed.stage);
  if (r->place < r->plan.count && r->resumed.stage_count == networks) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s/%s: damaged: its stages are not those of this run",
                   r->result->directory, CHECKPOINT_FILE);
}

/* Inferred groups are there exactly when inference is done, and of these examples. */
static despur_status check_groups(const run *r, despur_error *error) {
  const checkpoint *c = &r->resumed;
  size_t val;
  despur_dataset_split(r->dataset, DESPUR_VAL, &val);
  bool wanted = run_place_of(r, "infer") < r->place;
  bool there = c->group_of_example != NULL;
  if (there == wanted && (!there || c->examples == despur_dataset_count(r->dataset)) &&
      (!c->val_groups || c->val_examples == val) &&
      (!c->powers || c->classes == despur_dataset_classes(r->dataset)))
    return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s/%s: damaged: its groups are not those of this run",
                   r->result->directory, CHECKPOINT_FILE);
}

/* Inside a stage there is a history of as many epochs as are done, where there is anything to remember. */
static despur_status check_history(const run *r, despur_error *error) {
  const run_history *h = &r->resumed.history;
  size_t val, parts = r->resumed.val_groups ? r->resumed.groups + 1 : 1;
  despur_dataset_split(r->dataset, DESPUR_VAL, &val);
  bool wanted = val > 0 && r->resumed.state.epoch > 0;
  if (wanted ? h->epochs == r->resumed.state.epoch && h->cells == r->truth.count * parts && h->examples == val
             : h->epochs == 0)
    return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s/%s: damaged: its history is not that of this run",
                   r->result->directory, CHECKPOINT_FILE);
}

/* ---- going on ---- */

static void leave_streams(run *r) {
  file_writer **streams[CHECKPOINT_STREAMS];
  list_streams(streams, r);
  for (size_t i = 0; i < CHECKPOINT_STREAMS; i++) {
    file_writer_leave(*streams[i]);
    *streams[i] = NULL;
  }
}

static despur_status reopen_streams(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  file_writer **streams[CHECKPOINT_STREAMS];
  list_streams(streams, r);
  for (size_t i = 0; i < CHECKPOINT_STREAMS; i++) {
    const file_extent *extent = &r->resumed.streams[i];
    if (!*extent->sha256) continue;
    TRY(run_path(path, r, run_stream_names[i], error));
    TRY(file_writer_reopen(streams[i], path, extent, error));
  }
cleanup:
  return status;
}

static void restore_results(run *r) {
  for (size_t i = 0; i < r->resumed.stage_count; i++) {
    const checkpoint_stage *kept = &r->resumed.stages[i];
    despur_stage_result *result = &r->result->stages[i];
    result->epochs = kept->epochs;
    result->selected_epoch = kept->selected_epoch;
    result->seconds = kept->seconds;
    memcpy(result->rules, kept->rules, sizeof result->rules);
    for (int rule = 0; rule < DESPUR_RULES; rule++)
      snprintf(result->rules[rule].name, sizeof result->rules[rule].name, "%s", rule_name(rule));
  }
}

static despur_status restore_stages(run *r, despur_error *error) {
  for (size_t i = 0; i < r->place; i++) {
    const stage_kind *kind = r->plan.stages[i];
    despur_status status = kind->restore ? kind->restore(r, error) : DESPUR_OK;
    if (status != DESPUR_OK) return status;
  }
  return DESPUR_OK;
}

static despur_status restore(run *r, const record_timing *timing, despur_error *error) {
  despur_status status = DESPUR_OK;
  const checkpoint *c = &r->resumed;
  r->timing = *timing;
  r->started -= c->seconds;
  if (c->state.epoch > 0) r->state = &c->state;
  r->history = r->resumed.history, r->resumed.history = (run_history){0};
  restore_results(r);
  TRY(restore_stages(r, error));
cleanup:
  return status;
}

static void note_place(const run *r) {
  const char *stage = r->plan.stages[r->place]->name;
  if (r->state)
    run_note(r, "%s: resumed after epoch %zu", stage, r->state->epoch);
  else
    run_note(r, "%s: resumed before it begins", stage);
}

despur_status run_continue(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  record_timing timing;
  TRY(check_inputs(r, error));
  TRY(check_finished(r, error));
  TRY(find_place(r, error));
  TRY(check_groups(r, error));
  TRY(check_history(r, error));
  TRY(read_timing(&timing, r, error));
  TRY(reopen_streams(r, error));
  TRY(run_remove_unfinished(r, error));
  TRY(restore(r, &timing, error));
  note_place(r);
cleanup:
  if (status != DESPUR_OK) leave_streams(r);
  return status;
}
