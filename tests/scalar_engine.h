/* A second engine: plain scalar C in double precision, one node after the other, for graphs of convolutions,
 * batch norm, additions, shortcuts, pooling, ReLU, dropout that is off, and linear layers. It shares with the
 * engine of the processor what an architecture says of its nodes, and nothing else: the oracle for its
 * training, and the proof that another can stand behind nn/engine.h. */
#ifndef SCALAR_ENGINE_H
#define SCALAR_ENGINE_H

#include "testing.h"

#include "nn/net.h"

enum { SCALAR_NODES = 80 };

typedef struct scalar_net {
  net_head head;
  graph graph;
  despur_shape shapes[SCALAR_NODES + 1];                /* of each value; 0 is the images */
  size_t weight[SCALAR_NODES], bias[SCALAR_NODES];      /* SIZE_MAX: no bias */
  size_t running[SCALAR_NODES];                         /* of batch norm: means, and variances behind them */
  double *means[SCALAR_NODES], *inverses[SCALAR_NODES]; /* likewise, of the last pass */
  double *values[SCALAR_NODES + 1], *deltas[SCALAR_NODES + 1]; /* [batch, features] */
  double *parameters, *gradient, *average_of, *moments[2];     /* buffers lie behind parameters */
  despur_optimizer_options optimizer;
  double moment_powers[2];
  size_t used;
  bool training;
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

static inline size_t scalar_padded(size_t count) {
  return (count + 15) / 16 * 16;
}

/* The value that a node reads. */
static inline size_t scalar_input(const scalar_net *s, size_t i) {
  return s->graph.nodes[i].inputs[0];
}

static inline size_t scalar_state(const scalar_net *s) {
  return s->head.parameters + s->head.buffers;
}

/* Parameters and buffers of batch norm: the latter's place is counted from the first buffer. */
static inline void scalar_plan_norm(scalar_net *s, size_t i, size_t channels) {
  s->weight[i] = scalar_place(s, channels);
  s->bias[i] = scalar_place(s, channels);
  s->running[i] = s->head.buffers;
  s->head.buffers += 2 * scalar_padded(channels);
  s->means[i] = scalar_allocate(channels, sizeof(double));
  s->inverses[i] = scalar_allocate(channels, sizeof(double));
}

static inline void scalar_plan(scalar_net *s, size_t i) {
  const node_spec *n = &s->graph.nodes[i];
  despur_shape in = s->shapes[scalar_input(s, i)], *out = &s->shapes[i + 1];
  size_t window = n->op == &op_conv ? n->kernel : n->size;
  *out = in;
  if (n->op == &op_linear) *out = (despur_shape){n->size, 1, 1};
  if (n->op == &op_conv || n->op == &op_pool) {
    out->height = (in.height + 2 * n->padding - window) / n->stride + 1;
    out->width = (in.width + 2 * n->padding - window) / n->stride + 1;
  }
  if (n->op == &op_conv) out->channels = n->size;
  if (n->op == &op_average) *out = (despur_shape){in.channels, 1, 1};
  if (n->op == &op_shortcut)
    *out = (despur_shape){n->size, (in.height - 1) / n->stride + 1, (in.width - 1) / n->stride + 1};
  if (n->op == &op_batch_norm) scalar_plan_norm(s, i, in.channels);
  if (n->op != &op_conv && n->op != &op_linear) return;
  s->weight[i] = scalar_place(
      s, n->size * (n->op == &op_conv ? in.channels * window * window : scalar_size(s, scalar_input(s, i))));
  s->bias[i] = n->without_bias ? SIZE_MAX : scalar_place(s, n->size);
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
  s->head.features = scalar_size(s, scalar_input(s, s->graph.count - 1));
  s->parameters = scalar_allocate(scalar_state(s), sizeof(double));
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
  for (size_t i = 0; i < s->graph.count; i++) free(s->means[i]), free(s->inverses[i]);
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

static inline void scalar_bias(scalar_net *s, const scalar_pass *p, size_t i, size_t output, size_t y) {
  const size_t b = s->bias[i] + output;
  if (s->bias[i] == SIZE_MAX) {
    if (!p->dy) p->y[y] = 0;
    return;
  }
  if (p->dy)
    s->gradient[b] += p->dy[y];
  else
    p->y[y] = s->parameters[b];
}

static inline void scalar_linear(scalar_net *s, const scalar_pass *p, size_t i) {
  size_t inputs = scalar_size(s, scalar_input(s, i));
  for (size_t o = 0; o < s->graph.nodes[i].size; o++) {
    scalar_bias(s, p, i, o, o);
    for (size_t k = 0; k < inputs; k++) scalar_product(s, p, s->weight[i] + o * inputs + k, k, o);
  }
}

static inline void scalar_conv(scalar_net *s, const scalar_pass *p, size_t i) {
  const node_spec *n = &s->graph.nodes[i];
  despur_shape in = s->shapes[scalar_input(s, i)], out = s->shapes[i + 1];
  size_t area = n->kernel * n->kernel;
  for (size_t y = 0; y < scalar_size(s, i + 1); y++) {
    size_t o = y / out.width / out.height, top = y / out.width % out.height * n->stride;
    scalar_bias(s, p, i, o, y);
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
  despur_shape in = s->shapes[scalar_input(s, i)], out = s->shapes[i + 1];
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

/* The value of a place of the output goes to it from a place of the input, and its gradient back. */
static inline void scalar_copy(const scalar_pass *p, size_t x, size_t y, double factor) {
  if (p->dy)
    p->dx[x] += factor * p->dy[y];
  else
    p->y[y] += factor * p->x[x];
}

static inline void scalar_mean(scalar_net *s, const scalar_pass *p, size_t i) {
  despur_shape in = s->shapes[scalar_input(s, i)];
  size_t area = in.height * in.width;
  for (size_t k = 0; k < in.channels * area; k++) scalar_copy(p, k, k / area, 1 / (double)area);
}

/* Every stride-th row and column; half of the new channels of zeros come first. */
static inline void scalar_shortcut(scalar_net *s, const scalar_pass *p, size_t i) {
  despur_shape in = s->shapes[scalar_input(s, i)], out = s->shapes[i + 1];
  size_t stride = s->graph.nodes[i].stride, before = (out.channels - in.channels) / 2;
  for (size_t c = 0; c < in.channels; c++)
    for (size_t k = 0; k < out.height * out.width; k++) {
      size_t x = (c * in.height + k / out.width * stride) * in.width + k % out.width * stride;
      scalar_copy(p, x, (before + c) * out.height * out.width + k, 1);
    }
}

/* ---- batch norm: all examples together ---- */

static inline double *scalar_running(scalar_net *s, size_t i) {
  return s->parameters + s->head.parameters + s->running[i];
}

/* Of one channel: its mean and 1 / sqrt(variance + 1e-5), in training of the batch, with running averages
 * that take a tenth of it (torch.nn.BatchNorm2d). */
static inline void scalar_moments(scalar_net *s, size_t i, size_t c, const double *x, size_t size,
                                  size_t area) {
  double *running = scalar_running(s, i), *spread = running + scalar_padded(s->shapes[i + 1].channels);
  double count = (double)(s->used * area), mean = 0, squares = 0;
  for (size_t k = 0; k < s->used * area; k++) mean += x[k / area * size + c * area + k % area] / count;
  for (size_t k = 0; k < s->used * area; k++)
    squares += pow(x[k / area * size + c * area + k % area] - mean, 2);
  s->means[i][c] = s->training ? mean : running[c];
  s->inverses[i][c] = 1 / sqrt((s->training ? squares / count : spread[c]) + 1e-5);
  if (!s->training) return;
  running[c] += 0.1 * (mean - running[c]);
  spread[c] += 0.1 * (squares / (count - 1) - spread[c]);
}

static inline void scalar_norm(scalar_net *s, size_t i) {
  despur_shape shape = s->shapes[i + 1];
  size_t area = shape.height * shape.width, size = scalar_size(s, i + 1);
  const double *x = s->values[scalar_input(s, i)];
  for (size_t c = 0; c < shape.channels; c++) {
    scalar_moments(s, i, c, x, size, area);
    for (size_t k = 0; k < s->used * area; k++) {
      size_t at = k / area * size + c * area + k % area;
      s->values[i + 1][at] = (x[at] - s->means[i][c]) * s->inverses[i][c] * s->parameters[s->weight[i] + c] +
                             s->parameters[s->bias[i] + c];
    }
  }
}

/* With h the normalised input and n values of the channel, dx = weight / sqrt(variance + 1e-5) *
 * (dy - mean of dy - h * mean of dy h). */
static inline void scalar_norm_back(scalar_net *s, size_t i) {
  despur_shape shape = s->shapes[i + 1];
  size_t area = shape.height * shape.width, size = scalar_size(s, i + 1);
  const double *x = s->values[scalar_input(s, i)], *dy = s->deltas[i + 1];
  double *dx = s->deltas[scalar_input(s, i)], count = (double)(s->used * area);
  for (size_t c = 0; c < shape.channels; c++) {
    double sum = 0, product = 0, inverse = s->inverses[i][c];
    for (size_t k = 0; k < s->used * area; k++) {
      size_t at = k / area * size + c * area + k % area;
      sum += dy[at];
      product += dy[at] * (x[at] - s->means[i][c]) * inverse;
    }
    s->gradient[s->bias[i] + c] += sum;
    s->gradient[s->weight[i] + c] += product;
    for (size_t k = 0; k < s->used * area; k++) {
      size_t at = k / area * size + c * area + k % area;
      double h = (x[at] - s->means[i][c]) * inverse;
      dx[at] += s->parameters[s->weight[i] + c] * inverse * (dy[at] - sum / count - h * product / count);
    }
  }
}

/* ---- all nodes ---- */

static inline void scalar_example(scalar_net *s, size_t i, size_t e, bool back) {
  const node_spec *n = &s->graph.nodes[i];
  const operation *op = n->op;
  size_t from = n->inputs[0], in = scalar_size(s, from), out = scalar_size(s, i + 1);
  double *x = s->values[from] + e * in, *dx = s->deltas[from] + e * in, *y = s->values[i + 1] + e * out;
  const scalar_pass p = {x, back ? s->deltas[i + 1] + e * out : NULL, dx, y};
  if (!back) memset(y, 0, out * sizeof *y);
  if (op == &op_linear) scalar_linear(s, &p, i);
  if (op == &op_conv) scalar_conv(s, &p, i);
  if (op == &op_pool) scalar_pool(s, &p, i);
  if (op == &op_average) scalar_mean(s, &p, i);
  if (op == &op_shortcut) scalar_shortcut(s, &p, i);
  for (size_t k = 0; k < in && (op == &op_relu || op == &op_dropout); k++)
    if (op == &op_dropout || x[k] > 0) scalar_copy(&p, k, k, 1);
  for (size_t k = 0; k < 2 && op == &op_add; k++) {
    const scalar_pass term = {s->values[n->inputs[k]] + e * in, p.dy, s->deltas[n->inputs[k]] + e * in, y};
    for (size_t at = 0; at < in; at++) scalar_copy(&term, at, at, 1);
  }
}

static inline void scalar_node(scalar_net *s, size_t i, bool back) {
  if (s->graph.nodes[i].op != &op_batch_norm)
    for (size_t e = 0; e < s->used; e++) scalar_example(s, i, e, back);
  else if (back)
    scalar_norm_back(s, i);
  else
    scalar_norm(s, i);
}

static inline void scalar_forward(despur_net *net, const net_batch *batch, bool training, uint64_t step) {
  (void)step;
  scalar_net *s = scalar_of(net);
  size_t nodes = s->graph.count, features = scalar_size(s, 0), classes = s->head.options.classes;
  s->used = batch->count;
  s->training = training;
  for (size_t e = 0; e < s->used; e++) {
    batch->row(batch->context, e, s->row);
    for (size_t k = 0; k < features; k++) s->values[0][e * features + k] = (double)s->row[k];
  }
  for (size_t i = 0; i < nodes; i++) scalar_node(s, i, false);
  const double *last = s->values[scalar_input(s, nodes - 1)];
  for (size_t k = 0; k < s->used * classes; k++) s->logits[k] = (float)s->values[nodes][k];
  for (size_t k = 0; k < s->used * s->head.features; k++) s->inputs[k] = (float)last[k];
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
  for (size_t v = 0; v < nodes; v++) memset(s->deltas[v], 0, s->used * scalar_size(s, v) * sizeof(double));
  for (size_t k = 0; k < s->used * s->head.options.classes; k++)
    s->deltas[nodes][k] = (double)logit_gradient[k];
  for (size_t i = nodes; i-- > 0;) scalar_node(s, i, true);
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
  if (averages) s->average_of = scalar_allocate(scalar_state(s), sizeof(double));
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

static inline void scalar_backward_step(despur_net *net, const float *logit_gradient, double lr) {
  scalar_backward(net, logit_gradient);
  scalar_step(net, lr);
}

static inline void scalar_average(despur_net *net, float rate) {
  scalar_net *s = scalar_of(net);
  for (size_t k = 0; k < scalar_state(s); k++) {
    const double share = k < s->head.parameters ? (double)rate : 1; /* buffers are averages already */
    s->average_of[k] += share * (s->parameters[k] - s->average_of[k]);
  }
}

static inline bool scalar_finite(const despur_net *net) {
  const scalar_net *s = scalar_of(net);
  for (size_t k = 0; k < scalar_state(s); k++)
    if (!isfinite(s->parameters[k])) return false;
  return true;
}

static inline void scalar_snapshot(const despur_net *net, net_state *to) {
  const scalar_net *s = scalar_of(net);
  float *out[] = {to->weights, to->average, to->moments[0], to->moments[1]};
  const double *in[] = {s->parameters, s->average_of, s->moments[0], s->moments[1]};
  for (size_t part = 0; part < 4; part++)
    for (size_t k = 0; out[part] && in[part] && k < (part < 2 ? scalar_state(s) : s->head.parameters); k++)
      out[part][k] = (float)in[part][k];
  memcpy(to->moment_powers, s->moment_powers, sizeof s->moment_powers);
}

static inline void scalar_restore(despur_net *net, const net_state *from) {
  scalar_net *s = scalar_of(net);
  const float *in[] = {from->weights, from->average, from->moments[0], from->moments[1]};
  double *out[] = {s->parameters, s->average_of, s->moments[0], s->moments[1]};
  for (size_t part = 0; part < 4; part++)
    for (size_t k = 0; out[part] && in[part] && k < (part < 2 ? scalar_state(s) : s->head.parameters); k++)
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
                              .backward_step = scalar_backward_step,
                              .average = scalar_average,
                              .finite = scalar_finite,
                              .snapshot = scalar_snapshot,
                              .restore = scalar_restore};

#endif
