/* Rows of features, as another model computed them. */
#include "config/source.h"

#include <stdio.h>

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  snprintf(out, SOURCE_LABEL, "%.*s", SOURCE_LABEL - 1, config->data.features);
  return 0;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  char features[CONFIG_PATH], labels[CONFIG_PATH], attributes[CONFIG_PATH], splits[CONFIG_PATH];
  config_path(features, config, "data.features");
  config_path(labels, config, "data.labels");
  config_path(attributes, config, "data.attributes");
  config_path(splits, config, "data.splits");
  return despur_dataset_create_features(out, features, labels, *attributes ? attributes : NULL,
                                        *splits ? splits : NULL, error);
}

const data_source source_features = {
    .name = "features",
    .keys = {"data.features", "data.labels", "data.attributes", "data.splits"},
    .needs = {{"data.features", "a file of features"}, {"data.labels", "a file of labels"}},
    .kind = DESPUR_INPUT_FEATURES,
    .arch = "linear",
    .label = label,
    .create = create};
