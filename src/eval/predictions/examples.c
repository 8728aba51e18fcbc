/* Arrays first, then the table; whoever comes first says how many examples there are, and all others must
 * agree. */
#include "despur/examples.h"

#include "base/large.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/array.h"
#include "despur/dataset.h"
#include "eval/predictions/examples.h"
#include "eval/predictions/examples_predicted.h"
#include "eval/predictions/predicted_weights.h"
#include "io/array.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 10000, MOST_VALUES = 1 << 20, CUT_FROM = 20, CUT_PARTS = 4 };

typedef struct reader {
  const despur_examples_source *source;
  despur_examples *out;
  const char *counted; /* the file that said how many examples there are */
} reader;

static despur_status check_count(reader *r, const char *path, size_t count, despur_error *error) {
  if (r->counted && count != r->out->count)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected %zu rows, as many as %s has, found %zu", path,
                     r->out->count, r->counted, count);
  if (!r->counted) r->counted = path;
  r->out->count = count;
  return DESPUR_OK;
}

/* ---- arrays ---- */

static despur_status read_codes(uint32_t **out, reader *r, const char *path, uint32_t highest,
                                despur_error *error) {
  size_t count;
  despur_status status = despur_array_read_labels(out, &count, highest, path, error);
  if (status == DESPUR_OK && count == 0)
    status = error_set(error, DESPUR_BAD_INPUT, "%s: expected at least 1 value, found 0", path);
  return status == DESPUR_OK ? check_count(r, path, count, error) : status;
}

static size_t count_codes(const uint32_t *codes, size_t count) {
  size_t most = 0;
  for (size_t i = 0; i < count; i++)
    if (codes[i] >= most) most = codes[i] + (size_t)1;
  return most;
}

/* "0", "1", ... */
static despur_status name_numbers(const char ***out, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list names = {0};
  for (size_t i = 0; i < count; i++) {
    char name[24];
    snprintf(name, sizeof name, "%zu", i);
    TRY(text_list_add(&names, name, error));
  }
  TRY(text_copy_all(out, (const char *const *)names.items, count, error));
cleanup:
  text_list_release(&names);
  return status;
}

static despur_status read_label_array(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_examples *out = r->out;
  TRY(read_codes(&out->labels, r, r->source->labels, MOST_CLASSES - 1, error));
  out->classes = count_codes(out->labels, out->count);
  TRY(name_numbers(&out->class_names, out->classes, error));
cleanup:
  return status;
}

static despur_status read_attribute_array(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_example_column *c = &r->out->attribute;
  TRY(read_codes(&c->codes, r, r->source->attributes, MOST_VALUES - 1, error));
  c->values_count = count_codes(c->codes, r->out->count);
  TRY(mem_copy_text(&c->name, "attribute", error));
  TRY(name_numbers(&c->values, c->values_count, error));
cleanup:
  return status;
}

static despur_status read_prediction_array(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_examples *out = r->out;
  const char *path = r->source->predictions;
  TRY(read_codes(&out->predictions, r, path, MOST_CLASSES - 1, error));
  for (size_t i = 0; i < out->count; i++)
    if (out->predictions[i] >= out->classes)
      FAIL(error, DESPUR_BAD_INPUT, "%s: value %zu: expected a class from 0 to %zu, as labels have, found %u",
           path, i, out->classes - 1, out->predictions[i]);
cleanup:
  return status;
}

static despur_status read_logits(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_examples *out = r->out;
  size_t rows, columns;
  const char *path = r->source->logits;
  TRY(despur_array_read_matrix(&out->logits, &rows, &columns, path, error));
  TRY(check_count(r, path, rows, error));
  if (columns < out->classes || columns < 2)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a column for each of %zu classes, found %zu", path,
         out->classes < 2 ? 2 : out->classes, columns);
  if (columns > out->classes) {
    if (r->source->labels == NULL)
      FAIL(error, DESPUR_BAD_INPUT, "%s: expected a column for each of %zu classes, found %zu", path,
           out->classes, columns);
    mem_free((void *)out->class_names);
    out->classes = columns;
    TRY(name_numbers(&out->class_names, columns, error));
  }
  TRY(mem_alloc(&out->predictions, rows, sizeof *out->predictions, error));
  for (size_t i = 0; i < rows; i++)
    for (uint32_t c = 1; c < columns; c++)
      if (out->logits[i * columns + c] > out->logits[i * columns + out->predictions[i]])
        out->predictions[i] = c;
cleanup:
  return status;
}

/* ---- columns ---- */

static uint32_t code_of(const value_column *c, const uint32_t *rank, size_t row) {
  return c->codes[row] == COLUMN_MISSING ? DESPUR_NO_VALUE : rank[c->codes[row]];
}

despur_status examples_take_column(despur_example_column *out, const table_column *column,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  const char **names = NULL;
  uint32_t *order = NULL, *rank;
  out->values_count = column_categories(c);
  TRY(mem_copy_text(&out->name, column->name, error));
  TRY(column_order(&order, &rank, c, error));
  TRY(mem_alloc(&out->codes, c->rows, sizeof *out->codes, error));
  for (size_t i = 0; i < c->rows; i++) out->codes[i] = code_of(c, rank, i);
  TRY(mem_alloc(&names, out->values_count, sizeof *names, error));
  for (size_t i = 0; i < out->values_count; i++) names[i] = column_name(c, order[i]);
  TRY(text_copy_all(&out->values, names, out->values_count, error));
cleanup:
  mem_free(order);
  mem_free((void *)names);
  return status;
}

static despur_status refuse_missing(const table *t, const table_column *column, despur_error *error) {
  if (column->categories.missing == 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: column '%.60s': expected a value, found none",
                   table_name(t), column->categories.first_missing, column->name);
}

static despur_status take_labels(reader *r, const table *t, const table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_example_column found = {0};
  TRY(refuse_missing(t, column, error));
  TRY(examples_take_column(&found, column, error));
  if (found.values_count > MOST_CLASSES)
    FAIL(error, DESPUR_BAD_INPUT, "%s: column '%.60s': expected at most %d labels, found %zu", table_name(t),
         column->name, MOST_CLASSES, found.values_count);
  r->out->labels = found.codes;
  r->out->class_names = found.values;
  r->out->classes = found.values_count;
  found.codes = NULL;
  found.values = NULL;
cleanup:
  mem_free(found.name);
  mem_free(found.codes);
  mem_free((void *)found.values);
  return status;
}

/* The place of a name among others; `count` when it is not there. */
static size_t place_of(const char *name, const char *const *names, size_t count) {
  size_t i = 0;
  while (i < count && strcmp(names[i], name) != 0) i++;
  return i;
}

static despur_status take_predictions(reader *r, const table *t, const table_column *column,
                                      despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  uint32_t *class = NULL;
  TRY(refuse_missing(t, column, error));
  TRY(mem_alloc(&class, column_categories(c), sizeof *class, error));
  for (uint32_t k = 0; k < column_categories(c); k++) {
    class[k] = (uint32_t)place_of(column_name(c, k), r->out->class_names, r->out->classes);
    if (class[k] == r->out->classes)
      FAIL(error, DESPUR_BAD_INPUT,
           "%s:%zu: column '%.60s': expected a class that occurs as a label, found '%.60s'", table_name(t),
           c->about[k].line, column->name, column_name(c, k));
  }
  TRY(mem_alloc(&r->out->predictions, c->rows, sizeof *r->out->predictions, error));
  for (size_t i = 0; i < c->rows; i++) r->out->predictions[i] = class[c->codes[i]];
cleanup:
  mem_free(class);
  return status;
}

static int split_of(const char *word) {
  static const char *const WORDS[][4] = {
      {"0", "train", "training"}, {"1", "val", "valid", "validation"}, {"2", "test", "testing"}};
  for (int s = 0; s < 3; s++)
    for (int k = 0; k < 4 && WORDS[s][k]; k++)
      if (text_equal_letters(word, WORDS[s][k])) return s;
  return -1;
}

static despur_status take_splits(reader *r, const table *t, const table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  TRY(refuse_missing(t, column, error));
  TRY(mem_alloc(&r->out->splits, c->rows, sizeof *r->out->splits, error));
  for (uint32_t k = 0; k < column_categories(c); k++)
    if (split_of(column_name(c, k)) < 0)
      FAIL(error, DESPUR_BAD_INPUT,
           "%s:%zu: column '%.60s': expected train, val or test (or 0, 1, 2), found '%.60s'", table_name(t),
           c->about[k].line, column->name, column_name(c, k));
  for (size_t i = 0; i < c->rows; i++) r->out->splits[i] = (uint32_t)split_of(column_name(c, c->codes[i]));
cleanup:
  return status;
}

static despur_status take_ids(reader *r, const table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  const char **names = NULL;
  TRY(mem_alloc(&names, c->rows, sizeof *names, error));
  for (size_t i = 0; i < c->rows; i++)
    names[i] = c->codes[i] == COLUMN_MISSING ? "" : column_name(c, c->codes[i]);
  TRY(text_copy_all(&r->out->ids, names, c->rows, error));
cleanup:
  mem_free((void *)names);
  return status;
}

/* Numbers that nobody has cut make groups of one example each; they are cut into quarters. */
static despur_status cut_numbers(table_column *column, const column_cut *said, despur_error *error) {
  value_column *c = &column->categories;
  column_type type = column_type_of(c);
  const column_cut quarters = {.parts = CUT_PARTS, .count = 0};
  if (said->count > 0 || said->parts > 0) return column_cut_apply(c, said, error);
  if (column_categories(c) <= CUT_FROM || (type != COLUMN_WHOLE && type != COLUMN_NUMBERS)) return DESPUR_OK;
  return column_cut_apply(c, &quarters, error);
}

/* What rows say that weigh nothing is no value, and no edge between ranges. */
static despur_status blank_weightless(reader *r, const column_roles *roles, const table *t,
                                      despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *keep = NULL, all = true;
  if (!r->out->weights) return DESPUR_OK;
  TRY(mem_alloc(&keep, t->rows, sizeof *keep, error));
  for (size_t i = 0; i < t->rows; i++) {
    keep[i] = r->out->weights[i] > 0;
    all &= keep[i];
  }
  for (size_t i = 0; !all && i < roles->by_count; i++) TRY(table_blank_rows(t, roles->by[i], keep, error));
cleanup:
  mem_free(keep);
  return status;
}

static despur_status take_metadata(reader *r, const column_roles *roles, const table *t,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&r->out->by, roles->by_count, sizeof *r->out->by, error));
  for (size_t i = 0; i < roles->by_count; i++) {
    status = cut_numbers(roles->by[i], &roles->cuts[i], error);
    if (status == DESPUR_BAD_INPUT)
      error_prefix(error, "%s: column '%.60s': ", table_name(t), roles->by[i]->name);
    if (status != DESPUR_OK) goto cleanup;
    r->out->by_count = i + 1;
    TRY(examples_take_column(&r->out->by[i], roles->by[i], error));
  }
cleanup:
  return status;
}

/* A column beside the usual roles; another of these may be the same one. */
static despur_status find_beside(table_column **out, table *t, const char *name, despur_error *error) {
  *out = NULL;
  if (!name) return DESPUR_OK;
  *out = table_find(t, name);
  if (!*out)
    return error_set(error, DESPUR_BAD_INPUT, "%s:1: there is no column '%.100s'", table_name(t), name);
  if ((*out)->use == TABLE_UNUSED) (*out)->use = TABLE_CATEGORIES;
  return table_check_single(t, *out, error);
}

/* ---- rows in another order ---- */

/* place[row] = the example that a column numbers it as; *out stays NULL where it does not number them all, or
 * as they stand. */
static despur_status find_places(size_t **out, const value_column *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *place = NULL, rows = c->rows;
  bool *taken = NULL, moved = false, all = c->missing == 0 && column_type_of(c) == COLUMN_WHOLE;
  TRY(mem_alloc(&place, rows, sizeof *place, error));
  TRY(mem_alloc(&taken, rows, sizeof *taken, error));
  for (size_t i = 0; all && i < rows; i++) {
    double number = c->about[c->codes[i]].number;
    all = number >= 0 && number < (double)rows && !taken[(size_t)number];
    if (!all) break;
    place[i] = (size_t)number;
    taken[place[i]] = true;
    moved |= place[i] != i;
  }
  if (all && moved) {
    *out = place;
    place = NULL;
  }
cleanup:
  mem_free(place);
  mem_free(taken);
  return status;
}

/* rows: [n] of so many bytes, or NULL. */
static despur_status move_rows(void *rows, size_t bytes, const size_t *place, size_t n, despur_error *error) {
  char *moved;
  if (!rows) return DESPUR_OK;
  despur_status status = mem_alloc(&moved, n, bytes, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < n; i++) memcpy(moved + place[i] * bytes, (char *)rows + i * bytes, bytes);
  memcpy(rows, moved, n * bytes);
  mem_free(moved);
  return DESPUR_OK;
}

/* Groups that a run has left are a table that numbers its examples, those of one split after those of
 * another: beside arrays each row belongs to the example that it names. */
static despur_status arrange(reader *r, const value_column *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_examples *out = r->out;
  size_t *place = NULL, n = out->count;
  const char **ids = NULL;
  TRY(find_places(&place, c, error));
  if (!place) goto cleanup;
  if (!r->source->labels) TRY(move_rows(out->labels, sizeof(uint32_t), place, n, error));
  TRY(move_rows(out->splits, sizeof(uint32_t), place, n, error));
  TRY(move_rows(out->predictions, sizeof(uint32_t), place, n, error));
  TRY(move_rows(out->attribute.codes, sizeof(uint32_t), place, n, error));
  TRY(move_rows(out->unit.codes, sizeof(uint32_t), place, n, error));
  for (size_t i = 0; i < out->by_count; i++)
    TRY(move_rows(out->by[i].codes, sizeof(uint32_t), place, n, error));
  TRY(move_rows(out->weights, sizeof(double), place, n, error));
  TRY(mem_alloc(&ids, n, sizeof *ids, error));
  memcpy(ids, out->ids, n * sizeof *ids);
  for (size_t i = 0; i < n; i++) out->ids[place[i]] = ids[i];
cleanup:
  mem_free(place);
  mem_free((void *)ids);
  return status;
}

static despur_status read_table(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples_source *s = r->source;
  despur_columns wanted = {.label = s->label,
                           .prediction = s->prediction,
                           .score = s->score,
                           .positive = s->positive,
                           .threshold = s->threshold,
                           .probabilities = s->probabilities,
                           .split = s->split,
                           .id = s->id,
                           .weight = s->weight,
                           .by = s->by,
                           .ungrouped = true,
                           .ids = true};
  const bool all_columns = s->predicted && !s->by;
  const bool beside = s->features || s->labels || s->splits || s->predictions || s->logits || s->attributes;
  table t = {0};
  column_roles roles = {0};
  text_list notes = {0};
  table_column *attribute, *unit;
  TRY(table_open(&t, s->table, (csv_form){0}, error));
  if (s->predicted)
    TRY(column_roles_find(&roles, &t, &wanted, error));
  else
    TRY(column_roles_find_examples(&roles, &t, &wanted, s->labels == NULL, error));
  TRY(find_beside(&attribute, &t, s->attribute, error));
  TRY(find_beside(&unit, &t, s->unit, error));
  column_roles_not_label(&roles, attribute);
  column_roles_not_label(&roles, unit);
  if (all_columns) examples_take_all_columns(&roles, &t);
  TRY(table_read(&t, error));
  TRY(column_roles_settle_label(&roles, &t, error));
  wanted.label = roles.label ? roles.label->name : NULL;
  if (s->predicted) TRY(examples_take_predicted(r->out, &notes, s->table, &wanted, error));
  TRY(check_count(r, s->table, t.rows, error));
  if (t.rows == 0) FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least 1 row, found 0", table_name(&t));
  if (roles.label && !s->predicted) TRY(take_labels(r, &t, roles.label, error));
  if (s->split) TRY(take_splits(r, &t, roles.split, error));
  if (roles.id) TRY(take_ids(r, roles.id, error));
  if (attribute) TRY(examples_take_column(&r->out->attribute, attribute, error));
  if (unit) TRY(refuse_missing(&t, unit, error));
  if (unit) TRY(examples_take_column(&r->out->unit, unit, error));
  if (roles.weight) TRY(weights_take_examples(r->out, &notes, &t, roles.weight, s->zero_weights, error));
  if (s->labels) TRY(read_label_array(r, error));
  if (roles.prediction && !s->predicted) TRY(take_predictions(r, &t, roles.prediction, error));
  TRY(blank_weightless(r, &roles, &t, error));
  if (all_columns) TRY(examples_drop_columns(&roles, &notes, error));
  TRY(take_metadata(r, &roles, &t, error)); /* last: it cuts columns in place */
  if (beside && roles.id && strcmp(roles.id->name, "example") == 0)
    TRY(arrange(r, &roles.id->categories, error));
  if (roles.label) TRY(examples_describe(&r->out->read_as, &roles, r->out, error));
  r->out->notes_count = notes.count;
  TRY(text_copy_all(&r->out->notes, (const char *const *)notes.items, notes.count, error));
cleanup:
  text_list_release(&notes);
  column_roles_release(&roles);
  table_close(&t);
  return status;
}

/* ---- all of it ---- */

static despur_status check_source(const despur_examples_source *s, despur_error *error) {
  const struct {
    const char *file, *column, *what;
  } both[] = {{s->labels, s->label, "labels"},
              {s->splits, s->split, "splits"},
              {s->predictions, s->prediction, "predictions"},
              {s->logits, s->prediction, "predictions"},
              {s->predictions, s->logits, "predictions"},
              {s->attributes, s->attribute, "attributes"}};
  const char *columns[] = {s->label, s->split, s->prediction, s->attribute, s->unit, s->weight, s->id, s->by};
  for (size_t i = 0; i < sizeof both / sizeof *both; i++)
    if (both[i].file && both[i].column)
      return error_set(error, DESPUR_BAD_USAGE, "expected %s from one place, found '%s' and '%s'",
                       both[i].what, both[i].file, both[i].column);
  for (size_t i = 0; !s->table && i < sizeof columns / sizeof *columns; i++)
    if (columns[i])
      return error_set(error, DESPUR_BAD_USAGE, "expected a table that has the column '%s'", columns[i]);
  if (!s->predicted && (s->score || s->positive || s->probabilities || s->threshold > 0))
    return error_set(error, DESPUR_BAD_USAGE,
                     "expected scores and probabilities in a table of predictions alone, without features");
  if (s->predicted && strcmp(s->table, "-") == 0)
    return error_set(error, DESPUR_BAD_USAGE, "expected a file: a table of predictions is read twice");
  if (!s->labels && !s->table)
    return error_set(error, DESPUR_BAD_USAGE, "expected labels, from a file or from a column of a table");
  return DESPUR_OK;
}

despur_status despur_examples_read(despur_examples *out, const despur_examples_source *source,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  reader r = {.source = source, .out = out};
  *out = (despur_examples){0};
  TRY(check_source(source, error));
  if (source->features) {
    size_t rows;
    TRY(array_read_large(&out->x, &out->x_mapped, &rows, &out->columns, source->features, error));
    TRY(check_count(&r, source->features, rows, error));
  }
  if (source->table)
    TRY(read_table(&r, error));
  else
    TRY(read_label_array(&r, error));
  if (source->splits) TRY(read_codes(&out->splits, &r, source->splits, DESPUR_TEST, error));
  if (source->predictions) TRY(read_prediction_array(&r, error));
  if (source->logits) TRY(read_logits(&r, error));
  if (source->attributes) TRY(read_attribute_array(&r, error));
cleanup:
  if (status != DESPUR_OK) despur_examples_release(out);
  return status;
}

void despur_example_column_release(despur_example_column *c) {
  mem_free(c->name);
  mem_free(c->codes);
  mem_free((void *)c->values);
  *c = (despur_example_column){0};
}

void despur_examples_release(despur_examples *examples) {
  for (size_t i = 0; i < examples->by_count; i++) despur_example_column_release(&examples->by[i]);
  despur_example_column_release(&examples->attribute);
  despur_example_column_release(&examples->unit);
  mem_free(examples->by);
  large_free(examples->x, examples->x_mapped);
  mem_free(examples->labels);
  mem_free((void *)examples->class_names);
  mem_free(examples->splits);
  mem_free(examples->predictions);
  mem_free(examples->logits);
  mem_free((void *)examples->ids);
  mem_free(examples->weights);
  mem_free(examples->weight);
  mem_free(examples->read_as);
  mem_free((void *)examples->notes);
  *examples = (despur_examples){0};
}
