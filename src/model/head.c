/* The last layer of a model: finding it by its name, reading it, writing it, and exchanging it. */
#include "despur/model.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/text.h"
#include "despur/text.h"
#include "io/file.h"
#include "model/model.h"

#include <math.h>
#include <string.h>

/* ---- finding ---- */

/* " 'fc' [10, 512], 'aux' [10, 128] and 3 more" */
static despur_status list_layers(text *out, const model_file *model, despur_error *error) {
  enum { SHOWN = 6 };
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < model->layer_count && i < SHOWN; i++) {
    const model_layer *layer = &model->layers[i];
    TRY(text_add(out, error, "%s'%.60s' %s", i ? ", " : "", layer->name,
                 model_shape_text(&model->tensors[layer->weight]).text));
  }
  if (model->layer_count > SHOWN) TRY(text_add(out, error, " and %zu more", model->layer_count - SHOWN));
cleanup:
  return status;
}

/* The name of a layer, or of a weight, that is nearest to what was asked for; NULL when none is near. */
static despur_status find_nearest(const char **out, const model_file *model, const char *name,
                                  despur_error *error) {
  const char **names;
  despur_status status = mem_alloc(&names, 2 * model->layer_count + 1, sizeof *names, error);
  *out = NULL;
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < model->layer_count; i++) {
    names[2 * i] = model->layers[i].name;
    names[2 * i + 1] = model->tensors[model->layers[i].weight].name;
  }
  *out = despur_nearest_word(name, names);
  mem_free(names);
  return DESPUR_OK;
}

/* No layer has the name, or there is no name and none is the only one. Never DESPUR_OK. */
static despur_status no_such_layer(const model_file *model, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  text list = {0};
  const char *nearest = NULL;
  if (model->layer_count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a linear layer, found none", model->path);
  TRY(list_layers(&list, model, error));
  if (!name)
    FAIL(error, DESPUR_BAD_INPUT, "%s: which layer is the last one is not clear: say FILE:NAME, of %s",
         model->path, list.data);
  TRY(find_nearest(&nearest, model, name, error));
  FAIL(error, DESPUR_BAD_INPUT,
       "%s: no linear layer has the name or the weight '%.60s'%s%.60s%s; there %s %s", model->path, name,
       nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "",
       model->layer_count == 1 ? "is" : "are", list.data);
cleanup:
  mem_free(list.data);
  return status;
}

despur_status model_find_layer(const model_layer **out, const model_file *model, const char *name,
                               despur_error *error) {
  for (size_t i = model->layer_count; name && i-- > 0;) {
    *out = &model->layers[i];
    if (strcmp((*out)->name, name) == 0 || strcmp(model->tensors[(*out)->weight].name, name) == 0)
      return DESPUR_OK;
  }
  if (!name && (model->layer_count == 1 || (model->format == MODEL_ONNX && model->layer_count > 0))) {
    *out = &model->layers[model->layer_count - 1];
    return DESPUR_OK;
  }
  *out = NULL;
  despur_status status = no_such_layer(model, name, error);
  return status == DESPUR_OK ? DESPUR_BAD_INPUT : status;
}

/* ---- reading ---- */

static despur_status copy_name(char out[DESPUR_TENSOR_NAME], const char *name, const model_file *model,
                               despur_error *error) {
  if (strlen(name) >= DESPUR_TENSOR_NAME)
    return error_set(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s...': expected a name of at most %d bytes",
                     model->path, name, DESPUR_TENSOR_NAME - 1);
  memcpy(out, name, strlen(name) + 1);
  return DESPUR_OK;
}

/* The tensor with outputs before columns. */
static model_tensor turned(const model_tensor *t, bool transposed) {
  model_tensor out = *t;
  for (size_t i = 0; i < 2 && transposed; i++) {
    out.shape[i] = t->shape[1 - i];
    out.stride[i] = t->stride[1 - i];
  }
  return out;
}

static despur_status read_layer(despur_head *out, const model_file *model, const model_layer *layer,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const model_tensor weight = turned(&model->tensors[layer->weight], layer->transposed);
  if (layer->unpatched)
    FAIL(error, DESPUR_BAD_INPUT, "%s: layer '%.60s': %s", model->path, layer->name, layer->unpatched);
  model_place place;
  TRY(model_locate(&place, model, &weight,
                   error)); /* so that no more memory is taken than there are numbers */
  if (weight.count > (place.end - place.begin) / model_type_bytes[weight.type])
    FAIL(error, DESPUR_BAD_INPUT, "%s: tensor '%.60s': its rows overlap", model->path, weight.name);
  out->outputs = weight.shape[0];
  out->columns = weight.shape[1];
  TRY(mem_alloc(&out->weight, weight.count, sizeof *out->weight, error));
  TRY(mem_alloc(&out->bias, out->outputs, sizeof *out->bias, error));
  TRY(model_read(out->weight, model, &weight, error));
  if (layer->bias != MODEL_NONE) {
    TRY(model_read(out->bias, model, &model->tensors[layer->bias], error));
    TRY(copy_name(out->bias_name, model->tensors[layer->bias].name, model, error));
  }
  TRY(copy_name(out->weight_name, weight.name, model, error));
  format_text(out->type, sizeof out->type, "%s", model_type_names[weight.type]);
cleanup:
  return status;
}

despur_status despur_head_read(despur_head *out, const char *spec, despur_error *error) {
  despur_status status = DESPUR_OK;
  model_file model = {0};
  const model_layer *layer;
  const char *name;
  char *path = NULL;
  *out = (despur_head){0};
  TRY(model_split(&path, &name, spec, error));
  TRY(model_open(&model, path, error));
  TRY(model_find_layer(&layer, &model, name, error));
  TRY(read_layer(out, &model, layer, error));
cleanup:
  model_close(&model);
  mem_free(path);
  if (status != DESPUR_OK) despur_head_release(out);
  return status;
}

void despur_head_release(despur_head *head) {
  mem_free(head->weight);
  mem_free(head->bias);
  *head = (despur_head){0};
}
