/* Residual networks for small pictures (He et al. 2016, section 4.2): 6n + 2 layers in three stages of n
 * blocks, 16, 32 and 64 channels, shortcuts without parameters. Names of tensors are those of the usual
 * implementation in PyTorch. */
#include "nn/net.h"

#include <stdio.h>

enum { STAGES = 3, FIRST_CHANNELS = 16 };

static size_t add(graph *g, node_spec spec, size_t input) {
  spec.inputs[0] = input;
  return graph_add(g, spec);
}

/* "layerS.B." before the names of a block; empty before those of the stem. */
static size_t add_conv_norm(graph *g, const char *prefix, int number, node_spec conv, size_t input) {
  node_spec norm = {.op = &op_batch_norm};
  snprintf(conv.name, sizeof conv.name, "%sconv%d", prefix, number);
  snprintf(norm.name, sizeof norm.name, "%sbn%d", prefix, number);
  return add(g, norm, add(g, conv, input));
}

static node_spec conv_3x3(size_t channels, size_t stride) {
  return (node_spec){
      .op = &op_conv, .size = channels, .kernel = 3, .stride = stride, .padding = 1, .without_bias = true};
}

/* The main path comes first: the sum may take its place. */
static size_t add_block(graph *g, const char *prefix, size_t channels, size_t stride, size_t input) {
  const node_spec relu = {.op = &op_relu};
  size_t y = add(g, relu, add_conv_norm(g, prefix, 1, conv_3x3(channels, stride), input));
  y = add_conv_norm(g, prefix, 2, conv_3x3(channels, 1), y);
  size_t shortcut = input;
  if (stride > 1)
    shortcut = add(g, (node_spec){.op = &op_shortcut, .size = channels, .stride = stride}, input);
  return add(g, relu, graph_add(g, (node_spec){.op = &op_add, .inputs = {y, shortcut}}));
}

static void build(graph *g, size_t blocks, size_t classes) {
  const node_spec relu = {.op = &op_relu}, average = {.op = &op_average};
  size_t x = add(g, relu, add_conv_norm(g, "", 1, conv_3x3(FIRST_CHANNELS, 1), g->count));
  for (size_t stage = 0; stage < STAGES; stage++)
    for (size_t block = 0; block < blocks; block++) {
      char prefix[16];
      snprintf(prefix, sizeof prefix, "layer%hhu.%hhu.", (unsigned char)(stage + 1), (unsigned char)block);
      x = add_block(g, prefix, (size_t)FIRST_CHANNELS << stage, stage > 0 && block == 0 ? 2 : 1, x);
    }
  add(g, (node_spec){.op = &op_linear, .name = "linear", .size = classes}, add(g, average, x));
}

void arch_resnet20(graph *g, const despur_net_options *options) {
  build(g, 3, options->classes);
}

void arch_resnet56(graph *g, const despur_net_options *options) {
  build(g, 9, options->classes);
}
