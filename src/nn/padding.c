/* Between values that are padded in different ways, and zeros beside them. */
#include "nn/net.h"

#include <string.h>

void block_copy(float *to, block_layout to_layout, const float *from, block_layout from_layout) {
  for (size_t channel = 0; channel < to_layout.channels; channel++)
    for (size_t row = 0; row < to_layout.height; row++)
      memcpy(to + block_at(to_layout, channel, row), from + block_at(from_layout, channel, row),
             to_layout.width * LANES * sizeof *to);
}

void block_add(float *to, block_layout to_layout, const float *from, block_layout from_layout) {
  for (size_t channel = 0; channel < to_layout.channels; channel++)
    for (size_t row = 0; row < to_layout.height; row++) {
      float *restrict y = to + block_at(to_layout, channel, row);
      const float *restrict x = from + block_at(from_layout, channel, row);
      for (size_t i = 0; i < to_layout.width * LANES; i++) y[i] += x[i];
    }
}

static void clear_padding(float *x, block_layout layout) {
  size_t row_floats = block_row(layout), before = layout.pad * LANES, values = layout.width * LANES;
  for (size_t row = 0; row < layout.channels * layout.height; row++, x += row_floats) {
    memset(x, 0, before * sizeof *x);
    memset(x + before + values, 0, (row_floats - before - values) * sizeof *x);
  }
}

void node_clear_padding(const node *n, const pass *p) {
  for (size_t k = 0; k < n->input_count; k++) {
    const node_value *in = n->in[k];
    if (in->needs_delta && !n->adds[k] && !(n->in_place && k == 0) && !n->spec.op->clears &&
        in->shares_padding && in->delta_layout.pad > 0)
      clear_padding(place_of(p, in->delta), in->delta_layout);
  }
}
