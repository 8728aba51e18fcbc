/* Pictures as a network of somebody else wants them: size, order of dimensions, range of values. */
#ifndef MODEL_IMAGES_H
#define MODEL_IMAGES_H

#include "io/npy.h"
#include "model/runtime.h"

typedef struct images {
  npy_array array; /* [n, channels, rows, columns], bytes or float32 */
  size_t channels, rows, columns;
  despur_preprocess preprocess;
  bool last;           /* whether the network wants channels last */
  runtime_shape shape; /* of what the network gets; sizes[0] is the batch */
  size_t numbers;      /* of one picture there */
} images;

/* Reads pictures and says what becomes of them for an input of this shape. Release with images_release, also
 * after an error. */
DESPUR_MUST_USE despur_status images_open(images *out, const char *path, despur_preprocess preprocess,
                                          const runtime_shape *wanted, despur_error *error);
void images_release(images *in);

/* Writes pictures first to first + count - 1 into out. */
void images_fill(float *out, const images *in, size_t first, size_t count);

/* The mean and the deviation of a channel, of values x / 255. */
void preprocess_numbers(double *mean, double *deviation, despur_preprocess preprocess, size_t channel);

#endif
