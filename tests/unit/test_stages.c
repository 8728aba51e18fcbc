/* A run that is stopped in the middle of a stage without epochs goes on with that stage, and ends as one that
 * was left alone. */
#include "testing.h"

#include "despur/run.h"

#include <stdbool.h>
#include <stdlib.h>

static despur_error error;

static const char *const WORDS[] = {"data.images=digits", "data.digits_train=300", "data.digits_test=100",
                                    "data.strength=0.6",  "train.epochs=2",        "repair.method=dfr",
                                    "repair.c=[1,0.1]",   "repair.refits=2"};

static bool stopping, fitting;
static size_t resumed, asked; /* asked: while the layer is fitted */

static void hear(void *context, const char *line) {
  const bool *stops = context;
  if (strncmp(line, "repair: worst group", 19) == 0) fitting = false;
  if (strncmp(line, "repair: DFR", 11) == 0) fitting = true;
  stopping |= *stops && fitting;
  resumed += strcmp(line, "repair: resumed before it begins") == 0;
}

static int stop(void *context) {
  (void)context;
  asked += fitting;
  return stopping && asked > 3; /* in the middle of it */
}

static despur_status carry_out(const char *directory, bool resume, bool stops, int threads) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = directory,
                                      .resume = resume,
                                      .threads = threads,
                                      .observer = {.context = &stops, .note = hear, .stop = stop}};
  assert_ok(despur_config_create(&config, &error));
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    assert_ok(despur_config_set(config, WORDS[i], &error));
  stopping = fitting = false;
  asked = 0;
  despur_status status = despur_run(&result, config, &options, &error);
  if (status == DESPUR_OK) {
    assert_int_equal(result.stage_count, 2);
    assert_int_equal(result.stages[0].network, DESPUR_NETWORK_TRAIN);
    assert_int_equal(result.stages[1].network, DESPUR_NETWORK_REPAIR);
    assert_string_equal(result.stages[0].label, "ERM");
    assert_string_equal(result.stages[1].label, "ERM + DFR");
  }
  despur_run_result_release(&result);
  despur_config_free(config);
  return status;
}

static void a_repair_that_is_stopped_goes_on_to_the_same_bytes(void **state) {
  (void)state;
  assert_ok(carry_out("whole", false, false, 1));
  assert_true(asked > 10);
  assert_int_equal(carry_out("stopped", false, true, 1), DESPUR_INTERRUPTED);
  assert_non_null(strstr(error.message, "interrupted in the repair of the last layer"));
  assert_int_equal(asked, 4);
  assert_int_equal(system("test -e stopped/last.ckpt && test ! -e stopped/model.safetensors"), 0);
  assert_ok(carry_out("stopped", true, false, 3));
  assert_int_equal(resumed, 1);
  assert_int_equal(system("diff -r -x timing.json whole stopped"), 0);
}

static int set_up(void **state) {
  (void)state;
  static char path[128];
  temporary_directory(path);
  return chdir(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_repair_that_is_stopped_goes_on_to_the_same_bytes)};
  return cmocka_run_group_tests(tests, set_up, NULL);
}
