/* From a configuration to a data set. */
#include "despur/run.h"
#include "run/config.h"

#include <string.h>

static despur_status create_spuco_mnist(despur_dataset **out, const despur_config *config,
                                        despur_error *error) {
  despur_spuco_options options = {.images = config->data.images,
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

static const char *given(const char *path) {
  return *path ? path : NULL;
}

despur_status despur_dataset_create(despur_dataset **out, const despur_config *config, despur_error *error) {
  *out = NULL;
  despur_status status = despur_config_check(config, error);
  if (status != DESPUR_OK) return status;
  switch (config->data.source) {
  case CONFIG_NPY:
    return despur_dataset_create_npy(out, config->data.images, config->data.labels,
                                     given(config->data.attributes), given(config->data.splits), error);
  case CONFIG_FEATURES:
    return despur_dataset_create_features(out, config->data.features, config->data.labels,
                                          given(config->data.attributes), given(config->data.splits), error);
  case CONFIG_BUILT_IN_DIGITS:
    return despur_dataset_create_digits(
        out, (size_t)config->data.digits_train, (size_t)config->data.digits_test,
        config_seed(config, config->seeds.data), config_seed(config, config->seeds.split), error);
  default:
    return create_spuco_mnist(out, config, error);
  }
}
