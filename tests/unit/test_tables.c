/* Tables as other programs write them: numbers agree with those of pandas, scikit-learn and fairlearn
 * (tests/golden/make_tables.py), whatever the format. */
#include "testing.h"

#include "despur/measures.h"

#include "golden/tables.h"

enum { GROUPS = sizeof ADULT_GROUPS / sizeof *ADULT_GROUPS };

static const char *const FILES[] = {"adult.csv", "adult_semicolons.csv", "adult_tabs.tsv", "adult.jsonl",
                                    "adult_packed"};

static despur_error error;

static despur_predicted read_file(const char *name, const despur_columns *columns) {
  char path[100];
  despur_predicted got;
  snprintf(path, sizeof path, "tests/data/tables/%s", name);
  assert_ok(despur_predicted_read(&got, path, columns, &error));
  return got;
}

static void columns_are_guessed_in_every_format(void **state) {
  (void)state;
  for (size_t f = 0; f < sizeof FILES / sizeof *FILES; f++) {
    despur_predicted got = read_file(FILES[f], NULL);
    assert_string_equal(got.columns, "label: label, prediction: pred, groups: sex x race within each label");
    assert_int_equal(got.count, 300);
    assert_int_equal(got.notes_count, 1);
    assert_string_equal(got.notes[0],
                        "column 'race': 5 of 300 values are missing; their groups cannot be the worst");
    assert_string_equal(got.class_names[1], ">50K");
    despur_predicted_release(&got);
  }
}

static void groups_agree_with_fairlearn(void **state) {
  (void)state;
  for (size_t f = 0; f < sizeof FILES / sizeof *FILES; f++) {
    despur_predicted got = read_file(FILES[f], NULL);
    despur_scores scores;
    assert_ok(despur_predicted_scores(&scores, &got, &error));
    assert_int_equal(scores.groups_count, GROUPS);
    double worst = 1;
    size_t aside = 0;
    for (size_t g = 0; g < GROUPS; g++) {
      assert_string_equal(scores.groups[g].name, ADULT_GROUPS[g].name);
      assert_int_equal(scores.groups[g].count, ADULT_GROUPS[g].count);
      assert_int_equal(scores.groups[g].correct, ADULT_GROUPS[g].correct);
      assert_near(scores.groups[g].accuracy, ADULT_GROUPS[g].accuracy, 1e-15);
      bool missing = strstr(ADULT_GROUPS[g].name, "(missing)");
      aside += missing;
      if (!missing && ADULT_GROUPS[g].accuracy < worst) worst = ADULT_GROUPS[g].accuracy;
    }
    assert_int_equal(scores.groups_aside, aside);
    assert_true(scores.worst_group_accuracy == worst);
    assert_near(scores.average_accuracy, ADULT_ACCURACY, 1e-15);
    despur_scores_release(&scores);
    despur_predicted_release(&got);
  }
}

static void scores_agree_with_scikit_learn(void **state) {
  (void)state;
  const despur_columns columns = {.score = "score", .positive = ">50K"};
  for (size_t f = 0; f < sizeof FILES / sizeof *FILES; f++) {
    despur_predicted got = read_file(FILES[f], &columns);
    despur_measures measures;
    assert_ok(despur_measures_compute(&measures, &got, &error));
    assert_near(measures.all.auroc, ADULT_AUROC, 1e-12);
    assert_near(measures.all.brier, ADULT_BRIER, 1e-12);
    assert_near(measures.all.log_loss, ADULT_LOG_LOSS, 1e-12);
    for (size_t g = 0; g < GROUPS; g++) {
      assert_near(measures.groups[g].brier, ADULT_GROUPS[g].brier, 1e-12);
      assert_near(measures.groups[g].log_loss, ADULT_GROUPS[g].log_loss, 1e-12);
    }
    despur_measures_release(&measures);
    despur_predicted_release(&got);
  }
}

/* The prediction is what the score says at its threshold, so either gives the same. */
static void a_score_alone_is_enough(void **state) {
  (void)state;
  despur_predicted both = read_file("adult.csv", NULL), alone;
  char path[160], line[200];
  temporary_directory(path);
  strcat(path, "/alone.csv");
  FILE *from = fopen("tests/data/tables/adult.csv", "r"), *to = fopen(path, "w");
  while (fgets(line, sizeof line, from)) { /* without the column pred, which is the last but one */
    char *last = strrchr(line, ',');
    *last = 0;
    *strrchr(line, ',') = 0;
    fprintf(to, "%s,%s", line, last + 1);
  }
  fclose(from);
  fclose(to);
  assert_ok(despur_predicted_read(&alone, path, &(despur_columns){.positive = ">50K"}, &error));
  assert_string_equal(alone.columns, "label: label, score: score, groups: sex x race within each label");
  assert_memory_equal(alone.predictions, both.predictions, 300 * sizeof *both.predictions);
  despur_predicted_release(&alone);
  despur_predicted_release(&both);
}

/* As pandas and NumPy write one table (tests/golden/make_archive_tables.py): the same to the last bit. */
static void archives_of_arrays_are_tables_too(void **state) {
  (void)state;
  static const char *const ARCHIVES[] = {"archive.npz", "archive_narrow.npz", "records.npy"}, *const BY[] = {
                                                                                                  NULL, "age",
                                                                                                  "group,age",
                                                                                                  "town"};
  for (size_t b = 0; b < sizeof BY / sizeof *BY; b++)
    for (size_t a = 0; a < 3; a++) {
      const despur_columns columns = {.by = BY[b]};
      despur_predicted wanted = read_file("archive.csv", &columns), got = read_file(ARCHIVES[a], &columns);
      assert_string_equal(got.columns, wanted.columns);
      assert_true(got.count == 60 && wanted.count == 60 && got.classes == 3);
      assert_int_equal(got.groups_count, wanted.groups_count);
      for (size_t g = 0; g < got.groups_count; g++) assert_string_equal(got.names[g], wanted.names[g]);
      assert_memory_equal(got.labels, wanted.labels, 60 * sizeof *got.labels);
      assert_memory_equal(got.predictions, wanted.predictions, 60 * sizeof *got.predictions);
      assert_memory_equal(got.groups, wanted.groups, 60 * sizeof *got.groups);
      assert_memory_equal(got.probabilities, wanted.probabilities, 3 * 60 * sizeof *got.probabilities);
      despur_predicted_release(&got);
      despur_predicted_release(&wanted);
    }
}

/* Columns of an array without names are numbered. */
static void a_plain_array_is_a_table(void **state) {
  (void)state;
  const despur_columns columns = {.label = "0", .prediction = "1", .by = "2"};
  despur_predicted p = read_file("plain.npy", &columns);
  assert_string_equal(p.columns, "label: 0, prediction: 1, groups: 2 within each label");
  assert_true(p.count == 60 && p.classes == 3 && p.groups_count == 6);
  size_t right = 0;
  for (size_t i = 0; i < p.count; i++) right += p.labels[i] == p.predictions[i];
  assert_int_equal(right, 34);
  despur_predicted_release(&p);
}

static void archives_that_are_no_tables_are_refused(void **state) {
  (void)state;
  static const char *const WRONG[][2] = {
      {"tests/data/tables/bad_rows.npz",
       "bad_rows.npz:group: expected 60 rows as in the arrays before it, found 50"},
      {"tests/data/tables/bad_shape.npz", "bad_shape.npz:images: expected a column of a table"},
      {"tests/data/tables/bad_text.npz", "bad_text.npz:1:2: column 'group': expected text in UTF-8"},
      {"tests/data/tables/bad_table.npz", "bad_table.npz:town: expected one dimension of text, found 2"},
      {"tests/data/tables/bad_nested.npy", "expected a plain type, not fields within a field"},
      {"tests/data/tables/bad_vectors.npy", "expected ')' (one value in each field)"},
      {"tests/data/tables/missing.npz", "missing.npz: No such file"}};
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
    despur_predicted got;
    assert_fails(despur_predicted_read(&got, WRONG[i][0], NULL, &error), DESPUR_BAD_INPUT, WRONG[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns_are_guessed_in_every_format),
      cmocka_unit_test(groups_agree_with_fairlearn),
      cmocka_unit_test(scores_agree_with_scikit_learn),
      cmocka_unit_test(a_score_alone_is_enough),
      cmocka_unit_test(archives_of_arrays_are_tables_too),
      cmocka_unit_test(a_plain_array_is_a_table),
      cmocka_unit_test(archives_that_are_no_tables_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
