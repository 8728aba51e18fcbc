/* A shortcut without parameters (He et al. 2016, option A): every stride-th row and column, and as many
 * channels of zeros before as after. */
#include "nn/net.h"

#include <string.h>

static bool shape(const node *n, block_layout *out) {
  block_layout in = n->in[0]->layout;
  size_t stride = n->spec.stride;
  *out = (block_layout){.channels = n->spec.size,
                        .height = (in.height + stride - 1) / stride,
                        .width = (in.width + stride - 1) / stride};
  return n->spec.size >= in.channels;
}

/* Channels of zeros before. */
static size_t before(const node *n) {
  return (n->spec.size - n->in[0]->layout.channels) / 2;
}

static void forward(const node *n, pass *p) {
  block_layout in = n->in[0]->layout, out = n->out->layout;
  const float *x = node_input(n, p, 0);
  float *y = node_output(n, p);
  memset(y, 0, block_floats(out) * sizeof *y);
  for (size_t channel = 0; channel < in.channels; channel++)
    for (size_t row = 0; row < out.height; row++)
      for (size_t column = 0; column < out.width; column++)
        memcpy(y + block_at(out, before(n) + channel, row) + column * LANES,
               x + block_at(in, channel, row * n->spec.stride) + column * n->spec.stride * LANES,
               LANES * sizeof *y);
}

static void backward(const node *n, pass *p) {
  block_layout in = n->in[0]->delta_layout, out = n->out->delta_layout;
  const float *dy = node_delta(n, p);
  float *dx = node_delta_in(n, p, 0);
  memset(dx, 0, block_floats(in) * sizeof *dx);
  for (size_t channel = 0; channel < in.channels; channel++)
    for (size_t row = 0; row < out.height; row++)
      for (size_t column = 0; column < out.width; column++)
        memcpy(dx + block_at(in, channel, row * n->spec.stride) + column * n->spec.stride * LANES,
               dy + block_at(out, before(n) + channel, row) + column * LANES, LANES * sizeof *dx);
}

const operation op_shortcut = {.name = "shortcut",
                               .inputs = 1,
                               .clears = true,
                               .shape = shape,
                               .forward = forward,
                               .backward = backward};
