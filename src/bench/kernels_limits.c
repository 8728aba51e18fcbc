/* What a core can do at best, compiled once for each instruction set (base/level.h). */
#include "bench/bench.h"

#include "base/lanes.h"
#include "base/level.h"

/* As many chains as a kernel keeps sums, so that no result is waited for; each from another value, or the
 * compiler would see that some are equal; in two loops, because a pragma unrolls no more than 16 rounds. Sums
 * tend to 2. */
enum { ROWS = SUMS >= 12 ? 4 : 1, COLUMNS = SUMS / ROWS };

static float multiply_add(size_t rounds) {
  vec sum[ROWS][COLUMNS], factor = splat(0.5f), term = splat(1), total = splat(0);
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t c = 0; c < COLUMNS; c++) sum[r][c] = splat((float)(r * COLUMNS + c));
  }
  for (size_t round = 0; round < rounds; round++) {
    UNROLL for (size_t r = 0; r < ROWS; r++) {
      UNROLL for (size_t c = 0; c < COLUMNS; c++) sum[r][c] = fma_lanes(sum[r][c], factor, term);
    }
  }
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t c = 0; c < COLUMNS; c++) total += sum[r][c];
  }
  return total[0];
}

static double multiply_double(size_t rounds) {
  dvec sum[ROWS][COLUMNS], factor = splat_double(0.5), term = splat_double(1), total = splat_double(0);
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t c = 0; c < COLUMNS; c++) sum[r][c] = splat_double((double)(r * COLUMNS + c));
  }
  for (size_t round = 0; round < rounds; round++) {
    UNROLL for (size_t r = 0; r < ROWS; r++) {
      UNROLL for (size_t c = 0; c < COLUMNS; c++) sum[r][c] = fma_doubles(sum[r][c], factor, term);
    }
  }
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t c = 0; c < COLUMNS; c++) total += sum[r][c];
  }
  return total[0];
}

static void update(float *y, const float *x, float a, size_t n) {
  for (size_t i = 0; i < n; i += 4 * VECTOR) {
    UNROLL for (size_t k = 0; k < 4; k++) {
      size_t at = i + k * VECTOR;
      if (at < n) store(y + at, fma_lanes(splat(a), load(x + at), load(y + at)));
    }
  }
}

extern const limits_table LEVEL_TABLE(limits);
const limits_table LEVEL_TABLE(limits) = {.level = LEVEL_NAME,
                                          .flops_of_round = 2 * SUMS * VECTOR,
                                          .double_flops_of_round = 2 * SUMS * DOUBLES,
                                          .multiply_add = multiply_add,
                                          .multiply_double = multiply_double,
                                          .update = update};
