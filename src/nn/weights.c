/* Initial weights, and weights in safetensors files. */
#include "nn/net.h"

#include "base/math.h"
#include "base/memory.h"
#include "io/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* As PyTorch's layers begin: kaiming_uniform with a = sqrt 5, which is a bound of 1 / sqrt(fan in) (He et al.
 * 2015, section 2.2, with a gain of sqrt(1/3)), and the same for biases. Each tensor has its own random
 * stream, so that the weights of a layer do not depend on the layers before it. */
void initialise_uniform(const node *n, despur_net *net) {
  const size_t fan_in = n->weight_count / n->spec.size;
  double bound = 1 / math_sqrt((double)fan_in);
  uint64_t index = net->head.options.stage << 32 | n->index;
  random_stream weights = random_open(net->head.options.seed, "initial weight", index);
  random_stream biases = random_open(net->head.options.seed, "initial bias", index);
  for (size_t k = 0; k < n->weight_count; k++)
    net->parameters[n->weight + k] = (float)(bound * (2 * random_uniform(&weights) - 1));
  for (size_t k = 0; k < n->bias_count; k++)
    net->parameters[n->bias + k] = (float)(bound * (2 * random_uniform(&biases) - 1));
}

void net_initialise(despur_net *net) {
  for (size_t i = 0; i < net->node_count; i++)
    if (net->nodes[i].spec.op->initialise) net->nodes[i].spec.op->initialise(&net->nodes[i], net);
}

/* All tensors of the network in the order of nodes; NODE_TENSORS x node_count is room enough. */
static size_t list_tensors(const despur_net *net, tensor *out) {
  size_t count = 0;
  for (size_t i = 0; i < net->node_count; i++)
    if (net->nodes[i].spec.op->tensors)
      count += net->nodes[i].spec.op->tensors(&net->nodes[i], net, out + count);
  return count;
}

despur_status despur_net_save(const despur_net *net, const char *path, despur_error *error) {
  tensor *tensors;
  despur_status status = mem_alloc(&tensors, NODE_TENSORS * net->node_count, sizeof *tensors, error);
  if (status != DESPUR_OK) return status;
  status = safetensors_write(path, tensors, list_tensors(net, tensors), error);
  mem_free(tensors);
  return status;
}

despur_status net_list_tensors(tensor **out, size_t *count, size_t *classifier, const despur_net *net,
                               despur_error *error) {
  const node *last = &net->nodes[net->node_count - 1];
  tensor its[NODE_TENSORS];
  despur_status status = mem_alloc(out, NODE_TENSORS * net->node_count, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  *count = list_tensors(net, *out);
  *classifier = *count - last->spec.op->tensors(last, net, its);
  return DESPUR_OK;
}

void net_set_tensor(despur_net *net, const tensor *t, const float *values) {
  memcpy(net->parameters + (t->data - net->parameters), values, t->count * sizeof *values);
}

static void shape_text(char out[160], const tensor *t) {
  size_t at = 0;
  out[0] = 0;
  for (size_t i = 0; i < t->rank && at < 130; i++)
    at += (size_t)snprintf(out + at, 160 - at, "%s%zu", i ? " x " : "", t->shape[i]);
}

static despur_status check_shape(const tensor *found, const tensor *wanted, const char *path,
                                 despur_error *error) {
  if (found->rank == wanted->rank &&
      memcmp(found->shape, wanted->shape, wanted->rank * sizeof *wanted->shape) == 0)
    return DESPUR_OK;
  char expected[160], got[160];
  shape_text(expected, wanted);
  shape_text(got, found);
  return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected shape %s, found %s", path,
                   wanted->name, expected, got);
}

static despur_status check_finite(const tensor *found, const char *path, despur_error *error) {
  for (size_t k = 0; k < found->count; k++)
    if (!isfinite(found->data[k]))
      return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%s': weight %zu is not finite", path,
                       found->name, k);
  return DESPUR_OK;
}

despur_status despur_net_load(despur_net *net, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  tensor *wanted = NULL;
  tensor_file file = {0};
  TRY(mem_alloc(&wanted, NODE_TENSORS * net->node_count, sizeof *wanted, error));
  TRY(safetensors_open(&file, path, error));
  size_t count = list_tensors(net, wanted);
  for (size_t i = 0; i < count; i++) {
    const tensor *found = safetensors_find(&file, wanted[i].name);
    if (!found)
      FAIL(error, DESPUR_BAD_INPUT, "%s: no tensor '%s', which this network needs", path, wanted[i].name);
    TRY(check_shape(found, &wanted[i], path, error));
    TRY(check_finite(found, path, error));
  }
  if (file.count != count)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %zu tensors, found %zu", path, count, file.count);
  for (size_t i = 0; i < count; i++)
    net_set_tensor(net, &wanted[i], safetensors_find(&file, wanted[i].name)->data);
cleanup:
  safetensors_close(&file);
  mem_free(wanted);
  return status;
}
