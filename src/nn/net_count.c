/* How much arithmetic a network needs: what speeds are measured by. */
#include "nn/net.h"

/* How many pairs (place of the window, element of the window) fall inside n values, not on padding. */
static size_t pairs_inside(size_t places, size_t n, const layer_spec *spec) {
  size_t pairs = 0;
  for (size_t place = 0; place < places; place++)
    for (size_t k = 0; k < spec->kernel; k++) {
      size_t at = place * spec->stride + k;
      pairs += at >= spec->padding && at - spec->padding < n;
    }
  return pairs;
}

size_t layer_multiply_adds(const layer *l) {
  if (l->spec.kind == LAYER_LINEAR) return block_features(l->in) * l->spec.size;
  if (l->spec.kind != LAYER_CONV) return 0;
  return l->in.channels * l->out.channels * pairs_inside(l->out.height, l->in.height, &l->spec) *
         pairs_inside(l->out.width, l->in.width, &l->spec);
}

size_t net_multiply_adds(const despur_net *net, bool training) {
  size_t sum = 0;
  for (size_t i = 0; i < net->layer_count; i++) {
    const layer *l = &net->layers[i];
    size_t forwards = layer_multiply_adds(l);
    sum += forwards;
    if (training) sum += forwards * (l->needs_delta_in ? 2 : 1);
  }
  return sum;
}
