#include "base/json.h"

#include "base/format.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Jansson overlooks that the buffer in which it collects a token could not grow: it goes on with the token's
 * beginning, stops at an assertion, or reads past the buffer. So the buffer grows before it reaches the text,
 * at a string of its own that stands in front:
 *
 *   ["xxx ... xxx",
 *   the text]
 *
 * What stands there ends early if memory does, and is long enough that no token of the text needs more. The
 * buffer starts with a power of two, doubles, and is full when one byte less is in it: a string of one more
 * than a power of two, its quotes included, never ends where the buffer grows. */
typedef struct source {
  const char *at, *end, *text;
} source;

static size_t next_bytes(void *buffer, size_t room, void *data) {
  source *s = data;
  bool in_front = s->at < s->text;
  size_t left = in_front ? 1 : (size_t)(s->end - s->at);
  if (in_front && errno == ENOMEM) return 0; /* malloc sets it when it fails */
  if (room > left) room = left;
  memcpy(buffer, s->at, room);
  s->at += room;
  return room;
}

/* No token is longer: a string ends at a quote that no backslash precedes, and nothing else contains any. */
static size_t bound_tokens(const char *text, size_t bytes) {
  size_t longest = 0, last = 0;
  for (size_t i = 0; i < bytes; i++)
    if (i + 1 == bytes || (text[i] == '"' && (i == 0 || text[i - 1] != '\\'))) {
      if (i + 1 - last > longest) longest = i + 1 - last;
      last = i;
    }
  return longest;
}

/* The text with what stands in front and behind. */
static char *wrap(const char *text, size_t bytes, size_t *front) {
  size_t longest = bound_tokens(text, bytes), string = 16;
  while (string < longest + 2) string *= 2;
  string++;
  *front = 1 + string + 2;
  char *wrapped = malloc(*front + bytes + 1);
  if (!wrapped) return NULL;
  memset(wrapped, 'x', *front);
  wrapped[0] = '[', wrapped[1] = '"';
  wrapped[*front - 3] = '"', wrapped[*front - 2] = ',', wrapped[*front - 1] = '\n';
  if (bytes > 0) memcpy(wrapped + *front, text, bytes);
  wrapped[*front + bytes] = ']';
  return wrapped;
}

/* Whether the text's first value has ended before its byte `at`. */
static bool is_behind(const char *text, size_t at) {
  size_t depth = 0, seen = 0;
  bool quoted = false;
  for (size_t i = 0; i < at; i++) {
    if (quoted && text[i] == '\\')
      i++; /* and what it escapes */
    else if (text[i] == '"')
      quoted = !quoted;
    if (quoted || strchr(" \t\r\n", text[i])) continue;
    seen++;
    if (strchr("{[", text[i])) depth++;
    if (strchr("]}", text[i]) && depth > 0) depth--;
  }
  return seen > 0 && depth == 0;
}

/* What stands where the only value should be an object. */
static const char *name_of(const json_t *values) {
  if (json_array_size(values) != 2) return "found several values";
  switch (json_typeof(json_array_get(values, 1))) {
  case JSON_ARRAY:
    return "found an array";
  case JSON_STRING:
    return "found a string";
  case JSON_INTEGER:
  case JSON_REAL:
    return "found a number";
  default:
    return "found true, false or null";
  }
}

/* Says of the text what jansson said of the whole, or that the whole, `values`, is not one object. */
static void explain(json_error_t *why, const char *text, size_t front, size_t bytes, const json_t *values) {
  size_t position = (size_t)why->position;
  position = position > front + bytes ? bytes : position > front ? position - front : 0;
  const char *near = strstr(why->text, " near ");
  if (values)
    snprintf(why->text, JSON_ERROR_TEXT_LENGTH, "%s", name_of(values));
  else if ((size_t)why->position > front + bytes && json_error_code(why) != json_error_end_of_input_expected)
    snprintf(why->text, JSON_ERROR_TEXT_LENGTH, "premature end of input");
  else if (near && position > 0 && is_behind(text, position - 1)) {
    char rest[JSON_ERROR_TEXT_LENGTH];
    snprintf(rest, sizeof rest, "end of file expected%s", near);
    memcpy(why->text, rest, sizeof rest);
  }
  why->line = why->line > 1 ? why->line - 1 : 1;
  why->position = (int)position;
}

despur_status json_parse(json_t **out, const char *text, size_t bytes, json_error_t *why) {
  size_t front;
  *out = NULL;
  char *wrapped = wrap(text, bytes, &front);
  if (!wrapped) return DESPUR_NO_RESOURCES;
  source s = {.at = wrapped, .end = wrapped + front + bytes + 1, .text = wrapped + front};
  locale_t before = format_enter();
  errno = 0;
  json_t *both = json_load_callback(next_bytes, &s, JSON_REJECT_DUPLICATES, why);
  format_leave(before);
  bool starved = !both && errno == ENOMEM;
  free(wrapped);
  if (json_array_size(both) == 2 && json_is_object(json_array_get(both, 1)))
    *out = json_incref(json_array_get(both, 1));
  if (!*out && !starved) explain(why, text, front, bytes, both);
  json_decref(both);
  if (starved) return DESPUR_NO_RESOURCES;
  return *out ? DESPUR_OK : DESPUR_BAD_INPUT;
}
