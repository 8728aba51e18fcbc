/* Points for clustering: distances and deviations do not know where the origin is, so a column whose numbers
 * float32 would round is read less its mean. UNIX times and map coordinates keep their differences so. */
#include "io/array.h"

#include "base/math.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_INTEGERS 0x1p53 /* beyond, doubles leave some out */

/* Types that hold more than float32 does. */
static bool is_wide(npy_type type) {
  return type == NPY_I32 || type == NPY_U32 || type == NPY_I64 || type == NPY_U64 || type == NPY_F64;
}

static double value_at(const npy_array *x, size_t i) {
  switch (x->type) {
  case NPY_I32:
    return ((const int32_t *)x->data)[i];
  case NPY_U32:
    return ((const uint32_t *)x->data)[i];
  case NPY_I64:
    return (double)((const int64_t *)x->data)[i];
  case NPY_U64:
    return (double)((const uint64_t *)x->data)[i];
  default:
    return ((const double *)x->data)[i];
  }
}

/* Whether float32 holds every number of a column. */
static bool is_exact(const npy_array *x, size_t column) {
  for (size_t i = column; i < x->count; i += x->shape[1]) {
    double value = value_at(x, i);
    bool rounded = x->type != NPY_F64 && (value > EXACT_INTEGERS || value < -EXACT_INTEGERS);
    if (rounded || math_as_float(value) != value) return false;
  }
  return true;
}

/* Number i less number j, rounded once: integers of 64 bits are subtracted as such. */
static double difference(const npy_array *x, size_t i, size_t j) {
  uint64_t a, b;
  if (x->type != NPY_I64 && x->type != NPY_U64) return value_at(x, i) - value_at(x, j);
  memcpy(&a, (const uint64_t *)x->data + i, sizeof a);
  memcpy(&b, (const uint64_t *)x->data + j, sizeof b);
  bool below = x->type == NPY_I64 ? (int64_t)a < (int64_t)b : a < b;
  return below ? -(double)(b - a) : (double)(a - b);
}

/* A column so wide that differences are beyond float32 stays as it is. */
static void centre_column(float *values, const npy_array *x, size_t column) {
  size_t n = x->shape[0], d = x->shape[1];
  double mean = 0; /* of the differences from the first */
  for (size_t i = column; i < x->count; i += d) mean += difference(x, i, column) / (double)n;
  for (size_t i = column; i < x->count; i += d)
    if (fabs(difference(x, i, column) - mean) > (double)FLT_MAX) return;
  for (size_t i = column; i < x->count; i += d) values[i] = (float)(difference(x, i, column) - mean);
}

/* ---- points that became equal ---- */

static uint64_t mix(uint64_t hash, uint64_t bits) {
  hash = (hash ^ bits) * UINT64_C(0xff51afd7ed558ccd);
  return hash ^ hash >> 32;
}

static uint64_t hash_of_file(const npy_array *x, size_t row) {
  uint64_t hash = 1;
  size_t d = x->shape[1], bytes = x->type == NPY_I32 || x->type == NPY_U32 ? 4 : 8;
  for (size_t i = row * d; i < (row + 1) * d; i++) {
    uint64_t bits = 0;
    memcpy(&bits, (const char *)x->data + i * bytes, bytes);
    hash = mix(hash, value_at(x, i) == 0 ? 0 : bits); /* -0 is 0 */
  }
  return hash;
}

static uint64_t hash_of_floats(const float *row, size_t d) {
  uint64_t hash = 1;
  for (size_t j = 0; j < d; j++) {
    uint32_t bits;
    memcpy(&bits, &row[j], sizeof bits);
    hash = mix(hash, row[j] == 0 ? 0 : bits);
  }
  return hash;
}

static int compare(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static size_t count_different(uint64_t *hashes, size_t n) {
  size_t count = 1;
  qsort(hashes, n, sizeof *hashes, compare);
  for (size_t i = 1; i < n; i++) count += hashes[i] != hashes[i - 1];
  return count;
}

static despur_status count_merged(size_t *merged, const npy_array *x, const float *values,
                                  despur_error *error) {
  size_t n = x->shape[0], d = x->shape[1];
  uint64_t *hashes = NULL;
  despur_status status = mem_alloc(&hashes, n, sizeof *hashes, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < n; i++) hashes[i] = hash_of_file(x, i);
  size_t before = count_different(hashes, n);
  for (size_t i = 0; i < n; i++) hashes[i] = hash_of_floats(values + i * d, d);
  *merged = before - count_different(hashes, n);
  mem_free(hashes);
  return DESPUR_OK;
}

despur_status despur_array_read_points(despur_points *out, const char *path, int keep_origin,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  npy_array array = {0};
  bool rounded = false;
  *out = (despur_points){0};
  TRY(array_open_matrix(&array, path, error));
  TRY(mem_alloc(&out->values, array.count, sizeof *out->values, error));
  out->rows = array.shape[0];
  out->columns = array.shape[1];
  array_to_floats(out->values, &array);
  TRY(array_check_finite(out->values, &array, path, error));
  for (size_t j = 0; is_wide(array.type) && j < out->columns; j++) {
    if (is_exact(&array, j)) continue;
    rounded = true;
    if (keep_origin) continue;
    centre_column(out->values, &array, j);
    out->centred++;
  }
  if (rounded) TRY(count_merged(&out->merged, &array, out->values, error));
cleanup:
  npy_close(&array);
  if (status != DESPUR_OK) despur_points_release(out);
  return status;
}

void despur_points_release(despur_points *points) {
  mem_free(points->values);
  *points = (despur_points){0};
}
