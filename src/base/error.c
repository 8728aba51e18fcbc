#include "base/error.h"

#include "base/format.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages quote file contents: a line break or escape code in them must not reach a terminal, nor what is no
 * UTF-8, which a quotation also is when it is cut within a character. */
static void make_printable(char *at) {
  while (*at) {
    size_t length = text_character(at);
    if (length == 0 || *at == '\n' || *at == '\t') *at = '?';
    at += length ? length : 1;
  }
}

void error_fill(despur_error *error, despur_status code, const char *format, ...) {
  if (!error) return;
  error->status = code;
  va_list args;
  va_start(args, format);
  format_args(error->message, sizeof error->message, format, args);
  va_end(args);
  make_printable(error->message);
}

void error_prefix(despur_error *error, const char *format, ...) {
  if (!error) return;
  char rest[sizeof error->message];
  memcpy(rest, error->message, sizeof rest);
  va_list args;
  va_start(args, format);
  int used = format_args(error->message, sizeof error->message, format, args);
  va_end(args);
  size_t at = used < 0 ? 0 : (size_t)used;
  if (at < sizeof rest) snprintf(error->message + at, sizeof rest - at, "%s", rest);
  make_printable(error->message);
}

void error_add(despur_error *error, const char *format, ...) {
  if (!error) return;
  size_t used = strlen(error->message), room = sizeof error->message - used;
  va_list args;
  va_start(args, format);
  int added = format_args(error->message + used, room, format, args);
  va_end(args);
  if (added < 0 || (size_t)added >= room) error->message[used] = 0;
  make_printable(error->message);
}
