/* Compiled once for each instruction set (base/level.h). A square is one chain of fused multiply-adds over
 * the columns, so all levels give the same bits. */
#include "cluster/kmeans.h"

#include "base/lanes_math.h"
#include "base/level.h"

/* A tile is CENTRES centres times all lanes of a block. */
enum { CENTRES = SUMS / DOUBLE_PARTS > PACK ? PACK : SUMS / DOUBLE_PARTS > 0 ? SUMS / DOUBLE_PARTS : 1 };

INLINE void squares_tile(const centre_job *job, const double *centre, double *squares, const size_t COUNT) {
  dvec sum[CENTRES][DOUBLE_PARTS];
  UNROLL for (size_t c = 0; c < COUNT; c++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[c][p] = splat_double(0);
  }
  const float *x = job->lanes;
  for (size_t j = 0; j < job->d; j++, x += LANES, centre += PACK) {
    dvec value[DOUBLE_PARTS];
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) value[p] = widen(*(const half_vec *)(x + p * DOUBLES));
    UNROLL for (size_t c = 0; c < COUNT; c++) {
      UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) {
        dvec difference = minus_double(value[p], &centre[c]);
        sum[c][p] = fma_doubles(difference, difference, sum[c][p]);
      }
    }
  }
  UNROLL for (size_t c = 0; c < COUNT; c++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++)
        store_doubles(squares + c * LANES + p * DOUBLES, sum[c][p]);
  }
}

static void squares(const centre_job *job) {
  for (size_t c = 0, count; c < job->count; c += count) {
    size_t left = job->count - c, in_pack = PACK - c % PACK;
    const double *centre = job->packed + c / PACK * PACK * job->d + c % PACK;
    double *out = job->squares + c * LANES;
    count = left < in_pack ? left : in_pack;
    if (count > CENTRES) count = CENTRES;
#define TILE(n)                                                                                              \
  case n:                                                                                                    \
    if (n <= CENTRES) squares_tile(job, centre, out, n);                                                     \
    break;
    switch (count) {
      TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12)
    }
#undef TILE
  }
}

static void nearest(const double *squares, size_t k, double *least, uint32_t *which) {
  for (size_t lane = 0; lane < LANES; lane += DOUBLES) {
    dvec best = load_doubles(squares + lane);
    lvec winner = {0};
    for (size_t c = 1; c < k; c++) {
      dvec square = load_doubles(squares + c * LANES + lane);
      lvec less = square < best;
      best = (dvec)((less & (lvec)square) | (~less & (lvec)best));
      winner = (less & (int64_t)c) | (~less & winner);
    }
    for (size_t i = 0; i < DOUBLES; i++) {
      least[lane + i] = best[i];
      which[lane + i] = (uint32_t)winner[i];
    }
  }
}

static void add_differences(double *sums, const float *x, const double *reference, double sign,
                            size_t columns) {
  for (size_t j = 0; j < columns; j++) sums[j] += sign * ((double)x[j] - reference[j]);
}

extern const kmeans_table LEVEL_TABLE(kmeans);
const kmeans_table LEVEL_TABLE(kmeans) = {
    .squares = squares, .nearest = nearest, .add_differences = add_differences};
