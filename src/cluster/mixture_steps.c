/* The two steps of expectation maximisation for Gaussian mixtures (Dempster, Laird and Rubin 1977; Bishop
 * 2006, section 9.2.2). A component's covariance S is kept as W with W'W = S^-1, so that
 *
 *   log N(x) = -d/2 log 2 pi + sum_j log W_jj - |W (x - mean)|^2 / 2
 *
 * takes no inverse and no determinant. Sums are over chunks of points whose number follows from the shape of
 * the problem, added in their order: threads change nothing. */
#include "cluster/mixture.h"

#include "base/block.h"
#include "base/level.h"
#include "base/math.h"
#include "base/memory.h"
#include "cluster/distances.h"

#include <math.h>
#include <string.h>

enum {
  CHUNK_WORK = 1 << 20, /* multiply-adds */
  MOST_CHUNKS = 64,
  MOST_SLICES = 16,
  BATCH = 64 /* points whose products are added to the scatter at once */
};

#define SCATTER_BYTES ((size_t)64 << 20) /* for all slices, unless one slice alone takes more */
#define LEAST_MASS    1e-10              /* of a component that is kept */
#define LEAST_FLOOR   1e-70              /* whose whitening float32 still holds */
#define MOST_SQUARE   1e300              /* distances beyond are equal: so every point has a density */

LEVEL_FUNCTIONS(mixture_table, mixture, mixture_table)

static size_t divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

size_t mixture_whitening_values(const despur_mixture *model) {
  return model->covariance == DESPUR_COVARIANCE_FULL ? model->dimensions * model->dimensions
                                                     : model->dimensions;
}

/* Values of one component's sums of products, with padded rows. */
static size_t scatter_values(const mixture_pass *pass) {
  size_t columns = scatter_columns(pass->d);
  return pass->model->covariance == DESPUR_COVARIANCE_FULL ? pass->d * columns : columns;
}

void mixture_pass_release(mixture_pass *pass) {
  parallel_free(pass->pool);
  mem_free(pass->lanes);
  mem_free(pass->log_factors);
  mem_free(pass->responsibilities);
  mem_free(pass->log_densities);
  mem_free(pass->masses);
  mem_free(pass->shifts);
  mem_free(pass->scatter);
  mem_free(pass->floors);
  mem_free(pass->scratch);
  *pass = (mixture_pass){0};
}

/* Cuts the points into `most` pieces, or fewer when a piece would not be worth the start of a task. */
static size_t piece_points(size_t n, size_t work_of_a_point, size_t most) {
  size_t worthwhile = CHUNK_WORK / work_of_a_point + 1, shared = divide_up(n, most);
  return divide_up(worthwhile > shared ? worthwhile : shared, LANES) * LANES;
}

static despur_status alloc_sums(mixture_pass *pass, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t values = scatter_values(pass);
  size_t all = pass->k * values * sizeof(double), most = all < SCATTER_BYTES ? SCATTER_BYTES / all : 1;
  pass->slice_points = piece_points(pass->n, values, most < MOST_SLICES ? most : MOST_SLICES);
  pass->slices = divide_up(pass->n, pass->slice_points);
  TRY(mem_alloc(&pass->masses, pass->chunks * pass->k, sizeof(double), error));
  TRY(mem_alloc(&pass->shifts, pass->chunks * pass->k * pass->d, sizeof(double), error));
  TRY(mem_alloc(&pass->scatter, pass->slices * pass->k * values, sizeof(double), error));
  TRY(mem_alloc(&pass->floors, pass->d, sizeof(double), error));
cleanup:
  return status;
}

despur_status mixture_pass_init(mixture_pass *pass, const float *points, size_t n, despur_mixture *model,
                                int fitting, int threads, despur_error *error) {
  size_t d = model->dimensions, k = model->components, padded = divide_up(n, LANES) * LANES, values;
  *pass = (mixture_pass){.points = points, .n = n, .d = d, .k = k, .padded = padded, .model = model};
  despur_status status = DESPUR_OK;
  if (threads < 1) threads = 1;
  TRY(mixture_table_choose(&pass->kernels, error));
  TRY(mem_multiply(&values, mixture_whitening_values(model), k, error));
  pass->chunk_points = piece_points(n, values, MOST_CHUNKS);
  pass->chunks = divide_up(n, pass->chunk_points);
  size_t batch = BATCH * scatter_columns(d), scratch = values / k + LANES * d;
  pass->scratch_values = (batch > scratch ? batch : scratch) / LANES * LANES + LANES;
  TRY(mem_multiply(&values, padded, k > d ? k : d, error));
  TRY(mem_alloc(&pass->lanes, padded * d, sizeof(float), error));
  TRY(mem_alloc(&pass->log_factors, k, sizeof(double), error));
  TRY(mem_alloc(&pass->responsibilities, padded * k, sizeof(double), error));
  TRY(mem_alloc(&pass->log_densities, padded, sizeof(double), error));
  if (fitting) TRY(alloc_sums(pass, error));
  TRY(mem_alloc(&pass->scratch, (size_t)threads * pass->scratch_values, sizeof(double), error));
  TRY(parallel_create(&pass->pool, threads, error));
  points_to_lanes(pass->lanes, points, d, NULL, n, 0);
cleanup:
  if (status != DESPUR_OK) mixture_pass_release(pass);
  return status;
}

/* densities[c * padded + lane] = log of weight times density of component c at the points of a block */
static void block_densities(const mixture_pass *pass, size_t first, double *scratch, double *densities) {
  const despur_mixture *model = pass->model;
  size_t d = pass->d, values = mixture_whitening_values(model);
  double squares[LANES] __attribute__((aligned(64)));
  square_job job = {.lanes = pass->lanes + first * d, .d = d, .z = scratch, .squares = squares};
  for (size_t c = 0; c < pass->k; c++) {
    double *density = densities + c * pass->padded;
    job.mean = model->means + c * d;
    job.w = model->whitening + c * values;
    if (model->weights[c] == 0)
      memset(squares, 0, sizeof squares);
    else if (model->covariance == DESPUR_COVARIANCE_FULL)
      pass->kernels->triangular_squares(&job);
    else
      pass->kernels->diagonal_squares(&job);
    for (size_t lane = 0; lane < LANES; lane++) {
      double square =
          squares[lane] < MOST_SQUARE ? squares[lane] : MOST_SQUARE; /* also for NaN, from infinities */
      density[lane] = pass->log_factors[c] - square / 2;
    }
  }
}

static size_t piece_end(const mixture_pass *pass, size_t begin, size_t points) {
  return pass->n - begin < points ? pass->n : begin + points;
}

static void expect_chunk(void *context, size_t chunk, int thread) {
  mixture_pass *pass = context;
  double *scratch = pass->scratch + (size_t)thread * pass->scratch_values;
  size_t begin = chunk * pass->chunk_points, end = piece_end(pass, begin, pass->chunk_points);
  for (size_t first = begin; first < end; first += LANES) {
    double *densities = pass->responsibilities + first;
    block_densities(pass, first, scratch, densities);
    pass->kernels->normalise(densities, pass->k, pass->padded, pass->log_densities + first);
  }
}

static void set_log_factors(mixture_pass *pass) {
  const despur_mixture *model = pass->model;
  size_t d = pass->d, values = mixture_whitening_values(model);
  size_t step = model->covariance == DESPUR_COVARIANCE_FULL ? d + 1 : 1;
  for (size_t c = 0; c < pass->k; c++) {
    double sum = math_log(model->weights[c]) - (double)d / 2 * math_log(2 * MATH_PI);
    for (size_t j = 0; j < d; j++) sum += math_log(model->whitening[c * values + j * step]);
    pass->log_factors[c] = sum;
  }
}

despur_status mixture_expect_watched(mixture_pass *pass, const despur_watch *watch, despur_error *error) {
  set_log_factors(pass);
  return parallel_for_watched(pass->pool, pass->chunks, expect_chunk, pass, watch, error);
}

double mixture_expect(mixture_pass *pass) {
  set_log_factors(pass);
  parallel_for(pass->pool, pass->chunks, expect_chunk, pass);
  double sum = 0;
  for (size_t i = 0; i < pass->n; i++) sum += pass->log_densities[i];
  return sum / (double)pass->n;
}

/* The responsibilities of a chunk, and how far from the old means they pull: mean += sum r (x - mean) / sum
 * r. Sums of x itself would lose the digits in which points that lie far from 0 differ. */
static void pull_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  mixture_pass *pass = context;
  size_t d = pass->d, begin = chunk * pass->chunk_points, end = piece_end(pass, begin, pass->chunk_points);
  for (size_t c = 0; c < pass->k; c++) {
    const double *mean = pass->model->means + c * d, *r = pass->responsibilities + c * pass->padded;
    double *shift = pass->shifts + (chunk * pass->k + c) * d, mass = 0;
    memset(shift, 0, d * sizeof *shift);
    for (size_t i = begin; i < end; i++) {
      if (r[i] == 0) continue;
      mass += r[i];
      pass->kernels->add_deviations(shift, pass->points + i * d, mean, r[i], d);
    }
    pass->masses[chunk * pass->k + c] = mass;
  }
}

/* New weights and means. A component that has lost its points keeps its mean. */
static void move_means(mixture_pass *pass) {
  size_t k = pass->k, d = pass->d;
  double kept = 0;
  for (size_t chunk = 1; chunk < pass->chunks; chunk++) {
    for (size_t c = 0; c < k; c++) pass->masses[c] += pass->masses[chunk * k + c];
    for (size_t j = 0; j < k * d; j++) pass->shifts[j] += pass->shifts[chunk * k * d + j];
  }
  for (size_t c = 0; c < k; c++) {
    if (pass->masses[c] < LEAST_MASS) pass->masses[c] = 0;
    kept += pass->masses[c];
  }
  for (size_t c = 0; c < k; c++) {
    pass->model->weights[c] = pass->masses[c] / kept;
    if (pass->masses[c] == 0) continue;
    for (size_t j = 0; j < d; j++) pass->model->means[c * d + j] += pass->shifts[c * d + j] / pass->masses[c];
  }
}

/* What one slice of the points adds to the scatter of one component about its new mean, for which every point
 * is read again: sum r x x' less mean mean' in one pass would cancel. Rows are sqrt(r) (x - mean), so the
 * products are symmetric to the last bit. Points without responsibility, most of them where components lie
 * apart, are skipped. */
static void scatter_slice(void *context, size_t task, int thread) {
  mixture_pass *pass = context;
  size_t d = pass->d, c = task / pass->slices, slice = task % pass->slices;
  size_t values = scatter_values(pass), columns = scatter_columns(d);
  size_t begin = slice * pass->slice_points, end = piece_end(pass, begin, pass->slice_points);
  const double *mean = pass->model->means + c * d, *r = pass->responsibilities + c * pass->padded;
  double *sums = pass->scatter + task * values, *q = pass->scratch + (size_t)thread * pass->scratch_values;
  int full = pass->model->covariance == DESPUR_COVARIANCE_FULL;
  memset(sums, 0, values * sizeof *sums);
  memset(q, 0, BATCH * columns * sizeof *q);
  size_t rows = 0;
  for (size_t i = begin; i < end; i++) {
    if (r[i] > 0)
      pass->kernels->deviations(q + rows++ * columns, pass->points + i * d, mean, math_sqrt(r[i]), d);
    if (rows < BATCH && i + 1 < end) continue;
    (full ? pass->kernels->add_products : pass->kernels->add_squares)(sums, q, rows, d);
    rows = 0;
  }
}

/* What is added to the variances, so that no component shrinks onto a point (Bishop 2006, section 9.2.1). In
 * the column's own unit, whatever that is. A constant column has none: its variances are the share itself.
 * Differences from the first point are 0 there, which differences from a mean need not be. */
static double column_floor(const mixture_pass *pass, size_t column, double share) {
  double sum = 0, squares = 0, first = (double)pass->points[column];
  for (size_t i = 0; i < pass->n; i++) sum += (double)pass->points[i * pass->d + column] - first;
  double mean = sum / (double)pass->n;
  for (size_t i = 0; i < pass->n; i++) {
    double difference = (double)pass->points[i * pass->d + column] - first - mean;
    squares += difference * difference;
  }
  double floor = squares > 0 ? share * squares / (double)pass->n : share;
  return floor > LEAST_FLOOR ? floor : LEAST_FLOOR;
}

void mixture_set_floors(mixture_pass *pass, double regularisation) {
  for (size_t j = 0; j < pass->d; j++) pass->floors[j] = column_floor(pass, j, regularisation);
}

/* The covariance of a component from its scatter, and from that its whitening. */
static void whiten_component(void *context, size_t c, int thread) {
  mixture_pass *pass = context;
  if (pass->model->weights[c] == 0) return;
  size_t d = pass->d, values = scatter_values(pass), columns = scatter_columns(d);
  int full = pass->model->covariance == DESPUR_COVARIANCE_FULL;
  double *w = pass->model->whitening + c * mixture_whitening_values(pass->model);
  double *sums = pass->scatter + c * pass->slices * values;
  for (size_t slice = 1; slice < pass->slices; slice++)
    for (size_t j = 0; j < values; j++) sums[j] += sums[slice * values + j];
  for (size_t i = 0; i < (full ? d : 1); i++)
    for (size_t j = 0; j < d; j++) w[i * d + j] = sums[i * columns + j] / pass->masses[c];
  for (size_t j = 0; j < d; j++) w[full ? j * (d + 1) : j] += pass->floors[j];
  if (full) /* S = L L' (Cholesky), W = L^-1, in place */
    pass->kernels->whiten(w, d, pass->scratch + (size_t)thread * pass->scratch_values);
  else
    for (size_t j = 0; j < d; j++) w[j] = 1 / math_sqrt(w[j]);
}

void mixture_maximise(mixture_pass *pass) {
  parallel_for(pass->pool, pass->chunks, pull_chunk, pass);
  move_means(pass);
  parallel_for(pass->pool, pass->k * pass->slices, scatter_slice, pass);
  parallel_for(pass->pool, pass->k, whiten_component, pass);
}
