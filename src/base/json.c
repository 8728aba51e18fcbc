#include "base/json.h"

#include <errno.h>

static void keep_if(int failed, json_t **json) {
  if (!failed) return;
  json_decref(*json);
  *json = NULL;
}

void json_put(json_t **object, const char *key, json_t *value) {
  keep_if(json_object_set_new(*object, key, value), object);
}

void json_push(json_t **array, json_t *value) {
  keep_if(json_array_append_new(*array, value), array);
}

despur_status json_parse(json_t **out, const char *text, size_t bytes, json_error_t *why) {
  errno = 0; /* malloc sets it when it fails */
  *out = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, why);
  return *out ? DESPUR_OK : errno == ENOMEM ? DESPUR_NO_RESOURCES : DESPUR_BAD_INPUT;
}
