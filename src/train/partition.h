/* The groups that a method trains on. */
#ifndef TRAIN_PARTITION_H
#define TRAIN_PARTITION_H

#include "train/method.h"

typedef struct partition {
  const despur_groups *groups; /* NULL when the method needs none */
  despur_groups own;           /* what groups points to when they had to be made */
  uint32_t *label_of;          /* [groups] METHOD_NEEDS_CELLS */
} partition;

/* given: the caller's groups, or NULL. Release with partition_release, which accepts half-built ones. */
DESPUR_MUST_USE despur_status partition_init(partition *out, method_needs needs,
                                             const despur_dataset *dataset, const despur_groups *given,
                                             despur_error *error);
void partition_release(partition *p);

#endif
