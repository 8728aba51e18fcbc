/* Reading JSON (RFC 8259): a text as a tree of values, in one block of memory.
 *
 * Refused: names that an object has twice, texts that are no UTF-8 or contain NUL, whole numbers beyond 64
 * bits and others beyond double precision. What reads files of programs that are older or newer asks for
 * members by name: what is absent, or of another kind, has a fallback. Writing is base/json_write.h. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More values than that, or deeper ones, are refused: whoever writes more cannot read it. */
enum { READ_MOST_VALUES = 500000, READ_DEEPEST = 128 };

typedef enum json_kind {
  JSON_KIND_NULL,
  JSON_KIND_FLAG,
  JSON_KIND_WHOLE, /* a number without fraction and exponent */
  JSON_KIND_REAL,
  JSON_KIND_TEXT,
  JSON_KIND_LIST,
  JSON_KIND_OBJECT
} json_kind;

typedef struct json_value {
  const char *name; /* of a member of an object; else NULL */
  const char *text;
  const struct json_value **items;  /* [count], elements or members in the order of the text */
  const struct json_value **sorted; /* [count], members by name */
  const struct json_value *next;    /* in the same list or object */
  size_t count;
  double number; /* of whole numbers, too */
  int64_t whole;
  json_kind kind;
  bool flag;
} json_value;

/* Where a text is not what it should be, and "expected ..., found ...". Lines and columns count from 1,
 * columns in bytes. */
typedef struct json_fault {
  size_t line, column, byte;
  char text[160];
} json_fault;

/* *out = one object; release it with mem_free. DESPUR_NO_RESOURCES when memory ran out; DESPUR_BAD_INPUT with
 * *fault when the text is to blame. The message is the caller's. */
DESPUR_MUST_USE despur_status json_parse(json_value **out, const char *content, size_t bytes,
                                         json_fault *fault);

/* The same with a message that names path, line and column. line: of the file, for a text that is one of its
 * lines; 0: the text is the file. */
DESPUR_MUST_USE despur_status json_read_object(json_value **out, const char *content, size_t bytes,
                                               const char *path, size_t line, despur_error *error);

/* What follows takes NULL and values of another kind, which have nothing. */
bool json_is(const json_value *value, json_kind kind);
const json_value *json_find(const json_value *object, const char *name);
const json_value *json_at(const json_value *list, size_t i);
size_t json_elements(const json_value *list);
size_t json_members(const json_value *object);
const char *json_text(const json_value *value); /* or NULL */
double json_number(const json_value *value);    /* or NaN */
bool json_flag(const json_value *value);

/* Whether it is a whole number that is not negative; *out = it, or 0. */
bool json_size(size_t *out, const json_value *value);

/* Members of an object by name. */
double json_member_number(const json_value *object, const char *name);
size_t json_member_count(const json_value *object, const char *name, size_t fallback);
const char *json_member_text(const json_value *object, const char *name, const char *fallback);
bool json_member_flag(const json_value *object, const char *name);

/* The text member into out, cut to its room. */
void json_member_name(char *out, size_t room, const json_value *object, const char *name);

enum { JSON_ESCAPE_MOST = 11 }; /* bytes behind a backslash: uD83D\uDE00 */

/* Puts the character that is escaped from `at`, behind the backslash, to *out and moves *out behind it; no
 * longer than its escape. Returns where the escape ends, or NULL when it is none or ends behind `end`. */
const char *json_unescape(char **out, const char *at, const char *end);

#endif
