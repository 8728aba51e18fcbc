/* Accuracies of groups, classes and examples. NaN always means "there is nothing to average". */
#include "despur/eval.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/measures.h"
#include "despur/stats.h"
#include "despur/text.h"
#include "eval/cells.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/minimum.h"

#include <math.h>

static const double CONFIDENCE = 0.95; /* of all intervals */

static despur_status init_groups(despur_scores *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->groups, p->groups_count, sizeof *out->groups, error));
  TRY(text_copy_all(&out->names, p->names, p->groups_count, error));
  out->groups_count = p->groups_count;
  out->groups_aside = p->groups_aside;
  out->least_count = p->least_count;
  for (size_t g = 0; g < p->groups_count; g++) {
    out->groups[g].name = out->names[g];
    out->groups[g].label = out->groups[g].attribute = DESPUR_NO_CODE;
    out->groups[g].train_count = p->train_sizes ? p->train_sizes[g] : 0;
  }
cleanup:
  return status;
}

/* Minimum and averages over the groups that have examples. */
static void summarise_groups(despur_scores *scores) {
  despur_interval interval;
  double weighted = 0, balanced = 0;
  size_t train = 0, present = 0;
  scores->worst_group = scores->groups_count;
  scores->worst_group_accuracy = (double)NAN;
  for (size_t g = 0; g < scores->groups_count; g++) {
    despur_group_score *group = &scores->groups[g];
    group->accuracy = effective_share(group->effective, group->correct, group->count);
    interval = group_interval(group, CONFIDENCE);
    group->low = interval.low;
    group->high = interval.high;
    if (!group->count || g >= scores->groups_count - scores->groups_aside) continue;
    if (!present || group->accuracy < scores->worst_group_accuracy) {
      scores->worst_group = g;
      scores->worst_group_accuracy = group->accuracy;
    }
    weighted += (double)group->train_count * group->accuracy;
    train += group->train_count;
    balanced += group->accuracy;
    present++;
  }
  scores->train_weighted_average = train ? weighted / (double)train : (double)NAN;
  scores->balanced_group_accuracy = present ? balanced / (double)present : (double)NAN;
}

despur_status scores_worst_interval(despur_interval *out, const despur_scores *scores, double confidence,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *counts = NULL, groups = scores->groups_count - scores->groups_aside;
  despur_effective *effective = NULL;
  minimum_test test = {0};
  TRY(mem_alloc(&counts, groups, 2 * sizeof *counts, error));
  TRY(mem_alloc(&effective, groups, sizeof *effective, error));
  for (size_t g = 0; g < groups; g++) {
    counts[g] = scores->groups[g].correct;
    counts[groups + g] = scores->groups[g].count;
    effective[g] = scores->groups[g].effective;
  }
  TRY(minimum_test_create(&test, counts, counts + groups, effective, groups, error));
  test.dependent = scores->groups_share_units;
  TRY(minimum_interval(out, &test, confidence, error));
cleanup:
  minimum_test_release(&test);
  mem_free(counts);
  mem_free(effective);
  return status;
}

static despur_status bound_worst_group(despur_scores *scores, despur_error *error) {
  despur_interval interval;
  despur_status status = scores_worst_interval(&interval, scores, CONFIDENCE, error);
  if (status != DESPUR_OK) return status;
  scores->worst_group_low = interval.low;
  scores->worst_group_high = interval.high;
  return DESPUR_OK;
}

/* How sure accuracies are whose examples come from units, or weigh. */
static despur_status weigh_units(despur_scores *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  unit_rows rows = {0};
  unit_tally tally = {0};
  size_t all = p->groups_count,
         attributes = p->attribute_names ? p->attributes_count - p->attributes_aside : DESPUR_NO_GROUP;
  for (size_t g = 0; g < all; g++) out->groups[g].weight = (double)out->groups[g].count;
  out->overlapping = out->groups_share_units = out->attributes_share_units = p->repeats > 0;
  if (!p->units && !p->weights) return DESPUR_OK;
  TRY(unit_rows_find(&rows, p, error));
  TRY(unit_tally_create(&tally, all + 1, p->weights, error));
  for (size_t u = 0; u < rows.units; u++) {
    for (size_t i = rows.first[u]; i < rows.first[u + 1]; i++) {
      uint32_t row = rows.rows[i], group = p->groups[row];
      bool right = p->predictions[row] == p->labels[row];
      if (row < predicted_examples(p)) unit_tally_add(&tally, all, row_weight(p, row), right);
      if (group != DESPUR_NO_GROUP) unit_tally_add(&tally, group, row_weight(p, row), right);
    }
    unit_tally_end(&tally);
  }
  for (size_t g = 0; g < all; g++) {
    out->groups[g].effective = unit_effective(&tally.sums[g]);
    out->groups[g].weight = tally.sums[g].whole;
  }
  out->effective = unit_effective(&tally.sums[all]);
  out->weighted = p->weights;
  if (!p->units) goto cleanup;
  out->units_count = p->units_count;
  out->groups_share_units |= unit_rows_share(&rows, p->groups, p->groups_count - p->groups_aside);
  out->attributes_share_units |= unit_rows_share(&rows, p->attributes, attributes);
cleanup:
  unit_tally_release(&tally);
  unit_rows_release(&rows);
  return status;
}

/* tallies: [classes, 2] weights of examples and of correct ones. */
static void summarise_classes(despur_scores *scores, double (*tallies)[2], size_t classes) {
  scores->worst_class = classes;
  scores->worst_class_accuracy = (double)NAN;
  for (size_t y = 0; y < classes; y++) {
    double accuracy = tallies[y][0] > 0 ? tallies[y][1] / tallies[y][0] : (double)NAN;
    if (isnan(accuracy)) continue;
    if (scores->worst_class == classes || accuracy < scores->worst_class_accuracy) {
      scores->worst_class = y;
      scores->worst_class_accuracy = accuracy;
    }
  }
}

/* Mean of -ln p_label; NaN without probabilities. */
static double mean_log_loss(const despur_predicted *p) {
  double sum = 0, weight = 0;
  if (!p->probabilities) return (double)NAN;
  for (size_t i = 0; i < predicted_examples(p); i++) {
    sum += row_weight(p, i) * log_loss(p->probabilities[i * p->classes + p->labels[i]]);
    weight += row_weight(p, i);
  }
  return sum / weight;
}

despur_status despur_predicted_scores(despur_scores *out, const despur_predicted *p, despur_error *error) {
  *out = (despur_scores){0};
  despur_status status = DESPUR_OK;
  double(*classes)[2] = NULL;
  cells_told told;
  TRY(predicted_check(p, error));
  TRY(mem_alloc(&classes, p->classes, sizeof *classes, error));
  TRY(init_groups(out, p, error));
  for (size_t i = 0; i < p->count; i++) {
    uint32_t group = p->groups[i], label = p->labels[i];
    size_t right = p->predictions[i] == label;
    if (i < predicted_examples(p)) {
      out->correct += right;
      classes[label][0] += row_weight(p, i);
      if (right) classes[label][1] += row_weight(p, i);
    }
    if (group == DESPUR_NO_GROUP) continue;
    out->groups[group].count++;
    out->groups[group].correct += right;
  }
  TRY(weigh_units(out, p, error));
  summarise_groups(out);
  TRY(bound_worst_group(out, error));
  summarise_classes(out, classes, p->classes);
  out->count = predicted_examples(p);
  out->average_accuracy = effective_share(out->effective, out->correct, out->count);
  TRY(predicted_judge(&out->degenerate, &told, p, error));
  out->attribute_accuracy = told.accuracy;
  out->attribute_chance = told.chance;
  out->loss = isnan(p->loss) ? mean_log_loss(p) : p->loss;
cleanup:
  mem_free(classes);
  if (status != DESPUR_OK) despur_scores_release(out);
  return status;
}

despur_status predicted_take_names(despur_predicted *out, const despur_groups *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char **names = NULL;
  TRY(mem_alloc(&names, groups->count, sizeof *names, error));
  for (size_t g = 0; g < groups->count; g++) names[g] = groups->names[g];
  TRY(text_copy_all(&out->names, names, groups->count, error));
cleanup:
  mem_free(names);
  return status;
}

/* Labels, attributes and groups of some examples of a data set; predictions are borrowed. */
static despur_status gather(despur_predicted *out, const despur_dataset *dataset, const despur_groups *groups,
                            const uint32_t *examples, const uint32_t *predictions, size_t count,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t total = despur_dataset_count(dataset);
  *out = (despur_predicted){.count = count,
                            .classes = despur_dataset_classes(dataset),
                            .groups_count = groups->count,
                            .train_sizes = groups->train_sizes,
                            .loss = (double)NAN};
  if (groups->examples != total)
    FAIL(error, DESPUR_BAD_INPUT, "scores: groups of %zu examples for a data set with %zu", groups->examples,
         total);
  TRY(predicted_take_names(out, groups, error));
  TRY(mem_alloc(&out->labels, count, sizeof *out->labels, error));
  TRY(mem_alloc(&out->groups, count, sizeof *out->groups, error));
  if (despur_dataset_attributes(dataset) > 1)
    TRY(mem_alloc(&out->attributes, count, sizeof *out->attributes, error));
  TRY(mem_alloc(&out->predictions, count, sizeof *out->predictions, error));
  for (size_t i = 0; i < count; i++) {
    if (examples[i] >= total)
      FAIL(error, DESPUR_BAD_INPUT, "scores: example %u of a data set with %zu examples", examples[i], total);
    out->labels[i] = despur_dataset_labels(dataset)[examples[i]];
    out->groups[i] = groups->of_example[examples[i]];
    out->predictions[i] = predictions[i];
    if (out->attributes) out->attributes[i] = despur_dataset_attribute_values(dataset)[examples[i]];
  }
cleanup:
  return status;
}

despur_status despur_scores_compute(despur_scores *out, const despur_dataset *dataset,
                                    const despur_groups *groups, const uint32_t *examples,
                                    const uint32_t *predictions, size_t count, despur_error *error) {
  *out = (despur_scores){0};
  despur_status status = DESPUR_OK;
  despur_predicted predicted;
  TRY(gather(&predicted, dataset, groups, examples, predictions, count, error));
  TRY(despur_predicted_scores(out, &predicted, error));
  for (size_t g = 0; g < groups->count; g++) {
    out->groups[g].label = groups->labels[g];
    out->groups[g].attribute = groups->attributes[g];
  }
cleanup:
  predicted.train_sizes = NULL; /* of the groups */
  despur_predicted_release(&predicted);
  return status;
}

void despur_scores_release(despur_scores *scores) {
  mem_free(scores->groups);
  mem_free(scores->names);
  *scores = (despur_scores){0};
}
