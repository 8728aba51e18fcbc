/* JTT, "just train twice": the examples that a reference network got wrong are repeated (Liu et al. 2021).
 *
 * Group 0 holds the examples that were right, group 1 those that were wrong (despur_infer_errors). */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  const size_t *sizes = input->groups->train_sizes;
  plan->kind = SAMPLE_LIST;
  for (size_t g = 0; g < input->groups->count; g++)
    plan->quota[g] = g == 0 ? sizes[g] : input->options->repeats * sizes[g];
}

const method method_jtt = {.label = "JTT", .needs = METHOD_NEEDS_GROUPS, .sample = sample};
