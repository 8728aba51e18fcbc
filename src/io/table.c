#include "io/table.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/number.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { FIRST_ROOM = 1024, MOST_AHEAD = 64 };

static const size_t MOST_ROWS = UINT32_MAX - 1;

/* ---- the header ---- */

static despur_status refuse(const table *t, const char *what, const char *hint, despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected a table as text, found %s (%s)", t->path, what,
                   hint);
}

/* *lines: it is JSON. */
static despur_status look_at_start(const table *t, const byte_source *source, bool *lines,
                                   despur_error *error) {
  size_t bytes, at = 0;
  const char *start = source_start(source, &bytes);
  if (bytes >= 4 && memcmp(start, "PK\3\4", 4) == 0)
    return refuse(t, "a zip archive or an Excel workbook", "save it as CSV", error);
  if (bytes >= 4 && memcmp(start, "PAR1", 4) == 0)
    return refuse(t, "a Parquet file", "save it as CSV", error);
  if (bytes >= 6 && memcmp(start, "\x93NUMPY", 6) == 0)
    return refuse(t, "a NumPy array", "then it is called .npy, and an archive .npz", error);
  if (bytes >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0) at = 3;
  while (at < bytes && (start[at] == ' ' || start[at] == '\n' || start[at] == '\r' || start[at] == '\t'))
    at++;
  if (at + 1 < bytes && start[at] == '[' && strchr("{[ \r\n", start[at + 1]))
    return refuse(t, "a JSON array", "JSON Lines has an object in each line", error);
  *lines = at < bytes && start[at] == '{';
  return DESPUR_OK;
}

static despur_status add_columns(table *t, const char *const *names, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (count == 0)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s:1:1: expected a line with the names of the columns, found an empty file", t->path);
  TRY(mem_alloc(&t->columns, count, sizeof *t->columns, error));
  TRY(text_copy_all(&t->names, names, count, error));
  for (size_t i = 0; i < count; i++) t->columns[i].name = t->names[i];
  t->column_count = count;
cleanup:
  return status;
}

static despur_status read_header(table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  const char **names = NULL;
  size_t count;
  TRY(csv_next(t->reader, &fields, &count, error));
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t i = 0; i < count; i++) names[i] = fields[i].text;
  TRY(add_columns(t, names, count, error));
cleanup:
  mem_free(names);
  return status;
}

/* Takes the source. */
static despur_status open_lines(table *t, byte_source *source, despur_error *error) {
  size_t count;
  despur_status status = jsonl_open(&t->objects, source, error);
  if (status != DESPUR_OK) return status;
  const char *const *names = jsonl_names(t->objects, &count);
  return add_columns(t, names, count, error);
}

/* Takes the source. */
static despur_status open_csv(table *t, byte_source *source, csv_form form, despur_error *error) {
  despur_status status = csv_open_source(&t->reader, source, form, error);
  if (status != DESPUR_OK) return status;
  t->separator = csv_separator(t->reader);
  return read_header(t, error);
}

static despur_status open_arrays(table *t, const char *path, despur_error *error) {
  size_t count;
  despur_status status = mem_copy_text(&t->path, path, error);
  if (status == DESPUR_OK) status = array_columns_open(&t->arrays, path, error);
  if (status != DESPUR_OK) return status;
  const char *const *names = array_columns_names(t->arrays, &count);
  return add_columns(t, names, count, error);
}

despur_status table_open(table *out, const char *path, csv_form form, despur_error *error) {
  despur_status status = DESPUR_OK;
  byte_source *source = NULL;
  bool lines;
  *out = (table){.point = '.'};
  if (array_columns_is_meant(path)) {
    status = open_arrays(out, path, error);
    goto cleanup;
  }
  TRY(source_open(&source, path, error));
  TRY(mem_copy_text(&out->path, source_name(source), error));
  TRY(look_at_start(out, source, &lines, error));
  status = lines ? open_lines(out, source, error) : open_csv(out, source, form, error);
  source = NULL;
cleanup:
  source_close(source);
  if (status != DESPUR_OK) table_close(out);
  return status;
}

despur_status table_open_frame(table *out, const despur_frame *frame, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  *out = (table){.point = '.', .frame = frame};
  TRY(mem_copy_text(&out->path, frame->name, error));
  TRY(mem_alloc(&names, frame->columns_count, sizeof *names, error));
  for (size_t i = 0; i < frame->columns_count; i++) names[i] = frame->columns[i].name;
  TRY(add_columns(out, names, frame->columns_count, error));
cleanup:
  mem_free(names);
  if (status != DESPUR_OK) table_close(out);
  return status;
}

void table_close(table *t) {
  for (size_t i = 0; i < t->column_count; i++) {
    column_release(&t->columns[i].categories);
    mem_free(t->columns[i].hashes);
    mem_free(t->columns[i].values);
  }
  csv_close(t->reader);
  jsonl_close(t->objects);
  array_columns_close(t->arrays);
  mem_free(t->path);
  mem_free(t->names);
  mem_free(t->columns);
  mem_free(t->numbers);
  mem_free(t->lines);
  *t = (table){0};
}

const char *table_name(const table *t) {
  return t->path;
}

table_column *table_find(table *t, const char *name) {
  for (size_t i = 0; i < t->column_count; i++)
    if (strcmp(t->columns[i].name, name) == 0) return &t->columns[i];
  return NULL;
}

despur_status table_check_single(const table *t, const table_column *column, despur_error *error) {
  for (const table_column *other = column + 1; other < t->columns + t->column_count; other++)
    if (strcmp(other->name, column->name) == 0)
      return error_set(error, DESPUR_BAD_INPUT, "%s:1: column '%.60s' is there twice, as columns %td and %td",
                       table_name(t), column->name, column - t->columns + 1, other - t->columns + 1);
  return DESPUR_OK;
}

/* ---- rows ---- */

__attribute__((format(printf, 4, 5))) static despur_status
fail_at(const table *t, const csv_field *field, despur_error *error, const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  format_args(message, sizeof message, format, args);
  va_end(args);
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu:%zu: %s", t->path, field->line, field->column, message);
}

/* As many as the file probably has, so that nothing is copied again and again, nor left over; a few at first,
 * for the beginning of a file may be unlike the rest. */
static size_t room_for(const table *t) {
  size_t room = t->room ? t->room + t->room / 2 : FIRST_ROOM, most = MOST_AHEAD * t->room;
  size_t expected = t->reader && t->room ? csv_expected(t->reader, t->rows) : 0;
  expected += expected / 64;
  if (expected > most) expected = most;
  return expected > room ? expected : room;
}

static despur_status reserve(table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (t->rows < t->room) return DESPUR_OK;
  size_t room = room_for(t), width = t->number_count;
  if (t->rows >= MOST_ROWS)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected fewer than 2^32 - 1 rows", table_name(t));
  for (size_t i = 0; i < t->column_count; i++) {
    table_column *column = &t->columns[i];
    if (column->use == TABLE_CATEGORIES) TRY(column_reserve(&column->categories, room, error));
    if (column->use == TABLE_HASHES)
      TRY(mem_grow(&column->hashes, t->room, room, sizeof *column->hashes, error));
    if (column->use == TABLE_VALUES)
      TRY(mem_grow(&column->values, t->room, room, sizeof *column->values, error));
  }
  if (width > 0) TRY(mem_grow(&t->numbers, t->room * width, room * width, sizeof *t->numbers, error));
  t->room = room;
cleanup:
  return status;
}

static despur_status add_number(table *t, table_column *column, const csv_field *field, despur_error *error) {
  double *value = column->use == TABLE_VALUES ? &column->values[t->rows]
                                              : &t->numbers[t->rows * t->number_count + column->number];
  number_form form;
  if (number_read(value, field->text, t->point, &form) ||
      (t->point != '.' && number_read(value, field->text, '.', &form))) {
    if (!isfinite(*value))
      return fail_at(t, field, error, "column '%.60s': expected a number below 1.8e308, found '%.60s'",
                     column->name, field->text);
    if (form.decimals > t->decimals) t->decimals = form.decimals;
    return DESPUR_OK;
  }
  if (!column_is_missing(field->text, field->length))
    return fail_at(t, field, error, "column '%.60s': expected a number, found '%.60s'", column->name,
                   field->text);
  *value = (double)NAN;
  if (column->missing++ == 0) column->first_missing = field->line;
  return DESPUR_OK;
}

static despur_status add_category(table *t, table_column *column, const csv_field *field,
                                  despur_error *error) {
  despur_status status =
      column_add(&column->categories, field->text, field->length, field->line, t->point, error);
  if (status != DESPUR_OK)
    error_prefix(error, "%s:%zu:%zu: column '%.60s': ", table_name(t), field->line, field->column,
                 column->name);
  return status;
}

/* FNV-1a: no table is made of them, so nobody gains by values that collide. */
static uint64_t hash_of(const char *value, size_t length) {
  uint64_t hash = 14695981039346656037U;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)value[i]) * 1099511628211U;
  return hash;
}

static despur_status add_row(table *t, const csv_field *fields, const size_t *used, size_t used_count,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(reserve(t, error));
  TRY(table_begin_row(t, t->rows, fields[0].line, error));
  for (size_t i = 0; i < used_count; i++) {
    table_column *column = &t->columns[used[i]];
    const csv_field *field = &fields[used[i]];
    if (column->use == TABLE_NUMBERS || column->use == TABLE_VALUES)
      TRY(add_number(t, column, field, error));
    else if (column->use == TABLE_HASHES)
      column->hashes[t->rows] = hash_of(field->text, field->length);
    else
      TRY(add_category(t, column, field, error));
  }
  t->rows++;
cleanup:
  return status;
}

/* A row may end with a separator too many, as the first line may. */
static despur_status check_width(const table *t, const csv_field *fields, size_t count, despur_error *error) {
  size_t wanted = t->column_count;
  if (count == wanted || (count == wanted + 1 && fields[wanted].length == 0)) return DESPUR_OK;
  return fail_at(t, &fields[count < wanted ? 0 : wanted], error,
                 "expected %zu fields as in the first line, found %zu", wanted, count);
}

static despur_status read_rows(table *t, const size_t *used, size_t used_count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  size_t count;
  for (;;) {
    if (t->arrays) {
      array_columns_next(t->arrays, used, used_count, &fields);
      if (!fields) break;
    } else if (t->objects) {
      TRY(jsonl_next(t->objects, &fields, error));
      if (!fields) break;
    } else {
      TRY(csv_next(t->reader, &fields, &count, error));
      if (count == 0) break;
      TRY(check_width(t, fields, count, error));
    }
    TRY(add_row(t, fields, used, used_count, error));
  }
cleanup:
  return status;
}

despur_status table_read(table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *used = NULL, used_count = 0;
  TRY(mem_alloc(&used, t->column_count, sizeof *used, error));
  for (size_t i = 0; i < t->column_count; i++) {
    table_column *column = &t->columns[i];
    if (column->use == TABLE_UNUSED) continue;
    used[used_count++] = i;
    if (column->use != TABLE_HASHES) TRY(table_check_single(t, column, error));
    if (column->use == TABLE_NUMBERS) column->number = t->number_count++;
  }
  if (t->separator == ';') t->point = ',';
  TRY((t->frame ? table_read_frame : read_rows)(t, used, used_count, error));
  for (size_t i = 0; i < used_count; i++) {
    table_column *column = &t->columns[used[i]];
    if (column->use != TABLE_CATEGORIES) continue;
    column->missing = column->categories.missing;
    column->first_missing = column->categories.first_missing;
  }
cleanup:
  mem_free(used);
  return status;
}

/* ---- some of the rows ---- */

static despur_status keep_categories(table_column *column, const table *t, const bool *keep, bool blank,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  value_column kept = {0}, *c = &column->categories;
  for (size_t i = 0; i < t->rows; i++) {
    if (!keep[i] && !blank) continue;
    const char *name = !keep[i] || c->codes[i] == COLUMN_MISSING ? "" : column_name(c, c->codes[i]);
    TRY(column_add(&kept, name, strlen(name), table_line(t, i), t->point, error));
  }
  column->missing = kept.missing;
  column->first_missing = kept.first_missing;
  column_release(c);
  *c = kept;
  kept = (value_column){0};
cleanup:
  column_release(&kept);
  return status;
}

static void keep_hashes(table_column *column, const table *t, const bool *keep) {
  size_t kept = 0;
  for (size_t i = 0; i < t->rows; i++)
    if (keep[i]) column->hashes[kept++] = column->hashes[i];
}

static void keep_values(table_column *column, const table *t, const bool *keep) {
  size_t kept = 0;
  column->missing = 0;
  for (size_t i = 0; i < t->rows; i++) {
    if (!keep[i]) continue;
    column->values[kept++] = column->values[i];
    if (isnan(column->values[i]) && column->missing++ == 0) column->first_missing = table_line(t, i);
  }
}

/* Counts what is missing of the rows that are left, too. */
static void keep_numbers(table *t, const bool *keep) {
  size_t kept = 0, width = t->number_count;
  for (size_t i = 0; i < t->rows; i++)
    if (keep[i]) memmove(&t->numbers[width * kept++], &t->numbers[width * i], width * sizeof *t->numbers);
  for (size_t k = 0; k < t->column_count; k++) {
    table_column *column = &t->columns[k];
    if (column->use != TABLE_NUMBERS) continue;
    column->missing = 0;
    for (size_t i = 0, row = 0; i < t->rows; i++)
      if (keep[i] && isnan(t->numbers[width * row++ + column->number]) && column->missing++ == 0)
        column->first_missing = table_line(t, i);
  }
}

despur_status table_keep_rows(table *t, const bool *keep, despur_error *error) {
  despur_status status = DESPUR_OK;
  table left = {0};
  size_t kept = 0;
  for (size_t k = 0; k < t->column_count; k++) {
    if (t->columns[k].use == TABLE_CATEGORIES) TRY(keep_categories(&t->columns[k], t, keep, false, error));
    if (t->columns[k].use == TABLE_HASHES) keep_hashes(&t->columns[k], t, keep);
    if (t->columns[k].use == TABLE_VALUES) keep_values(&t->columns[k], t, keep);
  }
  if (t->number_count > 0) keep_numbers(t, keep);
  for (size_t i = 0; i < t->rows; i++)
    if (keep[i]) TRY(table_begin_row(&left, kept++, table_line(t, i), error));
  mem_free(t->lines);
  t->lines = left.lines;
  t->lines_count = left.lines_count;
  t->lines_room = left.lines_room;
  t->rows = kept;
  left.lines = NULL;
cleanup:
  mem_free(left.lines);
  return status;
}

despur_status table_blank_rows(const table *t, table_column *column, const bool *keep, despur_error *error) {
  return keep_categories(column, t, keep, true, error);
}

despur_status table_keep(table *t, const table_column *column, uint32_t category, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *keep = NULL;
  TRY(mem_alloc(&keep, t->rows, sizeof *keep, error));
  for (size_t i = 0; i < t->rows; i++) keep[i] = column->categories.codes[i] == category;
  TRY(table_keep_rows(t, keep, error));
cleanup:
  mem_free(keep);
  return status;
}

despur_status table_hash(const table *t, table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  uint64_t *hashes = NULL;
  TRY(mem_alloc(&hashes, t->rows, sizeof *hashes, error));
  for (size_t i = 0; i < t->rows; i++) {
    const char *value = c->codes[i] == COLUMN_MISSING ? "" : column_name(c, c->codes[i]);
    hashes[i] = hash_of(value, strlen(value));
  }
  table_forget(column);
  column->hashes = hashes;
  column->use = TABLE_HASHES;
cleanup:
  return status;
}

void table_forget(table_column *column) {
  column_release(&column->categories);
  column->use = TABLE_UNUSED;
}
