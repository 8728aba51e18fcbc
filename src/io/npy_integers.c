/* Integers of any width, for whoever wants numbers of classes, groups or examples. */
#include "io/npy.h"

#include "base/memory.h"

#define CONVERT(type) /* the elements of one type */                                                         \
  for (size_t i = 0; i < array->count; i++) values[i] = (int64_t)((const type *)array->data)[i]

/* False when they are not integers. Unsigned 64-bit values above the range become negative. */
static bool convert(int64_t *values, const npy_array *array) {
  switch (array->type) {
  case NPY_U8:
    CONVERT(uint8_t);
    return true;
  case NPY_I8:
    CONVERT(int8_t);
    return true;
  case NPY_I16:
    CONVERT(int16_t);
    return true;
  case NPY_I32:
    CONVERT(int32_t);
    return true;
  case NPY_I64:
    CONVERT(int64_t);
    return true;
  case NPY_U16:
    CONVERT(uint16_t);
    return true;
  case NPY_U32:
    CONVERT(uint32_t);
    return true;
  case NPY_U64:
    CONVERT(uint64_t);
    return true;
  case NPY_BOOL:
    for (size_t i = 0; i < array->count; i++) values[i] = ((const uint8_t *)array->data)[i] != 0;
    return true;
  case NPY_F16:
  case NPY_F32:
  case NPY_F64:
    return false;
  }
  return false;
}

despur_status npy_read_integers(int64_t **values, size_t *count, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array;
  *values = NULL;
  *count = 0;
  TRY(npy_open(&array, path, error));
  if (array.rank != 1)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected one dimension, found %zu", path, array.rank);
  TRY(mem_alloc(values, array.count, sizeof **values, error));
  if (!convert(*values, &array))
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected integers, found '%s'", path, npy_type_code(array.type));
  for (size_t i = 0; array.type == NPY_U64 && i < array.count; i++)
    if ((*values)[i] < 0)
      FAIL(error, DESPUR_BAD_INPUT, "%s: element %s: expected a value below 2^63, found %s", path,
           file_grouped(i).text, file_grouped((uint64_t)(*values)[i]).text);
  *count = array.count;
cleanup:
  npy_close(&array); /* closed already when opening failed */
  if (status != DESPUR_OK) {
    mem_free(*values);
    *values = NULL;
  }
  return status;
}
