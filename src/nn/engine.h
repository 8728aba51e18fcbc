/* The seam between networks and everything above them: an engine is one table of functions.
 *
 * Examples come, and what is seen inside of a network goes, as plain rows; how an engine lays out its memory
 * and shares work among threads is its own affair. Weights, their moving average and the optimiser's moments
 * live with the engine and are copied in and out as a net_state. The engine of this processor is net.h and
 * its neighbours; tests/scalar_engine.h is another one, in plain C, and the oracle for this one's training.
 */
#ifndef NN_ENGINE_H
#define NN_ENGINE_H

#include "base/error.h"
#include "despur/net.h"
#include "despur/optimizer.h"
#include "io/safetensors.h"

#include <stdbool.h>

typedef struct engine engine;

/* What is known of any network: its engine, what it was created with (defaults are filled in), and the floats
 * of its parameters, of its buffers, and of both, which is what it has learned. */
const engine *engine_of(const despur_net *net);
const despur_net_options *net_options(const despur_net *net);
size_t net_parameters(const despur_net *net);
size_t net_buffers(const despur_net *net);
size_t net_state_floats(const despur_net *net);

/* The examples of a pass, at most the batch. row writes example i as plain values, [channels, height, width];
 * it may be called for different examples at the same time. */
typedef struct net_batch {
  size_t count;
  void (*row)(void *context, size_t i, float *x);
  void *context;
} net_batch;

/* What training changes. Parameters are the tensors of the nodes in their order, weights before biases, laid
 * out as PyTorch's, each at a multiple of 16 floats with zeros in between; buffers likewise. So what one
 * engine has learned another can go on with. */
typedef struct net_state {
  float *weights;          /* [parameters + buffers] */
  float *average;          /* [parameters + buffers] their moving average */
  float *moments[2];       /* [parameters] of the optimiser: SGD has the first only */
  double moment_powers[2]; /* beta^step of Adam */
} net_state;

/* Which activations are shown, of which examples. */
typedef struct net_question {
  size_t layer; /* as find_convolution numbers them */
  const net_batch *batch;
  const uint32_t *targets; /* [batch->count] classes below options.classes; NULL: each example's prediction */
} net_question;

/* One example: the convolution's activation after ReLU and before pooling, and the gradient of the example's
 * target logit by it. In a pooling window without a value above zero, which place gets the gradient of the
 * window is arbitrary. */
typedef struct net_activation {
  size_t example;                     /* of the batch */
  const float *activation, *gradient; /* of activation_shape */
  uint32_t prediction;
  bool finite; /* whether all logits are */
} net_activation;

/* May be called for different examples at the same time. */
typedef void net_visit(void *context, const net_activation *shown);

struct engine {
  despur_status (*create)(despur_net **out, const despur_net_options *options, despur_error *error);
  void (*free)(despur_net *net); /* not of NULL */

  /* Runs examples through the network. training: dropout is on, with masks that depend on (seed, step,
   * example in the batch), and what backward needs is kept. Afterwards logits and features hold one row for
   * each example. */
  void (*forward)(despur_net *net, const net_batch *batch, bool training, uint64_t step);
  const float *(*logits)(const despur_net *net); /* [count, classes] */
  /* Outputs of the layer before the classifier: row i starts at i * *stride. */
  const float *(*features)(const despur_net *net, size_t *stride);
  const float *(*classifier)(const despur_net *net); /* weights of the last layer, [classes, features] */

  /* Begins a training: moments, and a moving average when one is wanted, are zero. Forgets those before. */
  despur_status (*begin)(despur_net *net, const despur_optimizer_options *optimizer, bool averages,
                         despur_error *error);
  /* From the gradient of the loss by the logits [count, classes] to that by the parameters, for the last pass
   * in training. */
  void (*backward)(despur_net *net, const float *logit_gradient);
  /* Scales that gradient so that its global norm is at most limit, and returns the norm before. */
  double (*clip)(despur_net *net, double limit);
  /* Updates all parameters by it. */
  void (*step)(despur_net *net, double lr);
  /* The same parameters as backward and then step give, but nobody may ask for the gradient: it need not be
   * written. */
  void (*backward_step)(despur_net *net, const float *logit_gradient, double lr);
  /* average += rate (parameters - average). Buffers are averages already: they are taken as they are, as
   * torch.optim.swa_utils does. */
  void (*average)(despur_net *net, float rate);
  bool (*finite)(const despur_net *net); /* whether all parameters and buffers are */

  /* Copies those arrays of a state that are not NULL, and with moments their powers. */
  void (*snapshot)(const despur_net *net, net_state *to);
  void (*restore)(despur_net *net, const net_state *from);

  /* *index = the convolution of that name; NULL: the last one. Returns its name, or NULL when there is none.
   */
  const char *(*find_convolution)(const despur_net *net, const char *name, size_t *index);
  despur_shape (*activation_shape)(const despur_net *net, size_t convolution);
  /* Runs examples through the network without dropout, and back from one logit each, and shows every one to
   * visit. Weights, gradients and logits stay as they are; a training pass before it cannot be continued with
   * backward. */
  despur_status (*show_activations)(despur_net *net, const net_question *question, net_visit *visit,
                                    void *context, despur_error *error);
};

/* That of this processor: what despur_net_create makes. Files of weights, despur_net_describe and the names
 * of convolutions are its own. */
extern const engine engine_cpu;

/* *out = all parameters and buffers of a network of this processor, as files of weights have them, in the
 * order of its layers; the last ones, from *classifier on, are the last layer's. data is the network's own.
 * Free *out with mem_free. */
DESPUR_MUST_USE despur_status net_list_tensors(tensor **out, size_t *count, size_t *classifier,
                                               const despur_net *net, despur_error *error);
/* values [t->count] become those of a tensor that net_list_tensors has given. */
void net_set_tensor(despur_net *net, const tensor *t, const float *values);

#endif
