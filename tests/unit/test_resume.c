/* Checkpoints that are whole and of something else: each is refused with its reason, and stays; begun again,
 * the run ends as one that was left alone. */
#include "testing.h"

#include "base/memory.h"
#include "despur/run.h"
#include "run/state/checkpoint.h"

#include <stdbool.h>
#include <stdlib.h>

static despur_error error;

enum { BATCHES = 8, STOPPED_AFTER = 2 * BATCHES + 3 /* in the second epoch of the final network */ };

static size_t steps;
static bool stops;
static char last_note[512];

static void hear(void *context, const char *line) {
  (void)context;
  if (strstr(line, "starting again")) snprintf(last_note, sizeof last_note, "%s", line);
}

static void step(void *context, const despur_progress *progress) {
  (void)context, (void)progress;
  steps++;
}

static int stop(void *context) {
  (void)context;
  return stops && steps >= STOPPED_AFTER;
}

/* 160 training digits in batches of 20. */
static const char *const WORDS[] = {
    "data.images=digits",   "data.digits_train=200",      "data.digits_test=50",
    "data.strength=0.7",    "reference.epochs=1",         "reference.batch_size=20",
    "infer.method=cluster", "infer.clusters=2",           "train.epochs=2",
    "train.batch_size=20",  "train.method=group_balance", "select.rule=val_worst_inferred_group"};

static despur_status carry_out(const char *directory, bool resume, bool force) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = directory,
                                      .resume = resume,
                                      .force = force,
                                      .threads = 1,
                                      .observer = {.note = hear, .progress = step, .stop = stop}};
  assert_ok(despur_config_create(&config, &error));
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    assert_ok(despur_config_set(config, WORDS[i], &error));
  steps = 0;
  const despur_status status = despur_run(&result, config, &options, &error);
  despur_run_result_release(&result);
  despur_config_free(config);
  return status;
}

/* ---- checkpoints ---- */

/* What a field of a checkpoint that is whole becomes; it is not freed. */
static char list[] = "[]", version[] = "0.0.0-other", nowhere[] = "nowhere", infer[] = "infer",
            gone[] = "{\"gone.csv\":\"0\"}";

static void of_another_version(checkpoint *c) {
  c->version = version;
}
static void with_a_list_of_inputs(checkpoint *c) {
  c->inputs = list;
}
static void with_a_list_of_outputs(checkpoint *c) {
  c->finished = list;
}
static void with_a_list_of_times(checkpoint *c) {
  c->timing = list;
}
static void at_no_stage(checkpoint *c) {
  c->stage = nowhere;
}
static void of_fewer_networks(checkpoint *c) {
  c->stage_count--;
}
static void with_groups_too_early(checkpoint *c) {
  c->stage = infer;
}
static void of_fewer_examples(checkpoint *c) {
  c->examples--;
}
static void of_fewer_validation_examples(checkpoint *c) {
  c->val_examples--;
}
static void that_remembers_nothing(checkpoint *c) {
  c->history.epochs = 0;
}
static void that_remembers_fewer_examples(checkpoint *c) {
  c->history.examples--;
}
static void that_remembers_an_epoch_too_few(checkpoint *c) {
  c->state.epoch++;
}
static void after_a_file_that_is_not_there(checkpoint *c) {
  c->finished = gone;
}

static const struct {
  void (*change)(checkpoint *c);
  const char *reason;
} OTHERS[] = {
    {of_another_version, "other/last.ckpt: written by despur 0.0.0-other, this is despur "},
    {with_a_list_of_inputs, "other/last.ckpt: damaged: expected a JSON object"},
    {with_a_list_of_outputs, "other/last.ckpt: damaged: expected a JSON object"},
    {with_a_list_of_times, "other/last.ckpt: damaged: expected a JSON object"},
    {at_no_stage, "other/last.ckpt: damaged: its stages are not those of this run"},
    {of_fewer_networks, "other/last.ckpt: damaged: its stages are not those of this run"},
    {with_groups_too_early, "other/last.ckpt: damaged: its groups are not those of this run"},
    {of_fewer_examples, "other/last.ckpt: damaged: its groups are not those of this run"},
    {of_fewer_validation_examples, "other/last.ckpt: damaged: its groups are not those of this run"},
    {that_remembers_nothing, "other/last.ckpt: damaged: its history is not that of this run"},
    {that_remembers_fewer_examples, "other/last.ckpt: damaged: its history is not that of this run"},
    {that_remembers_an_epoch_too_few, "other/last.ckpt: damaged: its history is not that of this run"},
    {after_a_file_that_is_not_there, "other/gone.csv: has gone since the checkpoint"}};

static void put(const checkpoint *whole, void (*change)(checkpoint *c)) {
  checkpoint changed = *whole;
  change(&changed);
  assert_ok(checkpoint_write(&changed, "other/" CHECKPOINT_FILE, &error));
}

static void checkpoints_of_something_else_are_refused_with_the_reason(void **state) {
  (void)state;
  checkpoint whole;
  stops = true;
  assert_int_equal(carry_out("other", false, false), DESPUR_INTERRUPTED);
  stops = false;
  assert_ok(checkpoint_read(&whole, "other/" CHECKPOINT_FILE, &error));
  assert_int_equal(whole.state.epoch, 1);
  assert_int_equal(system("cp -r other before"), 0);
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
    put(&whole, OTHERS[i].change);
    assert_fails(carry_out("other", true, false), DESPUR_BAD_INPUT, OTHERS[i].reason);
    assert_int_equal(steps, 0);
  }
  assert_ok(checkpoint_write(&whole, "other/" CHECKPOINT_FILE, &error));
  assert_int_equal(system("diff -r before other"), 0); /* nothing else was touched */
  assert_ok(carry_out("other", true, false));
  assert_int_equal(steps, BATCHES);
  checkpoint_release(&whole);
}

/* With force as well a run that cannot go on begins again. */
static void a_run_that_cannot_go_on_can_begin_again(void **state) {
  (void)state;
  checkpoint whole;
  assert_ok(checkpoint_read(&whole, "before/" CHECKPOINT_FILE, &error));
  const size_t later[] = {0, 4}; /* found before the data are read, and after */
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(system("mv other whole; cp -r before other"), 0);
    put(&whole, OTHERS[later[i]].change);
    assert_ok(carry_out("other", true, true));
    assert_int_equal(steps, 3 * BATCHES);
    assert_non_null(strstr(last_note, OTHERS[later[i]].reason));
    assert_int_equal(system("diff -r -x timing.json whole other && rm -r whole"), 0);
  }
  checkpoint_release(&whole);
}

static int set_up(void **state) {
  (void)state;
  static char path[128];
  temporary_directory(path);
  return chdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(checkpoints_of_something_else_are_refused_with_the_reason),
      cmocka_unit_test(a_run_that_cannot_go_on_can_begin_again),
  };
  return cmocka_run_group_tests_name("resume", tests, set_up, NULL);
}
