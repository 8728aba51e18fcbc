/* Forward and backward passes over a batch. */
#include "nn/net.h"

#include "base/parallel.h"

#include <string.h>

typedef struct forward_job {
  despur_net *net;
  const net_batch *batch;
  bool training;
  uint64_t step;
  size_t first, last; /* steps */
} forward_job;

/* A training pass keeps what its way back needs for every block, others for the block that a thread is at. */
pass net_pass(const despur_net *net, size_t block, int thread, bool training) {
  size_t left = net->used - block * LANES, room = training ? block : (size_t)thread;
  return (pass){.net = net,
                .block = block,
                .used = left < LANES ? left : LANES,
                .training = training,
                .returns = true,
                .kept = net->kept + room * net->kept_floats,
                .bytes = net->bytes + room * net->kept_bytes,
                .scratch = net->scratch + (size_t)thread * net->scratch_floats,
                .examples = net->examples + (size_t)thread * LANES * net->example_stride,
                .sums = net->sums + room * net->sum_doubles};
}

void net_put_rows(const pass *p, const net_batch *batch) {
  const despur_net *net = p->net;
  const node_value *input = &net->values[0];
  size_t stride = net->example_stride;
  for (size_t lane = 0; lane < p->used; lane++)
    batch->row(batch->context, p->block * LANES + lane, p->examples + lane * stride);
  memset(p->examples + p->used * stride, 0, (LANES - p->used) * stride * sizeof *p->examples);
  net->kernels->rows->to_lanes(place_of(p, input->data), input->layout, p->examples, stride);
}

void node_forward(const node *n, pass *p) {
  const bool waits = !p->returns && n->later && n->finishes;
  if (n->host || waits) return;
  if (n->norm)
    n->norm->spec.op->forward_for(n->norm, p, n);
  else
    n->spec.op->forward(n, p);
}

/* Whether another node has done the way back. Outside of training each does its own, and so does batch norm,
 * once all examples have met. */
static bool is_done(const node *n, const pass *p) {
  return n->host && p->training && !n->spec.op->meet;
}

/* Gradients of inputs that somebody has left already are written elsewhere and added. */
void node_backward(const node *n, pass *p) {
  const operation *op = n->spec.op;
  const bool by_strips = p->net->by_strips && p->training;
  if (!n->out->needs_delta || is_done(n, p) || (n->in_strips && by_strips)) return;
  node_clear_padding(n, p);
  if (n->front && by_strips) {
    strips_backward(n, p);
    return;
  }
  if (n->renews) node_forward(n->renews, p);
  if (n->norm && p->training)
    n->norm->spec.op->collect_for(n->norm, p, n);
  else
    op->backward(n, p);
  for (size_t k = 0; k < n->input_count && !op->adds && !n->adds_itself; k++)
    if (n->in[k]->needs_delta && n->adds[k])
      block_add(place_of(p, n->in[k]->delta), n->in[k]->delta_layout, p->scratch + n->spare_at,
                n->in[k]->delta_layout);
}

/* One example a row. */
static void keep_logits(const despur_net *net, const pass *p) {
  const float *y = node_output(&net->nodes[net->node_count - 1], p);
  size_t classes = net->head.options.classes;
  for (size_t lane = 0; lane < p->used; lane++)
    for (size_t c = 0; c < classes; c++)
      net->logits[(p->block * LANES + lane) * classes + c] = y[c * LANES + lane];
}

static void forward_block(void *context, size_t block, int thread) {
  forward_job *job = context;
  const despur_net *net = job->net;
  pass p = net_pass(net, block, thread, job->training);
  p.step = job->step;
  p.returns = job->training;
  if (job->first == 0) net_put_rows(&p, job->batch);
  for (size_t i = job->first; i < job->last; i++) {
    const pass_step *step = &net->forward.steps[i];
    const node *n = &net->nodes[step->node];
    if (!step->collect)
      node_forward(n, &p);
    else if (p.training)
      n->spec.op->collect(n, &p);
  }
  if (job->last == net->forward.first[net->segments]) keep_logits(net, &p);
}

/* What follows from all blocks, at the end of a segment. */
static void meet(despur_net *net, size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    const pass_step *step = &net->forward.steps[i];
    const node *n = &net->nodes[step->node];
    if (step->collect) n->spec.op->meet(n, net);
  }
}

typedef struct begin_job {
  despur_net *net;
  bool training;
} begin_job;

static void begin_node(void *context, size_t i, int thread) {
  const begin_job *job = context;
  const node *n = &job->net->nodes[i];
  (void)thread;
  if (n->spec.op->begin) n->spec.op->begin(n, job->net, job->training);
}

void net_begin_forward(despur_net *net, bool training) {
  begin_job job = {net, training};
  parallel_for(net->pool, net->node_count, begin_node, &job);
}

/* In training, segment by segment; otherwise examples never meet. */
void net_forward(despur_net *net, const net_batch *batch, bool training, uint64_t step) {
  forward_job job = {.net = net, .batch = batch, .training = training, .step = step};
  net->used = batch->count;
  net_begin_forward(net, training);
  for (size_t segment = 0; segment < net->segments; segment++) {
    job.first = net->forward.first[segment];
    job.last = net->forward.first[training ? segment + 1 : net->segments];
    parallel_for(net->pool, block_count(batch->count), forward_block, &job);
    if (!training) break;
    meet(net, job.first, job.last);
  }
}

const float *net_logits(const despur_net *net) {
  return net->logits;
}

const float *net_features(const despur_net *net, size_t *stride) {
  const node *classifier = &net->nodes[net->node_count - 1];
  *stride = classifier->row_stride;
  return net->rows + classifier->rows_at;
}

const float *net_classifier(const despur_net *net) {
  return net->parameters + net->nodes[net->node_count - 1].weight;
}

typedef struct backward_job {
  despur_net *net;
  const float *logit_gradient;
  size_t first, last; /* steps */
} backward_job;

static void put_logit_gradient(const backward_job *job, const pass *p) {
  float *delta = node_delta(&p->net->nodes[p->net->node_count - 1], p);
  size_t classes = p->net->head.options.classes;
  const float *from = job->logit_gradient + p->block * LANES * classes;
  for (size_t c = 0; c < classes; c++)
    for (size_t lane = 0; lane < LANES; lane++)
      delta[c * LANES + lane] = lane < p->used ? from[lane * classes + c] : 0;
}

static void backward_block(void *context, size_t block, int thread) {
  const backward_job *job = context;
  const despur_net *net = job->net;
  pass p = net_pass(net, block, thread, true);
  if (job->first == 0) put_logit_gradient(job, &p);
  for (size_t i = job->first; i < job->last; i++) {
    const pass_step *step = &net->backward.steps[i];
    const node *n = &net->nodes[step->node];
    if (!step->collect)
      node_backward(n, &p);
    else if (!n->host)
      n->spec.op->collect_backward(n, &p);
  }
}

static void meet_backward(despur_net *net, size_t first, size_t last) {
  for (size_t i = first; i < last; i++) {
    const pass_step *step = &net->backward.steps[i];
    const node *n = &net->nodes[step->node];
    if (step->collect) n->spec.op->meet_backward(n, net);
  }
}

typedef struct gradient_job {
  despur_net *net;
  const double *lr;
} gradient_job;

/* The weight gradients of one node, or of a part of it. */
static void gradient_task(void *context, size_t task, int thread) {
  const gradient_job *job = context;
  despur_net *net = job->net;
  size_t i = net->node_count;
  do i--;
  while (net->nodes[i].first_task > task || !net->nodes[i].spec.op->gradient);
  const node *n = &net->nodes[i];
  const size_t part = task - n->first_task, parts = n->spec.op->gradient_tasks(n);
  if (job->lr && n->spec.op->update)
    n->spec.op->update(n, net, part, parts, net->scratch + (size_t)thread * net->scratch_floats, *job->lr);
  else
    n->spec.op->gradient(n, net, part, parts);
}

static void begin_node_backward(void *context, size_t i, int thread) {
  despur_net *net = context;
  const node *n = &net->nodes[i];
  (void)thread;
  if (n->spec.op->begin_backward) n->spec.op->begin_backward(n, net);
}

void net_begin_backward(despur_net *net) {
  parallel_for(net->pool, net->node_count, begin_node_backward, net);
}

void net_go_back(despur_net *net, const float *logit_gradient, const double *lr) {
  backward_job job = {.net = net, .logit_gradient = logit_gradient};
  net_begin_backward(net);
  for (size_t segment = 0; segment < net->segments; segment++) {
    job.first = net->backward.first[segment];
    job.last = net->backward.first[segment + 1];
    parallel_for(net->pool, block_count(net->used), backward_block, &job);
    meet_backward(net, job.first, job.last);
  }
  parallel_for(net->pool, net->gradient_tasks, gradient_task, &(gradient_job){net, lr});
}

void net_backward(despur_net *net, const float *logit_gradient) {
  net_go_back(net, logit_gradient, NULL);
}
