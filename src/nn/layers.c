/* The layers without parameters, and the one place that tells kinds of layers apart during a pass. */
#include "nn/net.h"

#include <string.h>

static pool_job pool_of(const layer *l, const pass *p) {
  return (pool_job){.choice = p->bytes + l->bytes_at,
                    .channels = l->out.channels,
                    .rows = l->out.height,
                    .columns = l->out.width,
                    .window = l->spec.size,
                    .stride = l->spec.stride};
}

pool_job layer_pool_job(const layer *l, const pass *p) {
  pool_job job = pool_of(l, p);
  job.x = layer_input(l, p) + block_at(l->in, 0, 0);
  job.x_channel = block_channel(l->in);
  job.x_row = block_row(l->in);
  job.y = layer_output(l, p) + block_at(l->out, 0, 0);
  job.y_channel = block_channel(l->out);
  job.y_row = block_row(l->out);
  return job;
}

static void pool_forward(const layer *l, pass *p) {
  const pool_job job = layer_pool_job(l, p);
  p->net->kernels->max_pool(&job);
}

pool_job layer_pool_gradient_job(const layer *l, const pass *p) {
  pool_job job = pool_of(l, p);
  job.dx = layer_delta_in(l, p) + block_at(l->delta_in, 0, 0);
  job.x_channel = block_channel(l->delta_in);
  job.x_row = block_row(l->delta_in);
  job.y = layer_delta(l, p) + block_at(l->delta, 0, 0);
  job.y_channel = block_channel(l->delta);
  job.y_row = block_row(l->delta);
  return job;
}

static void pool_backward(const layer *l, pass *p) {
  const pool_job job = layer_pool_gradient_job(l, p);
  memset(layer_delta_in(l, p), 0, block_floats(l->delta_in) * sizeof(float));
  p->net->kernels->max_pool_gradient(&job);
}

/* Padding is zero before and after, so ReLU may run over it. */
static void relu_forward(const layer *l, pass *p) {
  p->net->kernels->relu(layer_output(l, p), block_floats(l->out));
}

static void relu_backward(const layer *l, pass *p) {
  float *delta = layer_delta(l, p);
  const float *y = layer_output(l, p);
  for (size_t channel = 0; channel < l->out.channels; channel++)
    for (size_t row = 0; row < l->out.height; row++)
      p->net->kernels->relu_gradient(delta + block_at(l->delta, channel, row),
                                     y + block_at(l->out, channel, row), l->out.width * LANES);
}

/* to = from, or with a mask: from * scale where it is set, else 0. */
static void copy_masked(const float *from, block_layout from_layout, float *to, block_layout to_layout,
                        const uint8_t *mask, float scale) {
  size_t n = from_layout.width * LANES;
  for (size_t channel = 0; channel < from_layout.channels; channel++)
    for (size_t row = 0; row < from_layout.height; row++) {
      const float *x = from + block_at(from_layout, channel, row);
      float *y = to + block_at(to_layout, channel, row);
      if (!mask) {
        memcpy(y, x, n * sizeof *y);
        continue;
      }
      for (size_t i = 0; i < n; i++) y[i] = mask[i] ? x[i] * scale : 0;
      mask += n;
    }
}

/* Inverted dropout: values that stay are divided by the probability of staying. The mask of an example
 * depends on its place in the batch and on the step. */
static void dropout_forward(const layer *l, pass *p) {
  if (!p->training || l->spec.drop == 0) {
    copy_masked(layer_input(l, p), l->in, layer_output(l, p), l->out, NULL, 1);
    return;
  }
  uint8_t *mask = p->bytes + l->bytes_at;
  random_stream stream =
      random_open(p->net->options.seed, "dropout", p->net->options.stage << 56 | p->step << 16 | p->block);
  uint32_t threshold = (uint32_t)(l->spec.drop * 0x1p32);
  for (size_t i = 0; i < block_features(l->out) * LANES; i++) mask[i] = random_u32(&stream) >= threshold;
  copy_masked(layer_input(l, p), l->in, layer_output(l, p), l->out, mask, (float)(1 / (1 - l->spec.drop)));
}

static void dropout_backward(const layer *l, pass *p) {
  const uint8_t *mask = !p->training || l->spec.drop == 0 ? NULL : p->bytes + l->bytes_at;
  copy_masked(layer_delta(l, p), l->delta, layer_delta_in(l, p), l->delta_in, mask,
              (float)(1 / (1 - l->spec.drop)));
}

void layer_forward(const layer *l, pass *p) {
  switch (l->spec.kind) {
  case LAYER_CONV:
    layer_conv_forward(l, p);
    break;
  case LAYER_POOL:
    pool_forward(l, p);
    break;
  case LAYER_RELU:
    relu_forward(l, p);
    break;
  case LAYER_DROPOUT:
    dropout_forward(l, p);
    break;
  case LAYER_LINEAR:
    layer_linear_forward(l, p);
    break;
  }
}

void layer_backward(const layer *l, pass *p) {
  if (l->weight_count == 0 && !l->needs_delta_in) return; /* nothing before it learns */
  switch (l->spec.kind) {
  case LAYER_CONV:
    layer_conv_backward(l, p);
    break;
  case LAYER_POOL:
    pool_backward(l, p);
    break;
  case LAYER_RELU:
    relu_backward(l, p);
    break;
  case LAYER_DROPOUT:
    dropout_backward(l, p);
    break;
  case LAYER_LINEAR:
    layer_linear_backward(l, p);
    break;
  }
}
