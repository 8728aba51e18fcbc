/* The times that a run leaves, to the second, by a clock that goes only when the run tells something. */
#include "testing.h"

#include "base/memory.h"
#include "despur/run.h"
#include "io/file.h"
#include "record/timing.h"

#include <stdbool.h>
#include <time.h>

static despur_error error;

/* ---- the clock ---- */

static time_t now = 1000;

/* In place of the C library's, for all that this program calls. */
int clock_gettime(clockid_t clock, struct timespec *out) {
  (void)clock;
  *out = (struct timespec){.tv_sec = now};
  return 0;
}

/* What has taken how long when the news comes. A step of training takes a second. */
static const struct {
  const char *news;
  time_t seconds;
} TAKES[] = {{"data: ", 3}, {"reference: epoch", 1000}, {"infer: ", 20}, {"train: epoch", 100}};

enum { BATCHES = 8, EPOCHS = 3, STOPPED_AFTER = 11 };

static size_t steps; /* of training and its reference */
static bool stops;

static void hear(void *context, const char *line) {
  (void)context;
  for (size_t i = 0; i < sizeof TAKES / sizeof *TAKES; i++)
    if (strncmp(line, TAKES[i].news, strlen(TAKES[i].news)) == 0) now += TAKES[i].seconds;
}

static void step(void *context, const despur_progress *progress) {
  (void)context, (void)progress;
  now++;
  steps++;
}

static int stop(void *context) {
  (void)context;
  return stops && steps >= BATCHES + STOPPED_AFTER;
}

/* ---- runs ---- */

/* 200 digits of which a fifth is for validation, in batches of 20. */
static const char *const WORDS[] = {
    "data.images=digits",         "data.digits_train=200",   "data.digits_test=50",  "data.strength=0.7",
    "reference.epochs=1",         "reference.batch_size=20", "infer.method=cluster", "infer.clusters=2",
    "train.method=group_balance", "train.epochs=3",          "train.batch_size=20"};

static despur_status carry_out(record_timing *timing, const char *directory, bool resume) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = directory,
                                      .resume = resume,
                                      .threads = 1,
                                      .observer = {.note = hear, .progress = step, .stop = stop}};
  char path[64], *content;
  size_t bytes;
  assert_ok(despur_config_create(&config, &error));
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    assert_ok(despur_config_set(config, WORDS[i], &error));
  steps = 0;
  const despur_status status = despur_run(&result, config, &options, &error);
  if (status == DESPUR_OK) {
    snprintf(path, sizeof path, "%s/timing.json", directory);
    assert_ok(file_read(&content, &bytes, path, 1 << 16, &error));
    assert_ok(timing_parse(timing, content, bytes, path, &error));
    mem_free(content);
  }
  despur_run_result_release(&result);
  despur_config_free(config);
  return status;
}

static void assert_times(const record_timing *timing, double prepare, double reference, double infer,
                         double train, double total) {
  assert_near(timing_of(timing, "prepare"), prepare, 0);
  assert_near(timing_of(timing, "reference"), reference, 0);
  assert_near(timing_of(timing, "infer"), infer, 0);
  assert_near(timing_of(timing, "train"), train, 0);
  assert_near(timing_of(timing, "total"), total, 0);
}

/* Measuring after each epoch belongs to no training, and to the whole. */
static void trainings_take_their_steps_and_no_measuring(void **state) {
  (void)state;
  record_timing timing;
  assert_ok(carry_out(&timing, "whole", false));
  assert_int_equal(steps, BATCHES * (1 + EPOCHS));
  assert_times(&timing, 3, BATCHES, 20, BATCHES * EPOCHS,
               3 + 1000 + 20 + 100 * EPOCHS + BATCHES * (1 + EPOCHS));
}

/* What a resumed run had taken up to its checkpoint counts; what was lost and the time between do not. */
static void a_resumed_run_adds_what_it_had_taken(void **state) {
  (void)state;
  record_timing timing;
  stops = true;
  assert_int_equal(carry_out(&timing, "stopped", false), DESPUR_INTERRUPTED);
  assert_int_equal(steps, BATCHES + STOPPED_AFTER);
  stops = false;
  now += 1000000;
  assert_ok(carry_out(&timing, "stopped", true));
  assert_int_equal(steps, BATCHES * (EPOCHS - 1));
  assert_times(&timing, 3, BATCHES, 20, BATCHES * EPOCHS,
               2 * 3 + 1000 + 20 + 100 * EPOCHS + BATCHES * (1 + EPOCHS));
}

static int set_up(void **state) {
  (void)state;
  static char path[128];
  temporary_directory(path);
  return chdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trainings_take_their_steps_and_no_measuring),
      cmocka_unit_test(a_resumed_run_adds_what_it_had_taken),
  };
  return cmocka_run_group_tests_name("times", tests, set_up, NULL);
}
