#include "base/json.h"

#include <errno.h>
#include <stdbool.h>

static void drop_if(int failed, json_t **json) {
  if (!failed) return;
  json_decref(*json);
  *json = NULL;
}

void json_put(json_t **object, const char *key, json_t *value) {
  drop_if(json_object_set_new(*object, key, value), object);
}

void json_push(json_t **array, json_t *value) {
  drop_if(json_array_append_new(*array, value), array);
}

/* Text that is handed out byte by byte, so that no failure of malloc stays unseen: jansson goes on when it
 * has no room for the byte it has just read, and may clear errno before it ends. */
typedef struct source {
  const char *at, *end;
  bool starved;
} source;

static size_t next_byte(void *buffer, size_t room, void *data) {
  source *s = data;
  if (errno == ENOMEM) s->starved = true;
  if (room == 0 || s->at == s->end) return 0;
  *(char *)buffer = *s->at++;
  return 1;
}

despur_status json_parse(json_t **out, const char *text, size_t bytes, json_error_t *why) {
  source s = {.at = text, .end = text + bytes};
  errno = 0; /* malloc sets it when it fails */
  *out = json_load_callback(next_byte, &s, JSON_REJECT_DUPLICATES, why);
  if (!s.starved && errno != ENOMEM) return *out ? DESPUR_OK : DESPUR_BAD_INPUT;
  json_decref(*out);
  *out = NULL;
  return DESPUR_NO_RESOURCES;
}
