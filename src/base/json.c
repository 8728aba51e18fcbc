#include "base/json.h"

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
