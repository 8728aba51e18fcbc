/* Six images with labels, attributes and splits, and coloured digits: for tests of data sets. */
#ifndef ARRAYS_TESTING_H
#define ARRAYS_TESTING_H

#include "testing.h"

#include "despur/dataset.h"
#include "samples.h"

enum { COUNT = 6, VALUES = 2 * 3 * 2 };

static despur_error error;
static char directory[128];

static uint8_t bytes[COUNT * VALUES];
static float floats[COUNT * VALUES];
static const int64_t LABELS[COUNT] = {0, 2, 1, 0, 2, 2}, ATTRIBUTES[COUNT] = {1, 0, 1, 0, 1, 0},
                     SPLITS[COUNT] = {0, 1, 0, 2, 0, 1};

static inline int prepare(void **state) {
  (void)state;
  temporary_directory(directory);
  for (size_t i = 0; i < COUNT * VALUES; i++) {
    bytes[i] = (uint8_t)(i * 89 % 256);
    floats[i] = (float)i * 0.37f - 3;
  }
  return 0;
}

static inline despur_arrays ordinary_arrays(void) {
  return (despur_arrays){.images = bytes,
                         .count = COUNT,
                         .shape = {2, 3, 2},
                         .labels = LABELS,
                         .attributes = ATTRIBUTES,
                         .splits = SPLITS};
}

/* The path of a file of the test; several may be in use at once. */
static inline const char *at(const char *name) {
  static char paths[8][256];
  static size_t next;
  char *path = paths[next++ % 8];
  snprintf(path, 256, "%s/%s", directory, name);
  return path;
}

static inline despur_dataset *coloured_digits(void) {
  static const double STRENGTH = 0.7;
  despur_dataset *dataset;
  despur_spuco_options options = {.images = "digits",
                                  .classes = 5,
                                  .difficulty = DESPUR_VARIANCE_MEDIUM,
                                  .strength = &STRENGTH,
                                  .strengths = 1,
                                  .digits_train = 200,
                                  .digits_test = 60};
  for (uint8_t digit = 0; digit < DESPUR_DIGITS; digit++) options.class_of_digit[digit] = digit / 2;
  assert_ok(despur_dataset_create_spuco_mnist(&dataset, &options, &error));
  return dataset;
}

#endif
