/* What readers of matrices share. */
#ifndef IO_ARRAY_H
#define IO_ARRAY_H

#include "despur/array.h"
#include "io/npy.h"

/* Opens an array of two dimensions with at least one value. Close it with npy_close, also after an error. */
DESPUR_MUST_USE despur_status array_open_matrix(npy_array *out, const char *path, despur_error *error);

/* values [count] = the array's, rounded to float32. */
void array_to_floats(float *values, const npy_array *array);

/* despur_array_read_matrix for what may be larger than memory (base/large.h): read in blocks. Release with
 * large_free. */
DESPUR_MUST_USE despur_status array_read_large(float **values, size_t *mapped, size_t *rows, size_t *columns,
                                               const char *path, despur_error *error);

/* DESPUR_BAD_INPUT for a value that is not finite, which names its number in the array. */
DESPUR_MUST_USE despur_status array_check_finite(const float *values, const npy_array *array,
                                                 const char *path, despur_error *error);

#endif
