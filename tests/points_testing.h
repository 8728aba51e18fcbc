/* Points for the tests of src/cluster: random ones, grids with many ties, and those of tests/golden/points.
 */
#ifndef POINTS_TESTING_H
#define POINTS_TESTING_H

#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "io/npy.h"

#define GOLDEN_POINTS "tests/golden/points/"

static despur_error error;

/* Free with mem_free, like everything here: the kernels want aligned memory. */
static inline float *zeros(size_t n) {
  float *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  return x;
}

static inline float *normal_points(uint64_t index, size_t n, size_t d) {
  random_stream stream = random_open(1, "test points", index);
  float *points = zeros(n * d);
  for (size_t i = 0; i < n * d; i++) points[i] = (float)random_normal(&stream);
  return points;
}

/* Coordinates 0..values-1: distances are exact and often equal. */
static inline float *grid_points(uint64_t index, size_t n, size_t d, uint32_t values) {
  random_stream stream = random_open(1, "test grid", index);
  float *points = zeros(n * d);
  for (size_t i = 0; i < n * d; i++) points[i] = (float)random_below(&stream, values);
  return points;
}

static inline uint32_t *random_labels(uint64_t index, size_t n, uint32_t clusters) {
  random_stream stream = random_open(1, "test labels", index);
  uint32_t *labels;
  assert_ok(mem_alloc(&labels, n, sizeof *labels, &error));
  for (size_t i = 0; i < n; i++) labels[i] = random_below(&stream, clusters);
  return labels;
}

static inline double square_between(const float *x, const float *y, size_t d) {
  double sum = 0;
  for (size_t j = 0; j < d; j++) sum += ((double)x[j] - (double)y[j]) * ((double)x[j] - (double)y[j]);
  return sum;
}

/* The values of a file of doubles or floats; *rows and *columns may be NULL. */
static inline double *golden_values(const char *path, size_t *rows, size_t *columns) {
  npy_array array;
  double *values;
  assert_ok(npy_open(&array, path, &error));
  assert_true(array.type == NPY_F64 || array.type == NPY_F32);
  assert_ok(mem_alloc(&values, array.count, sizeof *values, &error));
  for (size_t i = 0; i < array.count; i++)
    values[i] =
        array.type == NPY_F64 ? ((const double *)array.data)[i] : (double)((const float *)array.data)[i];
  if (rows) *rows = array.shape[0];
  if (columns) *columns = array.count / array.shape[0];
  npy_close(&array);
  return values;
}

static inline float *golden_points(const char *path, size_t *n, size_t *d) {
  double *values = golden_values(path, n, d);
  float *points = zeros(*n * *d);
  for (size_t i = 0; i < *n * *d; i++) points[i] = (float)values[i];
  mem_free(values);
  return points;
}

static inline uint32_t *golden_labels(const char *path) {
  int64_t *values;
  size_t n;
  uint32_t *labels;
  assert_ok(npy_read_integers(&values, &n, path, &error));
  assert_ok(mem_alloc(&labels, n, sizeof *labels, &error));
  for (size_t i = 0; i < n; i++) labels[i] = (uint32_t)values[i];
  mem_free(values);
  return labels;
}

#endif
