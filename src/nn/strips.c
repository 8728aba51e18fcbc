/* The way back through a convolution between two batch norms, strip by strip.
 *
 * The gradient that leaves the batch norm behind a convolution is read twice, by the gradients of weights and
 * of the input, and what these leave is masked by ReLU and summed for the batch norm before. A block's values
 * at all rows are more than the second cache holds. So a strip of tiles goes through all of it before the
 * next one begins, with the same sums in the same order. What belongs to a strip needs a large second cache
 * itself: with 2 MiB and a slow third one steps get faster, with 1 MiB and a fast third one slower
 * (docs/performance.md). */
#include "nn/net.h"
#include "nn/winograd.h"

#include "base/processors.h"

static const size_t LEAST_CACHE = (size_t)2 << 20;

bool strips_pay(void) {
  return processors_second_cache() >= LEAST_CACHE;
}

/* The rows that tiles up to `end` read, one below their own; and those that they have completed. */
static size_t rows_read(const node *n, size_t end) {
  const block_layout out = n->out->layout;
  const size_t rows = (end - 1) / ((out.width + 1) / 2) * 2 + 3;
  return rows < out.height ? rows : out.height;
}

static size_t rows_done(const node *n, size_t end) {
  const block_layout out = n->out->layout;
  return end == conv_all_tiles(n).end ? out.height : end / ((out.width + 1) / 2) * 2;
}

void strips_backward(const node *n, const pass *p) {
  const size_t all = conv_all_tiles(n).end, channels = n->in[0]->layout.channels;
  const size_t at_once = winograd_tiles_at_once(n->spec.size);
  const node *norm = n->front->norm;
  norm_lanes *lanes = (norm_lanes *)(p->scratch + n->lanes_at);
  norm_rows read = {0}, done = {0};
  conv_tiles weights = {0}, inputs = {0};
  for (size_t c = 0; c < channels; c++) lanes[c] = (norm_lanes){0};
  node_clear_padding(n->rear, p);
  node_clear_padding(n->front, p);
  for (; weights.begin < all; weights.begin = weights.end) {
    weights.end = all - weights.begin < WINOGRAD_STRIP ? all : weights.begin + WINOGRAD_STRIP;
    read.end = rows_read(n, weights.end);
    norm_backward_rows(n->rear, p, read);
    if (n->renews) norm_forward_rows(norm, p, n->front, read);
    read.begin = read.end;
    conv_weights_of(n, p, weights);
    inputs.end = weights.end == all ? all : weights.end / at_once * at_once;
    conv_inputs_of(n, p, inputs);
    inputs.begin = inputs.end;
    done.end = rows_done(n, inputs.end);
    norm_mask_rows(norm, p, n->front, done, lanes);
    done.begin = done.end;
  }
  norm_collect(norm, p, lanes);
}
