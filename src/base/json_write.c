#include "base/json_write.h"

#include "base/format.h"
#include "base/memory.h"
#include "despur/text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(json_writer *j, const char *bytes, size_t count) {
  if (j->status != DESPUR_OK) return;
  while (j->status == DESPUR_OK && j->out.room < j->out.length + count + 1) {
    size_t room = j->out.room ? 2 * j->out.room : 256;
    j->status = mem_grow(&j->out.data, j->out.room, room, 1, NULL);
    if (j->status == DESPUR_OK) j->out.room = room;
  }
  if (j->status != DESPUR_OK) return;
  memcpy(j->out.data + j->out.length, bytes, count);
  j->out.length += count;
  j->out.data[j->out.length] = '\0';
}

/* Control characters are escaped; what is no UTF-8 would make all of it unreadable. */
static void put_quoted(json_writer *j, const char *at) {
  static const char LETTERS[] = "\"\\\b\f\n\r\t", MEANT[] = "\"\\bfnrt";
  char escaped[8];
  put(j, "\"", 1);
  for (size_t length; *at; at += length) {
    const char *letter = strchr(LETTERS, *at);
    bool control = (unsigned char)*at < 0x20;
    length = letter || control ? 1 : despur_text_character(at);
    if (letter)
      put(j, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%c", MEANT[letter - LETTERS]));
    else if (control)
      put(j, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04X", (unsigned)*at));
    else
      put(j, length ? at : "?", length ? length : 1);
    if (length == 0) length = 1;
  }
  put(j, "\"", 1);
}

static void put_line_end(json_writer *j) {
  if (j->style != JSON_PRETTY) return;
  put(j, "\n", 1);
  for (size_t i = 0; i < j->depth; i++) put(j, "  ", 2);
}

/* What stands in front of a value. */
static void begin(json_writer *j, const char *name) {
  if (j->depth == 0) return;
  bool *filled = &j->filled[j->depth - 1];
  if (*filled) put(j, ",", 1);
  *filled = true;
  put_line_end(j);
  assert(!name == (j->closing[j->depth - 1] == ']')); /* members have names, elements do not */
  if (!name) return;
  put_quoted(j, name);
  put(j, ": ", j->style == JSON_PRETTY ? 2 : 1);
}

void json_open(json_writer *j, const char *name, char bracket) {
  assert(j->depth < JSON_DEEPEST);
  begin(j, name);
  put(j, &bracket, 1);
  j->closing[j->depth] = bracket == '{' ? '}' : ']';
  j->filled[j->depth++] = false;
}

void json_close(json_writer *j) {
  assert(j->depth > 0);
  bool filled = j->filled[--j->depth];
  if (filled) put_line_end(j);
  put(j, &j->closing[j->depth], 1);
}

void json_write_text(json_writer *j, const char *name, const char *value) {
  begin(j, name);
  if (value)
    put_quoted(j, value);
  else
    put(j, "null", 4);
}

/* The digits of an exponent without the sign + and zeros in front: 1e-05 is 1e-5. */
static void shorten_exponent(char *number) {
  char *exponent = strchr(number, 'e');
  if (!exponent) return;
  char *to = exponent + 1, *from = to;
  if (*from == '-') to++;
  from++; /* printf always writes a sign */
  while (*from == '0' && from[1]) from++;
  memmove(to, from, strlen(from) + 1);
}

void json_write_real(json_writer *j, const char *name, double value) {
  char number[40];
  if (!isfinite(value)) {
    json_write_text(j, name, NULL);
    return;
  }
  begin(j, name);
  format_text(number, sizeof number - 2, "%.*g", j->digits ? j->digits : 17, value);
  if (!strpbrk(number, ".e"))
    memcpy(number + strlen(number), ".0", 3); /* a real number, even where it is whole */
  shorten_exponent(number);
  put(j, number, strlen(number));
}

void json_write_count(json_writer *j, const char *name, size_t value) {
  char number[24];
  begin(j, name);
  put(j, number, (size_t)snprintf(number, sizeof number, "%zu", value));
}

void json_write_integer(json_writer *j, const char *name, int64_t value) {
  char number[24];
  begin(j, name);
  put(j, number, (size_t)snprintf(number, sizeof number, "%" PRId64, value));
}

void json_write_flag(json_writer *j, const char *name, bool value) {
  begin(j, name);
  put(j, value ? "true" : "false", value ? 4 : 5);
}

void json_fail(json_writer *j, despur_status status) {
  if (j->status == DESPUR_OK) j->status = status;
}

void json_drop(json_writer *j) {
  mem_free(j->out.data);
  j->out = (text){0};
}

despur_status json_finish(char **out, json_writer *j, despur_error *error) {
  assert(j->depth == 0);
  if (j->style == JSON_PRETTY) put(j, "\n", 1);
  *out = j->status == DESPUR_OK ? j->out.data : NULL;
  if (j->status != DESPUR_OK) json_drop(j);
  j->out = (text){0};
  return j->status == DESPUR_OK ? DESPUR_OK
                                : error_set(error, DESPUR_NO_RESOURCES, "out of memory while writing JSON");
}
