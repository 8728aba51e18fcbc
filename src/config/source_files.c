#include "config/source.h"

despur_status source_create_from_files(despur_dataset **out, const despur_config *config,
                                       const char *examples_key, source_reader read, despur_error *error) {
  char examples[CONFIG_PATH], labels[CONFIG_PATH], attributes[CONFIG_PATH], splits[CONFIG_PATH];
  config_path(examples, config, examples_key);
  config_path(labels, config, "data.labels");
  config_path(attributes, config, "data.attributes");
  config_path(splits, config, "data.splits");
  return read(out, examples, labels, *attributes ? attributes : NULL, *splits ? splits : NULL, error);
}
