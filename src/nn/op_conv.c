/* Convolutions. The gradient of the input is itself a convolution: of the output gradient with the weights
 * turned by 180 degrees and with input and output channels exchanged. Those of 3 x 3 with a stride of 1 and
 * enough channels go by Winograd's products; which ones follows from shapes alone. */
#include "nn/net.h"

#include "nn/channels.h"
#include "nn/window.h"
#include "nn/winograd.h"

#include <stdio.h>
#include <string.h>

static size_t groups(const node *n) {
  return n->spec.groups ? n->spec.groups : 1;
}

static size_t channels_in(const node *n) {
  return n->in[0]->layout.channels / groups(n);
}

static size_t channels_out(const node *n) {
  return n->spec.size / groups(n);
}

/* Weights of one group. */
static size_t group_weights(const node *n) {
  return channels_in(n) * channels_out(n) * n->spec.kernel * n->spec.kernel;
}

/* Pairs of an input and an output channel that meet. */
static size_t kernels(const node *n) {
  return groups(n) * channels_in(n) * channels_out(n);
}

static bool shape(const node *n, block_layout *out) {
  block_layout in = n->in[0]->layout;
  const node_spec *spec = &n->spec;
  size_t zeros = 2 * spec->padding + spec->behind;
  *out = (block_layout){.channels = spec->size,
                        .height = window_count(in.height, zeros, spec->kernel, spec->stride),
                        .width = window_count(in.width, zeros, spec->kernel, spec->stride)};
  return in.channels % groups(n) == 0 && spec->size % groups(n) == 0;
}

static size_t padding(const node *n) {
  return n->spec.padding + n->spec.behind;
}

/* Columns beside the delta that the gradient of the input reads: before it as far as a kernel reaches, behind
 * it also for inputs that no window meets. */
static size_t delta_padding(const node *n) {
  const node_spec *spec = &n->spec;
  if (spec->stride == 1) return spec->kernel - 1 - spec->padding;
  const size_t before = (spec->kernel - 1) / spec->stride;
  const size_t last = (n->in[0]->layout.width - 1 + spec->padding) / spec->stride;
  const size_t behind = last < n->out->layout.width ? 0 : last + 1 - n->out->layout.width;
  return before > behind ? before : behind;
}

/* Whether the gradient of the input can be computed from the delta as it lies there. */
static bool delta_is_direct(const node *n) {
  return n->out->delta_layout.pad >= delta_padding(n);
}

/* The delta with room beside it. */
static block_layout padded(const node *n) {
  block_layout delta = n->out->delta_layout;
  delta.pad = delta_padding(n);
  return delta;
}

static bool goes_by_winograd(const node *n) {
  block_layout out = n->out->layout;
  return n->spec.kernel == 3 && n->spec.stride == 1 && n->spec.padding == 1 && groups(n) == 1 &&
         n->spec.without_bias && winograd_pays(channels_in(n), n->spec.size, out.height, out.width);
}

static winograd_weights weights_of(const node *n, const despur_net *net) {
  return (winograd_weights){net->parameters + n->weight, channels_in(n), n->spec.size};
}

/* Memory for the weights as Winograd's products take them, and for tiles on their way. */
static void plan_winograd(node *n, net_plan *p) {
  block_layout out = n->out->layout;
  size_t ins = channels_in(n), outs = n->spec.size;
  size_t weights = winograd_gradient_scratch(ins, outs, out.height, out.width);
  n->inputs_by_winograd = delta_is_direct(n);
  n->adds_itself = n->inputs_by_winograd && n->adds[0];
  size_t inputs = n->inputs_by_winograd ? winograd_scratch(outs) : 0;
  n->winograd_at = plan_derived(p, WINOGRAD_PLACES * kernels(n));
  n->block_gradient_at = plan_block_gradient(p, WINOGRAD_PLACES * kernels(n));
  n->tiles_at = plan_forward_scratch(p, n, winograd_scratch(ins));
  n->backward_tiles_at = plan_backward_scratch(p, n, weights > inputs ? weights : inputs);
}

/* Sizes alone, for planning and for the job that comes of it. */
static conv_gradient_job sizes_of(const node *n) {
  return (conv_gradient_job){.in_channels = channels_in(n),
                             .out_channels = channels_out(n),
                             .rows = n->out->layout.height,
                             .columns = n->out->layout.width,
                             .kernel = n->spec.kernel,
                             .stride = n->spec.stride,
                             .padding = n->spec.padding};
}

static void plan_conv(node *n, net_plan *p) {
  n->weight_count = groups(n) * group_weights(n);
  n->bias_count = n->spec.without_bias ? 0 : n->spec.size;
  n->weight = plan_parameters(p, n->weight_count);
  n->bias = plan_parameters(p, n->bias_count);
  n->winograd = goes_by_winograd(n);
  n->finishes = n->winograd || n->spec.kernel == 1 || groups(n) > 1;
  if (n->winograd) {
    plan_winograd(n, p);
  } else {
    n->block_gradient_at = plan_block_gradient(p, n->weight_count);
    plan_block_gradient(p, n->bias_count);
    n->by_channels = groups(n) == 1 && channels_pay(channels_in(n), n->spec.size);
    const conv_gradient_job sizes = sizes_of(n);
    if (n->by_channels) n->backward_tiles_at = plan_backward_scratch(p, n, channels_scratch(&sizes));
  }
  if (!n->in[0]->needs_delta) return;
  n->flipped_at = plan_derived(p, n->inputs_by_winograd ? WINOGRAD_PLACES * kernels(n) : n->weight_count);
  if (!delta_is_direct(n)) n->padded_at = plan_backward_scratch(p, n, block_floats(padded(n)));
}

static size_t tensors(const node *n, const despur_net *net, tensor *out) {
  out[0] = (tensor){.rank = 4,
                    .shape = {n->spec.size, channels_in(n), n->spec.kernel, n->spec.kernel},
                    .count = n->weight_count,
                    .data = net->parameters + n->weight};
  out[1] = (tensor){
      .rank = 1, .shape = {n->bias_count}, .count = n->bias_count, .data = net->parameters + n->bias};
  snprintf(out[0].name, sizeof out->name, "%s.weight", n->spec.name);
  snprintf(out[1].name, sizeof out->name, "%s.bias", n->spec.name);
  return n->spec.without_bias ? 1 : 2;
}

static size_t multiply_adds(const node *n) {
  block_layout in = n->in[0]->layout, out = n->out->layout;
  return groups(n) * channels_in(n) * channels_out(n) * window_pairs(out.height, in.height, &n->spec) *
         window_pairs(out.width, in.width, &n->spec);
}

static conv_job forward_job(const node *n, const pass *p, size_t group, const node_value *to) {
  const despur_net *net = p->net;
  block_layout in = n->in[0]->layout, out = to->layout;
  size_t first = group * channels_out(n);
  return (conv_job){.x = node_input(n, p, 0) + block_at(in, group * channels_in(n), 0) -
                         n->spec.padding * LANES,
                    .x_channel = block_channel(in),
                    .x_row = block_row(in),
                    .x_rows = in.height,
                    .weight = net->parameters + n->weight + group * group_weights(n),
                    .bias = n->spec.without_bias ? NULL : net->parameters + n->bias + first,
                    .y = place_of(p, to->data) + block_at(out, first, 0),
                    .y_channel = block_channel(out),
                    .y_row = block_row(out),
                    .y_column = LANES,
                    .in_channels = channels_in(n),
                    .out_channels = channels_out(n),
                    .rows = out.height,
                    .columns = out.width,
                    .kernel = n->spec.kernel,
                    .kernel_columns = n->spec.kernel,
                    .stride = n->spec.stride,
                    .padding = n->spec.padding};
}

/* That of a group. */
static conv_after after_group(conv_after after, size_t first) {
  if (after.scale) after.scale += first, after.shift += first;
  if (after.plus) after.plus += first * after.plus_channel;
  return after;
}

/* What follows is done by the kernel, or group by group while its output is in the cache. */
static void forward_into(const node *n, const pass *p, const node_value *out, const conv_after *after) {
  const kernel_table *kernels = p->net->kernels;
  for (size_t group = 0; group < groups(n); group++) {
    conv_job job = forward_job(n, p, group, out);
    const conv_after own = after ? after_group(*after, group * channels_out(n)) : (conv_after){0};
    if (n->winograd) {
      job.weight = p->net->derived + n->winograd_at;
      job.after = after;
      kernels->winograd->convolve(
          &(winograd_job){&job, p->scratch + n->tiles_at, 0, winograd_tiles(job.rows, job.columns)});
    } else if (n->spec.kernel == 1) {
      job.after = after ? &own : NULL;
      kernels->conv(&job);
    } else {
      kernels->conv(&job);
      job.after = &own;
      if (after) kernels->points->finish(&job);
    }
  }
}

void conv_forward(const node *n, const pass *p) {
  forward_into(n, p, n->out, NULL);
}

static void forward(const node *n, pass *p) {
  conv_forward(n, p);
}

static void begin(const node *n, despur_net *net, bool training) {
  (void)training;
  const winograd_weights weights = weights_of(n, net);
  if (n->winograd) winograd_transform(net->derived + n->winograd_at, &weights);
}

/* With a stride the inputs of each residue meet only some elements of the kernel, so their gradients are a
 * convolution of their own. Along rows or columns: */
typedef struct residue {
  size_t first, elements; /* of the kernel: first, first + stride, ... */
  size_t begin, inputs;   /* of the input: begin, begin + stride, ... */
  size_t output;          /* that meets input `begin` with kernel element `first` */
} residue;

static residue residue_of(const node_spec *spec, size_t r, size_t inputs) {
  const size_t stride = spec->stride, begin = (r + stride - spec->padding % stride) % stride;
  return (residue){.first = r,
                   .elements = spec->kernel > r ? (spec->kernel - r - 1) / stride + 1 : 0,
                   .begin = begin,
                   .inputs = inputs > begin ? (inputs - begin - 1) / stride + 1 : 0,
                   .output = (begin + spec->padding - r) / stride};
}

/* to [ins, outs, rows.elements, columns.elements]: turned by 180 degrees. */
static void turn_weights(const node *n, float *to, const float *weight, residue rows, residue columns) {
  const size_t ins = channels_in(n), outs = channels_out(n), kernel = n->spec.kernel;
  for (size_t in = 0; in < ins; in++)
    for (size_t out = 0; out < outs; out++)
      for (size_t r = rows.elements; r-- > 0;)
        for (size_t c = columns.elements; c-- > 0;)
          *to++ = weight[((out * ins + in) * kernel + rows.first + r * n->spec.stride) * kernel +
                         columns.first + c * n->spec.stride];
}

/* Calls what(n, p, group, rows, columns, weights) for each pair of residues with inputs and weights; where
 * those lie in net->derived. */
static void for_residues(const node *n, void *context,
                         void (*what)(const node *n, void *context, size_t group, residue rows,
                                      residue columns, size_t weights)) {
  block_layout in = n->in[0]->layout;
  size_t weights = n->flipped_at;
  for (size_t group = 0; group < groups(n); group++)
    for (size_t r = 0; r < n->spec.stride; r++)
      for (size_t c = 0; c < n->spec.stride; c++) {
        const residue rows = residue_of(&n->spec, r, in.height), columns = residue_of(&n->spec, c, in.width);
        const size_t elements = rows.elements * columns.elements;
        if (elements * rows.inputs * columns.inputs > 0) what(n, context, group, rows, columns, weights);
        weights += elements * channels_in(n) * channels_out(n);
      }
}

static void turn_residue(const node *n, void *context, size_t group, residue rows, residue columns,
                         size_t weights) {
  despur_net *net = context;
  turn_weights(n, net->derived + weights, net->parameters + n->weight + group * group_weights(n), rows,
               columns);
}

static void begin_backward(const node *n, despur_net *net) {
  if (!n->in[0]->needs_delta) return;
  if (n->inputs_by_winograd) {
    const winograd_weights weights = weights_of(n, net);
    winograd_transform_turned(net->derived + n->flipped_at, &weights);
  } else {
    for_residues(n, net, turn_residue);
  }
}

static conv_gradient_job weight_job(const node *n, const pass *p, size_t group) {
  const despur_net *net = p->net;
  block_layout in = n->in[0]->layout, delta = n->out->delta_layout;
  size_t first = group * channels_out(n);
  float *gradient = net->block_gradient + p->block * net->block_gradient_floats + n->block_gradient_at;
  conv_gradient_job job = sizes_of(n);
  job.x = node_input(n, p, 0) + block_at(in, group * channels_in(n), 0) - n->spec.padding * LANES;
  job.x_channel = block_channel(in);
  job.x_row = block_row(in);
  job.x_rows = in.height;
  job.dy = node_delta(n, p) + block_at(delta, first, 0);
  job.y_channel = block_channel(delta);
  job.y_row = block_row(delta);
  job.weight_gradient = gradient + group * group_weights(n);
  job.bias_gradient = n->spec.without_bias ? NULL : gradient + (n->bias - n->weight) + first;
  return job;
}

/* What the gradient of the input reads. */
static const float *padded_delta(const node *n, const pass *p) {
  float *to = p->scratch + n->padded_at;
  if (delta_is_direct(n)) return node_delta(n, p);
  memset(to, 0, block_floats(padded(n)) * sizeof *to);
  block_copy(to, padded(n), node_delta(n, p), n->out->delta_layout);
  return to;
}

/* A pass, and the delta that it reads. */
typedef struct inputs_pass {
  const pass *p;
  const float *delta;
  conv_tiles tiles; /* of Winograd's products */
} inputs_pass;

static void inputs_of_residue(const node *n, void *context, size_t group, residue rows, residue columns,
                              size_t weights) {
  const inputs_pass *inputs = context;
  const pass *p = inputs->p;
  const block_layout to = n->in[0]->delta_layout,
                     from = delta_is_direct(n) ? n->out->delta_layout : padded(n);
  const size_t before = rows.elements - 1, skipped = rows.output > before ? rows.output - before : 0;
  conv_job job = {.x = inputs->delta + block_at(from, group * channels_out(n), skipped) +
                       columns.output * LANES - (columns.elements - 1) * LANES,
                  .x_channel = block_channel(from),
                  .x_row = block_row(from),
                  .x_rows = from.height > skipped ? from.height - skipped : 0,
                  .weight = p->net->derived + weights,
                  .y = node_delta_in(n, p, 0) + block_at(to, group * channels_in(n), rows.begin) +
                       columns.begin * LANES,
                  .y_channel = block_channel(to),
                  .y_row = n->spec.stride * block_row(to),
                  .y_column = n->spec.stride * LANES,
                  .in_channels = channels_out(n),
                  .out_channels = channels_in(n),
                  .rows = rows.inputs,
                  .columns = columns.inputs,
                  .kernel = rows.elements,
                  .kernel_columns = columns.elements,
                  .stride = 1,
                  .padding = before > rows.output ? before - rows.output : 0};
  if (!n->inputs_by_winograd) {
    p->net->kernels->conv(&job);
    return;
  }
  const conv_after added = {.plus = job.y, .plus_channel = job.y_channel, .plus_row = job.y_row};
  if (n->adds_itself) job.after = &added;
  p->net->kernels->winograd->convolve(
      &(winograd_job){&job, p->scratch + n->backward_tiles_at, inputs->tiles.begin, inputs->tiles.end});
}

conv_tiles conv_all_tiles(const node *n) {
  return (conv_tiles){0, winograd_tiles(n->out->layout.height, n->out->layout.width)};
}

void conv_weights_of(const node *n, const pass *p, conv_tiles tiles) {
  const conv_gradient_job job = weight_job(n, p, 0);
  p->net->kernels->winograd->gradient(
      &(winograd_gradient_job){&job, p->scratch + n->backward_tiles_at, tiles.begin, tiles.end});
}

void conv_inputs_of(const node *n, const pass *p, conv_tiles tiles) {
  inputs_pass inputs = {p, node_delta(n, p), tiles};
  for_residues(n, &inputs, inputs_of_residue);
}

void conv_weights(const node *n, const pass *p) {
  if (n->winograd) {
    conv_weights_of(n, p, conv_all_tiles(n));
    return;
  }
  const kernel_table *kernels = p->net->kernels;
  float *scratch = p->scratch + n->backward_tiles_at;
  for (size_t group = 0; group < groups(n); group++) {
    const conv_gradient_job job = weight_job(n, p, group);
    if (n->by_channels) {
      kernels->channels->gradient(&(channels_gradient_job){&job, n->in[0]->layout.width, scratch});
      if (job.bias_gradient) kernels->conv_bias_gradient(&job);
    } else {
      kernels->conv_gradient(&job);
    }
  }
}

void conv_inputs(const node *n, const pass *p) {
  if (n->inputs_by_winograd) {
    conv_inputs_of(n, p, conv_all_tiles(n));
    return;
  }
  inputs_pass inputs = {.p = p, .delta = padded_delta(n, p)};
  if (n->spec.kernel < n->spec.stride) /* some inputs are never met */
    memset(node_delta_in(n, p, 0), 0, block_floats(n->in[0]->delta_layout) * sizeof(float));
  for_residues(n, &inputs, inputs_of_residue);
}

static void backward(const node *n, pass *p) {
  conv_weights(n, p);
  if (n->in[0]->needs_delta) conv_inputs(n, p);
}

static size_t gradient_tasks(const node *n) {
  (void)n;
  return 1;
}

/* to += from of all blocks, in their order. */
static void add_blocks(float *restrict to, const despur_net *net, size_t first, size_t at, size_t count) {
  for (size_t block = first; block < block_count(net->used); block++) {
    const float *restrict from = net->block_gradient + block * net->block_gradient_floats + at;
    for (size_t i = 0; i < count; i++) to[i] += from[i];
  }
}

/* to [kernels, elements] from [elements, kernels]. */
static void turn_gradient(float *to, const float *from, size_t kernels, size_t elements) {
  for (size_t i = 0; i < kernels; i++)
    for (size_t k = 0; k < elements; k++) *to++ = from[k * kernels + i];
}

/* The gradients of all blocks, added in their order. Those that are in another order than weights are added
 * up in the first block. */
static void gradient(const node *n, despur_net *net, size_t part, size_t parts) {
  (void)part;
  (void)parts;
  float *weight = net->gradient + n->weight, *bias = net->gradient + n->bias;
  float *sum = net->block_gradient + n->block_gradient_at;
  const size_t elements = n->spec.kernel * n->spec.kernel;
  memset(bias, 0, n->bias_count * sizeof *bias);
  add_blocks(bias, net, 0, n->block_gradient_at + (n->bias - n->weight), n->bias_count);
  if (n->winograd) {
    add_blocks(sum, net, 1, n->block_gradient_at, WINOGRAD_PLACES * kernels(n));
    winograd_weight_gradient(weight, sum, kernels(n));
  } else if (n->by_channels) {
    add_blocks(sum, net, 1, n->block_gradient_at, n->weight_count);
    turn_gradient(weight, sum, kernels(n), elements);
  } else {
    memset(weight, 0, n->weight_count * sizeof *weight);
    add_blocks(weight, net, 0, n->block_gradient_at, n->weight_count);
  }
}

const operation op_conv = {.name = "conv",
                           .inputs = 1,
                           .keeps_input = true,
                           .shape = shape,
                           .padding = padding,
                           .delta_padding = delta_padding,
                           .plan = plan_conv,
                           .initialise = initialise_uniform,
                           .tensors = tensors,
                           .multiply_adds = multiply_adds,
                           .forward = forward,
                           .backward = backward,
                           .forward_into = forward_into,
                           .begin = begin,
                           .begin_backward = begin_backward,
                           .gradient_tasks = gradient_tasks,
                           .gradient = gradient};
