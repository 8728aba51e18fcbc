#include "base/json_read.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

/* At least as many as there are values, without reading them. */
static size_t bound_values(const char *text, size_t bytes) {
  size_t count = 1;
  for (size_t i = 0; i < bytes; i++) count += text[i] == ',' || text[i] == '[' || text[i] == '{';
  return count;
}

despur_status json_read_object(json_t **out, const char *text, size_t bytes, const char *path, size_t line,
                               despur_error *error) {
  json_error_t why;
  *out = NULL;
  if (bound_values(text, bytes) > READ_MOST_VALUES)
    return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected at most %d values, found more", path,
                     line ? line : 1, READ_MOST_VALUES);
  despur_status status = json_parse(out, text, bytes, &why);
  if (status == DESPUR_OK) return DESPUR_OK;
  if (status == DESPUR_NO_RESOURCES) return error_set(error, DESPUR_NO_RESOURCES, "%s: out of memory", path);
  size_t place = line ? line : (size_t)why.line;
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected a JSON object: %s", path, place, why.text);
}

double json_member_number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

size_t json_member_count(const json_t *object, const char *key, size_t fallback) {
  const json_t *value = json_object_get(object, key);
  return json_is_integer(value) && json_integer_value(value) >= 0 ? (size_t)json_integer_value(value)
                                                                  : fallback;
}

const char *json_member_text(const json_t *object, const char *key, const char *fallback) {
  const json_t *value = json_object_get(object, key);
  return json_is_string(value) ? json_string_value(value) : fallback;
}

void json_member_name(char *out, size_t room, const json_t *object, const char *key) {
  snprintf(out, room, "%s", json_member_text(object, key, ""));
}
