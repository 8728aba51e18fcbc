/* The architectures, as lists of layers.
 *
 * ReLU stands after max pooling although papers draw it before: the two commute (both are monotone),
 * gradients included, and ReLU on the pooled map touches a quarter of the values and spares keeping the map
 * before it. */
#include "base/memory.h"
#include "nn/net.h"

#include <string.h>

static const layer_spec LENET[] = {
    {.kind = LAYER_CONV, .name = "conv1", .size = 6, .kernel = 5, .stride = 1, .padding = 2},
    {.kind = LAYER_POOL, .size = 2, .stride = 2},
    {.kind = LAYER_RELU},
    {.kind = LAYER_CONV, .name = "conv2", .size = 16, .kernel = 5, .stride = 1},
    {.kind = LAYER_POOL, .size = 2, .stride = 2},
    {.kind = LAYER_RELU},
    {.kind = LAYER_LINEAR, .name = "fc1", .size = 120},
    {.kind = LAYER_RELU},
    {.kind = LAYER_LINEAR, .name = "fc2", .size = 84},
    {.kind = LAYER_RELU},
    {.kind = LAYER_LINEAR, .name = "classifier"},
};

static const layer_spec MLP[] = {
    {.kind = LAYER_LINEAR, .name = "fc1", .size = 512},
    {.kind = LAYER_RELU},
    {.kind = LAYER_DROPOUT},
    {.kind = LAYER_LINEAR, .name = "fc2", .size = 256},
    {.kind = LAYER_RELU},
    {.kind = LAYER_LINEAR, .name = "classifier"},
};

static const layer_spec LINEAR[] = {
    {.kind = LAYER_LINEAR, .name = "classifier"},
};

static const struct {
  const layer_spec *layers;
  size_t count;
} ARCHITECTURES[] = {[DESPUR_LENET] = {LENET, sizeof LENET / sizeof *LENET},
                     [DESPUR_MLP] = {MLP, sizeof MLP / sizeof *MLP},
                     [DESPUR_ARCH_LINEAR] = {LINEAR, sizeof LINEAR / sizeof *LINEAR}};

despur_status architecture_layers(layer_spec **out, size_t *count, const despur_net_options *options,
                                  despur_error *error) {
  const layer_spec *layers = ARCHITECTURES[options->arch].layers;
  *count = ARCHITECTURES[options->arch].count;
  despur_status status = mem_alloc(out, *count, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < *count; i++) {
    (*out)[i] = layers[i];
    if (layers[i].kind == LAYER_DROPOUT) (*out)[i].drop = options->dropout;
  }
  (*out)[*count - 1].size = options->classes;
  return DESPUR_OK;
}
