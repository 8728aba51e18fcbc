/* Models from tables, and the directory that their page leaves: report.html, results.json, columns.json,
 * manifest.json. */
#include "report/models/models.h"

#include "base/format.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "io/file.h"
#include "report/models/model_columns.h"
#include "report/verdicts/model_words.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How a manifest says that it is one of these. */
#define KIND "predictions in tables"

/* ---- what the files say ---- */

/* Everything that is written, before anything is. */
typedef struct leaving {
  const despur_model *models;
  size_t count;
  const despur_models_options *options;
  const page_extra *extra; /* or NULL */
  verdict said;
  report_cell *cells;
  text heading; /* and names: how the page calls groups */
  text_list names;
  char *asked; /* columns.json without the paths of tables */
  char *columns, *results, *manifest;
  text_pairs inputs;
  markup page;
} leaving;

static despur_status print_columns(char **out, const leaving *l, bool with_tables, despur_error *error) {
  json_writer j = {.style = JSON_PRETTY, .digits = 12};
  json_open(&j, NULL, '{');
  json_open(&j, "models", '[');
  for (size_t i = 0; i < l->count; i++) model_columns_write(&j, &l->models[i], with_tables);
  json_close(&j);
  if (l->options->calibration_by_group) json_write_flag(&j, "calibration-by-group", true);
  json_close(&j);
  return json_finish(out, &j, error);
}

static despur_status print_results(char **out, const leaving *l, despur_error *error) {
  json_writer j = {.style = JSON_PRETTY, .digits = 12};
  json_open(&j, NULL, '{');
  json_write_text(&j, "verdict", l->said.sentence.data);
  json_open(&j, "models", '[');
  for (size_t i = 0; i < l->count; i++) {
    const despur_measured measured = despur_model_measured(&l->models[i], l->options->calibration_by_group);
    measured_write(&j, NULL, &measured);
  }
  json_close(&j);
  json_close(&j);
  return json_finish(out, &j, error);
}

/* ---- hashes ---- */

/* The file that a path stands for: a run's directory for its predictions. */
static despur_status table_of(text *out, const char *path, despur_error *error) {
  return text_add(out, error, file_is_directory(path) ? "%s/predictions.csv" : "%s", path);
}

/* Named without its directory: where a table lay does not matter to what was computed. */
static despur_status add_input(text_pairs *pairs, const char *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  char hash[SHA256_HEX];
  text name = {0};
  const char *slash = strrchr(table, '/'), *last = slash ? slash + 1 : table;
  TRY(file_sha256(table, hash, error));
  TRY(text_add(&name, error, "%s", last));
  for (int copy = 2; text_pairs_find(pairs, name.data); copy++) {
    name.length = 0;
    TRY(text_add(&name, error, "%s (%d)", last, copy));
  }
  text_repair(name.data);
  TRY(text_pairs_add(pairs, name.data, hash, error));
cleanup:
  mem_free(name.data);
  return status;
}

/* Standard input is gone, and has no hash, nor has a table in memory; a table with several models is one. */
static despur_status hash_inputs(leaving *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  text table = {0};
  for (size_t i = 0; i < l->count; i++) {
    const char *path = l->models[i].path;
    bool again = false;
    if (!path || strcmp(path, "-") == 0) continue;
    for (size_t j = 0; j < i; j++) again |= l->models[j].path && strcmp(l->models[j].path, path) == 0;
    if (again) continue;
    table.length = 0;
    TRY(table_of(&table, path, error));
    TRY(add_input(&l->inputs, table.data, error));
  }
cleanup:
  mem_free(table.data);
  return status;
}

static despur_status add_hash(text_pairs *pairs, const char *name, const char *content, despur_error *error) {
  sha256 hash;
  char hex[SHA256_HEX];
  sha256_init(&hash);
  sha256_add(&hash, content, strlen(content));
  sha256_finish(&hash, hex);
  return text_pairs_add(pairs, name, hex, error);
}

static despur_status print_manifest(char **out, const leaving *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  char version[] = DESPUR_VERSION, outcome[] = "complete", data[] = KIND;
  record_manifest manifest = {
      .version = version, .outcome = outcome, .data = data, .hashed = true, .inputs = l->inputs};
  TRY(add_hash(&manifest.outputs, "columns.json", l->columns, error));
  TRY(add_hash(&manifest.outputs, "results.json", l->results, error));
  TRY(add_hash(&manifest.outputs, "report.html", l->page.text.data, error));
  TRY(manifest_print(out, &manifest, error));
cleanup:
  text_pairs_release(&manifest.outputs);
  return status;
}

/* ---- the directory ---- */

static despur_status path_in(text *out, const char *directory, const char *name, despur_error *error) {
  out->length = 0;
  return text_add(out, error, "%s/%s", directory, name);
}

despur_status directory_is_of(bool *found, const char *directory, const char *kind, despur_error *error) {
  enum { LIMIT_BYTES = 1 << 20 };
  despur_status status = DESPUR_OK;
  text path = {0};
  char *content = NULL;
  size_t bytes;
  record_manifest manifest = {0};
  *found = false;
  TRY(path_in(&path, directory, "manifest.json", error));
  if (!file_exists(path.data)) goto cleanup;
  status = file_read(&content, &bytes, path.data, LIMIT_BYTES, error);
  if (status == DESPUR_OK) status = manifest_parse(&manifest, content, bytes, path.data, error);
  if (status == DESPUR_BAD_INPUT) status = DESPUR_OK; /* somebody else's */
  *found = manifest.data && strcmp(manifest.data, kind) == 0;
cleanup:
  manifest_release(&manifest);
  mem_free(content);
  mem_free(path.data);
  return status;
}

despur_status models_are_in(bool *found, const char *directory, despur_error *error) {
  return directory_is_of(found, directory, KIND, error);
}

static despur_status is_empty(bool *out, const char *directory, despur_error *error) {
  DIR *entries = opendir(directory);
  const struct dirent *entry;
  *out = true;
  if (!entries) return error_set(error, DESPUR_NO_RESOURCES, "%s: %s", directory, format_errno(errno));
  while (*out && (entry = readdir(entries)))
    *out = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  closedir(entries);
  return DESPUR_OK;
}

despur_status models_may_fill(const char *directory, bool force, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool run, ours, empty;
  if (!file_exists(directory)) return DESPUR_OK;
  if (!file_is_directory(directory))
    FAIL(error, DESPUR_BAD_USAGE, "%s: exists and is not a directory", directory);
  TRY(report_is_run(&run, directory, error));
  if (run) FAIL(error, DESPUR_BAD_USAGE, "%s: holds a run; choose another --out", directory);
  TRY(models_are_in(&ours, directory, error));
  TRY(is_empty(&empty, directory, error));
  if (!ours && !empty && !force)
    FAIL(error, DESPUR_BAD_USAGE,
         "%s: is not empty, and not the page of a model; choose another --out, or --force to write into it",
         directory);
cleanup:
  return status;
}

/* The manifest comes last: while it is not there, or does not fit, nothing claims to be complete. */
static despur_status write_files(const leaving *l, despur_error *error) {
  const struct {
    const char *name, *content;
  } files[] = {{"columns.json", l->columns},
               {"results.json", l->results},
               {"report.html", l->page.text.data},
               {"manifest.json", l->manifest}};
  despur_status status = DESPUR_OK;
  text path = {0};
  TRY(file_make_directories(l->options->directory, error));
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    TRY(path_in(&path, l->options->directory, files[i].name, error));
    TRY(file_write_text(path.data, files[i].content, error));
  }
cleanup:
  mem_free(path.data);
  return status;
}

/* ---- the whole ---- */

static despur_status name_groups(leaving *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_predicted *p = &l->models[0].predicted;
  bool named = !l->models[0].columns.whole_groups;
  text name = {0};
  TRY(words_of_heading(&l->heading, p->groups_count ? p->names[0] : "", named, error));
  for (size_t g = 0; g < p->groups_count; g++) {
    name.length = 0;
    TRY(words_of_row(&name, p->names[g], named, error));
    TRY(text_list_add(&l->names, name.data, error));
  }
cleanup:
  mem_free(name.data);
  return status;
}

static despur_status compose(leaving *l, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_model *first = &l->models[0];
  TRY(report_cells_predicted(&l->cells, &first->predicted, &first->scores,
                             first->measures.groups_have_one_label, error));
  TRY(name_groups(l, error));
  TRY(hash_inputs(l, error));
  TRY(print_columns(&l->asked, l, false, error));
  const model_page page = {.models = l->models,
                           .count = l->count,
                           .cells = l->cells,
                           .said = &l->said,
                           .names = (const char *const *)l->names.items,
                           .heading = l->heading.data,
                           .asked = l->asked,
                           .inputs = l->inputs,
                           .kept = l->options->directory != NULL,
                           .extra = l->extra};
  if (l->count == 1)
    TRY(verdict_write_model(&l->said, first, l->cells, error));
  else
    TRY(verdict_write_models(&l->said, &page, error));
  TRY(print_columns(&l->columns, l, true, error));
  TRY(print_results(&l->results, l, error));
  (l->count == 1 ? page_one_model : page_several_models)(&l->page, &page);
  TRY(l->page.status);
  TRY(print_manifest(&l->manifest, l, error));
cleanup:
  return status;
}

static void release(leaving *l) {
  text_pairs_release(&l->inputs);
  mem_free(l->cells);
  mem_free(l->heading.data);
  text_list_release(&l->names);
  mem_free(l->asked);
  mem_free(l->columns);
  mem_free(l->results);
  mem_free(l->manifest);
  mem_free(l->page.text.data);
  verdict_release(&l->said);
}

despur_status despur_report_models(const despur_model *models, size_t count,
                                   const despur_models_options *options, char **sentence,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  leaving l = {.models = models, .count = count, .options = options, .page = {.error = error}};
  if (count == 0) FAIL(error, DESPUR_BAD_USAGE, "expected a model, found none");
  if (options->directory) TRY(models_may_fill(options->directory, options->force, error));
  TRY(compose(&l, error));
  if (options->directory) TRY(write_files(&l, error));
  if (options->page) TRY(file_write_text(options->page, l.page.text.data, error));
  if (sentence) *sentence = l.said.sentence.data, l.said.sentence.data = NULL;
cleanup:
  release(&l);
  return status;
}

despur_status models_page(char **page, const despur_model *models, size_t count, const page_extra *extra,
                          despur_error *error) {
  static const despur_models_options NONE = {0};
  despur_status status = DESPUR_OK;
  leaving l = {.models = models, .count = count, .options = &NONE, .extra = extra, .page = {.error = error}};
  TRY(compose(&l, error));
  *page = l.page.text.data;
  l.page.text.data = NULL;
cleanup:
  release(&l);
  return status;
}

/* ---- once more ---- */

/* What columns.json says. */
typedef struct asked {
  json_value *said;
  despur_model *models; /* label, path and columns of each, which are texts of said */
  size_t count;
  bool calibration_by_group;
} asked;

static void forget(asked *a) {
  mem_free(a->said);
  mem_free(a->models);
}

/* Release with forget, also after an error. */
static despur_status read_asked(asked *out, const char *directory, despur_error *error) {
  enum { LIMIT_BYTES = 1 << 20 };
  despur_status status = DESPUR_OK;
  text path = {0};
  char *content = NULL;
  size_t bytes;
  *out = (asked){0};
  TRY(path_in(&path, directory, "columns.json", error));
  TRY(file_read(&content, &bytes, path.data, LIMIT_BYTES, error));
  TRY(json_read_object(&out->said, content, bytes, path.data, 0, error));
  const json_value *models = json_find(out->said, "models");
  out->calibration_by_group = json_member_flag(out->said, "calibration-by-group");
  out->count = json_elements(models);
  if (out->count == 0) FAIL(error, DESPUR_BAD_INPUT, "%s: expected a list of models", path.data);
  TRY(mem_alloc(&out->models, out->count, sizeof *out->models, error));
  for (size_t i = 0; i < out->count; i++) {
    despur_model *model = &out->models[i];
    TRY(model_columns_read(&model->columns, &model->label, &model->path, json_at(models, i), path.data,
                           error));
    if (strcmp(model->path, "-") == 0)
      FAIL(error, DESPUR_BAD_INPUT, "%s: the table was standard input, which is gone", path.data);
  }
cleanup:
  mem_free(content);
  mem_free(path.data);
  return status;
}

despur_status models_hash_tables(text_pairs *out, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  asked a;
  leaving l = {0};
  *out = (text_pairs){0};
  TRY(read_asked(&a, directory, error));
  l.models = a.models;
  l.count = a.count;
  TRY(hash_inputs(&l, error));
  *out = l.inputs;
  l.inputs = (text_pairs){0};
cleanup:
  release(&l);
  forget(&a);
  return status;
}

despur_status models_again(const char *directory, const char *into, despur_error *error) {
  despur_status status = DESPUR_OK;
  asked a;
  size_t read = 0;
  TRY(read_asked(&a, directory, error));
  const despur_models_options options = {.directory = into, .calibration_by_group = a.calibration_by_group};
  for (; read < a.count; read++) {
    despur_model *model = &a.models[read];
    const despur_columns columns = model->columns;
    TRY(despur_model_read(model, model->label, model->path, &columns, error));
  }
  TRY(despur_report_models(a.models, a.count, &options, NULL, error));
cleanup:
  for (size_t i = 0; i < read; i++) despur_model_release(&a.models[i]);
  forget(&a);
  return status;
}
