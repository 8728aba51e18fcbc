/* The kernels, each with exactly what a layer of the two networks asks of it: one block of 16 examples, or
 * for the weight gradients of linear layers a batch of 64. On one thread. */
#include "bench/bench.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "nn/loss.h"
#include "nn/net.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 64 };

/* A network that has just run a training pass, so that all of its memory holds plausible values. */
typedef struct subject {
  bench *bench;
  const char *arch;
  despur_net *net;
  dataset_batch batch;
  uint32_t labels[BATCH];
  double losses[BATCH], weights[BATCH];
  float gradient[BATCH * BENCH_CLASSES];
  const node *node; /* that is measured now */
  pass pass;        /* of block 0 */
} subject;

/* A kernel that a node calls. */
typedef void node_call(const subject *s);

static void convolve(const subject *s) {
  conv_forward(s->node, &s->pass);
}

static void convolve_weights(const subject *s) {
  conv_weights(s->node, &s->pass);
}

static void convolve_inputs(const subject *s) {
  conv_inputs(s->node, &s->pass);
}

static void linear_forward(const subject *s) {
  const linear_job job = linear_forward_job(s->node, &s->pass);
  s->net->kernels->linear(&job);
}

static void linear_weights(const subject *s) {
  const linear_gradient_job job = linear_weight_job(s->node, s->net, 0, s->node->spec.size);
  s->net->kernels->linear_gradient(&job);
}

static void linear_inputs(const subject *s) {
  const linear_job job = linear_input_job(s->node, &s->pass);
  s->net->kernels->linear(&job);
}

static void pool_forward(const subject *s) {
  const pool_job job = pool_forward_job(s->node, &s->pass);
  s->net->kernels->max_pool(&job);
}

static void pool_inputs(const subject *s) {
  const pool_job job = pool_input_job(s->node, &s->pass);
  s->net->kernels->max_pool_gradient(&job);
}

static void relu_forward(const subject *s) {
  s->net->kernels->relu(node_output(s->node, &s->pass), block_floats(s->node->out->layout));
}

static void relu_inputs(const subject *s) {
  s->net->kernels->relu_gradient(node_delta(s->node, &s->pass), node_output(s->node, &s->pass),
                                 block_features(s->node->out->layout) * LANES);
}

typedef struct kernel_run {
  const subject *subject;
  node_call *call;
} kernel_run;

static despur_status run_kernel(void *context, despur_error *error) {
  (void)error;
  const kernel_run *run = context;
  run->call(run->subject);
  return DESPUR_OK;
}

/* One row; bytes where the kernel computes nothing that counts. */
static despur_status measure(const subject *s, const char *part, const char *what, node_call *call,
                             double flops, double bytes) {
  char name[DESPUR_BENCH_NAME];
  kernel_run run = {.subject = s, .call = call};
  snprintf(name, sizeof name, "kernel/%s/%s/%s", s->arch, part, what);
  return bench_measure(
      s->bench,
      &(bench_work){
          .name = name, .threads = 1, .flops = flops, .bytes = bytes, .run = run_kernel, .context = &run});
}

static despur_status measure_conv(const subject *s) {
  despur_status status = DESPUR_OK;
  const char *name = s->node->spec.name;
  double flops = 2.0 * LANES * (double)node_multiply_adds(s->node);
  TRY(measure(s, name, "forward", convolve, flops, 0));
  TRY(measure(s, name, "weights", convolve_weights, flops, 0));
  if (s->node->in[0]->needs_delta) TRY(measure(s, name, "inputs", convolve_inputs, flops, 0));
cleanup:
  return status;
}

/* Weights are read once for a block; beyond the first layers of cache that is what takes the time. */
static despur_status measure_linear(const subject *s) {
  despur_status status = DESPUR_OK;
  const char *name = s->node->spec.name;
  double products = (double)node_multiply_adds(s->node), bytes = products * sizeof(float);
  TRY(measure(s, name, "forward", linear_forward, 2 * LANES * products, bytes));
  TRY(measure(s, name, "weights", linear_weights, 2 * BATCH * products, bytes));
  if (s->node->in[0]->needs_delta)
    TRY(measure(s, name, "inputs", linear_inputs, 2 * LANES * products, bytes));
cleanup:
  return status;
}

/* Forwards the windows are read and maxima and choices written; backwards choices and gradients are read, and
 * a gradient is added to each place of a window. */
static despur_status measure_pool(const subject *s, const char *name) {
  despur_status status = DESPUR_OK;
  double out = LANES * (double)block_features(s->node->out->layout), value = sizeof(float);
  double window = (double)(s->node->spec.size * s->node->spec.size);
  TRY(measure(s, name, "forward", pool_forward, 0, out * (window * value + value + 1)));
  TRY(measure(s, name, "inputs", pool_inputs, 0, out * (2 * window * value + value + 1)));
cleanup:
  return status;
}

static despur_status measure_relu(const subject *s, const char *name) {
  despur_status status = DESPUR_OK;
  double bytes = LANES * (double)block_features(s->node->out->layout) * sizeof(float);
  TRY(measure(s, name, "forward", relu_forward, 0, 2 * bytes));
  TRY(measure(s, name, "inputs", relu_inputs, 0, 3 * bytes));
cleanup:
  return status;
}

/* Every kernel that a node uses. Nodes without a name are numbered. */
static despur_status measure_nodes(subject *s) {
  despur_status status = DESPUR_OK;
  size_t pools = 0, relus = 0;
  char name[32];
  for (size_t i = 0; i < s->net->node_count; i++) {
    s->node = &s->net->nodes[i];
    const operation *op = s->node->spec.op;
    if (op == &op_conv) TRY(measure_conv(s));
    if (op == &op_linear) TRY(measure_linear(s));
    if (op == &op_pool) {
      snprintf(name, sizeof name, "pool%zu", ++pools);
      TRY(measure_pool(s, name));
    }
    if (op == &op_relu) {
      snprintf(name, sizeof name, "relu%zu", ++relus);
      TRY(measure_relu(s, name));
    }
  }
cleanup:
  return status;
}

static void fill_call(const subject *s) {
  dataset_batch from = s->batch;
  net_put_rows(&s->pass, &(net_batch){BATCH, dataset_row, &from});
}

static despur_status run_loss(void *context, despur_error *error) {
  (void)error;
  subject *s = context;
  cross_entropy(net_logits(s->net), s->labels, BATCH, BENCH_CLASSES, s->losses);
  cross_entropy_gradient(net_logits(s->net), s->labels, s->weights, BATCH, BENCH_CLASSES, s->gradient);
  return DESPUR_OK;
}

static despur_status run_update(void *context, despur_error *error) {
  (void)error;
  subject *s = context;
  net_step(s->net, 0);
  return DESPUR_OK;
}

/* What a step does besides the kernels: images into a block, the loss of a batch with its gradient, an
 * update. */
static despur_status measure_rest(subject *s) {
  despur_status status = DESPUR_OK;
  char name[DESPUR_BENCH_NAME];
  double input = LANES * (double)block_features(s->net->values[0].layout) * sizeof(float);
  TRY(measure(s, "input", "fill", fill_call, 0, input));
  snprintf(name, sizeof name, "kernel/%s/loss", s->arch);
  TRY(bench_measure(s->bench, &(bench_work){.name = name, .threads = 1, .run = run_loss, .context = s}));
  snprintf(name, sizeof name, "kernel/%s/update", s->arch);
  double slab = (double)s->net->slab * sizeof(float);
  TRY(bench_measure(s->bench, &(bench_work){.name = name,
                                            .threads = 1,
                                            .bytes = 5 * slab,
                                            .working_set = 3 * slab,
                                            .run = run_update,
                                            .context = s}));
cleanup:
  return status;
}

static despur_status subject_init(subject *s, bench *b, const bench_arch *arch) {
  static const despur_optimizer_options SGD = {
      .name = DESPUR_SGD, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005};
  despur_status status = DESPUR_OK;
  size_t count;
  *s = (subject){.bench = b, .arch = arch->name};
  TRY(bench_net(&s->net, b, arch->arch, BATCH, 1));
  TRY(net_begin(s->net, &SGD, false, b->error));
  const uint32_t *examples = despur_dataset_split(b->digits, DESPUR_TRAIN, &count);
  s->batch = (dataset_batch){.dataset = b->digits, .examples = examples};
  for (size_t i = 0; i < BATCH; i++) {
    s->labels[i] = despur_dataset_labels(b->digits)[examples[i]];
    s->weights[i] = 1.0 / BATCH;
  }
  net_forward(s->net, &(net_batch){BATCH, dataset_row, &s->batch}, true, 0);
  TRY(run_loss(s, b->error));
  net_backward(s->net, s->gradient);
  s->pass = net_pass(s->net, 0, 0, true);
cleanup:
  return status;
}

despur_status bench_kernels(bench *b) {
  despur_status status = DESPUR_OK;
  subject *s = NULL;
  TRY(bench_digits(b));
  TRY(mem_alloc(&s, 1, sizeof *s, b->error));
  for (size_t arch = 0; arch < BENCH_ARCHS; arch++) {
    TRY(subject_init(s, b, &bench_archs[arch]));
    TRY(measure_rest(s));
    TRY(measure_nodes(s));
    despur_net_free(s->net);
    s->net = NULL;
  }
cleanup:
  if (s) despur_net_free(s->net);
  mem_free(s);
  return status;
}
