#include "io/array.h"

#include "base/memory.h"
#include "io/half.h"

#include <math.h>

#define CONVERT(type) /* the elements of one type */                                                         \
  for (size_t i = 0; i < array->count; i++) values[i] = (float)((const type *)array->data)[i];               \
  return

void array_to_floats(float *values, const npy_array *array) {
  switch (array->type) {
  case NPY_U8:
    CONVERT(uint8_t);
  case NPY_I8:
    CONVERT(int8_t);
  case NPY_I16:
    CONVERT(int16_t);
  case NPY_I32:
    CONVERT(int32_t);
  case NPY_I64:
    CONVERT(int64_t);
  case NPY_U16:
    CONVERT(uint16_t);
  case NPY_U32:
    CONVERT(uint32_t);
  case NPY_U64:
    CONVERT(uint64_t);
  case NPY_F16:
    for (size_t i = 0; i < array->count; i++) values[i] = half_to_float(((const uint16_t *)array->data)[i]);
    return;
  case NPY_F32:
    CONVERT(float);
  case NPY_F64:
    CONVERT(double);
  case NPY_BOOL:
    for (size_t i = 0; i < array->count; i++) values[i] = ((const uint8_t *)array->data)[i] != 0 ? 1 : 0;
  }
}

despur_status array_open_matrix(npy_array *out, const char *path, despur_error *error) {
  despur_status status = npy_open(out, path, error);
  if (status != DESPUR_OK) return status;
  if (out->rank != 2)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected a matrix of two dimensions, rows and columns, found %zu%s", path,
                     out->rank,
                     out->rank > 2    ? " (numpy: x.reshape(len(x), -1))"
                     : out->rank == 1 ? " (numpy: x[:, None] for one column)"
                                      : "");
  if (out->count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected at least 1 row of 1 column, found %zu of %zu",
                     path, out->shape[0], out->shape[1]);
  return DESPUR_OK;
}

despur_status array_check_finite(const float *values, const npy_array *array, const char *path,
                                 despur_error *error) {
  for (size_t i = 0; i < array->count; i++)
    if (!isfinite(values[i]))
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s: expected finite numbers that float32 holds, found %g in row %zu, column %zu",
                       path, array->type == NPY_F64 ? ((const double *)array->data)[i] : (double)values[i],
                       i / array->shape[1], i % array->shape[1]);
  return DESPUR_OK;
}

despur_status despur_array_read_matrix(float **values, size_t *rows, size_t *columns, const char *path,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array = {0};
  *values = NULL;
  *rows = *columns = 0;
  TRY(array_open_matrix(&array, path, error));
  TRY(mem_alloc(values, array.count, sizeof **values, error));
  array_to_floats(*values, &array);
  TRY(array_check_finite(*values, &array, path, error));
  *rows = array.shape[0];
  *columns = array.shape[1];
cleanup:
  npy_close(&array);
  if (status != DESPUR_OK) {
    mem_free(*values);
    *values = NULL;
  }
  return status;
}

despur_status despur_array_read_labels(uint32_t **labels, size_t *count, uint32_t highest, const char *path,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  int64_t *values = NULL;
  *labels = NULL;
  TRY(npy_read_integers(&values, count, path, error));
  TRY(mem_alloc(labels, *count, sizeof **labels, error));
  for (size_t i = 0; i < *count; i++) {
    if (values[i] < 0 || values[i] > (int64_t)highest)
      FAIL(error, DESPUR_BAD_INPUT, "%s: value %zu: expected a whole number from 0 to %lu, found %lld", path,
           i, (unsigned long)highest, (long long)values[i]);
    (*labels)[i] = (uint32_t)values[i];
  }
cleanup:
  mem_free(values);
  if (status != DESPUR_OK) {
    mem_free(*labels);
    *labels = NULL;
    *count = 0;
  }
  return status;
}

despur_status despur_array_write_labels(const char *path, const uint32_t *labels, size_t count,
                                        despur_error *error) {
  int64_t *values = NULL;
  despur_status status = mem_alloc(&values, count, sizeof *values, error);
  for (size_t i = 0; status == DESPUR_OK && i < count; i++) values[i] = labels[i];
  if (status == DESPUR_OK) status = npy_write_marked(path, NPY_I64, 1, &count, values, error);
  mem_free(values);
  return status;
}
