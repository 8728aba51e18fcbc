/* min(max(0, x), 6) (Howard et al. 2017), in place where nobody else needs x. */
#include "nn/net.h"

static const float MOST = 6;

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

/* Padding is zero before and after. */
static void forward(const node *n, pass *p) {
  float *y = node_output(n, p);
  if (!n->in_place) block_copy(y, n->out->layout, node_input(n, p, 0), n->in[0]->layout);
  for (size_t i = 0; i < block_floats(n->out->layout); i++) /* NaN stays, and is seen */
    y[i] = y[i] < 0 ? 0 : y[i] > MOST ? MOST : y[i];
}

/* Where y is 0 or 6, x was cut. */
static void backward(const node *n, pass *p) {
  block_layout out = n->out->layout, in = n->in[0]->delta_layout;
  const float *output = node_output(n, p);
  float *gradient = node_delta_in(n, p, 0);
  if (!n->in_place) block_copy(gradient, in, node_delta(n, p), n->out->delta_layout);
  for (size_t channel = 0; channel < out.channels; channel++)
    for (size_t row = 0; row < out.height; row++) {
      const float *y = output + block_at(out, channel, row);
      float *dx = gradient + block_at(in, channel, row);
      for (size_t i = 0; i < out.width * LANES; i++) dx[i] = y[i] > 0 && y[i] < MOST ? dx[i] : 0;
    }
}

const operation op_relu6 = {.name = "relu6",
                            .inputs = 1,
                            .may_work_in_place = true,
                            .keeps_output = true,
                            .pointwise = true,
                            .shape = shape,
                            .forward = forward,
                            .backward = backward};
