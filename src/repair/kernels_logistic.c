/* Compiled once for each instruction set (base/level.h). Every sum is a chain of multiply-adds for each of
 * eight lanes, which are added in one order at the end, so all levels give the same bits. */
#include "repair/logistic_kernels.h"

#include "base/lanes_math.h"
#include "base/level.h"

enum { GROUP = LOGISTIC_GROUP, PIECES = GROUP / DOUBLES, LINE = 16 /* floats of a cache line */ };

/* A tile of sums: as many as there are registers for. */
enum { TILE = PIECES == 1 ? 4 : 2 };

typedef float loose_half_vec __attribute__((vector_size(4 * DOUBLES), may_alias, aligned(4)));

INLINE dvec load_widened(const float *p) {
  return widen((half_vec)(*(const loose_half_vec *)p));
}

/* The last, partial group of each row, filled up with zeros. */
typedef struct tail_group {
  float x[GROUP];
} tail_group;

static void copy_tails(tail_group tails[LOGISTIC_ROWS], const logistic_block *block) {
  size_t whole = block->columns / GROUP * GROUP;
  memset(tails, 0, LOGISTIC_ROWS * sizeof *tails);
  for (size_t row = 0; row < block->rows; row++)
    memcpy(tails[row].x, block->x + row * block->columns + whole, (block->columns - whole) * sizeof(float));
}

/* Rows are worked on some at a time, but come from memory one after the other, which is how processors expect
 * them: while a group of columns of these rows is at work, its share of the next rows is asked for. */
INLINE void ask_for(const float *share, const size_t FLOATS) {
  if (!share) return;
  UNROLL for (size_t at = 0; at < FLOATS; at += LINE) __builtin_prefetch(share + at);
}

/* The rows behind `rows` of them from `row` on, if there are as many. */
INLINE const float *next_rows(const logistic_block *block, size_t row, size_t rows) {
  return row + 2 * rows <= block->rows + block->behind ? block->x + (row + rows) * block->columns : NULL;
}

INLINE double sum_lanes(const dvec sum[PIECES]) {
  double lane[GROUP] __attribute__((aligned(64)));
  UNROLL for (size_t p = 0; p < PIECES; p++) store_doubles(lane + p * DOUBLES, sum[p]);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* One group of columns of ROWS rows times OUTS outputs. */
INLINE void score_group(dvec sum[TILE][TILE][PIECES], const float *x, size_t step, const double *w,
                        size_t stride, const size_t ROWS, const size_t OUTS) {
  UNROLL for (size_t p = 0; p < PIECES; p++) {
    dvec value[TILE];
    UNROLL for (size_t r = 0; r < ROWS; r++) value[r] = load_widened(x + r * step + p * DOUBLES);
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      dvec factor = load_doubles(w + k * stride + p * DOUBLES);
      UNROLL for (size_t r = 0; r < ROWS; r++) sum[r][k][p] = fma_doubles(factor, value[r], sum[r][k][p]);
    }
  }
}

INLINE void score_tile(const logistic_block *block, const tail_group *tails, const double *w,
                       logistic_rows *z, size_t row, size_t out, const size_t ROWS, const size_t OUTS) {
  dvec sum[TILE][TILE][PIECES];
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PIECES; p++) sum[r][k][p] = splat_double(0);
    }
  }
  size_t stride = logistic_stride(block->columns), j = 0;
  const float *x = block->x + row * block->columns;
  w += out * stride;
  const float *next = out == 0 ? next_rows(block, row, ROWS) : NULL;
  for (; j + GROUP <= block->columns; j += GROUP) {
    ask_for(next ? next + ROWS * j : NULL, ROWS * GROUP);
    score_group(sum, x + j, block->columns, w + j, stride, ROWS, OUTS);
  }
  if (j < block->columns) score_group(sum, tails[row].x, GROUP, w + j, stride, ROWS, OUTS);
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) z[out + k].at[row + r] = sum_lanes(sum[r][k]);
  }
}

INLINE void score_rows(const logistic_block *block, const tail_group *tails, const double *w,
                       logistic_rows *z, size_t row, const size_t ROWS) {
  size_t out = 0;
  for (; out + TILE <= block->outputs; out += TILE) score_tile(block, tails, w, z, row, out, ROWS, TILE);
  for (; TILE > 2 && out + 2 <= block->outputs; out += 2) score_tile(block, tails, w, z, row, out, ROWS, 2);
  for (; out < block->outputs; out++) score_tile(block, tails, w, z, row, out, ROWS, 1);
}

static void scores(const logistic_block *block, const double *w, logistic_rows *z) {
  tail_group tails[LOGISTIC_ROWS];
  copy_tails(tails, block);
  size_t row = 0;
  for (; row + TILE <= block->rows; row += TILE) score_rows(block, tails, w, z, row, TILE);
  for (; row < block->rows; row++) score_rows(block, tails, w, z, row, 1);
}

/* GROUPS groups of columns, whose rows lie step floats apart, times OUTS outputs: the sums run over the rows.
 */
INLINE void gradient_tile(const float *x, size_t step, size_t rows, const logistic_rows *r, double *g,
                          size_t stride, const size_t GROUPS, const size_t OUTS) {
  dvec sum[TILE][TILE][PIECES];
  UNROLL for (size_t j = 0; j < GROUPS; j++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PIECES; p++) sum[j][k][p] =
          load_doubles(g + k * stride + j * GROUP + p * DOUBLES);
    }
  }
  for (size_t row = 0; row < rows; row++, x += step) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      dvec factor = splat_double(r[k].at[row]);
      UNROLL for (size_t j = 0; j < GROUPS; j++) {
        UNROLL for (size_t p = 0; p < PIECES; p++) sum[j][k][p] =
            fma_doubles(factor, load_widened(x + j * GROUP + p * DOUBLES), sum[j][k][p]);
      }
    }
  }
  UNROLL for (size_t j = 0; j < GROUPS; j++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PIECES; p++)
          store_doubles(g + k * stride + j * GROUP + p * DOUBLES, sum[j][k][p]);
    }
  }
}

INLINE void gradient_columns(const float *x, size_t step, const logistic_block *block, const logistic_rows *r,
                             double *g, const size_t GROUPS) {
  size_t stride = logistic_stride(block->columns), out = 0;
  for (; out + TILE <= block->outputs; out += TILE)
    gradient_tile(x, step, block->rows, r + out, g + out * stride, stride, GROUPS, TILE);
  for (; TILE > 2 && out + 2 <= block->outputs; out += 2)
    gradient_tile(x, step, block->rows, r + out, g + out * stride, stride, GROUPS, 2);
  for (; out < block->outputs; out++)
    gradient_tile(x, step, block->rows, r + out, g + out * stride, stride, GROUPS, 1);
}

static void add_gradient(const logistic_block *block, const logistic_rows *r, double *g) {
  tail_group tails[LOGISTIC_ROWS];
  size_t j = 0;
  for (; j + TILE * GROUP <= block->columns; j += TILE * GROUP)
    gradient_columns(block->x + j, block->columns, block, r, g + j, TILE);
  for (; j + GROUP <= block->columns; j += GROUP)
    gradient_columns(block->x + j, block->columns, block, r, g + j, 1);
  if (j == block->columns) return;
  copy_tails(tails, block);
  gradient_columns(tails[0].x, GROUP, block, r, g + j, 1);
}

/* ---- the same in single precision ---- */

typedef float loose_vec __attribute__((vector_size(4 * VECTOR), may_alias, aligned(4)));

INLINE vec load_loose(const float *p) {
  return (vec)(*(const loose_vec *)p);
}

/* Tiles: rows or groups of 16 columns, and outputs, as many as there are registers for. */
enum {
  SINGLES = LOGISTIC_SINGLES,
  SINGLE_ROWS = PARTS == 1 ? 4 : 2,
  SINGLE_GROUPS = PARTS == 1 ? 4 : 1,
  SINGLE_OUTS = PARTS == 1   ? 5
                : PARTS == 2 ? 3
                             : 2
};

/* The last, partial group of each row, filled up with zeros. */
typedef struct tail_singles {
  float x[SINGLES];
} tail_singles;

static void copy_tail_singles(tail_singles tails[LOGISTIC_ROWS], const logistic_block *block) {
  const size_t whole = block->columns / SINGLES * SINGLES;
  memset(tails, 0, LOGISTIC_ROWS * sizeof *tails);
  for (size_t row = 0; row < block->rows; row++)
    memcpy(tails[row].x, block->x + row * block->columns + whole, (block->columns - whole) * sizeof(float));
}

/* Halves are added to halves until one number is left. */
INLINE double fold_singles(const vec sum[PARTS]) {
  float lane[SINGLES] __attribute__((aligned(64)));
  UNROLL for (size_t p = 0; p < PARTS; p++) store(lane + p * VECTOR, sum[p]);
  for (size_t half = SINGLES / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) lane[i] += lane[i + half];
  return (double)lane[0];
}

#if defined(LANES_AVX512)
/* Four such sums at once, added in the same order. */
INLINE void fold_rows(double *out, const vec *a, const vec *b, const vec *c, const vec *d) {
  const vec ab =
                __builtin_shufflevector(*a, *b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
                __builtin_shufflevector(*a, *b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31),
            cd =
                __builtin_shufflevector(*c, *d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
                __builtin_shufflevector(*c, *d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  vec all = __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
            __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  all += __builtin_shufflevector(all, all, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  all += __builtin_shufflevector(all, all, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  UNROLL for (int row = 0; row < 4; row++) out[row] = (double)all[4 * row];
}
#endif

/* One group of columns of ROWS rows times OUTS outputs. */
INLINE void score_singles(vec sum[SINGLE_ROWS][SINGLE_OUTS][PARTS], const float *x, size_t step,
                          const float *w, size_t stride, const size_t ROWS, const size_t OUTS) {
  UNROLL for (size_t p = 0; p < PARTS; p++) {
    vec value[SINGLE_ROWS];
    UNROLL for (size_t r = 0; r < ROWS; r++) value[r] = load_loose(x + r * step + p * VECTOR);
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      vec factor = load(w + k * stride + p * VECTOR);
      UNROLL for (size_t r = 0; r < ROWS; r++) sum[r][k][p] = fma_lanes(factor, value[r], sum[r][k][p]);
    }
  }
}

INLINE void score_single_tile(const logistic_block *block, const tail_singles *tails, const float *w,
                              logistic_rows *z, size_t row, size_t out, const size_t ROWS,
                              const size_t OUTS) {
  vec sum[SINGLE_ROWS][SINGLE_OUTS][PARTS];
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PARTS; p++) sum[r][k][p] = splat(0);
    }
  }
  size_t stride = logistic_stride(block->columns), j = 0;
  const float *x = block->x + row * block->columns;
  w += out * stride;
  const float *next = out == 0 ? next_rows(block, row, ROWS) : NULL;
  for (; j + SINGLES <= block->columns; j += SINGLES) {
    ask_for(next ? next + ROWS * j : NULL, ROWS * SINGLES);
    score_singles(sum, x + j, block->columns, w + j, stride, ROWS, OUTS);
  }
  if (j < block->columns) score_singles(sum, tails[row].x, SINGLES, w + j, stride, ROWS, OUTS);
#if defined(LANES_AVX512)
  if (ROWS == 4) {
    UNROLL for (size_t k = 0; k < OUTS; k++)
        fold_rows(z[out + k].at + row, sum[0][k], sum[1][k], sum[2][k], sum[3][k]);
    return;
  }
#endif
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) z[out + k].at[row + r] = fold_singles(sum[r][k]);
  }
}

INLINE void score_single_rows(const logistic_block *block, const tail_singles *tails, const float *w,
                              logistic_rows *z, size_t row, const size_t ROWS) {
  size_t out = 0;
  for (; out + SINGLE_OUTS <= block->outputs; out += SINGLE_OUTS)
    score_single_tile(block, tails, w, z, row, out, ROWS, SINGLE_OUTS);
  for (; out < block->outputs; out++) score_single_tile(block, tails, w, z, row, out, ROWS, 1);
}

static void scores_single(const logistic_block *block, const float *w, logistic_rows *z) {
  tail_singles tails[LOGISTIC_ROWS];
  copy_tail_singles(tails, block);
  size_t row = 0;
  for (; row + SINGLE_ROWS <= block->rows; row += SINGLE_ROWS)
    score_single_rows(block, tails, w, z, row, SINGLE_ROWS);
  for (; row < block->rows; row++) score_single_rows(block, tails, w, z, row, 1);
}

/* factor [OUTS, LOGISTIC_ROWS] */
INLINE void gradient_single_tile(const float *x, size_t step, size_t rows, const float *factor, float *g,
                                 size_t stride, const size_t GROUPS, const size_t OUTS) {
  vec sum[SINGLE_GROUPS][SINGLE_OUTS][PARTS];
  UNROLL for (size_t j = 0; j < GROUPS; j++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PARTS; p++) sum[j][k][p] =
          load(g + k * stride + j * SINGLES + p * VECTOR);
    }
  }
  for (size_t row = 0; row < rows; row++, x += step) {
    UNROLL for (size_t j = 0; j < GROUPS; j++) {
      UNROLL for (size_t p = 0; p < PARTS; p++) {
        const vec value = load_loose(x + j * SINGLES + p * VECTOR);
        UNROLL for (size_t k = 0; k < OUTS; k++) sum[j][k][p] =
            fma_lanes(splat(factor[k * LOGISTIC_ROWS + row]), value, sum[j][k][p]);
      }
    }
  }
  UNROLL for (size_t j = 0; j < GROUPS; j++) {
    UNROLL for (size_t k = 0; k < OUTS; k++) {
      UNROLL for (size_t p = 0; p < PARTS; p++)
          store(g + k * stride + j * SINGLES + p * VECTOR, sum[j][k][p]);
    }
  }
}

/* All columns of OUTS outputs. */
INLINE void gradient_single_outputs(const logistic_block *block, const tail_singles *tails,
                                    const logistic_rows *r, float *g, const size_t OUTS) {
  const size_t stride = logistic_stride(block->columns);
  float factor[SINGLE_OUTS * LOGISTIC_ROWS] __attribute__((aligned(64)));
  size_t j = 0;
  for (size_t k = 0; k < OUTS; k++)
    for (size_t row = 0; row < LOGISTIC_ROWS; row++) factor[k * LOGISTIC_ROWS + row] = (float)r[k].at[row];
  for (; j + SINGLE_GROUPS * SINGLES <= block->columns; j += SINGLE_GROUPS * SINGLES)
    gradient_single_tile(block->x + j, block->columns, block->rows, factor, g + j, stride, SINGLE_GROUPS,
                         OUTS);
  for (; j + SINGLES <= block->columns; j += SINGLES)
    gradient_single_tile(block->x + j, block->columns, block->rows, factor, g + j, stride, 1, OUTS);
  if (j < block->columns)
    gradient_single_tile(tails[0].x, SINGLES, block->rows, factor, g + j, stride, 1, OUTS);
}

static void add_gradient_single(const logistic_block *block, const logistic_rows *r, float *g) {
  const size_t stride = logistic_stride(block->columns);
  tail_singles tails[LOGISTIC_ROWS];
  size_t out = 0;
  copy_tail_singles(tails, block);
  for (; out + SINGLE_OUTS <= block->outputs; out += SINGLE_OUTS)
    gradient_single_outputs(block, tails, r + out, g + out * stride, SINGLE_OUTS);
  for (; out < block->outputs; out++) gradient_single_outputs(block, tails, r + out, g + out * stride, 1);
}

/* The largest is taken out of the sum, which so can be neither 0 nor infinite. */
static void softmax(logistic_rows *z, size_t classes, logistic_rows *logs) {
  for (size_t row = 0; row < LOGISTIC_ROWS; row += DOUBLES) {
    dvec most = load_doubles(z[0].at + row), sum = splat_double(0);
    for (size_t k = 1; k < classes; k++) {
      dvec value = load_doubles(z[k].at + row);
      lvec larger = value > most;
      most = (dvec)((larger & (lvec)value) | (~larger & (lvec)most));
    }
    for (size_t k = 0; k < classes; k++) {
      dvec share = exp_doubles(load_doubles(z[k].at + row) - most);
      store_doubles(z[k].at + row, share);
      sum += share;
    }
    for (size_t k = 0; k < classes; k++) store_doubles(z[k].at + row, load_doubles(z[k].at + row) / sum);
    store_doubles(logs->at + row, most + log_doubles(sum));
  }
}

/* What has no probability adds nothing: the logarithm of a number far too small to matter stands for its own.
 */
static void entropies(const logistic_rows *z, size_t classes, logistic_rows *own) {
  const dvec least = splat_double(1e-300);
  for (size_t row = 0; row < LOGISTIC_ROWS; row += DOUBLES) {
    dvec sum = splat_double(0);
    for (size_t k = 0; k < classes; k++) {
      const dvec p = load_doubles(z[k].at + row);
      const lvec some = p > least;
      sum -= p * log_doubles((dvec)((some & (lvec)p) | (~some & (lvec)least)));
    }
    store_doubles(own->at + row, sum);
  }
}

/* ---- products of columns ---- */

enum { STRIP = SUMS >= 12 ? LOGISTIC_STRIP : 1, WIDE = SUMS / STRIP };

INLINE void products_tile(float *h, size_t stride, const float *x, const float *y, size_t rows) {
  vec sum[STRIP][WIDE];
  UNROLL for (size_t i = 0; i < STRIP; i++) {
    UNROLL for (size_t w = 0; w < WIDE; w++) sum[i][w] = load(h + i * stride + w * VECTOR);
  }
  for (size_t row = 0; row < rows; row++, x += LOGISTIC_PANEL, y += LOGISTIC_PANEL) {
    vec value[WIDE];
    UNROLL for (size_t w = 0; w < WIDE; w++) value[w] = load(y + w * VECTOR);
    UNROLL for (size_t i = 0; i < STRIP; i++) {
      vec factor = splat(x[i]);
      UNROLL for (size_t w = 0; w < WIDE; w++) sum[i][w] = fma_lanes(factor, value[w], sum[i][w]);
    }
  }
  UNROLL for (size_t i = 0; i < STRIP; i++) {
    UNROLL for (size_t w = 0; w < WIDE; w++) store(h + i * stride + w * VECTOR, sum[i][w]);
  }
}

static void add_products(float *h, size_t stride, const float *x, const float *y, size_t rows) {
  for (size_t a = 0; a < LOGISTIC_STRIP; a += STRIP)
    for (size_t b = 0; b < LOGISTIC_PANEL; b += (size_t)WIDE * VECTOR)
      products_tile(h + a * stride + b, stride, x + a, y + b, rows);
}

typedef double loose_dvec __attribute__((vector_size(4 * VECTOR), may_alias, aligned(8)));

static void add_doubles(double *sum, const double *row, double factor, size_t count) {
  const dvec by = splat_double(factor);
  size_t i = 0;
  for (; i + DOUBLES <= count; i += DOUBLES)
    *(loose_dvec *)(sum + i) =
        fma_doubles(by, (dvec)(*(const loose_dvec *)(row + i)), (dvec)(*(const loose_dvec *)(sum + i)));
  for (; i < count; i++) sum[i] = __builtin_fma(factor, row[i], sum[i]);
}

static void add_multiple(double *sum, const float *row, double factor, size_t count) {
  dvec by = splat_double(factor);
  for (size_t i = 0; i < count; i += DOUBLES)
    store_doubles(sum + i, fma_doubles(by, load_widened(row + i), load_doubles(sum + i)));
}

extern const logistic_table LEVEL_TABLE(logistic);
const logistic_table LEVEL_TABLE(logistic) = {.scores = scores,
                                              .add_gradient = add_gradient,
                                              .scores_single = scores_single,
                                              .add_gradient_single = add_gradient_single,
                                              .softmax = softmax,
                                              .entropies = entropies,
                                              .add_products = add_products,
                                              .add_doubles = add_doubles,
                                              .add_multiple = add_multiple};
