#include "testing.h"

#include "coverage_testing.h"

#include "golden/statistics.h"

#include <stdbool.h>

static despur_error error;

static despur_interval minimum_of(const size_t *correct, const size_t *count, size_t groups,
                                  double confidence) {
  despur_interval interval;
  assert_ok(despur_minimum_interval(&interval, correct, count, groups, confidence, &error));
  return interval;
}

/* Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3 */
static void wilson_intervals_are_the_published_ones(void **state) {
  (void)state;
  const struct {
    size_t correct, count;
    double low, high;
  } published[] = {
      {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (size_t i = 0; i < 4; i++) {
    despur_interval got = despur_wilson_interval(published[i].correct, published[i].count, 0.95);
    assert_near(got.low, published[i].low, 5e-5);
    assert_near(got.high, published[i].high, 5e-5);
  }
}

static void wilson_intervals_stay_within_zero_and_one(void **state) {
  (void)state;
  for (size_t n = 1; n < 200; n++) {
    assert_true(despur_wilson_interval(0, n, 0.99).low == 0);
    assert_true(despur_wilson_interval(n, n, 0.99).high == 1);
  }
  assert_true(isnan(despur_wilson_interval(0, 0, 0.95).low));
}

/* A single group leaves nothing to estimate: what is left is the binomial test by mid-p tails of both sides.
 */
static void the_minimum_of_one_group_is_the_inverted_binomial_test(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ONE_GROUP_INTERVALS / sizeof *ONE_GROUP_INTERVALS; i++) {
    const struct one_group *v = &ONE_GROUP_INTERVALS[i];
    despur_interval got = minimum_of(&v->x, &v->n, 1, v->confidence);
    assert_near(got.low, v->low, 1e-4);
    assert_near(got.high, v->high, 1e-4);
  }
}

static void far_better_and_empty_groups_change_nothing(void **state) {
  (void)state;
  const size_t correct[] = {0, 124, 990, 1000, 0}, count[] = {0, 375, 1000, 1000, 0};
  despur_interval one = minimum_of(correct + 1, count + 1, 1, 0.95),
                  all = minimum_of(correct, count, 5, 0.95);
  assert_near(all.low, one.low, 1e-4);
  assert_near(all.high, one.high, 1e-4);
}

static void the_order_of_groups_does_not_matter(void **state) {
  (void)state;
  const size_t correct[] = {20, 31, 28, 3}, count[] = {40, 50, 60, 5};
  const size_t turned[] = {3, 28, 20, 31}, turned_count[] = {5, 60, 40, 50};
  despur_interval a = minimum_of(correct, count, 4, 0.95), b = minimum_of(turned, turned_count, 4, 0.95);
  assert_near(a.low, b.low, 1e-6);
  assert_near(a.high, b.high, 1e-6);
}

static void more_confidence_is_wider(void **state) {
  (void)state;
  const size_t correct[] = {20, 31, 28, 3}, count[] = {40, 50, 60, 5};
  despur_interval last = minimum_of(correct, count, 4, 0.5);
  for (double confidence = 0.6; confidence < 0.995; confidence += 0.05) {
    despur_interval now = minimum_of(correct, count, 4, confidence);
    assert_true(now.low < last.low + 0.002 && now.high > last.high - 0.002);
    assert_true(now.high - now.low > last.high - last.low);
    last = now;
  }
}

/* Of many equal groups some look worse than they are: the interval reaches further up than that of the one
 * that looks worst. */
static void the_worst_of_many_equal_groups_has_had_bad_luck(void **state) {
  (void)state;
  size_t correct[24], count[24], worst = 0;
  for (size_t g = 0; g < 24; g++) {
    count[g] = 200;
    correct[g] = 160 + g % 12 - 6;
    if (correct[g] < correct[worst]) worst = g;
  }
  despur_interval all = minimum_of(correct, count, 24, 0.95);
  despur_interval alone = despur_wilson_interval(correct[worst], 200, 0.95);
  assert_true(all.low > alone.low && all.high > alone.high);
}

static void extremes_end_at_zero_and_one(void **state) {
  (void)state;
  const size_t none[] = {0, 90}, both[] = {100, 100}, count[] = {100, 100}, tiny[] = {1, 100};
  despur_interval at_zero = minimum_of(none, count, 2, 0.95), at_one = minimum_of(both, count, 2, 0.95);
  assert_true(at_zero.low == 0);
  assert_true(at_zero.high > 0.029 && at_zero.high < 0.033); /* the "rule of three": 3 of 100 */
  assert_true(at_one.high == 1);
  assert_true(at_one.low > 0.95 && at_one.low < 1);
  assert_true(minimum_of(both, tiny, 0, 0.95).low != minimum_of(both, tiny, 0, 0.95).low); /* NaN */
  const size_t right[] = {1, 100};
  despur_interval with_one_example = minimum_of(right, tiny, 2, 0.95);
  assert_true(with_one_example.low < 0.11 &&
              with_one_example.high == 1); /* that example says next to nothing */
}

/* The ends of the interval are where the test that it inverts begins to reject. */
static void the_interval_holds_what_its_test_does_not_reject(void **state) {
  (void)state;
  const size_t correct[] = {17, 300, 41, 77, 5}, count[] = {25, 400, 60, 100, 6};
  despur_interval interval = minimum_of(correct, count, 5, 0.9);
  minimum_test test;
  assert_ok(minimum_test_create(&test, correct, count, NULL, 5, &error));
  for (double t = 0.01; t < 1; t += 0.01) {
    bool inside = t >= interval.low && t <= interval.high;
    if ((minimum_p_value(&test, t) > 0.1) != inside)
      fail_msg("%.2f of [%.4f, %.4f]", t, interval.low, interval.high);
  }
  minimum_test_release(&test);
}

/* The whole grid is in slow_coverage.c. */
static void coverage_is_the_confidence(void **state) {
  (void)state;
  coverage_case cases[] = {
      coverage_of_two_levels("4 equal groups of 100 at 80 %", 4, 100, 4, 0.8, 1),
      coverage_of_two_levels("25 groups of 375: one at 33 %, others 95 %", 25, 375, 1, 0.33, 0.95),
      coverage_of_two_levels("16 groups of 100: half at 50 %, half at 90 %", 16, 100, 8, 0.5, 0.9),
      coverage_of_two_levels("4 equal groups of 400 at 80 %, but one of 5", 4, 400, 4, 0.8, 1),
  };
  cases[3].count[0] = 5;
  for (size_t i = 0; i < 4; i++) coverage_check(&cases[i], 0.5 / (double)cases[i].count[1], 4000, 40 + i);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wilson_intervals_are_the_published_ones),
      cmocka_unit_test(wilson_intervals_stay_within_zero_and_one),
      cmocka_unit_test(the_minimum_of_one_group_is_the_inverted_binomial_test),
      cmocka_unit_test(far_better_and_empty_groups_change_nothing),
      cmocka_unit_test(the_order_of_groups_does_not_matter),
      cmocka_unit_test(more_confidence_is_wider),
      cmocka_unit_test(the_worst_of_many_equal_groups_has_had_bad_luck),
      cmocka_unit_test(extremes_end_at_zero_and_one),
      cmocka_unit_test(coverage_is_the_confidence),
      cmocka_unit_test(the_interval_holds_what_its_test_does_not_reject),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
