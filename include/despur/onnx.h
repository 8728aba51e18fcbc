/* What the networks of other people make of pictures: any ONNX model is run by ONNX Runtime, which is loaded
 * where it is found and is no part of despur. The promise of equal bytes begins behind it: other processors
 * and other releases give other last digits, so what is written says who computed it. */
#ifndef DESPUR_ONNX_H
#define DESPUR_ONNX_H

#include "despur/error.h"
#include "despur/examples.h"
#include "despur/picture_model.h"
#include "despur/watch.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of a picture's values 0..255 before a network sees them: (x / 255 - mean) / deviation, by
 * channel. */
typedef enum despur_preprocess {
  DESPUR_PREPROCESS_NONE,     /* nothing: numbers are as the network wants them */
  DESPUR_PREPROCESS_UNIT,     /* x / 255 */
  DESPUR_PREPROCESS_IMAGENET, /* torchvision's: mean 0.485 0.456 0.406, deviation 0.229 0.224 0.225 */
  DESPUR_PREPROCESS_HALF,     /* (x / 255 - 0.5) / 0.5 */
  DESPUR_PREPROCESS_LITE,     /* (x - 127) / 128, EfficientNet-Lite's */
  DESPUR_PREPROCESS_CLIP      /* CLIP's mean and deviation */
} despur_preprocess;

/* Names by enumerator, and NULL at the end. */
DESPUR_API extern const char *const despur_preprocess_names[];

/* ONNX Runtime as it is found: the library that $DESPUR_ONNXRUNTIME names; what `make models` has installed
 * into models/ beside the program; libonnxruntime.so.1 of the system. */
typedef struct despur_onnx_engine {
  char version[32];
  char path[1024];
} despur_onnx_engine;

/* DESPUR_BAD_INPUT where there is none; the message says how to get it. Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_onnx_find(despur_onnx_engine *out, despur_error *error);

/* *out = the values of a model that features can be taken from, a line each: operation and name; the one that
 * is taken when none is named has a star. Needs no engine. Free with free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_onnx_list(char **out, const char *model, despur_error *error);

typedef struct despur_onnx_job {
  const char *model;
  const char *images; /* .npy or .npz:NAME: [n, channels, rows, columns] of bytes or floats; or a folder of
                         pictures (despur/picture.h) */
  const char *layout; /* of the folder, one of despur_picture_layouts; NULL: "auto" */
  const char *layer;  /* a value of the model; NULL: what its last linear layer is applied to */
  const char *features, *logits; /* files to write, float32 [n, columns]; logits may be NULL */
  const char
      *maps; /* float32 [n, rows, columns]: class activation maps (Zhou et al. 2016) of the class whose logit
                is largest, of models that end in a global average and a linear layer; NULL: none */
  despur_preprocess preprocess; /* of bytes; floats are taken as they are: DESPUR_PREPROCESS_NONE */
  despur_filter filter;         /* of pictures that are brought to the size that the model wants */
  size_t shorter;      /* what their shorter side becomes before the middle is cut out; 0: the model's */
  int skip_unreadable; /* 1: pictures of a folder that cannot be read are left out, not an error */
  int threads;         /* the result does not depend on it */
  despur_watch watch;  /* of the stages "decoding" and "pictures"; asked after each batch */
} despur_onnx_job;

typedef struct despur_onnx_result {
  size_t count, columns, classes; /* classes: 0 without logits */
  char layer[256];
  despur_onnx_engine engine;
} despur_onnx_result;

/* Runs a model over images and writes what its layer gives, with FEATURES.json beside it: the model and the
 * images with their hashes, layer, preprocessing, engine and instruction set, and the hash of what was
 * written. Of a folder FEATURES.csv says, row by row, file, split, class and attribute by their names, as
 * audit and repair take them. A layer of maps [n, channels, rows, columns] becomes its mean over the places.
 * Bytes of red, green and blue of another size than the model's are scaled and their middle cut out, with
 * Pillow's bytes. DESPUR_BAD_INPUT for a model or images that cannot be used; nothing is written then. */
DESPUR_API DESPUR_MUST_USE despur_status despur_onnx_features(despur_onnx_result *out,
                                                              const despur_onnx_job *job,
                                                              despur_error *error);

/* A folder of pictures as a model sees it, in memory: features, paths, classes, attributes where there are
 * any, and splits where the folder says them. Nothing is written: of the job, the model, the folder, the
 * layer and how pictures become numbers count. predicts: 1 takes the model's outputs for the classes in the
 * order of their names, and the largest, the first of equals, for its prediction; DESPUR_BAD_INPUT when there
 * are not as many. Release with despur_examples_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_onnx_examples(despur_examples *out,
                                                              const despur_onnx_job *job, int predicts,
                                                              despur_error *error);

/* The same model and folder to look into and to ask again (despur/picture_model.h): class activation maps
 * (Zhou et al. 2016), where the model ends in a global average and a linear layer. Where it does not, or
 * job->layer names another layer, it has no maps (rows = 0), says why, and can be asked nothing. predicts: 1,
 * the last layer is the model's own. Close with despur_picture_model_close. */
DESPUR_API DESPUR_MUST_USE despur_status despur_onnx_look(despur_picture_model *out,
                                                          const despur_onnx_job *job, int predicts,
                                                          despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
