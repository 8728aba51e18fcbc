/* results.jsonl: one JSON object a line. Lines of kinds that this program does not know are passed over. */
#include "base/format.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/stats.h"
#include "io/file.h"
#include "record/results.h"
#include "report/loading/group_name.h"
#include "report/loading/load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static despur_status add_item(void *items, size_t *count, size_t size, despur_error *error) {
  /* room doubles: counts that are powers of two are when it is full */
  size_t n = *count;
  if ((n & (n - 1)) == 0) {
    despur_status status = mem_grow(items, n, n ? 2 * n : 1, size, error);
    if (status != DESPUR_OK) return status;
  }
  ++*count;
  return DESPUR_OK;
}

static void copy_name(char out[DESPUR_GROUP_NAME], const char *name) {
  snprintf(out, DESPUR_GROUP_NAME, "%s", name ? name : "");
}

static despur_status take_weights(report_stage *stage, report_epoch *epoch, const result_line *line,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = line->weights_count;
  if (count == 0) return DESPUR_OK;
  if (!stage->weight_names) {
    TRY(mem_alloc(&stage->weight_names, count, sizeof *stage->weight_names, error));
    stage->weight_count = count;
    for (size_t g = 0; g < count; g++) copy_name(stage->weight_names[g], line->weights[g].name);
  }
  if (count != stage->weight_count) return DESPUR_OK;
  TRY(mem_alloc(&epoch->weights, count, sizeof *epoch->weights, error));
  for (size_t g = 0; g < count; g++) epoch->weights[g] = line->weights[g].weight;
cleanup:
  return status;
}

static despur_status take_epoch(report_stage *stage, const result_line *line, despur_error *error) {
  despur_status status = add_item(&stage->epochs, &stage->epoch_count, sizeof *stage->epochs, error);
  if (status != DESPUR_OK) return status;
  report_epoch *epoch = &stage->epochs[stage->epoch_count - 1];
  epoch->epoch = line->epoch;
  epoch->loss = line->loss;
  return take_weights(stage, epoch, line, error);
}

/* Intervals are computed again, from the counts. */
static void complete_group(despur_group_score *group) {
  if (group->correct > group->count) group->correct = group->count;
  despur_interval range = despur_wilson_interval(group->correct, group->count, 0.95);
  group->low = range.low;
  group->high = range.high;
  group->accuracy = group->count ? (double)group->correct / (double)group->count : (double)NAN;
}

/* The worst group is found anew: lines name it, but two groups may bear one name. */
static void find_worst_group(despur_scores *scores) {
  scores->worst_group = scores->groups_count;
  scores->worst_group_accuracy = (double)NAN;
  for (size_t g = 0; g < scores->groups_count; g++) {
    double accuracy = scores->groups[g].accuracy;
    if (isnan(accuracy) || accuracy >= scores->worst_group_accuracy) continue;
    scores->worst_group = g;
    scores->worst_group_accuracy = accuracy;
  }
}

/* Runs of before say labels and attributes in the names of groups alone. */
static despur_status complete_codes(despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = scores->groups_count;
  uint32_t *codes = NULL;
  for (size_t g = 0; g < count; g++)
    if (scores->groups[g].label != DESPUR_NO_CODE) return DESPUR_OK;
  TRY(mem_alloc(&codes, count, 2 * sizeof *codes, error));
  TRY(group_names_read(codes, codes + count, scores->names, count, error));
  for (size_t g = 0; g < count; g++) {
    scores->groups[g].label = codes[g];
    scores->groups[g].attribute = codes[count + g];
  }
cleanup:
  mem_free(codes);
  return status;
}

static despur_status copy_group_names(despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  size_t count = scores->groups_count;
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t g = 0; g < count; g++) names[g] = scores->groups[g].name ? scores->groups[g].name : "";
  TRY(text_copy_all(&scores->names, names, count, error));
  for (size_t g = 0; g < count; g++) scores->groups[g].name = scores->names[g];
cleanup:
  mem_free(names);
  return status;
}

static despur_status take_scores(despur_scores *out, const despur_scores *read, despur_error *error) {
  size_t count = read->groups_count;
  *out = *read;
  out->groups_count = 0;
  despur_status status = mem_alloc(&out->groups, count, sizeof *out->groups, error);
  if (status != DESPUR_OK) return status;
  out->groups_count = count;
  if (count > 0) memcpy(out->groups, read->groups, count * sizeof *out->groups);
  for (size_t g = 0; g < count; g++) complete_group(&out->groups[g]);
  find_worst_group(out);
  status = copy_group_names(out, error);
  return status == DESPUR_OK ? complete_codes(out, error) : status;
}

static despur_status take_eval(report_stage *stage, const result_line *line, despur_split split,
                               despur_error *error) {
  despur_status status = add_item(&stage->evals, &stage->eval_count, sizeof *stage->evals, error);
  if (status != DESPUR_OK) return status;
  report_eval *eval = &stage->evals[stage->eval_count - 1];
  eval->epoch = line->epoch;
  eval->split = split;
  eval->selected = line->selected;
  if (eval->selected) copy_name(stage->label, line->label);
  return take_scores(&eval->scores, &line->scores, error);
}

static despur_status take_rules(report_run *out, const result_line *line, despur_error *error) {
  if (out->rules || line->rules_count == 0) return DESPUR_OK;
  despur_status status = mem_alloc(&out->rules, line->rules_count, sizeof *out->rules, error);
  if (status != DESPUR_OK) return status;
  out->rule_count = line->rules_count;
  for (size_t i = 0; i < out->rule_count; i++) {
    const result_rule *rule = &line->rules[i];
    copy_name(out->rules[i].name, rule->name);
    out->rules[i].epoch = rule->epoch;
    out->rules[i].worst_group_accuracy = rule->test_worst_group_accuracy;
    out->rules[i].regret = rule->regret;
    out->rules[i].val_worst_group_accuracy = rule->val_worst_group_accuracy;
    out->rules[i].optimism = rule->optimism;
  }
  return DESPUR_OK;
}

static void take_repair(report_repair *out, const result_line *line) {
  size_t used = 0;
  *out = (report_repair){.present = true,
                         .fitted_on = line->fitted_on,
                         .candidates = line->attempts_count,
                         .cross_validated = line->cross_validated,
                         .val_worst_group_accuracy = line->val_worst_group_accuracy,
                         .optimism = line->optimism,
                         .gap = line->converged ? (double)NAN : line->gap};
  format_text(out->method, sizeof out->method, "%s", line->method ? line->method : "");
  for (size_t i = 0; i < line->parameters_count && used + 1 < sizeof out->parameters; i++) {
    const result_parameter *p = &line->parameters[i];
    int added = format_text(out->parameters + used, sizeof out->parameters - used, "%s%s = %g", i ? ", " : "",
                            p->name ? p->name : "", p->value);
    if (added > 0) used += (size_t)added;
  }
}

static despur_status take_part(report_part *out, const result_part *part, despur_error *error) {
  despur_status status = mem_alloc(&out->search, part->search_count, sizeof *out->search, error);
  if (status != DESPUR_OK) return status;
  copy_name(out->name, part->name);
  out->clusters = part->clusters;
  out->silhouette = part->silhouette;
  for (size_t i = 0; i < part->search_count; i++) {
    report_silhouette point = {part->search[i].clusters, part->search[i].silhouette};
    if (point.clusters > 0 && !isnan(point.silhouette)) out->search[out->search_count++] = point;
  }
  return DESPUR_OK;
}

static despur_status take_names(char (**out)[DESPUR_GROUP_NAME], size_t *count, const char *const *names,
                                size_t names_count, despur_error *error) {
  despur_status status = mem_alloc(out, names_count, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  *count = names_count;
  for (size_t i = 0; i < *count; i++) copy_name((*out)[i], names[i]);
  return DESPUR_OK;
}

static void take_known(uint32_t *out, const uint32_t *codes, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = codes ? codes[i] : DESPUR_NO_CODE;
}

/* Labels of inferred and true groups, and attributes of the latter; runs of before have them in the names. */
static despur_status take_codes(report_inference *out, const result_line *line, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t inferred = line->inferred_count, truth = line->true_count;
  const char **names = NULL;
  uint32_t *labels = NULL;
  TRY(mem_alloc(&out->inferred_labels, inferred, sizeof *out->inferred_labels, error));
  TRY(mem_alloc(&out->true_labels, truth, sizeof *out->true_labels, error));
  TRY(mem_alloc(&out->true_attributes, truth, sizeof *out->true_attributes, error));
  if (line->true_labels) {
    take_known(out->inferred_labels, line->inferred_labels, inferred);
    take_known(out->true_labels, line->true_labels, truth);
    take_known(out->true_attributes, line->true_attributes, truth);
    goto cleanup;
  }
  TRY(mem_alloc(&names, inferred + truth, sizeof *names, error));
  TRY(mem_alloc(&labels, inferred + truth, sizeof *labels, error));
  for (size_t i = 0; i < inferred; i++) names[i] = out->inferred_names[i];
  for (size_t j = 0; j < truth; j++) names[inferred + j] = out->true_names[j];
  TRY(group_names_read(labels, NULL, names, inferred + truth, error));
  TRY(group_names_read(out->true_labels, out->true_attributes, names + inferred, truth, error));
  take_known(out->inferred_labels, labels, inferred);
  take_known(out->true_labels, labels + inferred, truth);
cleanup:
  mem_free(names);
  mem_free(labels);
  return status;
}

static despur_status take_inference(report_inference *out, const result_line *line, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t cells = line->inferred_count * line->true_count;
  if (out->present) return DESPUR_OK;
  out->present = true;
  out->adjusted_rand = line->adjusted_rand;
  out->minority_precision = line->minority_precision;
  out->minority_recall = line->minority_recall;
  TRY(mem_alloc(&out->parts, line->parts_count, sizeof *out->parts, error));
  for (size_t i = 0; i < line->parts_count; i++)
    TRY(take_part(&out->parts[out->part_count++], &line->parts[i], error));
  TRY(take_names(&out->inferred_names, &out->inferred, line->inferred_names, line->inferred_count, error));
  TRY(take_names(&out->true_names, &out->truth, line->true_names, line->true_count, error));
  TRY(take_codes(out, line, error));
  TRY(mem_alloc(&out->contingency, cells, sizeof *out->contingency, error));
  if (cells > 0) memcpy(out->contingency, line->contingency, cells * sizeof *out->contingency);
cleanup:
  return status;
}

/* The scores of a network in the inferred groups. */
static despur_status take_inferred(report_stage *stage, const result_line *line, despur_split split,
                                   despur_error *error) {
  if (stage->inferred.groups) return DESPUR_OK;
  stage->inferred_split = split;
  return take_scores(&stage->inferred, &line->scores, error);
}

static report_stage *find_stage(report_run *out, const char *name) {
  for (size_t s = 0; name && s < REPORT_STAGES; s++)
    if (strcmp(name, despur_network_names[s]) == 0) return &out->stages[s];
  return NULL;
}

static bool find_split(despur_split *out, const char *name) {
  for (*out = 0; name && *out < DESPUR_SPLITS; ++*out)
    if (strcmp(name, despur_split_name(*out)) == 0) return true;
  return false;
}

static despur_status take_line(report_run *out, const result_line *line, despur_error *error) {
  despur_split split;
  if (line->kind == RESULT_GROUPS) return take_inference(&out->inference, line, error);
  report_stage *stage = find_stage(out, line->kind == RESULT_INFERRED ? line->network : line->stage);
  if (!stage) return DESPUR_OK;
  if (line->kind == RESULT_REPAIR) {
    take_repair(&out->repair, line);
    return DESPUR_OK;
  }
  if (line->kind == RESULT_RULES)
    return stage == &out->stages[REPORT_TRAIN] ? take_rules(out, line, error) : DESPUR_OK;
  if (line->kind == RESULT_OTHER || !find_split(&split, line->split)) return DESPUR_OK;
  if (line->kind == RESULT_EPOCH) return take_epoch(stage, line, error);
  return line->kind == RESULT_INFERRED ? take_inferred(stage, line, split, error)
                                       : take_eval(stage, line, split, error);
}

static despur_status read_line(report_run *out, const char *content, size_t bytes, const char *path,
                               size_t number, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_value *object;
  result_line line = {0};
  TRY(json_read_object(&object, content, bytes, path, number, error));
  status = result_line_read(&line, object, error);
  if (status == DESPUR_BAD_INPUT) error_prefix(error, "%s:%zu: ", path, number);
  if (status == DESPUR_OK) status = take_line(out, &line, error);
cleanup:
  result_line_release(&line);
  mem_free(object);
  return status;
}

/* A stage without a label of its own is called after what it did. Of one that did not end the last
 * measurement stands for the final one. */
static void complete_stages(report_run *out) {
  const char *labels[REPORT_STAGES] = {"ERM", report_setting(out, "label")};
  if (!*labels[REPORT_TRAIN]) labels[REPORT_TRAIN] = report_setting(out, "train.method");
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    report_stage *stage = &out->stages[s];
    if (stage->eval_count > 0) stage->final = &stage->evals[stage->eval_count - 1];
    for (size_t i = 0; i < stage->eval_count; i++)
      if (stage->evals[i].selected) stage->final = &stage->evals[i];
    if (!*stage->label) snprintf(stage->label, sizeof stage->label, "%s", labels[s]);
  }
}

despur_status report_load_results(report_run *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *content = NULL;
  size_t bytes, number = 1;
  TRY(file_read(&content, &bytes, path, REPORT_RESULTS_MOST, error));
  for (const char *at = content, *end = content + bytes; at < end; number++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (stop > at) TRY(read_line(out, at, (size_t)(stop - at), path, number, error));
    at = stop + 1;
  }
  complete_stages(out);
cleanup:
  mem_free(content);
  return status;
}
