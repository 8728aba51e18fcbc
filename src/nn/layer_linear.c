/* Fully connected layers: y = W x + b. Their weight gradients are computed for the whole batch in net_pass.c.
 */
#include "nn/net.h"

void layer_linear_forward(const layer *l, pass *p) {
  const despur_net *net = p->net;
  linear_job job = {.x = layer_input(l, p),
                    .weight = net->parameters + l->weight,
                    .weight_out = block_features(l->in),
                    .weight_in = 1,
                    .bias = net->parameters + l->bias,
                    .y = layer_output(l, p),
                    .inputs = block_features(l->in),
                    .outputs = l->spec.size};
  net->kernels->linear(&job);
}

/* dx = transpose(W) dy. */
void layer_linear_backward(const layer *l, pass *p) {
  const despur_net *net = p->net;
  if (!l->needs_delta_in) return;
  linear_job job = {.x = layer_delta(l, p),
                    .weight = net->parameters + l->weight,
                    .weight_out = 1,
                    .weight_in = block_features(l->in),
                    .y = layer_delta_in(l, p),
                    .inputs = l->spec.size,
                    .outputs = block_features(l->in)};
  net->kernels->linear(&job);
}
