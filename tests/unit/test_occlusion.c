/* Occlusion of a linear network, whose loss is known in closed form: with logits W x + b, covering a region
 * changes them by W (mean - x) over the region and by nothing else. */
#include "testing.h"

#include "despur/cam.h"
#include "despur/eval.h"

#include <math.h>

enum { COUNT = 37, SIDE = 6, CHANNELS = 3, CLASSES = 3, GRID = 3, PIXELS = CHANNELS * SIDE * SIDE };

static despur_error error;

typedef struct fixture {
  float *images;
  despur_dataset *dataset;
  despur_groups groups;
  despur_net *net;
  uint32_t examples[COUNT];
} fixture;

static fixture make(despur_arch arch) {
  fixture f = {.images = calloc((size_t)COUNT * PIXELS, sizeof *f.images)};
  static int64_t labels[COUNT], attributes[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = (int64_t)(i % CLASSES);
    attributes[i] = i % 2 == 1;
    f.examples[i] = (uint32_t)i;
    for (size_t v = 0; v < PIXELS; v++) f.images[i * PIXELS + v] = (float)((i * 31 + v * 17) % 101) / 101.0f;
  }
  despur_arrays arrays = {.images = f.images,
                          .images_are_float = 1,
                          .count = COUNT,
                          .shape = {CHANNELS, SIDE, SIDE},
                          .labels = labels,
                          .attributes = attributes};
  assert_ok(despur_dataset_create_from_arrays(&f.dataset, &arrays, &error));
  assert_ok(despur_groups_true(&f.groups, f.dataset, &error));
  despur_net_options options = {.arch = arch,
                                .input = {CHANNELS, SIDE, SIDE},
                                .classes = CLASSES,
                                .batch = 16,
                                .seed = 5,
                                .threads = 2};
  assert_ok(despur_net_create(&f.net, &options, &error));
  return f;
}

static void release(fixture *f) {
  despur_net_free(f->net);
  despur_groups_release(&f->groups);
  despur_dataset_free(f->dataset);
  free(f->images);
}

/* A linear network tells its weights: b = f(0) and W e_v = f(e_v) - b. */
static void read_linear(despur_net *net, double weights[CLASSES][PIXELS], double biases[CLASSES]) {
  static float images[(PIXELS + 1) * PIXELS], logits[(PIXELS + 1) * CLASSES];
  static int64_t labels[PIXELS + 1];
  static uint32_t examples[PIXELS + 1];
  despur_dataset *units;
  for (size_t v = 0; v < PIXELS; v++) images[(v + 1) * PIXELS + v] = 1;
  for (size_t i = 0; i <= PIXELS; i++) examples[i] = (uint32_t)i, labels[i] = (int64_t)(i % CLASSES);
  despur_arrays arrays = {.images = images,
                          .images_are_float = 1,
                          .count = PIXELS + 1,
                          .shape = {CHANNELS, SIDE, SIDE},
                          .labels = labels};
  assert_ok(despur_dataset_create_from_arrays(&units, &arrays, &error));
  assert_ok(despur_outputs(net, units, examples, PIXELS + 1, DESPUR_LOGITS, logits, &error));
  for (size_t c = 0; c < CLASSES; c++) {
    biases[c] = (double)logits[c];
    for (size_t v = 0; v < PIXELS; v++) weights[c][v] = (double)logits[(v + 1) * CLASSES + c] - biases[c];
  }
  despur_dataset_free(units);
}

static void probabilities(const double logits[CLASSES], double out[CLASSES]) {
  double sum = 0;
  for (size_t c = 0; c < CLASSES; c++) sum += exp(logits[c]);
  for (size_t c = 0; c < CLASSES; c++) out[c] = exp(logits[c]) / sum;
}

static void losses_of_a_linear_network_have_their_closed_form(void **state) {
  (void)state;
  static double weights[CLASSES][PIXELS], biases[CLASSES], mean[PIXELS], wanted[CLASSES * 2][GRID * GRID];
  fixture f = make(DESPUR_ARCH_LINEAR);
  despur_occlusion found;
  size_t counts[CLASSES * 2] = {0};
  memset(wanted, 0, sizeof wanted);
  memset(mean, 0, sizeof mean);
  read_linear(f.net, weights, biases);
  for (size_t i = 0; i < COUNT; i++)
    for (size_t v = 0; v < PIXELS; v++) mean[v] += (double)f.images[i * PIXELS + v] / COUNT;
  for (size_t i = 0; i < COUNT; i++) {
    const float *x = f.images + i * PIXELS;
    double logits[CLASSES], moved[CLASSES], p[CLASSES], q[CLASSES];
    size_t top = 0;
    for (size_t c = 0; c < CLASSES; c++) {
      logits[c] = biases[c];
      for (size_t v = 0; v < PIXELS; v++) logits[c] += weights[c][v] * (double)x[v];
      if (logits[c] > logits[top]) top = c;
    }
    probabilities(logits, p);
    counts[f.groups.of_example[i]]++;
    for (size_t region = 0; region < GRID * GRID; region++) {
      memcpy(moved, logits, sizeof moved);
      for (size_t v = 0; v < PIXELS; v++) {
        size_t row = v / SIDE % SIDE, column = v % SIDE;
        if (row / 2 * GRID + column / 2 != region) continue;
        for (size_t c = 0; c < CLASSES; c++) moved[c] += weights[c][v] * (mean[v] - (double)x[v]);
      }
      probabilities(moved, q);
      wanted[f.groups.of_example[i]][region] += p[top] - q[top];
    }
  }
  assert_ok(despur_occlude(&found, f.net, f.dataset, &f.groups, f.examples, COUNT, GRID, &error));
  assert_int_equal(found.groups_count, CLASSES * 2);
  for (size_t g = 0; g < CLASSES * 2; g++) {
    assert_int_equal(found.counts[g], counts[g]);
    for (size_t region = 0; region < GRID * GRID; region++)
      assert_true(fabs(found.losses[g * GRID * GRID + region] - wanted[g][region] / (double)counts[g]) <
                  2e-6);
  }
  despur_occlusion_release(&found);
  release(&f);
}

static void regions_that_the_network_does_not_read_lose_nothing(void **state) {
  (void)state;
  fixture f = make(DESPUR_ARCH_LINEAR);
  despur_occlusion found;
  /* every picture is the mean: covering changes nothing, in no region */
  for (size_t i = 1; i < COUNT; i++) memcpy(f.images + i * PIXELS, f.images, PIXELS * sizeof *f.images);
  assert_ok(despur_occlude(&found, f.net, f.dataset, &f.groups, f.examples, COUNT, 1, &error));
  for (size_t g = 0; g < found.groups_count; g++) assert_true(fabs(found.losses[g]) < 1e-6);
  despur_occlusion_release(&found);
  release(&f);
}

static void what_cannot_be_covered_is_said(void **state) {
  (void)state;
  fixture f = make(DESPUR_ARCH_LINEAR);
  despur_occlusion found;
  assert_int_equal(despur_occlude(&found, f.net, f.dataset, &f.groups, f.examples, COUNT, SIDE + 1, &error),
                   DESPUR_BAD_USAGE);
  assert_string_equal(error.message, "occlusion: expected a grid of 1 to 6 regions on a side, found 7");
  f.examples[3] = COUNT;
  assert_int_equal(despur_occlude(&found, f.net, f.dataset, &f.groups, f.examples, COUNT, GRID, &error),
                   DESPUR_BAD_INPUT);
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_of_a_linear_network_have_their_closed_form),
      cmocka_unit_test(regions_that_the_network_does_not_read_lose_nothing),
      cmocka_unit_test(what_cannot_be_covered_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
