/* Principal components: eigenvectors of the covariance of the columns or, when there are fewer points than
 * columns, of the inner products of the points. All sums run over the rows of a matrix in their order,
 * whatever the number of threads. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/level.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "cluster/components.h"
#include "cluster/distances.h"
#include "cluster/eigen.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
  TASK_BLOCKS = 2, /* blocks of columns whose products are one task */
  PANEL_ROWS = 32, /* that are centred together */
  BLOCKS_OF_A_TASK = 16,
  PIECE = 128 /* dimensions of a point that stay in the first cache */
};

LEVEL_FUNCTIONS(components_table, components, components)

/* products[a][b] = sum over rows of centred[row][a] * centred[row][b], the larger side of the points being
 * the rows. */
typedef struct problem {
  const components_table *kernels;
  const float *matrix; /* [rows, columns]: the points, or their transpose */
  const double *mean;  /* of the coordinates */
  bool transposed;     /* then a coordinate is a row */
  size_t rows, columns;
  double *products; /* [columns, columns] */
  double *scratch;  /* [threads, scratch_size] */
} problem;

static double centred(const problem *p, size_t row, size_t column) {
  return (double)p->matrix[row * p->columns + column] - p->mean[p->transposed ? row : column];
}

/* panel [blocks, PANEL_ROWS, LANES]: rows as kernels want them, from block `first` on; zeros beyond the
 * columns. */
static void centre_rows(double *panel, const problem *p, size_t row, size_t count, size_t first) {
  for (size_t b = first * LANES; b < block_count(p->columns) * LANES;
       b += LANES, panel += (size_t)PANEL_ROWS * LANES)
    for (size_t r = 0; r < count; r++)
      for (size_t lane = 0; lane < LANES; lane++)
        panel[r * LANES + lane] = b + lane < p->columns ? centred(p, row + r, b + lane) : 0;
}

/* Doubles that a thread needs: a panel, and a tile's sums. */
static size_t scratch_size(const problem *p) {
  return block_count(p->columns) * LANES * (PANEL_ROWS + TASK_BLOCKS * LANES);
}

/* Some rows of the upper triangle. */
static void multiply_columns(void *context, size_t tile, int thread) {
  problem *p = context;
  const size_t first = tile * TASK_BLOCKS, blocks = block_count(p->columns) - first, width = blocks * LANES;
  const size_t own = blocks < TASK_BLOCKS ? blocks : TASK_BLOCKS;
  double *panel = p->scratch + (size_t)thread * scratch_size(p), *sums = panel + width * PANEL_ROWS;
  memset(sums, 0, own * LANES * width * sizeof *sums);
  for (size_t row = 0; row < p->rows; row += PANEL_ROWS) {
    const size_t count = p->rows - row < PANEL_ROWS ? p->rows - row : PANEL_ROWS;
    centre_rows(panel, p, row, count, first);
    for (size_t a = 0; a < own; a++)
      for (size_t b = a; b < blocks; b++)
        p->kernels->add_products(sums + a * LANES * width + b * LANES, width, panel + a * PANEL_ROWS * LANES,
                                 panel + b * PANEL_ROWS * LANES, count);
  }
  for (size_t a = first * LANES; a < (first + own) * LANES && a < p->columns; a++, sums += width)
    memcpy(p->products + a * p->columns + a, sums + (a - first * LANES), (p->columns - a) * sizeof *sums);
}

static void mirror(double *matrix, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i];
}

/* In double precision: float32 points of one sign lose no digits in the sums. */
static void column_means(double *mean, const float *points, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) mean[j] += (double)points[i * d + j];
  for (size_t j = 0; j < d; j++) mean[j] /= (double)n;
}

static despur_status transpose(float **out, const float *points, size_t n, size_t d, despur_error *error) {
  despur_status status = mem_alloc(out, n * d, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) (*out)[j * n + i] = points[i * d + j];
  return DESPUR_OK;
}

/* axis = sum over columns of vector[column] * centred column of the transposed matrix: where A A' has the
 * eigenvector v, A' A has A' v, with the same value. */
static void map_back(const problem *p, double *axis, const double *vector) {
  for (size_t row = 0; row < p->rows; row++) {
    axis[row] = 0;
    for (size_t b = 0; b < p->columns; b++) axis[row] += vector[b] * centred(p, row, b);
  }
}

/* Takes the first `count` axes out of axis `count` and scales it to length 1; false when less than `least` of
 * its length remains. Twice is enough (Parlett, "The Symmetric Eigenvalue Problem", section 6.9). */
static bool orthonormalise(double *axes, size_t count, size_t d, double least) {
  double *axis = axes + count * d, before = 0, after = 0;
  for (size_t j = 0; j < d; j++) before += axis[j] * axis[j];
  for (int pass = 0; pass < 2; pass++)
    for (size_t c = 0; c < count; c++) {
      double along = 0;
      for (size_t j = 0; j < d; j++) along += axis[j] * axes[c * d + j];
      for (size_t j = 0; j < d; j++) axis[j] -= along * axes[c * d + j];
    }
  for (size_t j = 0; j < d; j++) after += axis[j] * axis[j];
  if (!(after > least * least * before)) return false;
  double scale = 1 / sqrt(after);
  for (size_t j = 0; j < d; j++) axis[j] *= scale;
  return true;
}

/* Some direction in which nothing varies: the first unit vector that is not nearly a sum of the axes before.
 * One of the d has at least 1 / sqrt(d) of its length outside them. */
static void complete(double *axes, size_t count, size_t d) {
  for (size_t unit = 0; unit < d; unit++) {
    for (size_t j = 0; j < d; j++) axes[count * d + j] = j == unit;
    if (orthonormalise(axes, count, d, 0.5 / sqrt((double)d))) return;
  }
}

/* An axis and its opposite are the same component: which of them comes out would follow from rounding. */
static void fix_sign(double *axis, size_t d) {
  size_t largest = 0;
  for (size_t j = 1; j < d; j++)
    if (fabs(axis[j]) > fabs(axis[largest])) largest = j;
  if (axis[largest] < 0)
    for (size_t j = 0; j < d; j++) axis[j] = -axis[j];
}

/* values and vectors are those of the products. A value below the rounding error of the largest counts as 0.
 */
static void write_axes(despur_pca *out, const problem *p, const double *values, const double *vectors,
                       size_t n) {
  const size_t d = out->dimensions;
  const double negligible = values[0] * (double)p->columns * DBL_EPSILON;
  for (size_t c = 0; c < out->components; c++) {
    double *axis = out->axes + c * d;
    const bool varies = values[c] > negligible;
    out->variances[c] = varies ? values[c] / (double)(n - 1) : 0;
    if (!p->transposed)
      memcpy(axis, vectors + c * d, d * sizeof *axis);
    else if (varies)
      map_back(p, axis, vectors + c * p->columns);
    if (p->transposed && (!varies || !orthonormalise(out->axes, c, d, 0))) complete(out->axes, c, d);
    fix_sign(axis, d);
  }
}

static despur_status check_components(const float *points, size_t n, size_t d,
                                      const despur_pca_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t most = n < d ? n : d;
  TRY(points_check("principal components", points, n, d, error));
  if (n < 2) FAIL(error, DESPUR_BAD_INPUT, "principal components: expected at least 2 points, found 1");
  if (options->components < 1 || options->components > most)
    FAIL(error, DESPUR_BAD_INPUT,
         "principal components: expected 1 to %zu components for %zu points of %zu dimensions, found %zu",
         most, n, d, options->components);
cleanup:
  return status;
}

static despur_status multiply(problem *p, const despur_pca_options *options, despur_error *error) {
  const int threads = options->threads > 1 ? options->threads : 1;
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  size_t values;
  TRY(components_choose(&p->kernels, error));
  TRY(mem_multiply(&values, p->columns, p->columns, error));
  TRY(mem_alloc(&p->products, values, sizeof *p->products, error));
  TRY(mem_multiply(&values, scratch_size(p), (size_t)threads, error));
  TRY(mem_alloc(&p->scratch, values, sizeof *p->scratch, error));
  TRY(parallel_create(&pool, threads, error));
  TRY(parallel_for_watched(pool, (block_count(p->columns) + TASK_BLOCKS - 1) / TASK_BLOCKS, multiply_columns,
                           p, &options->watch, error));
  mirror(p->products, p->columns);
cleanup:
  parallel_free(pool);
  return status;
}

despur_status despur_pca_fit(despur_pca *out, const float *points, size_t n, size_t d,
                             const despur_pca_options *options, despur_error *error) {
  *out = (despur_pca){.dimensions = d, .components = options->components};
  despur_status status = DESPUR_OK;
  double *values = NULL, *vectors = NULL;
  float *turned = NULL;
  problem p = {.matrix = points, .transposed = d > n, .rows = d > n ? d : n, .columns = d > n ? n : d};
  TRY(check_components(points, n, d, options, error));
  TRY(mem_alloc(&out->mean, d, sizeof *out->mean, error));
  TRY(mem_alloc(&out->axes, out->components * d, sizeof *out->axes, error));
  TRY(mem_alloc(&out->variances, out->components, sizeof *out->variances, error));
  column_means(out->mean, points, n, d);
  p.mean = out->mean;
  if (p.transposed) TRY(transpose(&turned, points, n, d, error));
  if (p.transposed) p.matrix = turned;
  TRY(multiply(&p, options, error));
  for (size_t j = 0; j < p.columns; j++)
    out->total_variance += p.products[j * (p.columns + 1)] / (double)(n - 1);
  TRY(mem_alloc(&values, p.columns, sizeof *values, error));
  TRY(mem_alloc(&vectors, p.columns * p.columns, sizeof *vectors, error));
  TRY(eigen_symmetric(values, vectors, p.products, p.columns, &options->watch, error));
  write_axes(out, &p, values, vectors, n);
cleanup:
  mem_free(turned);
  mem_free(values);
  mem_free(vectors);
  mem_free(p.products);
  mem_free(p.scratch);
  if (status != DESPUR_OK) despur_pca_release(out);
  return status;
}

typedef struct projection {
  const components_table *kernels;
  const despur_pca *pca;
  double *axes; /* [blocks of components, dimensions, LANES], zeros beyond the components */
  const float *points;
  size_t n;
  float *out;
  double *scratch; /* [threads, dimensions + LANES, LANES] */
} projection;

/* Points of one block, centred, as lanes; zeros where there are none. */
static void centre_points(double *lanes, const projection *p, size_t first) {
  const size_t d = p->pca->dimensions;
  for (size_t lane = 0; lane < LANES; lane++)
    for (size_t j = 0; j < d; j++)
      lanes[j * LANES + lane] =
          first + lane < p->n ? (double)p->points[(first + lane) * d + j] - p->pca->mean[j] : 0;
}

/* Components of one block of the points of one, by sums that run over the dimensions in order. */
static void project_block(projection *p, size_t first, size_t component, const double *lanes, double *sums) {
  const size_t d = p->pca->dimensions, k = p->pca->components;
  memset(sums, 0, (size_t)LANES * LANES * sizeof *sums);
  for (size_t j = 0; j < d; j += PIECE)
    p->kernels->add_products(sums, LANES, lanes + j * LANES, p->axes + (component * d + j * LANES),
                             d - j < PIECE ? d - j : PIECE);
  for (size_t lane = 0; lane < LANES && first + lane < p->n; lane++)
    for (size_t c = 0; c < LANES && component + c < k; c++)
      p->out[(first + lane) * k + component + c] = (float)sums[lane * LANES + c];
}

static void project_points(void *context, size_t task, int thread) {
  projection *p = context;
  const size_t d = p->pca->dimensions;
  double *lanes = p->scratch + (size_t)thread * (d + LANES) * LANES, *sums = lanes + d * LANES;
  for (size_t block = task * BLOCKS_OF_A_TASK;
       block < (task + 1) * BLOCKS_OF_A_TASK && block < block_count(p->n); block++) {
    centre_points(lanes, p, block * LANES);
    for (size_t c = 0; c < p->pca->components; c += LANES) project_block(p, block * LANES, c, lanes, sums);
  }
}

despur_status despur_pca_transform(const despur_pca *pca, float *out, const float *points, size_t n,
                                   int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  projection p = {.pca = pca, .points = points, .n = n, .out = out};
  const size_t d = pca->dimensions, k = pca->components;
  if (threads < 1) threads = 1;
  TRY(points_check("principal components", points, n, d, error));
  TRY(components_choose(&p.kernels, error));
  TRY(mem_alloc(&p.axes, block_count(k) * LANES, d * sizeof *p.axes, error));
  TRY(mem_alloc(&p.scratch, (size_t)threads * LANES, (d + LANES) * sizeof *p.scratch, error));
  TRY(parallel_create(&pool, threads, error));
  for (size_t c = 0; c < k; c++)
    for (size_t j = 0; j < d; j++)
      p.axes[c / LANES * LANES * d + j * LANES + c % LANES] = pca->axes[c * d + j];
  parallel_for(pool, (block_count(n) + BLOCKS_OF_A_TASK - 1) / BLOCKS_OF_A_TASK, project_points, &p);
cleanup:
  parallel_free(pool);
  mem_free(p.axes);
  mem_free(p.scratch);
  return status;
}

void despur_pca_release(despur_pca *pca) {
  mem_free(pca->mean);
  mem_free(pca->axes);
  mem_free(pca->variances);
  *pca = (despur_pca){0};
}
