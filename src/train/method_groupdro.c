/* GroupDRO: a weight for each group that grows with its loss (Sagawa et al. 2020, "Distributionally robust
 * neural networks for group shifts", algorithm 1 over minibatches).
 *
 *   q_g <- q_g exp(eta (L_g + C_g / sqrt(n_g))), then divided by their sum;   loss = sum over g of q_g L_g
 *
 * L_g is the mean loss of the batch's examples of group g; a group without examples in the batch keeps its
 * exponent at 0 and only loses weight to the others. C_g / sqrt(n_g) is the generalisation adjustment
 * (section 3.3 there): it moves the weights and is no part of the reported loss. The batches are
 * group-balanced unless options.sampler says otherwise, as in every published run. */
#include "train/method.h"

#include "base/math.h"

static void sample(const method_input *input, sampling *plan) {
  plan->kind = input->options->sampler == DESPUR_SAMPLE_SHUFFLED ? SAMPLE_SHUFFLE : SAMPLE_DRAW;
  for (size_t g = 0; g < input->groups->count; g++) plan->mass[g] = 1;
}

/* Uniform over the groups that have training examples. */
static void start(const method_input *input, double *q) {
  const despur_groups *groups = input->groups;
  size_t present = 0;
  for (size_t g = 0; g < groups->count; g++) present += groups->train_sizes[g] > 0;
  for (size_t g = 0; g < groups->count; g++) q[g] = groups->train_sizes[g] > 0 ? 1 / (double)present : 0;
}

static double adjustment(const method_input *input, size_t g) {
  const despur_method_options *options = input->options;
  if (options->adjustments == 0) return 0;
  double c = options->adjustment[options->adjustments == 1 ? 0 : g];
  return c / math_sqrt((double)input->groups->train_sizes[g]);
}

/* The batch is small: one pass over it for each group is quicker than a table. */
static double mean_loss(const method_batch *batch, size_t g, size_t *members) {
  double sum = 0;
  *members = 0;
  for (size_t i = 0; i < batch->count; i++) {
    if (batch->groups[i] != g) continue;
    sum += batch->losses[i];
    ++*members;
  }
  return *members ? sum / (double)*members : 0;
}

static void update_weights(const method_input *input, double *q, const method_batch *batch) {
  double total = 0;
  for (size_t g = 0; g < input->groups->count; g++) {
    size_t members;
    double loss = mean_loss(batch, g, &members);
    if (members) q[g] *= math_exp(input->options->eta * (loss + adjustment(input, g)));
    total += q[g];
  }
  for (size_t g = 0; g < input->groups->count; g++) q[g] /= total;
}

static double weigh(const method_input *input, double *q, const method_batch *batch, double *weights) {
  double total = 0;
  update_weights(input, q, batch);
  for (size_t i = 0; i < batch->count; i++) weights[i] = 0;
  for (size_t g = 0; g < input->groups->count; g++) {
    size_t members;
    total += q[g] * mean_loss(batch, g, &members);
    for (size_t i = 0; i < batch->count; i++)
      if (batch->groups[i] == g) weights[i] = q[g] / (double)members;
  }
  return total;
}

const method method_groupdro = {
    .label = "GroupDRO", .needs = METHOD_NEEDS_GROUPS, .sample = sample, .start = start, .weigh = weigh};
