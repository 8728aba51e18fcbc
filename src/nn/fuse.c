/* Three ways of saving passes over values.
 *
 * Batch norm, an addition behind it, and ReLU at the end work in place of each other: one of them, the host,
 * does it all in one pass over the values, and on the way back in training, too. The host is the addition,
 * since only there all that is added is known, or else ReLU.
 *
 * Where nobody comes back, neither to learn nor for a map, a convolution that nobody else reads does all that
 * before it writes, and is done when its host is.
 *
 * What batch norm with ReLU gives to one convolution is not kept for the way back, where it would have to
 * come from memory: it is computed again, from what batch norm has kept anyway. */
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

/* Where nobody comes back the reader may wait for what follows it. */
static void renew(despur_net *net, node *reader) {
  const node *host = before(net, reader);
  if (!reader->spec.op->keeps_input || !host || !host->norm || host->input_count > 1 ||
      host->out->readers > 1)
    return;
  if (reader->segment != host->segment) return;
  node_value *value = &net->values[host->out->root];
  value->renewed = true;
  value->last_segment = reader->later ? reader->later->segment : reader->segment;
  reader->renews = host;
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
  for (size_t i = 0; i < net->node_count; i++) renew(net, &net->nodes[i]);
}

/* ---- strips ---- */

static bool is_norm(const node *n) {
  return n && n->spec.op->forward_for;
}

const node *net_only_reader(const despur_net *net, size_t index) {
  const node_value *v = &net->values[index + 1];
  for (size_t i = index + 1; v->readers == 1 && i < net->node_count; i++)
    for (size_t k = 0; k < net->nodes[i].input_count; k++)
      if (net->nodes[i].in[k] == v) return &net->nodes[i];
  return NULL;
}

/* Whether the gradient that n leaves completes that of its input: others that read it come earlier on the way
 * back. */
static bool completes(const despur_net *net, const node *n) {
  for (size_t i = 0; i < n->index; i++)
    for (size_t k = 0; k < net->nodes[i].input_count; k++)
      if (net->nodes[i].in[k] == n->in[0]) return false;
  return true;
}

void plan_strips(despur_net *net) {
  for (size_t i = 0; i < net->node_count; i++) {
    node *n = &net->nodes[i];
    if (!n->inputs_by_winograd || !n->in[0]->needs_delta || n->spec.inputs[0] == 0) continue;
    node *front = &net->nodes[n->spec.inputs[0] - 1];
    const node *rear = net_only_reader(net, i);
    if (!is_norm(front->norm) || !is_norm(rear) || front->segment != n->segment || !completes(net, n))
      continue;
    n->front = front;
    n->rear = rear;
    front->in_strips = net->nodes[rear->index].in_strips = true;
  }
}
