/* Group balance: every group is drawn equally often (Idrissi et al. 2022 call it RWG; SpuCo
 * GroupBalanceBatchERM). */
#include "train/method.h"

static void sample(const method_input *input, sampling *plan) {
  plan->kind = SAMPLE_DRAW;
  for (size_t g = 0; g < input->groups->count; g++) plan->mass[g] = 1;
}

const method method_group_balance = {
    .label = "group balance", .needs = METHOD_NEEDS_GROUPS, .sample = sample};
