/* A table's life: options, runs, and what its rows and columns are called. */
#include "table/table.h"

#include "base/memory.h"
#include "config/schema.h"
#include "despur/text.h"
#include "report/loading/load.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const table_measure MEASURES[] = {
    {DESPUR_SCORE_WORST_GROUP, NULL, NULL, 100, 1, 1, false},
    {DESPUR_SCORE_AVERAGE, NULL, NULL, 100, 1, 1, false},
    {DESPUR_SCORE_TRAIN_WEIGHTED, NULL, NULL, 100, 1, 1, false},
    {DESPUR_SCORE_BALANCED, NULL, NULL, 100, 1, 1, false},
    {DESPUR_SCORE_WORST_CLASS, NULL, NULL, 100, 1, 1, false},
    {DESPUR_SCORE_ATTRIBUTE, NULL, NULL, 100, 1, 0, false},
    {DESPUR_SCORE_LOSS, NULL, NULL, 1, 4, -1, false},
    {DESPUR_SCORE_KINDS, "corrected_worst_group_accuracy",
     "worst-group accuracy less what choosing the epoch adds", 100, 1, 1, true},
    {DESPUR_SCORE_KINDS, "optimism", "what choosing the epoch adds to the worst-group accuracy", 100, 1, 0,
     true},
    {DESPUR_SCORE_KINDS, "seconds", "wall time of a run in seconds", 1, 1, -1, false},
    {DESPUR_SCORE_KINDS, "adjusted_rand", "adjusted Rand index of inferred groups", 1, 3, 1, false},
    {DESPUR_SCORE_KINDS, "minority_recall", "recall of minority groups by inferred groups", 100, 1, 1, false},
};

enum { MEASURE_COUNT = sizeof MEASURES / sizeof *MEASURES };

static table_measure with_words(table_measure m) {
  const despur_score_words *words = despur_score_describe(m.score);
  if (!words) return m;
  m.name = words->name;
  m.heading = words->phrase;
  return m;
}

/* ---- options ---- */

static despur_status choose_measure(despur_table *table, const char *name, despur_error *error) {
  const char *names[MEASURE_COUNT + 1] = {NULL};
  table->rule = -1;
  snprintf(table->measure_name, sizeof table->measure_name, "%.63s", name);
  if (!strncmp(name, "rule.", 5)) {
    const config_row *row = &schema_rows[schema_find("select.rule")];
    table->measure = (table_measure){DESPUR_SCORE_KINDS, "rule", "worst-group accuracy", 100, 1, 1, false};
    for (table->rule = 0; row->choices[table->rule]; table->rule++)
      if (!strcmp(row->choices[table->rule], name + 5)) return DESPUR_OK;
    const char *nearest = despur_nearest_word(name + 5, row->choices);
    return error_set(error, DESPUR_BAD_USAGE, "measure: unknown rule '%.60s'%s%s%s", name + 5,
                     nearest ? " (did you mean 'rule." : "", nearest ? nearest : "", nearest ? "'?)" : "");
  }
  for (size_t i = 0; i < MEASURE_COUNT; i++) {
    table->measure = with_words(MEASURES[i]);
    names[i] = table->measure.name;
    assert(names[i]); /* every score has words */
    if (strcmp(names[i], name) == 0) return DESPUR_OK;
  }
  const char *nearest = despur_nearest_word(name, names);
  return error_set(error, DESPUR_BAD_USAGE, "measure: unknown name '%.60s'%s%s%s", name,
                   nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

static despur_status choose_split(despur_table *table, const char *split, despur_error *error) {
  bool val = !strcmp(split, "val");
  table->split = val ? "val" : "test";
  table->split_index = val ? DESPUR_VAL : DESPUR_TEST;
  if (!val && strcmp(split, "test") != 0)
    return error_set(error, DESPUR_BAD_USAGE, "split: expected test or val, found '%.60s'", split);
  return DESPUR_OK;
}

static despur_status check_key(const char *key, despur_error *error) {
  char nearest[CONFIG_KEY];
  if (!strcmp(key, "method") || !strcmp(key, "data") || schema_find(key) != CONFIG_NO_ROW) return DESPUR_OK;
  bool found = schema_nearest(nearest, key);
  return error_set(error, DESPUR_BAD_USAGE,
                   "rows, columns: expected method, data or a key of the configuration, found '%.60s'%s%s%s",
                   key, found ? " (did you mean '" : "", found ? nearest : "", found ? "'?)" : "");
}

static const char *given(const char *option, const char *otherwise) {
  return option ? option : otherwise;
}

static despur_status choose(despur_table *table, const despur_table_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  table->rows.key = given(options->rows, "method");
  table->columns.key = given(options->columns, "data");
  TRY(choose_measure(table, given(options->measure, "worst_group_accuracy"), error));
  TRY(choose_split(table, given(options->split, table->measure.validation ? "val" : "test"), error));
  if (table->rule >= 0 && table->split_index != DESPUR_TEST)
    FAIL(error, DESPUR_BAD_USAGE, "split: what other rules would have given is known for test only");
  if (table->measure.validation && table->split_index != DESPUR_VAL)
    FAIL(error, DESPUR_BAD_USAGE, "split: %s is about validation", table->measure_name);
  TRY(check_key(table->rows.key, error));
  TRY(check_key(table->columns.key, error));
cleanup:
  return status;
}

/* ---- runs ---- */

static despur_status find_runs(despur_table *table, const char *const *directories, size_t count,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < count; i++) TRY(report_find_runs(&table->directories, directories[i], error));
  TRY(mem_alloc(&table->runs, table->directories.count, sizeof *table->runs, error));
  for (size_t i = 0; i < table->directories.count; i++) {
    table->runs[i].directory = table->directories.items[i];
    TRY(table_read_run(&table->runs[i], table, error));
  }
cleanup:
  return status;
}

despur_status despur_table_create(despur_table **out, const char *const *directories, size_t count,
                                  const despur_table_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_table *table = NULL;
  *out = NULL;
  TRY(mem_alloc(&table, 1, sizeof *table, error));
  TRY(choose(table, options, error));
  TRY(find_runs(table, directories, count, error));
  TRY(table_arrange(table, error));
  *out = table;
cleanup:
  if (status != DESPUR_OK) despur_table_free(table);
  return status;
}

void despur_table_free(despur_table *table) {
  if (!table) return;
  for (size_t i = 0; table->runs && i < table->directories.count; i++)
    despur_config_free(table->runs[i].config);
  mem_free(table->runs);
  text_list_release(&table->directories);
  text_list_release(&table->notes);
  mem_free(table->rows.entries);
  mem_free(table->columns.entries);
  mem_free(table->needs);
  mem_free(table->rules);
  mem_free(table->cells);
  mem_free(table);
}

const char *despur_table_note(const despur_table *table, size_t i) {
  return i < table->notes.count ? table->notes.items[i] : NULL;
}
