/* Accuracies of groups, classes and examples. NaN always means "there is nothing to average". */
#include "despur/eval.h"

#include "base/error.h"
#include "base/memory.h"
#include "despur/stats.h"

#include <math.h>
#include <string.h>

static double share(size_t part, size_t whole) {
  return whole ? (double)part / (double)whole : (double)NAN;
}

static const double CONFIDENCE = 0.95; /* of all intervals */

/* The prediction is of a known class, and the example of a known group or none. */
static despur_status check_example(const despur_dataset *dataset, const despur_groups *groups,
                                   uint32_t example, uint32_t prediction, despur_error *error) {
  if (example >= despur_dataset_count(dataset))
    return error_set(error, DESPUR_BAD_INPUT, "scores: example %u of a data set with %zu examples", example,
                     despur_dataset_count(dataset));
  if (prediction >= despur_dataset_classes(dataset))
    return error_set(error, DESPUR_BAD_INPUT,
                     "scores: class %u predicted for example %u of a data set with %zu classes", prediction,
                     example, despur_dataset_classes(dataset));
  uint32_t group = groups->of_example[example];
  if (group != DESPUR_NO_GROUP && group >= groups->count)
    return error_set(error, DESPUR_BAD_INPUT, "scores: example %u is in group %u of %zu groups", example,
                     group, groups->count);
  return DESPUR_OK;
}

static despur_status check(const despur_dataset *dataset, const despur_groups *groups,
                           const uint32_t *examples, const uint32_t *predictions, size_t count,
                           despur_error *error) {
  if (groups->examples != despur_dataset_count(dataset))
    return error_set(error, DESPUR_BAD_INPUT, "scores: groups of %zu examples for a data set with %zu",
                     groups->examples, despur_dataset_count(dataset));
  for (size_t i = 0; i < count; i++) {
    despur_status status = check_example(dataset, groups, examples[i], predictions[i], error);
    if (status != DESPUR_OK) return status;
  }
  return DESPUR_OK;
}

static despur_status init_groups(despur_scores *out, const despur_groups *groups, despur_error *error) {
  despur_status status = mem_alloc(&out->groups, groups->count, sizeof *out->groups, error);
  if (status != DESPUR_OK) return status;
  out->groups_count = groups->count;
  for (size_t g = 0; g < groups->count; g++) {
    memcpy(out->groups[g].name, groups->names[g], sizeof out->groups[g].name);
    out->groups[g].train_count = groups->train_sizes[g];
  }
  return DESPUR_OK;
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
    group->accuracy = share(group->correct, group->count);
    interval = despur_wilson_interval(group->correct, group->count, CONFIDENCE);
    group->low = interval.low;
    group->high = interval.high;
    if (!group->count) continue;
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

static despur_status bound_worst_group(despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *counts = NULL, groups = scores->groups_count;
  despur_interval interval;
  TRY(mem_alloc(&counts, groups, 2 * sizeof *counts, error));
  for (size_t g = 0; g < groups; g++) {
    counts[g] = scores->groups[g].correct;
    counts[groups + g] = scores->groups[g].count;
  }
  TRY(despur_minimum_interval(&interval, counts, counts + groups, groups, CONFIDENCE, error));
  scores->worst_group_low = interval.low;
  scores->worst_group_high = interval.high;
cleanup:
  mem_free(counts);
  return status;
}

/* tallies: [classes, 2] examples and correct ones. */
static void summarise_classes(despur_scores *scores, size_t (*tallies)[2], size_t classes) {
  scores->worst_class = classes;
  scores->worst_class_accuracy = (double)NAN;
  for (size_t y = 0; y < classes; y++) {
    double accuracy = share(tallies[y][1], tallies[y][0]);
    if (isnan(accuracy)) continue;
    if (scores->worst_class == classes || accuracy < scores->worst_class_accuracy) {
      scores->worst_class = y;
      scores->worst_class_accuracy = accuracy;
    }
  }
}

despur_status despur_scores_compute(despur_scores *out, const despur_dataset *dataset,
                                    const despur_groups *groups, const uint32_t *examples,
                                    const uint32_t *predictions, size_t count, despur_error *error) {
  *out = (despur_scores){0};
  despur_status status = DESPUR_OK;
  size_t(*classes)[2] = NULL, correct = 0, as_attribute = 0;
  const uint32_t *label = despur_dataset_labels(dataset),
                 *attribute = despur_dataset_attribute_values(dataset);
  TRY(check(dataset, groups, examples, predictions, count, error));
  TRY(mem_alloc(&classes, despur_dataset_classes(dataset), sizeof *classes, error));
  TRY(init_groups(out, groups, error));
  for (size_t i = 0; i < count; i++) {
    uint32_t example = examples[i], group = groups->of_example[example];
    size_t right = predictions[i] == label[example];
    correct += right;
    classes[label[example]][0]++;
    classes[label[example]][1] += right;
    as_attribute += predictions[i] == attribute[example];
    if (group == DESPUR_NO_GROUP) continue;
    out->groups[group].count++;
    out->groups[group].correct += right;
  }
  summarise_groups(out);
  TRY(bound_worst_group(out, error));
  summarise_classes(out, classes, despur_dataset_classes(dataset));
  out->average_accuracy = share(correct, count);
  out->attribute_accuracy = despur_dataset_attributes(dataset) > 1 ? share(as_attribute, count) : (double)NAN;
  out->loss = (double)NAN;
cleanup:
  mem_free(classes);
  if (status != DESPUR_OK) despur_scores_release(out);
  return status;
}

void despur_scores_release(despur_scores *scores) {
  mem_free(scores->groups);
  *scores = (despur_scores){0};
}
