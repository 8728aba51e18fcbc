/* The directory of a repair. */
#include "base/format.h"
#include "base/memory.h"
#include "io/csv_write.h"
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

static void put_counts(json_writer *j, const char *name, const size_t *values, size_t count) {
  json_open(j, name, '[');
  for (size_t i = 0; i < count; i++) json_write_count(j, NULL, values[i]);
  json_close(j);
}

static void put_candidate(json_writer *j, const char *name, const despur_repair_candidate *c,
                          const char *const *names, size_t groups) {
  json_open(j, name, '{');
  for (size_t p = 0; names && p < DESPUR_REPAIR_PARAMETERS && names[p]; p++)
    json_write_real(j, names[p], c->parameters[p]);
  json_write_real(j, "worst_group", c->worst_group);
  json_write_real(j, "worst_class", c->worst_class);
  json_write_real(j, "average", c->average);
  put_counts(j, "correct", c->correct, groups);
  json_close(j);
}

static void put_test(json_writer *j, const despur_scores *s) {
  json_open(j, "test", '{');
  json_write_real(j, "worst_group", s->worst_group_accuracy);
  json_write_real(j, "low", s->worst_group_low);
  json_write_real(j, "high", s->worst_group_high);
  json_write_real(j, "average", s->average_accuracy);
  json_write_real(j, "worst_class", s->worst_class_accuracy);
  json_close(j);
}

static void put_method(json_writer *j, const despur_repaired *of, const despur_scores *test, size_t groups) {
  json_open(j, NULL, '{');
  json_write_text(j, "name", despur_last_layer_names[of->method]);
  json_write_text(j, "label", despur_last_layer_label(of->method));
  json_write_text(j, "groups_needed", despur_last_layer_groups(of->method));
  json_write_text(j, "skipped", of->skipped);
  json_open(j, "candidates", '[');
  for (size_t c = 0; c < of->candidates_count; c++)
    put_candidate(j, NULL, &of->candidates[c], of->parameters, groups);
  json_close(j);
  if (!of->skipped) {
    json_write_count(j, "chosen", of->chosen);
    json_write_flag(j, "cross_validated", of->cross_validated);
    json_write_real(j, "optimism", of->optimism);
    json_write_count(j, "fitted_on", of->fitted_on);
    json_write_real(j, "gap", of->gap);
    json_write_flag(j, "converged", of->converged);
    put_test(j, test);
  }
  json_close(j);
}

static void put_point(json_writer *j, const despur_dial_point *p) {
  const struct {
    const char *name;
    double value;
  } members[] = {{"position", p->position},           {"average", p->average},
                 {"average_low", p->average_low},     {"average_high", p->average_high},
                 {"worst_group", p->worst},           {"worst_group_low", p->worst_low},
                 {"worst_group_high", p->worst_high}, {"loss", p->loss},
                 {"loss_low", p->loss_low},           {"loss_high", p->loss_high}};
  json_open(j, NULL, '{');
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    json_write_real(j, members[i].name, members[i].value);
  json_close(j);
}

static void put_groups(json_writer *j, const despur_repair_view *view) {
  json_open(j, "groups", '[');
  for (size_t g = 0; g < view->result->groups_count; g++) {
    json_open(j, NULL, '{');
    json_write_text(j, "name", view->fit_names[g]);
    for (size_t s = 0; s < DESPUR_SPLITS; s++)
      json_write_count(j, despur_split_name((despur_split)s), view->result->group_sizes[s][g]);
    json_close(j);
  }
  json_close(j);
}

static void put_worst(json_writer *j, const despur_worst_comparison *w) {
  json_open(j, "worst_group", '{');
  json_write_real(j, "before", w->first);
  json_write_real(j, "after", w->second);
  json_write_real(j, "difference", w->difference);
  json_write_real(j, "low", w->low);
  json_write_real(j, "high", w->high);
  json_write_real(j, "p", w->p_value);
  json_write_flag(j, "distinguishable", w->distinguishable);
  json_close(j);
}

static void put_comparison(json_writer *j, const despur_comparison *c) {
  json_open(j, "by_group", '[');
  for (size_t g = 0; g < c->groups_count; g++) {
    const despur_group_comparison *of = &c->groups[g];
    json_open(j, NULL, '{');
    json_write_text(j, "name", of->name);
    json_write_real(j, "before", of->first);
    json_write_real(j, "after", of->second);
    json_write_real(j, "difference", of->difference);
    json_write_real(j, "low", of->low);
    json_write_real(j, "high", of->high);
    json_write_real(j, "p", of->p_value);
    json_write_real(j, "adjusted", of->adjusted);
    json_close(j);
  }
  json_close(j);
}

static despur_status print_results(char **out, const despur_repair_outcome *outcome,
                                   const despur_repair_view *view, json_style style, despur_error *error) {
  const despur_repair_result *r = view->result;
  json_writer j = {.style = style, .digits = 12};
  const despur_measured before = despur_model_measured(&outcome->models[0], false),
                        after = despur_model_measured(&outcome->models[1], false);
  json_open(&j, NULL, '{');
  json_write_text(&j, "verdict", outcome->verdict);
  json_write_text(&j, "caution", outcome->caution);
  json_write_text(&j, "method", despur_last_layer_names[r->methods[r->best].method]);
  json_write_text(&j, "select", despur_repair_rule_name(view->rule));
  json_write_text(&j, "features", view->features);
  json_write_real(&j, "position", view->position);
  put_groups(&j, view);
  json_write_text(&j, "before_from", r->before_given ? "head" : "erm");
  put_candidate(&j, "before_val", &r->before, NULL, r->groups_count);
  json_open(&j, "methods", '[');
  for (size_t m = 0; m < r->methods_count; m++)
    put_method(&j, &r->methods[m], &outcome->methods[m], r->groups_count);
  json_close(&j);
  json_open(&j, "dial", '[');
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) put_point(&j, &r->dial[p]);
  json_close(&j);
  put_worst(&j, &outcome->comparison.worst);
  put_comparison(&j, &outcome->comparison);
  json_write_count(&j, "changed", outcome->changed);
  measured_write(&j, "before", &before);
  measured_write(&j, "after", &after);
  json_close(&j);
  return json_finish(out, &j, error);
}

despur_status despur_repair_json(char **json, const despur_repair_outcome *outcome,
                                 const despur_repair_view *view, despur_error *error) {
  *json = NULL;
  if (!outcome->verdict) return error_set(error, DESPUR_BAD_INPUT, "repair: nothing has been measured");
  return print_results(json, outcome, view, JSON_LINE, error);
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
  char lede[1600], from[700] = "";
  const sections_of context = {outcome, view};
  if (view->features)
    snprintf(from, sizeof from, " Features: %zu for each of %zu examples, from %.600s.", view->data->columns,
             view->data->rows, view->features);
  snprintf(lede, sizeof lede,
           "Before is %s; after is its last layer fitted again. %zu of %zu test examples are predicted "
           "otherwise; changes.csv lists them.%s%s%s",
           view->result->before_given ? "the head that was given"
                                      : "logistic regression on all examples alike",
           outcome->changed, outcome->models[0].predicted.count, from, outcome->caution ? " " : "",
           outcome->caution ? outcome->caution : "");
  const page_extra extra = {.title = "A repaired last layer",
                            .sentence = outcome->verdict,
                            .lede = lede,
                            .sections = sections,
                            .again = repaired_again,
                            .context = &context};
  return models_page(page, outcome->models, 2, &extra, error);
}

/* ---- the other files ---- */

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
    TRY(csv_add_field(out, view->ids ? view->ids[i] : number, ",", error));
    TRY(csv_add_field(out, before->groups[t] < view->groups_count ? view->group_names[before->groups[t]] : "",
                      ",", error));
    TRY(csv_add_field(out, view->class_names[before->labels[t]], ",", error));
    TRY(csv_add_field(out, view->class_names[before->predictions[t]], ",", error));
    TRY(csv_add_field(out, view->class_names[after->predictions[t]], "\n", error));
  }
cleanup:
  return status;
}

/* "FILE.npz:NAME" is the file; a path that exists is one whatever it looks like. */
static despur_status hash_input(text_pairs *inputs, const despur_repair_input *input, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *path, hash[SHA256_HEX];
  TRY(mem_copy_text(&path, input->path, error));
  char *colon = strrchr(path, ':');
  if (colon && !file_exists(path)) *colon = 0;
  TRY(file_sha256(path, hash, error));
  TRY(text_pairs_add(inputs, input->name, hash, error));
cleanup:
  mem_free(path);
  return status;
}

static despur_status hash_output(text_pairs *outputs, const char *name, const char *path,
                                 despur_error *error) {
  char hash[SHA256_HEX];
  despur_status status = file_sha256(path, hash, error);
  return status == DESPUR_OK ? text_pairs_add(outputs, name, hash, error) : status;
}

static despur_status make_manifest(char **out, const despur_repair_directory *directory,
                                   const char *const paths[NAME_COUNT], const char *patched,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char version[] = DESPUR_VERSION, outcome[] = "complete", data[] = REPAIRED_KIND, path[FILE_PATH];
  record_manifest manifest = {.version = version, .outcome = outcome, .data = data, .hashed = true};
  for (size_t i = 0; i < directory->inputs_count; i++)
    TRY(hash_input(&manifest.inputs, &directory->inputs[i], error));
  for (size_t i = 0; i < NAME_COUNT; i++) TRY(hash_output(&manifest.outputs, NAMES[i], paths[i], error));
  if (*patched) {
    TRY(file_join(path, directory->path, patched, error));
    TRY(hash_output(&manifest.outputs, patched, path, error));
  }
  TRY(manifest_print(out, &manifest, error));
cleanup:
  text_pairs_release(&manifest.inputs);
  text_pairs_release(&manifest.outputs);
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
  text changes = {0};
  char *results = NULL, *manifest = NULL, *page = NULL, paths_room[NAME_COUNT][FILE_PATH],
       manifest_path[FILE_PATH];
  const char *paths[NAME_COUNT];
  if (!outcome->verdict || !directory->config)
    FAIL(error, DESPUR_BAD_INPUT, "repair: nothing has been measured");
  TRY(may_fill(directory, error));
  for (size_t i = 0; i < NAME_COUNT; i++) {
    TRY(file_join(paths_room[i], directory->path, NAMES[i], error));
    paths[i] = paths_room[i];
  }
  TRY(file_join(manifest_path, directory->path, "manifest.json", error));
  TRY(print_results(&results, outcome, view, JSON_PRETTY, error));
  TRY(make_page(&page, outcome, view, error));
  TRY(list_changes(&changes, outcome, view, error));
  TRY(file_make_directories(directory->path, error));
  if (remove(manifest_path) != 0 && errno != ENOENT)
    FAIL(error, DESPUR_NO_RESOURCES, "%s: %s", manifest_path, format_errno(errno));
  TRY(file_write_text(paths[0], directory->config, error));
  TRY(file_write_text(paths[1], results, error));
  TRY(file_write_text(paths[2], page, error));
  TRY(repaired_write_heads(check, outcome, view->data, directory, error));
  TRY(file_write_text(paths[5], changes.data, error));
  TRY(make_manifest(&manifest, directory, paths, check->patched, error));
  TRY(file_write_text(manifest_path, manifest, error));
cleanup:
  mem_free(results);
  mem_free(changes.data);
  mem_free(manifest);
  mem_free(page);
  return status;
}
