#include "testing.h"

#include "despur/compare.h"
#include "eval/compare_worst.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/draw.h"

#include "golden/statistics.h"

#include <stdbool.h>

static despur_error error;

/* ---- tests and intervals for counts ---- */

static void mcnemar_agrees_with_statsmodels(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof MCNEMAR_VALUES / sizeof *MCNEMAR_VALUES; i++)
    assert_near(despur_mcnemar(MCNEMAR_VALUES[i].only_first, MCNEMAR_VALUES[i].only_second),
                MCNEMAR_VALUES[i].p, 1e-12);
  assert_true(despur_mcnemar(0, 0) == 1);
  assert_true(despur_mcnemar(4, 4) == 1);
}

/* Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data", first example: airway
 * hyper-responsiveness before and after stem cell transplantation (Bentur et al. 2009) */
static void mcnemar_gives_the_published_value(void **state) {
  (void)state;
  assert_near(despur_mcnemar(1, 7), 0.070, 5e-4);
}

static void holm_agrees_with_statsmodels(void **state) {
  (void)state;
  enum { COUNT = sizeof HOLM_VALUES / sizeof *HOLM_VALUES };
  double p[COUNT + 2] = {(double)NAN};
  for (size_t i = 0; i < COUNT; i++) p[i + 1] = HOLM_VALUES[i].p;
  p[COUNT + 1] = (double)NAN; /* no examples: not a test */
  assert_ok(despur_holm(p, p, COUNT + 2, &error));
  for (size_t i = 0; i < COUNT; i++) assert_near(p[i + 1], HOLM_VALUES[i].adjusted, 1e-15);
  assert_true(isnan(p[0]) && isnan(p[COUNT + 1]));
}

static void holm_never_goes_beyond_one(void **state) {
  (void)state;
  double p[] = {0.9, 0.6, 0.7};
  assert_ok(despur_holm(p, p, 3, &error));
  for (size_t i = 0; i < 3; i++) assert_true(p[i] == 1);
}

static void differences_have_newcombes_interval(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof DIFFERENCE_VALUES / sizeof *DIFFERENCE_VALUES; i++) {
    const struct difference_value *v = &DIFFERENCE_VALUES[i];
    despur_interval got = despur_difference_interval(v->correct1, v->count1, v->correct2, v->count2, 0.95);
    assert_near(got.low, v->low, 1e-9);
    assert_near(got.high, v->high, 1e-9);
  }
  assert_true(isnan(despur_difference_interval(0, 0, 1, 2, 0.95).low));
}

/* Altman et al. 2000, "Statistics with Confidence", table 6.2: 14 both, 5 and 0 one only, 22 neither; 0.01 to
 * 0.23 */
static void paired_differences_have_the_published_interval(void **state) {
  (void)state;
  const despur_pairs pairs = {14, 0, 5, 22}, turned = {14, 5, 0, 22};
  despur_interval got = despur_paired_interval(&pairs, 0.95), back = despur_paired_interval(&turned, 0.95);
  assert_near(got.low, 0.01, 5e-3);
  assert_near(got.high, 0.23, 5e-3);
  assert_near(back.low, -got.high, 1e-15);
  assert_near(back.high, -got.low, 1e-15);
}

static void equal_answers_are_no_difference(void **state) {
  (void)state;
  const despur_pairs same = {70, 0, 0, 30}, none = {0};
  despur_interval got = despur_paired_interval(&same, 0.95);
  assert_true(got.low <= 0 && got.high >= 0 && got.high - got.low < 0.05);
  assert_true(isnan(despur_paired_interval(&none, 0.95).low));
}

/* ---- predictions ---- */

enum { MOST = 400 };

typedef struct model {
  uint32_t labels[MOST], predictions[MOST], groups[MOST];
  const char *ids[MOST];
  const char *names[3];
  despur_predicted predicted;
} model;

static void set_up(model *m, size_t groups) {
  *m = (model){.names = {"a", "b", "c"}};
  m->predicted = (despur_predicted){.classes = 2,
                                    .groups_count = groups,
                                    .labels = m->labels,
                                    .predictions = m->predictions,
                                    .groups = m->groups,
                                    .names = m->names};
}

/* "id 1000", "id 999", ... */
static const char *id_of(size_t at) {
  static char ids[MOST][16];
  snprintf(ids[at], sizeof ids[at], "id %zu", 1000 - at);
  return ids[at];
}

/* Adds that many examples to a group, right or wrong for each model. */
static void add(model *first, model *second, uint32_t group, size_t count, bool first_right,
                bool second_right) {
  for (size_t i = 0; i < count; i++) {
    size_t at = first->predicted.count++;
    second->predicted.count++;
    first->labels[at] = second->labels[at] = (uint32_t)at % 2;
    first->groups[at] = second->groups[at] = group;
    first->ids[at] = second->ids[at] = id_of(at);
    first->predictions[at] = first_right ? (uint32_t)at % 2 : 1 - (uint32_t)at % 2;
    second->predictions[at] = second_right ? (uint32_t)at % 2 : 1 - (uint32_t)at % 2;
  }
}

static void add_pairs(model *first, model *second, uint32_t group, despur_pairs pairs) {
  add(first, second, group, pairs.both, true, true);
  add(first, second, group, pairs.only_first, true, false);
  add(first, second, group, pairs.only_second, false, true);
  add(first, second, group, pairs.neither, false, false);
}

static void groups_are_compared_by_their_pairs(void **state) {
  (void)state;
  const despur_pairs a = {20, 1, 7, 12}, b = {30, 4, 4, 2};
  model first, second;
  despur_comparison got;
  set_up(&first, 3); /* nobody is in the third group */
  set_up(&second, 3);
  add_pairs(&first, &second, 0, a);
  add_pairs(&first, &second, 1, b);
  assert_ok(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error));
  assert_memory_equal(&got.groups[0].pairs, &a, sizeof a);
  assert_memory_equal(&got.groups[1].pairs, &b, sizeof b);
  assert_int_equal(got.all.pairs.only_second, 11);
  assert_near(got.groups[0].difference, 6.0 / 40, 1e-15);
  despur_interval interval = despur_paired_interval(&a, 0.95);
  assert_true(got.groups[0].low == interval.low && got.groups[0].high == interval.high);
  assert_near(got.groups[0].p_value, 0.0703125, 1e-12);
  assert_near(got.groups[0].adjusted, 2 * 0.0703125, 1e-12); /* two groups have examples */
  assert_true(got.groups[1].p_value == 1 && got.groups[1].adjusted == 1);
  assert_true(isnan(got.groups[2].first) && isnan(got.groups[2].p_value) && isnan(got.groups[2].adjusted));
  assert_int_equal(got.worst.group_first, 0);
  assert_int_equal(got.worst.group_second, 0);
  assert_near(got.worst.difference, 6.0 / 40, 1e-15);
  assert_true(got.worst.low < got.worst.difference && got.worst.high > got.worst.difference);
  despur_comparison_release(&got);
}

static despur_group_comparison group_of(despur_pairs pairs) {
  double count = (double)(pairs.both + pairs.only_first + pairs.only_second + pairs.neither);
  return (despur_group_comparison){.pairs = pairs,
                                   .first = (double)(pairs.both + pairs.only_first) / count,
                                   .second = (double)(pairs.both + pairs.only_second) / count};
}

/* 75 of 100 and 1900 of 2000 against 95 of 100 and 1400 of 2000: both models are bad somewhere, and nothing
 * tells their worst groups apart, however much they differ in each. */
static void models_that_are_bad_in_different_groups_are_not_told_apart_for_that(void **state) {
  (void)state;
  const despur_group_comparison groups[] = {group_of((despur_pairs){72, 3, 23, 2}),
                                            group_of((despur_pairs){1330, 570, 70, 30})};
  despur_worst_comparison got;
  assert_ok(compare_worst(&got, groups, 2, false, 0.95, &error));
  assert_int_equal(got.group_first, 0);
  assert_int_equal(got.group_second, 1);
  assert_false(got.distinguishable);
  assert_true(got.low < -0.1 && got.high > 0.03);
  assert_true(got.p_value > 0.2 && got.p_value < 0.4);
}

/* The p-value is the level at which the interval just reaches 0, and never speaks against it. */
static void verdict_interval_and_p_value_agree_at_every_confidence(void **state) {
  (void)state;
  const despur_pairs cases[][2] = {{{20, 1, 7, 12}, {30, 4, 4, 2}},   {{10, 2, 3, 1}, {40, 9, 3, 20}},
                                   {{50, 0, 10, 40}, {90, 2, 2, 6}},  {{5, 0, 0, 5}, {50, 2, 9, 30}},
                                   {{60, 20, 0, 20}, {80, 0, 20, 0}}, {{0, 0, 90, 10}, {90, 0, 5, 5}}};
  const double confidences[] = {0.5, 0.8, 0.9, 0.95, 0.99, 0.9999};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const despur_group_comparison groups[] = {group_of(cases[i][0]), group_of(cases[i][1])};
    double p = 0;
    for (size_t k = 0; k < sizeof confidences / sizeof *confidences; k++) {
      despur_worst_comparison got;
      assert_ok(compare_worst(&got, groups, 2, false, confidences[k], &error));
      assert_int_equal(got.distinguishable, got.low > 0 || got.high < 0);
      assert_int_equal(got.distinguishable, got.p_value <= 1 - confidences[k]);
      assert_true(got.low <= got.difference && got.difference <= got.high);
      if (k > 0 && p < 1) assert_near(got.p_value / p, 1, 0.01); /* whatever confidence was asked for */
      p = got.p_value;
    }
    if (p > 1e-4 && p < 0.4) {
      int differ;
      assert_ok(compare_worst_differ(&differ, groups, 2, false, 1 - 1.02 * p, &error));
      assert_true(differ);
      assert_ok(compare_worst_differ(&differ, groups, 2, false, 1 - 0.98 * p, &error));
      assert_false(differ);
    }
  }
}

static despur_pairs draw_pairs(random_stream *stream, size_t n, double first, double second, double both) {
  despur_pairs pairs = {.both = draw_binomial(stream, n, both)};
  size_t left = n - pairs.both;
  pairs.only_first = draw_binomial(stream, left, (first - both) / (1 - both));
  left -= pairs.only_first;
  pairs.only_second = draw_binomial(stream, left, (second - both) / (1 - first));
  pairs.neither = left - pairs.only_second;
  return pairs;
}

/* Equal minima: how often they are told apart at 95 %; slow_coverage.c has more. */
static void equal_worst_groups_are_rarely_told_apart(void **state) {
  (void)state;
  const struct {
    size_t count[2];
    double first[2], second[2], both[2];
  } cases[] = {
      {{100, 2000}, {0.7, 0.95}, {0.95, 0.7}, {0.665, 0.665}},
      {{500, 500}, {0.7, 0.73}, {0.73, 0.7}, {0.67, 0.67}}, /* 17 % if the same group were believed in */
      {{30, 30}, {0.8, 0.95}, {0.8, 0.95}, {0.72, 0.925}}};
  enum { REPEATS = 250 };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    random_stream stream = random_open(i, "colour", 0);
    int told = 0;
    for (int r = 0; r < REPEATS; r++) {
      despur_group_comparison groups[2];
      int differ;
      for (size_t g = 0; g < 2; g++)
        groups[g] = group_of(
            draw_pairs(&stream, cases[i].count[g], cases[i].first[g], cases[i].second[g], cases[i].both[g]));
      assert_ok(compare_worst_differ(&differ, groups, 2, false, 0.95, &error));
      told += differ;
    }
    assert_true(told < 0.09 * REPEATS); /* 5 % and three standard errors */
  }
}

/* A difference that is there is found. */
static void different_worst_groups_are_told_apart(void **state) {
  (void)state;
  const despur_group_comparison groups[] = {group_of((despur_pairs){60, 10, 90, 40}),
                                            group_of((despur_pairs){180, 10, 5, 5})};
  despur_worst_comparison got;
  assert_ok(compare_worst(&got, groups, 2, false, 0.95, &error));
  assert_true(got.distinguishable && got.difference > 0 && got.p_value < 1e-4);
}

static void a_model_does_not_differ_from_itself(void **state) {
  (void)state;
  model first, second;
  despur_comparison got;
  set_up(&first, 2);
  set_up(&second, 2);
  add_pairs(&first, &second, 0, (despur_pairs){40, 0, 0, 10});
  add_pairs(&first, &second, 1, (despur_pairs){90, 0, 0, 10});
  assert_ok(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error));
  assert_true(got.worst.p_value == 1 && got.all.p_value == 1);
  assert_true(got.worst.difference == 0 && got.worst.low <= 0 && got.worst.high >= 0);
  despur_comparison_release(&got);
}

static void examples_are_matched_by_their_ids(void **state) {
  (void)state;
  const despur_pairs a = {20, 1, 7, 12};
  model first, second;
  despur_comparison got;
  set_up(&first, 1);
  set_up(&second, 1);
  add_pairs(&first, &second, 0, a);
  first.predicted.ids = first.ids;
  second.predicted.ids = second.ids;
  for (size_t i = 0, j = 39; i < j; i++, j--) { /* the second's rows in reverse */
    uint32_t *columns[] = {second.labels, second.predictions};
    const char *id = second.ids[i];
    for (size_t c = 0; c < 2; c++) {
      uint32_t swap = columns[c][i];
      columns[c][i] = columns[c][j];
      columns[c][j] = swap;
    }
    second.ids[i] = second.ids[j];
    second.ids[j] = id;
  }
  assert_ok(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error));
  assert_memory_equal(&got.groups[0].pairs, &a, sizeof a);
  assert_true(got.by_id);
  despur_comparison_release(&got);
  second.ids[3] = "id 5";
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "example 'id 5' is in the second predictions only");
  second.ids[3] = second.ids[4];
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "the second predictions have example 'id 965' twice");
}

/* One file may have a class or a group that the other lacks, so their numbers say nothing. */
static void classes_and_groups_are_matched_by_their_names(void **state) {
  (void)state;
  const despur_pairs a = {20, 1, 7, 12};
  const char *classes[] = {"cat", "dog"}, *more[] = {"ant", "cat", "dog"};
  model first, second;
  despur_comparison got;
  set_up(&first, 2);
  set_up(&second, 3);
  add_pairs(&first, &second, 0, a);
  add_pairs(&first, &second, 1, a);
  first.predicted.class_names = classes;
  second.predicted.class_names = more;
  second.predicted.classes = 3;
  second.names[0] = "none of these";
  second.names[1] = "a";
  second.names[2] = "b";
  for (size_t i = 0; i < second.predicted.count; i++) {
    second.labels[i]++;
    second.predictions[i]++;
    second.groups[i]++;
  }
  assert_ok(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error));
  assert_memory_equal(&got.groups[1].pairs, &a, sizeof a);
  assert_false(got.by_id);
  despur_comparison_release(&got);
  second.labels[0] = 0;
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "row 1 of the first predictions is of class cat, row 1 of the second of ant");
}

static void different_examples_are_refused(void **state) {
  (void)state;
  model first, second;
  despur_comparison got;
  set_up(&first, 2);
  set_up(&second, 2);
  add_pairs(&first, &second, 0, (despur_pairs){4, 0, 0, 1});
  second.groups[2] = 1;
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "row 3 of the first predictions is of group a, row 3 of the second of b");
  second.labels[1] = 0;
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "row 2 of the first predictions is of class 1, row 2 of the second of 0");
  second.predicted.count--;
  assert_fails(despur_compare(&got, &first.predicted, &second.predicted, 0.95, &error), DESPUR_BAD_INPUT,
               "the first predictions are of 5 examples, the second of 4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mcnemar_agrees_with_statsmodels),
      cmocka_unit_test(mcnemar_gives_the_published_value),
      cmocka_unit_test(holm_agrees_with_statsmodels),
      cmocka_unit_test(holm_never_goes_beyond_one),
      cmocka_unit_test(differences_have_newcombes_interval),
      cmocka_unit_test(paired_differences_have_the_published_interval),
      cmocka_unit_test(equal_answers_are_no_difference),
      cmocka_unit_test(groups_are_compared_by_their_pairs),
      cmocka_unit_test(models_that_are_bad_in_different_groups_are_not_told_apart_for_that),
      cmocka_unit_test(verdict_interval_and_p_value_agree_at_every_confidence),
      cmocka_unit_test(equal_worst_groups_are_rarely_told_apart),
      cmocka_unit_test(different_worst_groups_are_told_apart),
      cmocka_unit_test(a_model_does_not_differ_from_itself),
      cmocka_unit_test(examples_are_matched_by_their_ids),
      cmocka_unit_test(classes_and_groups_are_matched_by_their_names),
      cmocka_unit_test(different_examples_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
