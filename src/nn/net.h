/* Inside of a network: a list of layers over one slab of parameters.
 *
 * A pass visits blocks of 16 examples independently and in parallel. Activations that the backward pass needs
 * are kept for each block; gradients of activations ("deltas") live in scratch memory of the thread. Weight
 * gradients of convolutions are computed block by block and then added in the order of blocks; those of
 * linear layers are computed in one go over the examples of the batch in their order. So no sum depends on
 * the number of threads. */
#ifndef NN_NET_H
#define NN_NET_H

#include "base/block.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "despur/net.h"
#include "nn/kernels.h"

#include <stdbool.h>

typedef enum layer_kind { LAYER_CONV, LAYER_POOL, LAYER_RELU, LAYER_DROPOUT, LAYER_LINEAR } layer_kind;

/* What an architecture says of a layer. */
typedef struct layer_spec {
  layer_kind kind;
  const char *name; /* tensors are NAME.weight and NAME.bias; NULL for layers without parameters */
  size_t size;      /* output channels or outputs; pool: window */
  size_t kernel, stride, padding;
  double drop;
} layer_spec;

typedef struct layer {
  layer_spec spec;
  block_layout in, out;   /* activations */
  block_layout delta;     /* gradient of the output: as out, but padded for this layer's own backward pass */
  bool in_kept, out_kept; /* in the block's kept memory, or in the thread's scratch */
  size_t in_at, out_at;   /* floats into that memory */
  size_t delta_at, delta_in_at; /* floats into the thread's scratch: gradients of output and input */
  block_layout delta_in;
  bool needs_delta_in; /* false up to the first layer with parameters: nobody asks for the gradient of the
                          images */
  size_t bytes_at;     /* pool: choices, dropout: mask; bytes into the block's memory */
  size_t weight, bias; /* floats into the slabs */
  size_t weight_count, bias_count;
  size_t block_gradient_at; /* conv: floats into the gradient of a block */
  size_t flipped_at;        /* conv: weights for the gradient of the input, floats into net->flipped */
  size_t dilated_at; /* conv whose delta is not direct: scratch for a copy with zeros between and around */
  size_t rows_at, row_stride; /* linear: inputs of the batch, one example a row: floats into net->rows */
  size_t dy_at;      /* linear: output gradients of the batch, one example a row: floats into net->rows */
  size_t first_task; /* of the weight-gradient phase */
} layer;

struct despur_net {
  despur_net_options options;
  const kernel_table *kernels;
  parallel *pool;
  layer *layers;
  size_t layer_count;
  size_t blocks;                /* ceil(batch / LANES) */
  size_t slab;                  /* floats of all parameters, each tensor at a multiple of LANES */
  float *parameters, *gradient; /* [slab] */
  size_t kept_floats, kept_bytes, scratch_floats, block_gradient_floats, flipped_floats;
  float *kept;           /* [blocks, kept_floats] */
  uint8_t *bytes;        /* [blocks, kept_bytes] */
  float *scratch;        /* [threads, scratch_floats] */
  float *block_gradient; /* [blocks, block_gradient_floats] */
  float *flipped;        /* [flipped_floats] */
  float *rows;           /* inputs and output gradients of linear layers, [batch, width] each */
  float *logits;         /* [batch, classes] */
  size_t gradient_tasks;
  size_t used; /* examples in the current batch */
};

/* Where a layer finds its data while one block is visited. */
typedef struct pass {
  const despur_net *net;
  size_t block, used; /* examples in this block */
  bool training;
  uint64_t step;
  float *kept;
  uint8_t *bytes;
  float *scratch;
} pass;

/* Writes the images of a block into x (layout: net_input). Runs in parallel for different blocks. */
typedef void net_fill(void *context, size_t block, float *x);

block_layout net_input(const despur_net *net);

/* Runs `used` examples through the network. training: dropout is on, with masks that depend on (seed, step,
 * example in the batch), and what backward needs is kept. Afterwards net_logits and net_features hold one row
 * for each example. */
void net_forward(despur_net *net, size_t used, net_fill *fill, void *context, bool training, uint64_t step);

const float *net_logits(const despur_net *net); /* [used, classes] */

/* Outputs of the layer before the classifier: row i starts at i * *stride. */
const float *net_features(const despur_net *net, size_t *stride);

/* Weights of the last layer, [classes, features]. */
const float *net_classifier(const despur_net *net);

/* From the gradient of the loss by the logits [used, classes] to net->gradient, for the last training pass.
 */
void net_backward(despur_net *net, const float *logit_gradient);

/* Which activations net_look_inside shows, of which examples. */
typedef struct net_question {
  size_t layer; /* index of a convolution */
  size_t used;  /* examples, at most the batch */
  net_fill *fill;
  void *fill_context;
  const uint32_t *targets; /* [used] classes below options.classes; NULL: each example's prediction */
} net_question;

/* One block of examples: the convolution's activation after ReLU and before pooling, and the gradient of each
 * example's target logit by it. In a pooling window without a value above zero, which place gets the gradient
 * of the window is arbitrary. */
typedef struct net_probe {
  size_t block, used;
  const float *activation, *gradient;
  block_layout layout;         /* of both */
  const uint32_t *predictions; /* [used] */
} net_probe;

/* Runs in parallel for different blocks. */
typedef void net_visit(void *context, const net_probe *probe);

/* Runs examples through the network without dropout, and back from one logit each, and shows every block to
 * visit. Weights, gradients and logits of the network stay as they are; a training pass before it cannot be
 * continued with net_backward. */
DESPUR_MUST_USE despur_status net_look_inside(despur_net *net, const net_question *question, net_visit *visit,
                                              void *context, despur_error *error);

/* *index = the convolution of that name; NULL: the last one. False when there is none. */
bool net_find_convolution(const despur_net *net, const char *name, size_t *index);

/* Where a block of the current batch finds its data. */
pass net_pass(const despur_net *net, size_t block, int thread);

/* One forward and backward function for each kind of layer; see layer_*.c. */
void layer_forward(const layer *l, pass *p);
void layer_backward(const layer *l, pass *p);
void layer_conv_forward(const layer *l, pass *p);
void layer_conv_backward(const layer *l, pass *p);
void layer_linear_forward(const layer *l, pass *p);
void layer_linear_backward(const layer *l, pass *p);

/* What a layer asks of the kernels: forwards, for the gradient of its weights, and for that of its input. The
 * gradient of a convolution's input with a stride spreads its delta in the thread's scratch first. */
conv_job layer_conv_job(const layer *l, const pass *p);
conv_gradient_job layer_conv_gradient_job(const layer *l, const pass *p);
conv_job layer_conv_input_job(const layer *l, const pass *p);
linear_job layer_linear_job(const layer *l, const pass *p);
linear_job layer_linear_input_job(const layer *l, const pass *p);
linear_gradient_job layer_linear_gradient_job(const layer *l, const despur_net *net, size_t first,
                                              size_t last);
pool_job layer_pool_job(const layer *l, const pass *p);
pool_job layer_pool_gradient_job(const layer *l, const pass *p);

/* The multiply-adds that one example needs of a layer forwards, without those by padding; layers without
 * parameters need none. */
size_t layer_multiply_adds(const layer *l);

/* Those of all layers, forwards or for a training step: gradients of weights take as many again, and so do
 * gradients of inputs where they are needed. */
size_t net_multiply_adds(const despur_net *net, bool training);

/* Before backward passes: everything that follows from the weights alone. */
void layer_conv_prepare(const layer *l, despur_net *net);

static inline float *layer_input(const layer *l, const pass *p) {
  return (l->in_kept ? p->kept : p->scratch) + l->in_at;
}

static inline float *layer_output(const layer *l, const pass *p) {
  return (l->out_kept ? p->kept : p->scratch) + l->out_at;
}

static inline float *layer_delta(const layer *l, const pass *p) {
  return p->scratch + l->delta_at;
}

static inline float *layer_delta_in(const layer *l, const pass *p) {
  return p->scratch + l->delta_in_at;
}

/* Whether a convolution can compute the gradient of its input from its delta as it lies there. */
static inline bool conv_delta_is_direct(const layer *l) {
  return l->spec.stride == 1 && l->delta.pad == l->spec.kernel - 1 - l->spec.padding;
}

/* The layers of an architecture; *count gets their number. */
DESPUR_MUST_USE despur_status architecture_layers(layer_spec **out, size_t *count,
                                                  const despur_net_options *options, despur_error *error);

/* Builds a network of any layers, of which the last is linear with options->classes outputs; their paddings
 * are below their kernels. options->arch has no meaning here. */
DESPUR_MUST_USE despur_status net_create_from_layers(despur_net **out, const layer_spec *layers, size_t count,
                                                     const despur_net_options *options, despur_error *error);

/* Fills the parameters with PyTorch's default initialisation. */
void net_initialise(despur_net *net);

#endif
