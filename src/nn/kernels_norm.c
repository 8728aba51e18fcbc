/* The kernels of batch norm, compiled once for each instruction set (base/level.h). */
#include "nn/norm_kernels.h"

#include "base/lanes.h"
#include "base/level.h"

/* DOUBLES values of a column, widened. */
INLINE dvec load_wide(const float *p) {
  half_vec v;
  memcpy(&v, p, sizeof v);
  return widen(v);
}

INLINE double sum_used(const double lanes[LANES], size_t used) {
  double sum = 0;
  for (size_t lane = 0; lane < used; lane++) sum += lanes[lane];
  return sum;
}

static double sum_of(const norm_job *job) {
  double lanes[LANES] __attribute__((aligned(64)));
  for (size_t part = 0; part < LANES; part += DOUBLES) {
    dvec sum = splat_double(0);
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++)
        sum += load_wide(job->x + row * job->x_row + column * LANES + part);
    store_doubles(lanes + part, sum);
  }
  return sum_used(lanes, job->used);
}

static norm_moments moments(const norm_job *job) {
  double lanes[LANES] __attribute__((aligned(64)));
  double mean = sum_of(job) / (double)(job->rows * job->columns * job->used);
  for (size_t part = 0; part < LANES; part += DOUBLES) {
    dvec sum = splat_double(0), middle = splat_double(mean);
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++) {
        dvec distance = load_wide(job->x + row * job->x_row + column * LANES + part) - middle;
        sum = fma_doubles(distance, distance, sum);
      }
    store_doubles(lanes + part, sum);
  }
  return (norm_moments){mean, sum_used(lanes, job->used)};
}

static void apply(const norm_job *job, float scale, float shift) {
  vec factor = splat(scale), offset = splat(shift);
  for (size_t row = 0; row < job->rows; row++) {
    const float *x = job->x + row * job->x_row;
    float *y = job->y + row * job->y_row;
    for (size_t i = 0; i < job->columns * LANES; i += VECTOR)
      store(y + i, fma_lanes(load(x + i), factor, offset));
  }
}

static norm_sums sums(const norm_job *job, double mean) {
  double lanes[2][LANES] __attribute__((aligned(64)));
  for (size_t part = 0; part < LANES; part += DOUBLES) {
    dvec sum = splat_double(0), product = splat_double(0), middle = splat_double(mean);
    for (size_t row = 0; row < job->rows; row++)
      for (size_t column = 0; column < job->columns; column++) {
        dvec dy = load_wide(job->dy + row * job->dy_row + column * LANES + part);
        dvec distance = load_wide(job->x + row * job->x_row + column * LANES + part) - middle;
        sum += dy;
        product = fma_doubles(dy, distance, product);
      }
    store_doubles(lanes[0] + part, sum);
    store_doubles(lanes[1] + part, product);
  }
  return (norm_sums){sum_used(lanes[0], job->used), sum_used(lanes[1], job->used)};
}

static void gradient(const norm_job *job, norm_line line) {
  const vec scale = splat(line.scale), shift = splat(line.shift), mean = splat(line.mean),
            slope = splat(-line.slope);
  int alive[LANES] __attribute__((aligned(64)));
  for (size_t lane = 0; lane < LANES; lane++) alive[lane] = lane < job->used ? -1 : 0;
  for (size_t row = 0; row < job->rows; row++) {
    const float *x = job->x + row * job->x_row, *dy = job->dy + row * job->dy_row;
    float *dx = job->y + row * job->y_row;
    for (size_t i = 0; i < job->columns * LANES; i += VECTOR) {
      vec bent = fma_lanes(load(x + i) - mean, slope, load(dy + i) - shift);
      ivec kept = *(const ivec *)(alive + i % LANES) & (ivec)(scale * bent);
      store(dx + i, (vec)kept);
    }
  }
}

extern const norm_table LEVEL_TABLE(norm_kernels);
const norm_table LEVEL_TABLE(norm_kernels) = {
    .moments = moments, .apply = apply, .sums = sums, .gradient = gradient};
