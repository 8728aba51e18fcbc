/* Folders of pictures. */
#include "config/source.h"
#include "despur/picture.h"

#include <stdio.h>

static despur_status check_keys(const despur_config *config, despur_error *error) {
  if (config->data.resize == 0 || config->data.resize >= config->data.size) return DESPUR_OK;
  return config_blame(config, "data.resize", error, "expected at least data.size, %lld; found %lld",
                      (long long)config->data.size, (long long)config->data.resize);
}

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  snprintf(out, SOURCE_LABEL, "%.*s", SOURCE_LABEL - 1, config->data.folder);
  return 0;
}

static const char *given(const char *value) {
  return *value ? value : NULL;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  char folder[CONFIG_PATH], metadata[CONFIG_PATH], cache[CONFIG_PATH];
  despur_pictures *pictures;
  config_path(folder, config, "data.folder");
  config_path(metadata, config, "data.metadata");
  config_path(cache, config, "data.cache");
  const despur_pictures_options options = {.folder = folder,
                                           .layout = despur_picture_layouts[config->data.layout],
                                           .metadata = given(metadata),
                                           .label = given(config->data.label),
                                           .attribute = given(config->data.attribute),
                                           .split = given(config->data.split),
                                           .side = (size_t)config->data.size,
                                           .shorter = (size_t)config->data.resize,
                                           .filter = (despur_filter)config->data.filter,
                                           .scaled_decoding =
                                               (despur_scaled_decoding)config->data.scaled_decoding,
                                           .skip_unreadable = config->data.skip_unreadable,
                                           .cache = given(cache),
                                           .watch = config->watch,
                                           .split_seed = config_seed(config, config->seeds.split)};
  despur_status status = despur_pictures_open(&pictures, &options, error);
  return status == DESPUR_OK ? despur_dataset_create_pictures(out, pictures, error) : status;
}

const data_source source_pictures = {.name = "pictures",
                                     .keys = {"data.folder", "data.layout", "data.metadata", "data.label",
                                              "data.attribute", "data.split", "data.size", "data.resize",
                                              "data.filter", "data.scaled_decoding", "data.skip_unreadable",
                                              "data.cache", "data.region", SOURCE_AUGMENT_KEYS},
                                     .needs = {{"data.folder", "a folder of pictures"}},
                                     .kind = DESPUR_INPUT_IMAGES,
                                     .arch = "resnet20",
                                     .knows_attributes = true,
                                     .check_keys = check_keys,
                                     .label = label,
                                     .create = create};
