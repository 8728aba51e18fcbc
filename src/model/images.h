/* Pictures as a network of somebody else wants them: size, order of dimensions, range of values. */
#ifndef MODEL_IMAGES_H
#define MODEL_IMAGES_H

#include "io/npy.h"
#include "model/runtime.h"

typedef struct images {
  const despur_onnx_job *job;
  npy_array array;           /* [n, channels, rows, columns], bytes or float32; empty for a folder */
  despur_pictures *pictures; /* of a folder, else NULL */
  size_t count, channels;
  size_t rows, columns; /* that the network sees */
  bool fitted;          /* the array has another size */
  bool last;            /* whether the network wants channels last */
  runtime_shape shape;  /* of what the network gets; sizes[0] is the batch */
  size_t numbers;       /* of one picture there */
  uint8_t *bytes;       /* [batch, numbers] of pictures that were read or fitted */
  uint8_t *turned;      /* one picture of the array, [rows, columns, 3] */
} images;

/* Reads the pictures of a job and says what becomes of them for an input of this shape, in batches of at most
 * `batch`. The job is borrowed. Release with images_release, also after an error. */
DESPUR_MUST_USE despur_status images_open(images *out, const despur_onnx_job *job,
                                          const runtime_shape *wanted, size_t batch, despur_error *error);
void images_release(images *in);

/* Writes pictures first to first + count - 1 into out. */
DESPUR_MUST_USE despur_status images_fill(float *out, const images *in, size_t first, size_t count,
                                          despur_error *error);

/* The mean and the deviation of a channel, of values x / 255. */
void preprocess_numbers(double *mean, double *deviation, despur_preprocess preprocess, size_t channel);

#endif
