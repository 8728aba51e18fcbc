
#include "run/manifest.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "despur/run.h"
#include "io/file.h"

#include <stdlib.h>

enum { LIMIT_BYTES = 1 << 20 };

despur_status manifest_load(json_t **out, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  char *content = NULL;
  size_t bytes;
  *out = NULL;
  TRY(text_add(&path, error, "%s/manifest.json", directory));
  TRY(file_read(&content, &bytes, path.data, LIMIT_BYTES, error));
  TRY(json_read_object(out, content, bytes, path.data, 0, error));
cleanup:
  mem_free(content);
  mem_free(path.data);
  return status;
}

despur_status manifest_read(manifest *out, const char *directory, despur_error *error) {
  json_t *object;
  *out = (manifest){0};
  despur_status status = manifest_load(&object, directory, error);
  if (status != DESPUR_OK) return status == DESPUR_NO_RESOURCES ? status : DESPUR_OK;
  json_member_name(out->outcome, sizeof out->outcome, object, "outcome");
  json_member_name(out->message, sizeof out->message, object, "message");
  json_member_name(out->version, sizeof out->version, object, "despur");
  json_decref(object);
  return DESPUR_OK;
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
  char *yaml = NULL, *json = NULL;
  text with_line_end = {0};
  json_t *object = json_object();
  json_put(&object, "despur", json_string(despur_version()));
  json_put(&object, "outcome", json_string("failed"));
  json_put(&object, "message", json_text(message));
  json_put(&object, "seed", json_integer((json_int_t)config->seed));
  json = json_print(object, JSON_INDENT(2));
  if (!json) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
  TRY(text_add(&with_line_end, error, "%s\n", json));
  TRY(despur_config_format(config, &yaml, error));
  TRY(file_make_directories(directory, error));
  TRY(write_file(directory, "config.yaml", yaml, error));
  TRY(write_file(directory, "manifest.json", with_line_end.data, error));
cleanup:
  json_decref(object);
  mem_free(with_line_end.data);
  free(json);
  free(yaml);
  return status;
}
