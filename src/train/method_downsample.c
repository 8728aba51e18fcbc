/* Downsampling: a random subset of each group as large as the smallest, the same in every epoch. */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  const despur_groups *groups = input->groups;
  size_t smallest = SIZE_MAX;
  plan->kind = SAMPLE_LIST;
  for (size_t g = 0; g < groups->count; g++)
    if (groups->train_sizes[g] > 0 && groups->train_sizes[g] < smallest) smallest = groups->train_sizes[g];
  for (size_t g = 0; g < groups->count; g++) plan->quota[g] = smallest;
}

const method method_downsample = {.label = "downsampling", .needs = METHOD_NEEDS_GROUPS, .sample = sample};
