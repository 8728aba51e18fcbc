#include "emit.h"

#include "despur/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_string(const char *text) {
  putchar('"');
  for (size_t length; *text; text += length ? length : 1) {
    length = despur_text_character(text);
    if (*text == '"' || *text == '\\')
      printf("\\%c", *text);
    else if ((unsigned char)*text < 0x20)
      printf("\\u%04x", (unsigned char)*text);
    else if (length == 0)
      fputs("\\ufffd", stdout); /* what is no UTF-8 would make all of it unreadable */
    else
      printf("%.*s", (int)length, text);
  }
  putchar('"');
}

static void begin(emit *j, const char *name) {
  if (j->filled >> j->depth & 1) putchar(',');
  j->filled |= 1U << j->depth;
  if (!name) return;
  put_string(name);
  putchar(':');
}

void emit_open(emit *j, const char *name, char bracket) {
  begin(j, name);
  putchar(bracket);
  j->filled &= ~(1U << ++j->depth);
}

void emit_close(emit *j, char bracket) {
  putchar(bracket);
  if (--j->depth == 0) putchar('\n');
}

void emit_text(emit *j, const char *name, const char *text) {
  begin(j, name);
  if (text)
    put_string(text);
  else
    fputs("null", stdout);
}

void emit_real(emit *j, const char *name, double value) {
  begin(j, name);
  if (isfinite(value))
    printf("%.12g", value);
  else
    fputs("null", stdout);
}

void emit_count(emit *j, const char *name, size_t value) {
  begin(j, name);
  printf("%zu", value);
}

void emit_flag(emit *j, const char *name, bool value) {
  begin(j, name);
  fputs(value ? "true" : "false", stdout);
}

void emit_members(emit *j, const char *object) {
  begin(j, NULL);
  fwrite(object + 1, 1, strlen(object) - 2, stdout); /* which may be more than printf can count */
}
