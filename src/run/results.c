/* results.jsonl: one object a line for each thing that was measured, in the order of events. */
#include "run/results.h"
#include "base/json.h"
#include "base/memory.h"
#include "run/optimism.h"
#include "run/run_events.h"
#include "run/run_state.h"

#include <math.h>
#include <stdlib.h>

/* NaN has no place in JSON: what is not there is null. */
static json_t *number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

/* Appends one object to results.jsonl and releases it. */
static despur_status append_result(run *r, json_t *object, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *text = json_print(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
  if (!text) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing results");
  TRY(file_print(r->results, error, "%s\n", text));
  TRY(run_events_add(r, object, error));
cleanup:
  free(text);
  json_decref(object);
  return status;
}

static json_t *weights_json(const despur_epoch *epoch) {
  json_t *weights = json_array();
  for (size_t g = 0; g < epoch->groups->count; g++) {
    json_t *weight = json_object();
    json_put(&weight, "name", json_text(epoch->groups->names[g]));
    json_put(&weight, "weight", number(epoch->group_weights[g]));
    json_push(&weights, weight);
  }
  return weights;
}

despur_status run_write_epoch(run *r, const char *stage, const despur_epoch *epoch, despur_error *error) {
  json_t *object = json_object();
  json_put(&object, "stage", json_string(stage));
  json_put(&object, "epoch", json_integer((json_int_t)epoch->epoch));
  json_put(&object, "split", json_string("train"));
  json_put(&object, "loss", number(epoch->loss));
  json_put(&object, "steps", json_integer((json_int_t)epoch->steps));
  if (epoch->group_weights) json_put(&object, "group_weights", weights_json(epoch));
  return append_result(r, object, error);
}

/* kept: [groups_count] right after the epoch before as well, or NULL. */
static json_t *groups_json(const despur_scores *scores, const size_t *kept) {
  json_t *groups = json_array();
  for (size_t g = 0; g < scores->groups_count; g++) {
    const despur_group_score *score = &scores->groups[g];
    json_t *group = json_object();
    json_put(&group, "name", json_text(score->name));
    json_put(&group, "count", json_integer((json_int_t)score->count));
    json_put(&group, "correct", json_integer((json_int_t)score->correct));
    if (kept) json_put(&group, "kept", json_integer((json_int_t)kept[g]));
    json_put(&group, "accuracy", number(score->accuracy));
    json_put(&group, "low", number(score->low));
    json_put(&group, "high", number(score->high));
    json_put(&group, "train_count", json_integer((json_int_t)score->train_count));
    json_push(&groups, group);
  }
  return groups;
}

static json_t *degenerate_json(const despur_degenerate *degenerate) {
  json_t *object = json_object();
  json_put(&object, "kind", json_string(despur_degenerate_name(degenerate->kind)));
  json_put(&object, "predicted_class", json_integer((json_int_t)degenerate->predicted_class));
  json_put(&object, "share", number(degenerate->share));
  json_put(&object, "accuracy", number(degenerate->accuracy));
  json_put(&object, "expected", number(degenerate->expected));
  return object;
}

/* Measures and groups, added to an object. */
static void put_scores(json_t **object, const despur_scores *scores, const size_t *kept) {
  bool degenerate = scores->degenerate.kind != DESPUR_NOT_DEGENERATE;
  bool any = scores->worst_group < scores->groups_count;
  json_put(object, "loss", number(scores->loss));
  json_put(object, "worst_group", any ? json_string(scores->groups[scores->worst_group].name) : json_null());
  json_put(object, "worst_group_accuracy", number(scores->worst_group_accuracy));
  json_put(object, "worst_group_low", number(scores->worst_group_low));
  json_put(object, "worst_group_high", number(scores->worst_group_high));
  json_put(object, "average_accuracy", number(scores->average_accuracy));
  json_put(object, "train_weighted_average", number(scores->train_weighted_average));
  json_put(object, "balanced_group_accuracy", number(scores->balanced_group_accuracy));
  json_put(object, "worst_class_accuracy", number(scores->worst_class_accuracy));
  json_put(object, "attribute_accuracy", number(scores->attribute_accuracy));
  json_put(object, "attribute_chance", number(scores->attribute_chance));
  if (degenerate) json_put(object, "degenerate", degenerate_json(&scores->degenerate));
  json_put(object, "groups", groups_json(scores, kept));
}

despur_status run_write_scores(run *r, const char *stage, size_t epoch, despur_split split,
                               const despur_scores *scores, const char *selected, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *kept = NULL;
  json_t *object = json_object();
  if (split == DESPUR_VAL && !selected) TRY(run_kept(&kept, r, error));
  json_put(&object, "stage", json_string(stage));
  json_put(&object, "epoch", json_integer((json_int_t)epoch));
  json_put(&object, "split", json_string(despur_split_name(split)));
  if (selected) {
    json_put(&object, "selected", json_true());
    json_put(&object, "label", json_string(selected));
  }
  put_scores(&object, scores, kept);
  status = append_result(r, object, error);
  object = NULL;
cleanup:
  json_decref(object);
  mem_free(kept);
  return status;
}

despur_status run_write_cells(run *r, const despur_stage_result *stage, despur_error *error) {
  json_t *object = json_object();
  json_put(&object, "stage", json_string("inferred_groups"));
  json_put(&object, "network", json_string(despur_network_names[stage->network]));
  json_put(&object, "label", json_string(stage->label));
  json_put(&object, "split", json_string(despur_split_name(r->cells_split)));
  put_scores(&object, &stage->inferred, NULL);
  return append_result(r, object, error);
}

despur_status run_write_rules(run *r, const char *stage, const despur_rule_result *rules,
                              despur_error *error) {
  json_t *object = json_object(), *list = json_array();
  json_put(&object, "stage", json_string(stage));
  for (size_t i = 0; i < DESPUR_RULES; i++) {
    if (rules[i].epoch == 0) continue;
    json_t *rule = json_object();
    double found = rules[i].test_worst_group_accuracy, best = rules[i].best_test_worst_group_accuracy;
    json_put(&rule, "rule", json_string(rules[i].name));
    json_put(&rule, "epoch", json_integer((json_int_t)rules[i].epoch));
    json_put(&rule, "test_worst_group_accuracy", number(found));
    json_put(&rule, "regret", number(best - found));
    json_put(&rule, "val_worst_group_accuracy", number(rules[i].val_worst_group_accuracy));
    json_put(&rule, "optimism", number(rules[i].optimism));
    json_push(&list, rule);
  }
  json_put(&object, "selection", list);
  return append_result(r, object, error);
}

static json_t *part_json(const despur_grouping_part *found) {
  json_t *part = json_object();
  json_put(&part, "part", json_string(found->name));
  json_put(&part, "examples", json_integer((json_int_t)found->examples));
  json_put(&part, "clusters", json_integer((json_int_t)found->clusters));
  json_put(&part, "silhouette", number(found->silhouette));
  if (found->tried == 0) return part;
  json_t *search = json_array();
  for (size_t i = 0; i < found->tried; i++) {
    json_t *candidate = json_object();
    json_put(&candidate, "clusters", json_integer((json_int_t)i + 2));
    json_put(&candidate, "silhouette", number(found->scores[i]));
    json_push(&search, candidate);
  }
  json_put(&part, "search", search);
  return part;
}

static json_t *names_json(const despur_groups *groups) {
  json_t *names = json_array();
  for (size_t g = 0; g < groups->count; g++) json_push(&names, json_text(groups->names[g]));
  return names;
}

static json_t *contingency_json(const despur_agreement *agreement) {
  json_t *rows = json_array();
  for (size_t i = 0; i < agreement->inferred; i++) {
    json_t *row = json_array();
    for (size_t t = 0; t < agreement->truth; t++)
      json_push(&row, json_integer((json_int_t)agreement->contingency[i * agreement->truth + t]));
    json_push(&rows, row);
  }
  return rows;
}

despur_status run_write_inference(run *r, despur_error *error) {
  const despur_agreement *agreement = &r->result->agreement;
  json_t *object = json_object();
  json_put(&object, "stage", json_string("infer"));
  if (r->grouping) {
    json_t *parts = json_array();
    for (size_t p = 0; p < despur_grouping_parts(r->grouping); p++) {
      despur_grouping_part part = despur_grouping_part_at(r->grouping, p);
      json_push(&parts, part_json(&part));
    }
    json_put(&object, "parts", parts);
  }
  if (r->powers) {
    json_t *powers = json_array();
    for (size_t y = 0; y < despur_dataset_classes(r->dataset); y++) json_push(&powers, number(r->powers[y]));
    json_put(&object, "powers", powers);
  }
  json_put(&object, "adjusted_rand", number(agreement->adjusted_rand));
  json_put(&object, "minority_precision", number(agreement->minority_precision));
  json_put(&object, "minority_recall", number(agreement->minority_recall));
  json_put(&object, "inferred", names_json(&r->result->groups));
  json_put(&object, "true", names_json(&r->truth));
  json_put(&object, "contingency", contingency_json(agreement));
  return append_result(r, object, error);
}
