/* The arithmetic of distances, compiled once for each instruction set (base/level.h). The order of every sum
 * is fixed and every multiply-add is fused, so all levels give the same bits. */
#include "cluster/distances.h"

#include "base/lanes.h"
#include "base/level.h"

#include <math.h>

/* A tile is ROWS rows times VECTORS vectors of lanes; two more registers hold the coordinate of a row, unless
 * it is taken from memory, and a difference. */
enum { ROWS = SUMS == 24 && VECTOR == 16 ? 8 : SUMS >= 12 ? 6 : 2, VECTORS = SUMS / ROWS };

/* Sums over many dimensions are cut into pieces of this length, so that rounding errors do not pile up. */
enum { PIECE = 64 };

/* Dimensions begin..end-1 of rows first_row.. and vectors first.., added to what the dimensions before gave.
 */
INLINE void squares_tile(const distance_job *job, size_t first_row, size_t first, size_t begin, size_t end,
                         const size_t TILE_OF_ROWS, const size_t TILE_OF_VECTORS) {
  const size_t d = job->dimensions;
  const float *rows = job->rows + first_row * d, *lanes[VECTORS];
  vec sum[ROWS][VECTORS];
  UNROLL for (size_t v = 0; v < TILE_OF_VECTORS; v++) {
    lanes[v] = job->lanes + (first + v) / PARTS * LANES * d + (first + v) % PARTS * VECTOR;
    UNROLL for (size_t r = 0; r < TILE_OF_ROWS; r++) sum[r][v] = splat(0);
  }
  for (size_t j = begin; j < end; j++) {
    vec value[VECTORS];
    UNROLL for (size_t v = 0; v < TILE_OF_VECTORS; v++) value[v] = load(lanes[v] + j * LANES);
    UNROLL for (size_t r = 0; r < TILE_OF_ROWS; r++) {
      UNROLL for (size_t v = 0; v < TILE_OF_VECTORS; v++) {
        vec difference = minus_number(value[v], &rows[r * d + j]);
        sum[r][v] = fma_lanes(difference, difference, sum[r][v]);
      }
    }
  }
  UNROLL for (size_t r = 0; r < TILE_OF_ROWS; r++) {
    float *out = job->squares + (first_row + r) * job->blocks * LANES + first * VECTOR;
    UNROLL for (size_t v = 0; v < TILE_OF_VECTORS; v++) {
      vec before = begin > 0 ? load(out + v * VECTOR) : splat(0);
      store(out + v * VECTOR, before + sum[r][v]);
    }
  }
}

INLINE void squares_vectors(const distance_job *job, size_t first, const size_t TILE_OF_VECTORS) {
  for (size_t begin = 0, end; begin < job->dimensions; begin = end) {
    end = job->dimensions - begin < PIECE ? job->dimensions : begin + PIECE;
    size_t row = 0;
    for (; row + ROWS <= job->count; row += ROWS)
      squares_tile(job, row, first, begin, end, ROWS, TILE_OF_VECTORS);
    for (; row < job->count; row++) squares_tile(job, row, first, begin, end, 1, TILE_OF_VECTORS);
  }
}

static void squares(const distance_job *job) {
  size_t first = 0, vectors = job->blocks * PARTS;
  for (; first + VECTORS <= vectors; first += VECTORS) squares_vectors(job, first, VECTORS);
  for (; first < vectors; first++) squares_vectors(job, first, 1);
}

static void add_roots(double *sums, const float *squares, size_t count, size_t blocks) {
  for (size_t block = 0; block < blocks; block++) {
    double sum[LANES];
    for (size_t lane = 0; lane < LANES; lane++) sum[lane] = sums[block * LANES + lane];
    for (size_t row = 0; row < count; row++) {
      const float *from = squares + (row * blocks + block) * LANES;
      for (size_t lane = 0; lane < LANES; lane++) sum[lane] += (double)sqrtf(from[lane]);
    }
    for (size_t lane = 0; lane < LANES; lane++) sums[block * LANES + lane] = sum[lane];
  }
}

static void add_roots_to_both(double *lane_sums, double *row_sums, const float *squares, size_t count,
                              size_t blocks) {
  for (size_t row = 0; row < count; row++) {
    double total[LANES] = {0};
    for (size_t block = 0; block < blocks; block++, squares += LANES) {
      double *sum = lane_sums + block * LANES;
      for (size_t lane = 0; lane < LANES; lane++) {
        double root = (double)sqrtf(squares[lane]);
        sum[lane] += root;
        total[lane] += root;
      }
    }
    UNROLL for (size_t half = LANES / 2; half > 0; half /= 2) {
      for (size_t lane = 0; lane < half; lane++) total[lane] += total[lane + half];
    }
    row_sums[row] += total[0];
  }
}

static void below(uint16_t *masks, const float *squares, const float *limits, size_t count, size_t blocks) {
  for (size_t row = 0; row < count; row++)
    for (size_t block = 0; block < blocks; block++, squares += LANES) {
      unsigned bits = 0;
      UNROLL for (size_t p = 0; p < PARTS; p++) bits |=
          less_lanes(load(squares + p * VECTOR), load(limits + block * LANES + p * VECTOR)) << p * VECTOR;
      *masks++ = (uint16_t)bits;
    }
}

static void roots(float *values, size_t n) {
  for (size_t i = 0; i < n; i++) values[i] = sqrtf(values[i]);
}

static void swap_losses(const swap_job *job) {
  const float *x = job->distances;
  for (size_t row = 0; row < job->count; row++, x += TILE_LANES) {
    double *joined = job->joined, *parted = job->parted + job->nearest[row] * TILE_LANES;
    const double first = (double)job->first[row], second = (double)job->second[row];
    for (size_t lane = 0; lane < TILE_LANES; lane++) {
      double distance = (double)x[lane], near = distance < first ? distance : first;
      joined[lane] += near - first;
      parted[lane] += (distance < second ? distance : second) - near;
    }
  }
}

static void count_nearer(uint32_t *counts, const float *squares, const float *limits, const uint32_t *indices,
                         size_t first_row, size_t count, size_t blocks) {
  for (size_t at = 0; at < blocks * LANES; at += VECTOR) {
    const vec limit = load(limits + at);
    ivec index, total;
    memcpy(&index, indices + at, sizeof index);
    memcpy(&total, counts + at, sizeof total);
    for (size_t row = 0; row < count; row++) {
      const vec square = load(squares + row * blocks * LANES + at);
      const ivec before = (int)(first_row + row) < index;
      total -= (square < limit) | ((square == limit) & before); /* true is -1 */
    }
    memcpy(counts + at, &total, sizeof total);
  }
}

extern const distance_table LEVEL_TABLE(distances);
const distance_table LEVEL_TABLE(distances) = {
    .squares = squares,
    .add_roots = add_roots,
    .add_roots_to_both = add_roots_to_both,
    .below = below,
    .count_nearer = count_nearer,
    .roots = roots,
    .swap_losses = swap_losses,
};
