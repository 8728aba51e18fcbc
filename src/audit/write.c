/* The files of an audit. */
#include "base/json.h"
#include "base/memory.h"
#include "despur/array.h"
#include "despur/audit.h"
#include "io/file.h"
#include "io/npy.h"

#include <math.h>
#include <stdlib.h>

static const char *const VERDICTS[] = {"nothing found", "weak group", "leans on it", "too little data"};

enum { CELLS_TOLD = 200 };

static json_t *real(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(size_t value) {
  return json_integer((json_int_t)value);
}

static json_t *cell_json(const despur_audit *a, const despur_audit_cell *c) {
  const despur_audit_candidate *of = &a->candidates[c->candidate];
  json_t *o = json_object();
  json_put(&o, "candidate", json_text(of->name));
  json_put(&o, "finder", json_text(of->finder));
  json_put(&o, "cell", count(c->cell));
  json_put(&o, "cell_name", json_text(of->cell_names[c->cell]));
  json_put(&o, "class", json_text(a->class_names[c->class_index]));
  json_put(&o, "errors_go_to",
           c->toward == c->class_index ? json_null() : json_text(a->class_names[c->toward]));
  json_put(&o, "count", count(c->count));
  json_put(&o, "wrong", count(c->wrong));
  json_put(&o, "rest_count", count(c->rest_count));
  json_put(&o, "rest_wrong", count(c->rest_wrong));
  json_put(&o, "excess", real(c->excess));
  json_put(&o, "excess_low", real(c->low));
  json_put(&o, "excess_high", real(c->high));
  json_put(&o, "excess_beyond_margin", real(c->left));
  json_put(&o, "p", real(c->p));
  json_put(&o, "p_beyond_margin", real(c->p_left));
  json_put(&o, "p_adjusted", real(c->adjusted));
  json_put(&o, "confirmed", json_boolean(c->confirmed));
  json_put(&o, "answers", json_boolean(c->answers));
  json_put(&o, "margin_in_disguise", json_boolean(c->disguised));
  return o;
}

static json_t *candidate_json(const despur_audit *a, const despur_audit_candidate *c) {
  json_t *o = json_object();
  json_put(&o, "finder", json_text(c->finder));
  json_put(&o, "name", json_text(c->name));
  json_put(&o, "cells", count(c->cells));
  json_put(&o, "verdict", json_text(VERDICTS[c->verdict]));
  json_put(&o, "errors_explained", real(c->explained));
  json_put(&o, "cramers_v", real(c->label.v));
  json_put(&o, "cramers_v_low", real(c->label.low));
  json_put(&o, "cramers_v_high", real(c->label.high));
  json_put(&o, "follows_odds_ratio", real(c->follows.odds_ratio));
  json_put(&o, "follows_p", real(c->follows.p));
  json_put(&o, "best", c->best == SIZE_MAX ? json_null() : cell_json(a, &a->cells[c->best]));
  return o;
}

static void put_lists(json_t **o, const despur_audit *a) {
  json_t *candidates = json_array(), *cells = json_array(), *limits = json_array();
  for (size_t i = 0; i < a->candidates_count; i++)
    json_push(&candidates, candidate_json(a, &a->candidates[i]));
  for (size_t i = 0; i < a->cells_count && i < CELLS_TOLD; i++) json_push(&cells, cell_json(a, &a->cells[i]));
  for (size_t i = 0; i < a->limits_count; i++) {
    json_t *limit = json_object();
    json_put(&limit, "class", json_text(a->class_names[a->limits[i].class_index]));
    json_put(&limit, "share", real(a->limits[i].share));
    json_put(&limit, "excess", real(a->limits[i].excess));
    json_push(&limits, limit);
  }
  json_put(o, "candidates", candidates);
  json_put(o, "cells", cells);
  json_put(o, "detection_limits", limits);
}

static despur_status write_json(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *sentence = NULL, *content = NULL;
  file_writer *writer = NULL;
  json_t *o = json_object();
  TRY(despur_audit_sentence(&sentence, a, error));
  json_put(&o, "verdict", json_text(VERDICTS[a->verdict]));
  json_put(&o, "sentence", json_text(sentence));
  json_put(&o, "confidence", real(a->confidence));
  json_put(&o, "examples", count(a->examples));
  json_put(&o, "used", count(a->used));
  json_put(&o, "discovery", count(a->discovery));
  json_put(&o, "confirmation", count(a->confirmation));
  json_put(&o, "units", count(a->units));
  json_put(&o, "duplicates", count(a->duplicates));
  json_put(&o, "constant_columns", count(a->constant_columns));
  json_put(&o, "own_head", json_boolean(a->own_head));
  json_put(&o, "trained_on", json_boolean(a->trained_on));
  json_put(&o, "error", real(a->error));
  json_put(&o, "tests", count(a->cells_count));
  put_lists(&o, a);
  content = json_print(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  if (!content) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing %s", path);
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "%s\n", content));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  json_decref(o);
  free(content);
  mem_free(sentence);
  return status;
}

/* A field of a CSV file; quotes inside are doubled. */
static despur_status put_quoted(file_writer *writer, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(file_print(writer, error, "\""));
  for (const char *at = value; *at; at++) TRY(file_print(writer, error, *at == '"' ? "\"\"" : "%c", *at));
  TRY(file_print(writer, error, "\""));
cleanup:
  return status;
}

static despur_status write_candidates(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error,
                 "rank,finder,candidate,cell,class,count,wrong,rest_count,rest_wrong,excess,low,high,p,"
                 "p_beyond_margin,p_adjusted,confirmed,answers,margin_in_disguise\n"));
  for (size_t i = 0; i < a->cells_count; i++) {
    const despur_audit_cell *c = &a->cells[i];
    const despur_audit_candidate *of = &a->candidates[c->candidate];
    TRY(file_print(writer, error, "%zu,%s,", i + 1, of->finder));
    TRY(put_quoted(writer, of->name, error));
    TRY(file_print(writer, error, ","));
    TRY(put_quoted(writer, of->cell_names[c->cell], error));
    TRY(file_print(writer, error, ","));
    TRY(put_quoted(writer, a->class_names[c->class_index], error));
    TRY(file_print(writer, error, ",%zu,%zu,%zu,%zu,%.6g,%.6g,%.6g,%.6g,", c->count, c->wrong, c->rest_count,
                   c->rest_wrong, c->excess, c->low, c->high, c->p));
    if (!isnan(c->p_left)) TRY(file_print(writer, error, "%.6g", c->p_left));
    TRY(file_print(writer, error, ",%.6g,%d,%d,%d\n", c->adjusted, c->confirmed != 0, c->answers != 0,
                   c->disguised != 0));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

/* The partition whose cells are the groups; NULL where classes alone are. */
static const despur_audit_candidate *finding(const despur_audit *a) {
  bool found = a->verdict == DESPUR_LEANS_ON_IT || a->verdict == DESPUR_WEAK_GROUP;
  return found ? &a->candidates[0] : NULL;
}

/* Examples without a value are in a cell of their own, the last. */
static uint32_t cell_of(const despur_audit_candidate *c, size_t i) {
  if (!c) return 0;
  return c->of_example[i] == DESPUR_NO_VALUE ? (uint32_t)c->cells : c->of_example[i];
}

static despur_status write_groups(const despur_audit *a, const char *path, despur_error *error) {
  static const char *const SPLITS[] = {"train", "val", "test"};
  despur_status status = DESPUR_OK;
  const despur_audit_candidate *c = finding(a);
  size_t cells = c ? c->cells + 1 : 1;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "example,split,y,a,group,group_name,prediction%s\n",
                 a->attributes ? ",attribute" : ""));
  for (size_t i = 0; i < a->examples; i++) {
    uint32_t cell = cell_of(c, i), y = a->labels[i];
    TRY(file_print(writer, error, "%zu,%s,", i, SPLITS[a->splits[i]]));
    TRY(put_quoted(writer, a->class_names[y], error));
    TRY(file_print(writer, error, ",%u,%zu,\"y=%u,a=%u\",", cell, y * cells + cell, y, cell));
    TRY(put_quoted(writer, a->class_names[a->predictions[i]], error));
    if (a->attributes && a->attributes[i] == DESPUR_NO_VALUE)
      TRY(file_print(writer, error, ","));
    else if (a->attributes)
      TRY(file_print(writer, error, ",%u", a->attributes[i]));
    TRY(file_print(writer, error, "\n"));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

static despur_status write_attributes(const despur_audit *a, const char *path, despur_error *error) {
  uint32_t *cells;
  despur_status status = mem_alloc(&cells, a->examples, sizeof *cells, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < a->examples; i++) cells[i] = cell_of(finding(a), i);
  status = despur_array_write_labels(path, cells, a->examples, error);
  mem_free(cells);
  return status;
}

static despur_status write_partitions(const despur_audit *a, const char *path, despur_error *error) {
  size_t columns = a->candidates_count + 1;
  const size_t shape[] = {a->examples, columns};
  int64_t *values;
  despur_status status = mem_alloc(&values, a->examples, columns * sizeof *values, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < a->examples; i++)
    for (size_t c = 0; c < columns; c++) {
      uint32_t cell = c + 1 == columns ? a->halves[i] : a->candidates[c].of_example[i];
      values[i * columns + c] = cell == DESPUR_NO_VALUE ? -1 : (int64_t)cell;
    }
  status = npy_write(path, NPY_I64, 2, shape, values, error);
  mem_free(values);
  return status;
}

despur_status despur_audit_write(const despur_audit *audit, const char *directory, despur_error *error) {
  static const struct {
    const char *name;
    despur_status (*write)(const despur_audit *, const char *, despur_error *);
  } FILES[] = {{"candidates.csv", write_candidates},
               {"groups.csv", write_groups},
               {"attributes.npy", write_attributes},
               {"partitions.npy", write_partitions},
               {"audit.json", write_json}};
  despur_status status = DESPUR_OK;
  char path[FILE_PATH];
  TRY(file_make_directories(directory, error));
  for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
    TRY(file_join(path, directory, FILES[i].name, error));
    TRY(FILES[i].write(audit, path, error));
  }
cleanup:
  return status;
}
