/* Images in arrays of NumPy's. */
#include "config/source.h"

#include <stdio.h>

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  snprintf(out, SOURCE_LABEL, "%.*s", SOURCE_LABEL - 1, config->data.images);
  return 0;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  return source_create_from_files(out, config, "data.images", despur_dataset_create_npy, error);
}

const data_source source_npy = {
    .name = "npy",
    .keys = {"data.images", "data.labels", "data.attributes", "data.splits", "data.region",
             SOURCE_AUGMENT_KEYS},
    .needs = {{"data.images", "a file of images"}, {"data.labels", "a file of labels"}},
    .kind = DESPUR_INPUT_IMAGES,
    .label = label,
    .create = create};
