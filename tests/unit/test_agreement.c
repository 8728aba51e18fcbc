/* Agreement of partitions: the adjusted Rand index against sklearn.metrics.adjusted_rand_score
 * (scikit-learn 1.9.1), and the minority by hand. */
#include "tiny_dataset.h"

#include "despur/eval.h"

static despur_error error;

/* Groups with the given members; -1 is no group. */
static despur_groups groups_of(const int64_t *members, size_t examples, size_t count) {
  despur_groups groups;
  assert_ok(despur_groups_create(&groups, examples, count, &error));
  for (size_t i = 0; i < examples; i++)
    if (members[i] >= 0) groups.of_example[i] = (uint32_t)members[i];
  return groups;
}

static despur_agreement agree(const int64_t *labels, const int64_t *inferred, size_t inferred_count,
                              const int64_t *truth, size_t truth_count, size_t examples) {
  tiny_dataset tiny = tiny_dataset_create(examples, labels, NULL, NULL);
  despur_groups a = groups_of(inferred, examples, inferred_count),
                b = groups_of(truth, examples, truth_count);
  despur_agreement agreement;
  assert_ok(despur_agreement_compute(&agreement, tiny.dataset, &a, &b, &error));
  despur_groups_release(&a);
  despur_groups_release(&b);
  tiny_dataset_free(&tiny);
  return agreement;
}

enum { MOST = 200000, GROUPS = 10 };
static int64_t two_labels[MOST]; /* the index does not look at labels, but a data set needs two */

static double rand_index(const int64_t *inferred, const int64_t *truth, size_t examples) {
  two_labels[1] = 1;
  despur_agreement agreement = agree(two_labels, inferred, GROUPS, truth, GROUPS, examples);
  double index = agreement.adjusted_rand;
  despur_agreement_release(&agreement);
  return index;
}

static void adjusted_rand_equals_that_of_scikit_learn(void **state) {
  (void)state;
  static const struct {
    size_t n;
    int64_t inferred[8], truth[8];
    double wanted;
  } cases[] = {
      {4, {0, 0, 1, 1}, {0, 0, 1, 2}, 0.5714285714285714},
      {4, {0, 0, 1, 1}, {1, 1, 0, 0}, 1},
      {4, {0, 0, 0, 0}, {0, 1, 2, 3}, 0},
      {4, {0, 0, 1, 1}, {0, 1, 0, 1}, -0.5},
      {3, {0, 0, 0}, {0, 0, 0}, 1}, /* one group each */
      {3, {0, 1, 2}, {2, 1, 0}, 1}, /* each example by itself */
      {8, {0, 0, 0, 1, 1, 1, 2, 2}, {0, 0, 1, 1, 1, 2, 2, 2}, 0.23809523809523808},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    assert_near(rand_index(cases[c].inferred, cases[c].truth, cases[c].n), cases[c].wanted, 1e-15);
    assert_near(rand_index(cases[c].truth, cases[c].inferred, cases[c].n), cases[c].wanted, 1e-15);
  }
}

static void adjusted_rand_is_exact_for_many_examples(void **state) {
  (void)state;
  static int64_t a[MOST], b[MOST];
  for (int64_t i = 0; i < 1000; i++) {
    a[i] = i * i % 7;
    b[i] = (3 * i + i * i / 5) % 5;
  }
  assert_near(rand_index(a, b, 1000), -0.0031231632860894043, 1e-17);
  for (int64_t i = 0; i < MOST; i++) { /* the products of pairs need more than 64 bits */
    a[i] = i * 7 / MOST;
    b[i] = i * 5 / MOST;
  }
  assert_near(rand_index(a, b, MOST), 0.5714171429985747, 1e-15);
}

static void only_examples_of_both_partitions_count(void **state) {
  (void)state;
  const int64_t inferred[] = {0, 0, -1, 1, 1, 2}, truth[] = {0, 0, 1, 1, 2, -1};
  assert_near(rand_index(inferred, truth, 6), 0.5714285714285714, 1e-15); /* {0,0,1,1} and {0,0,1,2} */
  const int64_t nothing[] = {-1, -1, -1, -1, -1, 0};
  assert_true(isnan(rand_index(nothing, truth, 6)));
  const int64_t single[] = {0, -1, -1, -1, -1, 0};
  assert_true(rand_index(single, truth, 6) == 1);
}

/* Class 0 has true groups 0 (4) and 1 (2); class 1 has 2 (1) and 3 (3).
 *   example   0 1 2 3 4 5 | 6 7 8 9
 *   truth     0 0 0 0 1 1 | 2 3 3 3     minority: 4 5 6
 *   inferred  0 0 0 1 1 0 | 2 2 3 3     minority: 3 4 | 8 9, as 2 and 3 are equally large and 2 comes first
 */
static const int64_t labels[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
static const int64_t truth[] = {0, 0, 0, 0, 1, 1, 2, 3, 3, 3};

static void minority_precision_and_recall_follow_their_definition(void **state) {
  (void)state;
  const int64_t inferred[] = {0, 0, 0, 1, 1, 0, 2, 2, 3, 3};
  despur_agreement agreement = agree(labels, inferred, 4, truth, 4, 10);
  const size_t contingency[] = {3, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 2};
  assert_int_equal(agreement.inferred, 4);
  assert_int_equal(agreement.truth, 4);
  assert_memory_equal(agreement.contingency, contingency, sizeof contingency);
  assert_near(agreement.minority_precision, 1.0 / 4, 1e-15);
  assert_near(agreement.minority_recall, 1.0 / 3, 1e-15);
  despur_agreement_release(&agreement);
}

static void true_groups_recover_their_own_minority(void **state) {
  (void)state;
  despur_agreement agreement = agree(labels, truth, 4, truth, 4, 10);
  assert_true(agreement.adjusted_rand == 1);
  assert_true(agreement.minority_precision == 1);
  assert_true(agreement.minority_recall == 1);
  despur_agreement_release(&agreement);
}

static void pooled_groups_have_a_majority_in_each_class(void **state) {
  (void)state;
  /* One cluster follows the majority of class 0 and the minority of class 1, the other the rest. */
  const int64_t inferred[] = {0, 0, 0, 0, 1, 1, 0, 1, 1, 1};
  despur_agreement agreement = agree(labels, inferred, 2, truth, 4, 10);
  assert_true(agreement.minority_precision == 1);
  assert_true(agreement.minority_recall == 1);
  despur_agreement_release(&agreement);
}

static void without_a_minority_precision_or_recall_is_undefined(void **state) {
  (void)state;
  despur_agreement agreement = agree(labels, labels, 2, truth, 4, 10);
  assert_true(isnan(agreement.minority_precision));
  assert_true(agreement.minority_recall == 0);
  despur_agreement_release(&agreement);
  agreement = agree(labels, truth, 4, labels, 2, 10);
  assert_true(agreement.minority_precision == 0);
  assert_true(isnan(agreement.minority_recall));
  despur_agreement_release(&agreement);
}

static void groups_of_another_data_set_are_refused(void **state) {
  (void)state;
  tiny_dataset tiny = tiny_dataset_create(10, labels, NULL, NULL);
  despur_groups short_groups = groups_of(truth, 9, 4), right = groups_of(truth, 10, 4),
                wrong = groups_of(truth, 10, 3);
  despur_agreement agreement;
  assert_fails(despur_agreement_compute(&agreement, tiny.dataset, &short_groups, &right, &error),
               DESPUR_BAD_INPUT, "inferred groups of 9 examples");
  assert_fails(despur_agreement_compute(&agreement, tiny.dataset, &right, &short_groups, &error),
               DESPUR_BAD_INPUT, "true groups of 9 examples");
  assert_fails(despur_agreement_compute(&agreement, tiny.dataset, &right, &wrong, &error), DESPUR_BAD_INPUT,
               "example 7 is in true group 3 of 3");
  despur_groups_release(&short_groups);
  despur_groups_release(&right);
  despur_groups_release(&wrong);
  tiny_dataset_free(&tiny);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adjusted_rand_equals_that_of_scikit_learn),
      cmocka_unit_test(adjusted_rand_is_exact_for_many_examples),
      cmocka_unit_test(only_examples_of_both_partitions_count),
      cmocka_unit_test(minority_precision_and_recall_follow_their_definition),
      cmocka_unit_test(true_groups_recover_their_own_minority),
      cmocka_unit_test(pooled_groups_have_a_majority_in_each_class),
      cmocka_unit_test(without_a_minority_precision_or_recall_is_undefined),
      cmocka_unit_test(groups_of_another_data_set_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
