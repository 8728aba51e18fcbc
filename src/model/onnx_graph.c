#include "model/onnx.h"

#include "base/memory.h"
#include "base/text.h"
#include "despur/text.h"
#include "model/wire.h"

#include <string.h>

/* ---- walking ---- */

/* Calls visit for the messages of that field in every part of the graph. The model has been read, so its
 * messages are good. */
typedef despur_status field_visit(void *context, wire message, despur_error *error);

static despur_status each_field(const model_file *model, uint64_t number, field_visit *visit, void *context,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  wire in = {.at = model->data, .end = model->data + model->bytes};
  wire_field outer, inner;
  while (wire_next(&in, &outer))
    while (outer.number == MODEL_GRAPH && outer.type == WIRE_BYTES && wire_next(&outer.bytes, &inner))
      if (inner.number == number && inner.type == WIRE_BYTES) TRY(visit(context, inner.bytes, error));
cleanup:
  return status;
}

static despur_status copy(char **out, const wire *from, despur_error *error) {
  despur_status status = mem_alloc(out, wire_length(from) + 1, 1, error);
  if (status == DESPUR_OK && from->at) memcpy(*out, from->at, wire_length(from));
  return status;
}

typedef struct walk {
  onnx_visit *visit;
  void *context;
} walk;

static despur_status visit_value(const walk *w, const wire *operation, const wire *value,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  char *what = NULL, *name = NULL;
  TRY(copy(&what, operation, error));
  TRY(copy(&name, value, error));
  if (*name) TRY(w->visit(w->context, what, name, error)); /* an output that is left out has no name */
cleanup:
  mem_free(what);
  mem_free(name);
  return status;
}

static despur_status visit_node(void *context, wire message, despur_error *error) {
  despur_status status = DESPUR_OK;
  wire in = message, operation = {0};
  wire_field f;
  while (wire_next(&in, &f))
    if (f.number == NODE_OPERATION) operation = f.bytes;
  in = message;
  while (wire_next(&in, &f))
    if (f.number == NODE_OUTPUT) TRY(visit_value(context, &operation, &f.bytes, error));
cleanup:
  return status;
}

despur_status onnx_each_value(const model_file *model, onnx_visit *visit, void *context,
                              despur_error *error) {
  walk w = {visit, context};
  return each_field(model, GRAPH_NODE, visit_node, &w, error);
}

typedef struct maker {
  const char *value;
  char *operation, *input;
} maker;

static despur_status compare_node(void *context, wire message, despur_error *error) {
  despur_status status = DESPUR_OK;
  maker *m = context;
  wire in = message, operation = {0}, input = {0};
  wire_field f;
  bool makes = false;
  while (wire_next(&in, &f)) {
    if (f.number == NODE_OPERATION) operation = f.bytes;
    if (f.number == NODE_INPUT && !input.at) input = f.bytes;
    if (f.number == NODE_OUTPUT && wire_is(&f.bytes, m->value)) makes = true;
  }
  if (!makes || m->operation) return DESPUR_OK;
  TRY(copy(&m->operation, &operation, error));
  if (input.at) TRY(copy(&m->input, &input, error));
cleanup:
  return status;
}

despur_status onnx_maker(char **operation, char **input, const model_file *model, const char *value,
                         despur_error *error) {
  maker m = {.value = value};
  despur_status status = each_field(model, GRAPH_NODE, compare_node, &m, error);
  *operation = m.operation;
  *input = m.input;
  return status;
}

/* ---- names ---- */

static despur_status add_name(void *context, const char *operation, const char *value, despur_error *error) {
  (void)operation;
  return text_list_add(context, value, error);
}

despur_status onnx_check_value(const model_file *model, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list values = {0};
  const char **names = NULL, *nearest;
  bool found = false;
  TRY(onnx_each_value(model, add_name, &values, error));
  for (size_t i = 0; i < values.count; i++) found |= strcmp(values.items[i], name) == 0;
  if (found) goto cleanup;
  TRY(mem_alloc(&names, values.count + 1, sizeof *names, error));
  for (size_t i = 0; i < values.count; i++) names[i] = values.items[i];
  nearest = despur_nearest_word(name, names);
  FAIL(error, DESPUR_BAD_INPUT, "%s: no node makes a value '%.80s'%s%.80s%s; --list shows all of them",
       model->path, name, nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
cleanup:
  mem_free(names);
  text_list_release(&values);
  return status;
}

/* ---- more outputs ---- */

typedef struct sought {
  const char *name;
  bool found;
} sought;

static despur_status compare_output(void *context, wire message, despur_error *error) {
  sought *s = context;
  wire_field f;
  (void)error;
  while (wire_next(&message, &f))
    if (f.number == VALUE_NAME && wire_is(&f.bytes, s->name)) s->found = true;
  return DESPUR_OK;
}

static uint8_t *put_varint(uint8_t *out, size_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = (uint8_t)(value | 0x80);
  *out++ = (uint8_t)value;
  return out;
}

static uint8_t *put_header(uint8_t *out, uint64_t field, size_t length) {
  return put_varint(put_varint(out, (size_t)(field << 3 | WIRE_BYTES)), length);
}

static size_t varint_length(size_t value) {
  size_t length = 1;
  while (value >>= 7) length++;
  return length;
}

/* graph { output { name } } */
static uint8_t *put_output(uint8_t *out, const char *name) {
  size_t length = strlen(name), value = 1 + varint_length(length) + length;
  size_t graph = 1 + varint_length(value) + value;
  out = put_header(out, MODEL_GRAPH, graph);
  out = put_header(out, GRAPH_OUTPUT, value);
  out = put_header(out, VALUE_NAME, length);
  while (*name) *out++ = (uint8_t)*name++;
  return out;
}

despur_status onnx_add_outputs(uint8_t **bytes, size_t *count, const model_file *model,
                               const char *const *names, size_t name_count, despur_error *error) {
  enum { HEADERS = 64 };
  despur_status status = DESPUR_OK;
  size_t room = model->bytes;
  for (size_t i = 0; i < name_count; i++) room += strlen(names[i]) + HEADERS;
  TRY(mem_alloc(bytes, room, 1, error));
  memcpy(*bytes, model->data, model->bytes);
  uint8_t *end = *bytes + model->bytes;
  for (size_t i = 0; i < name_count; i++) {
    sought s = {names[i], false};
    TRY(each_field(model, GRAPH_OUTPUT, compare_output, &s, error));
    for (size_t k = 0; k < i; k++) s.found |= strcmp(names[k], names[i]) == 0;
    if (!s.found) end = put_output(end, names[i]);
  }
  *count = (size_t)(end - *bytes);
cleanup:
  return status;
}
