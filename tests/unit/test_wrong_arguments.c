/* Public functions of measuring are called with what cannot be: each says so, and none reads on. */
#include "testing.h"

#include "despur/check.h"
#include "despur/compare.h"
#include "despur/dataset.h"
#include "despur/eval.h"
#include "despur/measures.h"
#include "despur/net.h"
#include "despur/rates.h"
#include "despur/stats.h"

static despur_error error;

enum { COUNT = 4 };

typedef struct fixture {
  uint32_t labels[COUNT], predictions[COUNT], groups[COUNT];
  double probabilities[2 * COUNT];
  const char *names[2];
  despur_predicted predicted;
} fixture;

static void set_up(fixture *f) {
  *f = (fixture){.labels = {0, 1, 0, 1},
                 .predictions = {0, 1, 1, 1},
                 .groups = {0, 1, 0, DESPUR_NO_GROUP},
                 .probabilities = {0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0, 1},
                 .names = {"a", "b"}};
  f->predicted = (despur_predicted){.count = COUNT,
                                    .classes = 2,
                                    .groups_count = 2,
                                    .labels = f->labels,
                                    .predictions = f->predictions,
                                    .groups = f->groups,
                                    .probabilities = f->probabilities,
                                    .names = f->names,
                                    .loss = (double)NAN};
}

static void assert_refused(const despur_predicted *p, const char *text) {
  despur_scores scores;
  despur_measures measures;
  despur_rates rates;
  despur_comparison comparison;
  fixture good;
  set_up(&good);
  assert_fails(despur_predicted_scores(&scores, p, &error), DESPUR_BAD_INPUT, text);
  assert_fails(despur_measures_compute(&measures, p, &error), DESPUR_BAD_INPUT, text);
  assert_fails(despur_rates_compute(&rates, p, 0.95, &error), DESPUR_BAD_INPUT, text);
  assert_fails(despur_compare(&comparison, p, &good.predicted, 0.95, &error), DESPUR_BAD_INPUT, text);
  assert_fails(despur_compare(&comparison, &good.predicted, p, 0.95, &error), DESPUR_BAD_INPUT, text);
}

static void predictions_that_cannot_be_are_refused_with_their_row(void **state) {
  (void)state;
  fixture f;
  const double wrong[] = {(double)NAN, (double)INFINITY, -0.25, 1.25};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    set_up(&f);
    f.probabilities[5] = wrong[i];
    assert_refused(&f.predicted, "row 3: expected probabilities from 0 to 1");
  }
  set_up(&f);
  f.labels[1] = 2;
  assert_refused(&f.predicted, "row 2: class 1 predicted for an example of class 2, of 2 classes");
  set_up(&f);
  f.predictions[3] = 7;
  assert_refused(&f.predicted, "row 4: class 7 predicted");
  set_up(&f);
  f.groups[0] = 2;
  assert_refused(&f.predicted, "row 1 is in group 2 of 2 groups");
  set_up(&f);
  f.predicted.groups_aside = 3;
  assert_refused(&f.predicted, "3 groups set aside of 2");
  set_up(&f);
  uint32_t units[COUNT] = {0, 1, 2, 1};
  f.predicted.units = units;
  f.predicted.units_count = 2;
  assert_refused(&f.predicted, "row 3 is of unit 2 of 2 units");
  set_up(&f);
  f.predicted.predictions = NULL;
  assert_refused(&f.predicted, "expected labels, predictions");
  despur_predicted none;
  assert_fails(despur_predicted_from_frame(&none, &(despur_frame){.name = "frame", .rows = 3}, NULL, &error),
               DESPUR_BAD_INPUT, "expected a line with the names of the columns");
}

static void units_that_cannot_be_say_nothing(void **state) {
  (void)state;
  fixture f;
  char *sentence;
  set_up(&f);
  assert_ok(despur_units_sentence(&sentence, &f.predicted, NULL, &error));
  assert_string_equal(sentence, "");
  free(sentence);
  assert_true(isnan(despur_effective_interval(11, 10, (despur_effective){5, 3, false, 0}, 0.95).low));
  assert_true(isnan(despur_effective_interval(0, 0, (despur_effective){5, 3, false, 0}, 0.95).low));
  assert_true(isnan(despur_effective_interval(1, 10, (despur_effective){0, 3, false, 0}, 0.95).low));
  assert_true(
      isnan(despur_effective_interval(1, 10, (despur_effective){(double)NAN, 3, false, 0}, 0.95).low));
  assert_true(isnan(despur_effective_interval(1, 10, (despur_effective){5, 3, false, 0}, 1).low));
}

static void counts_and_confidences_that_cannot_be_are_refused(void **state) {
  (void)state;
  const double wrong[] = {0, 1, -0.5, 1.5, (double)NAN};
  const size_t correct[] = {3, 11}, count[] = {4, 10}, right[] = {3, 9};
  despur_interval got;
  fixture f;
  set_up(&f);
  assert_fails(despur_minimum_interval(&got, correct, count, 2, 0.95, &error), DESPUR_BAD_INPUT,
               "group 1: 11 right answers to 10 examples");
  assert_true(isnan(despur_wilson_interval(11, 10, 0.95).low));
  assert_true(isnan(despur_difference_interval(1, 2, 11, 10, 0.95).high));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    despur_scores scores;
    despur_comparison comparison;
    despur_check check = {.condition = DESPUR_AVERAGE_AT_LEAST, .bound = 0.5};
    const despur_pairs pairs = {5, 1, 2, 3};
    assert_fails(despur_minimum_interval(&got, right, count, 2, wrong[i], &error), DESPUR_BAD_INPUT,
                 "expected a confidence");
    assert_fails(despur_compare(&comparison, &f.predicted, &f.predicted, wrong[i], &error), DESPUR_BAD_INPUT,
                 "expected a confidence");
    assert_ok(despur_predicted_scores(&scores, &f.predicted, &error));
    assert_fails(despur_check_all(&check, 1, &(despur_check_subject){.scores = &scores}, wrong[i], &error),
                 DESPUR_BAD_INPUT, "expected a confidence");
    despur_scores_release(&scores);
    assert_true(isnan(despur_wilson_interval(3, 10, wrong[i]).low));
    assert_true(isnan(despur_paired_interval(&pairs, wrong[i]).low));
    assert_true(isnan(despur_difference_interval(1, 2, 1, 10, wrong[i]).low));
    assert_int_equal(despur_plan_threshold(0.8, 0.9, wrong[i], 0.8), 0);
    assert_int_equal(despur_plan_paired(0.8, 0.9, 0.2, wrong[i], 0.8), 0);
    assert_int_equal(despur_plan_unpaired(0.8, 0.9, 0.95, wrong[i]), 0);
  }
  assert_int_equal(despur_plan_threshold(1.5, 0.9, 0.95, 0.8), 0);
  const size_t too_many[] = {5, 11}, of[] = {5, 10};
  const despur_epoch_counts epochs = {.epochs = 1, .cells = 2, .count = of, .correct = too_many};
  double optimism;
  assert_fails(despur_selection_optimism(&optimism, &epochs, &error), DESPUR_BAD_INPUT, "impossible counts");
  assert_fails(despur_selection_optimism(&optimism, &(despur_epoch_counts){0}, &error), DESPUR_BAD_INPUT,
               "expected epochs");
  double p[] = {0.5, 1.5};
  assert_fails(despur_holm(p, p, 2, &error), DESPUR_BAD_INPUT, "p-value 1");
}

static void networks_that_cannot_be_are_refused(void **state) {
  (void)state;
  const despur_net_options good = {
      .arch = DESPUR_MLP, .input = {1, 8, 8}, .classes = 2, .batch = 4, .threads = 1};
  despur_net_options options = good;
  despur_net *net;
  options.arch = (despur_arch)77;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT,
               "no architecture has the number 77");
  options = good;
  options.input = (despur_shape){SIZE_MAX / 2, 3, 3};
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "");
  options = good;
  options.input.height = 0;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "at least one value");
  options = good;
  options.batch = 0;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "a batch of at least one");
  options = good;
  options.dropout = 1;
  assert_fails(despur_net_create(&net, &options, &error), DESPUR_BAD_INPUT, "dropout");
}

static void images_that_cannot_be_are_refused(void **state) {
  (void)state;
  float images[2 * 4] = {0};
  const int64_t labels[] = {0, 1};
  despur_arrays arrays = {
      .images = images, .images_are_float = 1, .count = 2, .shape = {1, 2, 2}, .labels = labels};
  despur_dataset *dataset;
  const float wrong[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 3; i++) {
    images[6] = wrong[i];
    assert_fails(despur_dataset_create_from_arrays(&dataset, &arrays, &error), DESPUR_BAD_INPUT,
                 "images: value 6 is not a finite number");
  }
  images[6] = 0;
  arrays.shape = (despur_shape){SIZE_MAX / 2, 2, 2};
  assert_fails(despur_dataset_create_from_arrays(&dataset, &arrays, &error), DESPUR_BAD_INPUT, "");
  arrays.shape = (despur_shape){1, 0, 2};
  assert_fails(despur_dataset_create_from_arrays(&dataset, &arrays, &error), DESPUR_BAD_INPUT,
               "sizes of at least 1");
}

/* A network for 28 x 28 images and a data set of 8 x 8 ones. */
static void networks_and_images_that_do_not_fit_are_refused(void **state) {
  (void)state;
  const uint8_t images[2 * 64] = {0};
  const int64_t labels[] = {0, 1};
  const despur_arrays arrays = {.images = images, .count = 2, .shape = {1, 8, 8}, .labels = labels};
  const despur_net_options options = {
      .arch = DESPUR_LENET, .input = {1, 28, 28}, .classes = 2, .batch = 2, .threads = 1};
  const uint32_t examples[] = {0, 1}, far[] = {0, 2};
  float out[2 * 84];
  despur_dataset *dataset;
  despur_net *net;
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_net_create(&net, &options, &error));
  for (int what = DESPUR_LOGITS; what <= DESPUR_FEATURES; what++)
    assert_fails(despur_outputs(net, dataset, examples, 2, (despur_output)what, out, &error),
                 DESPUR_BAD_INPUT, "the images have 1 x 8 x 8 values, the network takes 1 x 28 x 28");
  despur_net_free(net);
  despur_net_options small = options;
  small.arch = DESPUR_MLP;
  small.input = arrays.shape;
  assert_ok(despur_net_create(&net, &small, &error));
  assert_fails(despur_outputs(net, dataset, far, 2, DESPUR_LOGITS, out, &error), DESPUR_BAD_INPUT,
               "example 2 of a data set with 2");
  despur_net_free(net);
  despur_dataset_free(dataset);
}

/* One NaN among the weights of a file, found in its bytes. */
static void weights_that_are_not_finite_are_refused(void **state) {
  (void)state;
  const despur_net_options options = {
      .arch = DESPUR_MLP, .input = {1, 8, 8}, .classes = 2, .batch = 2, .threads = 1};
  despur_net *net;
  char directory[128], path[160];
  const float nan = NAN;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/weights.safetensors", directory);
  assert_ok(despur_net_create(&net, &options, &error));
  assert_ok(despur_net_save(net, path, &error));
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, -4, SEEK_END), 0);
  assert_int_equal(fwrite(&nan, sizeof nan, 1, file), 1);
  fclose(file);
  assert_fails(despur_net_load(net, path, &error), DESPUR_BAD_INPUT, "is not finite");
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(predictions_that_cannot_be_are_refused_with_their_row),
      cmocka_unit_test(units_that_cannot_be_say_nothing),
      cmocka_unit_test(counts_and_confidences_that_cannot_be_are_refused),
      cmocka_unit_test(networks_that_cannot_be_are_refused),
      cmocka_unit_test(images_that_cannot_be_are_refused),
      cmocka_unit_test(networks_and_images_that_do_not_fit_are_refused),
      cmocka_unit_test(weights_that_are_not_finite_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
