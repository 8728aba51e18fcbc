/* Arrays in NumPy's .npy files, for who brings points and labels of their own. */
#ifndef DESPUR_ARRAY_H
#define DESPUR_ARRAY_H

#include "despur/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* *values = the numbers of a two-dimensional array [rows, columns], row-major, as float32; the caller frees
 * them with free(). Floats, integers and booleans are read. DESPUR_BAD_INPUT for another shape, no rows or no
 * columns, and numbers that float32 does not hold (NaN and infinity too). */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_read_matrix(float **values, size_t *rows,
                                                                  size_t *columns, const char *path,
                                                                  despur_error *error);

/* *labels = the whole numbers of a one-dimensional array, which must be from 0 to `highest`; the caller frees
 * them with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_read_labels(uint32_t **labels, size_t *count,
                                                                  uint32_t highest, const char *path,
                                                                  despur_error *error);

/* Writes labels as int64. */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_write_labels(const char *path, const uint32_t *labels,
                                                                   size_t count, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
