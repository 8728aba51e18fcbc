/* A planned network as a table for people: what despur run --print-network shows. */
#include "nn/net.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>

size_t despur_net_parameter_count(const despur_net *net) {
  size_t count = 0;
  for (size_t i = 0; i < net->node_count; i++) count += net->nodes[i].weight_count + net->nodes[i].bias_count;
  return count;
}

size_t node_multiply_adds(const node *n) {
  return n->spec.op->multiply_adds ? n->spec.op->multiply_adds(n) : 0;
}

size_t net_multiply_adds(const despur_net *net, bool training) {
  size_t sum = 0;
  for (size_t i = 0; i < net->node_count; i++) {
    const node *n = &net->nodes[i];
    size_t forwards = node_multiply_adds(n);
    sum += forwards;
    if (training) sum += forwards * (n->in[0]->needs_delta ? 2 : 1);
  }
  return sum;
}

/* "64 x 8 x 8", or "10" where there are no rows and columns. */
static void shape_text(char out[64], block_layout layout) {
  if (layout.height == 1 && layout.width == 1)
    snprintf(out, 64, "%zu", layout.channels);
  else
    snprintf(out, 64, "%zu x %zu x %zu", layout.channels, layout.height, layout.width);
}

/* What an operation is set to. */
static void setting_text(char out[64], const node_spec *spec) {
  size_t at = 0;
  *out = 0;
  if (spec->kernel) at += (size_t)snprintf(out, 64, " %zux%zu", spec->kernel, spec->kernel);
  if (spec->op == &op_pool) at += (size_t)snprintf(out, 64, " %zux%zu", spec->size, spec->size);
  if (spec->stride > 1) at += (size_t)snprintf(out + at, 64 - at, " /%zu", spec->stride);
  if (spec->groups > 1) snprintf(out + at, 64 - at, ", %zu groups", spec->groups);
  if (spec->drop > 0) format_text(out, 64, " %g", spec->drop);
}

static void inputs_text(char out[64], const node *n) {
  size_t at = 0;
  for (size_t k = 0; k < n->input_count; k++)
    at += (size_t)snprintf(out + at, 64 - at, "%s%zu", k ? ", " : "", n->spec.inputs[k]);
}

/* How long the memory of a value is in use: the last value that is computed from it, or the way back. */
static void life_text(char out[64], const despur_net *net, size_t v) {
  const node_value *value = &net->values[v];
  size_t last = v;
  for (size_t i = 0; i < net->node_count; i++)
    for (size_t k = 0; k < net->nodes[i].input_count; k++)
      if (net->nodes[i].in[k]->root == value->root) last = i + 1;
  if (value->root != v)
    snprintf(out, 64, "in place of %zu", value->root);
  else if (value->data.region == KEPT)
    snprintf(out, 64, "kept for the way back");
  else if (value->renewed)
    snprintf(out, 64, "until %zu, and again on the way back", last);
  else
    snprintf(out, 64, "until %zu", last);
}

/* How it is computed, where that is not plain. */
static void passing_text(char out[96], const node *n) {
  char later[48] = "";
  *out = '\0';
  if (n->later && n->finishes) snprintf(later, sizeof later, ", in evaluation with %zu", n->later->index + 1);
  if (n->spec.op == &op_conv) snprintf(out, 96, "%s%s", n->winograd ? ", Winograd's products" : "", later);
  if (n->host) snprintf(out, 96, ", computed with %zu", n->host->index + 1);
}

static despur_status add_node(text *out, const despur_net *net, const node *n, despur_error *error) {
  char shape[64], setting[64], inputs[64], life[64], passing[96], what[96];
  shape_text(shape, n->out->layout);
  setting_text(setting, &n->spec);
  inputs_text(inputs, n);
  life_text(life, net, n->index + 1);
  passing_text(passing, n);
  snprintf(what, sizeof what, "%s%s", n->spec.op->name, setting);
  return text_add(out, error, "%5zu  %7zu  %-16s  %-6s  %-16s  %-14s  %10zu  %12zu  %s%s\n", n->index + 1,
                  n->segment + 1, what, inputs, n->spec.name, shape, n->weight_count + n->bias_count,
                  node_multiply_adds(n), life, passing);
}

despur_status despur_net_describe(const despur_net *net, char **out, despur_error *error) {
  despur_status status = DESPUR_OK;
  text table = {0};
  char shape[64];
  const double mebi = 0x1p-20;
  size_t blocks = block_count(net->head.options.training_batch);
  *out = NULL;
  shape_text(shape, net->values[0].layout);
  TRY(text_add(&table, error, "%5s  %7s  %-16s  %-6s  %-16s  %-14s  %10s  %12s  %s\n", "value", "segment",
               "operation", "of", "name", "shape", "parameters", "multiply-adds", "memory"));
  TRY(text_add(&table, error, "%5d  %7d  %-16s  %-6s  %-16s  %-14s  %10d  %12d  %s\n", 0, 1, "images", "", "",
               shape, 0, 0, "kept for the way back"));
  for (size_t i = 0; i < net->node_count; i++) TRY(add_node(&table, net, &net->nodes[i], error));
  TRY(text_add(&table, error,
               "\n%zu parameters, %zu multiply-adds forwards and %zu in a training step, for one example\n",
               despur_net_parameter_count(net), net_multiply_adds(net, false), net_multiply_adds(net, true)));
  TRY(text_add(
      &table, error,
      "training: %zu segment%s; a batch of %zu is %zu blocks of %d, each keeps %.2f MiB; scratch memory "
      "of a thread: %.2f MiB\n",
      net->segments, net->segments == 1 ? "" : "s, between which all blocks meet",
      net->head.options.training_batch, blocks, LANES, mebi * (double)(net->kept_floats * sizeof(float)),
      mebi * (double)(net->scratch_floats * sizeof(float))));
  *out = table.data;
  table.data = NULL;
cleanup:
  mem_free(table.data);
  return status;
}
