/* max(0, x), and min(max(0, x), 6) (Howard et al. 2017), in place where nobody else needs x. */
#include "nn/net.h"

static const float MOST = 6; /* as nn/after.h has it */

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

/* Padding is zero before and after, so these may run over it: all of the output, which begins as the input.
 */
static float *begin_forward(const node *n, const pass *p) {
  float *y = node_output(n, p);
  if (!n->in_place) block_copy(y, n->out->layout, node_input(n, p, 0), n->in[0]->layout);
  return y;
}

/* Calls gradient for every row, which begins as that of the output. */
static void for_rows(const node *n, const pass *p,
                     void (*gradient)(float *dx, const float *y, size_t count)) {
  float *delta = node_delta_in(n, p, 0);
  const float *y = node_output(n, p);
  block_layout out = n->out->layout, in = n->in[0]->delta_layout;
  if (!n->in_place) block_copy(delta, in, node_delta(n, p), n->out->delta_layout);
  for (size_t channel = 0; channel < out.channels; channel++)
    for (size_t row = 0; row < out.height; row++)
      gradient(delta + block_at(in, channel, row), y + block_at(out, channel, row), out.width * LANES);
}

static void forward(const node *n, pass *p) {
  p->net->kernels->relu(begin_forward(n, p), block_floats(n->out->layout));
}

static void backward(const node *n, pass *p) {
  for_rows(n, p, p->net->kernels->relu_gradient);
}

/* By the convolution before it where that can (nn/fuse.c). */
static void forward_6(const node *n, pass *p) {
  const conv_after after = {.relu = true, .six = true};
  if (!p->returns && n->source && n->source->finishes) {
    n->source->spec.op->forward_into(n->source, p, n->out, &after);
    return;
  }
  const block_layout out = n->out->layout;
  const conv_job all = {.y = begin_forward(n, p),
                        .y_channel = block_channel(out),
                        .y_row = block_row(out),
                        .out_channels = out.channels,
                        .rows = out.height,
                        .columns = block_row(out) / LANES,
                        .after = &after};
  p->net->kernels->points->finish(&all);
}

/* Where y is 0 or 6, x was cut. */
static void gradient_6(float *dx, const float *y, size_t count) {
  for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0 && y[i] < MOST ? dx[i] : 0;
}

static void backward_6(const node *n, pass *p) {
  for_rows(n, p, gradient_6);
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

const operation op_relu6 = {.name = "relu6",
                            .inputs = 1,
                            .may_work_in_place = true,
                            .keeps_output = true,
                            .pointwise = true,
                            .takes_source = true,
                            .shape = shape,
                            .forward = forward_6,
                            .backward = backward_6};
