/* Whole runs of every method and every inference against tests/golden/make_runs.py, in which none of despur's
 * code takes part: the groups that are found, the loss of every step, and what the network says of the test
 * examples. */
#include "testing.h"

#include "despur/run.h"

#include <jansson.h>

static despur_error error;
static char room[512]; /* tests/golden/runs */
static json_t *expected;

static int set_up(void **state) {
  (void)state;
  static char directory[128], path[600];
  json_error_t wrong;
  if (!realpath("tests/golden/runs", room)) return -1;
  snprintf(path, sizeof path, "%s/expected.json", room);
  expected = json_load_file(path, 0, &wrong);
  temporary_directory(directory);
  return expected && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  json_decref(expected);
  return 0;
}

static void set_all(despur_config *config, const json_t *words) {
  for (size_t i = 0; i < json_array_size(words); i++)
    assert_ok(despur_config_set(config, json_string_value(json_array_get(words, i)), &error));
}

static void set_file(despur_config *config, const char *key, const char *name) {
  char word[700];
  snprintf(word, sizeof word, "%s=%s/%s", key, room, name);
  assert_ok(despur_config_set(config, word, &error));
}

static void carry_out(const json_t *words) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = "run", .force = 1, .threads = 1};
  assert_ok(despur_config_create(&config, &error));
  assert_ok(despur_config_set(config, "data.source=features", &error));
  set_file(config, "data.features", "features.npy");
  set_file(config, "data.labels", "labels.npy");
  set_file(config, "data.attributes", "attributes.npy");
  set_file(config, "data.splits", "splits.npy");
  set_file(config, "model.init", "init.safetensors");
  set_all(config, json_object_get(expected, "common"));
  set_all(config, words);
  assert_ok(despur_run(&result, config, &options, &error));
  despur_run_result_release(&result);
  despur_config_free(config);
}

/* A column of a file is what is expected. */
static void assert_column(const char *name, const char *path, int column, const json_t *wanted,
                          double tolerance) {
  char *line = NULL;
  size_t capacity = 0, row = 0;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_true(getline(&line, &capacity, file) > 0);
  for (; getline(&line, &capacity, file) >= 0; row++) {
    char *rest = line, *cell = NULL;
    for (int c = 0; c <= column; c++) cell = strsep(&rest, ",\n");
    assert_non_null(cell);
    double found = strtod(cell, NULL), value = json_number_value(json_array_get(wanted, row));
    if (!(fabs(found - value) <= tolerance))
      fail_msg("%s: %s, row %zu: %.9g, expected %.9g", name, path, row, found, value);
  }
  assert_int_equal(row, json_array_size(wanted));
  fclose(file);
  free(line);
}

/* Weights are float32 here and float64 there. */
static void every_method_and_inference_agrees_with_another_program(void **state) {
  (void)state;
  size_t index;
  json_t *one;
  json_array_foreach(json_object_get(expected, "cases"), index, one) {
    const char *name = json_string_value(json_object_get(one, "name"));
    carry_out(json_object_get(one, "words"));
    if (strstr(json_string_value(json_array_get(json_object_get(one, "words"), 0)), "infer"))
      assert_column(name, "run/groups.csv", 3, json_object_get(one, "groups"), 0);
    assert_column(name, "run/steps.csv", 1, json_object_get(one, "losses"), 1e-5);
    assert_column(name, "run/predictions.csv", 5, json_object_get(one, "probabilities"), 1e-5);
  }
  assert_int_equal(index, 11);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_method_and_inference_agrees_with_another_program)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
