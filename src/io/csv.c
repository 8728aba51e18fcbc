#include "io/csv.h"

#include "base/format.h"
#include "base/memory.h"
#include "io/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, END = -1 };

struct csv_reader {
  char *path;
  int descriptor;
  uint8_t chunk[CHUNK];
  size_t have, at;     /* bytes in chunk, and how many of them are used */
  size_t line, column; /* of the next byte */
  bool after_return;   /* a line feed now belongs to the line end before it */
  char *text;          /* the fields of the record, one after the other */
  size_t used, room;
  csv_field *fields;
  size_t count, fields_room;
};

despur_status csv_open(csv_reader **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  csv_reader *reader = NULL;
  size_t bytes;
  *out = NULL;
  TRY(mem_alloc(&reader, 1, sizeof *reader, error));
  reader->descriptor = -1;
  reader->line = reader->column = 1;
  TRY(mem_copy_text(&reader->path, path, error));
  TRY(file_open(&reader->descriptor, &bytes, path, error));
  *out = reader;
cleanup:
  if (status != DESPUR_OK) csv_close(reader);
  return status;
}

void csv_close(csv_reader *reader) {
  if (!reader) return;
  if (reader->descriptor >= 0) close(reader->descriptor);
  mem_free(reader->path);
  mem_free(reader->text);
  mem_free(reader->fields);
  mem_free(reader);
}

static despur_status fail_at(const csv_reader *reader, size_t line, size_t column, despur_error *error,
                             const char *message) {
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu:%zu: %s", reader->path, line, column, message);
}

despur_status csv_fail(const csv_reader *reader, const csv_field *field, despur_error *error,
                       const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  format_args(message, sizeof message, format, args);
  va_end(args);
  return fail_at(reader, field->line, field->column, error, message);
}

static despur_status refill(csv_reader *reader, despur_error *error) {
  reader->at = 0;
  return file_read_some(reader->descriptor, reader->chunk, CHUNK, &reader->have, reader->path, error);
}

/* The next byte without taking it, or END. */
static despur_status peek(csv_reader *reader, int *byte, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (reader->at == reader->have) TRY(refill(reader, error));
  *byte = reader->at < reader->have ? reader->chunk[reader->at] : END;
  if (*byte == 0)
    return fail_at(reader, reader->line, reader->column, error,
                   "expected text, found a NUL byte (a binary file, or UTF-16?)");
cleanup:
  return status;
}

/* Takes the byte that was peeked at. All line ends are one '\n' to what follows. */
static void take(csv_reader *reader, int byte) {
  reader->at++;
  reader->column++;
  if (byte != '\n' && byte != '\r') return;
  reader->line++;
  reader->column = 1;
  reader->after_return = byte == '\r';
}

/* Peeks past the line feed of CR LF. */
static despur_status next_byte(csv_reader *reader, int *byte, despur_error *error) {
  despur_status status = peek(reader, byte, error);
  if (status == DESPUR_OK && reader->after_return) {
    reader->after_return = false;
    if (*byte == '\n') {
      reader->at++;
      status = peek(reader, byte, error);
    }
  }
  return status;
}

static despur_status skip_mark(csv_reader *reader, despur_error *error) {
  despur_status status = refill(reader, error);
  if (status == DESPUR_OK && reader->have >= 3 && memcmp(reader->chunk, "\xef\xbb\xbf", 3) == 0)
    reader->at = 3;
  return status;
}

static despur_status keep(csv_reader *reader, char byte, despur_error *error) {
  if (reader->used == reader->room) {
    if (reader->room >= CSV_MOST_BYTES)
      return fail_at(reader, reader->line, reader->column, error,
                     "expected at most 4 MiB in a record (a quote that is never closed?)");
    size_t room = reader->room ? 2 * reader->room : 4096;
    despur_status status = mem_grow(&reader->text, reader->room, room, 1, error);
    if (status != DESPUR_OK) return status;
    reader->room = room;
  }
  reader->text[reader->used++] = byte;
  return DESPUR_OK;
}

/* Starts a field at the next byte. Its text is an offset until the record is complete: the buffer may move.
 */
static despur_status begin_field(csv_reader *reader, despur_error *error) {
  if (reader->count == CSV_MOST_FIELDS)
    return fail_at(reader, reader->line, reader->column, error, "expected at most 16384 columns, found more");
  if (reader->count == reader->fields_room) {
    size_t room = reader->fields_room ? 2 * reader->fields_room : 16;
    despur_status status =
        mem_grow(&reader->fields, reader->fields_room, room, sizeof *reader->fields, error);
    if (status != DESPUR_OK) return status;
    reader->fields_room = room;
  }
  reader->fields[reader->count++] =
      (csv_field){.length = reader->used, .line = reader->line, .column = reader->column};
  return DESPUR_OK;
}

/* What stands between quotes; the opening one has been taken. "" inside is a quote. */
static despur_status quoted(csv_reader *reader, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t line = reader->line, column = reader->column - 1;
  for (int byte;;) {
    TRY(next_byte(reader, &byte, error));
    if (byte == END) return fail_at(reader, line, column, error, "this quote is never closed");
    take(reader, byte);
    if (byte == '"') {
      TRY(peek(reader, &byte, error));
      if (byte != '"') break;
      take(reader, byte);
    }
    TRY(keep(reader, byte == '\r' ? '\n' : (char)byte, error));
  }
cleanup:
  return status;
}

/* One field and the comma after it; *last says that the record ends with it. */
static despur_status read_field(csv_reader *reader, bool *last, despur_error *error) {
  despur_status status = DESPUR_OK;
  int byte;
  TRY(next_byte(reader, &byte, error));
  TRY(begin_field(reader, error));
  if (byte == '"') {
    take(reader, byte);
    TRY(quoted(reader, error));
    TRY(peek(reader, &byte, error));
    if (byte != ',' && byte != '\n' && byte != '\r' && byte != END)
      return fail_at(reader, reader->line, reader->column, error,
                     "expected a comma or the end of the line after a closing quote");
  }
  while (byte != ',' && byte != '\n' && byte != '\r' && byte != END) {
    TRY(keep(reader, (char)byte, error));
    take(reader, byte);
    TRY(peek(reader, &byte, error));
  }
  *last = byte != ',';
  if (byte != END) take(reader, byte);
  csv_field *field = &reader->fields[reader->count - 1];
  field->length = reader->used - field->length;
  TRY(keep(reader, 0, error));
cleanup:
  return status;
}

static despur_status skip_empty_lines(csv_reader *reader, int *byte, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(next_byte(reader, byte, error));
  while (*byte == '\n' || *byte == '\r') {
    take(reader, *byte);
    TRY(next_byte(reader, byte, error));
  }
cleanup:
  return status;
}

despur_status csv_next(csv_reader *reader, const csv_field **fields, size_t *count, despur_error *error) {
  despur_status status = DESPUR_OK;
  int byte;
  *count = reader->count = reader->used = 0;
  if (reader->line == 1 && reader->column == 1) TRY(skip_mark(reader, error));
  TRY(skip_empty_lines(reader, &byte, error));
  for (bool last = byte == END; !last;) TRY(read_field(reader, &last, error));
  char *text = reader->text;
  for (size_t i = 0; i < reader->count; i++) {
    reader->fields[i].text = text;
    text += reader->fields[i].length + 1;
  }
  *fields = reader->fields;
  *count = reader->count;
cleanup:
  return status;
}

/* ---- numbers ---- */

/* Digits, a point and an exponent as whole number times power of ten; false when there is anything else.
 * Digits beyond the nineteenth make it inexact. */
typedef struct decimal {
  uint64_t digits;
  int exponent, used; /* used: significant digits */
  bool negative;
} decimal;

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *read_digits(decimal *d, const char *at, int scale) {
  for (; is_digit(*at); at++) {
    if (d->used > 0 || *at != '0') d->used++;
    if (d->used <= 19) d->digits = 10 * d->digits + (uint64_t)(*at - '0');
    d->exponent += d->used > 19 ? scale + 1 : scale;
  }
  return at;
}

static bool read_decimal(decimal *d, const char *at) {
  *d = (decimal){.negative = *at == '-'};
  if (*at == '-' || *at == '+') at++;
  const char *start = at;
  at = read_digits(d, at, 0);
  bool any = at > start;
  if (*at == '.') {
    start = ++at;
    at = read_digits(d, at, -1);
    any |= at > start;
  }
  if (!any) return false;
  if (*at == 'e' || *at == 'E') {
    bool negative = at[1] == '-';
    at += at[1] == '-' || at[1] == '+' ? 2 : 1;
    if (!is_digit(*at)) return false;
    int exponent = 0;
    for (; is_digit(*at); at++)
      if (exponent < 100000) exponent = 10 * exponent + (*at - '0');
    d->exponent += negative ? -exponent : exponent;
  }
  return *at == 0;
}

despur_status csv_number(double *out, const csv_reader *reader, const csv_field *field, const char *what,
                         despur_error *error) {
  static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  decimal d;
  if (!read_decimal(&d, field->text))
    return csv_fail(reader, field, error, "%s: expected a number, found '%.60s'", what, field->text);
  /* both factors are exact, so one operation rounds correctly (Clinger 1990) */
  if (d.used <= 19 && d.digits <= (uint64_t)1 << 53 && d.exponent >= -22 && d.exponent <= 22) {
    double value = (double)d.digits;
    value = d.exponent < 0 ? value / POWERS[-d.exponent] : value * POWERS[d.exponent];
    *out = d.negative ? -value : value;
    return DESPUR_OK;
  }
  *out = format_read(field->text, NULL);
  if (*out - *out != 0) /* infinity */
    return csv_fail(reader, field, error, "%s: expected a number below 1.8e308, found '%.60s'", what,
                    field->text);
  return DESPUR_OK;
}

despur_status csv_whole(uint32_t *out, const csv_reader *reader, const csv_field *field, const char *what,
                        uint32_t most, despur_error *error) {
  const char *at = field->text;
  uint64_t value = 0;
  bool any = is_digit(*at);
  for (; is_digit(*at) && value <= most; at++) value = 10 * value + (uint64_t)(*at - '0');
  if (any && value <= most && at[0] == '.' && at[1] == '0')
    for (at++; *at == '0'; at++) continue;
  if (!any || *at || value > most)
    return csv_fail(reader, field, error, "%s: expected a whole number from 0 to %u, found '%.60s'", what,
                    most, field->text);
  *out = (uint32_t)value;
  return DESPUR_OK;
}
