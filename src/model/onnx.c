/* The tensors and the linear layers of an ONNX model: initializers, and the nodes that multiply by one. */
#include "model/onnx.h"

#include "base/dictionary.h"
#include "base/memory.h"
#include "model/wire.h"

#include <string.h>

enum {
  TENSOR_DIMS = 1,
  TENSOR_DATA_TYPE = 2,
  TENSOR_FLOAT_DATA = 4,
  TENSOR_INT32_DATA = 5,
  TENSOR_NAME = 8,
  TENSOR_RAW_DATA = 9,
  TENSOR_DOUBLE_DATA = 10,
  TENSOR_LOCATION = 14
};
enum { ONNX_FLOAT = 1, ONNX_FLOAT16 = 10, ONNX_DOUBLE = 11, ONNX_BFLOAT16 = 16 };

/* What nodes need to know of the values that they read. */
typedef struct graph {
  model_file *model;
  dictionary initializers; /* tensors by name: same indices */
  dictionary products;     /* outputs of products without bias */
  size_t *product_layers;  /* [products] */
  size_t *uses;            /* [initializers] how many nodes read them */
  size_t product_room;
  despur_error *error;
} graph;

static despur_status damaged(const model_file *model, despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: expected safetensors, a state dictionary of PyTorch or ONNX, found none of them "
                   "(truncated file?)",
                   model->path);
}

/* ---- initializers ---- */

typedef struct initializer {
  size_t shape[MODEL_MAX_RANK], rank;
  uint64_t type, location;
  wire name, raw, packed; /* packed: float_data or double_data */
  size_t pieces;          /* of packed */
  bool has_int32;
} initializer;

static void add_dimension(initializer *i, uint64_t size) {
  if (i->rank < MODEL_MAX_RANK) i->shape[i->rank] = (size_t)size;
  i->rank++;
}

static bool take_initializer(initializer *out, wire in) {
  wire_field f;
  *out = (initializer){0};
  while (wire_next(&in, &f)) {
    switch (f.number) {
    case TENSOR_DIMS:
      if (f.type == WIRE_VARINT) add_dimension(out, f.value);
      while (f.type == WIRE_BYTES && f.bytes.at < f.bytes.end && !f.bytes.bad)
        add_dimension(out, wire_varint(&f.bytes));
      if (f.bytes.bad) return false;
      break;
    case TENSOR_DATA_TYPE:
      out->type = f.value;
      break;
    case TENSOR_NAME:
      out->name = f.bytes;
      break;
    case TENSOR_RAW_DATA:
      out->raw = f.bytes;
      break;
    case TENSOR_FLOAT_DATA:
    case TENSOR_DOUBLE_DATA:
      out->packed = f.bytes;
      out->pieces++;
      break;
    case TENSOR_INT32_DATA:
      out->has_int32 = true;
      break;
    case TENSOR_LOCATION:
      out->location = f.value;
      break;
    default:
      break;
    }
  }
  return !in.bad;
}

const char onnx_external[] =
    "its numbers are in another file (external data); save the model with its data inside";

/* Type and place of the numbers, or why they cannot be had. */
static void place_numbers(model_tensor *t, const initializer *i, const model_file *model) {
  static const struct {
    uint64_t number;
    model_type type;
  } TYPES[] = {{ONNX_FLOAT, MODEL_F32},
               {ONNX_FLOAT16, MODEL_F16},
               {ONNX_DOUBLE, MODEL_F64},
               {ONNX_BFLOAT16, MODEL_BF16}};
  for (size_t k = 0; k < sizeof TYPES / sizeof *TYPES; k++)
    if (i->type == TYPES[k].number) t->type = TYPES[k].type;
  if (t->type == MODEL_OTHER) return;
  const wire *numbers = i->raw.at ? &i->raw : &i->packed;
  size_t bytes;
  if (i->location)
    t->unreadable = onnx_external;
  else if (!i->raw.at && i->has_int32)
    t->unreadable = "its numbers are in int32_data; expected raw_data, float_data or double_data";
  else if (!i->raw.at && i->pieces > 1)
    t->unreadable = "its numbers are not in one piece";
  else if (__builtin_mul_overflow(t->count, model_type_bytes[t->type], &bytes) ||
           bytes != wire_length(numbers))
    t->unreadable = "its shape and its numbers do not go together";
  else if (bytes > 0)
    t->offset = (uint64_t)(numbers->at - model->data);
}

static despur_status add_initializer(graph *g, wire in) {
  despur_status status = DESPUR_OK;
  initializer i;
  model_tensor *t;
  uint32_t index;
  if (!take_initializer(&i, in)) return damaged(g->model, g->error);
  const char *name = i.name.at ? (const char *)i.name.at : "";
  TRY(dictionary_add(&index, &g->initializers, name, wire_length(&i.name), g->error));
  if (index != g->model->count)
    FAIL(g->error, DESPUR_BAD_INPUT, "%s: two initializers have the name '%.60s'", g->model->path,
         dictionary_key(&g->initializers, index));
  TRY(model_add_tensor(&t, g->model, name, wire_length(&i.name), i.shape, i.rank, g->error));
  place_numbers(t, &i, g->model);
cleanup:
  return status;
}

/* ---- nodes ---- */

enum { MOST_INPUTS = 3 };

typedef struct node {
  wire operation, name, output, inputs[MOST_INPUTS];
  size_t input_count;
  float alpha, beta;
  uint64_t transposes_a, transposes_b;
} node;

static bool take_attribute(node *out, wire in) {
  wire_field f;
  wire name = {0};
  uint64_t whole = 0;
  float number = 0;
  while (wire_next(&in, &f)) {
    if (f.number == ATTRIBUTE_NAME) name = f.bytes;
    if (f.number == ATTRIBUTE_INT) whole = f.value;
    if (f.number == ATTRIBUTE_FLOAT) memcpy(&number, &f.value, sizeof number);
  }
  if (in.bad || !name.at) return !in.bad;
  if (wire_is(&name, "alpha")) out->alpha = number;
  if (wire_is(&name, "beta")) out->beta = number;
  if (wire_is(&name, "transA")) out->transposes_a = whole;
  if (wire_is(&name, "transB")) out->transposes_b = whole;
  return true;
}

/* Which tensor a value is, or MODEL_NONE. */
static ptrdiff_t initializer_of(const graph *g, const wire *value) {
  uint32_t index;
  if (!value->at || !dictionary_find(&index, &g->initializers, value->at, wire_length(value)))
    return MODEL_NONE;
  return (ptrdiff_t)index;
}

static bool take_node(graph *g, node *out, wire in) {
  wire_field f;
  *out = (node){.alpha = 1, .beta = 1};
  while (wire_next(&in, &f)) {
    ptrdiff_t read = MODEL_NONE;
    switch (f.number) {
    case NODE_INPUT:
      read = initializer_of(g, &f.bytes);
      if (read != MODEL_NONE) g->uses[read]++;
      if (out->input_count < MOST_INPUTS) out->inputs[out->input_count] = f.bytes;
      out->input_count++;
      break;
    case NODE_OUTPUT:
      if (!out->output.at) out->output = f.bytes;
      break;
    case NODE_NAME:
      out->name = f.bytes;
      break;
    case NODE_OPERATION:
      out->operation = f.bytes;
      break;
    case NODE_ATTRIBUTE:
      if (!take_attribute(out, f.bytes)) return false;
      break;
    default:
      break;
    }
  }
  return !in.bad;
}

static despur_status copy(char **out, const wire *from, despur_error *error) {
  despur_status status = mem_alloc(out, wire_length(from) + 1, 1, error);
  if (status == DESPUR_OK && from->at) memcpy(*out, from->at, wire_length(from));
  return status;
}

static despur_status add_layer(graph *g, const node *n, ptrdiff_t weight, bool transposed) {
  despur_status status = DESPUR_OK;
  model_layer *layer;
  const wire *name = n->name.at && wire_length(&n->name) > 0 ? &n->name : &n->output;
  TRY(model_add_layer(&layer, g->model, name->at ? (const char *)name->at : "", wire_length(name), g->error));
  layer->weight = (size_t)weight;
  layer->transposed = transposed;
  TRY(copy(&layer->input, &n->inputs[0], g->error));
  TRY(copy(&layer->output, &n->output, g->error));
cleanup:
  return status;
}

/* Whether a tensor can be the bias of a layer. */
static bool fits(const graph *g, const model_layer *layer, ptrdiff_t bias) {
  const model_tensor *w = &g->model->tensors[layer->weight];
  return bias != MODEL_NONE && g->model->tensors[bias].count == w->shape[layer->transposed];
}

static despur_status add_gemm(graph *g, const node *n) {
  despur_status status = DESPUR_OK;
  ptrdiff_t weight = initializer_of(g, &n->inputs[1]), bias = initializer_of(g, &n->inputs[2]);
  if (weight == MODEL_NONE || g->model->tensors[weight].rank != 2) return DESPUR_OK;
  TRY(add_layer(g, n, weight, n->transposes_b == 0));
  model_layer *layer = &g->model->layers[g->model->layer_count - 1];
  bool has_bias = n->inputs[2].at && wire_length(&n->inputs[2]) > 0;
  if (n->transposes_a || n->alpha != 1 || n->beta != 1)
    layer->unpatched = "expected a Gemm with alpha = beta = 1 that does not transpose its input";
  else if (has_bias && !fits(g, layer, bias))
    layer->unpatched = "expected a bias with one number for each output, kept as an initializer";
  else if (has_bias)
    layer->bias = bias;
cleanup:
  return status;
}

static despur_status add_product(graph *g, const node *n) {
  despur_status status = DESPUR_OK;
  uint32_t index;
  ptrdiff_t weight = initializer_of(g, &n->inputs[1]);
  if (weight == MODEL_NONE || g->model->tensors[weight].rank != 2 || !n->output.at) return DESPUR_OK;
  TRY(add_layer(g, n, weight, true));
  TRY(dictionary_add(&index, &g->products, n->output.at, wire_length(&n->output), g->error));
  if (index >= g->product_room) {
    size_t room = g->product_room ? 2 * g->product_room : 16;
    TRY(mem_grow(&g->product_layers, g->product_room, room, sizeof *g->product_layers, g->error));
    g->product_room = room;
  }
  g->product_layers[index] = g->model->layer_count - 1;
cleanup:
  return status;
}

/* The bias of a product stands on either side. */
static despur_status add_bias(graph *g, const node *n) {
  despur_status status = DESPUR_OK;
  uint32_t index;
  for (int side = 0; side < 2; side++) {
    const wire *value = &n->inputs[side];
    ptrdiff_t bias = initializer_of(g, &n->inputs[1 - side]);
    if (!value->at || !dictionary_find(&index, &g->products, value->at, wire_length(value))) continue;
    model_layer *layer = &g->model->layers[g->product_layers[index]];
    if (layer->bias != MODEL_NONE || !fits(g, layer, bias)) continue;
    layer->bias = bias;
    mem_free(layer->output);
    TRY(copy(&layer->output, &n->output, g->error));
  }
cleanup:
  return status;
}

static despur_status add_node(graph *g, wire in) {
  node n;
  if (!take_node(g, &n, in)) return damaged(g->model, g->error);
  if (!n.operation.at) return DESPUR_OK;
  if (wire_is(&n.operation, "Gemm")) return add_gemm(g, &n);
  if (wire_is(&n.operation, "MatMul")) return add_product(g, &n);
  return wire_is(&n.operation, "Add") ? add_bias(g, &n) : DESPUR_OK;
}

/* Calls visit for every field of that number in every part of the graph: a message that is there several
 * times is their sum. *bad becomes true when it is no message. */
static despur_status each(graph *g, uint64_t number, despur_status (*visit)(graph *, wire), size_t *seen) {
  despur_status status = DESPUR_OK;
  wire in = {.at = g->model->data, .end = g->model->data + g->model->bytes};
  wire_field outer, inner;
  while (wire_next(&in, &outer)) {
    if (outer.number != MODEL_GRAPH || outer.type != WIRE_BYTES) continue;
    while (wire_next(&outer.bytes, &inner)) {
      if (inner.number != number || inner.type != WIRE_BYTES) continue;
      TRY(visit(g, inner.bytes));
      ++*seen;
    }
    if (outer.bytes.bad) return damaged(g->model, g->error);
  }
  if (in.bad) status = damaged(g->model, g->error);
cleanup:
  return status;
}

/* Weights that several nodes read are not the layer's alone. */
static void mark_shared(graph *g) {
  for (size_t i = 0; i < g->model->layer_count; i++) {
    model_layer *layer = &g->model->layers[i];
    if (g->uses[layer->weight] > 1 || (layer->bias != MODEL_NONE && g->uses[layer->bias] > 1))
      layer->unpatched = "other nodes read its numbers, too";
  }
}

despur_status model_read_onnx(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  graph g = {.model = model, .error = error};
  size_t initializers = 0, nodes = 0;
  TRY(each(&g, GRAPH_INITIALIZER, add_initializer, &initializers));
  TRY(mem_alloc(&g.uses, initializers, sizeof *g.uses, error));
  TRY(each(&g, GRAPH_NODE, add_node, &nodes));
  if (nodes == 0) TRY(damaged(model, error));
  mark_shared(&g);
cleanup:
  dictionary_release(&g.initializers);
  dictionary_release(&g.products);
  mem_free(g.product_layers);
  mem_free(g.uses);
  return status;
}
