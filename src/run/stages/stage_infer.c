/* The inference of a run: groups from what the reference network says of the training examples. */
#include "run/stages/stage_infer.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "nn/engine.h"
#include "nn/loss.h"
#include "run/files/embedding_file.h"
#include "run/files/results.h"
#include "run/files/run_files.h"
#include "run/networks/cells.h"
#include "run/networks/split_outputs.h"
#include "run/stages/feasible.h"
#include "run/state/clock.h"
#include "run/state/run_state.h"
#include "run/state/stage.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- clusters ---- */

despur_grouping_options run_grouping_options(const run *r) {
  const despur_config *c = r->config;
  return (despur_grouping_options){.scale = (despur_scale)c->infer.scale,
                                   .reduction = (despur_reduction)c->infer.reduce.method,
                                   .reduce_pooled = c->infer.reduce.scope == CONFIG_ALL_CLASSES,
                                   .components = (size_t)c->infer.reduce.components,
                                   .neighbors = (size_t)c->infer.reduce.neighbors,
                                   .min_dist = c->infer.reduce.min_dist,
                                   .algorithm = (despur_clustering)c->infer.algorithm,
                                   .pooled = c->infer.scope == CONFIG_ALL_CLASSES,
                                   .clusters = (size_t)c->infer.clusters,
                                   .max_clusters = (size_t)c->infer.max_clusters,
                                   .score = (despur_cluster_score)c->infer.score,
                                   .overcluster = (size_t)c->infer.overcluster,
                                   .overcluster_loss = c->infer.overcluster_loss,
                                   .starts = (size_t)c->infer.starts,
                                   .silhouette_sample = (size_t)c->infer.silhouette_sample,
                                   .seed = (uint64_t)c->seed,
                                   .threads = r->options->threads,
                                   .watch = run_watch(r)};
}

/* The reference network's loss of every training example. */
static despur_status training_losses(double **losses, const run *r, despur_net *net, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs logits = {0};
  TRY(split_outputs_get(&logits, r, net, DESPUR_TRAIN, DESPUR_LOGITS, error));
  TRY(mem_alloc(losses, logits.count, sizeof **losses, error));
  cross_entropy(logits.values, logits.labels, logits.count, logits.width, *losses);
cleanup:
  split_outputs_release(&logits);
  return status;
}

despur_status run_fit_grouping(despur_grouping **out, const run *r, despur_net *net,
                               const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs outputs = {0};
  double *losses = NULL;
  TRY(split_outputs_get(&outputs, r, net, DESPUR_TRAIN, (despur_output)r->config->infer.on, error));
  if (options->overcluster > 1 && options->overcluster_loss) TRY(training_losses(&losses, r, net, error));
  const despur_grouping_input input = {.outputs = outputs.values,
                                       .labels = outputs.labels,
                                       .losses = losses,
                                       .classifier = engine_of(net)->classifier(net),
                                       .n = outputs.count,
                                       .d = outputs.width,
                                       .classes = despur_dataset_classes(r->dataset)};
  TRY(despur_grouping_fit(out, &input, options, error));
cleanup:
  mem_free(losses);
  split_outputs_release(&outputs);
  return status;
}

/* *groups = the cluster of every validation example, by the fitted grouping. */
static despur_status assign_validation(uint32_t **groups, const run *r, despur_net *net,
                                       const despur_grouping *grouping, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs outputs = {0};
  TRY(split_outputs_get(&outputs, r, net, DESPUR_VAL, (despur_output)r->config->infer.on, error));
  TRY(mem_alloc(groups, outputs.count, sizeof **groups, error));
  TRY(despur_grouping_assign(grouping, outputs.values, outputs.labels, outputs.count, r->options->threads,
                             *groups, error));
cleanup:
  split_outputs_release(&outputs);
  return status;
}

static despur_status groups_of_grouping(despur_groups *out, const run *r, const despur_grouping *grouping,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count;
  uint32_t *of_row = NULL;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  TRY(despur_groups_create(out, despur_dataset_count(r->dataset), despur_grouping_count(grouping), error));
  TRY(mem_alloc(&of_row, count, sizeof *of_row, error));
  despur_grouping_training(grouping, of_row);
  run_describe_groups(out, r, grouping);
  for (size_t i = 0; i < count; i++) {
    out->of_example[examples[i]] = of_row[i];
    out->train_sizes[of_row[i]]++;
  }
cleanup:
  mem_free(of_row);
  return status;
}

/* SPARE's rule: 1 for classes whose clusters are well separated, else the power as given. A class with one
 * cluster has no silhouette, and no need of a power: all its examples are drawn alike. */
static despur_status choose_powers(run *r, despur_error *error) {
  size_t classes = despur_dataset_classes(r->dataset);
  const config_reals *given = &r->config->spare.power;
  despur_status status = mem_alloc(&r->powers, classes, sizeof *r->powers, error);
  for (size_t y = 0; status == DESPUR_OK && y < classes; y++) {
    size_t part = despur_grouping_parts(r->grouping) == 1 ? 0 : y;
    double silhouette = despur_grouping_part_at(r->grouping, part).silhouette;
    double high = given->values[given->count == 1 ? 0 : y];
    r->powers[y] = !isnan(silhouette) && silhouette >= r->config->spare.threshold ? 1 : high;
  }
  return status;
}

static despur_status infer_clusters(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  size_t val_count;
  despur_dataset_split(r->dataset, DESPUR_VAL, &val_count);
  const despur_grouping_options options = run_grouping_options(r);
  TRY(run_fit_grouping(&r->grouping, r, r->nets[DESPUR_NETWORK_REFERENCE], &options, error));
  TRY(groups_of_grouping(&r->result->groups, r, r->grouping, error));
  if (val_count > 0)
    TRY(assign_validation(&r->val_groups, r, r->nets[DESPUR_NETWORK_REFERENCE], r->grouping, error));
  if (r->config->train_method == DESPUR_SPARE) TRY(choose_powers(r, error));
  TRY(run_path(path, r, "grouping.safetensors", error));
  TRY(despur_grouping_save(r->grouping, path, error));
  TRY(run_write_embedding(r, error));
cleanup:
  return status;
}

/* ---- errors and environments ---- */

static despur_status infer_errors(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs logits = {0};
  uint32_t *predictions = NULL;
  size_t count;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  TRY(split_outputs_get(&logits, r, r->nets[DESPUR_NETWORK_REFERENCE], DESPUR_TRAIN, DESPUR_LOGITS, error));
  TRY(mem_alloc(&predictions, count, sizeof *predictions, error));
  despur_predictions(logits.values, r->dataset, examples, count, logits.width, predictions);
  TRY(despur_infer_errors(&r->result->groups, r->dataset, predictions, error));
cleanup:
  mem_free(predictions);
  split_outputs_release(&logits);
  return status;
}

static despur_status infer_environments(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  split_outputs logits = {0};
  const despur_eiil_options options = {.steps = (size_t)r->config->infer.eiil.steps,
                                       .lr = r->config->infer.eiil.lr,
                                       .pooled = r->config->infer.scope == CONFIG_ALL_CLASSES,
                                       .seed = (uint64_t)r->config->seed,
                                       .threads = r->options->threads,
                                       .watch = run_watch(r)};
  TRY(split_outputs_get(&logits, r, r->nets[DESPUR_NETWORK_REFERENCE], DESPUR_TRAIN, DESPUR_LOGITS, error));
  TRY(despur_infer_eiil(&r->result->groups, r->dataset, logits.values, &options, error));
  run_name_classes(&r->result->groups, r);
cleanup:
  split_outputs_release(&logits);
  return status;
}

/* ---- the stage ---- */

static void note_shortfalls(const run *r) {
  const group_naming naming = groups_naming(r->dataset);
  for (size_t p = 0; r->grouping && p < despur_grouping_parts(r->grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(r->grouping, p);
    groups_name_class(part.name, &naming, part.label);
    if (part.examples > 0 && *part.why_fewer)
      run_note(r, "infer: %s: fewer clusters than asked for, because %s", part.name, part.why_fewer);
  }
}

static void note_groups(const run *r) {
  const despur_groups *groups = &r->result->groups;
  size_t smallest = 0, largest = 0;
  for (size_t g = 1; g < groups->count; g++) {
    if (groups->train_sizes[g] < groups->train_sizes[smallest]) smallest = g;
    if (groups->train_sizes[g] > groups->train_sizes[largest]) largest = g;
  }
  run_note(r, "infer: %zu groups of %zu (%s) to %zu (%s) training examples", groups->count,
           groups->train_sizes[smallest], groups->names[smallest], groups->train_sizes[largest],
           groups->names[largest]);
}

static bool wanted(const despur_config *config) {
  return config->infer.method != CONFIG_INFER_NONE;
}

static despur_status carry_out(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  double started = run_seconds();
  switch (r->config->infer.method) {
  case CONFIG_INFER_JTT:
    TRY(infer_errors(r, error));
    break;
  case CONFIG_INFER_EIIL:
    TRY(infer_environments(r, error));
    break;
  default:
    TRY(infer_clusters(r, error));
    break;
  }
  r->result->inferred = 1;
  TRY(run_compare_groups(r, error));
  note_shortfalls(r);
  note_groups(r);
  TRY(run_write_groups(r, error));
  TRY(run_write_inference(r, error));
  timing_set(&r->timing, "infer", run_seconds() - started);
cleanup:
  return status;
}

/* The groups are in the checkpoint. */
static despur_status restore(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  checkpoint *c = &r->resumed;
  despur_groups *groups = &r->result->groups;
  size_t count;
  const uint32_t *train = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  TRY(despur_groups_create(groups, c->examples, c->groups, error));
  memcpy(groups->of_example, c->group_of_example, c->examples * sizeof *groups->of_example);
  memcpy(groups->names, c->group_names, c->groups * sizeof *groups->names);
  memcpy(groups->labels, c->group_labels, c->groups * sizeof *groups->labels);
  for (size_t i = 0; i < count; i++)
    if (groups->of_example[train[i]] != DESPUR_NO_GROUP) groups->train_sizes[groups->of_example[train[i]]]++;
  r->val_groups = c->val_groups, c->val_groups = NULL;
  r->powers = c->powers, c->powers = NULL;
  r->result->inferred = 1;
  TRY(run_compare_groups(r, error));
cleanup:
  return status;
}

const stage_kind stage_infer = {.name = "infer",
                                .inputs = {"reference"},
                                .only_infers = true,
                                .wanted = wanted,
                                .carry_out = carry_out,
                                .restore = restore};

double run_worst_inferred_group(const run *r, const uint32_t *predictions) {
  double worst = (double)NAN;
  size_t count;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  for (size_t g = 0; r->val_groups && g < r->result->groups.count; g++) {
    size_t members = 0, correct = 0;
    for (size_t i = 0; i < count; i++) {
      if (r->val_groups[i] != g) continue;
      members++;
      correct += predictions[i] == labels[examples[i]];
    }
    double accuracy = members ? (double)correct / (double)members : (double)NAN;
    if (members && !(accuracy >= worst)) worst = accuracy;
  }
  return worst;
}

/* ---- choosing the reference epoch ---- */

/* The cluster with most training examples of a class. */
static uint32_t largest_cluster(const despur_groups *clusters, const despur_dataset *dataset, uint32_t label,
                                size_t *tally) {
  size_t count;
  uint32_t best = 0;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  memset(tally, 0, clusters->count * sizeof *tally);
  for (size_t i = 0; i < count; i++)
    if (labels[examples[i]] == label) tally[clusters->of_example[examples[i]]]++;
  for (uint32_t g = 1; g < clusters->count; g++)
    if (tally[g] > tally[best]) best = g;
  return best;
}

/* Of one class with two groups or more in validation: the true group that lies most in the class's largest
 * cluster is its majority; the recall is the mean over the other groups of the share that lies elsewhere.
 * tally: [attributes, 2]. */
static double recall_of_class(const run *r, const uint32_t *val_groups, uint32_t label, uint32_t largest,
                              size_t (*tally)[2]) {
  size_t count, attributes = despur_dataset_attributes(r->dataset), present = 0;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  const uint32_t *attribute = despur_dataset_attribute_values(r->dataset);
  double sum = 0, most = 0;
  memset(tally, 0, attributes * sizeof *tally);
  for (size_t i = 0; i < count; i++) {
    if (labels[examples[i]] != label) continue;
    tally[attribute[examples[i]]][0]++;
    tally[attribute[examples[i]]][1] += val_groups[i] == largest;
  }
  for (size_t a = 0; a < attributes; a++) {
    if (tally[a][0] == 0) continue;
    double share = (double)tally[a][1] / (double)tally[a][0];
    if (share > most) most = share;
    sum += share;
    present++;
  }
  assert(present > 1);
  return 1 - (sum - most) / (double)(present - 1);
}

despur_status run_reference_recall(double *recall, const run *r, despur_net *net, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_grouping *grouping = NULL;
  despur_groups clusters = {0};
  uint32_t *val_groups = NULL;
  size_t *tally = NULL, (*shares)[2] = NULL, judging;
  bool *judges = NULL;
  double sum = 0;
  TRY(run_mark_judges(&judges, &judging, r, error));
  const despur_grouping_options options = run_grouping_options(r);
  TRY(run_fit_grouping(&grouping, r, net, &options, error));
  TRY(groups_of_grouping(&clusters, r, grouping, error));
  TRY(assign_validation(&val_groups, r, net, grouping, error));
  TRY(mem_alloc(&tally, clusters.count, sizeof *tally, error));
  TRY(mem_alloc(&shares, despur_dataset_attributes(r->dataset), sizeof *shares, error));
  for (uint32_t y = 0; y < despur_dataset_classes(r->dataset); y++) {
    if (!judges[y]) continue;
    uint32_t largest = largest_cluster(&clusters, r->dataset, y, tally);
    sum += recall_of_class(r, val_groups, y, largest, shares);
  }
  *recall = sum / (double)judging; /* at least one: prepare has checked it */
  run_note(r, "reference: clusters find %.1f %% of validation's minority groups", 100 * *recall);
cleanup:
  despur_grouping_free(grouping);
  despur_groups_release(&clusters);
  mem_free(val_groups);
  mem_free(judges);
  mem_free(tally);
  mem_free(shares);
  return status;
}

double run_silhouette(const despur_grouping *grouping) {
  double sum = 0, examples = 0;
  for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    examples += (double)part.examples;
    if (part.clusters > 1) sum += part.silhouette * (double)part.examples;
  }
  return sum / examples; /* there are training examples: prepare has checked it */
}

despur_status run_reference_silhouette(double *mean, const run *r, despur_net *net, despur_error *error) {
  despur_grouping *grouping = NULL;
  const despur_grouping_options options = run_grouping_options(r);
  despur_status status = run_fit_grouping(&grouping, r, net, &options, error);
  if (status != DESPUR_OK) return status;
  *mean = run_silhouette(grouping);
  run_note(r, "reference: clusters have a silhouette of %.3f", *mean);
  despur_grouping_free(grouping);
  return DESPUR_OK;
}
