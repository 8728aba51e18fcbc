/* Building JSON when memory may run out. Each of these takes the value. When it cannot be put, because there
 * is no memory or value is NULL for want of it, the whole object or array goes and becomes NULL: then it
 * cannot be put anywhere else either, what it was meant for becomes NULL as well, and nothing is ever written
 * that lacks a member. So one look at the end, for NULL, is enough. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

void json_put(json_t **object, const char *key, json_t *value);
void json_push(json_t **array, json_t *value);

/* A string of any bytes: what is no text (base/text.h) becomes '?'. Jansson's own gives NULL for such, as it
 * does when there is no memory. For whatever comes from outside: names, paths, messages. */
json_t *json_text(const char *text);

/* The text of an object or array, by jansson's flags; NULL when there is no memory, or no json. Release with
 * free. */
char *json_print(const json_t *json, size_t flags);

/* Reads one object. DESPUR_NO_RESOURCES when memory ran out; DESPUR_BAD_INPUT with *why when the text is to
 * blame. The message is the caller's. */
DESPUR_MUST_USE despur_status json_parse(json_t **out, const char *text, size_t bytes, json_error_t *why);

#endif
