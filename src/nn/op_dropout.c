/* Inverted dropout: values that stay are divided by the probability of staying. The mask of an example
 * depends on its place in the batch and on the step. */
#include "nn/net.h"

static bool shape(const node *n, block_layout *out) {
  *out = n->in[0]->layout;
  return true;
}

static void plan_dropout(node *n, net_plan *p) {
  n->bytes_at = plan_bytes(p, block_features(n->out->layout) * LANES);
}

static bool is_on(const node *n, const pass *p) {
  return p->training && n->spec.drop > 0;
}

/* to = from * scale where the mask is set, else 0. */
static void copy_masked(const float *from, block_layout from_layout, float *to, block_layout to_layout,
                        const uint8_t *mask, float scale) {
  size_t n = from_layout.width * LANES;
  for (size_t channel = 0; channel < from_layout.channels; channel++)
    for (size_t row = 0; row < from_layout.height; row++) {
      const float *x = from + block_at(from_layout, channel, row);
      float *y = to + block_at(to_layout, channel, row);
      for (size_t i = 0; i < n; i++) y[i] = mask[i] ? x[i] * scale : 0;
      mask += n;
    }
}

static void forward(const node *n, pass *p) {
  const float *x = node_input(n, p, 0);
  float *y = node_output(n, p);
  if (!is_on(n, p)) {
    block_copy(y, n->out->layout, x, n->in[0]->layout);
    return;
  }
  uint8_t *mask = p->bytes + n->bytes_at;
  random_stream stream = random_open(p->net->head.options.seed, "dropout",
                                     p->net->head.options.stage << 56 | p->step << 16 | p->block);
  uint32_t threshold = (uint32_t)(n->spec.drop * 0x1p32);
  for (size_t i = 0; i < block_features(n->out->layout) * LANES; i++)
    mask[i] = random_u32(&stream) >= threshold;
  copy_masked(x, n->in[0]->layout, y, n->out->layout, mask, (float)(1 / (1 - n->spec.drop)));
}

static void backward(const node *n, pass *p) {
  block_layout from = n->out->delta_layout, to = n->in[0]->delta_layout;
  if (is_on(n, p))
    copy_masked(node_delta(n, p), from, node_delta_in(n, p, 0), to, p->bytes + n->bytes_at,
                (float)(1 / (1 - n->spec.drop)));
  else
    block_copy(node_delta_in(n, p, 0), to, node_delta(n, p), from);
}

const operation op_dropout = {.name = "dropout",
                              .inputs = 1,
                              .shape = shape,
                              .plan = plan_dropout,
                              .forward = forward,
                              .backward = backward};
