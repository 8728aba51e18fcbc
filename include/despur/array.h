/* Arrays in NumPy's .npy files, in .npz archives ("FILE.npz:NAME") or in safetensors files
 * ("FILE.safetensors:NAME"), for who brings points and labels of their own. Thread-safe. */
#ifndef DESPUR_ARRAY_H
#define DESPUR_ARRAY_H

#include "despur/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* *values = the numbers of a two-dimensional array [rows, columns], row-major, as float32; the caller frees
 * them with free(). Floats of 16 to 64 bits, integers and booleans are read. DESPUR_BAD_INPUT for another
 * shape, no rows or no columns, and numbers that float32 does not hold (NaN and infinity too). */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_read_matrix(float **values, size_t *rows,
                                                                  size_t *columns, const char *path,
                                                                  despur_error *error);

/* Points for what knows distances only. Columns whose numbers float32 would round (float64, and integers of
 * 32 and 64 bits) are read less their mean, in double precision, so that large offsets cost no digits. */
typedef struct despur_points {
  float *values; /* [rows, columns] row-major */
  size_t rows, columns;
  size_t centred; /* columns that were read less their mean */
  size_t merged;  /* how many fewer points differ as they were read than in the file */
} despur_points;

/* A matrix as despur_array_read_matrix takes. keep_origin 1: no column is centred, for what goes by
 * directions or sizes. Release with despur_points_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_read_points(despur_points *out, const char *path,
                                                                  int keep_origin, despur_error *error);
DESPUR_API void despur_points_release(despur_points *points);

/* *labels = the whole numbers of a one-dimensional array, which must be from 0 to `highest`; the caller frees
 * them with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_read_labels(uint32_t **labels, size_t *count,
                                                                  uint32_t highest, const char *path,
                                                                  despur_error *error);

/* Writes labels as int64. Its header is longer than one of NumPy's by 128 spaces, by which the tool knows its
 * own file again. */
DESPUR_API DESPUR_MUST_USE despur_status despur_array_write_labels(const char *path, const uint32_t *labels,
                                                                   size_t count, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
