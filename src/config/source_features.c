/* Rows of features, as another model computed them. */
#include "config/source.h"

#include <stdio.h>

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  snprintf(out, SOURCE_LABEL, "%.*s", SOURCE_LABEL - 1, config->data.features);
  return 0;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  return source_create_from_files(out, config, "data.features", despur_dataset_create_features, error);
}

const data_source source_features = {
    .name = "features",
    .keys = {"data.features", "data.labels", "data.attributes", "data.splits"},
    .needs = {{"data.features", "a file of features"}, {"data.labels", "a file of labels"}},
    .kind = DESPUR_INPUT_FEATURES,
    .arch = "linear",
    .label = label,
    .create = create};
