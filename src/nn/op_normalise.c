/* Pictures on their way into a network: (x - mean) / deviation for each channel, in float32 as PyTorch's
 * transforms do. What stands beside a picture is padded with zeros afterwards. */
#include "nn/net.h"

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

static void forward(const node *n, pass *p) {
  const despur_net_options *options = &p->net->head.options;
  block_layout in = n->in[0]->layout, out = n->out->layout;
  for (size_t channel = 0; channel < out.channels; channel++) {
    const float mean = (float)options->mean[channel], deviation = (float)options->deviation[channel];
    for (size_t row = 0; row < out.height; row++) {
      const float *x = node_input(n, p, 0) + block_at(in, channel, row);
      float *y = node_output(n, p) + block_at(out, channel, row);
      for (size_t i = 0; i < out.width * LANES; i++) y[i] = (x[i] - mean) / deviation;
    }
  }
}

/* No gradient of pictures is ever wanted. */
static void backward(const node *n, pass *p) {
  (void)n;
  (void)p;
}

const operation op_normalise = {.name = "normalise",
                                .inputs = 1,
                                .may_work_in_place = true,
                                .pointwise = true,
                                .shape = shape,
                                .forward = forward,
                                .backward = backward};
