/* Reading JSON that may be older or newer than this program: what is absent or of another type has a
 * fallback. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* Of one object, counted by its commas and brackets: whoever writes more cannot read it. */
enum { READ_MOST_VALUES = 500000 };

/* One object; line (0: none) and path are for the message. Free with json_decref. An empty object takes 260
 * bytes of memory and three of a file, so there is a limit to their number. */
DESPUR_MUST_USE despur_status json_read_object(json_t **out, const char *text, size_t bytes, const char *path,
                                               size_t line, despur_error *error);

/* Members of an object, which may be NULL. A number that is null or absent is NaN. */
double json_member_number(const json_t *object, const char *key);
size_t json_member_count(const json_t *object, const char *key, size_t fallback);
const char *json_member_text(const json_t *object, const char *key, const char *fallback);

/* The text member into out, cut to its room. */
void json_member_name(char *out, size_t room, const json_t *object, const char *key);

#endif
