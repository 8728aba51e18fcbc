#include "cluster/mixture.h"

#include "base/block.h"
#include "base/math.h"
#include "base/memory.h"

#include <float.h>
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
#define MOST_SQUARE   1e300              /* distances beyond are equal: so every point has a density */

static size_t divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

size_t mixture_whitening_values(const despur_mixture *model) {
  return model->covariance == DESPUR_COVARIANCE_FULL ? model->dimensions * model->dimensions
                                                     : model->dimensions;
}

void mixture_pass_release(mixture_pass *pass) {
  parallel_free(pass->pool);
  mem_free(pass->log_factors);
  mem_free(pass->responsibilities);
  mem_free(pass->log_densities);
  mem_free(pass->masses);
  mem_free(pass->shifts);
  mem_free(pass->scatter);
  mem_free(pass->scratch);
  *pass = (mixture_pass){0};
}

/* Cuts the points into `most` pieces, or fewer when a piece would not be worth the start of a task. */
static size_t piece_points(size_t n, size_t work_of_a_point, size_t most) {
  size_t worthwhile = CHUNK_WORK / work_of_a_point + 1, shared = divide_up(n, most);
  return divide_up(worthwhile > shared ? worthwhile : shared, LANES) * LANES;
}

static despur_status alloc_sums(mixture_pass *pass, size_t values, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t all = pass->k * values * sizeof(double), most = all < SCATTER_BYTES ? SCATTER_BYTES / all : 1;
  pass->slice_points = piece_points(pass->n, values, most < MOST_SLICES ? most : MOST_SLICES);
  pass->slices = divide_up(pass->n, pass->slice_points);
  TRY(mem_alloc(&pass->masses, pass->chunks * pass->k, sizeof(double), error));
  TRY(mem_alloc(&pass->shifts, pass->chunks * pass->k * pass->d, sizeof(double), error));
  TRY(mem_alloc(&pass->scatter, pass->slices * pass->k * values, sizeof(double), error));
cleanup:
  return status;
}

despur_status mixture_pass_init(mixture_pass *pass, const float *points, size_t n, despur_mixture *model,
                                int fitting, int threads, despur_error *error) {
  size_t d = model->dimensions, k = model->components, values = mixture_whitening_values(model);
  *pass = (mixture_pass){.points = points, .n = n, .d = d, .k = k, .model = model};
  despur_status status = DESPUR_OK;
  size_t work, lanes = d * LANES; /* the largest products there are */
  TRY(mem_multiply(&work, values, k, error));
  pass->padded = divide_up(n, LANES) * LANES;
  pass->chunk_points = piece_points(n, work, MOST_CHUNKS);
  pass->chunks = divide_up(n, pass->chunk_points);
  pass->scratch_values = 2 * lanes > BATCH * d + values ? 2 * lanes : BATCH * d + values;
  if (threads < 1) threads = 1;
  TRY(mem_multiply(&work, pass->padded, k, error));
  TRY(mem_alloc(&pass->log_factors, k, sizeof(double), error));
  TRY(mem_alloc(&pass->responsibilities, work, sizeof(double), error));
  TRY(mem_alloc(&pass->log_densities, pass->padded, sizeof(double), error));
  if (fitting) TRY(alloc_sums(pass, values, error));
  TRY(mem_alloc(&pass->scratch, (size_t)threads * pass->scratch_values, sizeof(double), error));
  TRY(parallel_create(&pass->pool, threads, error));
cleanup:
  if (status != DESPUR_OK) mixture_pass_release(pass);
  return status;
}

/* The points of one block, by columns: values[column * LANES + lane]. Lanes beyond the last point repeat it.
 */
static void gather_block(const mixture_pass *pass, size_t first, double *values) {
  for (size_t lane = 0; lane < LANES; lane++) {
    size_t point = first + lane < pass->n ? first + lane : pass->n - 1;
    const float *x = pass->points + point * pass->d;
    for (size_t j = 0; j < pass->d; j++) values[j * LANES + lane] = (double)x[j];
  }
}

/* squares[lane] = |W z|^2 for a lower triangular W [d, d] */
static void triangular_squares(const double *w, const double *z, size_t d, double squares[LANES]) {
  for (size_t lane = 0; lane < LANES; lane++) squares[lane] = 0;
  for (size_t i = 0; i < d; i++) {
    double y[LANES] = {0};
    for (size_t j = 0; j <= i; j++)
      for (size_t lane = 0; lane < LANES; lane++) y[lane] += w[i * d + j] * z[j * LANES + lane];
    for (size_t lane = 0; lane < LANES; lane++) squares[lane] += y[lane] * y[lane];
  }
}

static void diagonal_squares(const double *w, const double *z, size_t d, double squares[LANES]) {
  for (size_t lane = 0; lane < LANES; lane++) squares[lane] = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t lane = 0; lane < LANES; lane++) {
      double y = w[j] * z[j * LANES + lane];
      squares[lane] += y * y;
    }
}

/* densities[c * stride + lane] = log of weight times density of component c at the points of a block */
static void block_densities(const mixture_pass *pass, size_t first, double *scratch, double *densities) {
  const despur_mixture *model = pass->model;
  size_t d = pass->d, values = mixture_whitening_values(model);
  double *x = scratch, *z = scratch + d * LANES, squares[LANES];
  gather_block(pass, first, x);
  for (size_t c = 0; c < pass->k; c++) {
    double *density = densities + c * pass->padded;
    if (model->weights[c] == 0) {
      for (size_t lane = 0; lane < LANES; lane++) density[lane] = -HUGE_VAL;
      continue;
    }
    const double *mean = model->means + c * d, *w = model->whitening + c * values;
    for (size_t j = 0; j < d; j++)
      for (size_t lane = 0; lane < LANES; lane++) z[j * LANES + lane] = x[j * LANES + lane] - mean[j];
    if (model->covariance == DESPUR_COVARIANCE_FULL)
      triangular_squares(w, z, d, squares);
    else
      diagonal_squares(w, z, d, squares);
    for (size_t lane = 0; lane < LANES; lane++) {
      double square =
          squares[lane] < MOST_SQUARE ? squares[lane] : MOST_SQUARE; /* also for NaN, from infinities */
      density[lane] = pass->log_factors[c] - square / 2;
    }
  }
}

/* Turns the log densities of one point, `stride` apart, into responsibilities. Returns the log of their sum;
 * the largest is taken out first, so that the sum can be neither 0 nor infinite. */
static double normalise(double *densities, size_t k, size_t stride) {
  double most = densities[0], sum = 0;
  for (size_t c = 1; c < k; c++)
    if (densities[c * stride] > most) most = densities[c * stride];
  for (size_t c = 0; c < k; c++) sum += densities[c * stride] = math_exp(densities[c * stride] - most);
  for (size_t c = 0; c < k; c++) densities[c * stride] /= sum;
  return most + math_log(sum);
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
    for (size_t lane = 0; lane < LANES; lane++)
      pass->log_densities[first + lane] = normalise(densities + lane, pass->k, pass->padded);
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

double mixture_expect(mixture_pass *pass) {
  set_log_factors(pass);
  parallel_for(pass->pool, pass->chunks, expect_chunk, pass);
  double sum = 0;
  for (size_t i = 0; i < pass->n; i++) sum += pass->log_densities[i];
  return sum / (double)pass->n;
}

/* The responsibilities of a chunk, and how far from the old means they pull. */
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
      const float *x = pass->points + i * d;
      mass += r[i];
      for (size_t j = 0; j < d; j++) shift[j] += r[i] * ((double)x[j] - mean[j]);
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

/* sums [d, d] += q' q, the lower triangle; q: [rows, d] */
static void add_products(double *sums, const double *q, size_t rows, size_t d) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < d; i++)
      for (size_t j = 0; j <= i; j++) sums[i * d + j] += q[row * d + i] * q[row * d + j];
}

static void add_squares(double *sums, const double *q, size_t rows, size_t d) {
  for (size_t row = 0; row < rows; row++)
    for (size_t j = 0; j < d; j++) sums[j] += q[row * d + j] * q[row * d + j];
}

/* What one slice of the points adds to the scatter of one component about its mean. Points without
 * responsibility, most of them where components lie apart, are skipped. */
static void scatter_slice(void *context, size_t task, int thread) {
  mixture_pass *pass = context;
  size_t d = pass->d, c = task / pass->slices, slice = task % pass->slices;
  size_t values = mixture_whitening_values(pass->model);
  size_t begin = slice * pass->slice_points, end = piece_end(pass, begin, pass->slice_points);
  const double *mean = pass->model->means + c * d, *r = pass->responsibilities + c * pass->padded;
  double *sums = pass->scatter + task * values, *q = pass->scratch + (size_t)thread * pass->scratch_values;
  memset(sums, 0, values * sizeof *sums);
  size_t rows = 0;
  for (size_t i = begin; i < end; i++) {
    if (r[i] > 0) {
      const float *x = pass->points + i * d;
      double root = math_sqrt(r[i]);
      for (size_t j = 0; j < d; j++) q[rows * d + j] = root * ((double)x[j] - mean[j]);
      rows++;
    }
    if (rows < BATCH && i + 1 < end) continue;
    if (pass->model->covariance == DESPUR_COVARIANCE_FULL)
      add_products(sums, q, rows, d);
    else
      add_squares(sums, q, rows, d);
    rows = 0;
  }
}

/* Right-looking Cholesky factorisation into an upper factor, then the inverse of its transpose row by row:
 * all inner loops run along rows. */
void mixture_whiten(double *lower, size_t d, double *scratch) {
  double *upper = scratch;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j <= i; j++) upper[j * d + i] = lower[i * d + j];
  for (size_t p = 0; p < d; p++) {
    double *row = upper + p * d, least = (double)d * DBL_EPSILON * lower[p * d + p];
    double pivot = math_sqrt(row[p] > least ? row[p] : least);
    row[p] = pivot;
    for (size_t j = p + 1; j < d; j++) row[j] /= pivot;
    for (size_t i = p + 1; i < d; i++)
      for (size_t j = i; j < d; j++) upper[i * d + j] -= row[i] * row[j];
  }
  for (size_t i = 0; i < d; i++) {
    double *row = lower + i * d;
    memset(row, 0, d * sizeof *row);
    for (size_t p = 0; p < i; p++)
      for (size_t j = 0; j <= p; j++) row[j] -= upper[p * d + i] * lower[p * d + j];
    for (size_t j = 0; j < i; j++) row[j] /= upper[i * d + i];
    row[i] = 1 / upper[i * d + i];
  }
}

typedef struct whitening {
  mixture_pass *pass;
  double regularisation;
} whitening;

static void whiten_component(void *context, size_t c, int thread) {
  const whitening *job = context;
  mixture_pass *pass = job->pass;
  size_t d = pass->d, values = mixture_whitening_values(pass->model);
  int full = pass->model->covariance == DESPUR_COVARIANCE_FULL;
  double *w = pass->model->whitening + c * values;
  const double *sums = pass->scatter + c * pass->slices * values;
  if (pass->model->weights[c] == 0) return;
  memcpy(w, sums, values * sizeof *w);
  for (size_t slice = 1; slice < pass->slices; slice++)
    for (size_t j = 0; j < values; j++) w[j] += sums[slice * values + j];
  for (size_t j = 0; j < values; j++) w[j] /= pass->masses[c];
  for (size_t j = 0; j < d; j++) w[full ? j * (d + 1) : j] += job->regularisation;
  if (full)
    mixture_whiten(w, d, pass->scratch + (size_t)thread * pass->scratch_values);
  else
    for (size_t j = 0; j < d; j++) w[j] = 1 / math_sqrt(w[j]);
}

void mixture_maximise(mixture_pass *pass, double regularisation) {
  parallel_for(pass->pool, pass->chunks, pull_chunk, pass);
  move_means(pass);
  parallel_for(pass->pool, pass->k * pass->slices, scatter_slice, pass);
  whitening job = {pass, regularisation};
  parallel_for(pass->pool, pass->k, whiten_component, &job);
}
