/* The sum of two values of one shape, in place of the first where nobody else needs that. */
#include "nn/net.h"

static bool shape(const node *n, block_layout *out) {
  block_layout a = n->in[0]->layout, b = n->in[1]->layout;
  *out = a;
  return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

static void forward(const node *n, pass *p) {
  float *y = node_output(n, p);
  if (!n->in_place) block_copy(y, n->out->layout, node_input(n, p, 0), n->in[0]->layout);
  block_add(y, n->out->layout, node_input(n, p, 1), n->in[1]->layout);
}

static void backward(const node *n, pass *p) {
  const float *delta = node_delta(n, p);
  block_layout from = n->out->delta_layout;
  for (size_t k = n->in_place ? 1 : 0; k < n->input_count; k++) {
    if (!n->in[k]->needs_delta) continue;
    if (n->adds[k])
      block_add(node_delta_in(n, p, k), n->in[k]->delta_layout, delta, from);
    else
      block_copy(node_delta_in(n, p, k), n->in[k]->delta_layout, delta, from);
  }
}

const operation op_add = {.name = "add",
                          .inputs = 2,
                          .may_work_in_place = true,
                          .pointwise = true,
                          .adds = true,
                          .shape = shape,
                          .forward = forward,
                          .backward = backward};
