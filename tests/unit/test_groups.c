/* Groups of label and attribute. */
#include "tiny_dataset.h"

#include "despur/groups.h"

static despur_error error;

static const int64_t labels[] = {0, 1, 1, 0, 2, 2, 0};
static const int64_t attributes[] = {0, 1, 0, 1, 1, 1, 0};
static const int64_t splits[] = {0, 0, 1, 2, 0, 0, 0};

static void true_groups_number_label_and_attribute(void **state) {
  (void)state;
  tiny_dataset tiny = tiny_dataset_create(7, labels, attributes, splits);
  despur_groups groups;
  assert_ok(despur_groups_true(&groups, tiny.dataset, &error));
  assert_int_equal(groups.examples, 7);
  assert_int_equal(groups.count, 6);
  const uint32_t of_example[] = {0, 3, 2, 1, 5, 5, 0};
  assert_memory_equal(groups.of_example, of_example, sizeof of_example);
  const size_t train_sizes[] = {2, 0, 0, 1, 0, 2}; /* groups 1 and 2 are in other splits, 4 is empty */
  assert_memory_equal(groups.train_sizes, train_sizes, sizeof train_sizes);
  const char *names[] = {"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1", "y=2,a=0", "y=2,a=1"};
  for (size_t g = 0; g < 6; g++) {
    assert_string_equal(groups.names[g], names[g]);
    assert_int_equal(groups.labels[g], g / 2);
    assert_int_equal(groups.attributes[g], g % 2);
  }
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void without_attributes_true_groups_are_the_labels(void **state) {
  (void)state;
  tiny_dataset tiny = tiny_dataset_create(7, labels, NULL, splits);
  despur_groups groups;
  assert_ok(despur_groups_true(&groups, tiny.dataset, &error));
  assert_int_equal(groups.count, 3);
  for (size_t i = 0; i < 7; i++) assert_int_equal(groups.of_example[i], labels[i]);
  assert_string_equal(groups.names[2], "y=2");
  assert_int_equal(groups.labels[2], 2);
  assert_int_equal(groups.attributes[2], DESPUR_NO_CODE);
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void groups_of_labels_ignore_the_attribute(void **state) {
  (void)state;
  tiny_dataset tiny = tiny_dataset_create(7, labels, attributes, splits);
  despur_groups groups;
  assert_ok(despur_groups_of_labels(&groups, tiny.dataset, &error));
  assert_int_equal(groups.count, 3);
  for (size_t i = 0; i < 7; i++) assert_int_equal(groups.of_example[i], labels[i]);
  const size_t train_sizes[] = {2, 1, 2};
  assert_memory_equal(groups.train_sizes, train_sizes, sizeof train_sizes);
  assert_string_equal(groups.names[0], "y=0");
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void new_groups_have_no_members(void **state) {
  (void)state;
  despur_groups groups;
  assert_ok(despur_groups_create(&groups, 3, 2, &error));
  for (size_t i = 0; i < 3; i++) assert_int_equal(groups.of_example[i], DESPUR_NO_GROUP);
  for (size_t g = 0; g < 2; g++) {
    assert_int_equal(groups.train_sizes[g], 0);
    assert_string_equal(groups.names[g], "");
  }
  despur_groups_release(&groups);
  assert_null(groups.of_example);
  despur_groups_release(&groups); /* released groups may be released again */
}

static void names_hold_the_largest_numbers(void **state) {
  (void)state;
  const int64_t large_labels[] = {0, 700}, large_attributes[] = {0, 900};
  tiny_dataset tiny = tiny_dataset_create(2, large_labels, large_attributes, NULL);
  despur_groups groups;
  assert_ok(despur_groups_true(&groups, tiny.dataset, &error));
  assert_int_equal(groups.count, 701 * 901);
  assert_string_equal(groups.names[groups.of_example[1]], "y=700,a=900");
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void labels_and_attributes_do_not_multiply_without_bound(void **state) {
  (void)state;
  const int64_t large_labels[] = {0, 9999}, large_attributes[] = {0, 9999};
  tiny_dataset tiny = tiny_dataset_create(2, large_labels, large_attributes, NULL);
  despur_groups groups;
  assert_fails(despur_groups_true(&groups, tiny.dataset, &error), DESPUR_BAD_INPUT,
               "10000 classes with 10000 attributes make 100000000 groups, expected at most 1048576");
  tiny_dataset_free(&tiny);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(true_groups_number_label_and_attribute),
      cmocka_unit_test(without_attributes_true_groups_are_the_labels),
      cmocka_unit_test(groups_of_labels_ignore_the_attribute),
      cmocka_unit_test(new_groups_have_no_members),
      cmocka_unit_test(names_hold_the_largest_numbers),
      cmocka_unit_test(labels_and_attributes_do_not_multiply_without_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
