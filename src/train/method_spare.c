/* SPARE: every class has the same mass, and within a class an example's probability falls with a power of the
 * size of its group (Yang et al. 2024, "Identifying spurious biases early in training through the lens of
 * simplicity bias").
 *
 *   p_i = size(g_i)^-lambda, normalised over the examples of the class,   so   P(g | class) ~ size(g)^(1 -
 * lambda)
 *
 * lambda is a number for each class: 1 draws its groups equally often, a larger one the small ones more
 * often. */
#include "train/method.h"

#include "base/math.h"

static double power_of(const method_input *input, size_t label) {
  const despur_method_options *options = input->options;
  if (options->powers == 0) return 1;
  return options->power[options->powers == 1 ? 0 : label];
}

/* size^(1 - lambda) */
static double mass_of(const method_input *input, size_t g) {
  size_t size = input->groups->train_sizes[g];
  double exponent = 1 - power_of(input, input->label_of[g]);
  return size ? math_exp(exponent * math_log((double)size)) : 0;
}

static void sample(const method_input *input, sampling *plan) {
  plan->kind = SAMPLE_DRAW;
  for (size_t label = 0; label < input->classes; label++) {
    double total = 0;
    for (size_t g = 0; g < input->groups->count; g++)
      if (input->label_of[g] == label) total += mass_of(input, g);
    for (size_t g = 0; g < input->groups->count; g++)
      if (input->label_of[g] == label && total > 0) plan->mass[g] = mass_of(input, g) / total;
  }
}

const method method_spare = {.label = "SPARE", .needs = METHOD_NEEDS_CELLS, .sample = sample};
