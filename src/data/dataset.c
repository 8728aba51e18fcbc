/* Data sets: life cycle, splits, and those made from arrays. */
#include "data/dataset.h"

#include "base/format.h"
#include "base/memory.h"
#include "data/images.h"
#include "io/array_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

despur_status dataset_allocate(despur_dataset **out, size_t count, int with_images, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_dataset *dataset;
  TRY(mem_alloc(&dataset, 1, sizeof *dataset, error));
  *out = dataset;
  dataset->count = count;
  dataset->reader = &stored_examples;
  TRY(mem_alloc(&dataset->label, count, sizeof *dataset->label, error));
  TRY(mem_alloc(&dataset->attribute, count, sizeof *dataset->attribute, error));
  if (with_images) TRY(mem_alloc(&dataset->image, count, sizeof *dataset->image, error));
cleanup:
  return status;
}

despur_status dataset_set_splits(despur_dataset *dataset, const uint8_t *split_of, despur_error *error) {
  for (size_t i = 0; i < dataset->count; i++) dataset->sizes[split_of[i]]++;
  for (size_t split = 0; split < DESPUR_SPLITS; split++) {
    uint32_t **members = &dataset->members[split];
    despur_status status = mem_alloc(members, dataset->sizes[split], sizeof **members, error);
    if (status != DESPUR_OK) return status;
    size_t found = 0;
    for (size_t i = 0; i < dataset->count; i++)
      if (split_of[i] == split) (*members)[found++] = (uint32_t)i;
  }
  return DESPUR_OK;
}

void despur_dataset_free(despur_dataset *dataset) {
  if (!dataset) return;
  mem_free(dataset->label);
  mem_free(dataset->clean_label);
  mem_free(dataset->attribute);
  mem_free(dataset->image);
  for (size_t split = 0; split < DESPUR_SPLITS; split++) mem_free(dataset->members[split]);
  mem_free(dataset->owned_pixels);
  npy_close(&dataset->images);
  if (dataset->pictures) dataset->free_pictures(dataset->pictures);
  if (dataset->paint) mem_free(dataset->paint->colours);
  mem_free(dataset->paint);
  mem_free(dataset->thinned);
  mem_free(dataset->masks);
  mem_free(dataset->mask_of);
  for (size_t i = 0; i < DATASET_INPUTS; i++) mem_free(dataset->inputs[i]);
  mem_free(dataset);
}

enum { MOST_VALUES = 10000 }; /* of labels and attributes: beyond it, a file of something else was given */

/* Copies values, which must lie in 0..MOST_VALUES-1, and counts how many kinds there are (largest + 1). */
static despur_status take_values(uint32_t *out, size_t *kinds, const int64_t *values, size_t count,
                                 const char *name, despur_error *error) {
  *kinds = 0;
  for (size_t i = 0; i < count; i++) {
    if (values[i] < 0 || values[i] >= MOST_VALUES)
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s: value %zu: expected a whole number from 0 to %d, found %lld", name, i,
                       MOST_VALUES - 1, (long long)values[i]);
    out[i] = (uint32_t)values[i];
    if (out[i] >= *kinds) *kinds = out[i] + 1;
  }
  return DESPUR_OK;
}

static despur_status take_splits(despur_dataset *dataset, const int64_t *splits, const char *name,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *split_of;
  TRY(mem_alloc(&split_of, dataset->count, 1, error));
  for (size_t i = 0; splits && i < dataset->count; i++) {
    if (splits[i] < 0 || splits[i] >= DESPUR_SPLITS)
      FAIL(error, DESPUR_BAD_INPUT, "%s: value %zu: expected 0 (train), 1 (val) or 2 (test), found %lld",
           name, i, (long long)splits[i]);
    split_of[i] = (uint8_t)splits[i];
  }
  TRY(dataset_set_splits(dataset, split_of, error));
  if (dataset->sizes[DESPUR_TRAIN] == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least one 0, a training example, found none", name);
cleanup:
  mem_free(split_of);
  return status;
}

/* Sizes, and that all values are finite. */
static despur_status check_examples(const despur_arrays *arrays, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_shape *shape = &arrays->shape;
  size_t values;
  if (!arrays->images) FAIL(error, DESPUR_BAD_INPUT, "%s: expected an array, found NULL", name);
  if (arrays->count == 0 || arrays->count >= UINT32_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected from 1 to %u examples, found %zu", name, UINT32_MAX - 1,
         arrays->count);
  if (shape->channels == 0 || shape->height == 0 || shape->width == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected sizes of at least 1, found %zu x %zu x %zu", name,
         shape->channels, shape->height, shape->width);
  TRY(mem_multiply(&values, shape->channels, shape->height, error));
  TRY(mem_multiply(&values, values, shape->width, error));
  TRY(mem_multiply(&values, values, arrays->count, error));
  if (values > SIZE_MAX / sizeof(float))
    FAIL(error, DESPUR_BAD_INPUT, "%s: sizes are beyond what a computer can hold", name);
  for (size_t i = 0; arrays->images_are_float && i < values; i++)
    if (!__builtin_isfinite(((const float *)arrays->images)[i]))
      FAIL(error, DESPUR_BAD_INPUT, "%s: value %zu is not a finite number that float32 holds", name, i);
cleanup:
  return status;
}

static void describe_images(despur_dataset *dataset, const despur_arrays *arrays, const char *from,
                            const char *place) {
  char what[128];
  const despur_shape shape = arrays->shape;
  snprintf(what, sizeof what, "%zu images of %zu x %zu x %zu", arrays->count, shape.channels, shape.height,
           shape.width);
  dataset_describe(dataset, what, from, place);
}

static despur_status create_from_arrays(despur_dataset **out, const despur_arrays *arrays,
                                        const dataset_names *names, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_dataset *dataset = NULL;
  *out = NULL;
  TRY(check_examples(arrays, names->examples, error));
  if (!arrays->labels) FAIL(error, DESPUR_BAD_INPUT, "%s: expected an array, found NULL", names->labels);
  TRY(dataset_allocate(&dataset, arrays->count, 0, error));
  dataset->shape = arrays->shape;
  dataset->pixels = arrays->images;
  dataset->pixels_are_float = arrays->images_are_float;
  TRY(take_values(dataset->label, &dataset->classes, arrays->labels, arrays->count, names->labels, error));
  dataset->attributes = 1;
  if (arrays->attributes)
    TRY(take_values(dataset->attribute, &dataset->attributes, arrays->attributes, arrays->count,
                    names->attributes, error));
  if (dataset->classes < 2)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least two classes, found one", names->labels);
  TRY(take_splits(dataset, arrays->splits, names->splits, error));
  describe_images(dataset, arrays, " in memory", "");
  *out = dataset;
  dataset = NULL;
cleanup:
  despur_dataset_free(dataset);
  return status;
}

despur_status despur_dataset_create_from_arrays(despur_dataset **out, const despur_arrays *arrays,
                                                despur_error *error) {
  static const dataset_names NAMES = {"images", "labels", "attributes", "splits"};
  return create_from_arrays(out, arrays, &NAMES, error);
}

/* Reads a file of one integer for each example. */
static despur_status read_column(int64_t **values, const char *path, size_t count, const char *examples_path,
                                 despur_error *error) {
  size_t found;
  despur_status status = npy_read_integers(values, &found, path, error);
  if (status == DESPUR_OK && found != count)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected %zu values, one for each example of %s, found %zu", path, count,
                     examples_path, found);
  return status;
}

despur_status dataset_create_from_files(despur_dataset **out, despur_arrays *arrays,
                                        const dataset_names *names, despur_error *error) {
  despur_status status = DESPUR_OK;
  int64_t *label = NULL, *attribute = NULL, *split = NULL;
  TRY(read_column(&label, names->labels, arrays->count, names->examples, error));
  if (names->attributes)
    TRY(read_column(&attribute, names->attributes, arrays->count, names->examples, error));
  if (names->splits) TRY(read_column(&split, names->splits, arrays->count, names->examples, error));
  arrays->labels = label;
  arrays->attributes = attribute;
  arrays->splits = split;
  TRY(create_from_arrays(out, arrays, names, error));
  const char *paths[DATASET_INPUTS] = {names->examples, names->labels, names->attributes, names->splits};
  for (size_t i = 0, used = 0; i < DATASET_INPUTS; i++)
    if (paths[i]) TRY(array_file_name(&(*out)->inputs[used++], paths[i], error));
cleanup:
  if (status != DESPUR_OK) {
    despur_dataset_free(*out);
    *out = NULL;
  }
  mem_free(label);
  mem_free(attribute);
  mem_free(split);
  return status;
}

/* What to do with an array of other dimensions, or of the same in another order; NULL when they look right.
 * No network takes images of 3 columns, so a last dimension of 1, 3 or 4 is the channels. */
static const char *shape_hint(const npy_array *array) {
  const size_t *shape = array->shape;
  if (array->rank == 2) return "features? data.source: features takes them";
  if (array->rank == 3) return "one channel? numpy: x[:, None]";
  if (array->rank != 4) return "";
  bool few = shape[3] == 1 || shape[3] == 3 || shape[3] == 4;
  return few && shape[1] > 4 && shape[2] > 4 ? "channels last? numpy: x.transpose(0, 3, 1, 2)" : NULL;
}

static despur_status check_images(const npy_array *array, const char *path, despur_error *error) {
  const char *hint = shape_hint(array);
  if (array->rank != 4)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected images [n, channels, height, width], found %zu dimensions%s%s%s", path,
                     array->rank, *hint ? " (" : "", hint, *hint ? ")" : "");
  if (hint)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected images [n, channels, height, width], found [%zu, %zu, %zu, %zu] (%s)",
                     path, array->shape[0], array->shape[1], array->shape[2], array->shape[3], hint);
  if (array->type != NPY_U8 && array->type != NPY_F32)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s: expected uint8 or floating-point values, found %s (numpy: x.astype('uint8') for bytes)", path,
        npy_type_name(array->type));
  for (size_t i = 1; i < 4; i++)
    if (array->shape[i] == 0 || array->shape[i] > 4096)
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s: expected sizes from 1 to 4096 in dimension %zu, found %zu", path, i + 1,
                       array->shape[i]);
  return DESPUR_OK;
}

despur_status despur_dataset_create_npy(despur_dataset **out, const char *images, const char *labels,
                                        const char *attributes, const char *splits, despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array = {0};
  *out = NULL;
  if (!images) FAIL(error, DESPUR_BAD_INPUT, "expected the path of images, found NULL");
  if (!labels) FAIL(error, DESPUR_BAD_INPUT, "expected the path of labels, found NULL");
  TRY(npy_open(&array, images, error));
  TRY(npy_narrow(&array, error));
  TRY(check_images(&array, images, error));
  despur_arrays arrays = {.images = array.data,
                          .images_are_float = array.type == NPY_F32,
                          .count = array.shape[0],
                          .shape = {array.shape[1], array.shape[2], array.shape[3]}};
  const dataset_names names = {images, labels, attributes, splits};
  TRY(dataset_create_from_files(out, &arrays, &names, error));
  (*out)->images = array;
  array = (npy_array){0};
  describe_images(*out, &arrays, " from ", images);
cleanup:
  npy_close(&array);
  return status;
}

size_t despur_dataset_count(const despur_dataset *dataset) {
  return dataset->count;
}

size_t despur_dataset_classes(const despur_dataset *dataset) {
  return dataset->classes;
}

size_t despur_dataset_attributes(const despur_dataset *dataset) {
  return dataset->attributes;
}

despur_shape despur_dataset_shape(const despur_dataset *dataset) {
  return dataset->shape;
}

despur_input_kind despur_dataset_input_kind(const despur_dataset *dataset) {
  return dataset->kind;
}

void dataset_describe(despur_dataset *dataset, const char *what, const char *from, const char *place) {
  dataset->what = (size_t)format_text(dataset->description, sizeof dataset->description, "%s", what);
  format_text(dataset->description + dataset->what, sizeof dataset->description - dataset->what, "%s%s", from,
              place);
}

const char *despur_dataset_description(const despur_dataset *dataset) {
  return dataset->description;
}

const char *despur_dataset_class_name(const despur_dataset *dataset, size_t label) {
  return dataset->class_names && label < dataset->classes ? dataset->class_names[label] : NULL;
}

const char *despur_dataset_attribute_name(const despur_dataset *dataset, size_t value) {
  return dataset->attribute_names && value < dataset->attributes ? dataset->attribute_names[value] : NULL;
}

const char *despur_dataset_input(const despur_dataset *dataset, size_t index) {
  return index < DATASET_INPUTS ? dataset->inputs[index] : NULL;
}

despur_status dataset_spares_inputs(const despur_dataset *dataset, const char *path, despur_error *error) {
  struct stat out, in;
  if (stat(path, &out) != 0) return DESPUR_OK;
  for (size_t i = 0; i < DATASET_INPUTS && dataset->inputs[i]; i++)
    if (stat(dataset->inputs[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
      return error_set(error, DESPUR_BAD_USAGE, "%s: is an input; choose another --out", path);
  return DESPUR_OK;
}

const uint32_t *despur_dataset_labels(const despur_dataset *dataset) {
  return dataset->label;
}

const uint32_t *despur_dataset_attribute_values(const despur_dataset *dataset) {
  return dataset->attribute;
}

const uint32_t *despur_dataset_split(const despur_dataset *dataset, despur_split split, size_t *count) {
  *count = 0;
  if ((unsigned)split >= DESPUR_SPLITS) return NULL;
  *count = dataset->sizes[split];
  return dataset->members[split];
}
