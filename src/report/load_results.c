/* results.jsonl: one JSON object a line. Lines of kinds that this program does not know are passed over. */
#include "base/json_read.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/stats.h"
#include "io/file.h"
#include "report/load.h"

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

static despur_status read_weights(report_stage *stage, report_epoch *epoch, json_t *weights,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = json_array_size(weights);
  if (count == 0) return DESPUR_OK;
  if (!stage->weight_names) {
    TRY(mem_alloc(&stage->weight_names, count, sizeof *stage->weight_names, error));
    stage->weight_count = count;
    for (size_t g = 0; g < count; g++)
      json_member_name(stage->weight_names[g], DESPUR_GROUP_NAME, json_array_get(weights, g), "name");
  }
  if (count != stage->weight_count) return DESPUR_OK;
  TRY(mem_alloc(&epoch->weights, count, sizeof *epoch->weights, error));
  for (size_t g = 0; g < count; g++)
    epoch->weights[g] = json_member_number(json_array_get(weights, g), "weight");
cleanup:
  return status;
}

static despur_status read_epoch(report_stage *stage, json_t *line, despur_error *error) {
  despur_status status = add_item(&stage->epochs, &stage->epoch_count, sizeof *stage->epochs, error);
  if (status != DESPUR_OK) return status;
  report_epoch *epoch = &stage->epochs[stage->epoch_count - 1];
  epoch->epoch = json_member_count(line, "epoch", 0);
  epoch->loss = json_member_number(line, "loss");
  return read_weights(stage, epoch, json_object_get(line, "group_weights"), error);
}

static void read_group(despur_group_score *group, json_t *object) {
  group->count = json_member_count(object, "count", 0);
  group->correct = json_member_count(object, "correct", 0);
  if (group->correct > group->count) group->correct = group->count;
  group->train_count = json_member_count(object, "train_count", 0);
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

static despur_status read_group_names(despur_scores *scores, json_t *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  size_t count = scores->groups_count;
  TRY(mem_alloc(&names, count, sizeof *names, error));
  for (size_t g = 0; g < count; g++) names[g] = json_member_text(json_array_get(groups, g), "name", "");
  TRY(text_copy_all(&scores->names, names, count, error));
  for (size_t g = 0; g < count; g++) scores->groups[g].name = scores->names[g];
cleanup:
  mem_free(names);
  return status;
}

static void read_degenerate(despur_degenerate *out, json_t *member) {
  const char *name = json_string_value(json_object_get(member, "kind"));
  *out = (despur_degenerate){.accuracy = (double)NAN, .expected = (double)NAN, .share = (double)NAN};
  for (despur_degenerate_kind kind = DESPUR_CONSTANT_SCORES; name && kind <= DESPUR_BELOW_CHANCE; kind++)
    if (strcmp(name, despur_degenerate_name(kind)) == 0) out->kind = kind;
  if (out->kind == DESPUR_NOT_DEGENERATE) return;
  out->predicted_class = (uint32_t)json_member_count(member, "predicted_class", 0);
  out->share = json_member_number(member, "share");
  out->accuracy = json_member_number(member, "accuracy");
  out->expected = json_member_number(member, "expected");
}

static despur_status read_scores(despur_scores *scores, json_t *line, despur_error *error) {
  json_t *groups = json_object_get(line, "groups");
  size_t count = json_array_size(groups);
  despur_status status = mem_alloc(&scores->groups, count, sizeof *scores->groups, error);
  if (status != DESPUR_OK) return status;
  scores->groups_count = count;
  TRY(read_group_names(scores, groups, error));
  for (size_t g = 0; g < count; g++) read_group(&scores->groups[g], json_array_get(groups, g));
  find_worst_group(scores);
  scores->worst_group_low = json_member_number(line, "worst_group_low");
  scores->worst_group_high = json_member_number(line, "worst_group_high");
  scores->loss = json_member_number(line, "loss");
  scores->average_accuracy = json_member_number(line, "average_accuracy");
  scores->train_weighted_average = json_member_number(line, "train_weighted_average");
  scores->balanced_group_accuracy = json_member_number(line, "balanced_group_accuracy");
  scores->worst_class_accuracy = json_member_number(line, "worst_class_accuracy");
  scores->attribute_accuracy = json_member_number(line, "attribute_accuracy");
  scores->attribute_chance = json_member_number(line, "attribute_chance");
  read_degenerate(&scores->degenerate, json_object_get(line, "degenerate"));
cleanup:
  return status;
}

static despur_status read_eval(report_stage *stage, json_t *line, despur_split split, despur_error *error) {
  despur_status status = add_item(&stage->evals, &stage->eval_count, sizeof *stage->evals, error);
  if (status != DESPUR_OK) return status;
  report_eval *eval = &stage->evals[stage->eval_count - 1];
  eval->epoch = json_member_count(line, "epoch", 0);
  eval->split = split;
  eval->selected = json_is_true(json_object_get(line, "selected"));
  if (eval->selected) json_member_name(stage->label, sizeof stage->label, line, "label");
  return read_scores(&eval->scores, line, error);
}

static despur_status read_rules(report_run *out, json_t *rules, despur_error *error) {
  if (out->rules || json_array_size(rules) == 0) return DESPUR_OK;
  despur_status status = mem_alloc(&out->rules, json_array_size(rules), sizeof *out->rules, error);
  if (status != DESPUR_OK) return status;
  out->rule_count = json_array_size(rules);
  for (size_t i = 0; i < out->rule_count; i++) {
    const json_t *rule = json_array_get(rules, i);
    json_member_name(out->rules[i].name, sizeof out->rules[i].name, rule, "rule");
    out->rules[i].epoch = json_member_count(rule, "epoch", 0);
    out->rules[i].worst_group_accuracy = json_member_number(rule, "test_worst_group_accuracy");
    out->rules[i].regret = json_member_number(rule, "regret");
    out->rules[i].val_worst_group_accuracy = json_member_number(rule, "val_worst_group_accuracy");
    out->rules[i].optimism = json_member_number(rule, "optimism");
  }
  return DESPUR_OK;
}

static despur_status read_search(report_part *part, json_t *search, despur_error *error) {
  despur_status status = mem_alloc(&part->search, json_array_size(search), sizeof *part->search, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < json_array_size(search); i++) {
    const json_t *tried = json_array_get(search, i);
    report_silhouette point = {json_member_count(tried, "clusters", 0),
                               json_member_number(tried, "silhouette")};
    if (point.clusters > 0 && !isnan(point.silhouette)) part->search[part->search_count++] = point;
  }
  return DESPUR_OK;
}

static despur_status read_parts(report_inference *out, json_t *parts, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->parts, json_array_size(parts), sizeof *out->parts, error));
  for (size_t i = 0; i < json_array_size(parts); i++) {
    json_t *object = json_array_get(parts, i);
    report_part *part = &out->parts[out->part_count++];
    json_member_name(part->name, sizeof part->name, object, "part");
    part->clusters = json_member_count(object, "clusters", 0);
    part->silhouette = json_member_number(object, "silhouette");
    TRY(read_search(part, json_object_get(object, "search"), error));
  }
cleanup:
  return status;
}

static despur_status read_names(char (**out)[DESPUR_GROUP_NAME], size_t *count, json_t *names,
                                despur_error *error) {
  despur_status status = mem_alloc(out, json_array_size(names), sizeof **out, error);
  if (status != DESPUR_OK) return status;
  *count = json_array_size(names);
  for (size_t i = 0; i < *count; i++) {
    const char *name = json_string_value(json_array_get(names, i));
    snprintf((*out)[i], DESPUR_GROUP_NAME, "%s", name ? name : "");
  }
  return DESPUR_OK;
}

static despur_status read_inference(report_inference *out, json_t *line, const char *path, size_t number,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  if (out->present) return DESPUR_OK;
  out->present = true;
  json_member_name(out->method, sizeof out->method, line, "method");
  out->adjusted_rand = json_member_number(line, "adjusted_rand");
  out->minority_precision = json_member_number(line, "minority_precision");
  out->minority_recall = json_member_number(line, "minority_recall");
  TRY(read_parts(out, json_object_get(line, "parts"), error));
  TRY(read_names(&out->inferred_names, &out->inferred, json_object_get(line, "inferred"), error));
  TRY(read_names(&out->true_names, &out->truth, json_object_get(line, "true"), error));
  size_t cells;
  TRY(mem_multiply(&cells, out->inferred, out->truth, error));
  const json_t *rows = json_object_get(line, "contingency");
  if (json_array_size(rows) != out->inferred)
    FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: expected a contingency table of %zu rows, found %zu", path, number,
         out->inferred, json_array_size(rows));
  for (size_t i = 0; i < out->inferred; i++) /* so the table is no larger than the file */
    if (json_array_size(json_array_get(rows, i)) != out->truth)
      FAIL(error, DESPUR_BAD_INPUT,
           "%s:%zu: expected a contingency table of %zu columns, found %zu in row %zu", path, number,
           out->truth, json_array_size(json_array_get(rows, i)), i);
  TRY(mem_alloc(&out->contingency, cells, sizeof *out->contingency, error));
  for (size_t i = 0; i < out->inferred; i++)
    for (size_t j = 0; j < out->truth; j++) {
      const json_t *value = json_array_get(json_array_get(rows, i), j);
      if (json_is_integer(value) && json_integer_value(value) > 0)
        out->contingency[i * out->truth + j] = (size_t)json_integer_value(value);
    }
cleanup:
  return status;
}

/* The scores of a network in the inferred groups. */
static despur_status read_inferred(report_stage *stage, json_t *line, despur_split split,
                                   despur_error *error) {
  if (stage->inferred.groups) return DESPUR_OK;
  stage->inferred_split = split;
  return read_scores(&stage->inferred, line, error);
}

static despur_status read_line(report_run *out, json_t *line, const char *path, size_t number,
                               despur_error *error) {
  const char *name = json_member_text(line, "stage", ""), *split = json_member_text(line, "split", "");
  bool inferred = strcmp(name, "inferred_groups") == 0;
  if (inferred) name = json_member_text(line, "network", "");
  report_stage *stage = NULL;
  if (strcmp(name, "infer") == 0) return read_inference(&out->inference, line, path, number, error);
  for (size_t s = 0; s < REPORT_STAGES; s++)
    if (strcmp(name, despur_network_names[s]) == 0) stage = &out->stages[s];
  if (!stage) return DESPUR_OK;
  if (json_object_get(line, "selection") && stage != &out->stages[REPORT_TRAIN]) return DESPUR_OK;
  if (json_object_get(line, "selection")) return read_rules(out, json_object_get(line, "selection"), error);
  if (!json_object_get(line, "groups"))
    return strcmp(split, "train") == 0 ? read_epoch(stage, line, error) : DESPUR_OK;
  for (int s = 0; s < DESPUR_SPLITS; s++)
    if (strcmp(split, despur_split_name((despur_split)s)) == 0)
      return inferred ? read_inferred(stage, line, (despur_split)s, error)
                      : read_eval(stage, line, (despur_split)s, error);
  return DESPUR_OK;
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
  json_t *line = NULL;
  TRY(file_read(&content, &bytes, path, REPORT_RESULTS_MOST, error));
  for (const char *at = content, *end = content + bytes; at < end; number++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (stop > at) {
      TRY(json_read_object(&line, at, (size_t)(stop - at), path, number, error));
      TRY(read_line(out, line, path, number, error));
      json_decref(line);
      line = NULL;
    }
    at = stop + 1;
  }
  complete_stages(out);
cleanup:
  json_decref(line);
  mem_free(content);
  return status;
}
