/* Training: the optimiser's step and what a training keeps besides the weights. */
#include "nn/net.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { PIECE = 16384 }; /* parameters that one task updates */

despur_status net_begin(despur_net *net, const despur_optimizer_options *options, bool averages,
                        despur_error *error) {
  despur_status status = DESPUR_OK;
  net_optimizer *o = &net->optimizer;
  mem_free(net->average);
  mem_free(o->moments[0]);
  mem_free(o->moments[1]);
  net->average = NULL;
  *o = (net_optimizer){.options = *options, .moment_powers = {1, 1}};
  TRY(mem_alloc(&o->moments[0], net->slab, sizeof(float), error));
  if (options->name != DESPUR_SGD) TRY(mem_alloc(&o->moments[1], net->slab, sizeof(float), error));
  if (averages) TRY(mem_alloc(&net->average, net_state_floats(net), sizeof(float), error));
cleanup:
  return status;
}

typedef struct step_job {
  despur_net *net;
  double lr;
} step_job;

/* g += wd w; v = mu v + g; step g + mu v (Nesterov) or v. The first step starts from v = 0, which gives v =
 * g. */
static void sgd(const step_job *job, double rate, size_t first, size_t last) {
  const despur_optimizer_options *options = &job->net->optimizer.options;
  float *restrict w = job->net->parameters, *restrict v = job->net->optimizer.moments[0];
  const float *restrict gradient = job->net->gradient;
  const float lr = (float)rate, mu = (float)options->momentum, decay = (float)options->weight_decay;
  const float direct = options->nesterov ? 1 : 0, through = options->nesterov ? mu : 1;
  for (size_t i = first; i < last; i++) {
    float g = gradient[i] + decay * w[i];
    v[i] = mu * v[i] + g;
    w[i] -= lr * (direct * g + through * v[i]);
  }
}

/* Kingma and Ba 2015, algorithm 1, with PyTorch's order of operations; AdamW after Loshchilov and Hutter
 * 2019.
 *
 * PyTorch divides by sqrt(v) / sqrt(1 - beta2^t) + eps: eps stands beside the corrected root, not beside
 * sqrt(v) as in the paper's second form, where it would count more in the first steps. The corrections are
 * computed once, in double precision, as 1 - beta2 is no number of float32. Adam's weight decay goes through
 * both moments, AdamW's shrinks the weights directly. */
static void adam(const step_job *job, double rate, size_t first, size_t last) {
  const net_optimizer *o = &job->net->optimizer;
  const despur_optimizer_options *options = &o->options;
  float *restrict w = job->net->parameters, *restrict m = o->moments[0], *restrict v = o->moments[1];
  const float *restrict gradient = job->net->gradient;
  const float beta1 = (float)options->betas[0], rest1 = (float)(1 - options->betas[0]);
  const float beta2 = (float)options->betas[1], rest2 = (float)(1 - options->betas[1]);
  const float step = (float)(rate / (1 - o->moment_powers[0]));
  const float correction = (float)math_sqrt(1 - o->moment_powers[1]), eps = (float)options->eps;
  const int coupled = options->name == DESPUR_ADAM;
  const float decay = coupled ? (float)options->weight_decay : 0;
  const float shrink = coupled ? 1 : (float)(1 - rate * options->weight_decay);
  for (size_t i = first; i < last; i++) {
    float g = gradient[i] + decay * w[i];
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * g * g;
    w[i] = shrink * w[i] - step * m[i] / (__builtin_sqrtf(v[i]) / correction + eps);
  }
}

static void update(const step_job *job, double rate, size_t first, size_t last) {
  if (job->net->optimizer.options.name == DESPUR_SGD)
    sgd(job, rate, first, last);
  else
    adam(job, rate, first, last);
}

/* The last layer, whose rate may be another, has the last parameters. Layers that are frozen are the first
 * ones (the graph's order is that of parameters), so what moves is a run from net->frozen on. */
static void step_piece(void *context, size_t task, int thread) {
  (void)thread;
  const step_job *job = context;
  const despur_net *net = job->net;
  const double factor = net->optimizer.options.head_factor;
  size_t first = task * PIECE, last = first + PIECE, head = net->nodes[net->node_count - 1].weight;
  if (first < net->frozen) first = net->frozen;
  if (last > net->slab) last = net->slab;
  if (factor == 0 || head >= last) head = last;
  if (first < head) update(job, job->lr, first, head);
  if (first < head) first = head;
  if (first < last) update(job, factor * job->lr, first, last);
}

void net_step(despur_net *net, double lr) {
  net_optimizer *o = &net->optimizer;
  assert(o->moments[0]); /* net_begin came before */
  o->moment_powers[0] *= o->options.betas[0];
  o->moment_powers[1] *= o->options.betas[1];
  step_job job = {.net = net, .lr = lr};
  parallel_for(net->pool, (net->slab + PIECE - 1) / PIECE, step_piece, &job);
}

/* One thread, in the order of the parameters: a sum shared among threads would depend on how many there are.
 */
double net_clip(despur_net *net, double limit) {
  double sum = 0;
  for (size_t i = net->frozen; i < net->slab; i++) sum += (double)net->gradient[i] * (double)net->gradient[i];
  double norm = math_sqrt(sum);
  if (norm > limit) {
    float scale = (float)(limit / (norm + 1e-6)); /* as torch.nn.utils.clip_grad_norm_ */
    for (size_t i = 0; i < net->slab; i++) net->gradient[i] *= scale;
  }
  return norm;
}

/* Running statistics are taken over, not averaged: they are averages already, of the weights that there are.
 */
void net_average(despur_net *net, float rate) {
  const float *restrict weights = net->parameters;
  float *restrict average = net->average;
  for (size_t i = 0; i < net->slab; i++) average[i] += rate * (weights[i] - average[i]);
  memcpy(net->average + net->slab, net->buffers, net->buffer_floats * sizeof *net->average);
}

bool net_finite(const despur_net *net) {
  for (size_t i = 0; i < net_state_floats(net); i++)
    if (!isfinite(net->parameters[i])) return false;
  return true;
}

/* Nothing where the caller wants none. */
static void copy(float *to, const float *from, size_t floats) {
  if (to && from) memcpy(to, from, floats * sizeof *to);
}

void net_snapshot(const despur_net *net, net_state *to) {
  const net_optimizer *o = &net->optimizer;
  copy(to->weights, net->parameters, net_state_floats(net));
  copy(to->average, net->average, net_state_floats(net));
  for (size_t i = 0; i < 2; i++) {
    copy(to->moments[i], o->moments[i], net->slab);
    to->moment_powers[i] = o->moment_powers[i];
  }
}

void net_restore(despur_net *net, const net_state *from) {
  net_optimizer *o = &net->optimizer;
  copy(net->parameters, from->weights, net_state_floats(net));
  copy(net->average, from->average, net_state_floats(net));
  for (size_t i = 0; i < 2; i++) {
    copy(o->moments[i], from->moments[i], net->slab);
    if (from->moments[0]) o->moment_powers[i] = from->moment_powers[i];
  }
}
