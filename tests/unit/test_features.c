/* Features as a data set, and the linear network on them. */
#include "testing.h"

#include "base/block.h"
#include "data/dataset.h"
#include "io/npy.h"
#include "nn/net.h"
#include "samples.h"

#include "despur/eval.h"
#include "despur/train.h"

#include <math.h>

enum { COUNT = 21, COLUMNS = 3, CLASSES = 2 };

static despur_error error;
static char directory[128], x_path[256], y_path[256], s_path[256];
static double x[COUNT][COLUMNS];
static int64_t y[COUNT], splits[COUNT];

static void write_npy(char path[256], const char *name, npy_type type, size_t rank, const size_t *shape,
                      const void *data) {
  snprintf(path, 256, "%s/%s", directory, name);
  assert_ok(npy_write(path, type, rank, shape, data, &error));
}

/* The last example is for testing; the numbers need more than float32 holds. */
static int prepare(void **state) {
  (void)state;
  const size_t shape[2] = {COUNT, COLUMNS};
  temporary_directory(directory);
  for (size_t i = 0; i < COUNT; i++) {
    y[i] = (int64_t)(i * 7 % 5 < 2);
    splits[i] = i + 1 == COUNT ? DESPUR_TEST : DESPUR_TRAIN;
    for (size_t c = 0; c < COLUMNS; c++)
      x[i][c] = sin((double)(i * COLUMNS + c)) + (c == 1 ? (double)y[i] : 0);
  }
  write_npy(x_path, "x.npy", NPY_F64, 2, shape, x);
  write_npy(y_path, "y.npy", NPY_I64, 1, shape, y);
  write_npy(s_path, "s.npy", NPY_I64, 1, shape, splits);
  return 0;
}

static despur_dataset *open_features(void) {
  despur_dataset *dataset;
  assert_ok(despur_dataset_create_features(&dataset, x_path, y_path, NULL, s_path, &error));
  return dataset;
}

static void a_network_gets_the_rows(void **state) {
  (void)state;
  despur_dataset *dataset = open_features();
  assert_int_equal(despur_dataset_input_kind(dataset), DESPUR_INPUT_FEATURES);
  assert_int_equal(despur_dataset_shape(dataset).channels, COLUMNS);
  const uint32_t examples[] = {19, 3, 3, 0};
  for (size_t i = 0; i < 4; i++) {
    float row[COLUMNS];
    dataset_row(&(dataset_batch){.dataset = dataset, .examples = examples}, i, row);
    for (size_t c = 0; c < COLUMNS; c++) assert_true(row[c] == (float)x[examples[i]][c]);
  }
  despur_dataset_free(dataset);
}

static void what_is_no_table_of_numbers_is_refused(void **state) {
  (void)state;
  despur_dataset *dataset;
  char path[256];
  const size_t flat[1] = {COUNT * COLUMNS}, few[2] = {COUNT - 1, COLUMNS};
  double with_nan[COUNT][COLUMNS];
  memcpy(with_nan, x, sizeof x);
  with_nan[4][2] = NAN;
  write_npy(path, "flat.npy", NPY_F64, 1, flat, x);
  assert_fails(despur_dataset_create_features(&dataset, path, y_path, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected a matrix of two dimensions");
  write_npy(path, "few.npy", NPY_F64, 2, few, x);
  assert_fails(despur_dataset_create_features(&dataset, path, y_path, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected 20 values, one for each example of");
  write_npy(path, "nan.npy", NPY_F64, 2, (const size_t[]){COUNT, COLUMNS}, with_nan);
  assert_fails(despur_dataset_create_features(&dataset, path, y_path, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "row 4, column 2");
  assert_null(dataset);
}

/* One step of gradient descent of the mean cross entropy over the training examples, in double precision. */
static void descend(double weight[CLASSES][COLUMNS], double bias[CLASSES], double rate) {
  double by_weight[CLASSES][COLUMNS] = {{0}}, by_bias[CLASSES] = {0};
  for (size_t i = 0; i + 1 < COUNT; i++) {
    double logit[CLASSES], sum = 0;
    for (size_t k = 0; k < CLASSES; k++) {
      logit[k] = bias[k];
      for (size_t c = 0; c < COLUMNS; c++) logit[k] += weight[k][c] * x[i][c];
      sum += exp(logit[k]);
    }
    for (size_t k = 0; k < CLASSES; k++) {
      double slope = (exp(logit[k]) / sum - (y[i] == (int64_t)k)) / (COUNT - 1);
      by_bias[k] += slope;
      for (size_t c = 0; c < COLUMNS; c++) by_weight[k][c] += slope * x[i][c];
    }
  }
  for (size_t k = 0; k < CLASSES; k++) {
    bias[k] -= rate * by_bias[k];
    for (size_t c = 0; c < COLUMNS; c++) weight[k][c] -= rate * by_weight[k][c];
  }
}

static void read_weights(const despur_net *net, double weight[CLASSES][COLUMNS]) {
  for (size_t k = 0; k < CLASSES; k++)
    for (size_t c = 0; c < COLUMNS; c++) weight[k][c] = (double)net_classifier(net)[k * COLUMNS + c];
}

static void the_linear_network_follows_gradient_descent(void **state) {
  (void)state;
  enum { EPOCHS = 30 };
  const double rate = 0.5;
  despur_dataset *dataset = open_features();
  despur_net *net;
  despur_net_options shape = {.arch = DESPUR_ARCH_LINEAR,
                              .input = despur_dataset_shape(dataset),
                              .classes = CLASSES,
                              .batch = 32,
                              .seed = 5,
                              .threads = 2};
  assert_ok(despur_net_create(&net, &shape, &error));
  assert_int_equal(despur_net_parameter_count(net), CLASSES * COLUMNS + CLASSES);
  assert_int_equal(despur_net_features(net), COLUMNS);

  /* the bias is what the test example's logits are without the weights */
  const uint32_t test = COUNT - 1;
  double weight[CLASSES][COLUMNS], found[CLASSES][COLUMNS], bias[CLASSES];
  float logits[CLASSES];
  assert_ok(despur_outputs(net, dataset, &test, 1, DESPUR_LOGITS, logits, &error));
  read_weights(net, weight);
  for (size_t k = 0; k < CLASSES; k++) {
    bias[k] = (double)logits[k];
    for (size_t c = 0; c < COLUMNS; c++) bias[k] -= weight[k][c] * x[test][c];
  }
  for (size_t epoch = 0; epoch < EPOCHS; epoch++) descend(weight, bias, rate);

  despur_train_options options = {.epochs = EPOCHS,
                                  .batch_size = 32,
                                  .optimizer = {.name = DESPUR_SGD, .lr = rate},
                                  .method = DESPUR_ERM};
  despur_train_result result;
  assert_ok(despur_train(net, dataset, &options, NULL, &result, &error));
  read_weights(net, found);
  for (size_t k = 0; k < CLASSES; k++)
    for (size_t c = 0; c < COLUMNS; c++) assert_true(fabs(found[k][c] - weight[k][c]) < 1e-5);
  assert_ok(despur_outputs(net, dataset, &test, 1, DESPUR_LOGITS, logits, &error));
  for (size_t k = 0; k < CLASSES; k++) {
    double wanted = bias[k];
    for (size_t c = 0; c < COLUMNS; c++) wanted += weight[k][c] * x[test][c];
    assert_true(fabs((double)logits[k] - wanted) < 1e-5);
  }
  despur_net_free(net);
  despur_dataset_free(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_network_gets_the_rows),
      cmocka_unit_test(what_is_no_table_of_numbers_is_refused),
      cmocka_unit_test(the_linear_network_follows_gradient_descent),
  };
  return cmocka_run_group_tests_name("features", tests, prepare, NULL);
}
