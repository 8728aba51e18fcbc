
#include "run/files/manifest.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "despur/run.h"
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_BYTES = 1 << 20 };

despur_status manifest_load(record_manifest *out, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  char *content = NULL;
  size_t bytes;
  *out = (record_manifest){0};
  TRY(text_add(&path, error, "%s/manifest.json", directory));
  TRY(file_read(&content, &bytes, path.data, LIMIT_BYTES, error));
  TRY(manifest_parse(out, content, bytes, path.data, error));
cleanup:
  mem_free(content);
  mem_free(path.data);
  return status;
}

despur_status manifest_read(manifest *out, const char *directory, despur_error *error) {
  record_manifest found;
  *out = (manifest){0};
  despur_status status = manifest_load(&found, directory, error);
  if (status == DESPUR_OK) {
    snprintf(out->outcome, sizeof out->outcome, "%s", found.outcome);
    snprintf(out->message, sizeof out->message, "%s", found.message);
    snprintf(out->version, sizeof out->version, "%s", found.version);
  }
  manifest_release(&found);
  return status == DESPUR_NO_RESOURCES ? status : DESPUR_OK;
}

static despur_status write_file(const char *directory, const char *name, const char *content,
                                despur_error *error) {
  text path = {0};
  despur_status status = text_add(&path, error, "%s/%s", directory, name);
  if (status == DESPUR_OK) status = file_write_text(path.data, content, error);
  mem_free(path.data);
  return status;
}

despur_status manifest_write_failure(const char *directory, const despur_config *config, const char *message,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  char *yaml = NULL, *json = NULL, *why = NULL, version[] = DESPUR_VERSION, outcome[] = "failed";
  TRY(mem_copy_text(&why, message, error));
  const record_manifest failure = {
      .version = version, .outcome = outcome, .message = why, .seeded = true, .seed = config->seed};
  TRY(manifest_print(&json, &failure, error));
  TRY(despur_config_format(config, &yaml, error));
  TRY(file_make_directories(directory, error));
  TRY(write_file(directory, "config.yaml", yaml, error));
  TRY(write_file(directory, "manifest.json", json, error));
cleanup:
  mem_free(why);
  mem_free(json);
  free(yaml);
  return status;
}
