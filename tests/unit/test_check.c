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
  assert_ok(despur_check_all(&low, 1, &(despur_check_subject){.scores = &f.scores}, 0.95, &error));
  assert_int_equal(low.answer, DESPUR_HOLDS);
  assert_true(low.value == 0.7 && low.low > 0.64 && low.low < 0.67 && low.high > 0.73 && low.high < 0.76);
  assert_fails(despur_check_all(&high, 1, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
               DESPUR_GATE_FAILED, "worst group at least 0.8: does not hold; it is 0.7000 (0.65");
  assert_fails(despur_check_all(&inside, 1, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
               DESPUR_TOO_LITTLE_DATA, "worst group at least 0.72: undecided: too little data");
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
  assert_ok(despur_check_all(&check, 1, &(despur_check_subject){.scores = &f.scores}, 0.99, &error));
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
  assert_ok(despur_check_all(checks, 2, &(despur_check_subject){.scores = &f.scores}, 0.95, &error));
  assert_near(checks[0].value, 1300.0 / 1500, 1e-15);
  assert_near(checks[1].value, 1300.0 / 1500 - 0.7, 1e-15);
  assert_true(checks[1].low < checks[1].value && checks[1].value < checks[1].high);
  assert_fails(despur_check_all(checks, 4, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
               DESPUR_GATE_FAILED, "gap at most 0.1: does not hold");
  assert_int_equal(checks[3].answer, DESPUR_UNDECIDED);
}

/* A failure outranks what is undecided, whatever comes first. */
static void failures_come_before_doubts(void **state) {
  (void)state;
  fixture f;
  set_up(&f, 7, 10, 95, 100);
  despur_check checks[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.7},
                           {.condition = DESPUR_AVERAGE_AT_LEAST, .bound = 0.99}};
  assert_fails(despur_check_all(checks, 2, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
               DESPUR_GATE_FAILED, "average at least 0.99");
  despur_check turned[] = {checks[1], checks[0]};
  assert_fails(despur_check_all(turned, 2, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
               DESPUR_GATE_FAILED, "average at least 0.99");
}

static void without_examples_nothing_can_be_checked(void **state) {
  (void)state;
  despur_scores none = {0};
  despur_check check = {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6};
  assert_fails(despur_check_all(&check, 1, &(despur_check_subject){.scores = &none}, 0.95, &error),
               DESPUR_BAD_INPUT, "no group has an example");
}

static void junit_says_the_same_and_escapes_names(void **state) {
  (void)state;
  char directory[128], path[160], text[2000] = "";
  fixture f;
  set_up(&f, 350, 500, 950, 1000);
  despur_check checks[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6},
                           {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.9},
                           {.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.72}};
  assert_int_equal(despur_check_all(checks, 3, &(despur_check_subject){.scores = &f.scores}, 0.95, &error),
                   DESPUR_GATE_FAILED);
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/junit.xml", directory);
  assert_ok(despur_check_write_junit(checks, 3, &(despur_check_subject){.name = "a<b&\"c\""}, path, &error));
  FILE *file = fopen(path, "r");
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  assert_non_null(strstr(text, "tests=\"3\" failures=\"1\" errors=\"1\""));
  assert_non_null(strstr(
      text, "classname=\"a&lt;b&amp;&quot;c&quot;\" name=\"worst group at least 0.9\"><failure message=\""));
  assert_non_null(strstr(text, "name=\"worst group at least 0.72\"><error message=\""));
  assert_non_null(strstr(text, "name=\"worst group at least 0.6\"><system-out>"));
}

/* Predictions of two classes for two values of an attribute. */
typedef struct loans {
  uint32_t labels[400], predictions[400], attributes[400];
  despur_predicted predicted;
  despur_scores scores;
  despur_rates rates;
} loans;

/* 200 examples with each attribute, half of them positive; hits[a] of the positive ones are found and
 * raised[a] of the others are taken for positive. */
static void lend(loans *l, const size_t hits[2], const size_t raised[2]) {
  static const char *names[] = {"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1"};
  static uint32_t groups[400];
  for (uint32_t i = 0; i < 400; i++) {
    uint32_t a = i / 200, place = i % 200, y = place < 100;
    l->attributes[i] = a;
    l->labels[i] = y;
    l->predictions[i] = y ? place < hits[a] : place - 100 < raised[a];
    groups[i] = 2 * y + a;
  }
  l->predicted = (despur_predicted){.count = 400,
                                    .classes = 2,
                                    .groups_count = 4,
                                    .labels = l->labels,
                                    .predictions = l->predictions,
                                    .attributes = l->attributes,
                                    .groups = groups,
                                    .names = names,
                                    .loss = (double)NAN};
  assert_ok(despur_predicted_scores(&l->scores, &l->predicted, &error));
  assert_ok(despur_rates_compute(&l->rates, &l->predicted, 0.95, &error));
}

static void settle(loans *l) {
  despur_rates_release(&l->rates);
  despur_scores_release(&l->scores);
}

/* Two groups have Newcombe's interval: 90 and 60 of 100 are 18.2 to 41.0 points apart (statsmodels). */
static void differences_and_ratios_of_rates_are_checked(void **state) {
  (void)state;
  loans l;
  lend(&l, (const size_t[]){90, 60}, (const size_t[]){10, 10});
  despur_check_subject subject = {.scores = &l.scores, .rates = &l.rates};
  despur_check checks[] = {
      {.condition = DESPUR_DIFFERENCE_AT_MOST, .rate = DESPUR_TRUE_POSITIVE, .bound = 0.42},
      {.condition = DESPUR_DIFFERENCE_AT_MOST, .rate = DESPUR_FALSE_POSITIVE, .bound = 0.1},
      {.condition = DESPUR_RATIO_AT_LEAST, .rate = DESPUR_TRUE_POSITIVE, .bound = 0.5},
      {.condition = DESPUR_DIFFERENCE_AT_MOST, .rate = DESPUR_TRUE_POSITIVE, .bound = 0.18}};
  assert_ok(despur_check_all(checks, 3, &subject, 0.95, &error));
  assert_near(checks[0].value, 0.3, 1e-15);
  despur_interval newcombe = despur_difference_interval(60, 100, 90, 100, 0.95);
  assert_near(checks[0].low, newcombe.low, 1e-12);
  assert_near(checks[0].high, newcombe.high, 1e-12);
  assert_true(checks[1].low == 0 && checks[1].value == 0);
  assert_near(checks[2].value, 2.0 / 3, 1e-15);
  assert_string_equal(checks[0].group, "a=1");
  assert_string_equal(checks[0].other, "a=0");
  assert_fails(despur_check_all(checks, 4, &subject, 0.95, &error), DESPUR_GATE_FAILED,
               "difference of tpr at most 0.18: does not hold; it is 0.3000");
  assert_fails(despur_check_all(checks, 1, &subject, 0.9, &error), DESPUR_BAD_INPUT, "at its confidence");
  settle(&l);
}

/* The least rate has the interval of a minimum, the largest that of what is left. */
static void every_groups_rate_is_checked(void **state) {
  (void)state;
  loans l;
  lend(&l, (const size_t[]){90, 60}, (const size_t[]){10, 20});
  despur_check checks[] = {{.condition = DESPUR_RATE_AT_LEAST, .rate = DESPUR_TRUE_POSITIVE, .bound = 0.5},
                           {.condition = DESPUR_RATE_AT_MOST, .rate = DESPUR_FALSE_POSITIVE, .bound = 0.3},
                           {.condition = DESPUR_RATE_AT_LEAST, .rate = DESPUR_F1, .bound = 0.5}};
  const size_t found[] = {90, 60}, passed[] = {90, 80}, all[] = {100, 100};
  despur_interval least, most;
  assert_ok(despur_check_all(checks, 3, &(despur_check_subject){.scores = &l.scores, .rates = &l.rates}, 0.95,
                             &error));
  assert_ok(despur_minimum_interval(&least, found, all, 2, 0.95, &error));
  assert_ok(despur_minimum_interval(&most, passed, all, 2, 0.95, &error));
  assert_true(checks[0].value == 0.6 && checks[0].low == least.low && checks[0].high == least.high);
  assert_near(checks[1].value, 0.2, 1e-15);
  assert_near(checks[1].low, 1 - most.high, 1e-15);
  assert_near(checks[1].high, 1 - most.low, 1e-15);
  assert_near(checks[2].value, 120.0 / 180, 1e-15);
  assert_true(checks[2].low < checks[2].value && checks[2].value < checks[2].high);
  assert_string_equal(checks[1].group, "a=1");
  settle(&l);
}

static void a_baseline_must_be_matched(void **state) {
  (void)state;
  loans before, after;
  despur_comparison comparison;
  lend(&before, (const size_t[]){95, 90}, (const size_t[]){5, 5});
  lend(&after, (const size_t[]){95, 40}, (const size_t[]){5, 5});
  assert_ok(despur_compare(&comparison, &before.predicted, &after.predicted, 0.95, &error));
  despur_check checks[] = {
      {.condition = DESPUR_AVERAGE_NO_WORSE, .bound = 0.2, .baseline = "before.csv"},
      {.condition = DESPUR_WORST_GROUP_NO_WORSE, .bound = 0.1, .baseline = "before.csv"},
      {.condition = DESPUR_WORST_GROUP_NO_WORSE, .bound = 0.5, .baseline = "before.csv"}};
  assert_fails(despur_check_all(checks, 3,
                                &(despur_check_subject){.scores = &after.scores, .comparison = &comparison},
                                0.95, &error),
               DESPUR_GATE_FAILED, "worst group at most 0.1 worse than before.csv: does not hold");
  assert_int_equal(checks[0].answer, DESPUR_HOLDS);
  assert_int_equal(checks[2].answer, DESPUR_UNDECIDED);
  assert_true(checks[0].low == comparison.all.low && checks[1].high == comparison.worst.high);
  despur_comparison_release(&comparison);
  settle(&before);
  settle(&after);
}

static void markdown_shows_names_as_they_are(void **state) {
  (void)state;
  fixture f;
  char *text;
  set_up(&f, 350, 500, 950, 1000);
  f.groups[0].name = "a=|<b>@`x`*\n";
  despur_check checks[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.6},
                           {.condition = DESPUR_RATIO_AT_LEAST, .rate = DESPUR_SELECTION, .bound = 0.8}};
  despur_check_subject subject = {.name = "a|b.csv", .scores = &f.scores};
  assert_ok(despur_check_all(checks, 1, &subject, 0.95, &error));
  checks[1].value = (double)NAN;
  checks[1].answer = DESPUR_UNDECIDED;
  assert_ok(despur_check_markdown(&text, checks, 2, &subject, 0.95, &error));
  assert_non_null(strstr(text, "### a&#124;b.csv: too little data to say\n"));
  assert_non_null(strstr(text, "| worst group at least 0.6 | holds | 70.00 % | "));
  assert_non_null(strstr(text, "| a=&#124;&#60;b&#62;&#64;&#96;x&#96;&#42;? |\n"));
  assert_non_null(strstr(text, "| ratio of selection at least 0.8 | *undecided* | - | - |  |\n"));
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bound_outside_the_interval_decides),
      cmocka_unit_test(the_worst_group_has_its_own_interval),
      cmocka_unit_test(averages_and_gaps_are_checked),
      cmocka_unit_test(failures_come_before_doubts),
      cmocka_unit_test(without_examples_nothing_can_be_checked),
      cmocka_unit_test(differences_and_ratios_of_rates_are_checked),
      cmocka_unit_test(every_groups_rate_is_checked),
      cmocka_unit_test(a_baseline_must_be_matched),
      cmocka_unit_test(markdown_shows_names_as_they_are),
      cmocka_unit_test(junit_says_the_same_and_escapes_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
