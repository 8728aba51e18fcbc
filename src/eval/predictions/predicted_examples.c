/* What a table says of examples beside labels, predictions and groups. */
#include "eval/predictions/predicted_examples.h"

#include "base/memory.h"
#include "base/text.h"

despur_status examples_refuse_missing(const table *t, const table_column *column, const char *what,
                                      despur_error *error) {
  if (column->missing == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: column '%.60s': %zu of %zu %s are missing, the first in line %zu", table_name(t),
                   column->name, column->missing, t->rows, what, column->first_missing);
}

despur_status examples_take_ids(despur_predicted *out, const table *t, const table_column *column,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **ids = NULL;
  TRY(examples_refuse_missing(t, column, "ids", error));
  const uint32_t *codes = column->categories.codes;
  size_t count = out->count;
  TRY(mem_alloc(&ids, count, sizeof *ids, error));
  for (size_t i = 0; i < count; i++) {
    /* codes come in the order of rows, so one that is behind its row is there again */
    if (codes[i] < i)
      FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: column '%.60s': '%.60s' is there twice, first in line %zu",
           table_name(t), table_line(t, i), column->name, column_name(&column->categories, codes[i]),
           column->categories.about[codes[i]].line);
    ids[i] = column_name(&column->categories, codes[i]);
  }
  TRY(text_copy_all(&out->ids, ids, count, error));
cleanup:
  mem_free(ids);
  return status;
}

/* Numbered in the order of their names, whatever that of rows. */
despur_status examples_take_units(despur_predicted *p, const table *t, table_column *column,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  value_column *c = &column->categories;
  uint32_t *order = NULL, *rank;
  const char **names = NULL;
  TRY(examples_refuse_missing(t, column, "units", error));
  p->units_count = column_categories(c);
  if (p->units_count < 2)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: column '%.60s': expected several units, found '%.60s' in every row: one unit says nothing of "
         "others",
         table_name(t), column->name, column_name(c, 0));
  TRY(column_order(&order, &rank, c, error));
  TRY(mem_alloc(&names, p->units_count, sizeof *names, error));
  for (size_t u = 0; u < p->units_count; u++) names[u] = column_name(c, order[u]);
  TRY(text_copy_all(&p->unit_names, names, p->units_count, error));
  TRY(mem_copy_text(&p->unit, column->name, error));
  p->units = c->codes;
  c->codes = NULL;
  for (size_t i = 0; i < p->count; i++) p->units[i] = rank[p->units[i]];
  for (size_t i = 0; i < p->alone_count; i++) {
    p->alone[i].units = p->units;
    p->alone[i].units_count = p->units_count;
  }
cleanup:
  mem_free(names);
  mem_free(order);
  return status;
}

despur_status examples_take_others(despur_predicted *p, table *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&p->others, t->column_count, sizeof *p->others, error));
  for (size_t i = 0; i < t->column_count; i++) {
    table_column *column = &t->columns[i];
    if (column->use != TABLE_HASHES) continue;
    despur_other_column *other = &p->others[p->others_count++];
    TRY(mem_copy_text(&other->name, column->name, error));
    other->hashes = column->hashes;
    column->hashes = NULL;
  }
cleanup:
  return status;
}
