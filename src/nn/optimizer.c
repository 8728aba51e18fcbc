#include "nn/optimizer.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/parallel.h"

enum { PIECE = 16384 }; /* parameters that one task updates */

despur_status optimizer_init(optimizer *o, const despur_optimizer_options *options, const despur_net *net,
                             despur_error *error) {
  *o = (optimizer){.options = *options, .beta1_power = 1, .beta2_power = 1};
  despur_status status = mem_alloc(&o->first, net->slab, sizeof(float), error);
  if (status == DESPUR_OK && options->name != DESPUR_SGD)
    status = mem_alloc(&o->second, net->slab, sizeof(float), error);
  return status;
}

void optimizer_release(optimizer *o) {
  mem_free(o->first);
  mem_free(o->second);
  o->first = o->second = NULL;
}

typedef struct step_job {
  optimizer *optimizer;
  despur_net *net;
  double lr;
} step_job;

/* g += wd w; v = mu v + g; step g + mu v (Nesterov) or v. The first step starts from v = 0, which gives v =
 * g. */
static void sgd(const step_job *job, size_t first, size_t last) {
  const despur_optimizer_options *options = &job->optimizer->options;
  float *restrict w = job->net->parameters, *restrict v = job->optimizer->first;
  const float *restrict gradient = job->net->gradient;
  const float lr = (float)job->lr, mu = (float)options->momentum, decay = (float)options->weight_decay;
  const float direct = options->nesterov ? 1 : 0, through = options->nesterov ? mu : 1;
  for (size_t i = first; i < last; i++) {
    float g = gradient[i] + decay * w[i];
    v[i] = mu * v[i] + g;
    w[i] -= lr * (direct * g + through * v[i]);
  }
}

/* Kingma and Ba 2015, algorithm 1, with PyTorch's order of operations; AdamW after Loshchilov and Hutter
 * 2019. */
static void adam(const step_job *job, size_t first, size_t last) {
  optimizer *o = job->optimizer;
  const despur_optimizer_options *options = &o->options;
  float *restrict w = job->net->parameters, *restrict m = o->first, *restrict v = o->second;
  const float *restrict gradient = job->net->gradient;
  const float beta1 = (float)options->betas[0], rest1 = (float)(1 - options->betas[0]);
  const float beta2 = (float)options->betas[1], rest2 = (float)(1 - options->betas[1]);
  const float step = (float)(job->lr / (1 - o->beta1_power));
  const float correction = (float)math_sqrt(1 - o->beta2_power), eps = (float)options->eps;
  const int coupled = options->name == DESPUR_ADAM;
  const float decay = coupled ? (float)options->weight_decay : 0;
  const float shrink = coupled ? 1 : (float)(1 - job->lr * options->weight_decay);
  for (size_t i = first; i < last; i++) {
    float g = gradient[i] + decay * w[i];
    m[i] = beta1 * m[i] + rest1 * g;
    v[i] = beta2 * v[i] + rest2 * g * g;
    w[i] = shrink * w[i] - step * m[i] / (__builtin_sqrtf(v[i]) / correction + eps);
  }
}

static void step_piece(void *context, size_t task, int thread) {
  (void)thread;
  const step_job *job = context;
  size_t first = task * PIECE, last = first + PIECE;
  if (last > job->net->slab) last = job->net->slab;
  if (job->optimizer->options.name == DESPUR_SGD)
    sgd(job, first, last);
  else
    adam(job, first, last);
}

void optimizer_step(optimizer *o, despur_net *net, double lr) {
  o->beta1_power *= o->options.betas[0];
  o->beta2_power *= o->options.betas[1];
  step_job job = {.optimizer = o, .net = net, .lr = lr};
  parallel_for(net->pool, (net->slab + PIECE - 1) / PIECE, step_piece, &job);
}

double net_clip_gradient(despur_net *net, double limit) {
  double sum = 0;
  for (size_t i = 0; i < net->slab; i++) sum += (double)net->gradient[i] * (double)net->gradient[i];
  double norm = math_sqrt(sum);
  if (norm > limit) {
    float scale = (float)(limit / (norm + 1e-6)); /* as torch.nn.utils.clip_grad_norm_ */
    for (size_t i = 0; i < net->slab; i++) net->gradient[i] *= scale;
  }
  return norm;
}
