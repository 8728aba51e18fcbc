/* A model of somebody else made ready to see pictures: it has the outputs that are wanted, and pictures are
 * open at the size that it takes. */
#ifndef MODEL_EXTRACTION_H
#define MODEL_EXTRACTION_H

#include "despur/model.h"
#include "despur/onnx.h"
#include "model/images.h"
#include "model/model.h"

enum { EXTRACT_FEATURES, EXTRACT_LOGITS, EXTRACT_MAPS, EXTRACT_OUTPUTS };

typedef struct extraction {
  const despur_onnx_job *job;
  bool wants_logits, wants_maps; /* beside the features */
  model_file model;
  const char *names[EXTRACT_OUTPUTS]; /* features; logits and maps where they are wanted */
  size_t outputs;
  char *maps;       /* owned: names[EXTRACT_MAPS] */
  despur_head head; /* of maps */
  size_t map_rows, map_columns;
  uint8_t *bytes; /* the model with these outputs */
  runtime *engine;
  images in;
  size_t batch;
  bool fixed; /* the model takes batches of that size only */
  float *input;
  float *results[EXTRACT_OUTPUTS]; /* [n, widths[i]] */
  size_t widths[EXTRACT_OUTPUTS];
  despur_error *error;
} extraction;

/* Opens model, engine and pictures of a job that is there; maps only where `wants_maps`, and then logits as
 * well. Release with extraction_release, also after an error. */
DESPUR_MUST_USE despur_status extraction_open(extraction *e);
void extraction_release(extraction *e);

/* DESPUR_BAD_USAGE for choices that there are not, and files that are not called .npy. */
DESPUR_MUST_USE despur_status extraction_check_job(const despur_onnx_job *job, despur_error *error);

/* An ONNX model; DESPUR_BAD_INPUT for weights without a network. */
DESPUR_MUST_USE despur_status extraction_open_model(model_file *out, const char *path, despur_error *error);

/* What features are taken from where nobody says, or NULL. */
const char *extraction_usual_layer(const model_file *model);

#endif
