/* Fully connected layers: y = W x + b. Their weight gradients are computed for the whole batch in net_pass.c.
 */
#include "nn/net.h"

linear_job layer_linear_job(const layer *l, const pass *p) {
  const despur_net *net = p->net;
  return (linear_job){.x = layer_input(l, p),
                      .weight = net->parameters + l->weight,
                      .weight_out = block_features(l->in),
                      .weight_in = 1,
                      .bias = net->parameters + l->bias,
                      .y = layer_output(l, p),
                      .inputs = block_features(l->in),
                      .outputs = l->spec.size};
}

void layer_linear_forward(const layer *l, pass *p) {
  const linear_job job = layer_linear_job(l, p);
  p->net->kernels->linear(&job);
}

linear_job layer_linear_input_job(const layer *l, const pass *p) {
  const despur_net *net = p->net;
  return (linear_job){.x = layer_delta(l, p),
                      .weight = net->parameters + l->weight,
                      .weight_out = 1,
                      .weight_in = block_features(l->in),
                      .y = layer_delta_in(l, p),
                      .inputs = l->spec.size,
                      .outputs = block_features(l->in)};
}

void layer_linear_backward(const layer *l, pass *p) {
  if (!l->needs_delta_in) return;
  const linear_job job = layer_linear_input_job(l, p);
  p->net->kernels->linear(&job);
}

linear_gradient_job layer_linear_gradient_job(const layer *l, const despur_net *net, size_t first,
                                              size_t last) {
  return (linear_gradient_job){.x = net->rows + l->rows_at,
                               .x_stride = l->row_stride,
                               .dy = net->rows + l->dy_at,
                               .dy_stride = l->spec.size,
                               .gradient = net->gradient + l->weight,
                               .examples = net->used,
                               .inputs = block_features(l->in),
                               .first = first,
                               .last = last};
}
