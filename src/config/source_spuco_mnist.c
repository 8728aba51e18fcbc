/* SpuCoMNIST: digits with colours that go with their classes. */
#include "config/source.h"

#include <stdio.h>
#include <string.h>

static const char *why_idle(const despur_config *config, const char *key) {
  bool counts_digits = !strcmp(key, "data.digits_train") || !strcmp(key, "data.digits_test");
  return counts_digits && config_images_are_named(config) ? "data.images is auto or digits" : NULL;
}

static despur_status check_keys(const despur_config *config, despur_error *error) {
  size_t strengths = config->data.strength.count, classes = config->data.classes.count;
  if (strengths == 1 || strengths == classes) return DESPUR_OK;
  return config_blame(config, "data.strength", error,
                      "expected one number, or one for each of the %zu classes; found %zu", classes,
                      strengths);
}

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  int difficulty = config->data.difficulty;
  snprintf(out, SOURCE_LABEL, "%s", schema_rows[schema_find("data.difficulty")].choices[difficulty]);
  return difficulty;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  char images[CONFIG_PATH];
  config_path(images, config, "data.images");
  despur_spuco_options options = {.images = images,
                                  .classes = config->data.classes.count,
                                  .difficulty = (despur_difficulty)config->data.difficulty,
                                  .strength = config->data.strength.values,
                                  .strengths = config->data.strength.count,
                                  .val_strength = config->data.val_strength,
                                  .label_noise = config->data.label_noise,
                                  .core_feature_noise = config->data.core_feature_noise,
                                  .digits_train = (size_t)config->data.digits_train,
                                  .digits_test = (size_t)config->data.digits_test,
                                  .data_seed = config_seed(config, config->seeds.data),
                                  .split_seed = config_seed(config, config->seeds.split)};
  memset(options.class_of_digit, DESPUR_NO_CLASS, sizeof options.class_of_digit);
  for (size_t c = 0; c < config->data.classes.count; c++)
    for (size_t i = 0; i < config->data.classes.sizes[c]; i++)
      options.class_of_digit[config->data.classes.digits[c][i]] = (uint8_t)c;
  return despur_dataset_create_spuco_mnist(out, &options, error);
}

const data_source source_spuco_mnist = {
    .name = "spuco_mnist",
    .keys = {"data.images", "data.difficulty", "data.strength", "data.val_strength", "data.classes",
             "data.label_noise", "data.core_feature_noise", "data.digits_train", "data.digits_test"},
    .kind = DESPUR_INPUT_IMAGES,
    .knows_attributes = true,
    .attribute_is_random = true,
    .finds_images = true,
    .why_idle = why_idle,
    .check_keys = check_keys,
    .label = label,
    .create = create};
