/* Opening a model: which format it is, and the linear layers of those that are plain lists of tensors. */
#include "model/model.h"

#include "base/dictionary.h"
#include "base/memory.h"
#include "io/file.h"

#include <string.h>

/* protobuf ends at 2 GB, and one file is in memory as a whole. */
static const size_t MOST_BYTES = (size_t)1 << 34;

static const char WEIGHT[] = "weight", BIAS[] = "bias";

despur_status model_split(char **file, const char **name, const char *spec, despur_error *error) {
  despur_status status = mem_copy_text(file, spec, error);
  *name = NULL;
  if (status != DESPUR_OK || file_exists(spec)) return status;
  for (char *colon = strchr(*file, ':'); colon; colon = strchr(colon + 1, ':')) {
    *colon = 0;
    if (file_exists(*file)) {
      *name = spec + (colon - *file) + 1;
      return DESPUR_OK;
    }
    *colon = ':';
  }
  return DESPUR_OK; /* opening it will say that it is not there */
}

/* The last characters of a name are "weight". */
static bool is_weight(const model_tensor *t) {
  size_t length = strlen(t->name);
  return t->rank == 2 && t->type != MODEL_OTHER && length >= strlen(WEIGHT) &&
         strcmp(t->name + length - strlen(WEIGHT), WEIGHT) == 0;
}

/* Numbers the names of all tensors, each with that of its tensor. */
static despur_status number_names(dictionary *out, const model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t index;
  for (size_t i = 0; i < model->count; i++) {
    const char *name = model->tensors[i].name;
    TRY(dictionary_add(&index, out, name, strlen(name), error));
    if (index != i) FAIL(error, DESPUR_BAD_INPUT, "%s: two tensors have the name '%.60s'", model->path, name);
  }
cleanup:
  return status;
}

/* X.bias of X.weight. */
static despur_status find_bias(ptrdiff_t *out, const model_file *model, const model_tensor *weight,
                               const dictionary *names, despur_error *error) {
  char *name;
  uint32_t index;
  despur_status status = mem_copy_text(&name, weight->name, error);
  *out = MODEL_NONE;
  if (status != DESPUR_OK) return status;
  size_t length = strlen(name) - strlen(WEIGHT) + strlen(BIAS);
  memcpy(name + strlen(name) - strlen(WEIGHT), BIAS, sizeof BIAS);
  if (dictionary_find(&index, names, name, length) && model->tensors[index].rank == 1 &&
      model->tensors[index].count == weight->shape[0])
    *out = (ptrdiff_t)index;
  mem_free(name);
  return DESPUR_OK;
}

/* Every X.weight of rank 2 is a layer X. */
static despur_status pair_layers(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary names = {0};
  TRY(number_names(&names, model, error));
  for (size_t i = 0; i < model->count; i++) {
    const model_tensor *t = &model->tensors[i];
    model_layer *layer;
    if (!is_weight(t)) continue;
    size_t length = strlen(t->name) - strlen(WEIGHT);
    TRY(model_add_layer(&layer, model, t->name, length > 0 ? length - 1 : 0, error));
    layer->weight = i;
    TRY(find_bias(&layer->bias, model, t, &names, error));
  }
cleanup:
  dictionary_release(&names);
  return status;
}

static bool starts_with(const model_file *model, const void *bytes, size_t count) {
  return model->bytes >= count && memcmp(model->data, bytes, count) == 0;
}

static bool is_safetensors(const model_file *model) {
  uint64_t header;
  if (model->bytes < 9) return false;
  memcpy(&header, model->data, sizeof header);
  return model->data[8] == '{' && header >> 40 == 0; /* the first bytes of ONNX would be a larger number */
}

static despur_status read_as_it_is(model_file *model, despur_error *error) {
  if (starts_with(model, "PK\3\4", 4)) {
    model->format = MODEL_TORCH_ZIP;
    return model_read_torch_zip(model, error);
  }
  if (starts_with(model, "\x80\2", 2) || starts_with(model, "\x80\4", 2)) {
    model->format = MODEL_TORCH_OLD;
    return model_read_torch_old(model, error);
  }
  if (is_safetensors(model)) {
    model->format = MODEL_SAFETENSORS;
    return model_read_safetensors(model, error);
  }
  model->format = MODEL_ONNX;
  return model_read_onnx(model, error);
}

despur_status model_open(model_file *out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (model_file){0};
  TRY(mem_copy_text(&out->path, path, error));
  TRY(file_read((char **)&out->data, &out->bytes, path, MOST_BYTES, error));
  TRY(read_as_it_is(out, error));
  if (out->format != MODEL_ONNX) TRY(pair_layers(out, error));
cleanup:
  return status;
}
