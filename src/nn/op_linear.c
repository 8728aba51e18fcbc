/* Fully connected layers: y = W x + b. Their weight gradients are computed for the whole batch, from rows of
 * one example each: inputs and output gradients. The classifier's input rows are also the features. */
#include "nn/net.h"

#include <stdio.h>

enum {
  OUTPUTS_A_TASK = 12, /* whose weight gradients are one task */
  INPUTS_A_PIECE = 96  /* of these, which are updated at a time */
};

static size_t round_up(size_t n) {
  return (n + LANES - 1) / LANES * LANES;
}

static size_t inputs(const node *n) {
  return block_features(n->in[0]->layout);
}

static bool shape(const node *n, block_layout *out) {
  *out = (block_layout){.channels = n->spec.size, .height = 1, .width = 1};
  return true;
}

static void plan_linear(node *n, net_plan *p) {
  n->weight_count = inputs(n) * n->spec.size;
  n->bias_count = n->spec.size;
  n->weight = plan_parameters(p, n->weight_count);
  n->bias = plan_parameters(p, n->bias_count);
  n->row_stride = round_up(inputs(n));
  n->rows_at = plan_rows(p, n->row_stride);
  n->dy_at = plan_rows(p, n->spec.size);
  n->piece_at = plan_backward_scratch(p, n, (size_t)OUTPUTS_A_TASK * INPUTS_A_PIECE);
}

static size_t tensors(const node *n, const despur_net *net, tensor *out) {
  out[0] = (tensor){.rank = 2,
                    .shape = {n->spec.size, inputs(n)},
                    .count = n->weight_count,
                    .data = net->parameters + n->weight};
  out[1] = (tensor){
      .rank = 1, .shape = {n->bias_count}, .count = n->bias_count, .data = net->parameters + n->bias};
  snprintf(out[0].name, sizeof out->name, "%s.weight", n->spec.name);
  snprintf(out[1].name, sizeof out->name, "%s.bias", n->spec.name);
  return 2;
}

static size_t multiply_adds(const node *n) {
  return n->weight_count;
}

linear_job linear_forward_job(const node *n, const pass *p) {
  const despur_net *net = p->net;
  return (linear_job){.x = node_input(n, p, 0),
                      .weight = net->parameters + n->weight,
                      .weight_out = inputs(n),
                      .weight_in = 1,
                      .bias = net->parameters + n->bias,
                      .y = node_output(n, p),
                      .inputs = inputs(n),
                      .outputs = n->spec.size};
}

/* One example of the block after the other. */
static void keep_rows(const float *x, block_layout layout, const pass *p, float *rows, size_t stride) {
  p->net->kernels->rows->to_rows(rows + p->block * LANES * stride, stride, x, layout, p->used);
}

static void forward(const node *n, pass *p) {
  const despur_net *net = p->net;
  const linear_job job = linear_forward_job(n, p);
  if (p->training || n->index + 1 == net->node_count)
    keep_rows(job.x, n->in[0]->layout, p, net->rows + n->rows_at, n->row_stride);
  net->kernels->linear(&job);
}

linear_job linear_input_job(const node *n, const pass *p) {
  const despur_net *net = p->net;
  return (linear_job){.x = node_delta(n, p),
                      .weight = net->parameters + n->weight,
                      .weight_out = 1,
                      .weight_in = inputs(n),
                      .y = node_delta_in(n, p, 0),
                      .inputs = n->spec.size,
                      .outputs = inputs(n)};
}

static void backward(const node *n, pass *p) {
  const despur_net *net = p->net;
  if (p->training) keep_rows(node_delta(n, p), n->out->layout, p, net->rows + n->dy_at, n->spec.size);
  if (!n->in[0]->needs_delta) return;
  const linear_job job = linear_input_job(n, p);
  net->kernels->linear(&job);
}

linear_gradient_job linear_weight_job(const node *n, const despur_net *net, size_t first, size_t last) {
  return (linear_gradient_job){.x = net->rows + n->rows_at,
                               .x_stride = n->row_stride,
                               .dy = net->rows + n->dy_at,
                               .dy_stride = n->spec.size,
                               .gradient = net->gradient + n->weight,
                               .examples = net->used,
                               .inputs = inputs(n),
                               .first = first,
                               .last = last};
}

static size_t gradient_tasks(const node *n) {
  return (n->spec.size + OUTPUTS_A_TASK - 1) / OUTPUTS_A_TASK;
}

/* Of some outputs over all examples, in their order: tasks share no sum, so threads change nothing. */
/* That of outputs first..last-1. */
static void add_biases(const node *n, const despur_net *net, size_t first, size_t last, float *bias) {
  const float *dy = net->rows + n->dy_at + first;
  for (size_t o = 0; o < last - first; o++) bias[o] = 0;
  for (size_t e = 0; e < net->used; e++)
    for (size_t o = 0; o < last - first; o++) bias[o] += dy[e * n->spec.size + o];
}

static void gradient(const node *n, despur_net *net, size_t part, size_t parts) {
  const size_t first = part * n->spec.size / parts, last = (part + 1) * n->spec.size / parts;
  const linear_gradient_job job = linear_weight_job(n, net, first, last);
  net->kernels->linear_gradient(&job);
  add_biases(n, net, first, last, net->gradient + n->bias + first);
}

/* Weights are many and each is used once: a piece of their gradients never leaves the cache, and what it
 * updates is on its way there meanwhile. */
static void update(const node *n, const despur_net *net, size_t part, size_t parts, float *scratch,
                   double lr) {
  const size_t first = part * n->spec.size / parts, last = (part + 1) * n->spec.size / parts;
  float *piece = scratch + n->piece_at;
  linear_gradient_job job = linear_weight_job(n, net, 0, last - first);
  job.dy += first;
  job.gradient = piece;
  for (size_t in = 0, count; in < inputs(n); in += count, job.x += count) {
    count = inputs(n) - in < INPUTS_A_PIECE ? inputs(n) - in : INPUTS_A_PIECE;
    const step_arrays weights = {
        .gradient = piece, .rows = last - first, .count = count, .gradient_row = count, .w_row = inputs(n)};
    const size_t at = n->weight + first * inputs(n) + in;
    net_expect_update(net, &weights, at);
    job.inputs = count;
    net->kernels->linear_gradient(&job);
    net_update(n, net, lr, &weights, at);
  }
  add_biases(n, net, first, last, piece);
  const step_arrays biases = {.gradient = piece, .rows = 1, .count = last - first};
  net_update(n, net, lr, &biases, n->bias + first);
}

const operation op_linear = {.name = "linear",
                             .inputs = 1,
                             .flat = true,
                             .shape = shape,
                             .plan = plan_linear,
                             .initialise = initialise_uniform,
                             .tensors = tensors,
                             .multiply_adds = multiply_adds,
                             .forward = forward,
                             .backward = backward,
                             .gradient_tasks = gradient_tasks,
                             .gradient = gradient,
                             .update = update};
