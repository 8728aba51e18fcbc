/* Runs arranged in cells: which row and column each belongs to, mean and deviation, and whether the best
 * differs from the others by more than chance explains. */
#include "base/math.h"
#include "base/memory.h"
#include "config/source.h"
#include "eval/statistics/student.h"
#include "table/table.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const NEEDS[] = {"none", "validation", "training"};

/* ---- rows and columns ---- */

static void entry_of_method(table_entry *out, const despur_config *config) {
  char label[DESPUR_GROUP_NAME];
  config_method_label(label, config);
  snprintf(out->text, sizeof out->text, "%s", label);
  /* those that ask least of the data first; then as the configuration lists them */
  out->order = 1e4 * (int)config_labels_needed(config) + 100 * config->train_method + config->infer.method;
}

static void entry_of_data(table_entry *out, const despur_config *config) {
  const data_source *source = source_of(config);
  char label[SOURCE_LABEL];
  out->order = 100.0 * source_place(source) + source->label(label, config);
  snprintf(out->text, sizeof out->text, "%s", label);
}

static despur_status entry_of_key(table_entry *out, const despur_config *config, const config_row *row,
                                  despur_error *error) {
  text value = {0};
  const void *field = schema_value(config, row);
  despur_status status = value_format(&value, config, row, error);
  if (status == DESPUR_OK) snprintf(out->text, sizeof out->text, "%.255s", value.data);
  mem_free(value.data);
  if (row->type == CONFIG_IS_TEXT || row->type == CONFIG_IS_PATH)
    snprintf(out->text, sizeof out->text, "%.255s", (const char *)field); /* without quotes */
  out->order = row->type == CONFIG_IS_INTEGER  ? (double)*(const int64_t *)field
               : row->type == CONFIG_IS_REAL   ? *(const double *)field
               : row->type == CONFIG_IS_CHOICE ? *(const int *)field
                                               : 0;
  return status;
}

static despur_status entry_of(table_entry *out, const char *key, const despur_config *config,
                              despur_error *error) {
  *out = (table_entry){0};
  if (!strcmp(key, "method"))
    entry_of_method(out, config);
  else if (!strcmp(key, "data"))
    entry_of_data(out, config);
  else
    return entry_of_key(out, config, &schema_rows[schema_find(key)], error);
  return DESPUR_OK;
}

static int compare_entries(const void *a, const void *b) {
  const table_entry *left = a, *right = b;
  if (left->order != right->order) return left->order < right->order ? -1 : 1;
  return strcmp(left->text, right->text);
}

/* One entry for each text, at its lowest order. */
static despur_status collect(table_side *side, const despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&side->entries, table->directories.count, sizeof *side->entries, error));
  for (size_t i = 0; i < table->directories.count; i++) {
    const table_run *run = &table->runs[i];
    table_entry entry;
    size_t e = 0;
    if (*run->left_out) continue;
    TRY(entry_of(&entry, side->key, run->config, error));
    while (e < side->count && strcmp(side->entries[e].text, entry.text) != 0) e++;
    if (e == side->count)
      side->entries[side->count++] = entry;
    else if (entry.order < side->entries[e].order)
      side->entries[e].order = entry.order;
  }
  qsort(side->entries, side->count, sizeof *side->entries, compare_entries);
cleanup:
  return status;
}

static despur_status find_entry(size_t *index, const table_side *side, const despur_config *config,
                                despur_error *error) {
  table_entry entry;
  despur_status status = entry_of(&entry, side->key, config, error);
  *index = 0;
  while (*index < side->count && strcmp(side->entries[*index].text, entry.text) != 0) ++*index;
  return status;
}

/* What a row's runs have in common, or "mixed". */
static void merge(char merged[64], const char *value) {
  if (!*merged)
    snprintf(merged, 64, "%.63s", value);
  else if (strcmp(merged, value) != 0)
    snprintf(merged, 64, "mixed");
}

/* ---- the best of a column ---- */

static bool is_better(const table_cell *a, const table_cell *b, int better) {
  return better > 0 ? a->value.mean > b->value.mean : a->value.mean < b->value.mean;
}

enum { FEW_RUNS = 5 };

/* By how much the means of two methods with that many runs have to differ before Welch's interval of the
 * difference leaves out 0, if both spread as the column's cells do on average. NaN when no cell shows a
 * spread, or some cell has many runs. */
static double least_difference(const despur_table *table, size_t column) {
  double variance = 0;
  size_t cells = 0, fewest = SIZE_MAX;
  for (size_t r = 0; r < table->rows.count; r++) {
    const repeats *value = &table->cells[r * table->columns.count + column].value;
    if (value->count > FEW_RUNS) return (double)NAN;
    if (value->count < 2) continue;
    if (value->count < fewest) fewest = value->count;
    variance += value->deviation * value->deviation;
    cells++;
  }
  if (cells < 2) return (double)NAN;
  double n = (double)fewest;
  return student_quantile(2 * fewest - 2, 0.95) * math_sqrt(2 * variance / (double)cells / n);
}

static bool has_few_runs(const despur_table *table) {
  for (size_t c = 0; c < table->columns.count; c++)
    if (!isnan(least_difference(table, c))) return true;
  return false;
}

/* A handful of seeds orders methods only if they differ widely; how widely, beside the table. */
static despur_status note_few_runs(despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  text note = {0};
  const char *comma = "";
  if (table->rows.count < 2 || table->measure.better == 0 || !has_few_runs(table)) return DESPUR_OK;
  TRY(text_add(&note, error, "few runs: they cannot order rows whose means differ by less than about "));
  for (size_t c = 0; c < table->columns.count; c++) {
    double least = least_difference(table, c);
    if (isnan(least)) continue;
    TRY(text_add(&note, error, "%s%.*f", comma, table->measure.decimals, table->measure.scale * least));
    if (table->columns.count > 1) TRY(text_add(&note, error, " (%s)", table->columns.entries[c].text));
    comma = ", ";
  }
  TRY(text_list_add(&table->notes, note.data, error));
cleanup:
  mem_free(note.data);
  return status;
}

/* Marks the best cell of a column if it differs from every other one. */
static void mark_best(despur_table *table, size_t column) {
  table_cell *best = NULL;
  size_t filled = 0, columns = table->columns.count;
  if (table->measure.better == 0) return;
  for (size_t r = 0; r < table->rows.count; r++) {
    table_cell *cell = &table->cells[r * columns + column];
    if (cell->value.count == 0) continue;
    filled++;
    if (!best || is_better(cell, best, table->measure.better)) best = cell;
  }
  if (filled < 2) return;
  for (size_t r = 0; r < table->rows.count; r++) {
    const table_cell *cell = &table->cells[r * columns + column];
    if (cell == best || cell->value.count == 0) continue;
    if (cell->value.count < 2 || best->value.count < 2 || !repeats_differ(&best->value, &cell->value)) return;
  }
  best->best = table->any_best = true;
}

/* ---- notes ---- */

/* A run that lies there twice counts once. */
static despur_status leave_out_copies(despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  char **configs = NULL;
  size_t count = table->directories.count;
  TRY(mem_alloc(&configs, count, sizeof *configs, error));
  for (size_t i = 0; i < count; i++) {
    table_run *run = &table->runs[i];
    if (*run->left_out) continue;
    TRY(despur_config_format(run->config, &configs[i], error));
    for (size_t j = 0; j < i && !*run->left_out; j++)
      if (configs[j] && strcmp(configs[i], configs[j]) == 0)
        snprintf(run->left_out, sizeof run->left_out, "the same run as %.512s", table->runs[j].directory);
  }
cleanup:
  for (size_t i = 0; configs && i < count; i++) free(configs[i]);
  mem_free(configs);
  return status;
}

static despur_status note_left_out(despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  text note = {0};
  for (size_t i = 0; i < table->directories.count; i++) {
    if (!*table->runs[i].left_out) continue;
    note.length = 0;
    TRY(text_add(&note, error, "left out: %s: %s", table->runs[i].directory, table->runs[i].left_out));
    TRY(text_list_add(&table->notes, note.data, error));
  }
cleanup:
  mem_free(note.data);
  return status;
}

/* Keys in which the runs of one cell may differ: what repeats a run, what only names it, and what the rows
 * and columns are made of. */
static bool may_differ(const config_row *row, const despur_table *table) {
  static const char *const KEYS[] = {"name", "label", "seed", "log.steps", NULL};
  bool data = !strcmp(table->rows.key, "data") || !strcmp(table->columns.key, "data");
  for (size_t i = 0; KEYS[i]; i++)
    if (!strcmp(row->key, KEYS[i])) return true;
  return schema_in_section(row, "seeds") || !strcmp(row->key, table->rows.key) ||
         !strcmp(row->key, table->columns.key) || (data && !strcmp(row->key, "data.difficulty"));
}

/* The first key in which two runs of a cell differ, or NULL. */
static despur_status find_difference(const char **key, const despur_table *table, const despur_config *a,
                                     const despur_config *b, despur_error *error) {
  despur_status status = DESPUR_OK;
  text left = {0}, right = {0};
  *key = NULL;
  for (size_t i = 0; i < schema_count && !*key; i++) {
    if (may_differ(&schema_rows[i], table)) continue;
    left.length = right.length = 0;
    TRY(value_format(&left, a, &schema_rows[i], error));
    TRY(value_format(&right, b, &schema_rows[i], error));
    if (strcmp(left.data, right.data) != 0) *key = schema_rows[i].key;
  }
cleanup:
  mem_free(left.data);
  mem_free(right.data);
  return status;
}

static despur_status note_mixture(despur_table *table, size_t cell, const char *key, despur_error *error) {
  text note = {0};
  const char *row = table->rows.entries[cell / table->columns.count].text,
             *column = table->columns.entries[cell % table->columns.count].text;
  despur_status status = text_add(&note, error, "mixed: the runs of %s, %s differ in %s", row, column, key);
  if (status == DESPUR_OK) status = text_list_add(&table->notes, note.data, error);
  mem_free(note.data);
  return status;
}

static despur_status note_versions(despur_table *table, despur_error *error) {
  const char *first = NULL;
  char note[160];
  for (size_t i = 0; i < table->directories.count; i++) {
    const table_run *run = &table->runs[i];
    if (*run->left_out) continue;
    if (!first) first = run->version;
    if (strcmp(first, run->version) == 0) continue;
    snprintf(note, sizeof note, "mixed: runs of despur %s and of despur %s", first, run->version);
    return text_list_add(&table->notes, note, error);
  }
  return DESPUR_OK;
}

/* ---- the table ---- */

/* The runs of one cell, one after another in values; notes the first difference between them. */
static despur_status fill_cell(despur_table *table, size_t cell, const size_t *cell_of, double *values,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  const table_run *first = NULL;
  const char *key = NULL;
  size_t count = 0;
  for (size_t i = 0; i < table->directories.count; i++) {
    const table_run *run = &table->runs[i];
    if (*run->left_out || cell_of[i] != cell) continue;
    values[count++] = run->value;
    if (!first) first = run;
    if (!key) TRY(find_difference(&key, table, first->config, run->config, error));
  }
  table->cells[cell].value = repeats_of(values, count);
  if (key) TRY(note_mixture(table, cell, key, error));
cleanup:
  return status;
}

/* cell_of[run], and what the rows need. */
static despur_status place_runs(despur_table *table, size_t *cell_of, despur_error *error) {
  despur_status status = DESPUR_OK;
  const config_row *rule = &schema_rows[schema_find("select.rule")];
  for (size_t i = 0; i < table->directories.count; i++) {
    const table_run *run = &table->runs[i];
    size_t row, column;
    if (*run->left_out) continue;
    TRY(find_entry(&row, &table->rows, run->config, error));
    TRY(find_entry(&column, &table->columns, run->config, error));
    cell_of[i] = row * table->columns.count + column;
    merge(table->needs[row], NEEDS[config_labels_needed(run->config)]);
    merge(table->rules[row], rule->choices[run->config->select.rule]);
  }
cleanup:
  return status;
}

despur_status table_arrange(despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *cell_of = NULL, runs = table->directories.count;
  double *values = NULL;
  TRY(leave_out_copies(table, error));
  TRY(note_left_out(table, error));
  TRY(note_versions(table, error));
  TRY(collect(&table->rows, table, error));
  TRY(collect(&table->columns, table, error));
  TRY(mem_alloc(&table->needs, table->rows.count, sizeof *table->needs, error));
  TRY(mem_alloc(&table->rules, table->rows.count, sizeof *table->rules, error));
  size_t cells = table->rows.count * table->columns.count;
  TRY(mem_alloc(&table->cells, cells, sizeof *table->cells, error));
  TRY(mem_alloc(&cell_of, runs, sizeof *cell_of, error));
  TRY(mem_alloc(&values, runs, sizeof *values, error));
  TRY(place_runs(table, cell_of, error));
  for (size_t cell = 0; cell < cells; cell++) TRY(fill_cell(table, cell, cell_of, values, error));
  for (size_t column = 0; column < table->columns.count; column++) mark_best(table, column);
  TRY(note_few_runs(table, error));
cleanup:
  mem_free(cell_of);
  mem_free(values);
  return status;
}
