/* Relative paths of a configuration. Those of a recipe start at the current directory; a run is looked at
 * from anywhere, and its data lie where they lay when it was made. */
#include "config/schema.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

void config_path(char path[CONFIG_PATH], const despur_config *config, const char *key) {
  int row = schema_find(key);
  const char *written = schema_value(config, &schema_rows[row]);
  snprintf(path, CONFIG_PATH, "%s/%s", config->base, written);
  bool from_base = *config->base && *written && *written != '/' && config->line[row] > 0 && file_exists(path);
  if (!from_base) snprintf(path, CONFIG_PATH, "%s", written);
}

bool config_images_are_named(const despur_config *config) {
  return strcmp(config->data.images, "auto") != 0 && strcmp(config->data.images, "digits") != 0;
}
