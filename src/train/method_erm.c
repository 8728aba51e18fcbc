/* Empirical risk minimisation: every example once, every example alike. */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  (void)input;
  plan->kind = SAMPLE_SHUFFLE;
}

const method method_erm = {.label = "ERM", .needs = METHOD_NEEDS_NOTHING, .sample = sample};
