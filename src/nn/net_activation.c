/* Looking inside: the activation of a convolution and the gradient of one logit by it.
 *
 * What is handed out is the activation after the ReLU that belongs to the convolution, and before pooling, as
 * other tools define it. In between may lie batch norm and the addition of a shortcut. Where ReLU follows
 * pooling, as in LeNet here, it is max(0, x), and a gradient on whose way back from the pooled values no ReLU
 * lies. Weight gradients are not touched but for the memory of the blocks. */
#include "nn/net.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Which value is shown. */
typedef struct target {
  const node_value *value;
  size_t node;        /* that computes it */
  const node *passed; /* a ReLU after pooling, which is passed over on the way back; or NULL */
} target;

typedef struct activation_job {
  despur_net *net;
  const net_question *question;
  target target;
  net_visit *visit;
  void *context;
  size_t features; /* of the target */
  float *rows;     /* [threads, 2, LANES, features] activations and gradients */
} activation_job;

static bool is_relu(const operation *op) {
  return op == &op_relu || op == &op_relu6;
}

static target find_target(const despur_net *net, size_t convolution) {
  size_t at = convolution;
  const node *reader = net_only_reader(net, at);
  while (reader && reader->spec.op->pointwise && !is_relu(net->nodes[at].spec.op)) {
    at = reader->index;
    reader = net_only_reader(net, at);
  }
  target found = {.value = &net->values[at + 1], .node = at};
  if (is_relu(net->nodes[at].spec.op)) return found;
  while (reader && reader->spec.op == &op_pool) reader = net_only_reader(net, reader->index);
  if (reader && reader->spec.op == &op_relu) found.passed = reader;
  return found;
}

static void keep_activation(const activation_job *job, const pass *p, float *to) {
  const target *t = &job->target;
  p->net->kernels->rows->to_rows(to, job->features, place_of(p, t->value->data), t->value->layout, p->used);
  for (size_t i = 0; t->passed && i < p->used * job->features; i++)
    if (!(to[i] > 0)) to[i] = 0;
}

/* The largest logit of each example, the first of equals. */
static void predict(const despur_net *net, const pass *p, uint32_t predictions[LANES], bool finite[LANES]) {
  const float *y = node_output(&net->nodes[net->node_count - 1], p);
  for (size_t lane = 0; lane < p->used; lane++) {
    size_t best = 0;
    finite[lane] = true;
    for (size_t c = 0; c < net->head.options.classes; c++) {
      if (y[c * LANES + lane] > y[best * LANES + lane]) best = c;
      if (!isfinite(y[c * LANES + lane])) finite[lane] = false;
    }
    predictions[lane] = (uint32_t)best;
  }
}

/* The gradient of the target logits by all logits: a one for each example. */
static void point_at(const uint32_t *targets, const despur_net *net, const pass *p) {
  float *delta = node_delta(&net->nodes[net->node_count - 1], p);
  memset(delta, 0, net->head.options.classes * LANES * sizeof *delta);
  for (size_t lane = 0; lane < p->used; lane++) delta[(size_t)targets[lane] * LANES + lane] = 1;
}

static void run_forward(const activation_job *job, pass *p, float *activation) {
  const despur_net *net = job->net;
  net_put_rows(p, job->question->batch);
  for (size_t i = 0; i < net->forward.first[net->segments]; i++) {
    const pass_step *step = &net->forward.steps[i];
    if (step->collect) continue;
    node_forward(&net->nodes[step->node], p);
    if (step->node == job->target.node) keep_activation(job, p, activation);
  }
}

/* Back through everything that comes after the target. */
static void run_backward(const activation_job *job, pass *p) {
  const despur_net *net = job->net;
  for (size_t i = 0; i < net->backward.first[net->segments]; i++) {
    const pass_step *step = &net->backward.steps[i];
    const node *n = &net->nodes[step->node];
    if (!step->collect && n->index > job->target.node && n != job->target.passed) node_backward(n, p);
  }
}

static void show_block(void *context, size_t block, int thread) {
  const activation_job *job = context;
  const despur_net *net = job->net;
  const node_value *value = job->target.value;
  float *activation = job->rows + (size_t)thread * 2 * LANES * job->features,
        *gradient = activation + LANES * job->features;
  uint32_t predictions[LANES];
  bool finite[LANES];
  pass p = net_pass(net, block, thread, false);
  run_forward(job, &p, activation);
  predict(net, &p, predictions, finite);
  point_at(job->question->targets ? job->question->targets + block * LANES : predictions, net, &p);
  run_backward(job, &p);
  net->kernels->rows->to_rows(gradient, job->features, place_of(&p, value->delta), value->delta_layout,
                              p.used);
  for (size_t lane = 0; lane < p.used; lane++)
    job->visit(job->context, &(net_activation){.example = block * LANES + lane,
                                               .activation = activation + lane * job->features,
                                               .gradient = gradient + lane * job->features,
                                               .prediction = predictions[lane],
                                               .finite = finite[lane]});
}

const char *despur_net_convolution(const despur_net *net, size_t index) {
  for (size_t i = 0; i < net->node_count; i++)
    if (net->nodes[i].spec.op == &op_conv && index-- == 0) return net->nodes[i].spec.name;
  return NULL;
}

const char *net_find_convolution(const despur_net *net, const char *name, size_t *index) {
  for (size_t i = net->node_count; i-- > 0;) {
    const node_spec *spec = &net->nodes[i].spec;
    *index = i;
    if (spec->op == &op_conv && (!name || strcmp(spec->name, name) == 0)) return spec->name;
  }
  return NULL;
}

despur_shape net_activation_shape(const despur_net *net, size_t convolution) {
  block_layout layout = find_target(net, convolution).value->layout;
  return (despur_shape){layout.channels, layout.height, layout.width};
}

despur_status net_show_activations(despur_net *net, const net_question *question, net_visit *visit,
                                   void *context, despur_error *error) {
  activation_job job = {.net = net,
                        .question = question,
                        .target = find_target(net, question->layer),
                        .visit = visit,
                        .context = context};
  size_t threads = (size_t)net->head.options.threads;
  job.features = block_features(job.target.value->layout);
  despur_status status = mem_alloc(&job.rows, threads * 2 * LANES * job.features, sizeof(float), error);
  if (status != DESPUR_OK) return status;
  net->used = question->batch->count;
  net_begin_forward(net, false);
  net_begin_backward(net);
  parallel_for(net->pool, block_count(net->used), show_block, &job);
  mem_free(job.rows);
  return DESPUR_OK;
}
