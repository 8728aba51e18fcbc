#include "cluster/distances.h"

#include "base/level.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

extern const distance_table distances_baseline, distances_v3, distances_v4;

static const distance_table *const TABLES[] = LEVEL_TABLES(distances);

const distance_table *distances_available(size_t i) {
  return i < level_count() ? TABLES[i] : NULL;
}

despur_status distances_choose(const distance_table **out, despur_error *error) {
  size_t level;
  despur_status status = level_choose(&level, error);
  if (status == DESPUR_OK) *out = TABLES[level];
  return status;
}

/* Without a way out of the loop, so that compilers make vectors of it. */
static bool is_finite(const float *row, size_t d) {
  uint32_t all = 0;
  for (size_t j = 0; j < d; j++) {
    uint32_t bits;
    memcpy(&bits, &row[j], sizeof bits);
    all |= (bits & 0x7f800000) == 0x7f800000;
  }
  return !all;
}

despur_status points_check(const char *what, const float *points, size_t n, size_t d, despur_error *error) {
  if (n < 1 || d < 1)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected at least 1 point of 1 dimension, found %zu of %zu", what, n, d);
  if (n > UINT32_MAX)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected fewer than 2^32 points, found %zu", what, n);
  for (size_t row = 0; row < n; row++) {
    if (is_finite(points + row * d, d)) continue;
    for (size_t j = 0; j < d; j++)
      if (!isfinite(points[row * d + j]))
        return error_set(error, DESPUR_BAD_INPUT,
                         "%s: expected finite values, found %g in row %zu, column %zu", what,
                         (double)points[row * d + j], row, j);
  }
  return DESPUR_OK;
}

int points_exponent(const float *points, size_t n, size_t d) {
  float largest = 0;
  for (size_t i = 0; i < n * d; i++) {
    float size = fabsf(points[i]);
    largest = size > largest ? size : largest;
  }
  int exponent = 0;
  frexpf(largest, &exponent);
  return exponent;
}

void points_to_rows(float *out, const float *points, size_t d, const uint32_t *order, size_t count,
                    int exponent) {
  const double factor = ldexp(1, -exponent);
  for (size_t i = 0; i < count; i++) {
    const float *from = points + (order ? order[i] : i) * d;
    for (size_t j = 0; j < d; j++) out[i * d + j] = (float)((double)from[j] * factor);
  }
}

void points_to_lanes(float *out, const float *points, size_t d, const uint32_t *order, size_t count,
                     int exponent) {
  const double factor = ldexp(1, -exponent);
  for (size_t i = 0; i < count; i++) {
    const float *from = points + (order ? order[i] : i) * d;
    float *to = out + i / LANES * LANES * d + i % LANES;
    for (size_t j = 0; j < d; j++) to[j * LANES] = (float)((double)from[j] * factor);
  }
}
