/* A second engine: plain scalar C in double precision, one example after the other, for graphs of
 * convolutions, pooling, ReLU, dropout that is off, and linear layers. It shares with the engine of the
 * processor what an architecture says of its nodes, and nothing else: the oracle for its training, and the
 * proof that another can stand behind nn/engine.h. */
#ifndef SCALAR_ENGINE_H
#define SCALAR_ENGINE_H

#include "testing.h"

#include "nn/net.h"

enum { SCALAR_NODES = 16 };

typedef struct scalar_net {
  net_head head;
  graph graph;
  despur_shape shapes[SCALAR_NODES + 1]; /* of each value; 0 is the images */
  size_t weight[SCALAR_NODES], bias[SCALAR_NODES];
  double *values[SCALAR_NODES + 1], *deltas[SCALAR_NODES + 1]; /* [batch, features] */
  double *parameters, *gradient, *average_of, *moments[2];
  despur_optimizer_options optimizer;
  double moment_powers[2];
  size_t used;
  float *row, *logits, *inputs, *classifier; /* inputs of the classifier; its weights */
} scalar_net;

static inline scalar_net *scalar_of(const despur_net *net) {
  assert_true(engine_of(net)->create != engine_cpu.create);
  return (scalar_net *)(uintptr_t)net;
}

static inline size_t scalar_size(const scalar_net *s, size_t value) {
  return s->shapes[value].channels * s->shapes[value].height * s->shapes[value].width;
}

static inline void *scalar_allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  assert_non_null(memory);
  return memory;
}

/* Tensors begin at multiples of 16 floats. */
static inline size_t scalar_place(scalar_net *s, size_t count) {
  size_t at = s->head.parameters;
  s->head.parameters += (count + 15) / 16 * 16;
  return at;
}

static inline void scalar_plan(scalar_net *s, size_t i) {
  const node_spec *n = &s->graph.nodes[i];
  despur_shape in = s->shapes[i], *out = &s->shapes[i + 1];
  size_t window = n->op == &op_conv ? n->kernel : n->size;
  *out = in;
  if (n->op == &op_linear) *out = (despur_shape){n->size, 1, 1};
  if (n->op == &op_conv || n->op == &op_pool) {
    out->height = (in.height + 2 * n->padding - window) / n->stride + 1;
    out->width = (in.width + 2 * n->padding - window) / n->stride + 1;
  }
  if (n->op == &op_conv) out->channels = n->size;
  if (n->op != &op_conv && n->op != &op_linear) return;
  s->weight[i] =
      scalar_place(s, n->size * (n->op == &op_conv ? in.channels * window * window : scalar_size(s, i)));
  s->bias[i] = scalar_place(s, n->size);
}

extern const engine scalar_engine;

/* All weights are zero. */
static inline despur_status scalar_create(despur_net **out, const despur_net_options *options,
                                          despur_error *error) {
  scalar_net *s = scalar_allocate(1, sizeof *s);
  s->head = (net_head){.engine = &scalar_engine, .options = *options};
  s->head.options.training_batch = options->batch;
  s->graph.error = error;
  s->shapes[0] = options->input;
  architecture_build(&s->graph, options);
  assert_true(s->graph.count <= SCALAR_NODES && options->dropout == 0);
  for (size_t i = 0; i < s->graph.count; i++) scalar_plan(s, i);
  for (size_t v = 0; v <= s->graph.count; v++) {
    s->values[v] = scalar_allocate(options->batch * scalar_size(s, v), sizeof(double));
    s->deltas[v] = scalar_allocate(options->batch * scalar_size(s, v), sizeof(double));
  }
  s->head.features = scalar_size(s, s->graph.count - 1);
  s->parameters = scalar_allocate(s->head.parameters, sizeof(double));
  s->gradient = scalar_allocate(s->head.parameters, sizeof(double));
  s->row = scalar_allocate(scalar_size(s, 0), sizeof(float));
  s->logits = scalar_allocate(options->batch * options->classes, sizeof(float));
  s->inputs = scalar_allocate(options->batch * s->head.features, sizeof(float));
  s->classifier = scalar_allocate(options->classes * s->head.features, sizeof(float));
  *out = (despur_net *)s;
  return DESPUR_OK;
}

static inline void scalar_forget(scalar_net *s) {
  free(s->average_of);
  free(s->moments[0]);
  free(s->moments[1]);
  s->average_of = s->moments[0] = s->moments[1] = NULL;
}

static inline void scalar_free(despur_net *net) {
  scalar_net *s = scalar_of(net);
  scalar_forget(s);
  for (size_t v = 0; v <= s->graph.count; v++) free(s->values[v]), free(s->deltas[v]);
  free(s->parameters), free(s->gradient);
  free(s->row), free(s->logits), free(s->inputs), free(s->classifier);
  graph_release(&s->graph);
  free(s);
}

/* ---- passes ---- */

/* What a node reads and writes of one example; dx and dy are NULL forwards. */
typedef struct scalar_pass {
  const double *x, *dy;
  double *dx, *y;
} scalar_pass;

/* One product of a weight and a value, forwards or backwards. */
static inline void scalar_product(scalar_net *s, const scalar_pass *p, size_t w, size_t x, size_t y) {
  if (!p->dy) {
    p->y[y] += s->parameters[w] * p->x[x];
    return;
  }
  s->gradient[w] += p->x[x] * p->dy[y];
  p->dx[x] += s->parameters[w] * p->dy[y];
}

static inline void scalar_bias(scalar_net *s, const scalar_pass *p, size_t b, size_t y) {
  if (p->dy)
    s->gradient[b] += p->dy[y];
  else
    p->y[y] = s->parameters[b];
}

static inline void scalar_linear(scalar_net *s, const scalar_pass *p, size_t i) {
  size_t inputs = scalar_size(s, i);
  for (size_t o = 0; o < s->graph.nodes[i].size; o++) {
    scalar_bias(s, p, s->bias[i] + o, o);
    for (size_t k = 0; k < inputs; k++) scalar_product(s, p, s->weight[i] + o * inputs + k, k, o);
  }
}

static inline void scalar_conv(scalar_net *s, const scalar_pass *p, size_t i) {
  const node_spec *n = &s->graph.nodes[i];
  despur_shape in = s->shapes[i], out = s->shapes[i + 1];
  size_t area = n->kernel * n->kernel;
  for (size_t y = 0; y < scalar_size(s, i + 1); y++) {
    size_t o = y / out.width / out.height, top = y / out.width % out.height * n->stride;
    scalar_bias(s, p, s->bias[i] + o, y);
    for (size_t k = 0; k < in.channels * area; k++) {
      size_t row = top + k % area / n->kernel - n->padding; /* beyond the height above the image, too */
      size_t column = y % out.width * n->stride + k % n->kernel - n->padding;
      if (row < in.height && column < in.width)
        scalar_product(s, p, s->weight[i] + o * in.channels * area + k,
                       (k / area * in.height + row) * in.width + column, y);
    }
  }
}

/* The first of equal maxima. */
static inline void scalar_pool(scalar_net *s, const scalar_pass *p, size_t i) {
  const node_spec *n = &s->graph.nodes[i];
  despur_shape in = s->shapes[i], out = s->shapes[i + 1];
  for (size_t y = 0; y < scalar_size(s, i + 1); y++) {
    size_t channel = y / out.width / out.height, best = SIZE_MAX;
    for (size_t k = 0; k < n->size * n->size; k++) {
      size_t row = y / out.width % out.height * n->stride + k / n->size;
      size_t x = (channel * in.height + row) * in.width + y % out.width * n->stride + k % n->size;
      if (best == SIZE_MAX || p->x[x] > p->x[best]) best = x;
    }
    if (p->dy)
      p->dx[best] += p->dy[y];
    else
      p->y[y] = p->x[best];
  }
}

static inline void scalar_node(scalar_net *s, size_t i, size_t e, bool back) {
  const operation *op = s->graph.nodes[i].op;
  size_t in = scalar_size(s, i), out = scalar_size(s, i + 1);
  double *x = s->values[i] + e * in, *dx = s->deltas[i] + e * in, *y = s->values[i + 1] + e * out;
  const scalar_pass p = {x, back ? s->deltas[i + 1] + e * out : NULL, dx, y};
  if (back) memset(dx, 0, in * sizeof *dx);
  if (op == &op_linear) scalar_linear(s, &p, i);
  if (op == &op_conv) scalar_conv(s, &p, i);
  if (op == &op_pool) scalar_pool(s, &p, i);
  for (size_t k = 0; k < in && (op == &op_relu || op == &op_dropout); k++) {
    bool open = op == &op_dropout || x[k] > 0;
    if (back)
      dx[k] = open ? p.dy[k] : 0;
    else
      y[k] = open ? x[k] : 0;
  }
}

static inline void scalar_forward(despur_net *net, const net_batch *batch, bool training, uint64_t step) {
  (void)training;
  (void)step;
  scalar_net *s = scalar_of(net);
  size_t nodes = s->graph.count, features = scalar_size(s, 0), classes = s->head.options.classes;
  s->used = batch->count;
  for (size_t e = 0; e < s->used; e++) {
    batch->row(batch->context, e, s->row);
    for (size_t k = 0; k < features; k++) s->values[0][e * features + k] = (double)s->row[k];
    for (size_t i = 0; i < nodes; i++) scalar_node(s, i, e, false);
  }
  for (size_t k = 0; k < s->used * classes; k++) s->logits[k] = (float)s->values[nodes][k];
  for (size_t k = 0; k < s->used * s->head.features; k++) s->inputs[k] = (float)s->values[nodes - 1][k];
}

static inline const float *scalar_logits(const despur_net *net) {
  return scalar_of(net)->logits;
}

static inline const float *scalar_features(const despur_net *net, size_t *stride) {
  *stride = despur_net_features(net);
  return scalar_of(net)->inputs;
}

static inline const float *scalar_classifier(const despur_net *net) {
  scalar_net *s = scalar_of(net);
  const double *from = s->parameters + s->weight[s->graph.count - 1];
  for (size_t k = 0; k < s->head.options.classes * s->head.features; k++) s->classifier[k] = (float)from[k];
  return s->classifier;
}

static inline void scalar_backward(despur_net *net, const float *logit_gradient) {
  scalar_net *s = scalar_of(net);
  size_t nodes = s->graph.count;
  memset(s->gradient, 0, s->head.parameters * sizeof *s->gradient);
  for (size_t k = 0; k < s->used * s->head.options.classes; k++)
    s->deltas[nodes][k] = (double)logit_gradient[k];
  for (size_t i = nodes; i-- > 0;)
    for (size_t e = 0; e < s->used; e++) scalar_node(s, i, e, true);
}

/* ---- training ---- */

static inline despur_status scalar_begin(despur_net *net, const despur_optimizer_options *optimizer,
                                         bool averages, despur_error *error) {
  (void)error;
  scalar_net *s = scalar_of(net);
  scalar_forget(s);
  s->optimizer = *optimizer;
  s->moment_powers[0] = s->moment_powers[1] = 1;
  s->moments[0] = scalar_allocate(s->head.parameters, sizeof(double));
  if (optimizer->name != DESPUR_SGD) s->moments[1] = scalar_allocate(s->head.parameters, sizeof(double));
  if (averages) s->average_of = scalar_allocate(s->head.parameters, sizeof(double));
  return DESPUR_OK;
}

static inline double scalar_clip(despur_net *net, double limit) {
  scalar_net *s = scalar_of(net);
  double squares = 0;
  for (size_t k = 0; k < s->head.parameters; k++) squares += s->gradient[k] * s->gradient[k];
  for (size_t k = 0; k < s->head.parameters && sqrt(squares) > limit; k++)
    s->gradient[k] *= limit / (sqrt(squares) + 1e-6);
  return sqrt(squares);
}

/* As the documentation of torch.optim states SGD, Adam and AdamW. */
static inline void scalar_step(despur_net *net, double lr) {
  scalar_net *s = scalar_of(net);
  const despur_optimizer_options *o = &s->optimizer;
  for (size_t i = 0; i < 2; i++) s->moment_powers[i] *= o->betas[i];
  for (size_t k = 0; k < s->head.parameters; k++) {
    double g = s->gradient[k], *w = &s->parameters[k], *first = &s->moments[0][k];
    if (o->name == DESPUR_ADAMW)
      *w -= lr * o->weight_decay * *w;
    else
      g += o->weight_decay * *w;
    if (o->name == DESPUR_SGD) {
      *first = o->momentum * *first + g;
      *w -= lr * (o->nesterov ? g + o->momentum * *first : *first);
      continue;
    }
    double *second = &s->moments[1][k];
    *first = o->betas[0] * *first + (1 - o->betas[0]) * g;
    *second = o->betas[1] * *second + (1 - o->betas[1]) * g * g;
    *w -= lr * *first / (1 - s->moment_powers[0]) / (sqrt(*second / (1 - s->moment_powers[1])) + o->eps);
  }
}

static inline void scalar_average(despur_net *net, float rate) {
  scalar_net *s = scalar_of(net);
  for (size_t k = 0; k < s->head.parameters; k++)
    s->average_of[k] += (double)rate * (s->parameters[k] - s->average_of[k]);
}

static inline bool scalar_finite(const despur_net *net) {
  const scalar_net *s = scalar_of(net);
  for (size_t k = 0; k < s->head.parameters; k++)
    if (!isfinite(s->parameters[k])) return false;
  return true;
}

static inline void scalar_snapshot(const despur_net *net, net_state *to) {
  const scalar_net *s = scalar_of(net);
  float *out[] = {to->weights, to->average, to->moments[0], to->moments[1]};
  const double *in[] = {s->parameters, s->average_of, s->moments[0], s->moments[1]};
  for (size_t part = 0; part < 4; part++)
    for (size_t k = 0; out[part] && in[part] && k < s->head.parameters; k++)
      out[part][k] = (float)in[part][k];
  memcpy(to->moment_powers, s->moment_powers, sizeof s->moment_powers);
}

static inline void scalar_restore(despur_net *net, const net_state *from) {
  scalar_net *s = scalar_of(net);
  const float *in[] = {from->weights, from->average, from->moments[0], from->moments[1]};
  double *out[] = {s->parameters, s->average_of, s->moments[0], s->moments[1]};
  for (size_t part = 0; part < 4; part++)
    for (size_t k = 0; out[part] && in[part] && k < s->head.parameters; k++)
      out[part][k] = (double)in[part][k];
  if (from->moments[0]) memcpy(s->moment_powers, from->moment_powers, sizeof s->moment_powers);
}

/* It does not look inside. */
const engine scalar_engine = {.create = scalar_create,
                              .free = scalar_free,
                              .forward = scalar_forward,
                              .logits = scalar_logits,
                              .features = scalar_features,
                              .classifier = scalar_classifier,
                              .begin = scalar_begin,
                              .backward = scalar_backward,
                              .clip = scalar_clip,
                              .step = scalar_step,
                              .average = scalar_average,
                              .finite = scalar_finite,
                              .snapshot = scalar_snapshot,
                              .restore = scalar_restore};

#endif
