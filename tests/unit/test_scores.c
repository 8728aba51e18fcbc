/* Scores, computed by hand. */
#include "tiny_dataset.h"

#include "despur/eval.h"
#include "despur/stats.h"

static despur_error error;

/* Two classes, two attributes. Training: 5, 1, 0 and 2 examples in groups (0,0), (0,1), (1,0) and (1,1); the
 * rest is test. */
enum { TRAIN = 8, TEST = 10 };
static const int64_t labels[TRAIN + TEST] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
static const int64_t attributes[TRAIN + TEST] = {0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1};
static const int64_t splits[TRAIN + TEST] = {0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
static const uint32_t test_examples[TEST] = {8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
/* Right: 3 of 4, 1 of 2, 2 of 3, 1 of 1. */
static const uint32_t predictions[TEST] = {0, 0, 0, 1, 0, 1, 1, 1, 0, 1};

typedef struct fixture {
  tiny_dataset tiny;
  despur_groups groups;
  despur_scores scores;
} fixture;

static fixture set_up(const int64_t *attribute) {
  fixture f = {.tiny = tiny_dataset_create(TRAIN + TEST, labels, attribute, splits)};
  assert_ok(despur_groups_true(&f.groups, f.tiny.dataset, &error));
  return f;
}

static void tear_down(fixture *f) {
  despur_scores_release(&f->scores);
  despur_groups_release(&f->groups);
  tiny_dataset_free(&f->tiny);
}

static void score(fixture *f, const uint32_t *examples, const uint32_t *predicted, size_t count) {
  assert_ok(
      despur_scores_compute(&f->scores, f->tiny.dataset, &f->groups, examples, predicted, count, &error));
}

static void every_accuracy_is_that_of_its_definition(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  score(&f, test_examples, predictions, TEST);
  const size_t counts[] = {4, 2, 3, 1}, correct[] = {3, 1, 2, 1}, train[] = {5, 1, 0, 2};
  assert_int_equal(f.scores.groups_count, 4);
  for (size_t g = 0; g < 4; g++) {
    assert_int_equal(f.scores.groups[g].count, counts[g]);
    assert_int_equal(f.scores.groups[g].correct, correct[g]);
    assert_int_equal(f.scores.groups[g].train_count, train[g]);
    assert_true(f.scores.groups[g].accuracy == (double)correct[g] / (double)counts[g]);
  }
  assert_string_equal(f.scores.groups[2].name, "y=1,a=0");
  assert_int_equal(f.scores.worst_group, 1);
  assert_true(f.scores.worst_group_accuracy == 0.5);
  assert_true(f.scores.average_accuracy == 0.7);
  assert_near(f.scores.train_weighted_average, (5 * 0.75 + 1 * 0.5 + 0 + 2 * 1.0) / 8, 1e-15);
  assert_near(f.scores.balanced_group_accuracy, (0.75 + 0.5 + 2.0 / 3 + 1) / 4, 1e-15);
  assert_int_equal(f.scores.worst_class, 0);
  assert_near(f.scores.worst_class_accuracy, 4.0 / 6, 1e-15);
  /* class 0: prediction 0 means attribute 0 (3 of 4), 1 means 1 (1 of 2); class 1: 0 means 0 (1 of 3), 1
   * means 1 (1 of 1) */
  assert_near(f.scores.attribute_accuracy, ((0.75 + 0.5) / 2 + (1.0 / 3 + 1) / 2) / 2, 1e-15);
  assert_true(isnan(f.scores.loss));
  tear_down(&f);
}

/* Two of four are right in group 0, one of two in group 1, and all others; then none at all. */
static void of_equal_groups_the_first_is_the_worst(void **state) {
  (void)state;
  static const uint32_t HALF[TEST] = {0, 0, 1, 1, 0, 1, 1, 1, 1, 1};
  static const uint32_t NONE[TEST] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  fixture f = set_up(attributes);
  score(&f, test_examples, HALF, TEST);
  assert_true(f.scores.groups[0].accuracy == 0.5 && f.scores.groups[1].accuracy == 0.5);
  assert_int_equal(f.scores.worst_group, 0);
  tear_down(&f);
  f = set_up(attributes);
  score(&f, test_examples, NONE, TEST);
  assert_int_equal(f.scores.worst_group, 0);
  assert_int_equal(f.scores.worst_class, 0);
  tear_down(&f);
}

static void accuracies_of_groups_come_with_their_intervals(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  score(&f, test_examples + 4, predictions + 4, 5); /* groups (0,1): 1 of 2, (1,0): 2 of 3 */
  assert_true(isnan(f.scores.groups[0].low) && isnan(f.scores.groups[0].high));
  despur_interval wilson = despur_wilson_interval(2, 3, 0.95), worst;
  assert_true(f.scores.groups[2].low == wilson.low && f.scores.groups[2].high == wilson.high);
  const size_t correct[] = {1, 2}, count[] = {2, 3};
  assert_ok(despur_minimum_interval(&worst, correct, count, 2, 0.95, &error));
  assert_true(f.scores.worst_group_low == worst.low && f.scores.worst_group_high == worst.high);
  tear_down(&f);
}

static void empty_groups_have_no_accuracy_and_no_weight(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  score(&f, test_examples + 4, predictions + 4, 5); /* groups (0,1): 1 of 2, (1,0): 2 of 3 */
  assert_true(isnan(f.scores.groups[0].accuracy));
  assert_true(isnan(f.scores.groups[3].accuracy));
  assert_int_equal(f.scores.worst_group, 1);
  assert_true(f.scores.worst_group_accuracy == 0.5);
  assert_true(f.scores.train_weighted_average == 0.5); /* (1,0) has no training examples */
  assert_near(f.scores.balanced_group_accuracy, (0.5 + 2.0 / 3) / 2, 1e-15);
  tear_down(&f);
}

static void without_training_examples_the_weighted_average_is_undefined(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  score(&f, test_examples + 6, predictions + 6, 3); /* only (1,0) */
  assert_true(isnan(f.scores.train_weighted_average));
  assert_near(f.scores.balanced_group_accuracy, 2.0 / 3, 1e-15);
  assert_int_equal(f.scores.worst_group, 2);
  assert_int_equal(f.scores.worst_class, 1);
  tear_down(&f);
}

static void a_group_that_is_always_wrong_is_the_worst_and_not_empty(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  const uint32_t examples[] = {8, 14, 17, 12}, predicted[] = {1, 0, 0, 1}; /* all wrong, one of each group */
  score(&f, examples, predicted, 4);
  assert_int_equal(f.scores.worst_group, 0); /* first of equals */
  assert_true(f.scores.worst_group_accuracy == 0);
  assert_true(f.scores.train_weighted_average == 0);
  assert_true(f.scores.average_accuracy == 0);
  assert_int_equal(f.scores.worst_class, 0);
  assert_true(f.scores.worst_class_accuracy == 0);
  tear_down(&f);
}

static void no_examples_make_every_score_undefined(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  score(&f, NULL, NULL, 0);
  assert_int_equal(f.scores.worst_group, 4);
  assert_int_equal(f.scores.worst_class, 2);
  const double all[] = {f.scores.worst_group_accuracy,   f.scores.average_accuracy,
                        f.scores.train_weighted_average, f.scores.balanced_group_accuracy,
                        f.scores.worst_class_accuracy,   f.scores.attribute_accuracy,
                        f.scores.worst_group_low,        f.scores.worst_group_high};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) assert_true(isnan(all[i]));
  tear_down(&f);
}

static void without_attributes_there_is_no_attribute_accuracy(void **state) {
  (void)state;
  fixture f = set_up(NULL);
  score(&f, test_examples, predictions, TEST);
  assert_int_equal(f.scores.groups_count, 2);
  assert_true(isnan(f.scores.attribute_accuracy));
  assert_true(f.scores.worst_group_accuracy == f.scores.worst_class_accuracy);
  tear_down(&f);
}

static void examples_without_a_group_count_for_the_averages_over_examples_only(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  f.groups.of_example[8] = f.groups.of_example[13] = DESPUR_NO_GROUP; /* one right, one wrong */
  score(&f, test_examples, predictions, TEST);
  assert_int_equal(f.scores.groups[0].count, 3);
  assert_int_equal(f.scores.groups[0].correct, 2);
  assert_true(f.scores.groups[1].accuracy == 1);
  assert_true(f.scores.average_accuracy == 0.7);
  tear_down(&f);
}

static void impossible_examples_predictions_and_groups_are_refused(void **state) {
  (void)state;
  fixture f = set_up(attributes);
  const despur_dataset *dataset = f.tiny.dataset;
  const uint32_t far[] = {18}, near[] = {17}, two[] = {2}, one[] = {1};
  assert_fails(despur_scores_compute(&f.scores, dataset, &f.groups, far, one, 1, &error), DESPUR_BAD_INPUT,
               "example 18");
  assert_fails(despur_scores_compute(&f.scores, dataset, &f.groups, near, two, 1, &error), DESPUR_BAD_INPUT,
               "class 2");
  f.groups.of_example[17] = 4;
  assert_fails(despur_scores_compute(&f.scores, dataset, &f.groups, near, one, 1, &error), DESPUR_BAD_INPUT,
               "group 4 of 4");
  f.groups.examples--;
  assert_fails(despur_scores_compute(&f.scores, dataset, &f.groups, near, one, 1, &error), DESPUR_BAD_INPUT,
               "17 examples for a data set with 18");
  tear_down(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_accuracy_is_that_of_its_definition),
      cmocka_unit_test(of_equal_groups_the_first_is_the_worst),
      cmocka_unit_test(accuracies_of_groups_come_with_their_intervals),
      cmocka_unit_test(empty_groups_have_no_accuracy_and_no_weight),
      cmocka_unit_test(without_training_examples_the_weighted_average_is_undefined),
      cmocka_unit_test(a_group_that_is_always_wrong_is_the_worst_and_not_empty),
      cmocka_unit_test(no_examples_make_every_score_undefined),
      cmocka_unit_test(without_attributes_there_is_no_attribute_accuracy),
      cmocka_unit_test(examples_without_a_group_count_for_the_averages_over_examples_only),
      cmocka_unit_test(impossible_examples_predictions_and_groups_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
