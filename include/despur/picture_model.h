/* A model together with the pictures that it sees, which can be looked into and asked again: where it looks,
 * and what it says once a part of one picture lies over another. despur_onnx_look and despur_run_look make
 * one. It belongs to one thread at a time. */
#ifndef DESPUR_PICTURE_MODEL_H
#define DESPUR_PICTURE_MODEL_H

#include "despur/picture.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A last layer in place of the model's own: logits = weights x + biases, of features as the model gives them.
 */
typedef struct despur_linear_layer {
  size_t classes, columns;
  const float *weights; /* [classes, columns] */
  const float *biases;  /* [classes] */
} despur_linear_layer;

/* Picture `into` with a region of picture `from` in the same place. A region of width 0: as it is. */
typedef struct despur_pasted {
  uint32_t into, from;
  despur_region region; /* pixels of the picture as the model sees it */
} despur_pasted;

typedef struct despur_picture_model {
  void *self;
  size_t count;         /* pictures */
  size_t height, width; /* of a picture as the model sees it */
  size_t shorter;       /* the shorter side that a picture is brought to before the middle, height x width, is
                           cut out of it; 0: all of it is seen */
  size_t rows, columns; /* of a map; 0: the model has none, and */
  char without[512];    /* a sentence says why */
  size_t passes;        /* through the model for the maps of one picture */
  int own_layer;        /* its outputs are the classes: no other last layer is given */

  /* maps [count, classes, rows, columns] of pictures: what each place adds to the logit of each class, more
   * than to a mean class's, by the model's own scale. layer: NULL with own_layer. */
  despur_status (*maps)(void *self, float *maps, const despur_linear_layer *layer, const uint32_t *pictures,
                        size_t count, despur_error *error);
  /* logits [count, classes] */
  despur_status (*logits)(void *self, float *logits, const despur_linear_layer *layer,
                          const despur_pasted *pasted, size_t count, despur_error *error);
  /* out [count], for a page, the longer side of each `side` pixels at most: all stay empty where examples are
   * no pictures of 1 or 3 channels. Release with despur_thumbnails_release. */
  despur_status (*draw)(void *self, despur_thumbnail *out, const despur_pasted *pasted, size_t count,
                        size_t side, despur_error *error);
  void (*close)(void *self);
} despur_picture_model;

/* Leaves it empty; {0} is accepted. */
DESPUR_API void despur_picture_model_close(despur_picture_model *model);

#ifdef __cplusplus
}
#endif
#endif
