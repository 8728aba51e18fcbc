/* From a configuration to a data set. */
#include "config/source.h"
#include "data/dataset.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The description names paths as the configuration does: it does not depend on the folder one looks from. */
static void describe_without_base(despur_dataset *dataset, const char *base) {
  static const char FROM[] = " from ";
  const size_t length = strlen(base);
  char *place = dataset->description + dataset->what;
  if (length == 0 || strncmp(place, FROM, strlen(FROM)) != 0) return;
  place += strlen(FROM);
  if (strncmp(place, base, length) == 0 && place[length] == '/')
    memmove(place, place + length + 1, strlen(place + length + 1) + 1);
}

/* data.images is no path where it is "auto" or "digits". */
static bool names_a_file(const despur_config *config, const config_row *row) {
  bool is_images = schema_value(config, row) == config->data.images;
  return is_images ? config_images_are_named(config)
                   : row->type == CONFIG_IS_PATH && schema_in_section(row, "data");
}

bool config_misses_file(const despur_config *config, size_t row) {
  char path[CONFIG_PATH];
  if (config->line[row] == 0 || !config->set[row] || !names_a_file(config, &schema_rows[row])) return false;
  if (config_row_is_idle(config, row)) return false;
  config_path(path, config, schema_rows[row].key);
  return *path && *path != '/' && !file_exists(path);
}

/* A recipe that is carried out from another folder: says which key of which file it is, and where it was
 * looked for. */
static despur_status say_where(const despur_config *config, despur_error *error) {
  char here[CONFIG_TEXT], beside[2 * CONFIG_PATH];
  if (!error || *config->base || !getcwd(here, sizeof here)) return DESPUR_BAD_INPUT;
  for (size_t row = 0; row < schema_count; row++) {
    if (!config_misses_file(config, row)) continue;
    const char *path = schema_value(config, &schema_rows[row]), *slash = strrchr(config->file, '/');
    if (strncmp(error->message, path, strlen(path)) != 0) continue; /* something else is wrong */
    snprintf(beside, sizeof beside, "%.*s%s", slash ? (int)(slash + 1 - config->file) : 0, config->file,
             path);
    return error_set(
        error, DESPUR_BAD_INPUT, "%s:%d: %s: there is no '%s' in %s, where relative paths start%s",
        config->file, config->line[row], schema_rows[row].key, path, here,
        file_exists(beside) ? "; it lies beside the recipe: go there, or write the whole path" : "");
  }
  return DESPUR_BAD_INPUT;
}

/* data.region, where it says one. */
static despur_status mark_region(despur_dataset **dataset, const despur_config *config, despur_error *error) {
  const double *v = config->data.region.values;
  const despur_region region = {(size_t)v[0], (size_t)v[1], (size_t)v[2], (size_t)v[3]};
  despur_error why;
  if (v[2] == 0 && v[3] == 0) return DESPUR_OK;
  if (despur_dataset_mark_region(*dataset, region, &why) == DESPUR_OK) return DESPUR_OK;
  despur_dataset_free(*dataset);
  *dataset = NULL;
  return config_blame(config, "data.region", error, "%s", why.message + strlen("region: "));
}

despur_status despur_dataset_create(despur_dataset **out, const despur_config *config, despur_error *error) {
  *out = NULL;
  despur_status status = despur_config_check(config, error);
  if (status != DESPUR_OK) return status;
  status = source_of(config)->create(out, config, error);
  if (status == DESPUR_OK) describe_without_base(*out, config->base);
  if (status == DESPUR_OK) return mark_region(out, config, error);
  return status == DESPUR_BAD_INPUT ? say_where(config, error) : status;
}
