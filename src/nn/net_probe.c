/* Looking inside: the activation of a convolution and the gradient of one logit by it.
 *
 * ReLU follows pooling here, but what is handed out is the activation after ReLU and before pooling, as other
 * tools define it: max(0, x), and a gradient on whose way back from the pooled values no ReLU lies. Weight
 * gradients are not touched but for the memory of the blocks. */
#include "nn/net.h"

#include "base/memory.h"

#include <string.h>

typedef struct probe_job {
  despur_net *net;
  const net_question *question;
  bool rectified; /* a ReLU follows */
  size_t tail;    /* the first layer that is neither pooling nor ReLU of this convolution */
  net_visit *visit;
  void *context;
  float *activations; /* [threads, floats] */
  size_t floats;
} probe_job;

/* The layout is that of the gradient, so that one loop can go through both. */
static void keep_activation(const probe_job *job, const pass *p, float *to) {
  const layer *l = &job->net->layers[job->question->layer];
  const float *from = layer_output(l, p);
  for (size_t channel = 0; channel < l->out.channels; channel++)
    for (size_t row = 0; row < l->out.height; row++) {
      const float *x = from + block_at(l->out, channel, row);
      float *y = to + block_at(l->delta, channel, row);
      for (size_t i = 0; i < l->out.width * LANES; i++) y[i] = job->rectified && !(x[i] > 0) ? 0 : x[i];
    }
}

/* The largest logit of each example, the first of equals. */
static void predict(const despur_net *net, const pass *p, uint32_t predictions[LANES]) {
  const float *y = layer_output(&net->layers[net->layer_count - 1], p);
  for (size_t lane = 0; lane < p->used; lane++) {
    size_t best = 0;
    for (size_t c = 1; c < net->options.classes; c++)
      if (y[c * LANES + lane] > y[best * LANES + lane]) best = c;
    predictions[lane] = (uint32_t)best;
  }
}

/* The gradient of the target logits by all logits: a one for each example. */
static void point_at(const uint32_t *targets, const despur_net *net, const pass *p) {
  float *delta = layer_delta(&net->layers[net->layer_count - 1], p);
  memset(delta, 0, net->options.classes * LANES * sizeof *delta);
  for (size_t lane = 0; lane < p->used; lane++) delta[(size_t)targets[lane] * LANES + lane] = 1;
}

static void probe_block(void *context, size_t block, int thread) {
  const probe_job *job = context;
  const despur_net *net = job->net;
  float *activation = job->activations + (size_t)thread * job->floats;
  uint32_t predictions[LANES];
  pass p = net_pass(net, block, thread);
  job->question->fill(job->question->fill_context, block, p.kept);
  for (size_t i = 0; i < net->layer_count; i++) {
    layer_forward(&net->layers[i], &p);
    if (i == job->question->layer) keep_activation(job, &p, activation);
  }
  predict(net, &p, predictions);
  point_at(job->question->targets ? job->question->targets + block * LANES : predictions, net, &p);
  for (size_t i = net->layer_count; --i > job->question->layer;)
    if (i >= job->tail || net->layers[i].spec.kind == LAYER_POOL) layer_backward(&net->layers[i], &p);
  net_probe probe = {.block = block,
                     .used = p.used,
                     .activation = activation,
                     .gradient = layer_delta(&net->layers[job->question->layer], &p),
                     .layout = net->layers[job->question->layer].delta,
                     .predictions = predictions};
  job->visit(job->context, &probe);
}

const char *despur_net_convolution(const despur_net *net, size_t index) {
  for (size_t i = 0; i < net->layer_count; i++)
    if (net->layers[i].spec.kind == LAYER_CONV && index-- == 0) return net->layers[i].spec.name;
  return NULL;
}

bool net_find_convolution(const despur_net *net, const char *name, size_t *index) {
  for (size_t i = net->layer_count; i-- > 0;) {
    const layer_spec *spec = &net->layers[i].spec;
    *index = i;
    if (spec->kind == LAYER_CONV && (!name || strcmp(spec->name, name) == 0)) return true;
  }
  return false;
}

despur_status net_look_inside(despur_net *net, const net_question *question, net_visit *visit, void *context,
                              despur_error *error) {
  size_t index = question->layer, used = question->used;
  probe_job job = {.net = net,
                   .question = question,
                   .tail = index + 1,
                   .visit = visit,
                   .context = context,
                   .floats = block_floats(net->layers[index].delta)};
  for (; job.tail < net->layer_count; job.tail++) {
    layer_kind kind = net->layers[job.tail].spec.kind;
    if (kind != LAYER_POOL && kind != LAYER_RELU) break;
    job.rectified = job.rectified || kind == LAYER_RELU;
  }
  despur_status status =
      mem_alloc(&job.activations, (size_t)net->options.threads * job.floats, sizeof(float), error);
  if (status != DESPUR_OK) return status;
  net->used = used;
  for (size_t i = index + 1; i < net->layer_count; i++)
    if (net->layers[i].spec.kind == LAYER_CONV) layer_conv_prepare(&net->layers[i], net);
  parallel_for(net->pool, block_count(used), probe_block, &job);
  mem_free(job.activations);
  return DESPUR_OK;
}
