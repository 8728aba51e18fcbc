/* max(0, x), in place where nobody else needs x. */
#include "nn/net.h"

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

/* Padding is zero before and after, so ReLU may run over it. */
static void forward(const node *n, pass *p) {
  float *y = node_output(n, p);
  if (!n->in_place) block_copy(y, n->out->layout, node_input(n, p, 0), n->in[0]->layout);
  p->net->kernels->relu(y, block_floats(n->out->layout));
}

static void backward(const node *n, pass *p) {
  float *delta = node_delta_in(n, p, 0);
  const float *y = node_output(n, p);
  block_layout out = n->out->layout, in = n->in[0]->delta_layout;
  if (!n->in_place) block_copy(delta, in, node_delta(n, p), n->out->delta_layout);
  for (size_t channel = 0; channel < out.channels; channel++)
    for (size_t row = 0; row < out.height; row++)
      p->net->kernels->relu_gradient(delta + block_at(in, channel, row), y + block_at(out, channel, row),
                                     out.width * LANES);
}

const operation op_relu = {.name = "relu",
                           .inputs = 1,
                           .may_work_in_place = true,
                           .keeps_output = true,
                           .pointwise = true,
                           .is_relu = true,
                           .shape = shape,
                           .forward = forward,
                           .backward = backward};
