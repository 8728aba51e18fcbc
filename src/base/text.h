/* Growing strings. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string; {0} is empty. Release with mem_free(text.data). data is NULL or NUL-terminated. */
typedef struct text {
  char *data;
  size_t length, room;
} text;

__attribute__((format(printf, 3, 4))) DESPUR_MUST_USE despur_status text_add(text *out, despur_error *error,
                                                                             const char *format, ...);

/* Texts in the order in which they were added; {0} is empty. */
typedef struct text_list {
  char **items;
  size_t count;
} text_list;

DESPUR_MUST_USE despur_status text_list_add(text_list *list, const char *item, despur_error *error);
void text_list_release(text_list *list); /* leaves it empty */

/* Names with a text each, in the order in which they were added; {0} is empty. */
typedef struct text_pair {
  char *name, *value;
} text_pair;

typedef struct text_pairs {
  text_pair *items;
  size_t count;
} text_pairs;

DESPUR_MUST_USE despur_status text_pairs_add(text_pairs *pairs, const char *name, const char *value,
                                             despur_error *error);
/* The same where the name may be there already: the value takes the place of its own. */
DESPUR_MUST_USE despur_status text_pairs_set(text_pairs *pairs, const char *name, const char *value,
                                             despur_error *error);
const char *text_pairs_find(const text_pairs *pairs, const char *name); /* its value, or NULL */
void text_pairs_release(text_pairs *pairs);                             /* leaves them empty */

/* Whether two texts are the same but for the case of the letters A to Z. */
bool text_equal_letters(const char *a, const char *b);

/* *out = copies of count texts and pointers to them in one allocation, which mem_free releases. */
DESPUR_MUST_USE despur_status text_copy_all(const char ***out, const char *const *items, size_t count,
                                            despur_error *error);

/* Writes a character as one to four bytes of UTF-8 and returns where it ends. code: below 2^21. */
char *text_put_utf8(char *out, uint32_t code);

/* Makes UTF-8 for people out of any bytes: what is no character of it (see despur/text.h) becomes '?'. */
void text_repair(char *at);

/* Whether JSON keeps a text as it is: UTF-8, in which control characters can be escaped. */
bool text_is_utf8(const char *at);

/* Bytes in base64 (RFC 4648). */
DESPUR_MUST_USE despur_status text_add_base64(text *out, const void *bytes, size_t count,
                                              despur_error *error);

#endif
