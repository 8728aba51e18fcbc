/* Class balance: every class is drawn equally often, which takes no group labels. */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  plan->kind = SAMPLE_DRAW;
  for (size_t g = 0; g < input->groups->count; g++) plan->mass[g] = 1;
}

const method method_class_balance = {
    .label = "class balance", .needs = METHOD_NEEDS_LABELS, .sample = sample};
