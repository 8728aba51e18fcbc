/* Group inference by clustering. */
#include "tiny_dataset.h"

#include "base/random.h"
#include "despur/infer.h"

static despur_error error;

enum { N = 400, D = 3 };

/* Two classes with planted clusters: three in four examples of a class have attribute 0, and each fifth
 * example is not a training example. */
typedef struct planted {
  int64_t labels[N], attributes[N], splits[N];
  float outputs[N * D]; /* of training examples only */
  size_t train;
} planted;

static planted plant(uint64_t index) {
  planted data = {0};
  random_stream stream = random_open(3, "test outputs", index);
  for (size_t i = 0; i < N; i++) {
    data.labels[i] = i % 3 == 0;
    data.attributes[i] = random_below(&stream, 4) == 0;
    data.splits[i] = i % 5 == 4 ? 1 + (int64_t)(i % 2) : 0;
    if (data.splits[i]) continue;
    float *row = data.outputs + data.train++ * D;
    for (size_t j = 0; j < D; j++) row[j] = (float)random_normal(&stream) * 0.1F;
    row[0] += 2 * (float)data.attributes[i];
    row[1] += 30 * (float)data.labels[i];
  }
  return data;
}

static const despur_infer_cluster_options usual = {.clusters = 2, .starts = 10, .seed = 1, .threads = 2};

static void planted_groups_are_found_within_classes(void **state) {
  (void)state;
  planted data = plant(0);
  tiny_dataset tiny = tiny_dataset_create(N, data.labels, data.attributes, data.splits);
  despur_groups groups;
  assert_ok(despur_infer_cluster(&groups, tiny.dataset, data.outputs, D, &usual, &error));
  assert_int_equal(groups.examples, N);
  assert_int_equal(groups.count, 4);
  size_t sizes[4] = {0};
  for (size_t i = 0; i < N; i++) {
    if (data.splits[i]) {
      assert_int_equal(groups.of_example[i], DESPUR_NO_GROUP);
    } else {
      assert_int_equal(groups.of_example[i], 2 * data.labels[i] + data.attributes[i]);
      sizes[groups.of_example[i]]++;
    }
  }
  assert_memory_equal(groups.train_sizes, sizes, sizeof sizes);
  const char *names[] = {"y=0,k=0", "y=0,k=1", "y=1,k=0", "y=1,k=1"};
  for (size_t g = 0; g < 4; g++) assert_string_equal(groups.names[g], names[g]);
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void pooled_clusters_cross_classes(void **state) {
  (void)state;
  planted data = plant(1);
  size_t row = 0;
  for (size_t i = 0; i < N; i++) /* take the class out of the outputs: the attribute is left */
    if (!data.splits[i]) data.outputs[row++ * D + 1] = 0;
  tiny_dataset tiny = tiny_dataset_create(N, data.labels, data.attributes, data.splits);
  despur_infer_cluster_options options = usual;
  options.pooled = 1;
  despur_groups groups;
  assert_ok(despur_infer_cluster(&groups, tiny.dataset, data.outputs, D, &options, &error));
  assert_int_equal(groups.count, 2);
  for (size_t i = 0; i < N; i++)
    if (!data.splits[i]) assert_int_equal(groups.of_example[i], data.attributes[i]);
  assert_string_equal(groups.names[0], "k=0");
  assert_string_equal(groups.names[1], "k=1");
  assert_int_equal(groups.train_sizes[0] + groups.train_sizes[1], data.train);
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void clusters_of_a_class_do_not_depend_on_other_classes(void **state) {
  (void)state;
  planted data = plant(2);
  tiny_dataset tiny = tiny_dataset_create(N, data.labels, data.attributes, data.splits);
  despur_infer_cluster_options options = usual;
  options.clusters = 5;
  options.starts = 1;
  despur_groups before, after;
  assert_ok(despur_infer_cluster(&before, tiny.dataset, data.outputs, D, &options, &error));
  size_t row = 0;
  for (size_t i = 0; i < N; i++) {
    if (data.splits[i]) continue;
    for (size_t j = 0; j < D && data.labels[i] == 0; j++) data.outputs[row * D + j] = (float)(i * j % 7);
    row++;
  }
  options.threads = 3;
  assert_ok(despur_infer_cluster(&after, tiny.dataset, data.outputs, D, &options, &error));
  for (size_t i = 0; i < N; i++)
    if (data.labels[i] == 1) assert_int_equal(before.of_example[i], after.of_example[i]);
  despur_groups_release(&before);
  despur_groups_release(&after);
  tiny_dataset_free(&tiny);
}

static void no_group_is_empty(void **state) {
  (void)state;
  /* Class 0: three examples with two different outputs; 1: one example; 2: none in training; 3: none at all;
   * 4: three. */
  const int64_t labels[] = {0, 0, 0, 1, 2, 4, 4, 4}, splits[] = {0, 0, 0, 0, 2, 0, 0, 0};
  const float outputs[] = {5, 3, 3, 7, 1, 2, 9};
  tiny_dataset tiny = tiny_dataset_create(8, labels, NULL, splits);
  despur_infer_cluster_options options = usual;
  options.clusters = 3;
  despur_groups groups;
  assert_ok(despur_infer_cluster(&groups, tiny.dataset, outputs, 1, &options, &error));
  assert_int_equal(groups.count, 6);
  const uint32_t of_example[] = {1, 0, 0, 2, DESPUR_NO_GROUP, 3, 4, 5};
  assert_memory_equal(groups.of_example, of_example, sizeof of_example);
  const size_t sizes[] = {2, 1, 1, 1, 1, 1};
  assert_memory_equal(groups.train_sizes, sizes, sizeof sizes);
  const char *names[] = {"y=0,k=0", "y=0,k=1", "y=1,k=0", "y=4,k=0", "y=4,k=1", "y=4,k=2"};
  for (size_t g = 0; g < 6; g++) assert_string_equal(groups.names[g], names[g]);
  despur_groups_release(&groups);
  options.clusters = 4; /* more than class 4 has examples */
  assert_ok(despur_infer_cluster(&groups, tiny.dataset, outputs, 1, &options, &error));
  assert_int_equal(groups.count, 3);
  assert_int_equal(groups.train_sizes[2], 3);
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

static void outputs_that_are_not_finite_are_refused(void **state) {
  (void)state;
  const int64_t labels[] = {0, 1, 0, 1}, splits[] = {0, 1, 0, 0};
  const float outputs[] = {0, 1, 2, 3, 4, NAN};
  tiny_dataset tiny = tiny_dataset_create(4, labels, NULL, splits);
  despur_groups groups;
  assert_fails(despur_infer_cluster(&groups, tiny.dataset, outputs, 2, &usual, &error), DESPUR_BAD_INPUT,
               "output 1 of example 3 (row 2)");
  assert_null(groups.of_example);
  assert_fails(despur_infer_cluster(&groups, tiny.dataset, outputs, 0, &usual, &error), DESPUR_BAD_INPUT,
               "at least 1 output");
  despur_infer_cluster_options options = usual;
  options.clusters = 0;
  assert_fails(despur_infer_cluster(&groups, tiny.dataset, outputs, 1, &options, &error), DESPUR_BAD_USAGE,
               "1 cluster");
  tiny_dataset_free(&tiny);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(planted_groups_are_found_within_classes),
      cmocka_unit_test(pooled_clusters_cross_classes),
      cmocka_unit_test(clusters_of_a_class_do_not_depend_on_other_classes),
      cmocka_unit_test(no_group_is_empty),
      cmocka_unit_test(outputs_that_are_not_finite_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
