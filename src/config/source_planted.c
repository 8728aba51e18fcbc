/* Features whose truth is known: the class shows along one set of columns, each planted shortcut along
 * another, and everything else is noise. In training a shortcut goes with the class; in validation and test
 * it does not. */
#include "base/format.h"
#include "base/memory.h"
#include "base/random.h"
#include "config/source.h"
#include "data/dataset.h"

#include <stdio.h>

typedef struct planted {
  size_t train, validation, count, classes, columns;
  double core, noise, strength;
  const config_reals *spurious;
  uint64_t seed;
  float *x; /* [count, columns] */
  int64_t *labels, *attributes, *splits;
} planted;

static const double APART =
    0.70710678118654752; /* means in columns of their own are this much times 2 apart */

/* The value that goes with the label, or, with what is left of the chance, one of the others. */
static uint32_t draw_value(const planted *p, uint32_t label, bool free, random_stream *stream) {
  uint32_t classes = (uint32_t)p->classes;
  if (free) return random_below(stream, classes);
  if (random_uniform(stream) < p->strength) return label;
  return (label + 1 + random_below(stream, classes - 1)) % classes;
}

static void draw_example(planted *p, size_t i) {
  random_stream stream = random_open(p->seed, "planted", i);
  float *row = p->x + i * p->columns;
  uint32_t label = random_below(&stream, (uint32_t)p->classes);
  p->labels[i] = label;
  p->splits[i] = i < p->train ? DESPUR_TRAIN : i < p->train + p->validation ? DESPUR_VAL : DESPUR_TEST;
  for (size_t j = 0; j < p->columns; j++) row[j] = (float)(p->noise * random_normal(&stream));
  row[label] += (float)(APART * p->core);
  for (size_t s = 0; s < p->spurious->count; s++) {
    uint32_t value = draw_value(p, label, i >= p->train, &stream);
    row[(s + 1) * p->classes + value] += (float)(APART * p->spurious->values[s]);
    if (s == 0) p->attributes[i] = value;
  }
}

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  format_text(out, SOURCE_LABEL, "planted, strength %g", config->data.planted.strength);
  return 0;
}

static void plan(planted *p, const despur_config *config) {
  p->train = (size_t)config->data.planted.train;
  p->validation = (size_t)config->data.planted.val;
  p->count = p->train + p->validation + (size_t)config->data.planted.test;
  p->classes = (size_t)config->data.planted.classes;
  p->core = config->data.planted.core;
  p->noise = config->data.planted.noise;
  p->strength = config->data.planted.strength;
  p->spurious = &config->data.planted.spurious;
  p->columns = p->classes * (1 + p->spurious->count) + (size_t)config->data.planted.columns;
  p->seed = config_seed(config, config->seeds.data);
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  planted p = {0};
  char what[128];
  *out = NULL;
  plan(&p, config);
  TRY(mem_alloc(&p.x, p.count, p.columns * sizeof *p.x, error));
  TRY(mem_alloc(&p.labels, p.count, sizeof *p.labels, error));
  TRY(mem_alloc(&p.attributes, p.count, sizeof *p.attributes, error));
  TRY(mem_alloc(&p.splits, p.count, sizeof *p.splits, error));
  for (size_t i = 0; i < p.count; i++) draw_example(&p, i);
  const despur_arrays arrays = {.images = p.x,
                                .images_are_float = 1,
                                .count = p.count,
                                .shape = {p.columns, 1, 1},
                                .labels = p.labels,
                                .attributes = p.attributes,
                                .splits = p.splits};
  TRY(despur_dataset_create_from_arrays(out, &arrays, error));
  (*out)->kind = DESPUR_INPUT_FEATURES;
  (*out)->owned_pixels = p.x; /* the data set borrows them, and frees them from now on */
  p.x = NULL;
  snprintf(what, sizeof what, "%zu rows of %zu features, planted: %zu classes, %zu shortcut%s", p.count,
           p.columns, p.classes, p.spurious->count, p.spurious->count == 1 ? "" : "s");
  dataset_describe(*out, what, "", "");
cleanup:
  mem_free(p.x);
  mem_free(p.labels);
  mem_free(p.attributes);
  mem_free(p.splits);
  return status;
}

const data_source source_planted = {.name = "planted",
                                    .keys = {"data.planted.train", "data.planted.val", "data.planted.test",
                                             "data.planted.classes", "data.planted.core",
                                             "data.planted.spurious", "data.planted.strength",
                                             "data.planted.columns", "data.planted.noise"},
                                    .kind = DESPUR_INPUT_FEATURES,
                                    .arch = "linear",
                                    .knows_attributes = true,
                                    .attribute_is_random = true,
                                    .label = label,
                                    .create = create};
