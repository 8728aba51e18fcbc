/* The directory of a repair. */
#include "base/format.h"
#include "base/json.h"
#include "base/memory.h"
#include "io/file.h"
#include "report/repaired.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"config.yaml",      "results.json", "report.html",
                                    "head.safetensors", "head.npz",     "changes.csv"};

enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

/* ---- results.json ---- */

static json_t *real_json(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t *counts_json(const size_t *values, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) json_push(&list, json_integer((json_int_t)values[i]));
  return list;
}

static json_t *candidate_json(const despur_repair_candidate *c, const char *const *names, size_t groups) {
  json_t *object = json_object();
  for (size_t p = 0; names && p < DESPUR_REPAIR_PARAMETERS && names[p]; p++)
    json_put(&object, names[p], json_real(c->parameters[p]));
  json_put(&object, "worst_group", real_json(c->worst_group));
  json_put(&object, "worst_class", real_json(c->worst_class));
  json_put(&object, "average", real_json(c->average));
  json_put(&object, "correct", counts_json(c->correct, groups));
  return object;
}

static json_t *test_json(const despur_scores *s) {
  json_t *object = json_object();
  json_put(&object, "worst_group", real_json(s->worst_group_accuracy));
  json_put(&object, "low", real_json(s->worst_group_low));
  json_put(&object, "high", real_json(s->worst_group_high));
  json_put(&object, "average", real_json(s->average_accuracy));
  json_put(&object, "worst_class", real_json(s->worst_class_accuracy));
  return object;
}

static json_t *method_json(const despur_repaired *of, const despur_scores *test, size_t groups) {
  json_t *object = json_object(), *candidates = json_array();
  json_put(&object, "name", json_string(despur_last_layer_names[of->method]));
  json_put(&object, "label", json_string(despur_last_layer_label(of->method)));
  json_put(&object, "groups_needed", json_string(despur_last_layer_groups(of->method)));
  json_put(&object, "skipped", of->skipped ? json_string(of->skipped) : json_null());
  for (size_t c = 0; c < of->candidates_count; c++)
    json_push(&candidates, candidate_json(&of->candidates[c], of->parameters, groups));
  json_put(&object, "candidates", candidates);
  if (of->skipped) return object;
  json_put(&object, "chosen", json_integer((json_int_t)of->chosen));
  json_put(&object, "cross_validated", json_boolean(of->cross_validated));
  json_put(&object, "optimism", real_json(of->optimism));
  json_put(&object, "fitted_on", json_integer((json_int_t)of->fitted_on));
  json_put(&object, "gap", real_json(of->gap));
  json_put(&object, "converged", json_boolean(of->converged));
  json_put(&object, "test", test_json(test));
  return object;
}

static json_t *point_json(const despur_dial_point *p) {
  const struct {
    const char *name;
    double value;
  } members[] = {{"position", p->position},           {"average", p->average},
                 {"average_low", p->average_low},     {"average_high", p->average_high},
                 {"worst_group", p->worst},           {"worst_group_low", p->worst_low},
                 {"worst_group_high", p->worst_high}, {"loss", p->loss},
                 {"loss_low", p->loss_low},           {"loss_high", p->loss_high}};
  json_t *object = json_object();
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    json_put(&object, members[i].name, real_json(members[i].value));
  return object;
}

static json_t *groups_json(const despur_repair_view *view) {
  json_t *list = json_array();
  for (size_t g = 0; g < view->result->groups_count; g++) {
    json_t *object = json_object();
    json_put(&object, "name", json_text(view->fit_names[g]));
    for (size_t s = 0; s < DESPUR_SPLITS; s++)
      json_put(&object, despur_split_name((despur_split)s),
               json_integer((json_int_t)view->result->group_sizes[s][g]));
    json_push(&list, object);
  }
  return list;
}

static json_t *worst_json(const despur_worst_comparison *w) {
  json_t *object = json_object();
  json_put(&object, "before", real_json(w->first));
  json_put(&object, "after", real_json(w->second));
  json_put(&object, "difference", real_json(w->difference));
  json_put(&object, "low", real_json(w->low));
  json_put(&object, "high", real_json(w->high));
  json_put(&object, "p", real_json(w->p_value));
  json_put(&object, "distinguishable", json_boolean(w->distinguishable));
  return object;
}

static json_t *comparison_json(const despur_comparison *c) {
  json_t *list = json_array();
  for (size_t g = 0; g < c->groups_count; g++) {
    const despur_group_comparison *of = &c->groups[g];
    json_t *object = json_object();
    json_put(&object, "name", json_text(of->name));
    json_put(&object, "before", real_json(of->first));
    json_put(&object, "after", real_json(of->second));
    json_put(&object, "difference", real_json(of->difference));
    json_put(&object, "low", real_json(of->low));
    json_put(&object, "high", real_json(of->high));
    json_put(&object, "p", real_json(of->p_value));
    json_put(&object, "adjusted", real_json(of->adjusted));
    json_push(&list, object);
  }
  return list;
}

static json_t *results_json(const despur_repair_outcome *outcome, const despur_repair_view *view) {
  const despur_repair_result *r = view->result;
  json_t *object = json_object(), *methods = json_array(), *dial = json_array();
  const despur_measured before = despur_model_measured(&outcome->models[0], false),
                        after = despur_model_measured(&outcome->models[1], false);
  for (size_t m = 0; m < r->methods_count; m++)
    json_push(&methods, method_json(&r->methods[m], &outcome->methods[m], r->groups_count));
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) json_push(&dial, point_json(&r->dial[p]));
  json_put(&object, "verdict", json_text(outcome->verdict));
  json_put(&object, "method", json_string(despur_last_layer_names[r->methods[r->best].method]));
  json_put(&object, "select", json_string(despur_repair_rule_name(view->rule)));
  json_put(&object, "position", json_real(view->position));
  json_put(&object, "groups", groups_json(view));
  json_put(&object, "before_from", json_string(r->before_given ? "head" : "erm"));
  json_put(&object, "before_val", candidate_json(&r->before, NULL, r->groups_count));
  json_put(&object, "methods", methods);
  json_put(&object, "dial", dial);
  json_put(&object, "worst_group", worst_json(&outcome->comparison.worst));
  json_put(&object, "by_group", comparison_json(&outcome->comparison));
  json_put(&object, "changed", json_integer((json_int_t)outcome->changed));
  json_put(&object, "before", measured_json(&before));
  json_put(&object, "after", measured_json(&after));
  return object;
}

static despur_status print_json(text *out, json_t *object, despur_error *error) {
  char *printed = json_print(object, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
  json_decref(object);
  if (!printed) return error_set(error, DESPUR_NO_RESOURCES, "out of memory while writing JSON");
  despur_status status = text_add(out, error, "%s\n", printed);
  free(printed);
  return status;
}

/* ---- the page ---- */

typedef struct sections_of {
  const despur_repair_outcome *outcome;
  const despur_repair_view *view;
} sections_of;

static void sections(markup *m, const void *context) {
  const sections_of *of = context;
  repaired_methods(m, of->outcome, of->view);
  repaired_dial(m, of->view);
}

static despur_status make_page(char **page, const despur_repair_outcome *outcome,
                               const despur_repair_view *view, despur_error *error) {
  char lede[400];
  const sections_of context = {outcome, view};
  snprintf(lede, sizeof lede,
           "Before is %s; after is its last layer fitted again. %zu of %zu test examples are predicted "
           "otherwise; changes.csv lists them.",
           view->result->before_given ? "the head that was given"
                                      : "logistic regression on all examples alike",
           outcome->changed, outcome->models[0].predicted.count);
  const page_extra extra = {.title = "A repaired last layer",
                            .sentence = outcome->verdict,
                            .lede = lede,
                            .sections = sections,
                            .again = repaired_again,
                            .context = &context};
  return models_page(page, outcome->models, 2, &extra, error);
}

/* ---- the other files ---- */

static despur_status add_field(text *out, const char *words, const char *end, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!strpbrk(words, ",\"\n\r")) return text_add(out, error, "%s%s", words, end);
  TRY(text_add(out, error, "\""));
  for (; *words; words++) TRY(text_add(out, error, *words == '"' ? "\"\"" : "%c", *words));
  TRY(text_add(out, error, "\"%s", end));
cleanup:
  return status;
}

static despur_status list_changes(text *out, const despur_repair_outcome *outcome,
                                  const despur_repair_view *view, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_predicted *before = &outcome->models[0].predicted, *after = &outcome->models[1].predicted;
  size_t at = 0;
  TRY(text_add(out, error, "example,group,y,before,after\n"));
  for (size_t i = 0; i < view->data->rows; i++) {
    if (view->data->splits[i] != DESPUR_TEST) continue;
    const size_t t = at++;
    if (before->predictions[t] == after->predictions[t]) continue;
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    TRY(add_field(out, view->ids ? view->ids[i] : number, ",", error));
    TRY(add_field(out, before->groups[t] < view->groups_count ? view->group_names[before->groups[t]] : "",
                  ",", error));
    TRY(add_field(out, view->class_names[before->labels[t]], ",", error));
    TRY(add_field(out, view->class_names[before->predictions[t]], ",", error));
    TRY(add_field(out, view->class_names[after->predictions[t]], "\n", error));
  }
cleanup:
  return status;
}

/* "FILE.npz:NAME" is the file; a path that exists is one whatever it looks like. */
static despur_status hash_input(json_t **inputs, const despur_repair_input *input, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *path, hash[SHA256_HEX];
  TRY(mem_copy_text(&path, input->path, error));
  char *colon = strrchr(path, ':');
  if (colon && !file_exists(path)) *colon = 0;
  TRY(file_sha256(path, hash, error));
  json_put(inputs, input->name, json_string(hash));
cleanup:
  mem_free(path);
  return status;
}

static despur_status make_manifest(text *out, const despur_repair_directory *directory,
                                   const char *const paths[NAME_COUNT], const char *patched,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *object = json_object(), *inputs = json_object(), *outputs = json_object();
  for (size_t i = 0; i < directory->inputs_count; i++) TRY(hash_input(&inputs, &directory->inputs[i], error));
  for (size_t i = 0; i < NAME_COUNT; i++) {
    char hash[SHA256_HEX];
    TRY(file_sha256(paths[i], hash, error));
    json_put(&outputs, NAMES[i], json_string(hash));
  }
  if (*patched) {
    char path[FILE_PATH], hash[SHA256_HEX];
    TRY(file_join(path, directory->path, patched, error));
    TRY(file_sha256(path, hash, error));
    json_put(&outputs, patched, json_string(hash));
  }
  json_put(&object, "despur", json_string(DESPUR_VERSION));
  json_put(&object, "outcome", json_string("complete"));
  json_put(&object, "data", json_string(REPAIRED_KIND));
  json_put(&object, "inputs", inputs);
  json_put(&object, "outputs", outputs);
  return print_json(out, object, error);
cleanup:
  json_decref(object);
  json_decref(inputs);
  json_decref(outputs);
  return status;
}

/* ---- the directory ---- */

static bool is_ours(const char *name) {
  bool ours = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "manifest.json") == 0;
  ours |= strncmp(name, "model.", strlen("model.")) == 0;
  for (size_t i = 0; i < NAME_COUNT; i++) ours |= strcmp(name, NAMES[i]) == 0;
  return ours;
}

static despur_status may_fill(const despur_repair_directory *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  const struct dirent *entry;
  if (!file_exists(directory->path) || directory->force) return DESPUR_OK;
  DIR *entries = opendir(directory->path);
  if (!entries) return error_set(error, DESPUR_BAD_USAGE, "%s: %s", directory->path, format_errno(errno));
  while (status == DESPUR_OK && (entry = readdir(entries)))
    if (!is_ours(entry->d_name))
      status =
          error_set(error, DESPUR_BAD_USAGE,
                    "%s: holds '%s', which no repair has left; choose another --out, or --force to write "
                    "into it",
                    directory->path, entry->d_name);
  closedir(entries);
  return status;
}

/* The manifest goes first and comes last: while it is not there nothing claims to be complete. */
despur_status despur_report_repair(const despur_repair_outcome *outcome, const despur_repair_view *view,
                                   const despur_repair_directory *directory, despur_repair_check *check,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  text results = {0}, changes = {0}, manifest = {0};
  char *page = NULL, paths_room[NAME_COUNT][FILE_PATH], manifest_path[FILE_PATH];
  const char *paths[NAME_COUNT];
  if (!outcome->verdict || !directory->config)
    FAIL(error, DESPUR_BAD_INPUT, "repair: nothing has been measured");
  TRY(may_fill(directory, error));
  for (size_t i = 0; i < NAME_COUNT; i++) {
    TRY(file_join(paths_room[i], directory->path, NAMES[i], error));
    paths[i] = paths_room[i];
  }
  TRY(file_join(manifest_path, directory->path, "manifest.json", error));
  TRY(print_json(&results, results_json(outcome, view), error));
  TRY(make_page(&page, outcome, view, error));
  TRY(list_changes(&changes, outcome, view, error));
  TRY(file_make_directories(directory->path, error));
  if (remove(manifest_path) != 0 && errno != ENOENT)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: %s", manifest_path, format_errno(errno));
  TRY(file_write_text(paths[0], directory->config, error));
  TRY(file_write_text(paths[1], results.data, error));
  TRY(file_write_text(paths[2], page, error));
  TRY(repaired_write_heads(check, outcome, view->data, directory, error));
  TRY(file_write_text(paths[5], changes.data, error));
  TRY(make_manifest(&manifest, directory, paths, check->patched, error));
  TRY(file_write_text(manifest_path, manifest.data, error));
cleanup:
  mem_free(results.data);
  mem_free(changes.data);
  mem_free(manifest.data);
  mem_free(page);
  return status;
}
