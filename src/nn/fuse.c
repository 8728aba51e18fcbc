/* Two ways of saving passes over values.
 *
 * Batch norm, an addition behind it, and ReLU at the end work in place of each other: one of them, the host,
 * does it all in one pass over the values, and on the way back in training, too. The host is the addition,
 * since only there all that is added is known, or else ReLU.
 *
 * Where nobody comes back, neither to learn nor for a map, a convolution that nobody else reads does all that
 * before it writes, and is done when its host is. */
#include "nn/net.h"

/* The node that computes the first input. */
static node *before(despur_net *net, const node *n) {
  return n->spec.inputs[0] > 0 ? &net->nodes[n->spec.inputs[0] - 1] : NULL;
}

static void join(despur_net *net, node *n) {
  node *conv = before(net, n);
  if (!n->spec.op->takes_source || !conv || !conv->spec.op->forward_into || conv->out->readers > 1) return;
  n->source = conv;
  conv->later = n->host ? n->host : n;
}

/* In place means that nobody else reads what lies between. */
void plan_fusing(despur_net *net) {
  for (size_t i = 0; i < net->node_count; i++) {
    node *relu = &net->nodes[i], *host = relu;
    if (!relu->spec.op->is_relu || !relu->in_place) continue;
    node *norm = before(net, relu);
    if (norm && norm->spec.op->adds && norm->in_place) {
      host = norm;
      norm = before(net, host);
    }
    if (!norm || !norm->spec.op->forward_for || norm->segment != host->segment) continue;
    host->norm = norm;
    norm->host = host;
    if (relu != host) relu->host = host;
  }
  for (size_t i = 0; i < net->node_count; i++) join(net, &net->nodes[i]);
}
