#include "io/table.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/number.h"

#include <math.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static const size_t MOST_ROWS = UINT32_MAX - 1;

/* ---- the header ---- */

static despur_status refuse_other_formats(const table *t, despur_error *error) {
  size_t bytes;
  const char *start = csv_start(t->reader, &bytes), *what = NULL;
  if (bytes >= 4 && memcmp(start, "PK\3\4", 4) == 0) what = "a zip archive or an Excel workbook";
  if (bytes >= 4 && memcmp(start, "PAR1", 4) == 0) what = "a Parquet file";
  if (bytes >= 6 && memcmp(start, "\x93NUMPY", 6) == 0) what = "a NumPy array";
  if (!what) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected a table as text, found %s (save it as CSV)",
                   table_name(t), what);
}

static despur_status add_columns(table *t, const csv_field *fields, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  TRY(mem_alloc(&t->columns, count, sizeof *t->columns, error));
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t i = 0; i < count; i++) names[i] = fields[i].text;
  TRY(text_copy_all(&t->names, names, count, error));
  for (size_t i = 0; i < count; i++) t->columns[i].name = t->names[i];
  t->column_count = count;
cleanup:
  mem_free(names);
  return status;
}

despur_status table_open(table *out, const char *path, csv_form form, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  size_t count;
  *out = (table){0};
  TRY(csv_open(&out->reader, path, form, error));
  out->separator = csv_separator(out->reader);
  out->point = '.';
  TRY(refuse_other_formats(out, error));
  TRY(csv_next(out->reader, &fields, &count, error));
  if (count == 0) {
    const csv_field start = {.line = 1, .column = 1};
    status = csv_fail(out->reader, &start, error,
                      "expected a line with the names of the columns, found an empty file");
    goto cleanup;
  }
  TRY(add_columns(out, fields, count, error));
cleanup:
  if (status != DESPUR_OK) table_close(out);
  return status;
}

void table_close(table *t) {
  for (size_t i = 0; i < t->column_count; i++) column_release(&t->columns[i].categories);
  csv_close(t->reader);
  mem_free(t->names);
  mem_free(t->columns);
  mem_free(t->numbers);
  mem_free(t->lines);
  *t = (table){0};
}

const char *table_name(const table *t) {
  return csv_name(t->reader);
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

static despur_status reserve(table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t room = t->room ? t->room + t->room / 2 : FIRST_ROOM, width = t->number_count;
  if (t->rows < t->room) return DESPUR_OK;
  if (t->rows >= MOST_ROWS)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected fewer than 2^32 - 1 rows", table_name(t));
  TRY(mem_grow(&t->lines, t->room, room, sizeof *t->lines, error));
  if (width > 0) TRY(mem_grow(&t->numbers, t->room * width, room * width, sizeof *t->numbers, error));
  t->room = room;
cleanup:
  return status;
}

static despur_status add_number(table *t, table_column *column, const csv_field *field, despur_error *error) {
  double *value = &t->numbers[t->rows * t->number_count + column->number];
  number_form form;
  if (number_read(value, field->text, t->point, &form) ||
      (t->point != '.' && number_read(value, field->text, '.', &form))) {
    if (!isfinite(*value))
      return csv_fail(t->reader, field, error,
                      "column '%.60s': expected a number below 1.8e308, found '%.60s'", column->name,
                      field->text);
    if (form.decimals > t->decimals) t->decimals = form.decimals;
    return DESPUR_OK;
  }
  if (!column_is_missing(field->text, field->length))
    return csv_fail(t->reader, field, error, "column '%.60s': expected a number, found '%.60s'", column->name,
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

static despur_status add_row(table *t, const csv_field *fields, const size_t *used, size_t used_count,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(reserve(t, error));
  t->lines[t->rows] = fields[0].line < UINT32_MAX ? (uint32_t)fields[0].line : UINT32_MAX;
  for (size_t i = 0; i < used_count; i++) {
    table_column *column = &t->columns[used[i]];
    const csv_field *field = &fields[used[i]];
    if (column->use == TABLE_NUMBERS)
      TRY(add_number(t, column, field, error));
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
  return csv_fail(t->reader, &fields[count < wanted ? 0 : wanted], error,
                  "expected %zu fields as in the first line, found %zu", wanted, count);
}

static despur_status read_rows(table *t, const size_t *used, size_t used_count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const csv_field *fields;
  size_t count;
  for (;;) {
    TRY(csv_next(t->reader, &fields, &count, error));
    if (count == 0) break;
    TRY(check_width(t, fields, count, error));
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
    TRY(table_check_single(t, column, error));
    if (column->use == TABLE_NUMBERS) column->number = t->number_count++;
  }
  if (t->separator == ';') t->point = ',';
  TRY(read_rows(t, used, used_count, error));
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
