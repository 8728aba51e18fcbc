/* The residual networks of ImageNet (He et al. 2016, table 1) as torchvision has them, with its names of
 * tensors: a stem of 7 x 7, four stages, shortcuts with a convolution of 1 x 1. Where a block reduces, its 3
 * x 3 does. */
#include "nn/net.h"

#include <stdio.h>

enum { STAGES = 4, FIRST_CHANNELS = 64, EXPANSION = 4 };

static size_t add(graph *g, node_spec spec, size_t input) {
  spec.inputs[0] = input;
  return graph_add(g, spec);
}

/* A convolution without bias and its batch norm, of which the names are given. */
static size_t add_conv_norm(graph *g, const char *prefix, const char *conv, const char *norm, node_spec spec,
                            size_t input) {
  node_spec after = {.op = &op_batch_norm};
  spec.op = &op_conv;
  spec.without_bias = true;
  snprintf(spec.name, sizeof spec.name, "%s%s", prefix, conv);
  snprintf(after.name, sizeof after.name, "%s%s", prefix, norm);
  return add(g, after, add(g, spec, input));
}

static node_spec window(size_t kernel, size_t channels, size_t stride) {
  return (node_spec){.size = channels, .kernel = kernel, .stride = stride, .padding = kernel / 2};
}

typedef struct block {
  char prefix[16]; /* "layerS.B." */
  size_t width, stride;
  bool is_bottleneck; /* 1 x 1, 3 x 3, 1 x 1 to four times the channels, in place of two 3 x 3 */
} block;

/* The main path comes first: the sum may take its place. */
static size_t add_block(graph *g, const block *b, size_t channels_in, size_t input) {
  const node_spec relu = {.op = &op_relu};
  const size_t channels = b->is_bottleneck ? EXPANSION * b->width : b->width;
  size_t y = input, shortcut = input;
  if (b->is_bottleneck) {
    y = add(g, relu, add_conv_norm(g, b->prefix, "conv1", "bn1", window(1, b->width, 1), y));
    y = add(g, relu, add_conv_norm(g, b->prefix, "conv2", "bn2", window(3, b->width, b->stride), y));
    y = add_conv_norm(g, b->prefix, "conv3", "bn3", window(1, channels, 1), y);
  } else {
    y = add(g, relu, add_conv_norm(g, b->prefix, "conv1", "bn1", window(3, b->width, b->stride), y));
    y = add_conv_norm(g, b->prefix, "conv2", "bn2", window(3, channels, 1), y);
  }
  if (b->stride > 1 || channels != channels_in)
    shortcut =
        add_conv_norm(g, b->prefix, "downsample.0", "downsample.1", window(1, channels, b->stride), input);
  return add(g, relu, graph_add(g, (node_spec){.op = &op_add, .inputs = {y, shortcut}}));
}

static void build(graph *g, const size_t blocks[STAGES], bool is_bottleneck, size_t classes) {
  const node_spec relu = {.op = &op_relu}, average = {.op = &op_average};
  const node_spec pool = {.op = &op_pool, .size = 3, .stride = 2, .padding = 1};
  size_t x = add_conv_norm(g, "", "conv1", "bn1", window(7, FIRST_CHANNELS, 2), g->count);
  size_t channels = FIRST_CHANNELS;
  x = add(g, relu, add(g, pool, x)); /* the two commute: see architectures.c */
  for (size_t stage = 0; stage < STAGES; stage++)
    for (size_t i = 0; i < blocks[stage]; i++) {
      block b = {.width = (size_t)FIRST_CHANNELS << stage,
                 .stride = stage > 0 && i == 0 ? 2 : 1,
                 .is_bottleneck = is_bottleneck};
      snprintf(b.prefix, sizeof b.prefix, "layer%hhu.%hhu.", (unsigned char)(stage + 1), (unsigned char)i);
      x = add_block(g, &b, channels, x);
      channels = is_bottleneck ? EXPANSION * b.width : b.width;
    }
  add(g, (node_spec){.op = &op_linear, .name = "fc", .size = classes}, add(g, average, x));
}

void arch_resnet18(graph *g, const despur_net_options *options) {
  build(g, (const size_t[]){2, 2, 2, 2}, false, options->classes);
}

void arch_resnet34(graph *g, const despur_net_options *options) {
  build(g, (const size_t[]){3, 4, 6, 3}, false, options->classes);
}

void arch_resnet50(graph *g, const despur_net_options *options) {
  build(g, (const size_t[]){3, 4, 6, 3}, true, options->classes);
}
