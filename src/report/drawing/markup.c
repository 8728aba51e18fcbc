#include "report/drawing/markup.h"

#include "base/format.h"
#include "despur/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(markup *m, const char *start, size_t length) {
  if (m->status == DESPUR_OK && length > 0)
    m->status = text_add(&m->text, m->error, "%.*s", (int)length, start);
}

void markup_raw(markup *m, const char *ready) {
  add(m, ready, strlen(ready));
}

static const char *entity(char c) {
  switch (c) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return NULL;
  }
}

void markup_span(markup *m, const char *s, size_t count) {
  const char *plain = s, *end = s + count; /* plain: start of what needs no change */
  while (s < end) {
    const char *instead = entity(*s);
    size_t length = despur_text_character(s);
    if (length == 0 || length > (size_t)(end - s)) instead = "\xef\xbf\xbd"; /* U+FFFD */
    if (instead) {
      add(m, plain, (size_t)(s - plain));
      markup_raw(m, instead);
      plain = s + 1;
    }
    s += instead ? 1 : length;
  }
  add(m, plain, (size_t)(s - plain));
}

/* Formats the one number that a conversion such as "%5.1f" takes. */
static void add_number(markup *m, const char *conversion, char kind, int wide, va_list *args) {
  char number[352]; /* "%f" of the largest double has 309 digits before the point */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* markup_print's own format was checked */
  /* NOLINTBEGIN(bugprone-branch-clone): the branches differ in the type */
  if (kind == 'f' || kind == 'g')
    format_text(number, sizeof number, conversion, va_arg(*args, double));
  else if (wide)
    format_text(number, sizeof number, conversion, va_arg(*args, size_t));
  else
    format_text(number, sizeof number, conversion, va_arg(*args, int));
    /* NOLINTEND(bugprone-branch-clone) */
#pragma GCC diagnostic pop
  markup_raw(m, number);
}

/* One conversion, from its '%'; returns where it ends. */
static const char *add_conversion(markup *m, const char *start, va_list *args) {
  char conversion[16];
  size_t length = 1 + strspn(start + 1, "-+ 0123456789.");
  int wide = start[length] == 'z';
  length += (size_t)wide;
  char kind = start[length++];
  snprintf(conversion, sizeof conversion, "%.*s", (int)length, start);
  if (kind == 's') {
    const char *s = va_arg(*args, const char *);
    markup_span(m, s, strlen(s));
  } else if (kind == '%')
    markup_raw(m, "%");
  else
    add_number(m, conversion, kind, wide, args);
  return start + length;
}

void markup_print(markup *m, const char *format, ...) {
  va_list args;
  va_start(args, format);
  while (*format) {
    size_t plain = strcspn(format, "%");
    add(m, format, plain);
    format += plain;
    if (*format) format = add_conversion(m, format, &args);
  }
  va_end(args);
}
