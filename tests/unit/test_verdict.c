/* What may be concluded from the accuracies of groups, and what may not. */
#include "testing.h"

#include "report/verdict.h"

static despur_error error;

/* Two classes, two attributes; training counts say which group is the usual one of its class. */
static verdict_finding find(const size_t correct[4], size_t count, double attribute_accuracy) {
  despur_group_score groups[4] = {{.name = "y=0,a=0", .train_count = 500},
                                  {.name = "y=0,a=1", .train_count = 10},
                                  {.name = "y=1,a=0", .train_count = 10},
                                  {.name = "y=1,a=1", .train_count = 500}};
  despur_scores scores = {.groups_count = 4, .groups = groups, .attribute_accuracy = attribute_accuracy};
  for (size_t g = 0; g < 4; g++) {
    groups[g].count = count;
    groups[g].correct = correct[g];
    groups[g].accuracy = count ? (double)correct[g] / (double)count : (double)NAN;
  }
  verdict_finding found;
  assert_ok(verdict_find(&found, &scores, &error));
  return found;
}

static void answers_that_follow_the_attribute_use_nothing_else(void **state) {
  (void)state;
  verdict_finding found = find((const size_t[]){500, 0, 2, 499}, 500, 0.998);
  assert_int_equal(found.level, VERDICT_ONLY);
  assert_int_equal(found.comparisons, 2);
  assert_int_equal(found.usual_correct, 999);
  /* wrong in another way than by the attribute's class: use, but not of nothing else */
  assert_int_equal(find((const size_t[]){500, 0, 2, 499}, 500, 0.7).level, VERDICT_USES);
}

static void one_group_behind_is_enough(void **state) {
  (void)state;
  verdict_finding found = find((const size_t[]){490, 485, 400, 490}, 500, 0.5);
  assert_int_equal(found.level, VERDICT_USES);
  assert_int_equal(found.gap_group, 2);
  assert_int_equal(found.gap_peer, 3);
  assert_true(found.gap.low > 0.1 && found.gap.low < 0.18 && found.gap.high > 0.18);
}

static void few_examples_leave_it_open(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){10, 8, 9, 10}, 10, 0.5).level, VERDICT_OPEN);
}

static void no_use_needs_every_group_near(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){4900, 4890, 4880, 4900}, 5000, 0.5).level, VERDICT_NO_USE);
  /* the same shares in small groups do not show it */
  assert_int_equal(find((const size_t[]){49, 49, 49, 49}, 50, 0.5).level, VERDICT_OPEN);
}

static void minorities_that_do_better_are_no_use(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){4500, 4700, 4800, 4500}, 5000, 0.5).level, VERDICT_NO_USE);
}

static void a_constant_answer_is_no_proof_of_fairness(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){5000, 5000, 0, 0}, 5000, 0.5).level, VERDICT_LITTLE);
}

static void groups_without_examples_are_not_compared(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){0, 0, 0, 0}, 0, (double)NAN).level, VERDICT_NO_ATTRIBUTE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_that_follow_the_attribute_use_nothing_else),
      cmocka_unit_test(one_group_behind_is_enough),
      cmocka_unit_test(few_examples_leave_it_open),
      cmocka_unit_test(no_use_needs_every_group_near),
      cmocka_unit_test(minorities_that_do_better_are_no_use),
      cmocka_unit_test(a_constant_answer_is_no_proof_of_fairness),
      cmocka_unit_test(groups_without_examples_are_not_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
