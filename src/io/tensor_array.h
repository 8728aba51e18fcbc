/* One tensor of a safetensors file in place of a .npy file: "FILE.safetensors:NAME", or "FILE.safetensors"
 * where there is one. Other than weights (io/safetensors.h) it may have any type of numbers, and only its
 * bytes are read. */
#ifndef IO_TENSOR_ARRAY_H
#define IO_TENSOR_ARRAY_H

#include "io/npy.h"

/* Whether a path names a safetensors file, or a tensor of one. */
bool tensor_array_is_meant(const char *path);

/* bfloat16 becomes float32. sink: NULL, or what gets the elements in place of the array. Close with
 * npy_close. */
DESPUR_MUST_USE despur_status tensor_array_open(npy_array *out, const npy_sink *sink, const char *path,
                                                despur_error *error);

#endif
