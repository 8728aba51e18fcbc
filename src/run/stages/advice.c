/* What to say after a repair by inferred clusters that has failed: by which measure, which groups were
 * inferred, what other numbers of clusters would have found, and what to try. It uses no group labels of
 * training; it never changes what a run does. */
#include "run/stages/advice.h"
#include "base/format.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "run/networks/networks.h"
#include "run/networks/score.h"
#include "run/stages/feasible.h"
#include "run/stages/stage_infer.h"
#include "run/state/run_state.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { MOST_CLUSTERS = 5, SIZES_SHOWN = 6 };

/* From here on SPARE takes clusters for well separated. */
#define SEPARATED 0.9

/* A narrower interval has examples enough to say something. */
#define NARROW 0.15

/* The first inferred group that is surely worse than guessing on validation; SIZE_MAX for none. predictions:
 * of the validation examples, in their order. */
static size_t find_lost_group(const run *r, const uint32_t *predictions) {
  size_t count, groups = r->result->groups.count;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_VAL, &count);
  const uint32_t *labels = despur_dataset_labels(r->dataset);
  double confidence = 1 - 0.05 / (double)groups, guessing = 1 / (double)run_classes_to_guess(r);
  for (size_t g = 0; g < groups; g++) {
    size_t members = 0, correct = 0;
    for (size_t i = 0; i < count; i++) {
      members += r->val_groups[i] == g;
      correct += r->val_groups[i] == g && predictions[i] == labels[examples[i]];
    }
    if (members > 0 && despur_wilson_interval(correct, members, confidence).high < guessing) return g;
  }
  return SIZE_MAX;
}

/* Says how the repaired network fails, or returns false. Few examples prove nothing, so it is the upper ends
 * of intervals that count. Without attributes there are no true groups, and inferred ones stand in for them.
 */
static bool note_failure(const run *r, size_t lost) {
  const despur_scores *before = &r->result->stages[0].scores,
                      *after = &r->result->stages[r->result->stage_count - 1].scores;
  double guessing = 1 / (double)run_classes_to_guess(r), worst = after->worst_group_accuracy;
  if (after->worst_group_high < guessing)
    run_note(r, "the repair has failed: the worst group, %s, has %.1f %%, and guessing gives %.1f %%",
             after->groups[after->worst_group].name, 100 * worst, 100 * guessing);
  else if (after->worst_group_low <= guessing && after->worst_group_high - after->worst_group_low < NARROW)
    run_note(r,
             "the repair has not got beyond guessing: the worst group, %s, has %.1f %%, and guessing gives "
             "%.1f %%",
             after->groups[after->worst_group].name, 100 * worst, 100 * guessing);
  else if (lost != SIZE_MAX)
    run_note(
        r,
        "the repair has failed: of validation's inferred group %s less is right than guessing gives, %.1f %%",
        r->result->groups.names[lost], 100 * guessing);
  else if (after->worst_group_high < before->worst_group_accuracy)
    run_note(r, "the repair has failed: the worst group has %.1f %%, and had %.1f %% before it", 100 * worst,
             100 * before->worst_group_accuracy);
  else
    return false;
  return true;
}

/* The first inferred groups with their sizes. */
static void note_groups(const run *r) {
  char sizes[256] = "";
  const despur_groups *groups = &r->result->groups;
  size_t shown = groups->count < (size_t)2 * SIZES_SHOWN ? groups->count : (size_t)2 * SIZES_SHOWN;
  for (size_t g = 0, used = 0; g < shown && used < sizeof sizes; g++)
    used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%s: %zu", g ? ", " : "", groups->names[g],
                             groups->train_sizes[g]);
  run_note(r, "  inferred groups and their training examples: %s%s", sizes,
           shown < groups->count ? ", ..." : "");
}

/* scores [MOST_CLUSTERS - 1] = mean silhouettes of 2, 3, ... clusters; NaN where there was none. */
static despur_status search(double *scores, const run *r, despur_error *error) {
  despur_grouping *grouping = NULL;
  despur_grouping_options options = run_grouping_options(r);
  options.max_clusters = MOST_CLUSTERS;
  options.overcluster = 1;
  despur_status status = run_fit_grouping(&grouping, r, r->nets[DESPUR_NETWORK_REFERENCE], &options, error);
  if (status != DESPUR_OK) return status;
  for (size_t k = 0; k < MOST_CLUSTERS - 1; k++) {
    double sum = 0, examples = 0;
    for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
      despur_grouping_part part = despur_grouping_part_at(grouping, p);
      if (part.examples == 0 || isnan(part.scores[k])) continue;
      sum += part.scores[k] * (double)part.examples;
      examples += (double)part.examples;
    }
    scores[k] = sum / examples; /* 0 / 0 is NaN */
  }
  despur_grouping_free(grouping);
  return DESPUR_OK;
}

/* Where the groups are right, as well separated clusters are as a rule. */
static void note_what_is_missing(const run *r) {
  const despur_groups *groups = &r->result->groups;
  const despur_stage_result *last = &r->result->stages[r->result->stage_count - 1];
  size_t smallest = SIZE_MAX;
  for (size_t g = 0; g < groups->count; g++)
    if (groups->train_sizes[g] > 0 && groups->train_sizes[g] < smallest) smallest = groups->train_sizes[g];
  run_note(
      r,
      "  the clusters are well separated, so the groups may be right; the smallest has %zu training examples",
      smallest);
  if (last->selected_epoch < last->epochs)
    run_note(
        r,
        "  to try: more of them, or the features of a pretrained network with these groups (despur infer "
        "--apply, then despur repair --groups); not a longer training, for epoch %zu of %zu was the best",
        last->selected_epoch, last->epochs);
  else
    run_note(r, "  to try: more of them, a longer training (train.epochs), or a smaller train.optimizer.lr");
}

static void note_settings(const run *r, const double *scores) {
  char found[128] = "";
  size_t best = 0;
  bool searched = r->config->infer.max_clusters > 0;
  for (size_t k = 0, used = 0; k < MOST_CLUSTERS - 1; k++) {
    used += (size_t)format_text(found + used, sizeof found - used, "%s%zu: %.2f", k ? ", " : "", k + 2,
                                scores[k]);
    if (scores[k] > scores[best] || isnan(scores[best])) best = k;
  }
  run_note(r, "  silhouettes of other numbers of clusters: %s", found);
  if (!(scores[best] >= SEPARATED))
    run_note(r,
             "  to try: these clusters are not well separated (%.1f would be), so the network may not "
             "have learned the shortcut yet, or there is none: reference.epochs=5 "
             "reference.select=silhouette, or infer.on=features",
             SEPARATED);
  else if (!searched && r->config->infer.clusters != (int64_t)best + 2)
    run_note(r, "  to try: infer.clusters=%zu, which the data suggest", best + 2);
  else
    note_what_is_missing(r);
}

static bool has_clusters(const run *r) {
  int method = r->config->infer.method;
  return r->nets[DESPUR_NETWORK_REFERENCE] &&
         (method == CONFIG_INFER_CLUSTER || method == CONFIG_INFER_GEORGE || method == CONFIG_INFER_SPARE);
}

despur_status run_advise(const run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_scores val = {0};
  uint32_t *predictions = NULL;
  size_t lost = SIZE_MAX;
  double scores[MOST_CLUSTERS - 1];
  if (!has_clusters(r)) return DESPUR_OK;
  if (r->val_groups && despur_dataset_attributes(r->dataset) < 2) {
    TRY(run_score(&val, NULL, &predictions, run_last_net(r), r->dataset, &r->truth, DESPUR_VAL, error));
    lost = find_lost_group(r, predictions);
  }
  if (!note_failure(r, lost)) goto cleanup;
  note_groups(r);
  TRY(search(scores, r, error));
  note_settings(r, scores);
cleanup:
  mem_free(predictions);
  despur_scores_release(&val);
  return status;
}
