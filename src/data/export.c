/* Data sets as files that people and other tools can look at. */
#include "base/memory.h"
#include "data/dataset.h"
#include "io/file.h"
#include "io/npy.h"
#include "io/png.h"
#include "io/sheet.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 200 };

static void put_image(const contact_sheet *s, size_t row, size_t column, const float *image,
                      despur_shape shape) {
  size_t plane = shape.height * shape.width;
  for (size_t i = 0; i < plane; i++) {
    uint8_t *pixel = sheet_pixel(s, row, column, i / shape.width, i % shape.width);
    for (size_t c = 0; c < 3; c++) pixel[c] = sheet_byte(image[(shape.channels == 3 ? c : 0) * plane + i]);
  }
}

/* The number of groups (label, attribute) that have examples in the split; row_of_group gets the row of each.
 */
static size_t rows_of_groups(size_t *row_of_group, const despur_dataset *dataset, despur_split split) {
  size_t rows = 0, groups = dataset->classes * dataset->attributes;
  for (size_t i = 0; i < dataset->sizes[split]; i++) {
    uint32_t e = dataset->members[split][i];
    row_of_group[dataset->label[e] * dataset->attributes + dataset->attribute[e]] = 1;
  }
  for (size_t g = 0; g < groups; g++)
    if (row_of_group[g]) row_of_group[g] = rows++;
  return rows;
}

/* Of the groups that have a row. */
static size_t longest_name(const despur_dataset *dataset, despur_split split, const group_naming *naming) {
  char name[DESPUR_GROUP_NAME];
  size_t most = 0;
  for (size_t i = 0; i < dataset->sizes[split]; i++) {
    const uint32_t e = dataset->members[split][i];
    groups_name(name, naming, dataset->label[e] * dataset->attributes + dataset->attribute[e],
                dataset->attributes);
    if (strlen(name) > most) most = strlen(name);
  }
  return most;
}

despur_status dataset_draw_sheet(contact_sheet *out, const despur_dataset *dataset, despur_split split,
                                 size_t columns, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *row_of_group = NULL, *filled = NULL, groups = dataset->classes * dataset->attributes;
  despur_shape shape = dataset->shape;
  float *image = NULL;
  char name[DESPUR_GROUP_NAME];
  *out = (contact_sheet){0};
  if (columns < 1 || columns > MOST_COLUMNS)
    FAIL(error, DESPUR_BAD_USAGE, "a contact sheet has from 1 to %d columns, not %zu", MOST_COLUMNS, columns);
  if (dataset->kind != DESPUR_INPUT_IMAGES)
    FAIL(error, DESPUR_BAD_INPUT, "%s: features have no pictures to show", dataset->description);
  if ((unsigned)split >= DESPUR_SPLITS)
    FAIL(error, DESPUR_BAD_USAGE, "no split has the number %u", (unsigned)split);
  if (dataset->sizes[split] == 0) FAIL(error, DESPUR_BAD_INPUT, "the split has no examples to show");
  TRY(mem_alloc(&row_of_group, groups, sizeof *row_of_group, error));
  TRY(mem_alloc(&filled, groups, sizeof *filled, error));
  TRY(mem_alloc(&image, shape.channels * shape.height * shape.width, sizeof *image, error));
  size_t rows = rows_of_groups(row_of_group, dataset, split);
  const group_naming naming = groups_naming(dataset);
  sheet_plan plan = {.rows = rows,
                     .columns = columns,
                     .tile_height = shape.height,
                     .tile_width = shape.width,
                     .longest = longest_name(dataset, split, &naming)};
  TRY(sheet_create(out, &plan, error));
  for (size_t i = 0; i < dataset->sizes[split]; i++) {
    uint32_t e = dataset->members[split][i];
    size_t g = dataset->label[e] * dataset->attributes + dataset->attribute[e];
    if (filled[g] == columns) continue;
    if (filled[g] == 0) {
      groups_name(name, &naming, g, dataset->attributes);
      sheet_name_row(out, row_of_group[g], name);
    }
    despur_dataset_image(dataset, e, image);
    put_image(out, row_of_group[g], filled[g]++, image, shape);
  }
cleanup:
  mem_free(row_of_group);
  mem_free(filled);
  mem_free(image);
  return status;
}

despur_status despur_dataset_write_sheet(const despur_dataset *dataset, despur_split split, size_t columns,
                                         const char *path, despur_error *error) {
  contact_sheet s = {0};
  despur_status status = dataset_spares_inputs(dataset, path, error);
  if (status == DESPUR_OK) status = dataset_draw_sheet(&s, dataset, split, columns, error);
  if (status == DESPUR_OK) status = png_write(path, s.width, s.height, s.rgb, error);
  sheet_release(&s);
  return status;
}

static despur_status export_images(const despur_dataset *dataset, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t features = dataset->shape.channels * dataset->shape.height * dataset->shape.width;
  uint8_t *bytes = NULL;
  float *image = NULL;
  TRY(mem_alloc(&bytes, dataset->count, features, error));
  TRY(mem_alloc(&image, features, sizeof *image, error));
  for (size_t e = 0; e < dataset->count; e++) {
    despur_dataset_image(dataset, e, image);
    for (size_t i = 0; i < features; i++) bytes[e * features + i] = sheet_byte(image[i]);
  }
  size_t shape[4] = {dataset->count, dataset->shape.channels, dataset->shape.height, dataset->shape.width};
  TRY(npy_write(path, NPY_U8, 4, shape, bytes, error));
cleanup:
  mem_free(bytes);
  mem_free(image);
  return status;
}

static despur_status export_features(const despur_dataset *dataset, const char *path, despur_error *error) {
  const size_t shape[2] = {dataset->count, dataset->shape.channels};
  return npy_write(path, NPY_F32, 2, shape, dataset->pixels, error);
}

static void splits_of_examples(const despur_dataset *dataset, uint32_t *out) {
  for (uint32_t split = 0; split < DESPUR_SPLITS; split++)
    for (size_t i = 0; i < dataset->sizes[split]; i++) out[dataset->members[split][i]] = split;
}

static despur_status export_column(const uint32_t *values, size_t count, const char *path,
                                   despur_error *error) {
  int64_t *wide;
  despur_status status = mem_alloc(&wide, count, sizeof *wide, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < count; i++) wide[i] = values[i];
  status = npy_write(path, NPY_I64, 1, &count, wide, error);
  mem_free(wide);
  return status;
}

static despur_status export_metadata(const despur_dataset *dataset, const uint32_t *splits, const char *path,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "example,split,y,a,group\n"));
  for (size_t e = 0; e < dataset->count; e++) {
    size_t group = dataset->label[e] * dataset->attributes + dataset->attribute[e];
    TRY(file_print(writer, error, "%zu,%s,%u,%u,%zu\n", e, despur_split_name((despur_split)splits[e]),
                   dataset->label[e], dataset->attribute[e], group));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

static const char *const FILES[] = {"images.npy",     "features.npy", "labels.npy",
                                    "attributes.npy", "splits.npy",   "metadata.csv"};

despur_status despur_dataset_export(const despur_dataset *dataset, const char *directory,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  uint32_t *splits = NULL;
  for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
    TRY(file_join(path, directory, FILES[i], error));
    TRY(dataset_spares_inputs(dataset, path, error));
  }
  TRY(mem_alloc(&splits, dataset->count, sizeof *splits, error));
  splits_of_examples(dataset, splits);
  TRY(file_make_directories(directory, error));
  const bool features = dataset->kind == DESPUR_INPUT_FEATURES;
  TRY(file_join(path, directory, features ? "features.npy" : "images.npy", error));
  TRY((features ? export_features : export_images)(dataset, path, error));
  TRY(file_join(path, directory, "labels.npy", error));
  TRY(export_column(dataset->label, dataset->count, path, error));
  TRY(file_join(path, directory, "attributes.npy", error));
  TRY(export_column(dataset->attribute, dataset->count, path, error));
  TRY(file_join(path, directory, "splits.npy", error));
  TRY(export_column(splits, dataset->count, path, error));
  TRY(file_join(path, directory, "metadata.csv", error));
  TRY(export_metadata(dataset, splits, path, error));
cleanup:
  mem_free(splits);
  return status;
}
