#include "testing.h"

#include "despur/report.h"

#include <math.h>

enum { ROWS = 7 };

static despur_error error;

/* y, prediction and sex as a data frame has them: codes in any order, a missing value, one that is not used.
 */
static const uint32_t LABELS[ROWS] = {1, 0, 1, 1, 0, 0, 1}, PREDICTIONS[ROWS] = {1, 0, 0, 1, 1, 0, 1},
                      SEXES[ROWS] = {2, 0, 0, 2, UINT32_MAX, 2, 0};
static const double SCORES[ROWS] = {0.9, 0.25, 0.4, 0.8, 0.5, 0.1, 0.7};
static const char *const NUMBERS[] = {"0", "1"}, *const NAMES[] = {"Female", "other", "Male"};
static const char CSV[] =
    "y,pred,sex,p\n1,1,Male,0.9\n0,0,Female,0.25\n1,0,Female,0.4\n1,1,Male,0.8\n0,1,,0.5\n"
    "0,0,Male,0.1\n1,1,Female,0.7\n";

static const despur_frame_column COLUMNS[] = {{"y", NULL, LABELS, NUMBERS, 2},
                                              {"pred", NULL, PREDICTIONS, NUMBERS, 2},
                                              {"sex", NULL, SEXES, NAMES, 3},
                                              {"p", SCORES, NULL, NULL, 0}};

static despur_frame frame_of(size_t rows) {
  return (despur_frame){"frame", COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, rows};
}

static char *json_of(despur_predicted predicted) {
  despur_model model = {.label = "model", .predicted = predicted};
  char *json;
  assert_ok(despur_model_measure(&model, &error));
  const despur_measured measured = despur_model_measured(&model, true);
  assert_ok(despur_measured_json(&json, &measured, &error));
  despur_model_release(&model);
  return json;
}

static void a_frame_says_what_its_file_says(void **state) {
  (void)state;
  const despur_columns columns[] = {{0},
                                    {.score = "p", .from_scores = true},
                                    {.min_count = 2},
                                    {.whole_groups = true, .with_missing = true}};
  char directory[128], path[160];
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/p.csv", directory);
  FILE *file = fopen(path, "w");
  fputs(CSV, file);
  fclose(file);
  const despur_frame frame = frame_of(ROWS);
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
    despur_predicted read, made;
    assert_ok(despur_predicted_read(&read, path, &columns[i], &error));
    assert_ok(despur_predicted_from_frame(&made, &frame, &columns[i], &error));
    char *of_file = json_of(read), *of_frame = json_of(made);
    assert_string_equal(of_frame, of_file);
    free(of_file);
    free(of_frame);
  }
}

static void assert_refused(despur_frame frame, despur_columns columns, despur_status status,
                           const char *message) {
  despur_predicted got;
  assert_fails(despur_predicted_from_frame(&got, &frame, &columns, &error), status, message);
  assert_null(got.labels);
}

static void frames_that_do_not_fit_are_refused(void **state) {
  (void)state;
  const despur_frame empty = frame_of(0), whole = frame_of(ROWS);
  const double endless[ROWS] = {0.5, 0.5, (double)INFINITY};
  despur_frame_column columns[4];
  memcpy(columns, COLUMNS, sizeof columns);
  columns[3].numbers = endless;
  assert_refused((despur_frame){"frame", columns, 4, ROWS}, (despur_columns){.score = "p"}, DESPUR_BAD_INPUT,
                 "frame:3: column 'p': expected a number below 1.8e308, found inf");
  assert_refused(empty, (despur_columns){0}, DESPUR_BAD_INPUT,
                 "frame: expected predictions below the first line, found none");
  assert_refused(whole, (despur_columns){.label = "p"}, DESPUR_BAD_INPUT,
                 "frame: column 'p': expected values, found numbers only");
  assert_refused(whole, (despur_columns){.score = "pred", .from_scores = true}, DESPUR_BAD_INPUT,
                 "frame: column 'pred': expected numbers, found values");
  assert_refused(whole, (despur_columns){.others = true}, DESPUR_BAD_USAGE,
                 "frame: other columns are for tables in files only");
  assert_refused(whole, (despur_columns){.label = "sex", .prediction = "y", .by = "pred"}, DESPUR_BAD_INPUT,
                 "frame: column 'sex': 1 of 7 labels are missing, the first in line 5");
}

/* What is written of a table that has no file names none, and cannot be verified. */
static void a_frame_leaves_a_page(void **state) {
  (void)state;
  char directory[128], out[160];
  temporary_directory(directory);
  snprintf(out, sizeof out, "%s/page", directory);
  const despur_frame frame = frame_of(ROWS);
  despur_model models[2] = {{.label = "one"}, {.label = "two"}};
  for (size_t i = 0; i < 2; i++) {
    assert_ok(despur_predicted_from_frame(&models[i].predicted, &frame, NULL, &error));
    assert_ok(despur_model_measure(&models[i], &error));
  }
  const despur_models_options options = {.directory = out};
  assert_ok(despur_report_models(models, 2, &options, NULL, &error));
  for (size_t i = 0; i < 2; i++) despur_model_release(&models[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_frame_says_what_its_file_says),
      cmocka_unit_test(frames_that_do_not_fit_are_refused),
      cmocka_unit_test(a_frame_leaves_a_page),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
