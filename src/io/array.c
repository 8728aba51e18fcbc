#include "io/array.h"

#include "base/format.h"
#include "base/large.h"
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

static despur_status check_matrix(const npy_array *about, const char *path, despur_error *error) {
  if (about->rank != 2)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected a matrix of two dimensions, rows and columns, found %zu%s", path,
                     about->rank,
                     about->rank > 2    ? " (numpy: x.reshape(len(x), -1))"
                     : about->rank == 1 ? " (numpy: x[:, None] for one column)"
                                        : "");
  if (about->count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected at least 1 row of 1 column, found %zu of %zu",
                     path, about->shape[0], about->shape[1]);
  return DESPUR_OK;
}

despur_status array_open_matrix(npy_array *out, const char *path, despur_error *error) {
  despur_status status = npy_open(out, path, error);
  return status == DESPUR_OK ? check_matrix(out, path, error) : status;
}

/* Values that are no finite float32, and where. */
typedef struct unfit {
  size_t count, rows, first, last_row;
  double value; /* the first */
} unfit;

/* first: number of the block's first value in a matrix with so many columns. */
static void find_unfit(unfit *u, const float *values, const npy_array *block, size_t first, size_t columns) {
  for (size_t i = 0; i < block->count; i++) {
    if (isfinite(values[i])) continue;
    const size_t row = (first + i) / columns;
    if (u->count == 0) {
      u->first = first + i;
      u->value = block->type == NPY_F64 ? ((const double *)block->data)[i] : (double)values[i];
    }
    u->rows += u->count == 0 || row != u->last_row;
    u->last_row = row;
    u->count++;
  }
}

static despur_status tell_unfit(const unfit *u, size_t columns, const char *path, despur_error *error) {
  char others[96] = "";
  if (u->count == 0) return DESPUR_OK;
  if (u->count > 1)
    format_text(others, sizeof others, "; there are %zu such numbers, in %zu row%s", u->count, u->rows,
                u->rows > 1 ? "s" : "");
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s: expected finite numbers that float32 holds, found %g in row %zu, column %zu%s", path,
                   u->value, u->first / columns, u->first % columns, others);
}

despur_status array_check_finite(const float *values, const npy_array *array, const char *path,
                                 despur_error *error) {
  unfit u = {0};
  find_unfit(&u, values, array, 0, array->shape[1]);
  return tell_unfit(&u, array->shape[1], path, error);
}

/* A matrix that is read in blocks. */
typedef struct matrix {
  const char *path;
  float *values;
  size_t *mapped; /* NULL: it must fit into memory */
  size_t rows, columns;
  unfit unfit;
} matrix;

static despur_status begin_matrix(void *context, const npy_array *about, despur_error *error) {
  matrix *m = context;
  despur_status status = check_matrix(about, m->path, error);
  if (status != DESPUR_OK) return status;
  m->rows = about->shape[0];
  m->columns = about->shape[1];
  return m->mapped ? large_alloc(&m->values, m->mapped, about->count, sizeof *m->values, error)
                   : mem_alloc(&m->values, about->count, sizeof *m->values, error);
}

static despur_status take_block(void *context, const npy_array *block, size_t first, despur_error *error) {
  (void)error;
  matrix *m = context;
  array_to_floats(m->values + first, block);
  find_unfit(&m->unfit, m->values + first, block, first, m->columns);
  return DESPUR_OK;
}

static despur_status read_matrix(float **values, size_t *mapped, size_t *rows, size_t *columns,
                                 const char *path, despur_error *error) {
  matrix m = {.path = path, .mapped = mapped};
  const npy_sink sink = {begin_matrix, take_block, &m};
  *values = NULL;
  *rows = *columns = 0;
  despur_status status = npy_pour(&sink, path, error);
  if (status == DESPUR_OK) status = tell_unfit(&m.unfit, m.columns, path, error);
  if (status != DESPUR_OK) {
    large_free(m.values, mapped ? *mapped : 0);
    return status;
  }
  *values = m.values;
  *rows = m.rows;
  *columns = m.columns;
  return DESPUR_OK;
}

despur_status despur_array_read_matrix(float **values, size_t *rows, size_t *columns, const char *path,
                                       despur_error *error) {
  return read_matrix(values, NULL, rows, columns, path, error);
}

despur_status array_read_large(float **values, size_t *mapped, size_t *rows, size_t *columns,
                               const char *path, despur_error *error) {
  *mapped = 0;
  return read_matrix(values, mapped, rows, columns, path, error);
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
