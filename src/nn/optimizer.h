/* Optimisers: one step from the gradient slab to the parameter slab, with PyTorch's arithmetic. */
#ifndef NN_OPTIMIZER_H
#define NN_OPTIMIZER_H

#include "despur/optimizer.h"
#include "nn/net.h"

typedef struct optimizer {
  despur_optimizer_options options;
  float *first, *second;           /* [slab] momentum or first moment; second moment (Adam) */
  double beta1_power, beta2_power; /* beta^t */
} optimizer;

/* Allocates the moments; release with optimizer_release, which accepts half-built ones. */
DESPUR_MUST_USE despur_status optimizer_init(optimizer *o, const despur_optimizer_options *options,
                                             const despur_net *net, despur_error *error);
void optimizer_release(optimizer *o);

/* Updates all parameters of net from net->gradient. */
void optimizer_step(optimizer *o, despur_net *net, double lr);

/* Scales the gradient so that its global norm is at most limit, and returns the norm before. */
double net_clip_gradient(despur_net *net, double limit);

/* The learning rate of step `step` (from 0) out of epochs * epoch_steps. */
double schedule_rate(const despur_schedule_options *schedule, double lr, size_t step, size_t epoch_steps,
                     size_t epochs);

#endif
