/* HTML and SVG text that grows. Every %s is escaped as it is written, so nothing from outside can become
 * markup: markup stands in the format strings, which are ours. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

/* After a failure nothing more is added; status says what it was. So a page can be written without a check in
 * every line. Release with mem_free(m.text.data). */
typedef struct markup {
  text text;
  despur_status status;
  despur_error *error;
} markup;

/* A printf format of %s, %c, %d, %u, %zu, %f, %g and %%, with widths and precisions (no '*'). A byte of a %s
 * that is neither valid UTF-8 nor allowed in HTML becomes the replacement character. */
__attribute__((format(printf, 2, 3))) void markup_print(markup *m, const char *format, ...);

/* The first count bytes of a text, escaped. */
void markup_span(markup *m, const char *words, size_t count);

/* Markup that is already there, as it is. */
void markup_raw(markup *m, const char *ready);

#endif
