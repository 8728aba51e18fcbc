#include "model/extraction.h"

#include "base/memory.h"
#include "model/activation.h"
#include "model/onnx.h"

#include <string.h>

enum { BATCH = 32 };

static const char ENDING[] = ".npy";

const char *extraction_usual_layer(const model_file *model) {
  return model->layer_count > 0 ? model->layers[model->layer_count - 1].input : NULL;
}

despur_status extraction_open_model(model_file *out, const char *path, despur_error *error) {
  despur_status status = model_open(out, path, error);
  if (status != DESPUR_OK || out->format == MODEL_ONNX) return status;
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected an ONNX model, found weights without a network",
                   path);
}

/* The engine gets the model from memory, where no other file is beside it; and its hash would say nothing of
 * the numbers there. */
static despur_status refuse_external(const model_file *model, despur_error *error) {
  for (size_t i = 0; i < model->count; i++)
    if (model->tensors[i].unreadable == onnx_external)
      return error_set(error, DESPUR_BAD_INPUT, "%s: '%s': %s (in Python: onnx.save(onnx.load(path), other))",
                       model->path, model->tensors[i].name, onnx_external);
  return DESPUR_OK;
}

static despur_status choose_outputs(extraction *e) {
  despur_status status = DESPUR_OK;
  const model_file *model = &e->model;
  TRY(refuse_external(model, e->error));
  e->names[0] = e->job->layer ? e->job->layer : extraction_usual_layer(model);
  e->outputs = 1;
  if (!e->names[0])
    FAIL(
        e->error, DESPUR_BAD_INPUT,
        "%s: it has no linear layer whose input could be the features: name one (--layer; --list shows them)",
        model->path);
  TRY(onnx_check_value(model, e->names[0], e->error));
  if (!e->wants_logits && !e->wants_maps) goto cleanup;
  if (model->layer_count == 0)
    FAIL(e->error, DESPUR_BAD_INPUT, "%s: it has no linear layer whose output could be the logits",
         model->path);
  e->names[e->outputs++] = model->layers[model->layer_count - 1].output;
  if (!e->wants_maps) goto cleanup;
  TRY(activation_find(&e->maps, model, e->names[EXTRACT_FEATURES], e->error));
  TRY(despur_head_read(&e->head, e->job->model, e->error));
  e->names[e->outputs++] = e->maps;
cleanup:
  return status;
}

static despur_status start_engine(extraction *e) {
  despur_status status = DESPUR_OK;
  runtime_shape wanted;
  size_t count;
  TRY(onnx_add_outputs(&e->bytes, &count, &e->model, e->names, e->outputs, e->error));
  TRY(runtime_open(&e->engine, e->bytes, count, e->job->threads, e->job->model, e->error));
  runtime_input(e->engine, &wanted);
  e->fixed = wanted.rank > 0 && wanted.sizes[0] > 0;
  e->batch = e->fixed ? (size_t)wanted.sizes[0] : BATCH;
  TRY(images_open(&e->in, e->job, &wanted, e->batch, e->error));
  TRY(mem_alloc(&e->input, e->batch, e->in.numbers * sizeof *e->input, e->error));
cleanup:
  return status;
}

despur_status extraction_check_job(const despur_onnx_job *job, despur_error *error) {
  const char *paths[EXTRACT_OUTPUTS] = {job->features, job->logits, job->maps};
  int known = 0;
  if (job->maps && job->layer)
    return error_set(error, DESPUR_BAD_USAGE,
                     "class activation maps are of what the last linear layer sees: no "
                     "other layer can be named beside them");
  while (despur_preprocess_names[known]) known++;
  if ((int)job->preprocess < 0 || (int)job->preprocess >= known)
    return error_set(error, DESPUR_BAD_USAGE, "no preprocessing has the number %d", (int)job->preprocess);
  if ((int)job->filter < DESPUR_BILINEAR || (int)job->filter > DESPUR_BICUBIC)
    return error_set(error, DESPUR_BAD_USAGE, "no filter has the number %d", (int)job->filter);
  for (size_t i = 0; i < EXTRACT_OUTPUTS; i++) {
    if (!paths[i]) continue;
    size_t length = strlen(paths[i]), end = strlen(ENDING);
    if (length < end || strcmp(paths[i] + length - end, ENDING) != 0)
      return error_set(error, DESPUR_BAD_USAGE, "%s: expected the name of a .npy file to write", paths[i]);
  }
  return DESPUR_OK;
}

despur_status extraction_open(extraction *e) {
  despur_status status = DESPUR_OK;
  TRY(extraction_open_model(&e->model, e->job->model, e->error));
  TRY(choose_outputs(e));
  TRY(start_engine(e));
cleanup:
  return status;
}

void extraction_release(extraction *e) {
  for (size_t i = 0; i < EXTRACT_OUTPUTS; i++) mem_free(e->results[i]);
  mem_free(e->maps);
  despur_head_release(&e->head);
  images_release(&e->in);
  runtime_close(e->engine);
  model_close(&e->model);
  mem_free(e->input);
  mem_free(e->bytes);
}
