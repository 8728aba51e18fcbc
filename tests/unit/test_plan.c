#include "testing.h"

#include "despur/stats.h"

#include "golden/statistics.h"

static void thresholds_have_the_exact_number(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof THRESHOLD_PLANS / sizeof *THRESHOLD_PLANS; i++) {
    const struct plan_value *v = &THRESHOLD_PLANS[i];
    assert_int_equal(despur_plan_threshold(v->accuracy, v->other, 0.95, 0.8), v->needed);
  }
}

static void small_differences_go_over_into_the_formula(void **state) {
  (void)state;
  /* (1.959964 sqrt(0.25) + 0.8416212 sqrt(0.501 0.499))^2 / 0.001^2 */
  assert_near((double)despur_plan_threshold(0.501, 0.5, 0.95, 0.8), 1962216, 10);
  /* (1.959964 sqrt(0.5) + 0.8416212 sqrt(0.5 - 0.001^2))^2 / 0.001^2 */
  assert_near((double)despur_plan_paired(0.5, 0.501, 0.5, 0.95, 0.8), 3924438, 10);
  /* which is near what is counted exactly below */
  assert_near((double)despur_plan_paired(0.5, 0.505, 0.5, 0.95, 0.8), 156976, 500);
}

static void paired_models_have_the_exact_number(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof PAIRED_PLANS / sizeof *PAIRED_PLANS; i++) {
    const struct plan_value *v = &PAIRED_PLANS[i];
    assert_int_equal(despur_plan_paired(v->accuracy, v->other, v->disagree, 0.95, 0.8), v->needed);
  }
}

static void more_disagreement_needs_more_examples(void **state) {
  (void)state;
  size_t last = 0;
  for (double disagree = 0.05; disagree < 0.5; disagree += 0.05) {
    size_t now = despur_plan_paired(0.8, 0.85, disagree, 0.95, 0.8);
    assert_true(now > last);
    last = now;
  }
}

static void unpaired_models_have_the_published_numbers(void **state) {
  (void)state;
  /* R's manual of power.prop.test: p1 = .50, p2 = .75, power = .90 gives n = 76.7 */
  assert_int_equal(despur_plan_unpaired(0.5, 0.75, 0.95, 0.9), 77);
  assert_int_equal(despur_plan_unpaired(0.75, 0.5, 0.95, 0.9), 77);
}

static void no_difference_is_never_found(void **state) {
  (void)state;
  assert_int_equal(despur_plan_threshold(0.5, 0.5, 0.95, 0.8), 0);
  assert_int_equal(despur_plan_paired(0.5, 0.5, 0.2, 0.95, 0.8), 0);
  assert_int_equal(despur_plan_unpaired(0.5, 0.5, 0.95, 0.8), 0);
  assert_int_equal(despur_plan_threshold((double)NAN, 0.5, 0.95, 0.8), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(thresholds_have_the_exact_number),
      cmocka_unit_test(small_differences_go_over_into_the_formula),
      cmocka_unit_test(paired_models_have_the_exact_number),
      cmocka_unit_test(more_disagreement_needs_more_examples),
      cmocka_unit_test(unpaired_models_have_the_published_numbers),
      cmocka_unit_test(no_difference_is_never_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
