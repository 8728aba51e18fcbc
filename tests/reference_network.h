/* A network in double precision, one example after the other, from the same graph as the engine's: the
 * oracle for passes and gradients.
 *
 * It takes from the engine's network only its layer specifications, where its parameters lie in the slab, and
 * the dropout masks; shapes and arithmetic are its own. */
#ifndef REFERENCE_NETWORK_H
#define REFERENCE_NETWORK_H

#include "testing.h"

#include "nn/net.h"

enum { REFERENCE_LAYERS = 128 };

typedef struct reference_network {
  const despur_net *net;
  size_t count, classes;                     /* of the examples */
  const float *images;                       /* [count, features of the input], borrowed */
  const uint32_t *labels;                    /* [count], borrowed */
  despur_shape shapes[REFERENCE_LAYERS + 1]; /* of each layer's input; the last is that of the logits */
  double *values[REFERENCE_LAYERS + 1];      /* likewise [count, channels, height, width] */
  double *parameters;                        /* [slab] */
  bool running;                              /* batch norm by the running averages */
  uint8_t *masks[REFERENCE_LAYERS];          /* [count, features] for dropout that is on, else NULL */
} reference_network;

static inline size_t reference_features(despur_shape shape) {
  return shape.channels * shape.height * shape.width;
}

static inline void *reference_allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  assert_non_null(memory);
  return memory;
}

static inline despur_shape reference_shape(const node_spec *spec, despur_shape in) {
  if (spec->op == &op_linear) return (despur_shape){spec->size, 1, 1};
  if (spec->op == &op_average) return (despur_shape){in.channels, 1, 1};
  if (spec->op == &op_shortcut)
    return (despur_shape){spec->size, (in.height - 1) / spec->stride + 1, (in.width - 1) / spec->stride + 1};
  if (spec->op == &op_conv)
    return (despur_shape){spec->size,
                          (in.height + 2 * spec->padding + spec->behind - spec->kernel) / spec->stride + 1,
                          (in.width + 2 * spec->padding + spec->behind - spec->kernel) / spec->stride + 1};
  if (spec->op == &op_pool)
    return (despur_shape){in.channels, (in.height + 2 * spec->padding - spec->size) / spec->stride + 1,
                          (in.width + 2 * spec->padding - spec->size) / spec->stride + 1};
  return in;
}

/* The masks of the engine's last training pass, where it drew any. */
static inline uint8_t *reference_mask(const reference_network *r, size_t i) {
  const node *l = &r->net->nodes[i];
  if (l->spec.op != &op_dropout || l->spec.drop == 0) return NULL;
  size_t n = reference_features(r->shapes[i]);
  uint8_t *mask = reference_allocate(r->count, n);
  for (size_t e = 0; e < r->count; e++)
    for (size_t f = 0; f < n; f++)
      mask[e * n + f] = r->net->bytes[e / LANES * r->net->kept_bytes + l->bytes_at + f * LANES + e % LANES];
  return mask;
}

/* To be called after a training pass of net over the same images. Release with reference_release. */
static inline reference_network reference_create(const despur_net *net, const float *images,
                                                 const uint32_t *labels, size_t count) {
  reference_network r = {
      .net = net, .count = count, .classes = net->head.options.classes, .images = images, .labels = labels};
  r.shapes[0] = net->head.options.input;
  size_t inputs = reference_features(r.shapes[0]);
  r.values[0] = reference_allocate(count * inputs, sizeof(double));
  for (size_t i = 0; i < count * inputs; i++) r.values[0][i] = (double)images[i];
  for (size_t i = 0; i < net->node_count; i++) {
    r.shapes[i + 1] = reference_shape(&net->nodes[i].spec, r.shapes[net->nodes[i].spec.inputs[0]]);
    r.values[i + 1] = reference_allocate(count * reference_features(r.shapes[i + 1]), sizeof(double));
    r.masks[i] = reference_mask(&r, i);
  }
  r.parameters = reference_allocate(net->slab, sizeof(double));
  for (size_t i = 0; i < net->slab; i++) r.parameters[i] = (double)net->parameters[i];
  return r;
}

static inline void reference_release(reference_network *r) {
  for (size_t i = 0; i <= r->net->node_count; i++) free(r->values[i]);
  for (size_t i = 0; i < r->net->node_count; i++) free(r->masks[i]);
  free(r->parameters);
}

static inline double reference_conv_value(const reference_network *r, size_t i, const double *x, size_t out,
                                          size_t row, size_t column) {
  const node_spec *spec = &r->net->nodes[i].spec;
  despur_shape in = r->shapes[spec->inputs[0]];
  size_t groups = spec->groups ? spec->groups : 1, channels = in.channels / groups;
  size_t first = out / (spec->size / groups) * channels;
  const double *weight =
      r->parameters + r->net->nodes[i].weight + out * channels * spec->kernel * spec->kernel;
  double sum = spec->without_bias ? 0 : r->parameters[r->net->nodes[i].bias + out];
  for (size_t c = 0; c < channels; c++)
    for (size_t kr = 0; kr < spec->kernel; kr++)
      for (size_t kc = 0; kc < spec->kernel; kc++) {
        long x_row = (long)(row * spec->stride + kr) - (long)spec->padding;
        long x_column = (long)(column * spec->stride + kc) - (long)spec->padding;
        if (x_row < 0 || x_row >= (long)in.height || x_column < 0 || x_column >= (long)in.width) continue;
        sum += weight[(c * spec->kernel + kr) * spec->kernel + kc] *
               x[((first + c) * in.height + (size_t)x_row) * in.width + (size_t)x_column];
      }
  return sum;
}

static inline double reference_pool_value(const reference_network *r, size_t i, const double *x,
                                          size_t channel, size_t row, size_t column) {
  const node_spec *spec = &r->net->nodes[i].spec;
  despur_shape in = r->shapes[spec->inputs[0]];
  double best = -HUGE_VAL;
  for (size_t k = 0; k < spec->size * spec->size; k++) {
    size_t x_row = row * spec->stride + k / spec->size - spec->padding;
    size_t x_column = column * spec->stride + k % spec->size - spec->padding;
    if (x_row >= in.height || x_column >= in.width) continue; /* before the first it has wrapped */
    double value = x[(channel * in.height + x_row) * in.width + x_column];
    if (value > best) best = value;
  }
  return best;
}

static inline double reference_linear_value(const reference_network *r, size_t i, const double *x,
                                            size_t out) {
  size_t inputs = reference_features(r->shapes[r->net->nodes[i].spec.inputs[0]]);
  const double *weight = r->parameters + r->net->nodes[i].weight + out * inputs;
  double sum = r->parameters[r->net->nodes[i].bias + out];
  for (size_t k = 0; k < inputs; k++) sum += weight[k] * x[k];
  return sum;
}

static inline double reference_average_value(const reference_network *r, size_t i, const double *x,
                                             size_t channel) {
  despur_shape in = r->shapes[r->net->nodes[i].spec.inputs[0]];
  double sum = 0;
  for (size_t k = 0; k < in.height * in.width; k++) sum += x[channel * in.height * in.width + k];
  return sum / (double)(in.height * in.width);
}

static inline double reference_shortcut_value(const reference_network *r, size_t i, const double *x,
                                              size_t channel, size_t row, size_t column) {
  const node_spec *spec = &r->net->nodes[i].spec;
  despur_shape in = r->shapes[spec->inputs[0]];
  size_t before = (spec->size - in.channels) / 2;
  if (channel < before || channel >= before + in.channels) return 0;
  return x[((channel - before) * in.height + row * spec->stride) * in.width + column * spec->stride];
}

/* All examples through batch norm. */
static inline void reference_batch_norm(reference_network *r, size_t i) {
  const node *n = &r->net->nodes[i];
  despur_shape in = r->shapes[i + 1];
  size_t area = in.height * in.width, features = reference_features(in);
  for (size_t c = 0; c < in.channels; c++) {
    double mean = 0, variance = 0, count = (double)(r->count * area);
    const double *x = r->values[n->spec.inputs[0]] + c * area;
    double *y = r->values[i + 1] + c * area;
    for (size_t e = 0; e < r->count; e++)
      for (size_t k = 0; k < area; k++) mean += x[e * features + k] / count;
    for (size_t e = 0; e < r->count; e++)
      for (size_t k = 0; k < area; k++) variance += pow(x[e * features + k] - mean, 2) / count;
    if (r->running) {
      mean = (double)r->net->buffers[n->running_mean + c];
      variance = (double)r->net->buffers[n->running_variance + c];
    }
    for (size_t e = 0; e < r->count; e++)
      for (size_t k = 0; k < area; k++)
        y[e * features + k] =
            (x[e * features + k] - mean) / sqrt(variance + 1e-5) * r->parameters[n->weight + c] +
            r->parameters[n->bias + c];
  }
}

/* One example through node i. */
static inline void reference_layer(reference_network *r, size_t i, size_t example) {
  const node_spec *spec = &r->net->nodes[i].spec;
  const operation *op = spec->op;
  despur_shape out = r->shapes[i + 1];
  size_t inputs = reference_features(r->shapes[spec->inputs[0]]), outputs = reference_features(out);
  const double *x = r->values[spec->inputs[0]] + example * inputs;
  double *y = r->values[i + 1] + example * outputs;
  const uint8_t *mask = r->masks[i] ? r->masks[i] + example * inputs : NULL;
  for (size_t k = 0; k < outputs; k++) {
    size_t channel = k / out.width / out.height, row = k / out.width % out.height, column = k % out.width;
    if (op == &op_conv) y[k] = reference_conv_value(r, i, x, channel, row, column);
    if (op == &op_pool) y[k] = reference_pool_value(r, i, x, channel, row, column);
    if (op == &op_relu6) y[k] = x[k] > 6 ? 6 : x[k] > 0 ? x[k] : 0;
    if (op == &op_relu) y[k] = x[k] > 0 ? x[k] : 0;
    if (op == &op_dropout) y[k] = mask ? mask[k] * x[k] / (1 - spec->drop) : x[k];
    if (op == &op_linear) y[k] = reference_linear_value(r, i, x, k);
    if (op == &op_add) y[k] = x[k] + r->values[spec->inputs[1]][example * inputs + k];
    if (op == &op_average) y[k] = reference_average_value(r, i, x, k);
    if (op == &op_shortcut) y[k] = reference_shortcut_value(r, i, x, channel, row, column);
  }
}

/* The mean cross entropy, computed anew from layer `first` on; what that layer reads must be up to date. */
static inline double reference_loss(reference_network *r, size_t first) {
  double loss = 0;
  for (size_t i = first; i < r->net->node_count; i++) {
    if (r->net->nodes[i].spec.op == &op_batch_norm)
      reference_batch_norm(r, i);
    else
      for (size_t e = 0; e < r->count; e++) reference_layer(r, i, e);
  }
  for (size_t e = 0; e < r->count; e++) {
    const double *logits = r->values[r->net->node_count] + e * r->classes;
    double sum = 0;
    for (size_t c = 0; c < r->classes; c++) sum += exp(logits[c] - logits[r->labels[e]]);
    loss += log(sum);
  }
  return loss / (double)r->count;
}

/* The gradient of the loss by the logits [count, classes], as the engine wants it. */
static inline void reference_logit_gradient(const reference_network *r, float *gradient) {
  for (size_t e = 0; e < r->count; e++) {
    const double *logits = r->values[r->net->node_count] + e * r->classes;
    for (size_t c = 0; c < r->classes; c++) {
      double sum = 0;
      for (size_t k = 0; k < r->classes; k++) sum += exp(logits[k] - logits[c]);
      gradient[e * r->classes + c] = (float)((1 / sum - (c == r->labels[e])) / (double)r->count);
    }
  }
}

#endif
