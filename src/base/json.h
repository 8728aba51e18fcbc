/* Reading JSON, whatever becomes of memory and whatever the locale; writing is base/json_write.h. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* Reads one object. DESPUR_NO_RESOURCES when memory ran out; DESPUR_BAD_INPUT with *why when the text is to
 * blame. The message is the caller's. */
DESPUR_MUST_USE despur_status json_parse(json_t **out, const char *text, size_t bytes, json_error_t *why);

#endif
