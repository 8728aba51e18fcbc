/* Compiled once for each instruction set (base/level.h). Every sum is one chain in a fixed order, so all
 * levels give the same bits. */
#include "cluster/mixture_kernels.h"

#include "base/lanes_math.h"
#include "base/level.h"

#include <float.h>
#include <math.h>

/* A tile of the triangular product: SQUARE_ROWS rows of W times all lanes of a block. */
enum { SQUARE_ROWS = SUMS / DOUBLE_PARTS > 0 ? SUMS / DOUBLE_PARTS : 1 };

/* y = W z for ROWS rows from `first`; columns up to the last row's diagonal, where the rows before have
 * zeros. y is not kept: its square is added at once. The 16 points of a block stand in lanes, so a weight is
 * broadcast and nothing is summed across lanes. */
INLINE void triangle_tile(const square_job *job, size_t first, const size_t ROWS) {
  dvec sum[SQUARE_ROWS][DOUBLE_PARTS];
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[r][p] = splat_double(0);
  }
  const double *w = job->w + first * job->d;
  for (size_t j = 0; j < first + ROWS; j++) {
    dvec value[DOUBLE_PARTS];
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) value[p] =
        load_doubles(job->z + j * LANES + p * DOUBLES);
    UNROLL for (size_t r = 0; r < ROWS; r++) {
      dvec factor = splat_double(w[r * job->d + j]);
      UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) sum[r][p] = fma_doubles(factor, value[p], sum[r][p]);
    }
  }
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t p = 0; p < DOUBLE_PARTS; p++) {
      double *square = job->squares + p * DOUBLES;
      store_doubles(square, fma_doubles(sum[r][p], sum[r][p], load_doubles(square)));
    }
  }
}

static void centre_block(const square_job *job) {
  for (size_t j = 0; j < job->d; j++)
    for (size_t lane = 0; lane < LANES; lane++)
      job->z[j * LANES + lane] = (double)job->lanes[j * LANES + lane] - job->mean[j];
}

static void triangular_squares(const square_job *job) {
  centre_block(job);
  for (size_t lane = 0; lane < LANES; lane++) job->squares[lane] = 0;
  size_t first = 0;
  for (; first + SQUARE_ROWS <= job->d; first += SQUARE_ROWS) triangle_tile(job, first, SQUARE_ROWS);
  for (; first + 4 <= job->d && SQUARE_ROWS > 4; first += 4) triangle_tile(job, first, 4);
  for (; first < job->d; first++) triangle_tile(job, first, 1);
}

static void diagonal_squares(const square_job *job) {
  double sum[LANES] = {0};
  for (size_t j = 0; j < job->d; j++)
    for (size_t lane = 0; lane < LANES; lane++) {
      double y = job->w[j] * ((double)job->lanes[j * LANES + lane] - job->mean[j]);
      sum[lane] += y * y;
    }
  for (size_t lane = 0; lane < LANES; lane++) job->squares[lane] = sum[lane];
}

/* The largest is taken out of the sum, which so can be neither 0 nor infinite. */
static void normalise(double *densities, size_t k, size_t stride, double *logs) {
  for (size_t lane = 0; lane < LANES; lane += DOUBLES) {
    double *density = densities + lane;
    dvec most = load_doubles(density), sum = splat_double(0);
    for (size_t c = 1; c < k; c++) {
      dvec value = load_doubles(density + c * stride);
      lvec larger = value > most;
      most = (dvec)((larger & (lvec)value) | (~larger & (lvec)most));
    }
    for (size_t c = 0; c < k; c++) {
      dvec share = exp_doubles(load_doubles(density + c * stride) - most);
      store_doubles(density + c * stride, share);
      sum += share;
    }
    for (size_t c = 0; c < k; c++)
      store_doubles(density + c * stride, load_doubles(density + c * stride) / sum);
    store_doubles(logs + lane, most + log_doubles(sum));
  }
}

static void deviations(double *q, const float *x, const double *mean, double factor, size_t d) {
  for (size_t j = 0; j < d; j++) q[j] = factor * ((double)x[j] - mean[j]);
}

static void add_deviations(double *sums, const float *x, const double *mean, double factor, size_t d) {
  for (size_t j = 0; j < d; j++) sums[j] += factor * ((double)x[j] - mean[j]);
}

/* A tile of the scatter matrix: PRODUCT_ROWS rows times PRODUCT_VECTORS vectors of columns. */
enum { PRODUCT_VECTORS = SUMS >= 12 ? 3 : 1, PRODUCT_ROWS = SUMS >= 12 ? SUMS / PRODUCT_VECTORS : 2 };

INLINE void product_tile(double *sums, const double *q, size_t rows, size_t columns, size_t i, size_t j,
                         const size_t ROWS, const size_t VECTORS) {
  dvec sum[PRODUCT_ROWS][PRODUCT_VECTORS];
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++) sum[r][v] =
        load_doubles(sums + (i + r) * columns + j + v * DOUBLES);
  }
  for (size_t row = 0; row < rows; row++, q += columns) {
    dvec value[PRODUCT_VECTORS];
    UNROLL for (size_t v = 0; v < VECTORS; v++) value[v] = load_doubles(q + j + v * DOUBLES);
    UNROLL for (size_t r = 0; r < ROWS; r++) {
      dvec factor = splat_double(q[i + r]);
      UNROLL for (size_t v = 0; v < VECTORS; v++) sum[r][v] = fma_doubles(factor, value[v], sum[r][v]);
    }
  }
  UNROLL for (size_t r = 0; r < ROWS; r++) {
    UNROLL for (size_t v = 0; v < VECTORS; v++)
        store_doubles(sums + (i + r) * columns + j + v * DOUBLES, sum[r][v]);
  }
}

/* ROWS rows from i, all vectors of columns that meet the lower triangle. */
INLINE void product_rows(double *sums, const double *q, size_t rows, size_t columns, size_t i,
                         const size_t ROWS) {
  size_t j = 0, end = (i + ROWS + DOUBLES - 1) / DOUBLES * DOUBLES;
  for (; j + PRODUCT_VECTORS * DOUBLES <= end; j += PRODUCT_VECTORS * DOUBLES)
    product_tile(sums, q, rows, columns, i, j, ROWS, PRODUCT_VECTORS);
  for (; j < end; j += DOUBLES) product_tile(sums, q, rows, columns, i, j, ROWS, 1);
}

static void add_products(double *sums, const double *q, size_t rows, size_t d) {
  size_t columns = scatter_columns(d), i = 0;
  for (; i + PRODUCT_ROWS <= d; i += PRODUCT_ROWS) product_rows(sums, q, rows, columns, i, PRODUCT_ROWS);
  for (; i < d; i++) product_rows(sums, q, rows, columns, i, 1);
}

/* Of a diagonal covariance: the products of each column with itself. */
static void add_squares(double *sums, const double *q, size_t rows, size_t d) {
  size_t columns = scatter_columns(d);
  for (size_t row = 0; row < rows; row++)
    for (size_t j = 0; j < d; j++) sums[j] += q[row * columns + j] * q[row * columns + j];
}

/* Right-looking factorisation into an upper factor (Cholesky by outer products), then the inverse of its
 * transpose row by row: all inner loops run along rows, and none is a sum whose order a compiler could
 * change. A pivot that rounding has eaten is as large as rounding could make it, for 1 / pivot comes next. */
static void whiten(double *lower, size_t d, double *scratch) {
  double *upper = scratch;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j <= i; j++) upper[j * d + i] = lower[i * d + j];
  for (size_t p = 0; p < d; p++) {
    double *row = upper + p * d, least = (double)d * DBL_EPSILON * lower[p * d + p];
    double pivot = sqrt(row[p] > least ? row[p] : least);
    row[p] = pivot;
    for (size_t j = p + 1; j < d; j++) row[j] /= pivot;
    for (size_t i = p + 1; i < d; i++) {
      double *below = upper + i * d, factor = row[i];
      for (size_t j = i; j < d; j++) below[j] -= factor * row[j];
    }
  }
  for (size_t i = 0; i < d; i++) {
    double *row = lower + i * d, diagonal = upper[i * d + i];
    for (size_t j = 0; j < d; j++) row[j] = 0;
    for (size_t p = 0; p < i; p++) {
      const double *above = lower + p * d, factor = upper[p * d + i];
      for (size_t j = 0; j <= p; j++) row[j] -= factor * above[j];
    }
    for (size_t j = 0; j < i; j++) row[j] /= diagonal;
    row[i] = 1 / diagonal;
  }
}

extern const mixture_table LEVEL_TABLE(mixture);
const mixture_table LEVEL_TABLE(mixture) = {.triangular_squares = triangular_squares,
                                            .diagonal_squares = diagonal_squares,
                                            .normalise = normalise,
                                            .deviations = deviations,
                                            .add_deviations = add_deviations,
                                            .add_products = add_products,
                                            .add_squares = add_squares,
                                            .whiten = whiten};
