/* Data sets of features: rows of numbers that another model computed. To a network they are images of one
 * pixel with a channel for each column, so a block of 16 examples is x[column][16]. */
#include "base/memory.h"
#include "data/dataset.h"
#include "despur/array.h"

#include <stdio.h>

despur_status despur_dataset_create_features(despur_dataset **out, const char *features, const char *labels,
                                             const char *attributes, const char *splits,
                                             despur_error *error) {
  despur_status status = DESPUR_OK;
  float *rows = NULL;
  char what[128];
  despur_arrays arrays = {.images_are_float = 1};
  *out = NULL;
  if (!features) FAIL(error, DESPUR_BAD_INPUT, "expected the path of features, found NULL");
  if (!labels) FAIL(error, DESPUR_BAD_INPUT, "expected the path of labels, found NULL");
  TRY(despur_array_read_matrix(&rows, &arrays.count, &arrays.shape.channels, features, error));
  arrays.images = rows;
  arrays.shape.height = arrays.shape.width = 1;
  const dataset_names names = {features, labels, attributes, splits};
  TRY(dataset_create_from_files(out, &arrays, &names, error));
  (*out)->kind = DESPUR_INPUT_FEATURES;
  (*out)->owned_pixels = rows;
  rows = NULL;
  snprintf(what, sizeof what, "%zu rows of %zu features", arrays.count, arrays.shape.channels);
  dataset_describe(*out, what, " from ", features);
cleanup:
  mem_free(rows);
  return status;
}
