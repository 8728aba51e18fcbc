/* What a run writes into results.jsonl: lines are filled in here and written by record/results.c. */
#include "run/files/results.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "record/results.h"
#include "run/files/run_events.h"
#include "run/state/optimism.h"
#include "run/state/run_state.h"

static despur_status append(run *r, const result_line *line, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_writer j = {.digits = 12};
  char *written = NULL;
  result_line_write(&j, line);
  TRY(json_finish(&written, &j, error));
  TRY(file_print(r->results, error, "%s\n", written));
  TRY(run_events_add(r, line, error));
cleanup:
  mem_free(written);
  return status;
}

despur_status run_write_epoch(run *r, const char *stage, const despur_epoch *epoch, despur_error *error) {
  despur_status status = DESPUR_OK;
  result_line line = {.kind = RESULT_EPOCH,
                      .stage = stage,
                      .epoch = epoch->epoch,
                      .split = despur_split_name(DESPUR_TRAIN),
                      .loss = epoch->loss,
                      .steps = epoch->steps};
  if (epoch->group_weights) {
    line.weights_count = epoch->groups->count;
    TRY(mem_alloc(&line.weights, line.weights_count, sizeof *line.weights, error));
    for (size_t g = 0; g < line.weights_count; g++)
      line.weights[g] = (result_weight){epoch->groups->names[g], epoch->group_weights[g]};
  }
  TRY(append(r, &line, error));
cleanup:
  mem_free(line.weights);
  return status;
}

despur_status run_write_scores(run *r, const char *stage, size_t epoch, despur_split split,
                               const despur_scores *scores, const char *selected, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *kept = NULL;
  result_line line = {.kind = RESULT_SCORES,
                      .stage = stage,
                      .epoch = epoch,
                      .split = despur_split_name(split),
                      .selected = selected != NULL,
                      .label = selected,
                      .scores = *scores};
  if (split == DESPUR_VAL && !selected) TRY(run_kept(&kept, r, error));
  line.kept = kept;
  TRY(append(r, &line, error));
cleanup:
  mem_free(kept);
  return status;
}

despur_status run_write_cells(run *r, const despur_stage_result *stage, despur_error *error) {
  const result_line line = {.kind = RESULT_INFERRED,
                            .stage = RESULT_STAGE_INFERRED,
                            .network = despur_network_names[stage->network],
                            .label = stage->label,
                            .split = despur_split_name(r->cells_split),
                            .scores = stage->inferred};
  return append(r, &line, error);
}

despur_status run_write_rules(run *r, const char *stage, const despur_rule_result *rules,
                              despur_error *error) {
  result_rule list[DESPUR_RULES];
  result_line line = {.kind = RESULT_RULES, .stage = stage, .rules = list};
  for (size_t i = 0; i < DESPUR_RULES; i++) {
    if (rules[i].epoch == 0) continue;
    double found = rules[i].test_worst_group_accuracy, best = rules[i].best_test_worst_group_accuracy;
    list[line.rules_count++] = (result_rule){.name = rules[i].name,
                                             .epoch = rules[i].epoch,
                                             .test_worst_group_accuracy = found,
                                             .regret = best - found,
                                             .val_worst_group_accuracy = rules[i].val_worst_group_accuracy,
                                             .optimism = rules[i].optimism};
  }
  return append(r, &line, error);
}

static despur_status fill_part(result_part *out, const despur_grouping_part *found, despur_error *error) {
  *out = (result_part){.name = found->name,
                       .examples = found->examples,
                       .clusters = found->clusters,
                       .silhouette = found->silhouette,
                       .search_count = found->tried};
  despur_status status = mem_alloc(&out->search, found->tried, sizeof *out->search, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < found->tried; i++) out->search[i] = (result_candidate){i + 2, found->scores[i]};
  return DESPUR_OK;
}

/* Names of parts are in *names. */
static despur_status fill_parts(result_line *line, despur_grouping_part **names, const run *r,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const group_naming naming = groups_naming(r->dataset);
  size_t count = despur_grouping_parts(r->grouping);
  TRY(mem_alloc(names, count, sizeof **names, error));
  TRY(mem_alloc(&line->parts, count, sizeof *line->parts, error));
  for (; line->parts_count < count; line->parts_count++) {
    (*names)[line->parts_count] = despur_grouping_part_at(r->grouping, line->parts_count);
    groups_name_class((*names)[line->parts_count].name, &naming, (*names)[line->parts_count].label);
    TRY(fill_part(&line->parts[line->parts_count], &(*names)[line->parts_count], error));
  }
cleanup:
  return status;
}

/* *list = the names, which stay those of the groups. */
static despur_status list_names(const char ***list, const despur_groups *groups, despur_error *error) {
  despur_status status = mem_alloc(list, groups->count, sizeof **list, error);
  if (status != DESPUR_OK) return status;
  for (size_t g = 0; g < groups->count; g++) (*list)[g] = groups->names[g];
  return DESPUR_OK;
}

despur_status run_write_inference(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_agreement *agreement = &r->result->agreement;
  despur_grouping_part *parts = NULL;
  const char **inferred = NULL, **truth = NULL;
  result_line line = {.kind = RESULT_GROUPS,
                      .stage = RESULT_STAGE_GROUPS,
                      .powers_count = despur_dataset_classes(r->dataset),
                      .powers = r->powers,
                      .adjusted_rand = agreement->adjusted_rand,
                      .minority_precision = agreement->minority_precision,
                      .minority_recall = agreement->minority_recall,
                      .inferred_count = r->result->groups.count,
                      .true_count = r->truth.count,
                      .contingency = agreement->contingency};
  if (r->grouping) TRY(fill_parts(&line, &parts, r, error));
  TRY(list_names(&inferred, &r->result->groups, error));
  TRY(list_names(&truth, &r->truth, error));
  line.inferred_names = inferred;
  line.true_names = truth;
  line.inferred_labels = r->result->groups.labels;
  line.true_labels = r->truth.labels;
  line.true_attributes = r->truth.attributes;
  TRY(append(r, &line, error));
cleanup:
  for (size_t p = 0; p < line.parts_count; p++) mem_free(line.parts[p].search);
  mem_free(line.parts);
  mem_free(parts);
  mem_free(inferred);
  mem_free(truth);
  return status;
}

despur_status run_write_repair(run *r, const despur_repair_result *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_repaired *now = &found->methods[0];
  const despur_repair_candidate *chosen = &now->candidates[now->chosen];
  result_parameter parameters[DESPUR_REPAIR_PARAMETERS];
  result_line line = {.kind = RESULT_REPAIR,
                      .stage = despur_network_names[DESPUR_NETWORK_REPAIR],
                      .method = despur_last_layer_names[now->method],
                      .select = despur_repair_rule_name((despur_repair_rule)r->config->repair.select),
                      .parameters = parameters,
                      .fitted_on = now->fitted_on,
                      .gap = now->gap,
                      .converged = now->converged,
                      .cross_validated = now->cross_validated,
                      .val_worst_group_accuracy = chosen->worst_group,
                      .optimism = now->optimism,
                      .attempts_count = now->candidates_count};
  for (size_t p = 0; p < DESPUR_REPAIR_PARAMETERS && now->parameters[p]; p++)
    parameters[line.parameters_count++] = (result_parameter){now->parameters[p], chosen->parameters[p]};
  TRY(mem_alloc(&line.attempts, line.attempts_count, sizeof *line.attempts, error));
  for (size_t i = 0; i < line.attempts_count; i++) {
    const despur_repair_candidate *tried = &now->candidates[i];
    line.attempts[i] = (result_attempt){line.parameters_count, tried->parameters, tried->worst_group,
                                        tried->worst_class, tried->average};
  }
  TRY(append(r, &line, error));
cleanup:
  mem_free(line.attempts);
  return status;
}
