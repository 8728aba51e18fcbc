/* Data sets of one-pixel images, for tests to which only labels, attributes and splits matter. */
#ifndef TINY_DATASET_H
#define TINY_DATASET_H

#include "testing.h"

#include "despur/dataset.h"

typedef struct tiny_dataset {
  despur_dataset *dataset;
  uint8_t *pixels;
} tiny_dataset;

/* The arrays are borrowed until tiny_dataset_free; attributes and splits may be NULL. */
static inline tiny_dataset tiny_dataset_create(size_t count, const int64_t *labels, const int64_t *attributes,
                                               const int64_t *splits) {
  tiny_dataset tiny = {.pixels = calloc(count, 1)};
  despur_error error;
  despur_arrays arrays = {.images = tiny.pixels,
                          .count = count,
                          .shape = {1, 1, 1},
                          .labels = labels,
                          .attributes = attributes,
                          .splits = splits};
  assert_non_null(tiny.pixels);
  assert_ok(despur_dataset_create_from_arrays(&tiny.dataset, &arrays, &error));
  return tiny;
}

static inline void tiny_dataset_free(tiny_dataset *tiny) {
  despur_dataset_free(tiny->dataset);
  free(tiny->pixels);
}

#endif
