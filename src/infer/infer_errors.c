/* JTT's groups: what the reference network got right, and what it got wrong. */
#include "despur/infer.h"

#include "base/error.h"

#include <stdio.h>

despur_status despur_infer_errors(despur_groups *out, const despur_dataset *dataset,
                                  const uint32_t *predictions, despur_error *error) {
  size_t count;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  const uint32_t *labels = despur_dataset_labels(dataset);
  despur_status status = despur_groups_create(out, despur_dataset_count(dataset), 2, error);
  if (status != DESPUR_OK) return status;
  snprintf(out->names[0], DESPUR_GROUP_NAME, "right");
  snprintf(out->names[1], DESPUR_GROUP_NAME, "wrong");
  for (size_t i = 0; i < count; i++) {
    uint32_t wrong = predictions[i] != labels[examples[i]];
    out->of_example[examples[i]] = wrong;
    out->train_sizes[wrong]++;
  }
  return DESPUR_OK;
}
