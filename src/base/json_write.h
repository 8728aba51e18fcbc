/* Writing JSON as it goes, one value after another in the order of the text.
 *
 *   json_writer j = {.style = JSON_LINE, .digits = 12};
 *   json_open(&j, NULL, '{');
 *   json_write_text(&j, "name", "y=0,a=1");
 *   json_write_real(&j, "accuracy", 0.5);
 *   json_close(&j);
 *   TRY(json_finish(&text, &j, error));
 *
 * When memory runs out, the writer remembers it, drops what it has, and does nothing more: json_finish is the
 * only place that says so. */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/text.h"

typedef enum json_style {
  JSON_LINE,
  JSON_PRETTY
} json_style; /* in one line; two spaces a level, and a line
                 end behind it */

enum { JSON_DEEPEST = 32 };

typedef struct json_writer {
  json_style style;
  int digits; /* significant ones of real numbers; 0: 17, with which the number is read back as it was */
  /* the writer's own: */
  text out;
  despur_status status;
  size_t depth;
  char closing[JSON_DEEPEST]; /* what ends each value that is open */
  bool filled[JSON_DEEPEST];  /* something stands in it */
} json_writer;

/* Opens an object, '{', or an array, '['. name: of the member; NULL in an array and for the whole. */
void json_open(json_writer *j, const char *name, char bracket);
void json_close(json_writer *j);

/* text: of any bytes: what is no UTF-8 becomes '?'. NULL is written as null. */
void json_write_text(json_writer *j, const char *name, const char *text);
/* What is not finite is written as null. */
void json_write_real(json_writer *j, const char *name, double value);
void json_write_count(json_writer *j, const char *name, size_t value);
void json_write_integer(json_writer *j, const char *name, int64_t value);
void json_write_flag(json_writer *j, const char *name, bool value);

/* What was to be written next could not be made: json_finish says that memory ran out. */
void json_fail(json_writer *j, despur_status status);

/* *text = what was written, which the caller releases with mem_free; NULL after DESPUR_NO_RESOURCES. */
DESPUR_MUST_USE despur_status json_finish(char **text, json_writer *j, despur_error *error);

/* The same without an end: for those who stop in the middle. */
void json_drop(json_writer *j);

#endif
