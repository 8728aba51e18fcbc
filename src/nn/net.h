/* Inside of a network: a planned graph over one slab of parameters.
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
#include "nn/graph.h"
#include "nn/head.h"
#include "nn/kernels.h"
#include "nn/step_kernels.h"

#include <stdbool.h>

/* A step of a pass over one block. */
typedef struct pass_step {
  size_t node;
  bool collect; /* else forward or backward */
} pass_step;

/* The steps of a pass in order, cut where the blocks meet: segment s is steps first[s]..first[s + 1]-1. */
typedef struct net_schedule {
  pass_step *steps; /* [2 * nodes] */
  size_t *first;    /* [segments + 1] */
} net_schedule;

/* The optimiser of a training: PyTorch's arithmetic from slab to slab. */
typedef struct net_optimizer {
  despur_optimizer_options options;
  float *moments[2];       /* [slab] momentum or first moment; second moment (Adam) */
  double moment_powers[2]; /* beta^t */
} net_optimizer;

struct despur_net {
  net_head head;
  const kernel_table *kernels;
  parallel *pool;
  node *nodes;
  node_value *values; /* [node_count + 1] */
  size_t node_count, segments;
  bool by_strips;                 /* the way back goes strip by strip where it can, with the same bytes */
  size_t frozen;                  /* parameters [0, frozen) stay as they are */
  net_schedule forward, backward; /* backward runs through the segments from the last to the first */
  size_t blocks;                  /* that are kept: of a training batch, and at least one for each thread */
  size_t slab;                    /* floats of all parameters, each tensor at a multiple of LANES */
  float *parameters, *gradient;   /* [slab] */
  size_t buffer_floats; /* what is learned in other ways than by gradients: running means and variances */
  float *buffers;       /* [buffer_floats], right behind the parameters */
  float *average;       /* [slab + buffer_floats] moving average of both; NULL: none is wanted */
  net_optimizer optimizer;
  size_t kept_floats, kept_bytes, scratch_floats, block_gradient_floats, derived_floats, row_floats;
  float *kept;    /* [blocks, kept_floats] */
  uint8_t *bytes; /* [blocks, kept_bytes] */
  float *scratch; /* [threads, scratch_floats] */
  size_t example_stride;
  float *examples;       /* [threads, LANES, example_stride] plain rows on their way into a block */
  float *block_gradient; /* [blocks, block_gradient_floats] */
  float *derived;        /* [derived_floats] weights as kernels take them, until they change */
  float *rows;           /* [row_floats] inputs and output gradients of linear layers, [batch, width] each */
  size_t sum_doubles, norm_doubles;
  double *sums;  /* [blocks, sum_doubles] what blocks know where they meet */
  double *norms; /* [norm_doubles] and what follows from it */
  float *logits; /* [batch, classes] */
  size_t gradient_tasks;
  size_t used; /* examples in the current batch */
};

/* Where a node finds its data while one block is visited. */
struct pass {
  const despur_net *net;
  size_t block, used; /* examples in this block */
  bool training;
  bool returns; /* something goes back after it: a training, or a map */
  uint64_t step;
  float *kept;
  uint8_t *bytes;
  float *scratch, *examples;
  double *sums;
};

/* The functions of engine_cpu, which nn/engine.h describes. */
void net_free(despur_net *net);
void net_forward(despur_net *net, const net_batch *batch, bool training, uint64_t step);
const float *net_logits(const despur_net *net);
const float *net_features(const despur_net *net, size_t *stride);
const float *net_classifier(const despur_net *net);
DESPUR_MUST_USE despur_status net_begin(despur_net *net, const despur_optimizer_options *options,
                                        bool averages, despur_error *error);
void net_backward(despur_net *net, const float *logit_gradient);
void net_backward_step(despur_net *net, const float *logit_gradient, double lr);
double net_clip(despur_net *net, double limit);
void net_step(despur_net *net, double lr);
void net_average(despur_net *net, float rate);
bool net_finite(const despur_net *net);
void net_snapshot(const despur_net *net, net_state *to);
void net_restore(despur_net *net, const net_state *from);
const char *net_find_convolution(const despur_net *net, const char *name, size_t *index);
despur_shape net_activation_shape(const despur_net *net, size_t convolution);
DESPUR_MUST_USE despur_status net_show_activations(despur_net *net, const net_question *question,
                                                   net_visit *visit, void *context, despur_error *error);

/* What follows from the weights alone, before the blocks of a forward or backward pass. */
void net_begin_forward(despur_net *net, bool training);
void net_begin_backward(despur_net *net);

/* net_backward; lr: nodes that can update their parameters do so, or NULL. */
void net_go_back(despur_net *net, const float *logit_gradient, const double *lr);

/* One step of the optimiser for a node's parameters from `first` on, whose gradient is given, with sizes and
 * strides. Thread-safe for parameters that do not overlap. */
void net_update(const node *n, const despur_net *net, double lr, const step_arrays *gradient, size_t first);
/* Asks for what that will read, which takes a while to come. */
void net_expect_update(const despur_net *net, const step_arrays *gradient, size_t first);

/* Where a block of the current batch finds its data. */
pass net_pass(const despur_net *net, size_t block, int thread, bool training);

/* What a convolution does with one block: forwards, for the gradient of its weights, and for that of its
 * input. */
void conv_forward(const node *n, const pass *p);
void conv_weights(const node *n, const pass *p);
void conv_inputs(const node *n, const pass *p);

/* The same for some tiles of one that goes by Winograd's products; weights: whole strips. */
typedef struct conv_tiles {
  size_t begin, end;
} conv_tiles;
conv_tiles conv_all_tiles(const node *n);
void conv_weights_of(const node *n, const pass *p, conv_tiles tiles);
void conv_inputs_of(const node *n, const pass *p, conv_tiles tiles);

/* What batch norm does with rows begin..end-1 of one block: forwards with what its host does behind it, the
 * gradient of its input, and the way back through its host, whose sums norm_collect takes when all rows are
 * done. */
typedef struct norm_rows {
  size_t begin, end;
} norm_rows;
void norm_forward_rows(const node *n, const pass *p, const node *host, norm_rows rows);
void norm_backward_rows(const node *n, const pass *p, norm_rows rows);
void norm_mask_rows(const node *n, const pass *p, const node *host, norm_rows rows,
                    norm_lanes *to); /* [channels] */
void norm_collect(const node *n, const pass *p, const norm_lanes *lanes);

/* Finds convolutions between two batch norms, whose way back can go strip by strip; whether that pays on this
 * machine; and that way (nn/strips.c). */
void plan_strips(despur_net *net);
bool strips_pay(void);
void strips_backward(const node *n, const pass *p);

/* The one node that reads the output of a node; NULL when there are several. */
const node *net_only_reader(const despur_net *net, size_t index);

/* Finds the nodes whose work others can do in passing. */
void plan_fusing(despur_net *net);

/* What other operations ask of the kernels. */
linear_job linear_forward_job(const node *n, const pass *p);
linear_job linear_input_job(const node *n, const pass *p);
linear_gradient_job linear_weight_job(const node *n, const despur_net *net, size_t first, size_t last);
pool_job pool_forward_job(const node *n, const pass *p);
pool_job pool_input_job(const node *n, const pass *p);

/* The multiply-adds that one example needs of a node forwards, without those by padding. */
size_t node_multiply_adds(const node *n);

/* Those of all nodes, forwards or for a training step: gradients of weights take as many again, and so do
 * gradients of inputs where they are needed. */
size_t net_multiply_adds(const despur_net *net, bool training);

/* Writes the examples of the block into its lanes, zeros into lanes without an example. */
void net_put_rows(const pass *p, const net_batch *batch);

/* The steps of a pass over one block that belong to a node, for passes over a part of the graph. */
void node_forward(const node *n, pass *p);
void node_backward(const node *n, pass *p);
/* Where nobody has left a gradient yet, zeros beside the one that a node writes. */
void node_clear_padding(const node *n, const pass *p);

static inline float *place_of(const pass *p, node_place where) {
  return (where.region == KEPT ? p->kept : p->scratch) + where.at;
}

static inline float *node_input(const node *n, const pass *p, size_t k) {
  return place_of(p, n->in[k]->data);
}

static inline float *node_output(const node *n, const pass *p) {
  return place_of(p, n->out->data);
}

static inline float *node_delta(const node *n, const pass *p) {
  return place_of(p, n->out->delta);
}

/* Where backward leaves the gradient of an input: in place, or where it waits for being added. */
static inline float *node_delta_in(const node *n, const pass *p, size_t k) {
  return n->adds[k] && !n->spec.op->adds && !n->adds_itself ? p->scratch + n->spare_at
                                                            : place_of(p, n->in[k]->delta);
}

/* Rows of `from` to those of `to`, which is padded in another way. */
void block_copy(float *to, block_layout to_layout, const float *from, block_layout from_layout);
void block_add(float *to, block_layout to_layout, const float *from, block_layout from_layout);

/* PyTorch's default for convolutions and linear layers: weights and biases uniform in +-1/sqrt(fan_in). */
void initialise_uniform(const node *n, despur_net *net);

/* Puts the nodes of an architecture into a graph that is empty. */
bool architecture_known(despur_arch arch);
void architecture_build(graph *g, const despur_net_options *options);

/* What an architecture puts behind that with which the graph ends: value g->count. */
typedef void architecture(graph *g, const despur_net_options *options);

#define DECLARE_ARCHITECTURE(NAME, name) architecture arch_##name;
DESPUR_ARCHITECTURES(DECLARE_ARCHITECTURE)
#undef DECLARE_ARCHITECTURE

/* Builds a network from a graph, whose last node is linear with options->classes outputs; paddings are below
 * kernels. options->arch has no meaning here. */
DESPUR_MUST_USE despur_status net_create_from_graph(despur_net **out, const graph *g,
                                                    const despur_net_options *options, despur_error *error);

/* plan.c: shapes, places and schedules of all nodes, and how much memory they take. */
DESPUR_MUST_USE despur_status plan_network(despur_net *net, despur_error *error);

/* What an operation may ask of its plan: floats of the slabs, of each block and of the batch. Offsets are
 * multiples of LANES. */
size_t plan_parameters(net_plan *p, size_t count);
size_t plan_block_gradient(net_plan *p, size_t count);
size_t plan_derived(net_plan *p, size_t count); /* weights in another form */
size_t plan_rows(net_plan *p, size_t width);    /* one for each example of the batch */
size_t plan_bytes(net_plan *p, size_t count);
size_t plan_buffers(net_plan *p, size_t count);
size_t plan_sums(net_plan *p, size_t doubles);  /* of a block */
size_t plan_norms(net_plan *p, size_t doubles); /* of the network */
/* Of a thread, while the node's forward or backward step runs. */
size_t plan_forward_scratch(net_plan *p, const node *n, size_t count);
size_t plan_backward_scratch(net_plan *p, const node *n, size_t count);

/* Fills the parameters with initial values. */
void net_initialise(despur_net *net);

#endif
