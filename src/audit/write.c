/* The files of an audit. */
#include "base/json_write.h"
#include "base/memory.h"
#include "despur/array.h"
#include "despur/audit.h"
#include "despur/dataset.h"
#include "io/file.h"
#include "io/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_TOLD = 200 };

/* A number of a cell, as it is called in audit.json and in candidates.csv. */
typedef struct cell_number {
  enum { COUNT, REAL, FLAG } kind;
  const char *name;
  double value;
} cell_number;

enum { CELL_NUMBERS = 18, CELL_COUNTED = 14 /* where all examples weigh alike the others say no more */ };

static size_t numbers_of(const despur_audit *a) {
  return a->weight ? CELL_NUMBERS : CELL_COUNTED;
}

static void cell_numbers(cell_number out[CELL_NUMBERS], const despur_audit_cell *c) {
  const cell_number numbers[] = {{COUNT, "count", (double)c->count},
                                 {COUNT, "wrong", (double)c->wrong},
                                 {COUNT, "rest_count", (double)c->rest_count},
                                 {COUNT, "rest_wrong", (double)c->rest_wrong},
                                 {REAL, "excess", c->excess},
                                 {REAL, "excess_low", c->low},
                                 {REAL, "excess_high", c->high},
                                 {REAL, "excess_beyond_margin", c->left},
                                 {REAL, "p", c->p},
                                 {REAL, "p_beyond_margin", c->p_left},
                                 {REAL, "p_adjusted", c->adjusted},
                                 {FLAG, "confirmed", c->confirmed != 0},
                                 {FLAG, "answers", c->answers != 0},
                                 {FLAG, "margin_in_disguise", c->disguised != 0},
                                 {REAL, "error", c->error},
                                 {REAL, "rest_error", c->rest_error},
                                 {REAL, "effective_count", c->effective},
                                 {REAL, "rest_effective_count", c->rest_effective}};
  _Static_assert(sizeof numbers / sizeof *numbers == CELL_NUMBERS, "all of them");
  memcpy(out, numbers, sizeof numbers);
}

static void put_cell(json_writer *j, const char *name, const despur_audit *a, const despur_audit_cell *c) {
  const despur_audit_candidate *of = &a->candidates[c->candidate];
  cell_number numbers[CELL_NUMBERS];
  cell_numbers(numbers, c);
  json_open(j, name, '{');
  json_write_text(j, "candidate", of->name);
  json_write_text(j, "finder", of->finder);
  json_write_count(j, "cell", c->cell);
  json_write_text(j, "cell_name", of->cell_names[c->cell]);
  json_write_text(j, "class", a->class_names[c->class_index]);
  json_write_text(j, "errors_go_to", c->toward == c->class_index ? NULL : a->class_names[c->toward]);
  for (size_t i = 0; i < numbers_of(a); i++)
    if (numbers[i].kind == COUNT)
      json_write_count(j, numbers[i].name, (size_t)numbers[i].value);
    else if (numbers[i].kind == REAL)
      json_write_real(j, numbers[i].name, numbers[i].value);
    else
      json_write_flag(j, numbers[i].name, numbers[i].value != 0);
  json_close(j);
}

static void put_candidate(json_writer *j, const despur_audit *a, const despur_audit_candidate *c) {
  json_open(j, NULL, '{');
  json_write_text(j, "finder", c->finder);
  json_write_text(j, "name", c->name);
  json_write_count(j, "cells", c->cells);
  json_write_text(j, "verdict", despur_audit_verdict_word(c->verdict));
  json_write_real(j, "fit", c->fit);
  json_write_real(j, "cramers_v", c->label.v);
  json_write_real(j, "cramers_v_low", c->label.low);
  json_write_real(j, "cramers_v_high", c->label.high);
  json_write_real(j, "follows_odds_ratio", c->follows.odds_ratio);
  json_write_real(j, "follows_p", c->follows.p);
  if (c->best == SIZE_MAX)
    json_write_text(j, "best", NULL);
  else
    put_cell(j, "best", a, &a->cells[c->best]);
  json_close(j);
}

static void put_share(json_writer *j, const char *name, const despur_audit_share *share) {
  json_open(j, name, '{');
  json_write_real(j, "value", share->value);
  json_write_real(j, "low", share->low);
  json_write_real(j, "high", share->high);
  json_write_real(j, "chance", share->chance);
  json_close(j);
}

static void put_rare_classes(json_writer *j, const despur_audit *a) {
  json_open(j, "rare_classes", '[');
  for (size_t k = 0; k < a->classes; k++) {
    if (a->class_sizes[k] >= DESPUR_AUDIT_RARE) continue;
    json_open(j, NULL, '{');
    json_write_text(j, "class", a->class_names[k]);
    json_write_count(j, "examples", a->class_sizes[k]);
    json_close(j);
  }
  json_close(j);
}

static void put_columns(json_writer *j, const despur_audit *a) {
  json_open(j, "columns", '[');
  for (size_t i = 0; i < a->columns_count; i++) {
    const despur_audit_column *c = &a->columns[i];
    json_open(j, NULL, '{');
    json_write_text(j, "name", c->name);
    json_write_count(j, "values", c->values);
    put_share(j, "read_from_features", &c->read);
    put_share(j, "says_label", &c->says);
    put_share(j, "fall_where_held_out", &c->fall);
    json_write_count(j, "held_out", c->held_out);
    json_close(j);
  }
  json_close(j);
}

static void put_noted(json_writer *j, const despur_audit *a) {
  if (!a->noted_name) return;
  json_open(j, "noted", '{');
  json_write_text(j, "verdict", despur_audit_verdict_word(a->noted_verdict));
  json_write_count(j, "used", a->noted_used);
  json_write_count(j, "ignored", a->noted_ignored);
  json_open(j, "values", '[');
  for (size_t i = 0; i < a->noted_count; i++) {
    const despur_audit_noted *n = &a->noted[i];
    json_open(j, NULL, '{');
    json_write_text(j, "class", a->class_names[n->class_index]);
    json_write_text(j, "value", a->noted_values[n->value]);
    json_write_text(j, "errors_go_to", n->toward == n->class_index ? NULL : a->class_names[n->toward]);
    json_write_count(j, "wrong", n->wrong);
    json_write_count(j, "wrong_with", n->wrong_with);
    json_write_count(j, "right", n->right);
    json_write_count(j, "right_with", n->right_with);
    json_write_real(j, "share", n->share);
    json_write_real(j, "error_with", n->error_with);
    json_write_real(j, "error_without", n->error_without);
    json_write_real(j, "p", n->p);
    json_write_real(j, "p_adjusted", n->adjusted);
    json_write_flag(j, "confirmed", n->confirmed);
    json_close(j);
  }
  json_close(j);
  json_close(j);
}

static void put_region(json_writer *j, const char *name, const despur_region *r) {
  json_open(j, name, '{');
  json_write_count(j, "left", r->left);
  json_write_count(j, "top", r->top);
  json_write_count(j, "width", r->width);
  json_write_count(j, "height", r->height);
  json_close(j);
}

/* Rows from the top. */
static void put_evidence(json_writer *j, const despur_audit *a, size_t test) {
  const double *of = a->evidence + test * a->map_rows * a->map_columns;
  json_open(j, "evidence", '[');
  for (size_t r = 0; r < a->map_rows; r++) {
    json_open(j, NULL, '[');
    for (size_t c = 0; c < a->map_columns; c++) json_write_real(j, NULL, of[r * a->map_columns + c]);
    json_close(j);
  }
  json_close(j);
}

static void put_pastes(json_writer *j, const despur_audit *a) {
  if (a->model_width == 0) return;
  json_open(j, "pasted", '{');
  json_write_count(j, "picture_width", a->model_width);
  json_write_count(j, "picture_height", a->model_height);
  json_open(j, "tests", '[');
  for (size_t i = 0; i < a->pastes_count; i++) {
    const despur_audit_paste *p = &a->pastes[i];
    json_open(j, NULL, '{');
    json_write_text(j, "class", a->class_names[p->class_index]);
    put_region(j, "region", &p->region);
    json_write_real(j, "evidence_share", p->share);
    put_evidence(j, a, i);
    json_write_count(j, "count", p->count);
    json_write_count(j, "followed", p->followed);
    json_write_count(j, "followed_elsewhere", p->followed_elsewhere);
    json_write_count(j, "followed_both", p->followed_both);
    json_write_real(j, "difference", p->difference);
    json_write_real(j, "difference_low", p->low);
    json_write_real(j, "difference_high", p->high);
    json_write_real(j, "p", p->p);
    json_write_real(j, "p_adjusted", p->adjusted);
    json_write_flag(j, "confirmed", p->confirmed);
    json_close(j);
  }
  json_close(j);
  json_close(j);
}

static void put_lists(json_writer *j, const despur_audit *a) {
  json_open(j, "candidates", '[');
  for (size_t i = 0; i < a->candidates_count; i++) put_candidate(j, a, &a->candidates[i]);
  json_close(j);
  json_open(j, "cells", '[');
  for (size_t i = 0; i < a->cells_count && i < CELLS_TOLD; i++) put_cell(j, NULL, a, &a->cells[i]);
  json_close(j);
  json_open(j, "detection_limits", '[');
  for (size_t i = 0; i < a->limits_count; i++) {
    json_open(j, NULL, '{');
    json_write_text(j, "class", a->class_names[a->limits[i].class_index]);
    json_write_real(j, "share", a->limits[i].share);
    json_write_real(j, "excess", a->limits[i].excess);
    json_close(j);
  }
  json_close(j);
  put_columns(j, a);
  put_rare_classes(j, a);
  put_noted(j, a);
  put_pastes(j, a);
  json_open(j, "notes", '[');
  for (size_t i = 0; i < a->notes_count; i++) json_write_text(j, NULL, a->notes[i]);
  json_close(j);
}

static despur_status print_json(char **out, const despur_audit *a, json_style style, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *sentence = NULL, *caution = NULL;
  json_writer j = {.style = style, .digits = 6};
  TRY(despur_audit_sentence(&sentence, a, error));
  TRY(despur_audit_caution(&caution, a, error));
  json_open(&j, NULL, '{');
  json_write_text(&j, "verdict", despur_audit_verdict_word(a->verdict));
  json_write_text(&j, "sentence", sentence);
  json_write_text(&j, "caution", caution);
  json_write_real(&j, "confidence", a->confidence);
  json_write_count(&j, "examples", a->examples);
  json_write_count(&j, "used", a->used);
  json_write_count(&j, "discovery", a->discovery);
  json_write_count(&j, "confirmation", a->confirmation);
  json_write_count(&j, "units", a->units);
  json_write_count(&j, "duplicates", a->duplicates);
  json_write_count(&j, "constant_columns", a->constant_columns);
  json_write_flag(&j, "own_head", a->own_head);
  json_write_flag(&j, "trained_on", a->trained_on);
  if (a->weight) {
    json_write_text(&j, "weight", a->weight);
    json_write_real(&j, "effective_count", a->effective);
  }
  json_write_real(&j, "error", a->error);
  json_write_count(&j, "tests", a->cells_count);
  json_write_count(&j, "repeats", a->repeats);
  json_write_count(&j, "repeats_found", a->repeats_found);
  json_write_count(&j, "repeats_leaning", a->repeats_leaning);
  json_write_count(&j, "repeats_found_again", a->repeats_again);
  put_lists(&j, a);
  json_close(&j);
  TRY(json_finish(out, &j, error));
cleanup:
  mem_free(sentence);
  mem_free(caution);
  return status;
}

despur_status despur_audit_json(char **json, const despur_audit *audit, despur_error *error) {
  *json = NULL;
  return print_json(json, audit, JSON_LINE, error);
}

static despur_status write_json(const despur_audit *a, const char *path, despur_error *error) {
  char *content = NULL;
  despur_status status = print_json(&content, a, JSON_PRETTY, error);
  if (status == DESPUR_OK) status = file_write_text(path, content, error);
  mem_free(content);
  return status;
}

/* What stands inside a quoted field of a CSV file. */
static despur_status put_escaped(file_writer *writer, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (const char *at = value; *at; at++) TRY(file_print(writer, error, *at == '"' ? "\"\"" : "%c", *at));
cleanup:
  return status;
}

static despur_status put_quoted(file_writer *writer, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(file_print(writer, error, "\""));
  TRY(put_escaped(writer, value, error));
  TRY(file_print(writer, error, "\""));
cleanup:
  return status;
}

/* Numbers that are not known are empty. */
static despur_status put_numbers(file_writer *writer, const despur_audit *a, const despur_audit_cell *c,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  cell_number numbers[CELL_NUMBERS];
  cell_numbers(numbers, c);
  for (size_t i = 0; i < numbers_of(a); i++) {
    TRY(file_print(writer, error, ","));
    if (!isnan(numbers[i].value))
      TRY(file_print(writer, error, numbers[i].kind == REAL ? "%.6g" : "%.0f", numbers[i].value));
  }
  TRY(file_print(writer, error, "\n"));
cleanup:
  return status;
}

static despur_status write_candidates(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  cell_number names[CELL_NUMBERS];
  cell_numbers(names, &(despur_audit_cell){0});
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "rank,finder,candidate,cell,class"));
  for (size_t i = 0; i < numbers_of(a); i++) TRY(file_print(writer, error, ",%s", names[i].name));
  TRY(file_print(writer, error, "\n"));
  for (size_t i = 0; i < a->cells_count; i++) {
    const despur_audit_cell *c = &a->cells[i];
    const despur_audit_candidate *of = &a->candidates[c->candidate];
    TRY(file_print(writer, error, "%zu,%s,", i + 1, of->finder));
    TRY(put_quoted(writer, of->name, error));
    TRY(file_print(writer, error, ","));
    TRY(put_quoted(writer, of->cell_names[c->cell], error));
    TRY(file_print(writer, error, ","));
    TRY(put_quoted(writer, a->class_names[c->class_index], error));
    TRY(put_numbers(writer, a, c, error));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

/* For a person to fill in: nothing says what the model made of these. */
static despur_status write_to_label(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  if (a->to_label_count == 0) return DESPUR_OK;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "example,%slabel,attribute\n", a->ids ? "id," : ""));
  for (size_t i = 0; i < a->to_label_count; i++) {
    uint32_t e = a->to_label[i];
    TRY(file_print(writer, error, "%u,", e));
    if (a->ids) TRY(put_quoted(writer, a->ids[e], error));
    if (a->ids) TRY(file_print(writer, error, ","));
    TRY(put_quoted(writer, a->class_names[a->labels[e]], error));
    TRY(file_print(writer, error, ",\n"));
  }
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

/* What was made of which pictures, so that somebody else can make it again. */
static despur_status write_pasted(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  if (a->pastes_count == 0) {
    remove(path); /* of an audit before this one */
    return DESPUR_OK;
  }
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(
      writer, error,
      "into,from,left,top,width,height,elsewhere_left,elsewhere_top,before,after,after_elsewhere\n"));
  for (size_t i = 0; i < a->pasted_count; i++) {
    const despur_audit_pasted *p = &a->pasted[i];
    const despur_region *r = &a->pastes[p->paste].region;
    const uint32_t classes[] = {a->labels[p->into], p->after, p->after_elsewhere};
    TRY(file_print(writer, error, "%u,%u,%zu,%zu,%zu,%zu,%zu,%zu", p->into, p->from, r->left, r->top,
                   r->width, r->height, p->elsewhere.left, p->elsewhere.top));
    for (size_t k = 0; k < 3; k++) {
      TRY(file_print(writer, error, ","));
      TRY(put_quoted(writer, a->class_names[classes[k]], error));
    }
    TRY(file_print(writer, error, "\n"));
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
  despur_status status = DESPUR_OK;
  const despur_audit_candidate *c = finding(a);
  size_t cells = c ? c->cells + 1 : 1;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_print(writer, error, "example,split,y,a,group,group_name,prediction%s\n",
                 a->attributes ? ",attribute" : ""));
  for (size_t i = 0; i < a->examples; i++) {
    uint32_t cell = cell_of(c, i), y = a->labels[i];
    TRY(file_print(writer, error, "%zu,%s,", i, despur_split_name((despur_split)a->splits[i])));
    TRY(put_quoted(writer, a->class_names[y], error));
    TRY(file_print(writer, error, ",%u,%zu,\"y=", cell, y * cells + cell));
    TRY(put_escaped(writer, a->class_names[y], error));
    TRY(file_print(writer, error, ",a=%u\",", cell));
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

static bool is_cluster(const despur_audit_candidate *c) {
  return strcmp(c->finder, "clusters") == 0;
}

/* Clusters of all examples, without other candidates and the half: what several partitions are to a repair.
 */
static despur_status write_clusters(const despur_audit *a, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t columns = 0, shape[2] = {a->examples, 0};
  int64_t *values = NULL;
  for (size_t c = 0; c < a->candidates_count; c++) columns += is_cluster(&a->candidates[c]);
  shape[1] = columns;
  if (columns == 0) {
    remove(path); /* of an audit before this one */
    return DESPUR_OK;
  }
  TRY(mem_alloc(&values, a->examples, columns * sizeof *values, error));
  for (size_t c = 0, to = 0; c < a->candidates_count; c++) {
    if (!is_cluster(&a->candidates[c])) continue;
    for (size_t i = 0; i < a->examples; i++) values[i * columns + to] = a->candidates[c].of_example[i];
    to++;
  }
  TRY(npy_write(path, NPY_I64, 2, shape, values, error));
cleanup:
  mem_free(values);
  return status;
}

despur_status despur_audit_write(const despur_audit *audit, const char *directory, despur_error *error) {
  static const struct {
    const char *name;
    despur_status (*write)(const despur_audit *, const char *, despur_error *);
  } FILES[] = {{"candidates.csv", write_candidates}, {"groups.csv", write_groups},
               {"attributes.npy", write_attributes}, {"partitions.npy", write_partitions},
               {"clusters.npy", write_clusters},     {"to_label.csv", write_to_label},
               {"pasted.csv", write_pasted},         {"audit.json", write_json}};
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
