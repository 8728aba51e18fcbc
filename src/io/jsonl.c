#include "io/jsonl.h"

#include "base/dictionary.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 1 << 18 };

struct jsonl_reader {
  byte_source *source;
  char *buffer; /* with a byte beyond room for a NUL */
  size_t room, begin, end, line;
  bool at_end;
  text_list found; /* names of the first line, while it is read */
  const char **names;
  size_t count;
  dictionary index;  /* of names */
  uint32_t expected; /* the column that usually comes next */
  csv_field *fields; /* [count] */
};

/* ---- lines ---- */

static despur_status fail_at(const jsonl_reader *r, const char *at, despur_error *error,
                             const char *expected) {
  size_t column = (size_t)(at - (r->buffer + r->begin)) + 1;
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu:%zu: expected %s, found '%.20s'", source_name(r->source),
                   r->line, column, expected, at);
}

static despur_status fill(jsonl_reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t kept = r->end - r->begin, got;
  if (kept > 0) memmove(r->buffer, r->buffer + r->begin, kept);
  r->begin = 0;
  r->end = kept;
  if (kept == r->room) {
    size_t room = r->room ? 2 * r->room : FIRST_ROOM;
    if (kept >= CSV_MOST_BYTES)
      FAIL(error, DESPUR_BAD_INPUT, "%s:%zu:1: expected at most 4 MiB in a line", source_name(r->source),
           r->line);
    TRY(mem_grow(&r->buffer, r->room + 1, room + 1, 1, error));
    r->room = room;
  }
  TRY(source_read(r->source, r->buffer + kept, r->room - kept, &got, error));
  r->end += got;
  r->at_end = r->end < r->room;
cleanup:
  return status;
}

/* Makes the next line that is not blank a text at begin; *next is where the one after it begins. */
static despur_status next_line(jsonl_reader *r, size_t *next, bool *found, despur_error *error) {
  for (;; r->begin = *next, r->line++) {
    char *end;
    while (!(end = memchr(r->buffer + r->begin, '\n', r->end - r->begin)) && !r->at_end) {
      despur_status status = fill(r, error);
      if (status != DESPUR_OK) return status;
    }
    if (!end) end = r->buffer + r->end;
    *next = (size_t)(end - r->buffer) + (end < r->buffer + r->end);
    *found = r->begin < r->end;
    if (!*found) return DESPUR_OK;
    *end = 0;
    if (strlen(r->buffer + r->begin) < (size_t)(end - (r->buffer + r->begin)))
      return fail_at(r, r->buffer + r->begin + strlen(r->buffer + r->begin), error,
                     "text without a NUL byte");
    const char *at = r->buffer + r->begin;
    if (at[strspn(at, " \t\r")]) return DESPUR_OK;
  }
}

/* ---- values ---- */

static char *skip_blanks(char *at) {
  return at + strspn(at, " \t\r");
}

/* A string at a quote, its text in place; *at moves behind it. */
static despur_status read_string(jsonl_reader *r, char **at, csv_field *field, despur_error *error) {
  char *out = ++*at;
  field->text = out;
  while (**at != '"') {
    if (!**at) return fail_at(r, *at, error, "a quote at the end of a text");
    if (**at != '\\') {
      *out++ = *(*at)++;
      continue;
    }
    const char *behind = json_unescape(&out, *at + 1, *at + 1 + strnlen(*at + 1, JSON_ESCAPE_MOST));
    if (!behind) return fail_at(r, *at, error, "a character");
    *at += behind - *at;
  }
  ++*at;
  field->length = (size_t)(out - field->text);
  return DESPUR_OK;
}

/* A number or a word, which may be Python's NaN; null is empty. */
static despur_status read_word(jsonl_reader *r, char **at, csv_field *field, despur_error *error) {
  size_t length = strspn(*at, "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  if (length == 0) return fail_at(r, *at, error, "a value");
  field->text = *at;
  field->length = length == 4 && memcmp(*at, "null", 4) == 0 ? 0 : length;
  *at += length;
  return DESPUR_OK;
}

/* What is nested, as it stands. */
static despur_status read_nested(jsonl_reader *r, char **at, csv_field *field, despur_error *error) {
  int depth = 0;
  field->text = *at;
  do {
    if (!**at) return fail_at(r, *at, error, "a bracket that closes");
    if (**at == '"') {
      for (++*at; **at && **at != '"'; ++*at)
        if (**at == '\\' && (*at)[1]) ++*at;
      if (!**at) return fail_at(r, *at, error, "a quote at the end of a text");
    }
    depth += (**at == '{' || **at == '[') - (**at == '}' || **at == ']');
    ++*at;
  } while (depth > 0);
  field->length = (size_t)(*at - field->text);
  return DESPUR_OK;
}

static despur_status read_value(jsonl_reader *r, char **at, csv_field *field, despur_error *error) {
  field->line = r->line;
  field->column = (size_t)(*at - (r->buffer + r->begin)) + 1;
  if (**at == '"') return read_string(r, at, field, error);
  if (**at == '{' || **at == '[') return read_nested(r, at, field, error);
  return read_word(r, at, field, error);
}

/* ---- objects ---- */

/* Gives a value to the column `name`, or "name_I" for element I of a list. */
static despur_status put(jsonl_reader *r, const char *name, long element, const csv_field *field,
                         despur_error *error) {
  char composed[512];
  if (element >= 0) {
    int length = snprintf(composed, sizeof composed, "%s_%ld", name, element);
    if (length < 0 || (size_t)length >= sizeof composed) return DESPUR_OK; /* no column is called so */
    name = composed;
  }
  if (!r->names) {
    if (r->found.count == CSV_MOST_FIELDS)
      return error_set(error, DESPUR_BAD_INPUT, "%s:%zu:%zu: expected at most %d columns, found more",
                       source_name(r->source), r->line, field->column, CSV_MOST_FIELDS);
    return text_list_add(&r->found, name, error);
  }
  uint32_t c = r->expected;
  if (c >= r->count || strcmp(r->names[c], name) != 0)
    if (!dictionary_find(&c, &r->index, name, strlen(name))) return DESPUR_OK;
  r->fields[c] = *field;
  r->expected = c + 1;
  return DESPUR_OK;
}

static despur_status read_list(jsonl_reader *r, char **at, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  long element = 0;
  *at = skip_blanks(*at + 1);
  for (bool more = **at != ']'; more; element++) {
    csv_field field;
    TRY(read_value(r, at, &field, error));
    *at = skip_blanks(*at);
    TRY(put(r, name, element, &field, error));
    if (**at == ']') break;
    if (**at != ',') return fail_at(r, *at, error, "',' or ']'");
    *at = skip_blanks(*at + 1);
  }
  ++*at;
cleanup:
  return status;
}

static despur_status read_member(jsonl_reader *r, char **at, despur_error *error) {
  despur_status status = DESPUR_OK;
  csv_field name, field;
  if (**at != '"') return fail_at(r, *at, error, "a name in quotes");
  TRY(read_string(r, at, &name, error));
  *at = skip_blanks(*at);
  if (**at != ':') return fail_at(r, *at, error, "':'");
  r->buffer[(size_t)(name.text - r->buffer) + name.length] = 0; /* its closing quote, or before it */
  *at = skip_blanks(*at + 1);
  if (**at == '[') return read_list(r, at, name.text, error);
  TRY(read_value(r, at, &field, error));
  TRY(put(r, name.text, -1, &field, error));
cleanup:
  return status;
}

static despur_status read_object(jsonl_reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *at = skip_blanks(r->buffer + r->begin);
  r->expected = 0;
  if (*at != '{') return fail_at(r, at, error, "an object in a line of its own");
  at = skip_blanks(at + 1);
  for (bool more = *at != '}'; more;) {
    TRY(read_member(r, &at, error));
    at = skip_blanks(at);
    if (*at == '}') break;
    if (*at != ',') return fail_at(r, at, error, "',' or '}'");
    at = skip_blanks(at + 1);
  }
  at = skip_blanks(at + 1);
  if (*at) return fail_at(r, at, error, "the end of the line");
cleanup:
  return status;
}

/* ---- */

static despur_status index_names(jsonl_reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (uint32_t c = 0, index; c < r->count; c++) {
    TRY(dictionary_add(&index, &r->index, r->names[c], strlen(r->names[c]), error));
    if (index < c)
      FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: member '%.60s' is there twice", source_name(r->source), r->line,
           r->names[c]);
  }
cleanup:
  return status;
}

despur_status jsonl_open(jsonl_reader **out, byte_source *source, despur_error *error) {
  despur_status status = DESPUR_OK;
  jsonl_reader *r = NULL;
  size_t next;
  bool found;
  *out = NULL;
  status = mem_alloc(&r, 1, sizeof *r, error);
  if (status != DESPUR_OK) {
    source_close(source);
    return status;
  }
  r->source = source;
  r->line = 1;
  TRY(fill(r, error));
  if (r->end >= 3 && memcmp(r->buffer, "\xef\xbb\xbf", 3) == 0) r->begin = 3;
  TRY(next_line(r, &next, &found, error));
  /* the first line is read twice: for names, in a copy, and then for values */
  size_t begin = r->begin, length = found ? strlen(r->buffer + begin) : 0;
  char *copy;
  TRY(mem_copy_text(&copy, found ? r->buffer + begin : "{}", error));
  status = found ? read_object(r, error) : DESPUR_OK;
  memcpy(r->buffer + begin, copy, length);
  mem_free(copy);
  if (status != DESPUR_OK) goto cleanup;
  if (next > begin + length) r->buffer[begin + length] = '\n';
  r->count = r->found.count;
  TRY(text_copy_all(&r->names, (const char *const *)r->found.items, r->count, error));
  TRY(mem_alloc(&r->fields, r->count, sizeof *r->fields, error));
  TRY(index_names(r, error));
  *out = r;
cleanup:
  if (status != DESPUR_OK) jsonl_close(r);
  return status;
}

void jsonl_close(jsonl_reader *r) {
  if (!r) return;
  source_close(r->source);
  text_list_release(&r->found);
  mem_free(r->names);
  dictionary_release(&r->index);
  mem_free(r->fields);
  mem_free(r->buffer);
  mem_free(r);
}

const char *const *jsonl_names(const jsonl_reader *r, size_t *count) {
  *count = r->count;
  return r->names;
}

despur_status jsonl_next(jsonl_reader *r, const csv_field **fields, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t next;
  bool found;
  *fields = NULL;
  TRY(next_line(r, &next, &found, error));
  if (!found) return DESPUR_OK;
  for (size_t c = 0; c < r->count; c++) r->fields[c] = (csv_field){.text = "", .line = r->line, .column = 1};
  TRY(read_object(r, error));
  /* only now: a text may end where something that had to be read stood */
  for (size_t c = 0; c < r->count; c++) {
    csv_field *field = &r->fields[c];
    if (field->length == 0)
      field->text = "";
    else
      r->buffer[(size_t)(field->text - r->buffer) + field->length] = 0;
  }
  r->begin = next;
  r->line++;
  *fields = r->fields;
cleanup:
  return status;
}
