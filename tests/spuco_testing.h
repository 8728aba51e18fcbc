/* What the tests of SpuCoMNIST share: ordinary options, blank images, and the law of colours. */
#ifndef SPUCO_TESTING_H
#define SPUCO_TESTING_H

#include "testing.h"

#include "data/dataset.h"

#include <stdbool.h>

enum { SIDE = 28, PLANE = SIDE * SIDE };

static despur_error error;

static const double STRONG = 0.995, WEAK = 0.8;

/* Built-in digits in five classes of two. */
static inline despur_spuco_options ordinary_options(void) {
  despur_spuco_options options = {.images = "digits",
                                  .classes = 5,
                                  .difficulty = DESPUR_MAGNITUDE_LARGE,
                                  .strength = &STRONG,
                                  .strengths = 1,
                                  .digits_train = 6000,
                                  .digits_test = 1003,
                                  .data_seed = 11,
                                  .split_seed = 12};
  for (uint8_t digit = 0; digit < DESPUR_DIGITS; digit++) options.class_of_digit[digit] = digit / 2;
  return options;
}

static inline despur_dataset *create(const despur_spuco_options *options) {
  despur_dataset *dataset;
  assert_ok(despur_dataset_create_spuco_mnist(&dataset, options, &error));
  return dataset;
}

static inline void put_idx_header(FILE *file, uint8_t rank, const uint32_t *sizes) {
  const uint8_t magic[4] = {0, 0, 8, rank};
  fwrite(magic, 1, 4, file);
  for (size_t i = 0; i < rank; i++)
    for (int shift = 24; shift >= 0; shift -= 8) putc((int)(sizes[i] >> shift & 0xff), file);
}

/* Writes count images that are black everywhere; their labels are 0 to 9 in turn. */
static inline void write_blank_part(const char *directory, const char *part, uint32_t count) {
  static const uint8_t BLACK[PLANE] = {0};
  const uint32_t sizes[3] = {count, SIDE, SIDE};
  char images[256], labels[256];
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", directory, part);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", directory, part);
  FILE *image_file = fopen(images, "wb"), *label_file = fopen(labels, "wb");
  if (!image_file || !label_file) fail_msg("cannot write into %s", directory);
  put_idx_header(image_file, 3, sizes);
  put_idx_header(label_file, 1, sizes);
  for (uint32_t i = 0; i < count; i++) {
    fwrite(BLACK, 1, PLANE, image_file);
    putc((int)(i % 10), label_file);
  }
  assert_int_equal(fclose(image_file), 0);
  assert_int_equal(fclose(label_file), 0);
}

static inline void write_blank_digits(char directory[128], uint32_t train, uint32_t test) {
  temporary_directory(directory);
  write_blank_part(directory, "train", train);
  write_blank_part(directory, "t10k", test);
}

/* The label before label noise. */
static inline uint32_t clean_label(const despur_dataset *dataset, size_t example) {
  return dataset->clean_label ? dataset->clean_label[example] : dataset->label[example];
}

/* counts [classes, attributes] of a split, by clean label. */
static inline void count_groups(size_t *counts, const despur_dataset *dataset, despur_split split) {
  memset(counts, 0, dataset->classes * dataset->attributes * sizeof *counts);
  for (size_t i = 0; i < dataset->sizes[split]; i++) {
    uint32_t e = dataset->members[split][i];
    counts[clean_label(dataset, e) * dataset->attributes + dataset->attribute[e]]++;
  }
}

static inline void assert_class_follows_the_law(const size_t *counts, size_t own, size_t colours,
                                                double strength) {
  size_t n = 0, least = SIZE_MAX, most = 0;
  for (size_t a = 0; a < colours; a++) n += counts[a];
  for (size_t a = 0; a < colours; a++) {
    if (strength > 0 && a == own) continue;
    least = counts[a] < least ? counts[a] : least;
    most = counts[a] > most ? counts[a] : most;
  }
  if (strength > 0) assert_int_equal(counts[own], (size_t)floor(strength * (double)n));
  assert_true(most - least <= 1);
}

/* floor(strength n) of each class have its colour and the others share out the rest, differing by at most
 * one; strength 0: all colours do. strengths [classes]. */
static inline void assert_split_follows_the_law(const despur_dataset *dataset, despur_split split,
                                                const double *strengths) {
  size_t counts[DESPUR_DIGITS * DESPUR_DIGITS];
  count_groups(counts, dataset, split);
  for (size_t c = 0; c < dataset->classes; c++)
    assert_class_follows_the_law(counts + c * dataset->attributes, c, dataset->attributes,
                                 strengths ? strengths[c] : 0);
}

#endif
