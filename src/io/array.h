/* What readers of matrices share. */
#ifndef IO_ARRAY_H
#define IO_ARRAY_H

#include "despur/array.h"
#include "io/npy.h"

/* Opens an array of two dimensions with at least one value. Close it with npy_close, also after an error. */
DESPUR_MUST_USE despur_status array_open_matrix(npy_array *out, const char *path, despur_error *error);

/* values [count] = the array's, rounded to float32. */
void array_to_floats(float *values, const npy_array *array);

/* DESPUR_BAD_INPUT for a value that is not finite, which names its number in the array. */
DESPUR_MUST_USE despur_status array_check_finite(const float *values, const npy_array *array,
                                                 const char *path, despur_error *error);

#endif
