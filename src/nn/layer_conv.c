/* Convolutions. The gradient of the input is itself a convolution: of the output gradient with the weights
 * turned by 180 degrees and with input and output channels exchanged. */
#include "nn/net.h"

#include <string.h>

conv_job layer_conv_job(const layer *l, const pass *p) {
  const despur_net *net = p->net;
  return (conv_job){.x = layer_input(l, p) + block_at(l->in, 0, 0) - l->spec.padding * LANES,
                    .x_channel = block_channel(l->in),
                    .x_row = block_row(l->in),
                    .x_rows = l->in.height,
                    .weight = net->parameters + l->weight,
                    .bias = net->parameters + l->bias,
                    .y = layer_output(l, p) + block_at(l->out, 0, 0),
                    .y_channel = block_channel(l->out),
                    .y_row = block_row(l->out),
                    .in_channels = l->in.channels,
                    .out_channels = l->out.channels,
                    .rows = l->out.height,
                    .columns = l->out.width,
                    .kernel = l->spec.kernel,
                    .stride = l->spec.stride,
                    .padding = l->spec.padding};
}

void layer_conv_forward(const layer *l, pass *p) {
  const conv_job job = layer_conv_job(l, p);
  p->net->kernels->conv(&job);
}

void layer_conv_prepare(const layer *l, despur_net *net) {
  if (!l->needs_delta_in) return;
  size_t size = l->spec.kernel * l->spec.kernel;
  const float *weight = net->parameters + l->weight;
  float *flipped = net->flipped + l->flipped_at;
  for (size_t in = 0; in < l->in.channels; in++)
    for (size_t out = 0; out < l->out.channels; out++)
      for (size_t k = 0; k < size; k++)
        flipped[(in * l->out.channels + out) * size + k] =
            weight[(out * l->in.channels + in) * size + size - 1 - k];
}

conv_gradient_job layer_conv_gradient_job(const layer *l, const pass *p) {
  const despur_net *net = p->net;
  float *gradient = net->block_gradient + p->block * net->block_gradient_floats + l->block_gradient_at;
  return (conv_gradient_job){.x = layer_input(l, p) + block_at(l->in, 0, 0) - l->spec.padding * LANES,
                             .x_channel = block_channel(l->in),
                             .x_row = block_row(l->in),
                             .x_rows = l->in.height,
                             .dy = layer_delta(l, p) + block_at(l->delta, 0, 0),
                             .y_channel = block_channel(l->delta),
                             .y_row = block_row(l->delta),
                             .weight_gradient = gradient,
                             .bias_gradient = gradient + (l->bias - l->weight),
                             .in_channels = l->in.channels,
                             .out_channels = l->out.channels,
                             .rows = l->out.height,
                             .columns = l->out.width,
                             .kernel = l->spec.kernel,
                             .stride = l->spec.stride,
                             .padding = l->spec.padding};
}

/* Spreads the output gradient over the input's grid, with stride - 1 zeros between and room for the kernel
 * around. */
static block_layout dilate(const layer *l, const pass *p) {
  size_t shift = l->spec.kernel - 1 - l->spec.padding;
  block_layout grid = {.channels = l->out.channels,
                       .height = l->in.height + l->spec.kernel - 1,
                       .width = l->in.width + l->spec.kernel - 1};
  float *to = p->scratch + l->dilated_at;
  const float *from = layer_delta(l, p);
  memset(to, 0, block_floats(grid) * sizeof *to);
  for (size_t channel = 0; channel < l->out.channels; channel++)
    for (size_t row = 0; row < l->out.height; row++)
      for (size_t column = 0; column < l->out.width; column++)
        memcpy(to + block_at(grid, channel, shift + row * l->spec.stride) +
                   (shift + column * l->spec.stride) * LANES,
               from + block_at(l->delta, channel, row) + column * LANES, LANES * sizeof *to);
  return grid;
}

conv_job layer_conv_input_job(const layer *l, const pass *p) {
  bool direct = conv_delta_is_direct(l);
  block_layout from = direct ? l->delta : dilate(l, p);
  const float *dy = direct ? layer_delta(l, p) : p->scratch + l->dilated_at;
  return (conv_job){.x = dy,
                    .x_channel = block_channel(from),
                    .x_row = block_row(from),
                    .x_rows = from.height,
                    .weight = p->net->flipped + l->flipped_at,
                    .y = layer_delta_in(l, p) + block_at(l->delta_in, 0, 0),
                    .y_channel = block_channel(l->delta_in),
                    .y_row = block_row(l->delta_in),
                    .in_channels = l->out.channels,
                    .out_channels = l->in.channels,
                    .rows = l->in.height,
                    .columns = l->in.width,
                    .kernel = l->spec.kernel,
                    .stride = 1,
                    .padding = direct ? l->spec.kernel - 1 - l->spec.padding : 0};
}

void layer_conv_backward(const layer *l, pass *p) {
  const conv_gradient_job weights = layer_conv_gradient_job(l, p);
  p->net->kernels->conv_gradient(&weights);
  if (!l->needs_delta_in) return;
  const conv_job inputs = layer_conv_input_job(l, p);
  p->net->kernels->conv(&inputs);
}
