/* ONNX Runtime behind a seam of a few functions: loaded with dlopen, called through its C API. Nothing of it
 * is linked or included: the first 102 entries of its table cannot change (onnxruntime_c_api.cc asserts where
 * the first version ends), and the declarations that are used stand in runtime.c. */
#ifndef MODEL_RUNTIME_H
#define MODEL_RUNTIME_H

#include "despur/onnx.h"

#include <stddef.h>
#include <stdint.h>

typedef struct runtime runtime;

enum { RUNTIME_MAX_RANK = 8, RUNTIME_UNKNOWN = -1 };

typedef struct runtime_shape {
  size_t rank;
  int64_t sizes[RUNTIME_MAX_RANK]; /* RUNTIME_UNKNOWN: any */
} runtime_shape;

/* Loads the library, and a model from its bytes, which are borrowed for the call. path is for messages. */
DESPUR_MUST_USE despur_status runtime_open(runtime **out, const void *bytes, size_t count, int threads,
                                           const char *path, despur_error *error);
void runtime_close(runtime *r); /* NULL is accepted */

/* Only the library: see despur_onnx_find. */
DESPUR_MUST_USE despur_status runtime_find(despur_onnx_engine *out, despur_error *error);

/* The model's only input, which must be of float32: its name, valid while it is open, and shape. */
const char *runtime_input(const runtime *r, runtime_shape *shape);

/* Runs the model on one input and gives `count` outputs by name: values[i], of shapes[i], are valid until
 * runtime_forget. DESPUR_BAD_INPUT when it fails or an output is not float32. */
DESPUR_MUST_USE despur_status runtime_run(runtime *r, const float *input, const runtime_shape *shape,
                                          const char *const *names, size_t count, const float **values,
                                          runtime_shape *shapes, despur_error *error);
void runtime_forget(runtime *r);

#endif
