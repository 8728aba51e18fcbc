#include "base/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C locale is a constant of the C library: asking for it takes no memory and need not be undone. */
static locale_t plain(void) {
  return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t format_enter(void) {
  return uselocale(plain());
}

void format_leave(locale_t before) {
  uselocale(before);
}

int format_args(char *out, size_t room, const char *format, va_list args) {
  locale_t before = format_enter();
  int length = vsnprintf(out, room, format, args);
  format_leave(before);
  return length;
}

int format_text(char *out, size_t room, const char *format, ...) {
  va_list args;
  va_start(args, format);
  locale_t before = format_enter();
  int length = vsnprintf(out, room, format, args);
  format_leave(before);
  va_end(args);
  return length;
}

double format_read(const char *text, char **end) {
  locale_t before = format_enter();
  double value = strtod(text, end);
  format_leave(before);
  return value;
}

const char *format_signal(int number) {
  locale_t before = format_enter();
  const char *name = strsignal(number);
  format_leave(before);
  return name;
}

const char *format_errno(int number) {
  return strerror_l(number, plain());
}
