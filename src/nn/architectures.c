/* The architectures, as graphs.
 *
 * ReLU stands after max pooling although papers draw it before: the two commute (both are monotone),
 * gradients included, and ReLU on the pooled map touches a quarter of the values and spares keeping the map
 * before it. */
#include "nn/net.h"

static const node_spec LENET[] = {
    {.op = &op_conv, .name = "conv1", .size = 6, .kernel = 5, .stride = 1, .padding = 2},
    {.op = &op_pool, .size = 2, .stride = 2},
    {.op = &op_relu},
    {.op = &op_conv, .name = "conv2", .size = 16, .kernel = 5, .stride = 1},
    {.op = &op_pool, .size = 2, .stride = 2},
    {.op = &op_relu},
    {.op = &op_linear, .name = "fc1", .size = 120},
    {.op = &op_relu},
    {.op = &op_linear, .name = "fc2", .size = 84},
    {.op = &op_relu},
    {.op = &op_linear, .name = "classifier"},
};

static const node_spec MLP[] = {
    {.op = &op_linear, .name = "fc1", .size = 512},
    {.op = &op_relu},
    {.op = &op_dropout},
    {.op = &op_linear, .name = "fc2", .size = 256},
    {.op = &op_relu},
    {.op = &op_linear, .name = "classifier"},
};

static const node_spec LINEAR[] = {
    {.op = &op_linear, .name = "classifier"},
};

/* Each node reads the one before it. */
static void build_chain(graph *g, const node_spec *nodes, size_t count, const despur_net_options *options) {
  for (size_t i = 0; i < count; i++) {
    node_spec spec = nodes[i];
    spec.inputs[0] = g->count;
    if (spec.op == &op_dropout) spec.drop = options->dropout;
    if (i + 1 == count) spec.size = options->classes;
    graph_add(g, spec);
  }
}

void arch_lenet(graph *g, const despur_net_options *options) {
  build_chain(g, LENET, sizeof LENET / sizeof *LENET, options);
}

void arch_mlp(graph *g, const despur_net_options *options) {
  build_chain(g, MLP, sizeof MLP / sizeof *MLP, options);
}

void arch_linear(graph *g, const despur_net_options *options) {
  build_chain(g, LINEAR, sizeof LINEAR / sizeof *LINEAR, options);
}

#define NAME_OF(NAME, name)     [DESPUR_##NAME] = #name,
#define FUNCTION_OF(NAME, name) [DESPUR_##NAME] = arch_##name,
const char *const despur_arch_names[] = {DESPUR_ARCHITECTURES(NAME_OF) NULL};
static architecture *const ARCHITECTURES[] = {DESPUR_ARCHITECTURES(FUNCTION_OF)};

bool architecture_known(despur_arch arch) {
  return (size_t)arch < sizeof ARCHITECTURES / sizeof *ARCHITECTURES && ARCHITECTURES[arch];
}

/* Pictures that are to be normalised are, before anything else. */
void architecture_build(graph *g, const despur_net_options *options) {
  if (options->normalised_channels > 0) graph_add(g, (node_spec){.op = &op_normalise});
  ARCHITECTURES[options->arch](g, options);
}
