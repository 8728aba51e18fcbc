#include "testing.h"

#include "despur/check.h"
#include "despur/stats.h"

static despur_error error;

/* Scores of two groups and of all their examples. */
typedef struct fixture {
  despur_group_score groups[2];
  despur_scores scores;
} fixture;

static void set_up(fixture *f, size_t correct1, size_t count1, size_t correct2, size_t count2) {
  *f = (fixture){.groups = {{.correct = correct1, .count = count1}, {.correct = correct2, .count = count2}}};
  f->scores = (despur_scores){.count = count1 + count2,
                              .correct = correct1 + correct2,
                              .groups_count = 2,
                              .groups = f->groups,
                              .worst_group_accuracy =
                                  fmin((double)correct1 / (double)count1, (double)correct2 / (double)count2),
                              .average_accuracy = (double)(correct1 + correct2) / (double)(count1 + count2)};
}

static void a_bound_outside_the_interval_decides(void **state) {
  (void)state;
  fixture f;
  set_up(&f, 350, 500, 950, 1000); /* 70 %: about 65.8 to 73.9 */
  despur_check low = {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6}, high = low, inside = low;
  high.bound = 0.8;
  inside.bound = 0.72;
  assert_ok(despur_check_scores(&low, 1, &f.scores, 0.95, &error));
  assert_int_equal(low.answer, DESPUR_HOLDS);
  assert_true(low.value == 0.7 && low.low > 0.64 && low.low < 0.67 && low.high > 0.73 && low.high < 0.76);
  assert_fails(despur_check_scores(&high, 1, &f.scores, 0.95, &error), DESPUR_GATE_FAILED,
               "worst group at least 0.8: does not hold; it is 0.7000 (0.65");
  assert_fails(despur_check_scores(&inside, 1, &f.scores, 0.95, &error), DESPUR_TOO_LITTLE_DATA,
               "worst group at least 0.72: undecided: too little data");
  assert_int_equal(inside.needed, despur_plan_threshold(0.7, 0.72, 0.95, 0.8));
}

static void the_worst_group_has_its_own_interval(void **state) {
  (void)state;
  fixture f;
  set_up(&f, 70, 100, 71, 100); /* either may be the worst */
  despur_check check = {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.5};
  const size_t correct[] = {70, 71}, count[] = {100, 100};
  despur_interval interval;
  assert_ok(despur_minimum_interval(&interval, correct, count, 2, 0.99, &error));
  assert_ok(despur_check_scores(&check, 1, &f.scores, 0.99, &error));
  assert_true(check.low == interval.low && check.high == interval.high);
}

static void averages_and_gaps_are_checked(void **state) {
  (void)state;
  fixture f;
  set_up(&f, 350, 500, 950, 1000); /* average 86.7 %, gap 16.7 points */
  despur_check checks[] = {{.condition = DESPUR_AVERAGE_AT_LEAST, .bound = 0.84},
                           {.condition = DESPUR_GAP_AT_MOST, .bound = 0.25},
                           {.condition = DESPUR_GAP_AT_MOST, .bound = 0.1},
                           {.condition = DESPUR_GAP_AT_MOST, .bound = 0.16}};
  assert_ok(despur_check_scores(checks, 2, &f.scores, 0.95, &error));
  assert_near(checks[0].value, 1300.0 / 1500, 1e-15);
  assert_near(checks[1].value, 1300.0 / 1500 - 0.7, 1e-15);
  assert_true(checks[1].low < checks[1].value && checks[1].value < checks[1].high);
  assert_fails(despur_check_scores(checks, 4, &f.scores, 0.95, &error), DESPUR_GATE_FAILED,
               "gap at most 0.1: does not hold");
  assert_int_equal(checks[3].answer, DESPUR_UNDECIDED);
}

/* A failure outranks what is undecided, whatever comes first. */
static void failures_come_before_doubts(void **state) {
  (void)state;
  fixture f;
  set_up(&f, 7, 10, 95, 100);
  despur_check checks[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.7},
                           {.condition = DESPUR_AVERAGE_AT_LEAST, .bound = 0.99}};
  assert_fails(despur_check_scores(checks, 2, &f.scores, 0.95, &error), DESPUR_GATE_FAILED,
               "average at least 0.99");
  despur_check turned[] = {checks[1], checks[0]};
  assert_fails(despur_check_scores(turned, 2, &f.scores, 0.95, &error), DESPUR_GATE_FAILED,
               "average at least 0.99");
}

static void without_examples_nothing_can_be_checked(void **state) {
  (void)state;
  despur_scores none = {0};
  despur_check check = {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6};
  assert_fails(despur_check_scores(&check, 1, &none, 0.95, &error), DESPUR_BAD_INPUT,
               "no group has an example");
}

static void junit_says_the_same_and_escapes_names(void **state) {
  (void)state;
  char directory[128], path[160], text[2000] = "";
  fixture f;
  set_up(&f, 350, 500, 950, 1000);
  despur_check checks[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6},
                           {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.9},
                           {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.72}};
  assert_int_equal(despur_check_scores(checks, 3, &f.scores, 0.95, &error), DESPUR_GATE_FAILED);
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/junit.xml", directory);
  assert_ok(despur_check_write_junit(checks, 3, "a<b&\"c\"", path, &error));
  FILE *file = fopen(path, "r");
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  assert_non_null(strstr(text, "tests=\"3\" failures=\"1\" errors=\"1\""));
  assert_non_null(strstr(
      text, "classname=\"a&lt;b&amp;&quot;c&quot;\" name=\"worst group at least 0.9\"><failure message=\""));
  assert_non_null(strstr(text, "name=\"worst group at least 0.72\"><error message=\""));
  assert_non_null(strstr(text, "name=\"worst group at least 0.6\"><system-out>"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bound_outside_the_interval_decides),
      cmocka_unit_test(the_worst_group_has_its_own_interval),
      cmocka_unit_test(averages_and_gaps_are_checked),
      cmocka_unit_test(failures_come_before_doubts),
      cmocka_unit_test(without_examples_nothing_can_be_checked),
      cmocka_unit_test(junit_says_the_same_and_escapes_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
