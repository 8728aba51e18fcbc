#include "report/loading/load.h"

#include "base/memory.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MANIFEST_LIMIT = 16 << 20 };

/* given: its text, or NULL; then the file at path is read, if it is there. */
static despur_status load_manifest(record_manifest *out, const char *given, const char *path,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char *content = NULL;
  size_t bytes = 0;
  if (given) return manifest_parse(out, given, strlen(given), path, error);
  if (!file_exists(path)) return manifest_from(out, NULL, error);
  TRY(file_read(&content, &bytes, path, MANIFEST_LIMIT, error));
  TRY(manifest_parse(out, content, bytes, path, error));
cleanup:
  mem_free(content);
  return status;
}

despur_status report_load(report_run *out, const char *directory, const char *manifest, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  *out = (report_run){0};
  TRY(mem_copy_text(&out->directory, directory, error));
  TRY(file_join(path, directory, "config.yaml", error));
  TRY(report_load_config(out, path, error));
  TRY(file_join(path, directory, "results.jsonl", error));
  TRY(report_load_results(out, path, error));
  TRY(file_join(path, directory, "manifest.json", error));
  TRY(load_manifest(&out->manifest, manifest, path, error));
cleanup:
  return status;
}

despur_status report_hold(int *hold, const char *directory, despur_error *error) {
  *hold = file_open_as(directory, O_RDONLY | O_DIRECTORY);
  if (*hold < 0) return file_read_failed(directory, errno, error);
  if (file_lock_shared(*hold) != FILE_LOCK_HELD) return DESPUR_OK;
  close(*hold);
  *hold = -1;
  return error_set(error, DESPUR_BAD_USAGE, "%s: another process is at work in it", directory);
}

despur_status report_load_details(report_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], groups[1024];
  TRY(file_join(path, run->directory, "cam.json", error));
  TRY(report_load_cam(run, path, error));
  TRY(file_join(path, run->directory, "embedding.csv", error));
  TRY(file_join(groups, run->directory, "groups.csv", error));
  if (file_exists(path) && file_exists(groups)) TRY(report_load_points(run, path, groups, error));
  TRY(file_join(path, run->directory, "predictions.csv", error));
  if (file_exists(path)) {
    TRY(despur_predicted_read(&run->predicted, path, NULL, error));
    TRY(despur_measures_compute(&run->measures, &run->predicted, error));
  }
cleanup:
  return status;
}

const report_rule *report_used_rule(const report_run *run) {
  const char *name = report_setting(run, "select.rule");
  for (size_t i = 0; i < run->rule_count; i++)
    if (strcmp(run->rules[i].name, name) == 0) return &run->rules[i];
  return NULL;
}

const report_stage *report_first_stage(const report_run *run) {
  for (size_t s = 0; s < REPORT_STAGES; s++)
    if (run->stages[s].final) return &run->stages[s];
  return NULL;
}

const report_stage *report_last_stage(const report_run *run) {
  for (size_t s = REPORT_STAGES; s-- > 0;)
    if (run->stages[s].final) return &run->stages[s];
  return NULL;
}

const report_stage *report_final_stage(const report_run *run) {
  const report_stage *last = report_last_stage(run);
  return last == &run->stages[REPORT_REFERENCE] ? NULL : last;
}

bool report_has_attributes(const report_run *run) {
  const report_stage *last = report_last_stage(run);
  for (size_t g = 0; last && g < last->final->scores.groups_count; g++)
    if (last->final->scores.groups[g].attribute != DESPUR_NO_CODE) return true;
  return false;
}

const char *report_group_word(const report_run *run) {
  return report_has_attributes(run) ? "group" : "class";
}

static void release_stage(report_stage *stage) {
  for (size_t i = 0; i < stage->epoch_count; i++) mem_free(stage->epochs[i].weights);
  for (size_t i = 0; i < stage->eval_count; i++) despur_scores_release(&stage->evals[i].scores);
  despur_scores_release(&stage->inferred);
  mem_free(stage->epochs);
  mem_free(stage->evals);
  mem_free(stage->weight_names);
}

void report_run_release(report_run *run) {
  for (size_t s = 0; s < REPORT_STAGES; s++) release_stage(&run->stages[s]);
  for (size_t p = 0; p < run->inference.part_count; p++) mem_free(run->inference.parts[p].search);
  mem_free(run->inference.parts);
  mem_free(run->inference.inferred_names);
  mem_free(run->inference.inferred_labels);
  mem_free(run->inference.true_labels);
  mem_free(run->inference.true_attributes);
  mem_free(run->inference.true_names);
  mem_free(run->inference.contingency);
  for (size_t g = 0; g < run->cam.group_count; g++) mem_free(run->cam.groups[g].picture);
  mem_free(run->cam.groups);
  mem_free(run->points);
  despur_predicted_release(&run->predicted);
  despur_measures_release(&run->measures);
  text_pairs_release(&run->keys);
  manifest_release(&run->manifest);
  mem_free(run->rules);
  mem_free(run->directory);
  mem_free(run->config);
  *run = (report_run){0};
}
