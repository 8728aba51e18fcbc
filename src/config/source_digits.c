/* The built-in digits, in grey: ten classes, no attribute. */
#include "config/source.h"

#include <stdio.h>

static int label(char out[SOURCE_LABEL], const despur_config *config) {
  (void)config;
  snprintf(out, SOURCE_LABEL, "digits");
  return 0;
}

static despur_status create(despur_dataset **out, const despur_config *config, despur_error *error) {
  return despur_dataset_create_digits(
      out, (size_t)config->data.digits_train, (size_t)config->data.digits_test,
      config_seed(config, config->seeds.data), config_seed(config, config->seeds.split), error);
}

const data_source source_digits = {.name = "digits",
                                   .keys = {"data.digits_train", "data.digits_test"},
                                   .kind = DESPUR_INPUT_IMAGES,
                                   .label = label,
                                   .create = create};
