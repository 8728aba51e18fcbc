/* Building a network: shapes, then places in memory, then memory. */
#include "nn/net.h"

#include "base/memory.h"

#include <string.h>

static size_t round_up(size_t n) {
  return (n + LANES - 1) / LANES * LANES;
}

/* The output size of a window that moves over n values; 0 when it does not fit. */
static size_t window_count(size_t n, size_t padding, size_t window, size_t stride) {
  return n + 2 * padding < window ? 0 : (n + 2 * padding - window) / stride + 1;
}

static bool in_place(const layer *l) {
  return l->spec.kind == LAYER_RELU;
}

static bool has_parameters(const layer *l) {
  return l->spec.kind == LAYER_CONV || l->spec.kind == LAYER_LINEAR;
}

/* The output shape of a layer, without padding; false when the input is too small. */
static bool output_shape(layer *l) {
  const layer_spec *spec = &l->spec;
  l->out = (block_layout){.channels = l->in.channels, .height = l->in.height, .width = l->in.width};
  switch (spec->kind) {
  case LAYER_CONV:
    l->out = (block_layout){.channels = spec->size,
                            .height = window_count(l->in.height, spec->padding, spec->kernel, spec->stride),
                            .width = window_count(l->in.width, spec->padding, spec->kernel, spec->stride)};
    break;
  case LAYER_POOL:
    l->out.height = window_count(l->in.height, 0, spec->size, spec->stride);
    l->out.width = window_count(l->in.width, 0, spec->size, spec->stride);
    break;
  case LAYER_LINEAR:
    l->out = (block_layout){.channels = spec->size, .height = 1, .width = 1};
    break;
  case LAYER_RELU:
  case LAYER_DROPOUT:
    break;
  }
  return block_features(l->out) > 0;
}

/* The first layer from `reader` on that does not work in place, or NULL. */
static const layer *next_reader(const despur_net *net, size_t reader) {
  while (reader < net->layer_count && in_place(&net->layers[reader])) reader++;
  return reader < net->layer_count ? &net->layers[reader] : NULL;
}

/* The padding that the reader of a layer's output wants; in-place layers pass the question on. */
static size_t wanted_padding(const despur_net *net, size_t reader) {
  const layer *l = next_reader(net, reader);
  return l && l->spec.kind == LAYER_CONV ? l->spec.padding : 0;
}

static despur_status plan_shapes(despur_net *net, despur_error *error) {
  block_layout shape = net_input(net);
  bool parameters = false;
  for (size_t i = 0; i < net->layer_count; i++) {
    layer *l = &net->layers[i];
    l->in = shape;
    if (!output_shape(l))
      return error_set(error, DESPUR_BAD_INPUT,
                       "images of %zu x %zu pixels are too small for this network (layer %zu would be empty)",
                       net->options.input.height, net->options.input.width, i + 1);
    l->out.pad = wanted_padding(net, i + 1);
    l->needs_delta_in = parameters;
    parameters = parameters || has_parameters(l);
    shape = l->out;
  }
  return DESPUR_OK;
}

/* Gives `count` floats out of a growing total, aligned to whole vectors. */
static size_t place(size_t *total, size_t count) {
  size_t at = *total;
  *total += round_up(count);
  return at;
}

/* A convolution computes the gradient of its input as a convolution over its delta, which needs this much
 * padding; but linear layers write the gradient of their input without any. */
static size_t delta_padding(const despur_net *net, size_t i) {
  const layer *l = &net->layers[i], *reader = next_reader(net, i + 1);
  if (l->spec.kind != LAYER_CONV || l->spec.stride > 1 || !l->needs_delta_in) return 0;
  return reader && reader->spec.kind == LAYER_LINEAR ? 0 : l->spec.kernel - 1 - l->spec.padding;
}

static void plan_activations(despur_net *net) {
  net->kept_floats = round_up(block_floats(net_input(net)));
  for (size_t i = 0; i < net->layer_count; i++) {
    layer *l = &net->layers[i], *before = i ? l - 1 : NULL;
    l->in_kept = before ? before->out_kept : true;
    l->in_at = before ? before->out_at : 0;
    l->delta_in_at = before ? before->delta_at : 0;
    l->delta_in = before ? before->delta : l->in;
    if (in_place(l)) {
      l->out_kept = l->in_kept;
      l->out_at = l->in_at;
      l->delta = l->delta_in;
      l->delta_at = l->delta_in_at;
      continue;
    }
    l->delta = l->out;
    l->delta.pad = delta_padding(net, i);
    /* Pooling remembers which input won and does not need the inputs again, so they need not be kept: they
     * may lie where their gradient will be. */
    l->out_kept = i + 1 == net->layer_count || net->layers[i + 1].spec.kind != LAYER_POOL;
    if (!l->out_kept) l->out.pad = l->delta.pad;
    l->delta_at = place(&net->scratch_floats, block_floats(l->delta));
    l->out_at = l->out_kept ? place(&net->kept_floats, block_floats(l->out)) : l->delta_at;
    if (!l->out_kept) net->layers[i + 1].in = l->out;
    if (l->spec.kind == LAYER_POOL || l->spec.kind == LAYER_DROPOUT) {
      l->bytes_at = net->kept_bytes;
      net->kept_bytes += block_features(l->out) * LANES;
    }
  }
}

static void plan_conv(despur_net *net, layer *l) {
  size_t kernel = l->spec.kernel * l->spec.kernel;
  l->weight_count = l->in.channels * l->out.channels * kernel;
  l->block_gradient_at = place(&net->block_gradient_floats, l->weight_count);
  place(&net->block_gradient_floats, l->out.channels);
  if (!l->needs_delta_in) return;
  l->flipped_at = place(&net->flipped_floats, l->weight_count);
  if (conv_delta_is_direct(l)) return;
  size_t height = l->in.height + l->spec.kernel - 1, width = l->in.width + l->spec.kernel - 1;
  l->dilated_at = place(&net->scratch_floats, l->out.channels * height * width * LANES);
}

static void plan_linear(despur_net *net, layer *l, size_t *rows) {
  l->weight_count = block_features(l->in) * l->spec.size;
  l->row_stride = round_up(block_features(l->in));
  l->rows_at = place(rows, net->options.batch * l->row_stride);
  l->dy_at = place(rows, net->options.batch * l->spec.size);
}

enum { OUTPUTS_A_TASK = 12 }; /* outputs of a linear layer whose weight gradients are one task */

static void plan_parameters(despur_net *net, size_t *rows) {
  for (size_t i = 0; i < net->layer_count; i++) {
    layer *l = &net->layers[i];
    l->first_task = net->gradient_tasks;
    if (l->spec.kind == LAYER_CONV) {
      plan_conv(net, l);
      net->gradient_tasks++;
    } else if (l->spec.kind == LAYER_LINEAR) {
      plan_linear(net, l, rows);
      net->gradient_tasks += (l->spec.size + OUTPUTS_A_TASK - 1) / OUTPUTS_A_TASK;
    } else
      continue;
    l->bias_count = l->spec.size;
    l->weight = place(&net->slab, l->weight_count);
    l->bias = place(&net->slab, l->bias_count);
  }
}

/* Memory for everything that was planned. */
static despur_status reserve(despur_net *net, size_t rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  net->blocks = block_count(net->options.batch);
  TRY(mem_alloc(&net->parameters, net->slab, sizeof(float), error));
  TRY(mem_alloc(&net->gradient, net->slab, sizeof(float), error));
  TRY(mem_alloc(&net->kept, net->blocks * net->kept_floats, sizeof(float), error));
  TRY(mem_alloc(&net->bytes, net->blocks * net->kept_bytes, 1, error));
  TRY(mem_alloc(&net->scratch, (size_t)net->options.threads * net->scratch_floats, sizeof(float), error));
  TRY(mem_alloc(&net->block_gradient, net->blocks * net->block_gradient_floats, sizeof(float), error));
  TRY(mem_alloc(&net->flipped, net->flipped_floats, sizeof(float), error));
  TRY(mem_alloc(&net->rows, rows, sizeof(float), error));
  TRY(mem_alloc(&net->logits, net->options.batch * net->options.classes, sizeof(float), error));
cleanup:
  return status;
}

despur_status net_create_from_layers(despur_net **out, const layer_spec *layers, size_t count,
                                     const despur_net_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_net *net = NULL;
  *out = NULL;
  TRY(mem_alloc(&net, 1, sizeof *net, error));
  net->options = *options;
  if (net->options.threads < 1) net->options.threads = 1;
  TRY(kernels_choose(&net->kernels, error));
  TRY(parallel_create(&net->pool, net->options.threads, error));
  net->layer_count = count;
  TRY(mem_alloc(&net->layers, count, sizeof *net->layers, error));
  for (size_t i = 0; i < count; i++) net->layers[i].spec = layers[i];

  size_t rows = 0;
  TRY(plan_shapes(net, error));
  plan_activations(net);
  plan_parameters(net, &rows);
  TRY(reserve(net, rows, error));
  net_initialise(net);
  *out = net;
  net = NULL;
cleanup:
  despur_net_free(net);
  return status;
}

despur_status despur_net_create(despur_net **out, const despur_net_options *options, despur_error *error) {
  layer_spec *layers;
  size_t count;
  *out = NULL;
  despur_status status = architecture_layers(&layers, &count, options, error);
  if (status == DESPUR_OK) status = net_create_from_layers(out, layers, count, options, error);
  mem_free(layers);
  return status;
}

void despur_net_free(despur_net *net) {
  if (!net) return;
  parallel_free(net->pool);
  mem_free(net->layers);
  mem_free(net->parameters);
  mem_free(net->gradient);
  mem_free(net->kept);
  mem_free(net->bytes);
  mem_free(net->scratch);
  mem_free(net->block_gradient);
  mem_free(net->flipped);
  mem_free(net->rows);
  mem_free(net->logits);
  mem_free(net);
}

block_layout net_input(const despur_net *net) {
  despur_shape input = net->options.input;
  return (block_layout){.channels = input.channels,
                        .height = input.height,
                        .width = input.width,
                        .pad = wanted_padding(net, 0)};
}

size_t despur_net_parameter_count(const despur_net *net) {
  size_t count = 0;
  for (size_t i = 0; i < net->layer_count; i++)
    count += net->layers[i].weight_count + net->layers[i].bias_count;
  return count;
}

size_t despur_net_classes(const despur_net *net) {
  return net->options.classes;
}

size_t despur_net_features(const despur_net *net) {
  return block_features(net->layers[net->layer_count - 1].in);
}

const char *despur_net_kernels(const despur_net *net) {
  return net->kernels->level;
}
