/* The groups that a method trains on. */
#ifndef TRAIN_TRAINING_GROUPS_H
#define TRAIN_TRAINING_GROUPS_H

#include "train/method.h"

typedef struct training_groups {
  const despur_groups *groups; /* NULL when the method needs none */
  despur_groups own;           /* what groups points to when they had to be made */
  uint32_t *label_of;          /* [groups] METHOD_NEEDS_CELLS */
} training_groups;

/* given: the caller's groups, or NULL. Release with training_groups_release, which accepts half-built ones.
 */
DESPUR_MUST_USE despur_status training_groups_init(training_groups *out, method_needs needs,
                                                   const despur_dataset *dataset, const despur_groups *given,
                                                   despur_error *error);
void training_groups_release(training_groups *p);

#endif
