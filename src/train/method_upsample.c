/* Upsampling: each group is repeated to the size of the largest. */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  const despur_groups *groups = input->groups;
  size_t largest = 0;
  plan->kind = SAMPLE_LIST;
  for (size_t g = 0; g < groups->count; g++)
    if (groups->train_sizes[g] > largest) largest = groups->train_sizes[g];
  for (size_t g = 0; g < groups->count; g++) plan->quota[g] = largest;
}

const method method_upsample = {.label = "upsampling", .needs = METHOD_NEEDS_GROUPS, .sample = sample};
