/* Tables in memory: values are looked at once each, not once a row. */
#include "base/memory.h"
#include "io/table.h"

#include <math.h>
#include <string.h>

static const uint32_t UNSEEN = UINT32_MAX - 1; /* of no category: there are fewer */

/* What value `code` stands for. The column gets a row by that, which the codes of all rows replace later. */
static despur_status look_up(uint32_t *category, table *t, table_column *column,
                             const despur_frame_column *from, uint32_t code, size_t line,
                             despur_error *error) {
  const char *value = from->values[code];
  value_column *c = &column->categories;
  despur_status status = column_add(c, value, strlen(value), line, t->point, error);
  if (status == DESPUR_OK)
    *category = c->codes[c->rows - 1];
  else
    error_prefix(error, "%s:%zu: column '%.60s': ", t->path, line, column->name);
  return status;
}

static despur_status read_categories(table *t, table_column *column, const despur_frame_column *from,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  value_column *c = &column->categories;
  uint32_t *category_of = NULL, *codes = NULL;
  size_t missing = 0, first_missing = 0;
  if (!from->codes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: column '%.60s': expected values, found numbers only", t->path,
         column->name);
  TRY(mem_alloc(&category_of, from->values_count, sizeof *category_of, error));
  TRY(mem_alloc(&codes, t->rows, sizeof *codes, error));
  for (size_t k = 0; k < from->values_count; k++) category_of[k] = UNSEEN;
  c->as_spelled = true;
  for (size_t i = 0; i < t->rows; i++) {
    uint32_t code = from->codes[i];
    codes[i] = COLUMN_MISSING;
    if (code < from->values_count) {
      if (category_of[code] == UNSEEN) TRY(look_up(&category_of[code], t, column, from, code, i + 1, error));
      codes[i] = category_of[code];
    }
    if (codes[i] == COLUMN_MISSING && missing++ == 0) first_missing = i + 1;
  }
  mem_free(c->codes);
  c->codes = codes;
  c->rows = c->room = t->rows;
  c->missing = missing;
  c->first_missing = first_missing;
  codes = NULL;
cleanup:
  mem_free(category_of);
  mem_free(codes);
  return status;
}

/* To every width-th place. */
static despur_status read_numbers(const table *t, table_column *column, const despur_frame_column *from,
                                  double *to, size_t width, despur_error *error) {
  if (!from->numbers)
    return error_set(error, DESPUR_BAD_INPUT, "%s: column '%.60s': expected numbers, found values", t->path,
                     column->name);
  for (size_t i = 0; i < t->rows; i++) {
    double value = from->numbers[i];
    if (isinf(value))
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%zu: column '%.60s': expected a number below 1.8e308, found %g", t->path, i + 1,
                       column->name, value);
    if (isnan(value) && column->missing++ == 0) column->first_missing = i + 1;
    to[i * width] = value;
  }
  return DESPUR_OK;
}

despur_status table_read_frame(table *t, const size_t *used, size_t used_count, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t rows = t->frame->rows;
  if (rows >= UINT32_MAX - 1) FAIL(error, DESPUR_BAD_INPUT, "%s: expected fewer than 2^32 - 1 rows", t->path);
  if (t->number_count > 0) {
    size_t numbers;
    if (__builtin_mul_overflow(rows, t->number_count, &numbers))
      FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
    TRY(mem_alloc(&t->numbers, numbers, sizeof *t->numbers, error));
  }
  t->rows = rows;
  TRY(table_begin_row(t, 0, 1, error));
  for (size_t i = 0; i < used_count; i++) {
    table_column *column = &t->columns[used[i]];
    const despur_frame_column *from = &t->frame->columns[used[i]];
    if (column->use == TABLE_CATEGORIES) TRY(read_categories(t, column, from, error));
    if (column->use == TABLE_NUMBERS)
      TRY(read_numbers(t, column, from, t->numbers + column->number, t->number_count, error));
    if (column->use != TABLE_VALUES) continue;
    TRY(mem_alloc(&column->values, rows, sizeof *column->values, error));
    TRY(read_numbers(t, column, from, column->values, 1, error));
  }
cleanup:
  return status;
}
