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

/* PyTorch's: the first step starts from v = 0, which gives v = g. */
static void sgd(const despur_net *net, double rate, const step_arrays *a) {
  const despur_optimizer_options *options = &net->optimizer.options;
  const float mu = (float)options->momentum;
  net->kernels->step->sgd(a, &(sgd_numbers){.lr = (float)rate,
                                            .mu = mu,
                                            .decay = (float)options->weight_decay,
                                            .direct = options->nesterov ? 1 : 0,
                                            .through = options->nesterov ? mu : 1});
}

/* Kingma and Ba 2015, algorithm 1, with PyTorch's order of operations; AdamW after Loshchilov and Hutter
 * 2019. */
static void adam(const despur_net *net, double rate, const step_arrays *a) {
  const net_optimizer *o = &net->optimizer;
  const despur_optimizer_options *options = &o->options;
  const bool coupled = options->name == DESPUR_ADAM;
  net->kernels->step->adam(
      a, &(adam_numbers){.beta1 = (float)options->betas[0],
                         .rest1 = (float)(1 - options->betas[0]),
                         .beta2 = (float)options->betas[1],
                         .rest2 = (float)(1 - options->betas[1]),
                         .step = (float)(rate / (1 - o->moment_powers[0])),
                         .correction = (float)math_sqrt(1 - o->moment_powers[1]),
                         .eps = (float)options->eps,
                         .decay = coupled ? (float)options->weight_decay : 0,
                         .shrink = coupled ? 1 : (float)(1 - rate * options->weight_decay)});
}

static void update(const despur_net *net, double rate, step_arrays a, size_t first) {
  const net_optimizer *o = &net->optimizer;
  if (a.count == 0 || a.rows == 0) return;
  a.w = net->parameters + first;
  if (o->options.name == DESPUR_SGD) {
    a.v = o->moments[0] + first;
    sgd(net, rate, &a);
  } else {
    a.m = o->moments[0] + first;
    a.v = o->moments[1] + first;
    adam(net, rate, &a);
  }
}

/* The last layer has the last parameters. */
static bool is_head(const node *n, const despur_net *net) {
  return n->index + 1 == net->node_count && net->optimizer.options.head_factor != 0;
}

void net_update(const node *n, const despur_net *net, double lr, const step_arrays *gradient, size_t first) {
  const double rate = is_head(n, net) ? net->optimizer.options.head_factor * lr : lr;
  if (!n->frozen) update(net, rate, *gradient, first);
}

void net_expect_update(const despur_net *net, const step_arrays *gradient, size_t first) {
  const net_optimizer *o = &net->optimizer;
  for (size_t row = 0; row < gradient->rows; row++)
    for (size_t i = 0; i < gradient->count + LANES; i += LANES) {
      const size_t at = first + row * gradient->w_row + i;
      __builtin_prefetch(net->parameters + at, 1);
      __builtin_prefetch(o->moments[0] + at, 1);
      if (o->moments[1]) __builtin_prefetch(o->moments[1] + at, 1);
    }
}

typedef struct step_job {
  const despur_net *net;
  double lr;
  bool rest; /* without parameters that have been updated as their gradients were computed */
} step_job;

/* Of parameters first..last-1 those from `begin` to one before `end`. */
static void step_between(const step_job *job, double rate, size_t first, size_t last, size_t begin,
                         size_t end) {
  if (first < begin) first = begin;
  if (last > end) last = end;
  const step_arrays a = {.gradient = job->net->gradient + first, .rows = 1, .count = last - first};
  if (first < last) update(job->net, rate, a, first);
}

static void step_part(const step_job *job, size_t first, size_t last) {
  const despur_net *net = job->net;
  const node *head = &net->nodes[net->node_count - 1];
  const size_t rest = is_head(head, net) ? head->weight : net->slab;
  step_between(job, job->lr, first, last, net->frozen, rest);
  step_between(job, net->optimizer.options.head_factor * job->lr, first, last, rest, net->slab);
}

/* Parameters lie in the order of nodes, the biases of each behind its weights. */
static void step_piece(void *context, size_t task, int thread) {
  (void)thread;
  const step_job *job = context;
  const despur_net *net = job->net;
  size_t first = task * PIECE, last = first + PIECE;
  if (last > net->slab) last = net->slab;
  for (size_t i = 0; job->rest && i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    const size_t end = n->bias + n->bias_count;
    if (!n->spec.op->update || end <= first || n->weight >= last) continue;
    step_part(job, first, n->weight);
    first = end;
  }
  step_part(job, first, last);
}

static void step_pieces(despur_net *net, double lr, bool rest) {
  step_job job = {.net = net, .lr = lr, .rest = rest};
  parallel_for(net->pool, (net->slab + PIECE - 1) / PIECE, step_piece, &job);
}

static void count_step(net_optimizer *o) {
  o->moment_powers[0] *= o->options.betas[0];
  o->moment_powers[1] *= o->options.betas[1];
}

void net_step(despur_net *net, double lr) {
  count_step(&net->optimizer);
  step_pieces(net, lr, false);
}

void net_backward_step(despur_net *net, const float *logit_gradient, double lr) {
  count_step(&net->optimizer);
  net_go_back(net, logit_gradient, &lr);
  step_pieces(net, lr, true);
}

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
