/* From a configuration to a data set. */
#include "run/run_data.h"
#include "config/schema.h"
#include "data/dataset.h"
#include "run/run_state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const PATHS[] = {"data.images", "data.features", "data.labels", "data.attributes",
                                    "data.splits"};

enum { PATH_COUNT = sizeof PATHS / sizeof *PATHS };

/* In the order of PATHS; "auto" and "digits" are no paths, and are not found in a folder either. */
typedef struct data_paths {
  char of[PATH_COUNT][CONFIG_PATH];
} data_paths;

static despur_status create_spuco_mnist(despur_dataset **out, const despur_config *config, const char *images,
                                        despur_error *error) {
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

static const char *given(const char *path) {
  return *path ? path : NULL;
}

static despur_status create(despur_dataset **out, const despur_config *config, const data_paths *paths,
                            despur_error *error) {
  const char *images = paths->of[0], *features = paths->of[1], *labels = paths->of[2],
             *attributes = given(paths->of[3]), *splits = given(paths->of[4]);
  switch (config->data.source) {
  case CONFIG_NPY:
    return despur_dataset_create_npy(out, images, labels, attributes, splits, error);
  case CONFIG_FEATURES:
    return despur_dataset_create_features(out, features, labels, attributes, splits, error);
  case CONFIG_BUILT_IN_DIGITS:
    return despur_dataset_create_digits(
        out, (size_t)config->data.digits_train, (size_t)config->data.digits_test,
        config_seed(config, config->seeds.data), config_seed(config, config->seeds.split), error);
  default:
    return create_spuco_mnist(out, config, images, error);
  }
}

/* The description names paths as the configuration does: it does not depend on the folder one looks from. */
static void describe_without_base(despur_dataset *dataset, const char *base) {
  char prefix[CONFIG_TEXT + 1];
  int length = snprintf(prefix, sizeof prefix, "%s/", base);
  char *found = *base ? strstr(dataset->description, prefix) : NULL;
  if (found) memmove(found, found + length, strlen(found + length) + 1);
}

static bool is_missing(const despur_config *config, const char *key) {
  char path[CONFIG_PATH];
  int row = schema_find(key);
  if (!config->set[row] || config_row_is_idle(config, (size_t)row)) return false;
  config_path(path, config, key);
  return *path && *path != '/' && strcmp(path, "auto") != 0 && strcmp(path, "digits") != 0 &&
         !file_exists(path);
}

/* A recipe that is carried out from another folder: says which key of which file it is, and where it was
 * looked for. */
static despur_status say_where(const despur_config *config, despur_error *error) {
  char here[CONFIG_TEXT], beside[2 * CONFIG_PATH];
  if (!error || *config->base || !getcwd(here, sizeof here)) return DESPUR_BAD_INPUT;
  for (size_t i = 0; i < PATH_COUNT; i++) {
    int row = schema_find(PATHS[i]);
    const char *path = schema_value(config, &schema_rows[row]), *slash = strrchr(config->file, '/');
    if (config->line[row] == 0 || !is_missing(config, PATHS[i])) continue;
    if (strncmp(error->message, path, strlen(path)) != 0) continue; /* something else is wrong */
    snprintf(beside, sizeof beside, "%.*s%s", slash ? (int)(slash + 1 - config->file) : 0, config->file,
             path);
    return error_set(
        error, DESPUR_BAD_INPUT, "%s:%d: %s: there is no '%s' in %s, where relative paths start%s",
        config->file, config->line[row], PATHS[i], path, here,
        file_exists(beside) ? "; it lies beside the recipe: go there, or write the whole path" : "");
  }
  return DESPUR_BAD_INPUT;
}

despur_status despur_dataset_create(despur_dataset **out, const despur_config *config, despur_error *error) {
  data_paths paths;
  *out = NULL;
  despur_status status = despur_config_check(config, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < PATH_COUNT; i++) config_path(paths.of[i], config, PATHS[i]);
  status = create(out, config, &paths, error);
  if (status == DESPUR_OK) describe_without_base(*out, config->base);
  return status == DESPUR_BAD_INPUT ? say_where(config, error) : status;
}

despur_status run_create_dataset(run *r, despur_error *error) {
  const despur_config *config = r->config;
  char here[CONFIG_TEXT];
  despur_status status = despur_dataset_create(&r->dataset, config, error);
  if (status != DESPUR_BAD_INPUT || !getcwd(here, sizeof here)) return status;
  for (size_t i = 0; i < PATH_COUNT; i++) {
    int row = schema_find(PATHS[i]);
    if (config->line[row] == 0 || !is_missing(config, PATHS[i])) continue;
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s/config.yaml:%d: %s: there is no '%s' in %s%s%s; go to the folder that has it",
                     r->result->directory, config->line[row], PATHS[i],
                     (const char *)schema_value(config, &schema_rows[row]),
                     *config->base ? config->base : here,
                     *config->base ? ", where the run was made, nor in " : "", *config->base ? here : "");
  }
  return status;
}
