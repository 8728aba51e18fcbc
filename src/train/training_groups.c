#include "train/training_groups.h"

#include "base/memory.h"

#include <stdio.h>

/* Marks which labels the training examples of each group have: has [groups, classes]. */
static void find_labels(uint8_t *has, const despur_dataset *dataset, const despur_groups *groups) {
  size_t count, classes = despur_dataset_classes(dataset);
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  for (size_t i = 0; i < count; i++) {
    uint32_t group = groups->of_example[examples[i]];
    if (group != DESPUR_NO_GROUP) has[group * classes + labels[examples[i]]] = 1;
  }
}

/* cell [groups, classes]: the number of each pair that occurs. */
static despur_status make_cells(training_groups *out, const uint8_t *has, uint32_t *cell, size_t cells,
                                size_t classes, const despur_groups *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t next = 0;
  TRY(despur_groups_create(&out->own, groups->examples, cells, error));
  TRY(mem_alloc(&out->label_of, cells, sizeof *out->label_of, error));
  for (size_t g = 0; g < groups->count; g++)
    for (size_t y = 0; y < classes; y++) {
      if (!has[g * classes + y]) continue;
      snprintf(out->own.names[next], DESPUR_GROUP_NAME, "%.20s,y=%zu", groups->names[g], y);
      out->label_of[next] = out->own.labels[next] = (uint32_t)y;
      cell[g * classes + y] = next++;
    }
cleanup:
  return status;
}

static void assign_cells(training_groups *out, const uint32_t *cell, const despur_dataset *dataset,
                         const despur_groups *groups) {
  size_t count, classes = despur_dataset_classes(dataset);
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  for (size_t i = 0; i < count; i++) {
    uint32_t e = examples[i], group = groups->of_example[e];
    if (group == DESPUR_NO_GROUP) continue;
    out->own.of_example[e] = cell[group * classes + labels[e]];
    out->own.train_sizes[out->own.of_example[e]]++;
  }
}

/* Every pair of group and label that occurs becomes a group of its own. */
static despur_status split_by_label(training_groups *out, const despur_dataset *dataset,
                                    const despur_groups *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t classes = despur_dataset_classes(dataset), pairs, cells = 0;
  uint8_t *has = NULL;
  uint32_t *cell = NULL;
  TRY(mem_multiply(&pairs, groups->count, classes, error));
  TRY(mem_alloc(&has, pairs, sizeof *has, error));
  TRY(mem_alloc(&cell, pairs, sizeof *cell, error));
  find_labels(has, dataset, groups);
  for (size_t i = 0; i < pairs; i++) cells += has[i];
  TRY(make_cells(out, has, cell, cells, classes, groups, error));
  assign_cells(out, cell, dataset, groups);
  out->groups = &out->own;
cleanup:
  mem_free(has);
  mem_free(cell);
  return status;
}

despur_status training_groups_init(training_groups *out, method_needs needs, const despur_dataset *dataset,
                                   const despur_groups *given, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (training_groups){0};
  if (needs >= METHOD_NEEDS_GROUPS && !given)
    FAIL(error, DESPUR_BAD_USAGE, "train: this method needs groups, and there are none");
  if (needs >= METHOD_NEEDS_GROUPS && given->examples != despur_dataset_count(dataset))
    FAIL(error, DESPUR_BAD_USAGE, "train: the groups are of %zu examples, the data set has %zu",
         given->examples, despur_dataset_count(dataset));
  switch (needs) {
  case METHOD_NEEDS_NOTHING:
    break;
  case METHOD_NEEDS_LABELS:
    TRY(despur_groups_of_labels(&out->own, dataset, error));
    out->groups = &out->own;
    break;
  case METHOD_NEEDS_GROUPS:
    out->groups = given;
    break;
  case METHOD_NEEDS_CELLS:
    TRY(split_by_label(out, dataset, given, error));
    break;
  }
cleanup:
  return status;
}

void training_groups_release(training_groups *p) {
  despur_groups_release(&p->own);
  mem_free(p->label_of);
  *p = (training_groups){0};
}
