#include "io/csv.h"

#include "base/format.h"
#include "base/memory.h"
#include "io/number.h"

#include <stdarg.h>
#include <string.h>

/* What a byte is outside quotes. */
enum { PLAIN, SEPARATOR, LINE_END, NUL };

enum { FIRST_ROOM = 1 << 18, LINES_LOOKED_AT = 20, CTRL_Z = 0x1a };

/* A field as it lies in the buffer, until its record is complete. */
typedef struct mark {
  bool quoted, rewrite; /* rewrite: there are pairs of quotes or returns inside */
} mark;

struct csv_reader {
  byte_source *source;
  csv_form form;
  uint8_t kinds[256];
  char *buffer; /* with a byte beyond room for a line end that stops every search */
  size_t room, begin, end;
  bool at_end;  /* nothing comes after end */
  size_t taken; /* bytes from the source */
  size_t line;  /* of begin */
  csv_field *fields;
  mark *marks;
  size_t count, fields_room;
};

/* ---- the buffer ---- */

static despur_status fail_at(const csv_reader *reader, size_t line, size_t column, despur_error *error,
                             const char *message) {
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu:%zu: %s", source_name(reader->source), line, column,
                   message);
}

/* Moves what has been read of a record to the front and reads on behind it. */
static despur_status fill(csv_reader *reader, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t kept = reader->end - reader->begin, got;
  if (kept > 0) memmove(reader->buffer, reader->buffer + reader->begin, kept);
  reader->begin = 0;
  reader->end = kept;
  if (kept == reader->room) {
    if (kept >= CSV_MOST_BYTES)
      return fail_at(reader, reader->line, 1, error,
                     "expected at most 4 MiB in a record (a quote that is never closed?)");
    size_t room = reader->room ? 2 * reader->room : FIRST_ROOM;
    TRY(mem_grow(&reader->buffer, reader->room + 1, room + 1, 1, error));
    reader->room = room;
  }
  TRY(source_read(reader->source, reader->buffer + kept, reader->room - kept, &got, error));
  reader->end += got;
  reader->taken += got;
  reader->at_end = reader->end < reader->room;
  if (reader->at_end && reader->end > 0 && reader->buffer[reader->end - 1] == CTRL_Z) reader->end--;
cleanup:
  return status;
}

/* ---- the form of a file ---- */

static bool is_blank(const csv_reader *reader, char byte) {
  return byte == ' ' || (byte == '\t' && reader->form.separator != '\t');
}

static despur_status skip_mark(csv_reader *reader, despur_error *error) {
  const uint8_t *b = (const uint8_t *)reader->buffer;
  size_t bytes = reader->end;
  if (bytes >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
    return error_set(error, DESPUR_BAD_INPUT, "%s: this text is UTF-16; save it as UTF-8",
                     source_name(reader->source));
  if (bytes >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0) reader->begin = 3;
  return DESPUR_OK;
}

/* Fields of the line at *at if byte separates them; *at moves to the next line, *complete says whether the
 * line ends before stop. */
static size_t fields_of_line(const char **at, const char *stop, char byte, bool *complete) {
  size_t count = 1;
  bool quoted = false, first = true;
  const char *c = *at;
  for (; c < stop && (quoted || (*c != '\n' && *c != '\r')); c++) {
    if (*c == '"' && (first || quoted)) quoted = !quoted;
    count += !quoted && *c == byte;
    first = (first && *c == ' ') || *c == byte;
  }
  *complete = c < stop;
  while (c < stop && (*c == '\n' || *c == '\r')) c++;
  *at = c;
  return count;
}

/* How well byte separates the fields of the first lines: as many fields as there are in the first line, when
 * all have that many; fewer points when some differ. */
static size_t separates(const csv_reader *reader, char byte) {
  const char *at = reader->buffer + reader->begin, *stop = reader->buffer + reader->end;
  bool complete, all = true;
  while (at < stop && (*at == '\n' || *at == '\r')) at++;
  size_t first = fields_of_line(&at, stop, byte, &complete);
  for (size_t i = 0; i < LINES_LOOKED_AT && complete && at < stop; i++) {
    size_t count = fields_of_line(&at, stop, byte, &complete);
    if (complete || reader->at_end) all &= count == first;
  }
  return first == 1 ? 0 : all ? CSV_MOST_BYTES + first : first;
}

/* Excel's first line "sep=;" says it. */
static bool said_in_the_file(csv_reader *reader) {
  const char *at = reader->buffer + reader->begin;
  if (reader->end - reader->begin < 6 || memcmp(at, "sep=", 4) != 0 || (at[5] != '\n' && at[5] != '\r'))
    return false;
  reader->form.separator = at[4];
  bool two = at[5] == '\r' && reader->end - reader->begin > 6 && at[6] == '\n';
  reader->begin += two ? 7 : 6;
  reader->line = 2;
  return true;
}

static void find_separator(csv_reader *reader) {
  static const char CANDIDATES[] = ",;\t|";
  size_t best = 0;
  if (said_in_the_file(reader) || reader->form.separator) return;
  reader->form.separator = ',';
  for (const char *c = CANDIDATES; *c; c++) {
    size_t points = separates(reader, *c);
    if (points <= best) continue;
    best = points;
    reader->form.separator = *c;
  }
}

despur_status csv_open_source(csv_reader **out, byte_source *source, csv_form form, despur_error *error) {
  despur_status status = DESPUR_OK;
  csv_reader *reader = NULL;
  *out = NULL;
  status = mem_alloc(&reader, 1, sizeof *reader, error);
  if (status != DESPUR_OK) {
    source_close(source);
    return status;
  }
  reader->source = source;
  reader->line = 1;
  reader->form = form;
  TRY(fill(reader, error));
  TRY(skip_mark(reader, error));
  find_separator(reader);
  reader->kinds['\n'] = reader->kinds['\r'] = LINE_END;
  reader->kinds[0] = NUL;
  reader->kinds[(uint8_t)reader->form.separator] = SEPARATOR;
  *out = reader;
cleanup:
  if (status != DESPUR_OK) csv_close(reader);
  return status;
}

despur_status csv_open(csv_reader **out, const char *path, csv_form form, despur_error *error) {
  byte_source *source;
  *out = NULL;
  despur_status status = source_open(&source, path, error);
  return status == DESPUR_OK ? csv_open_source(out, source, form, error) : status;
}

void csv_close(csv_reader *reader) {
  if (!reader) return;
  source_close(reader->source);
  mem_free(reader->buffer);
  mem_free(reader->fields);
  mem_free(reader->marks);
  mem_free(reader);
}

char csv_separator(const csv_reader *reader) {
  return reader->form.separator;
}

size_t csv_expected(const csv_reader *reader, size_t read) {
  size_t behind = reader->taken - (reader->end - reader->begin);
  double whole = (double)source_bytes(reader->source);
  return behind == 0 ? 0 : (size_t)((double)read * (whole / (double)behind));
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

/* ---- one record ---- */

/* Where a search for the end of a record stands. */
typedef struct search {
  const char *at, *stop; /* stop: the end of what has been read, where a line end stands */
  const char *line_start;
  size_t line;
} search;

static size_t column_of(const search *s, const char *at) {
  return (size_t)(at - s->line_start) + 1;
}

static despur_status add_field(csv_reader *reader, const search *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t old = reader->fields_room, room = old ? 2 * old : 16;
  if (reader->count == CSV_MOST_FIELDS)
    return fail_at(reader, s->line, column_of(s, s->at), error, "expected at most 16384 columns, found more");
  if (reader->count == old) {
    TRY(mem_grow(&reader->fields, old, room, sizeof *reader->fields, error));
    TRY(mem_grow(&reader->marks, old, room, sizeof *reader->marks, error));
    reader->fields_room = room;
  }
  reader->fields[reader->count] = (csv_field){.line = s->line, .column = column_of(s, s->at)};
  reader->marks[reader->count++] = (mark){false, false};
cleanup:
  return status;
}

/* Moves from an opening quote behind the closing one; *found is false when the file goes on and what has been
 * read does not tell. */
static despur_status find_closing_quote(csv_reader *reader, search *s, bool *found, despur_error *error) {
  csv_field *field = &reader->fields[reader->count - 1];
  mark *about = &reader->marks[reader->count - 1];
  field->text = ++s->at;
  for (;; s->at++) {
    while (*s->at != '"' && *s->at != '\n' && *s->at != '\r' && *s->at) s->at++;
    if (s->at == s->stop) {
      *found = false;
      if (!reader->at_end) return DESPUR_OK;
      return fail_at(reader, field->line, field->column, error, "this quote is never closed");
    }
    if (*s->at == 0) return DESPUR_OK; /* told by who looks at what follows */
    if (*s->at == '"') {
      if (s->at + 1 == s->stop && !reader->at_end) {
        *found = false;
        return DESPUR_OK;
      }
      if (s->at[1] != '"' || s->at + 1 == s->stop) break;
      s->at++;
      about->rewrite = true;
    } else {
      about->rewrite |= *s->at == '\r';
      if (*s->at == '\r' && s->at[1] == '\n') continue;
      s->line++;
      s->line_start = s->at + 1;
    }
  }
  field->length = (size_t)(s->at++ - field->text);
  about->quoted = true;
  while (is_blank(reader, *s->at)) s->at++;
  return DESPUR_OK;
}

static despur_status refuse(const csv_reader *reader, const search *s, despur_error *error) {
  size_t column = column_of(s, s->at);
  if (*s->at == 0)
    return fail_at(reader, s->line, column, error,
                   "expected text, found a NUL byte (a binary file, or UTF-16?)");
  return fail_at(reader, s->line, column, error,
                 "expected a separator or the end of the line after a closing quote");
}

/* Moves behind one field, onto the separator or line end that follows. */
static despur_status find_field(csv_reader *reader, search *s, bool *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  while (is_blank(reader, *s->at)) s->at++;
  TRY(add_field(reader, s, error));
  csv_field *field = &reader->fields[reader->count - 1];
  if (*s->at == '"') {
    TRY(find_closing_quote(reader, s, found, error));
    if (!*found) return DESPUR_OK;
  } else {
    field->text = s->at;
    while (reader->kinds[(uint8_t)*s->at] == PLAIN) s->at++;
    const char *last = s->at;
    while (last > field->text && is_blank(reader, last[-1])) last--;
    field->length = (size_t)(last - field->text);
  }
  uint8_t kind = reader->kinds[(uint8_t)*s->at];
  if (kind == PLAIN || kind == NUL) return refuse(reader, s, error);
cleanup:
  return status;
}

/* Finds the fields of the record at begin, changing nothing: when its end has not been read yet, *found is
 * false and it is looked at anew later. */
static despur_status find_record(csv_reader *reader, search *s, bool *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  reader->count = 0;
  reader->buffer[reader->end] = '\n';
  *s = (search){.at = reader->buffer + reader->begin,
                .stop = reader->buffer + reader->end,
                .line_start = reader->buffer + reader->begin,
                .line = reader->line};
  *found = true;
  for (;;) {
    TRY(find_field(reader, s, found, error));
    if (!*found) break;
    bool last_read = s->at == s->stop || (*s->at == '\r' && s->at + 1 == s->stop);
    if (last_read && !reader->at_end) {
      *found = false;
      break;
    }
    if (reader->kinds[(uint8_t)*s->at] == LINE_END) break;
    s->at++;
  }
cleanup:
  return status;
}

/* Pairs of quotes become one, line ends one line feed. */
static void rewrite(char *text, csv_field *field) {
  char *out = text;
  for (size_t i = 0; i < field->length; i++) {
    char byte = text[i];
    if (byte == '"') i++;
    if (byte == '\r') {
      byte = '\n';
      if (i + 1 < field->length && text[i + 1] == '\n') i++;
    }
    *out++ = byte;
  }
  field->length = (size_t)(out - text);
}

/* Takes the record out of the buffer. */
static void take(csv_reader *reader, const search *s) {
  for (size_t i = 0; i < reader->count; i++) {
    csv_field *field = &reader->fields[i];
    char *text = reader->buffer + (field->text - reader->buffer);
    if (reader->marks[i].rewrite) rewrite(text, field);
    text[field->length] = 0;
  }
  const char *next = s->at;
  if (next < s->stop) next += *next == '\r' && next + 1 < s->stop && next[1] == '\n' ? 2 : 1;
  reader->begin = (size_t)(next - reader->buffer);
  reader->line = s->line + 1;
}

static bool is_comment(const csv_reader *reader) {
  return reader->form.comment && reader->begin < reader->end &&
         reader->buffer[reader->begin] == reader->form.comment;
}

/* Takes the line at begin; lines that are longer than the buffer are cut off as they come. */
static despur_status skip_line(csv_reader *reader, despur_error *error) {
  for (;;) {
    size_t at = reader->begin;
    while (at < reader->end && reader->kinds[(uint8_t)reader->buffer[at]] != LINE_END) at++;
    bool ends = at < reader->end, two = at + 1 < reader->end && memcmp(reader->buffer + at, "\r\n", 2) == 0;
    reader->begin = at + ends + two;
    if (ends || reader->at_end) break;
    despur_status status = fill(reader, error);
    if (status != DESPUR_OK) return status;
  }
  reader->line++;
  return DESPUR_OK;
}

despur_status csv_next(csv_reader *reader, const csv_field **fields, size_t *count, despur_error *error) {
  despur_status status = DESPUR_OK;
  search s;
  *count = 0;
  for (bool found;;) {
    if (reader->begin == reader->end && !reader->at_end) TRY(fill(reader, error));
    if (reader->begin == reader->end) break;
    if (is_comment(reader)) {
      TRY(skip_line(reader, error));
      continue;
    }
    TRY(find_record(reader, &s, &found, error));
    if (!found) {
      TRY(fill(reader, error));
      continue;
    }
    bool empty = reader->count == 1 && !reader->marks[0].quoted && reader->fields[0].length == 0;
    take(reader, &s);
    if (empty) continue;
    *count = reader->count;
    break;
  }
  *fields = reader->fields;
cleanup:
  return status;
}

/* ---- numbers ---- */

despur_status csv_number(double *out, const csv_reader *reader, const csv_field *field, const char *what,
                         despur_error *error) {
  if (!number_read(out, field->text, '.', NULL))
    return csv_fail(reader, field, error, "%s: expected a number, found '%.60s'", what, field->text);
  if (*out - *out != 0) /* infinity */
    return csv_fail(reader, field, error, "%s: expected a number below 1.8e308, found '%.60s'", what,
                    field->text);
  return DESPUR_OK;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
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
