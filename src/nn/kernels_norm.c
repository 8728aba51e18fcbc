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

/* Dead lanes of a partial block are left out: behind a first batch norm they are no longer 0 but the shift.
 */
INLINE double sum_used(const double lanes[LANES], size_t used) {
  double sum = 0;
  for (size_t lane = 0; lane < used; lane++) sum += lanes[lane];
  return sum;
}

/* In one pass: sums of distances from some value of the channel, and of their squares, lose nothing in double
 * precision that matters, as float32 has 29 bits less. */
static norm_moments moments(const norm_job *job) {
  double lanes[2][LANES] __attribute__((aligned(64)));
  const double some = (double)job->x[0], count = (double)(job->rows * job->columns * job->used);
  const dvec middle = splat_double(some);
  dvec sum[DOUBLE_PARTS], squares[DOUBLE_PARTS];
  UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) sum[part] = squares[part] = splat_double(0);
  for (size_t row = 0; row < job->rows; row++)
    for (size_t column = 0; column < job->columns; column++) {
      const float *x = job->x + row * job->x_row + column * LANES;
      UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
        dvec distance = load_wide(x + part * DOUBLES) - middle;
        sum[part] += distance;
        squares[part] = fma_doubles(distance, distance, squares[part]);
      }
    }
  UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
    store_doubles(lanes[0] + part * DOUBLES, sum[part]);
    store_doubles(lanes[1] + part * DOUBLES, squares[part]);
  }
  const double distance = sum_used(lanes[0], job->used) / count;
  const double about_mean = sum_used(lanes[1], job->used) - distance * distance * count;
  return (norm_moments){some + distance, about_mean > 0 ? about_mean : 0};
}

INLINE void apply_line(const norm_job *job, float scale, float shift, const bool PLUS, const bool RELU) {
  const vec factor = splat(scale), offset = splat(shift), zero = splat(0);
  for (size_t row = 0; row < job->rows; row++) {
    const float *x = job->x + row * job->x_row, *plus = PLUS ? job->plus + row * job->plus_row : NULL;
    float *y = job->y + row * job->y_row;
    for (size_t i = 0; i < job->columns * LANES; i += VECTOR) {
      vec value = fma_lanes(load(x + i), factor, offset);
      if (PLUS) value += load(plus + i);
      if (RELU) value = (vec)(~(value < zero) & (ivec)value); /* NaN stays */
      store(y + i, value);
    }
  }
}

static void apply(const norm_job *job, float scale, float shift) {
  if (job->plus && job->relu)
    apply_line(job, scale, shift, true, true);
  else if (job->plus)
    apply_line(job, scale, shift, true, false);
  else if (job->relu)
    apply_line(job, scale, shift, false, true);
  else
    apply_line(job, scale, shift, false, false);
}

/* Of dy and of dy (x - mean), in the lanes of vectors: distances, not values, or a large mean would cost the
 * sum its digits. */
typedef struct lane_sums {
  dvec sum[DOUBLE_PARTS], product[DOUBLE_PARTS], middle;
} lane_sums;

INLINE void begin_sums(lane_sums *s, double mean, const norm_lanes *from) {
  s->middle = splat_double(mean);
  UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
    s->sum[part] = load_doubles(from->dy + part * DOUBLES);
    s->product[part] = load_doubles(from->dy_x + part * DOUBLES);
  }
}

/* One column: LANES values each. */
INLINE void add_column(lane_sums *s, const float *gradient, const float *x) {
  UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
    dvec dy = load_wide(gradient + part * DOUBLES), distance = load_wide(x + part * DOUBLES) - s->middle;
    s->sum[part] += dy;
    s->product[part] = fma_doubles(dy, distance, s->product[part]);
  }
}

INLINE void end_sums(norm_lanes *to, const lane_sums *s) {
  UNROLL for (size_t part = 0; part < DOUBLE_PARTS; part++) {
    store_doubles(to->dy + part * DOUBLES, s->sum[part]);
    store_doubles(to->dy_x + part * DOUBLES, s->product[part]);
  }
}

static void sums(const norm_job *job, double mean, norm_lanes *to) {
  lane_sums s;
  begin_sums(&s, mean, to);
  for (size_t row = 0; row < job->rows; row++)
    for (size_t column = 0; column < job->columns; column++)
      add_column(&s, job->dy + row * job->dy_row + column * LANES,
                 job->x + row * job->x_row + column * LANES);
  end_sums(to, &s);
}

INLINE void mask_rows(const mask_job *job, const norm_job *norm, double mean, norm_lanes *to, const bool PLUS,
                      const bool ADDS) {
  const vec zero = splat(0);
  lane_sums s;
  begin_sums(&s, mean, to);
  for (size_t row = 0; row < job->rows; row++) {
    const float *y = job->y + row * job->y_row, *x = norm->x + row * norm->x_row;
    float *dy = job->dy + row * job->dy_row, *plus = PLUS ? job->plus + row * job->plus_row : NULL;
    for (size_t column = 0; column < job->columns * LANES; column += LANES) {
      for (size_t i = column; i < column + LANES; i += VECTOR) {
        vec kept = (vec)((load(y + i) > zero) & (ivec)load(dy + i));
        store(dy + i, kept);
        if (PLUS && ADDS) store(plus + i, load(plus + i) + kept);
        if (PLUS && !ADDS) store(plus + i, kept);
      }
      add_column(&s, dy + column, x + column);
    }
  }
  end_sums(to, &s);
}

static void mask(const mask_job *job, const norm_job *norm, double mean, norm_lanes *to) {
  if (!job->plus)
    mask_rows(job, norm, mean, to, false, false);
  else if (job->adds)
    mask_rows(job, norm, mean, to, true, true);
  else
    mask_rows(job, norm, mean, to, true, false);
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
    .moments = moments, .apply = apply, .sums = sums, .gradient = gradient, .mask = mask};
