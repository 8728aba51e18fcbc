/* Planted features are what the configuration says. */
#include "testing.h"

#include "despur/config.h"
#include "despur/dataset.h"

#include <math.h>

enum { CLASSES = 3, SHORTCUTS = 2, NOISE = 4, COLUMNS = CLASSES * (1 + SHORTCUTS) + NOISE };

static despur_error error;

static despur_dataset *planted(void) {
  static const char *const WORDS[] = {"data.source=planted",         "data.planted.train=6000",
                                      "data.planted.val=300",        "data.planted.test=6000",
                                      "data.planted.classes=3",      "data.planted.core=3",
                                      "data.planted.spurious=[5,2]", "data.planted.strength=0.9",
                                      "data.planted.columns=4",      "data.planted.noise=0.5"};
  despur_config *config;
  despur_dataset *d;
  assert_ok(despur_config_create(&config, &error));
  for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
    assert_ok(despur_config_set(config, WORDS[i], &error));
  assert_ok(despur_dataset_create(&d, config, &error));
  despur_config_free(config);
  return d;
}

/* Mean of each column over the examples of a split with this value of `codes`. */
static size_t means(double out[COLUMNS], const despur_dataset *d, despur_split split, const uint32_t *codes,
                    uint32_t code) {
  size_t count, found = 0;
  float row[COLUMNS];
  const uint32_t *members = despur_dataset_split(d, split, &count);
  memset(out, 0, COLUMNS * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    if (codes[members[i]] != code) continue;
    found++;
    despur_dataset_image(d, members[i], row);
    for (size_t j = 0; j < COLUMNS; j++) out[j] += (double)row[j];
  }
  for (size_t j = 0; j < COLUMNS; j++) out[j] /= (double)found;
  return found;
}

static double distance(const double *a, const double *b, size_t from, size_t count) {
  double square = 0;
  for (size_t j = from; j < from + count; j++) square += (a[j] - b[j]) * (a[j] - b[j]);
  return sqrt(square);
}

/* In test, where nothing goes with anything, means of classes differ in their own columns alone, by what was
 * asked for; those of the attribute likewise. 2,000 examples each with deviation 0.5: 0.02 is 1.3 standard
 * errors of a column's difference, 0.1 more than 5. */
static void means_lie_as_far_apart_as_was_asked_for(void **state) {
  (void)state;
  double one[COLUMNS], other[COLUMNS];
  despur_dataset *d = planted();
  assert_int_equal(despur_dataset_shape(d).channels, COLUMNS);
  const uint32_t *labels = despur_dataset_labels(d), *attributes = despur_dataset_attribute_values(d);
  for (uint32_t k = 1; k < CLASSES; k++) {
    means(one, d, DESPUR_TEST, labels, 0);
    means(other, d, DESPUR_TEST, labels, k);
    assert_true(fabs(distance(one, other, 0, CLASSES) - 3) < 0.1);
    assert_true(distance(one, other, CLASSES * (1 + SHORTCUTS), NOISE) < 0.1);
    means(one, d, DESPUR_TEST, attributes, 0);
    means(other, d, DESPUR_TEST, attributes, k);
    assert_true(fabs(distance(one, other, CLASSES, CLASSES) - 5) < 0.1);
    assert_true(distance(one, other, CLASSES * (1 + SHORTCUTS), NOISE) < 0.1);
  }
  despur_dataset_free(d);
}

static void a_shortcut_goes_with_the_class_in_training_alone(void **state) {
  (void)state;
  despur_dataset *d = planted();
  const uint32_t *labels = despur_dataset_labels(d), *attributes = despur_dataset_attribute_values(d);
  static const despur_split SPLITS[] = {DESPUR_TRAIN, DESPUR_TEST};
  static const double SHARES[] = {0.9, 1.0 / CLASSES};
  for (size_t s = 0; s < 2; s++) {
    size_t count, same = 0;
    const uint32_t *members = despur_dataset_split(d, SPLITS[s], &count);
    assert_int_equal(count, 6000);
    for (size_t i = 0; i < count; i++) same += labels[members[i]] == attributes[members[i]];
    assert_true(fabs((double)same / (double)count - SHARES[s]) < 0.025); /* 4 standard errors */
  }
  despur_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(means_lie_as_far_apart_as_was_asked_for),
                                     cmocka_unit_test(a_shortcut_goes_with_the_class_in_training_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
