/* EfficientNet-Lite0 (Tan and Le 2019; the Lite variants of TensorFlow: ReLU6, no squeeze and excitation),
 * for fine tuning of given weights: batch norm is folded into the convolutions, which have biases instead, so
 * from random weights it hardly trains. Padding is TensorFlow's "same", for sizes that are multiples of 32.
 */
#include "nn/net.h"

#include <stdio.h>

enum { REDUCED = 32, STEM = 32, HEAD = 1280 };

/* Blocks with the same shape: how many, the kernel of their depthwise convolution, the stride of the first,
 * by how much channels are expanded in between, and how many come out. */
static const struct {
  size_t blocks, kernel, stride, expansion, channels;
} STAGES[] = {{1, 3, 1, 1, 16},  {2, 3, 2, 6, 24},  {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80},
              {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}};

static size_t add(graph *g, node_spec spec, size_t input) {
  spec.inputs[0] = input;
  return graph_add(g, spec);
}

/* "same": with stride 2 and an even size there is one zero more behind. */
static node_spec window(size_t kernel, size_t channels, size_t stride) {
  return (node_spec){.op = &op_conv,
                     .size = channels,
                     .kernel = kernel,
                     .stride = stride,
                     .padding = (kernel - stride) / 2,
                     .behind = kernel > 1 ? stride - 1 : 0};
}

static size_t add_conv(graph *g, const char *prefix, const char *name, node_spec conv, size_t input) {
  snprintf(conv.name, sizeof conv.name, "%s%s", prefix, name);
  return add(g, conv, input);
}

static size_t add_block(graph *g, size_t number, size_t stage, bool first, size_t channels, size_t input) {
  const node_spec relu6 = {.op = &op_relu6};
  const size_t wide = STAGES[stage].expansion * channels;
  char prefix[12];
  snprintf(prefix, sizeof prefix, "block%hhu.", (unsigned char)number);
  size_t x = input;
  if (STAGES[stage].expansion > 1) x = add(g, relu6, add_conv(g, prefix, "expand", window(1, wide, 1), x));
  node_spec depthwise = window(STAGES[stage].kernel, wide, first ? STAGES[stage].stride : 1);
  depthwise.groups = wide;
  x = add(g, relu6, add_conv(g, prefix, "depthwise", depthwise, x));
  x = add_conv(g, prefix, "project", window(1, STAGES[stage].channels, 1), x);
  return first ? x : graph_add(g, (node_spec){.op = &op_add, .inputs = {x, input}});
}

void arch_efficientnet_lite0(graph *g, const despur_net_options *options) {
  const node_spec relu6 = {.op = &op_relu6}, average = {.op = &op_average};
  if (options->input.height % REDUCED != 0 || options->input.width % REDUCED != 0) {
    g->status = error_set(g->error, DESPUR_BAD_INPUT,
                          "efficientnet_lite0 takes pictures of multiples of %d pixels, found %zu x %zu",
                          REDUCED, options->input.height, options->input.width);
    return;
  }
  size_t x = add(g, relu6, add_conv(g, "", "stem", window(3, STEM, 2), g->count));
  size_t channels = STEM, number = 0;
  for (size_t stage = 0; stage < sizeof STAGES / sizeof *STAGES; stage++)
    for (size_t i = 0; i < STAGES[stage].blocks; i++) {
      x = add_block(g, number++, stage, i == 0, channels, x);
      channels = STAGES[stage].channels;
    }
  x = add(g, relu6, add_conv(g, "", "head", window(1, HEAD, 1), x));
  add(g, (node_spec){.op = &op_linear, .name = "fc", .size = options->classes}, add(g, average, x));
}
