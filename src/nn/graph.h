/* A network as a graph: nodes in topological order, each an operation over the values of earlier ones.
 *
 * An operation is one table of functions in one file (op_*.c); nothing else tells operations apart. Value 0
 * is the pictures, value i + 1 the output of node i.
 *
 * In a training pass some operations need all examples of the batch at once (batch norm: their mean). There
 * the graph is cut into segments: a block of 16 examples runs through a whole segment alone, then the blocks
 * meet. A graph without such operations is one segment. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "base/block.h"
#include "base/error.h"
#include "io/safetensors.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct operation operation;
typedef struct node node;
typedef struct pass pass;
typedef struct net_plan net_plan;
struct despur_net;
struct conv_after;

enum { NODE_INPUTS = 2, NODE_NAME = 24, NODE_TENSORS = 4 };

/* What an architecture says of a node. */
typedef struct node_spec {
  const operation *op;
  char name[NODE_NAME]; /* tensors are NAME.weight and so on; empty where there are none */
  size_t size;          /* output channels or outputs; pool: window */
  size_t kernel, stride, padding;
  size_t behind; /* conv with a stride above 1: so many more zeros behind rows and columns than before them */
  size_t groups; /* conv: input and output channels fall into this many parts, each with its own weights; 0 is
                    1 */
  bool without_bias;
  double drop;
  size_t inputs[NODE_INPUTS]; /* values */
} node_spec;

/* Nodes being put together. The first thing that goes wrong is kept in status, and nothing happens after it.
 */
typedef struct graph {
  node_spec *nodes;
  size_t count, room;
  despur_status status;
  despur_error *error;
} graph;

/* Adds a node and returns its value. */
size_t graph_add(graph *g, node_spec spec);
void graph_release(graph *g);

/* Memory that lives as long as the block (from its forward pass to the end of its backward pass), or as long
 * as a thread is at it. */
typedef enum region { KEPT, SCRATCH } region;

typedef struct node_place {
  region region;
  size_t at; /* floats */
} node_place;

/* The output of a node, or the pictures. `delta` is the gradient of the loss by it. */
typedef struct node_value {
  block_layout layout, delta_layout; /* they differ in padding only */
  node_place data, delta;
  size_t root;      /* the value whose memory this is: its own number, unless its node works in place */
  size_t readers;   /* nodes */
  size_t segment;   /* of training passes, in which it is computed */
  bool needs_delta; /* something that leads to it learns */
  bool renewed;     /* its data is not kept but computed again on the way back, and it is needed up to */
  size_t last_segment;
  bool shares_padding; /* the place of delta is used by others, who leave something where padding should be
                          zero */
} node_value;

struct node {
  node_spec spec;
  size_t index, input_count;
  const node_value *in[NODE_INPUTS], *out;
  bool in_place;          /* its output lies where its first input was */
  bool adds[NODE_INPUTS]; /* others have already left a gradient of this input */
  bool adds_itself;       /* conv: and its kernel adds to that */
  size_t segment;         /* where it runs in a training pass */
  bool frozen;            /* its parameters and buffers stay as they are */
  size_t spare_at;        /* scratch: a gradient that is to be added */
  const node *host;       /* another one that does its work in passing (nn/fuse.c); NULL: it does it itself */
  const node *norm;       /* of a host: the batch norm before it */
  const node *renews;     /* of a reader: the host that it has compute its input again on the way back */
  const node *source; /* of batch norm or ReLU6: the convolution that does its work in passes of no return */
  const node *later;  /* of that convolution: the node in whose turn it then runs, if it finishes: */
  bool finishes;      /* its kernel can do what follows */
  const node *front, *rear; /* conv in strips, if the network goes back by these: the host before it and the
                               batch norm behind it (nn/strips.c), */
  size_t lanes_at;          /* sums of the former's batch norm: floats of scratch */
  bool in_strips;           /* front or rear of another one, which does its way back in training */
  /* what operations keep of their own: */
  size_t bytes_at;     /* pool: choices, dropout: mask; bytes into the block's memory */
  size_t weight, bias; /* floats into the slabs */
  size_t weight_count, bias_count;
  size_t block_gradient_at; /* conv: floats into the gradient of a block */
  size_t flipped_at;        /* conv: weights for the gradient of the input, floats into net->derived */
  size_t padded_at;         /* conv whose delta has no zeros beside it: scratch for a copy that has */
  bool by_channels;         /* conv: whether the gradient of its weights goes by channels (nn/channels.h) */
  bool winograd;            /* conv: whether it goes by Winograd's products (nn/winograd.h), */
  bool inputs_by_winograd;  /* and so does the gradient of its input, with */
  size_t winograd_at;       /* weights, floats into net->derived */
  size_t tiles_at, backward_tiles_at; /* and tiles, or what goes by channels, floats of scratch */
  size_t rows_at, row_stride; /* linear: inputs of the batch, one example a row: floats into net->rows */
  size_t dy_at;               /* linear: output gradients of the batch, one example a row: likewise */
  size_t piece_at;            /* linear: gradients of a part's weights and biases, floats of scratch */
  size_t first_task;          /* of the weight-gradient phase */
  size_t running_mean, running_variance; /* batch norm: floats into net->buffers */
  size_t sums_at;                        /* batch norm: doubles into the sums of a block */
  size_t norm_at;                        /* batch norm: doubles into net->norms */
  size_t
      line_at; /* batch norm: scale and shift of each channel outside of training, floats into net->derived */
};

struct operation {
  const char *name;
  size_t inputs;
  bool may_work_in_place; /* its backward pass does not need its first input */
  bool keeps_input;       /* its backward pass needs its inputs */
  bool keeps_output;      /* or its output */
  bool flat;              /* reads its input as one row of numbers: without padding */
  bool clears;            /* its backward pass writes the padding of the gradient, too */
  bool pointwise;         /* a value of its output belongs to the values at the same place of its inputs */
  bool adds;              /* its backward pass looks at node.adds itself */
  bool is_relu;           /* max(0, x), which others can do in passing */
  bool takes_source;      /* its forward pass looks at node.source */

  /* The output's channels, height and width from the inputs'; false: nothing would be left. */
  bool (*shape)(const node *n, block_layout *out);
  /* Zero columns that it wants beside its input, and beside the gradient of its output; NULL: none. */
  size_t (*padding)(const node *n);
  size_t (*delta_padding)(const node *n);
  /* Asks for memory; NULL: it needs none of its own. */
  void (*plan)(node *n, net_plan *p);
  void (*initialise)(const node *n, struct despur_net *net);
  /* Describes parameters and buffers for files and returns their number, at most NODE_TENSORS. */
  size_t (*tensors)(const node *n, const struct despur_net *net, tensor *out);
  /* Multiply-adds of one example forwards, without those by padding; NULL: none. */
  size_t (*multiply_adds)(const node *n);

  /* One block. backward is called only where something before the node, or the node itself, learns; it writes
   * the gradients of those inputs that need one. */
  void (*forward)(const node *n, pass *p);
  void (*backward)(const node *n, pass *p);
  /* Before a forward pass, and before backward passes: what follows from the weights alone. */
  void (*begin)(const node *n, struct despur_net *net, bool training);
  void (*begin_backward)(const node *n, struct despur_net *net);
  /* Where the examples of a training batch meet, forwards before forward and backwards before backward: what
   * a block knows, and what follows from all blocks in their order. NULL: nowhere. */
  void (*collect)(const node *n, pass *p);
  void (*meet)(const node *n, struct despur_net *net);
  void (*collect_backward)(const node *n, pass *p);
  void (*meet_backward)(const node *n, struct despur_net *net);
  /* forward and collect_backward together with what node->host does behind it (nn/fuse.c); NULL: it cannot.
   */
  void (*forward_for)(const node *n, const pass *p, const node *host);
  /* forward with a batch norm and what follows, where node.finishes; NULL: it never can. */
  void (*forward_into)(const node *n, const pass *p, const node_value *out, const struct conv_after *after);
  void (*collect_for)(const node *n, const pass *p, const node *host);
  /* Gradients of weights that follow from the whole batch at the end: task `part` of `parts`. */
  size_t (*gradient_tasks)(const node *n);
  void (*gradient)(const node *n, struct despur_net *net, size_t part, size_t parts);
  /* The same, and what is learned from it while it is in the cache, by net_update; scratch: of the thread, as
   * the node has planned it. NULL: all gradients are computed first. */
  void (*update)(const node *n, const struct despur_net *net, size_t part, size_t parts, float *scratch,
                 double lr);
};

extern const operation op_conv, op_pool, op_relu, op_dropout, op_linear, op_add, op_batch_norm, op_average,
    op_shortcut, op_normalise, op_relu6;

#endif
