/* Maximum over windows; padding is never the largest. It remembers which input won, and does not need the
 * inputs again. */
#include "nn/net.h"

#include "nn/window.h"

#include <string.h>

static bool shape(const node *n, block_layout *out) {
  block_layout in = n->in[0]->layout;
  *out = (block_layout){.channels = in.channels,
                        .height = window_count(in.height, 2 * n->spec.padding, n->spec.size, n->spec.stride),
                        .width = window_count(in.width, 2 * n->spec.padding, n->spec.size, n->spec.stride)};
  return n->spec.padding < n->spec.size; /* else a window could hold nothing */
}

static void plan_pool(node *n, net_plan *p) {
  n->bytes_at = plan_bytes(p, block_features(n->out->layout) * LANES);
}

static pool_job pool_of(const node *n, const pass *p) {
  block_layout in = n->in[0]->layout, out = n->out->layout;
  return (pool_job){.choice = p->bytes + n->bytes_at,
                    .channels = out.channels,
                    .rows = out.height,
                    .columns = out.width,
                    .window = n->spec.size,
                    .stride = n->spec.stride,
                    .padding = n->spec.padding,
                    .x_rows = in.height,
                    .x_columns = in.width};
}

pool_job pool_forward_job(const node *n, const pass *p) {
  pool_job job = pool_of(n, p);
  block_layout in = n->in[0]->layout, out = n->out->layout;
  job.x = node_input(n, p, 0) + block_at(in, 0, 0);
  job.x_channel = block_channel(in);
  job.x_row = block_row(in);
  job.y = node_output(n, p) + block_at(out, 0, 0);
  job.y_channel = block_channel(out);
  job.y_row = block_row(out);
  return job;
}

static void forward(const node *n, pass *p) {
  const pool_job job = pool_forward_job(n, p);
  p->net->kernels->max_pool(&job);
}

pool_job pool_input_job(const node *n, const pass *p) {
  pool_job job = pool_of(n, p);
  block_layout in = n->in[0]->delta_layout, out = n->out->delta_layout;
  job.dx = node_delta_in(n, p, 0) + block_at(in, 0, 0);
  job.x_channel = block_channel(in);
  job.x_row = block_row(in);
  job.y = node_delta(n, p) + block_at(out, 0, 0);
  job.y_channel = block_channel(out);
  job.y_row = block_row(out);
  return job;
}

static void backward(const node *n, pass *p) {
  const pool_job job = pool_input_job(n, p);
  memset(node_delta_in(n, p, 0), 0, block_floats(n->in[0]->delta_layout) * sizeof(float));
  p->net->kernels->max_pool_gradient(&job);
}

const operation op_pool = {.name = "max pool",
                           .inputs = 1,
                           .clears = true,
                           .shape = shape,
                           .plan = plan_pool,
                           .forward = forward,
                           .backward = backward};
