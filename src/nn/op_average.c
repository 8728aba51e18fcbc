/* Global average pooling: the mean of each channel over all places. */
#include "nn/net.h"

static bool shape(const node *n, block_layout *out) {
  *out = (block_layout){.channels = n->in[0]->layout.channels, .height = 1, .width = 1};
  return true;
}

static void forward(const node *n, pass *p) {
  block_layout in = n->in[0]->layout, out = n->out->layout;
  const float *x = node_input(n, p, 0);
  for (size_t channel = 0; channel < in.channels; channel++) {
    double sum[LANES] = {0};
    for (size_t row = 0; row < in.height; row++) {
      const float *from = x + block_at(in, channel, row);
      for (size_t column = 0; column < in.width; column++)
        for (size_t lane = 0; lane < LANES; lane++) sum[lane] += (double)from[column * LANES + lane];
    }
    float *y = node_output(n, p) + block_at(out, channel, 0);
    for (size_t lane = 0; lane < LANES; lane++) y[lane] = (float)(sum[lane] / (double)(in.height * in.width));
  }
}

static void backward(const node *n, pass *p) {
  block_layout in = n->in[0]->delta_layout, out = n->out->delta_layout;
  const float share = (float)(1 / (double)(in.height * in.width));
  for (size_t channel = 0; channel < in.channels; channel++) {
    const float *dy = node_delta(n, p) + block_at(out, channel, 0);
    for (size_t row = 0; row < in.height; row++) {
      float *dx = node_delta_in(n, p, 0) + block_at(in, channel, row);
      for (size_t column = 0; column < in.width; column++)
        for (size_t lane = 0; lane < LANES; lane++) dx[column * LANES + lane] = dy[lane] * share;
    }
  }
}

const operation op_average = {
    .name = "average pool", .inputs = 1, .shape = shape, .forward = forward, .backward = backward};
