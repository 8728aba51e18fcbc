/* What somebody has noted down of some of the examples. */
#include "base/memory.h"
#include "base/text.h"
#include "despur/examples.h"
#include "eval/predictions/examples.h"
#include "io/table.h"

#include <string.h>

static despur_status find(table_column **out, table *t, const char *name, despur_error *error) {
  *out = table_find(t, name);
  if (!*out) return error_set(error, DESPUR_BAD_INPUT, "%s:1: there is no column '%s'", table_name(t), name);
  (*out)->use = TABLE_CATEGORIES;
  return table_check_single(t, *out, error);
}

/* codes [count] by the numbers of examples that the rows have. */
static despur_status place(uint32_t *codes, bool *seen, size_t count, const table *t,
                           const value_column *numbers, const uint32_t *values, despur_error *error) {
  for (size_t row = 0; row < numbers->rows; row++) {
    const uint32_t code = numbers->codes[row];
    const double number = code == COLUMN_MISSING ? -1 : numbers->about[code].number;
    const char *written = code == COLUMN_MISSING ? "none" : column_name(numbers, code);
    if (!(number >= 0 && number < (double)count) || number != (double)(size_t)number)
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%zu: column 'example': expected a whole number below %zu, found %.60s",
                       table_name(t), table_line(t, row), count, written);
    if (seen[(size_t)number])
      return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: example %s stands there twice", table_name(t),
                       table_line(t, row), written);
    seen[(size_t)number] = true;
    codes[(size_t)number] = values[row];
  }
  return DESPUR_OK;
}

despur_status despur_examples_read_noted(despur_example_column *out, const char *path, size_t count,
                                         despur_error *error) {
  despur_status status = DESPUR_OK;
  table t = {0};
  table_column *example, *attribute;
  uint32_t *codes = NULL;
  bool *seen = NULL;
  *out = (despur_example_column){0};
  TRY(table_open(&t, path, (csv_form){0}, error));
  TRY(find(&example, &t, "example", error));
  TRY(find(&attribute, &t, "attribute", error));
  TRY(table_read(&t, error));
  TRY(examples_take_column(out, attribute, error));
  if (out->values_count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: column 'attribute': expected what was noted of at least 1 example",
         table_name(&t));
  TRY(mem_alloc(&codes, count, sizeof *codes, error));
  TRY(mem_alloc(&seen, count, sizeof *seen, error));
  for (size_t i = 0; i < count; i++) codes[i] = DESPUR_NO_VALUE;
  TRY(place(codes, seen, count, &t, &example->categories, out->codes, error));
  mem_free(out->codes);
  out->codes = codes;
  codes = NULL;
cleanup:
  mem_free(codes);
  mem_free(seen);
  table_close(&t);
  if (status != DESPUR_OK) despur_example_column_release(out);
  return status;
}
