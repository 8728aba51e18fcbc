/* Writing a head, alone or into a copy of a model. */
#include "despur/model.h"

#include "base/json_write.h"
#include "base/memory.h"
#include "despur/text.h"
#include "io/file.h"
#include "model/model.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

enum { ALIGNMENT = 8, LENGTH_BYTES = 8 };

/* ---- a head that a caller has made ---- */

static bool is_name(const char *name) {
  size_t length;
  for (; *name; name += length) {
    length = despur_text_character(name);
    if (length == 0 || *name == '\n') return false;
  }
  return true;
}

static despur_status check_numbers(const float *values, size_t count, const char *what, despur_error *error) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i]))
      return error_set(error, DESPUR_BAD_INPUT,
                       "the new %s: expected finite numbers, found another at number %zu", what, i);
  return DESPUR_OK;
}

/* *count = the numbers of the weight. */
static despur_status check_head(size_t *count, const despur_head *head, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (head->outputs == 0 || head->columns == 0)
    FAIL(error, DESPUR_BAD_INPUT, "expected a head with outputs and columns, found [%zu, %zu]", head->outputs,
         head->columns);
  TRY(mem_multiply(count, head->outputs, head->columns, error));
  TRY(check_numbers(head->weight, *count, "weight", error));
  TRY(check_numbers(head->bias, head->outputs, "bias", error));
cleanup:
  return status;
}

static bool has_bias(const despur_head *head) {
  for (size_t i = 0; i < head->outputs; i++)
    if (head->bias[i] != 0) return true;
  return false;
}

static despur_status too_large(const char *path, const char *name, float value, model_type type,
                               despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': %g is more than %s holds", path, name,
                   (double)value, model_type_names[type]);
}

/* ---- alone ---- */

/* Numbers in their type, one after the other. */
static despur_status write_numbers(file_writer *writer, const float *values, size_t count, model_type type,
                                   const char *name, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t bytes[8];
  for (size_t i = 0; i < count; i++) {
    if (!model_put_number(bytes, type, values[i])) return too_large(path, name, values[i], type, error);
    TRY(file_write(writer, bytes, model_type_bytes[type], error));
  }
cleanup:
  return status;
}

static void describe(json_writer *j, const char *name, const char *type, const size_t *shape, size_t rank,
                     const size_t extent[2]) {
  json_open(j, name, '{');
  json_write_text(j, "dtype", type);
  json_open(j, "shape", '[');
  for (size_t i = 0; i < rank; i++) json_write_count(j, NULL, shape[i]);
  json_close(j);
  json_open(j, "data_offsets", '[');
  for (size_t i = 0; i < 2; i++) json_write_count(j, NULL, extent[i]);
  json_close(j);
  json_close(j);
}

/* *out = the header of a safetensors file; free it with mem_free. */
static despur_status make_header(char **out, const despur_head *head, size_t count, model_type type,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t shape[] = {head->outputs, head->columns};
  size_t weight_bytes, all;
  json_writer j = {0};
  TRY(mem_multiply(&weight_bytes, count, model_type_bytes[type], error));
  if (__builtin_add_overflow(weight_bytes, head->outputs * model_type_bytes[type], &all))
    FAIL(error, DESPUR_BAD_INPUT, "the head is larger than 2^64 bytes");
  json_open(&j, NULL, '{');
  describe(&j, head->weight_name, head->type, shape, 2, (const size_t[2]){0, weight_bytes});
  if (*head->bias_name)
    describe(&j, head->bias_name, head->type, shape, 1, (const size_t[2]){weight_bytes, all});
  json_close(&j);
  TRY(json_finish(out, &j, error));
cleanup:
  return status;
}

static despur_status check_names(const despur_head *head, model_type *type, const char *path,
                                 despur_error *error) {
  *type = MODEL_F32;
  while (model_type_names[*type] && strcmp(model_type_names[*type], head->type) != 0) ++*type;
  if (!model_type_names[*type])
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected a head of type F16, BF16, F32 or F64, found '%.8s'", path, head->type);
  if (!*head->weight_name || !is_name(head->weight_name) || !is_name(head->bias_name) ||
      strcmp(head->weight_name, head->bias_name) == 0)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected two names for weight and bias, found '%.60s' and '%.60s'", path,
                     head->weight_name, head->bias_name);
  if (!*head->bias_name && has_bias(head))
    return error_set(error, DESPUR_BAD_INPUT, "%s: the head has a bias, but no name for it", path);
  return DESPUR_OK;
}

despur_status despur_head_write(const despur_head *head, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  model_type type;
  size_t count;
  char *header = NULL;
  TRY(check_head(&count, head, error));
  TRY(check_names(head, &type, path, error));
  TRY(make_header(&header, head, count, type, error));
  size_t padding = (ALIGNMENT - strlen(header) % ALIGNMENT) % ALIGNMENT;
  uint64_t length = strlen(header) + padding;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, &length, LENGTH_BYTES, error));
  TRY(file_write(writer, header, strlen(header), error));
  TRY(file_write(writer, "        ", padding, error));
  TRY(write_numbers(writer, head->weight, count, type, head->weight_name, path, error));
  if (*head->bias_name)
    TRY(write_numbers(writer, head->bias, head->outputs, type, head->bias_name, path, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  mem_free(header);
  file_writer_discard(writer);
  return status;
}

/* ---- into a copy of a model ---- */

/* Puts numbers [rows, columns] where a tensor has its own, by the strides of rows and columns. */
static despur_status put_numbers(model_file *model, const model_tensor *t, const float *values, size_t rows,
                                 size_t columns, const size_t stride[2], despur_error *error) {
  despur_status status = DESPUR_OK;
  model_place place;
  const size_t size = model_type_bytes[t->type];
  TRY(model_locate(&place, model, t, error));
  for (size_t i = 0; i < rows * columns; i++) {
    size_t at = i / columns * stride[0] + i % columns * stride[1];
    if (!model_put_number(model->data + place.begin + at * size, t->type, values[i]))
      return too_large(model->path, t->name, values[i], t->type, error);
  }
  if (place.member == 0) return DESPUR_OK;
  uint32_t sum = (uint32_t)crc32_z(0, model->data + place.member, (size_t)place.member_bytes);
  for (size_t i = 0; i < sizeof place.checksums / sizeof *place.checksums; i++)
    if (place.checksums[i] > 0) memcpy(model->data + place.checksums[i], &sum, sizeof sum);
cleanup:
  return status;
}

static despur_status check_alone(const model_file *model, const model_tensor *t, despur_error *error) {
  const model_tensor *other = model_shared(model, t);
  if (!other) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: tensor '%.60s' has numbers of '%.60s', too: changing one would change "
                   "the other",
                   model->path, other->name, t->name);
}

static despur_status check_shape(const model_file *model, const model_layer *layer, const despur_head *head,
                                 despur_error *error) {
  const model_tensor *weight = &model->tensors[layer->weight];
  size_t outputs = weight->shape[layer->transposed], columns = weight->shape[!layer->transposed];
  if (outputs == head->outputs && columns == head->columns) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: layer '%.60s' has %zu outputs of %zu columns, the new head %zu of %zu%s", model->path,
                   layer->name, outputs, columns, head->outputs, head->columns,
                   outputs == head->columns && columns == head->outputs ? ": it is transposed" : "");
}

static despur_status exchange(model_file *model, const model_layer *layer, const despur_head *head,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  const model_tensor *weight = &model->tensors[layer->weight];
  const bool turned = layer->transposed;
  const size_t strides[] = {weight->stride[turned], weight->stride[!turned]};
  if (layer->unpatched)
    FAIL(error, DESPUR_BAD_INPUT, "%s: layer '%.60s': %s", model->path, layer->name, layer->unpatched);
  TRY(check_shape(model, layer, head, error));
  TRY(check_alone(model, weight, error));
  TRY(put_numbers(model, weight, head->weight, head->outputs, head->columns, strides, error));
  if (layer->bias == MODEL_NONE) {
    if (!has_bias(head)) return DESPUR_OK;
    FAIL(error, DESPUR_BAD_INPUT, "%s: layer '%.60s' has no bias, the new head has one", model->path,
         layer->name);
  }
  const model_tensor *bias = &model->tensors[layer->bias];
  /* of the shapes [outputs], [1, outputs] and [outputs, 1] */
  size_t step = 1;
  for (size_t i = 0; i < bias->rank; i++)
    if (bias->shape[i] > 1) step = bias->stride[i];
  TRY(check_alone(model, bias, error));
  TRY(put_numbers(model, bias, head->bias, head->outputs, 1, (const size_t[]){step, 0}, error));
cleanup:
  return status;
}

static despur_status write_copy(const model_file *model, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *writer = NULL;
  TRY(file_writer_open(&writer, path, error));
  TRY(file_write(writer, model->data, model->bytes, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  return status;
}

/* The copy must not take the model's place. */
static despur_status check_path(const char *model, const char *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *one = NULL, *two = NULL;
  if (!file_exists(model) || !file_exists(out)) return DESPUR_OK;
  TRY(file_resolve(&one, model, error));
  TRY(file_resolve(&two, out, error));
  if (strcmp(one, two) == 0)
    FAIL(error, DESPUR_BAD_USAGE, "%s: expected another path for the copy than that of the model", out);
cleanup:
  mem_free(one);
  mem_free(two);
  return status;
}

despur_status despur_model_patch(const char *spec, const char *out, const despur_head *new_head,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  model_file model = {0};
  const model_layer *layer;
  const char *name;
  char *path = NULL;
  size_t count;
  TRY(check_head(&count, new_head, error));
  TRY(model_split(&path, &name, spec, error));
  TRY(check_path(path, out, error));
  TRY(model_open(&model, path, error));
  TRY(model_find_layer(&layer, &model, name ? name : new_head->weight_name, error));
  TRY(exchange(&model, layer, new_head, error));
  TRY(write_copy(&model, out, error));
cleanup:
  model_close(&model);
  mem_free(path);
  return status;
}
