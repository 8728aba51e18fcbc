/* Forward and backward passes over a batch. */
#include "nn/net.h"

#include "base/parallel.h"

#include <string.h>

typedef struct forward_job {
  despur_net *net;
  net_fill *fill;
  void *context;
  bool training;
  uint64_t step;
} forward_job;

pass net_pass(const despur_net *net, size_t block, int thread) {
  size_t left = net->used - block * LANES;
  return (pass){.net = net,
                .block = block,
                .used = left < LANES ? left : LANES,
                .kept = net->kept + block * net->kept_floats,
                .bytes = net->bytes + block * net->kept_bytes,
                .scratch = net->scratch + (size_t)thread * net->scratch_floats};
}

/* Linear layers compute weight gradients from rows of one example each; the classifier's input is also the
 * features. */
static void keep_rows(const layer *l, const pass *p) {
  const float *x = layer_input(l, p);
  size_t width = block_features(l->in);
  float *rows = p->net->rows + l->rows_at + p->block * LANES * l->row_stride;
  for (size_t lane = 0; lane < p->used; lane++)
    for (size_t i = 0; i < width; i++) rows[lane * l->row_stride + i] = x[i * LANES + lane];
}

static void forward_block(void *context, size_t block, int thread) {
  forward_job *job = context;
  const despur_net *net = job->net;
  pass p = net_pass(net, block, thread);
  p.training = job->training;
  p.step = job->step;
  job->fill(job->context, block, p.kept);
  for (size_t i = 0; i < net->layer_count; i++) {
    const layer *l = &net->layers[i];
    if (l->spec.kind == LAYER_LINEAR && (job->training || i + 1 == net->layer_count)) keep_rows(l, &p);
    layer_forward(l, &p);
  }
  const float *y = layer_output(&net->layers[net->layer_count - 1], &p);
  size_t classes = net->options.classes;
  for (size_t lane = 0; lane < p.used; lane++)
    for (size_t c = 0; c < classes; c++)
      net->logits[(block * LANES + lane) * classes + c] = y[c * LANES + lane];
}

void net_forward(despur_net *net, size_t used, net_fill *fill, void *context, bool training, uint64_t step) {
  forward_job job = {.net = net, .fill = fill, .context = context, .training = training, .step = step};
  net->used = used;
  parallel_for(net->pool, block_count(used), forward_block, &job);
}

const float *net_logits(const despur_net *net) {
  return net->logits;
}

const float *net_features(const despur_net *net, size_t *stride) {
  const layer *classifier = &net->layers[net->layer_count - 1];
  *stride = classifier->row_stride;
  return net->rows + classifier->rows_at;
}

const float *net_classifier(const despur_net *net) {
  return net->parameters + net->layers[net->layer_count - 1].weight;
}

/* Linear layers leave the gradients of their outputs as rows for the weight gradients. */
static void keep_delta_rows(const layer *l, const pass *p) {
  const float *delta = layer_delta(l, p);
  float *rows = p->net->rows + l->dy_at + p->block * LANES * l->spec.size;
  for (size_t lane = 0; lane < p->used; lane++)
    for (size_t o = 0; o < l->spec.size; o++) rows[lane * l->spec.size + o] = delta[o * LANES + lane];
}

typedef struct backward_job {
  despur_net *net;
  const float *logit_gradient;
} backward_job;

static void backward_block(void *context, size_t block, int thread) {
  const backward_job *job = context;
  const despur_net *net = job->net;
  pass p = net_pass(net, block, thread);
  p.training = true;
  const layer *last = &net->layers[net->layer_count - 1];
  size_t classes = net->options.classes;
  float *delta = layer_delta(last, &p);
  for (size_t c = 0; c < classes; c++)
    for (size_t lane = 0; lane < LANES; lane++)
      delta[c * LANES + lane] = lane < p.used ? job->logit_gradient[(block * LANES + lane) * classes + c] : 0;
  for (size_t i = net->layer_count; i-- > 0;) {
    const layer *l = &net->layers[i];
    if (l->spec.kind == LAYER_LINEAR) keep_delta_rows(l, &p);
    layer_backward(l, &p);
  }
}

/* The gradients of all blocks, added in their order. */
static void add_block_gradients(despur_net *net, const layer *l) {
  size_t blocks = block_count(net->used), bias_at = l->block_gradient_at + (l->bias - l->weight);
  memset(net->gradient + l->weight, 0, (l->bias - l->weight + l->bias_count) * sizeof(float));
  for (size_t block = 0; block < blocks; block++) {
    const float *from = net->block_gradient + block * net->block_gradient_floats;
    float *weight = net->gradient + l->weight, *bias = net->gradient + l->bias;
    for (size_t i = 0; i < l->weight_count; i++) weight[i] += from[l->block_gradient_at + i];
    for (size_t i = 0; i < l->bias_count; i++) bias[i] += from[bias_at + i];
  }
}

static void linear_gradients(despur_net *net, const layer *l, size_t first, size_t last) {
  const linear_gradient_job job = layer_linear_gradient_job(l, net, first, last);
  net->kernels->linear_gradient(&job);
  float *bias = net->gradient + l->bias;
  for (size_t o = first; o < last; o++) bias[o] = 0;
  for (size_t e = 0; e < net->used; e++)
    for (size_t o = first; o < last; o++) bias[o] += job.dy[e * l->spec.size + o];
}

/* The weight gradients of one convolution, or of some outputs of a linear layer. */
static void gradient_task(void *context, size_t task, int thread) {
  (void)thread;
  despur_net *net = context;
  size_t i = net->layer_count;
  do i--;
  while (net->layers[i].first_task > task || net->layers[i].weight_count == 0);
  const layer *l = &net->layers[i];
  if (l->spec.kind == LAYER_CONV) {
    add_block_gradients(net, l);
    return;
  }
  size_t tasks = (i + 1 < net->layer_count ? l[1].first_task : net->gradient_tasks) - l->first_task;
  size_t part = task - l->first_task;
  linear_gradients(net, l, part * l->spec.size / tasks, (part + 1) * l->spec.size / tasks);
}

void net_backward(despur_net *net, const float *logit_gradient) {
  backward_job job = {.net = net, .logit_gradient = logit_gradient};
  for (size_t i = 0; i < net->layer_count; i++)
    if (net->layers[i].spec.kind == LAYER_CONV) layer_conv_prepare(&net->layers[i], net);
  parallel_for(net->pool, block_count(net->used), backward_block, &job);
  parallel_for(net->pool, net->gradient_tasks, gradient_task, net);
}
