/* Where no attribute is known, the groups that were inferred are all that divides the examples of a class:
 * how they are found on a split, and how right each network is in every one of them. */
#include "run/networks/cells.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "run/files/results.h"
#include "run/networks/score.h"
#include "run/networks/split_outputs.h"
#include "run/state/run_state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

bool run_has_attributes(const run *r) {
  return despur_dataset_attributes(r->dataset) > 1;
}

void run_name_classes(despur_groups *groups, const run *r) {
  const group_naming naming = groups_naming(r->dataset);
  for (size_t g = 0; g < groups->count; g++) groups_name_class(groups->names[g], &naming, groups->labels[g]);
}

void run_describe_groups(despur_groups *groups, const run *r, const despur_grouping *grouping) {
  assert(groups->count == despur_grouping_count(grouping));
  for (size_t p = 0, g = 0; p < despur_grouping_parts(grouping); p++) {
    const despur_grouping_part part = despur_grouping_part_at(grouping, p);
    for (size_t c = 0; c < part.clusters; c++) groups->labels[g++] = part.label;
  }
  for (size_t g = 0; g < groups->count; g++)
    memcpy(groups->names[g], despur_grouping_name(grouping, g), sizeof groups->names[g]);
  run_name_classes(groups, r);
}

const despur_groups *run_shown_groups(const run *r) {
  return r->cells.count > 0 ? &r->cells : &r->truth;
}

static bool by_clusters(const run *r) {
  return r->config->infer.method != CONFIG_INFER_JTT && r->config->infer.method != CONFIG_INFER_EIIL;
}

/* A run that goes on, and one that is read, have their grouping in its file. */
static despur_status load_grouping(run *r, despur_error *error) {
  char path[1024];
  if (r->grouping) return DESPUR_OK;
  despur_status status = run_path(path, r, "grouping.safetensors", error);
  if (status == DESPUR_OK) status = despur_grouping_load(&r->grouping, path, error);
  return status;
}

/* *found = the group of every example of a split. */
static despur_status assign(uint32_t **found, const run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs outputs = {0};
  TRY(split_outputs_get(&outputs, r, r->nets[DESPUR_NETWORK_REFERENCE], split,
                        (despur_output)r->config->infer.on, error));
  TRY(mem_alloc(found, outputs.count, sizeof **found, error));
  TRY(despur_grouping_assign(r->grouping, outputs.values, outputs.labels, outputs.count, r->options->threads,
                             *found, error));
cleanup:
  split_outputs_release(&outputs);
  return status;
}

/* The sizes of the training groups: of a run that is only read, by assigning its training examples again. */
static despur_status size_cells(run *r, despur_error *error) {
  const despur_groups *groups = &r->result->groups;
  uint32_t *found = NULL;
  size_t count;
  if (groups->count == r->cells.count) {
    memcpy(r->cells.train_sizes, groups->train_sizes, groups->count * sizeof *groups->train_sizes);
    return DESPUR_OK;
  }
  despur_status status = assign(&found, r, DESPUR_TRAIN, error);
  despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  for (size_t i = 0; status == DESPUR_OK && i < count; i++)
    if (found[i] < r->cells.count) r->cells.train_sizes[found[i]]++;
  mem_free(found);
  return status;
}

static despur_status assign_split(run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *found = NULL;
  size_t count, groups = despur_grouping_count(r->grouping);
  const uint32_t *examples = despur_dataset_split(r->dataset, split, &count);
  TRY(assign(&found, r, split, error));
  TRY(despur_groups_create(&r->cells, despur_dataset_count(r->dataset), groups, error));
  run_describe_groups(&r->cells, r, r->grouping);
  for (size_t i = 0; i < count; i++) r->cells.of_example[examples[i]] = found[i];
  TRY(size_cells(r, error));
cleanup:
  mem_free(found);
  return status;
}

/* What errors and environments divide is the training split, and nothing else. */
static despur_status take_training_groups(run *r, despur_error *error) {
  const despur_groups *groups = &r->result->groups;
  r->cells_split = DESPUR_TRAIN;
  if (groups->count == 0) return DESPUR_OK;
  despur_status status = despur_groups_create(&r->cells, groups->examples, groups->count, error);
  if (status != DESPUR_OK) return status;
  memcpy(r->cells.of_example, groups->of_example, groups->examples * sizeof *groups->of_example);
  memcpy(r->cells.names, groups->names, groups->count * sizeof *groups->names);
  memcpy(r->cells.labels, groups->labels, groups->count * sizeof *groups->labels);
  memcpy(r->cells.train_sizes, groups->train_sizes, groups->count * sizeof *groups->train_sizes);
  return DESPUR_OK;
}

despur_status run_find_cells(run *r, despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  r->cells_split = split;
  if (run_has_attributes(r) || !r->result->inferred || !r->nets[DESPUR_NETWORK_REFERENCE]) return DESPUR_OK;
  if (!by_clusters(r)) return take_training_groups(r, error);
  TRY(load_grouping(r, error));
  TRY(assign_split(r, split, error));
cleanup:
  return status;
}

despur_status run_score_cells(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(run_find_cells(r, r->result->split, error));
  if (r->cells.count == 0) return DESPUR_OK;
  r->result->inferred_split = r->cells_split;
  for (size_t s = 0; s < r->result->stage_count; s++) {
    despur_stage_result *stage = &r->result->stages[s];
    TRY(run_score(&stage->inferred, NULL, NULL, r->nets[stage->network], r->dataset, &r->cells,
                  r->cells_split, error));
    TRY(run_write_cells(r, stage, error));
  }
cleanup:
  return status;
}

despur_status run_compare_groups(run *r, despur_error *error) {
  despur_agreement *agreement = &r->result->agreement;
  despur_status status =
      despur_agreement_compute(agreement, r->dataset, &r->result->groups, &r->truth, error);
  if (status != DESPUR_OK || run_has_attributes(r)) return status;
  agreement->adjusted_rand = agreement->minority_precision = agreement->minority_recall = (double)NAN;
  return DESPUR_OK;
}
