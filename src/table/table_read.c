/* From directories to runs with one number each. */
#include "base/memory.h"
#include "io/file.h"
#include "record/timing.h"
#include "report/loading/load.h"
#include "table/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMING_LIMIT_BYTES = 1 << 20 };

/* ---- measures ---- */

/* The measurement of the kept weights on the split: the one at the end of the stage, or that of the epoch
 * that was kept. */
static const despur_scores *find_scores(const report_run *loaded, despur_split split) {
  const report_stage *stage = report_final_stage(loaded);
  const report_eval *kept = stage ? stage->final : NULL;
  if (!kept || kept->split == split) return kept ? &kept->scores : NULL;
  for (size_t i = 0; i < stage->eval_count; i++)
    if (stage->evals[i].split == split && stage->evals[i].epoch == kept->epoch)
      return &stage->evals[i].scores;
  return NULL;
}

static double value_of_rule(const report_run *loaded, const char *rule) {
  for (size_t i = 0; i < loaded->rule_count; i++)
    if (!strcmp(loaded->rules[i].name, rule)) return loaded->rules[i].worst_group_accuracy;
  return (double)NAN;
}

/* What validation says of the epoch that was chosen on it, or of the last layer. */
static double value_of_choice(const report_run *loaded, bool corrected) {
  const report_rule *rule = report_used_rule(loaded);
  const report_repair *repair = &loaded->repair;
  if (repair->present)
    return corrected ? repair->val_worst_group_accuracy - repair->optimism : repair->optimism;
  if (!rule) return (double)NAN;
  return corrected ? rule->val_worst_group_accuracy - rule->optimism : rule->optimism;
}

/* Of the whole run, from start to end. */
static despur_status seconds_of(double *seconds, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  char *content = NULL;
  size_t bytes;
  record_timing timing;
  *seconds = (double)NAN;
  TRY(text_add(&path, error, "%s/timing.json", directory));
  TRY(file_read(&content, &bytes, path.data, TIMING_LIMIT_BYTES, error));
  TRY(timing_parse(&timing, content, bytes, path.data, error));
  *seconds = timing_of(&timing, "total");
cleanup:
  mem_free(content);
  mem_free(path.data);
  return status == DESPUR_NO_RESOURCES ? status : DESPUR_OK; /* without a readable file it is not known */
}

static despur_status value_of(double *value, const report_run *loaded, const despur_table *table,
                              const despur_scores *scores, despur_error *error) {
  const char *measure = table->measure_name;
  const report_inference *inference = &loaded->inference;
  if (!strcmp(measure, "seconds")) return seconds_of(value, loaded->directory, error);
  if (!strncmp(measure, "rule.", 5))
    *value = value_of_rule(loaded, measure + 5);
  else if (table->measure.validation)
    *value = value_of_choice(loaded, strcmp(measure, "optimism") != 0);
  else if (!strcmp(measure, "adjusted_rand"))
    *value = inference->present ? inference->adjusted_rand : (double)NAN;
  else if (!strcmp(measure, "minority_recall"))
    *value = inference->present ? inference->minority_recall : (double)NAN;
  else
    *value = despur_score_value(scores, table->measure.score); /* judge has said that there are some */
  return DESPUR_OK;
}

/* ---- reading ---- */

static despur_status read_config(table_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  despur_error why;
  TRY(despur_config_create(&run->config, error));
  TRY(text_add(&path, error, "%s/config.yaml", run->directory));
  if (despur_config_load(run->config, path.data, &why) != DESPUR_OK) {
    if (why.status == DESPUR_NO_RESOURCES) FAIL(error, why.status, "%s", why.message);
    snprintf(run->left_out, sizeof run->left_out, "%.600s", why.message);
    despur_config_free(run->config);
    run->config = NULL;
  }
cleanup:
  mem_free(path.data);
  return status;
}

/* Whether the run counts; else left_out says why not. */
static bool judge(table_run *run, const report_run *loaded, const char *split, bool measured) {
  const char *outcome = loaded->manifest.outcome;
  if (!*outcome)
    snprintf(run->left_out, sizeof run->left_out, "not finished: there is no manifest.json");
  else if (strcmp(outcome, "complete") != 0)
    snprintf(run->left_out, sizeof run->left_out, "%.40s: %.512s", outcome, loaded->manifest.message);
  else if (!measured)
    snprintf(run->left_out, sizeof run->left_out, "there are no measures of its final network on split %s",
             split);
  return !*run->left_out;
}

despur_status table_read_run(table_run *run, const despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  report_run loaded = {0};
  despur_error why;
  run->value = (double)NAN;
  TRY(read_config(run, error));
  if (!run->config) goto cleanup;
  if (table->rule >= 0) run->config->select.rule = table->rule;
  if (report_load(&loaded, run->directory, NULL, &why) != DESPUR_OK) {
    if (why.status == DESPUR_NO_RESOURCES) FAIL(error, why.status, "%s", why.message);
    snprintf(run->left_out, sizeof run->left_out, "%.600s", why.message);
    goto cleanup;
  }
  snprintf(run->outcome, sizeof run->outcome, "%.15s", loaded.manifest.outcome);
  snprintf(run->version, sizeof run->version, "%.31s", loaded.manifest.version);
  const despur_scores *scores = find_scores(&loaded, table->split_index);
  /* a last layer is judged in folds of validation, and its choice has no scores there */
  const bool measured = scores || (table->measure.validation && loaded.repair.present);
  if (judge(run, &loaded, table->split, measured)) TRY(value_of(&run->value, &loaded, table, scores, error));
cleanup:
  report_run_release(&loaded);
  return status;
}
