/* Squared Euclidean distances of many points to many others, a tile at a time: what silhouettes and nearest
 * neighbours are made of. No n x n matrix exists anywhere.
 *
 * One side of a tile are rows, as points come; the other side are lanes: 16 points side by side, like the
 * examples of a block. Distances are sums of squared differences, not made from norms, so nothing cancels:
 * equal points have distance 0, and a sum has a relative error of at most (67 + d / 64) 2^-24. Swapping the
 * two points changes no bit. */
#ifndef CLUSTER_DISTANCES_H
#define CLUSTER_DISTANCES_H

#include "base/block.h"
#include "base/error.h"

#include <stdint.h>

/* squares[r][b][lane] = |rows[r] - point b * LANES + lane|^2 */
typedef struct distance_job {
  const float *rows;  /* [count, dimensions] */
  const float *lanes; /* [blocks, dimensions, LANES], 64-byte aligned */
  float *squares;     /* [count, blocks, LANES], 64-byte aligned */
  size_t count, blocks, dimensions;
} distance_job;

/* What suits a tile: its lanes fill the registers and its squares stay in the first cache. */
enum { TILE_BLOCKS = 3, TILE_LANES = TILE_BLOCKS * LANES, TILE_ROWS = 32 };

/* What k-medoids would lose or win by new medoids. For each row r with its nearest medoid at distance
 * first[r] and the next at second[r], and each lane at distance x, two sums grow:
 *
 *   joined[lane] by min(x, first[r]) - first[r], if the lane is added to the medoids;
 *
 *   parted[nearest[r]][lane] by min(x, second[r]) - min(x, first[r]), if row r loses its nearest besides. */
typedef struct swap_job {
  const float *distances; /* [count, TILE_LANES] */
  const float *first, *second;
  const uint32_t *nearest; /* [count] */
  size_t count;
  double *joined; /* [TILE_LANES] */
  double *parted; /* [medoids, TILE_LANES] */
} swap_job;

typedef struct distance_table {
  void (*squares)(const distance_job *job);
  /* sums[b][lane] += square root of squares[r][b][lane], for r ascending */
  void (*add_roots)(double *sums, const float *squares, size_t count, size_t blocks);
  /* The same, and row_sums[r] += the sum of these roots over the lanes of row r: first over blocks, then of
   * lanes i and i + 8, then of i and i + 4, and so on. */
  void (*add_roots_to_both)(double *lane_sums, double *row_sums, const float *squares, size_t count,
                            size_t blocks);
  /* bit `lane` of masks[r][b] = squares[r][b][lane] < limits[b][lane] */
  void (*below)(uint16_t *masks, const float *squares, const float *limits, size_t count, size_t blocks);
  /* values[i] = square root of values[i] */
  void (*roots)(float *values, size_t n);
  void (*swap_losses)(const swap_job *job);
  /* counts[b][lane] += rows that come before row indices[b][lane] at distance limits[b][lane] from the lane:
   * nearer ones, and equally near ones with a lower index. Row r has the index first_row + r. */
  void (*count_nearer)(uint32_t *counts, const float *squares, const float *limits, const uint32_t *indices,
                       size_t first_row, size_t count, size_t blocks);
} distance_table;

/* The table that this processor runs best, or the one that $DESPUR_CPU names (DESPUR_BAD_USAGE when there is
 * none). */
DESPUR_MUST_USE despur_status distances_choose(const distance_table **out, despur_error *error);

/* The i-th table that this processor can run, slowest first; NULL past the end. */
const distance_table *distances_available(size_t i);

/* Points as the kernels want them. All values are multiplied by one power of two that brings the largest near
 * 1, so that no square overflows, and none vanishes that counts. */

/* DESPUR_BAD_INPUT, with a message that starts with `what`, unless there are n >= 1 points of d >= 1 finite
 * values, and n < 2^32. */
DESPUR_MUST_USE despur_status points_check(const char *what, const float *points, size_t n, size_t d,
                                           despur_error *error);

/* The exponent e with |x| < 2^e for all values of the points; 0 when all are zero. */
int points_exponent(const float *points, size_t n, size_t d);

/* out[i] = point order[i] (order NULL: point i) times 2^-exponent, for i < count: [count, d]. */
void points_to_rows(float *out, const float *points, size_t d, const uint32_t *order, size_t count,
                    int exponent);

/* The same as [block_count(count), d, LANES]; dead lanes are left alone. */
void points_to_lanes(float *out, const float *points, size_t d, const uint32_t *order, size_t count,
                     int exponent);

#endif
