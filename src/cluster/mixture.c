/* Gaussian mixtures: the loop of expectation-maximisation and what it starts from and ends with. The
 * arithmetic is in mixture_steps.c. */
#include "cluster/mixture.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "cluster/numbering.h"

#include <math.h>
#include <string.h>

#define NAME "Gaussian mixture"

void despur_mixture_release(despur_mixture *model) {
  mem_free(model->weights);
  mem_free(model->means);
  mem_free(model->whitening);
  *model = (despur_mixture){0};
}

void despur_mixture_result_release(despur_mixture_result *result) {
  despur_mixture_release(&result->model);
  mem_free(result->labels);
  mem_free(result->sizes);
  mem_free(result->responsibilities);
  *result = (despur_mixture_result){0};
}

/* Every component starts with the unit matrix, which those that are empty from the start keep. */
static despur_status model_init(despur_mixture *model, const despur_mixture_options *options, size_t d,
                                despur_error *error) {
  *model =
      (despur_mixture){.covariance = options->covariance, .components = options->components, .dimensions = d};
  despur_status status = DESPUR_OK;
  size_t values, k = model->components, full = options->covariance == DESPUR_COVARIANCE_FULL;
  TRY(mem_multiply(&values, d, full ? d : 1, error));
  TRY(mem_multiply(&values, values, k, error));
  TRY(mem_alloc(&model->weights, k, sizeof(double), error));
  TRY(mem_alloc(&model->means, k * d, sizeof(double), error));
  TRY(mem_alloc(&model->whitening, values, sizeof(double), error));
  for (size_t c = 0; c < k; c++)
    for (size_t j = 0; j < d; j++) model->whitening[full ? (c * d + j) * d + j : c * d + j] = 1;
cleanup:
  if (status != DESPUR_OK) despur_mixture_release(model);
  return status;
}

static void model_copy(despur_mixture *to, const despur_mixture *from) {
  size_t k = from->components;
  memcpy(to->weights, from->weights, k * sizeof(double));
  memcpy(to->means, from->means, k * from->dimensions * sizeof(double));
  memcpy(to->whitening, from->whitening, k * mixture_whitening_values(from) * sizeof(double));
}

/* Means and responsibilities from a k-means of one start: from points drawn at random components often begin
 * in one and the same cluster, and expectation-maximisation does not get them out (scikit-learn begins like
 * this, too). */
static despur_status start(mixture_pass *pass, const despur_mixture_options *options, size_t number,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(options->seed, "mixture", options->index << 32 | number);
  despur_kmeans_options kmeans = {.clusters = pass->k,
                                  .starts = 1,
                                  .max_iterations = 300,
                                  .tolerance = 1e-4,
                                  .seed = random_u64(&stream),
                                  .threads = options->threads,
                                  .watch = watch_quiet(&options->watch)};
  despur_kmeans_result clustering = {0};
  TRY(despur_kmeans(&clustering, pass->points, pass->n, pass->d, &kmeans, error));
  memcpy(pass->model->means, clustering.centres, pass->k * pass->d * sizeof(double));
  memset(pass->responsibilities, 0, pass->k * pass->padded * sizeof(double));
  for (size_t i = 0; i < pass->n; i++) pass->responsibilities[clustering.labels[i] * pass->padded + i] = 1;
cleanup:
  despur_kmeans_release(&clustering);
  return status;
}

/* Expectation and maximisation in turn from the responsibilities that are there; in the end both belong to
 * the model. No step lowers the likelihood (Dempster, Laird and Rubin 1977, theorem 1), so a small change is
 * the end, of this start: which maximum it is depends on the start, hence several. */
static despur_status climb(mixture_pass *pass, const despur_mixture_options *options,
                           despur_mixture_result *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  double before = -HUGE_VAL;
  mixture_maximise(pass);
  out->converged = 0;
  out->iterations = 0;
  while (!out->converged && out->iterations < options->max_iterations) {
    TRY(watch_ask(&options->watch, error));
    double likelihood = mixture_expect(pass);
    mixture_maximise(pass);
    out->converged = fabs(likelihood - before) < options->tolerance;
    out->iterations++;
    before = likelihood;
  }
  out->log_likelihood = mixture_expect(pass);
cleanup:
  return status;
}

/* Per point: the component of largest responsibility, the first of equals, and all responsibilities. */
static void read_pass(const mixture_pass *pass, uint32_t *labels, double *responsibilities) {
  for (size_t i = 0; i < pass->n; i++) {
    const double *r = pass->responsibilities + i;
    size_t best = 0;
    for (size_t c = 1; c < pass->k; c++)
      if (r[c * pass->padded] > r[best * pass->padded]) best = c;
    if (labels) labels[i] = (uint32_t)best;
    if (responsibilities)
      for (size_t c = 0; c < pass->k; c++) responsibilities[i * pass->k + c] = r[c * pass->padded];
  }
}

/* Rows of `values` doubles: row c of `to` is row order[c] of `from`. */
static void reorder_rows(double *to, const double *from, const size_t *order, size_t rows, size_t values) {
  for (size_t c = 0; c < rows; c++) memcpy(to + c * values, from + order[c] * values, values * sizeof *to);
}

/* Components under their final numbers: the model `best` goes to out->model. */
static despur_status write_result(despur_mixture_result *out, const despur_mixture *best, mixture_pass *pass,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *order = NULL, k = pass->k;
  TRY(mem_alloc(&order, k, sizeof *order, error));
  TRY(mem_alloc(&out->labels, pass->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&out->sizes, k, sizeof(size_t), error));
  TRY(mem_alloc(&out->responsibilities, pass->n * k, sizeof(double), error));
  model_copy(pass->model, best);
  mixture_expect(pass);
  read_pass(pass, out->labels, NULL);
  TRY(clusters_number(out->labels, pass->n, k, out->sizes, order, error));
  reorder_rows(out->model.weights, best->weights, order, k, 1);
  reorder_rows(out->model.means, best->means, order, k, pass->d);
  reorder_rows(out->model.whitening, best->whitening, order, k, mixture_whitening_values(best));
  for (size_t i = 0; i < pass->n; i++)
    for (size_t c = 0; c < k; c++)
      out->responsibilities[i * k + c] = pass->responsibilities[order[c] * pass->padded + i];
cleanup:
  mem_free(order);
  return status;
}

static despur_status check_options(const despur_mixture_options *options, despur_error *error) {
  if (!(options->regularisation > 0) || isinf(options->regularisation))
    return error_set(error, DESPUR_BAD_USAGE, NAME ": expected a regularisation above 0, found %g",
                     options->regularisation);
  if (options->covariance != DESPUR_COVARIANCE_FULL && options->covariance != DESPUR_COVARIANCE_DIAGONAL)
    return error_set(error, DESPUR_BAD_USAGE, NAME ": no such kind of covariance: %d",
                     (int)options->covariance);
  const cluster_search asked = {options->starts, options->max_iterations, "iteration", options->tolerance,
                                options->index};
  return cluster_search_check(NAME, &asked, error);
}

despur_status despur_mixture_fit(despur_mixture_result *out, const float *points, size_t n, size_t d,
                                 const despur_mixture_options *options, despur_error *error) {
  *out = (despur_mixture_result){0};
  despur_status status = DESPUR_OK;
  mixture_pass pass = {0};
  despur_mixture current = {0}, best = {0};
  TRY(check_options(options, error));
  TRY(clusters_check(NAME, points, n, d, options->components, error));
  TRY(model_init(&current, options, d, error));
  TRY(model_init(&best, options, d, error));
  TRY(model_init(&out->model, options, d, error));
  TRY(mixture_pass_init(&pass, points, n, &current, 1, options->threads, error));
  mixture_set_floors(&pass, options->regularisation);
  for (size_t number = 0; number < options->starts; number++) {
    despur_mixture_result candidate = {0};
    TRY(start(&pass, options, number, error));
    TRY(climb(&pass, options, &candidate, error));
    watch_tell(&options->watch, "starts", number + 1, options->starts);
    if (number > 0 && candidate.log_likelihood <= out->log_likelihood) continue;
    model_copy(&best, &current);
    out->log_likelihood = candidate.log_likelihood;
    out->iterations = candidate.iterations;
    out->converged = candidate.converged;
  }
  TRY(write_result(out, &best, &pass, error));
cleanup:
  mixture_pass_release(&pass);
  despur_mixture_release(&current);
  despur_mixture_release(&best);
  if (status != DESPUR_OK) despur_mixture_result_release(out);
  return status;
}

static despur_status check_whitening(const despur_mixture *model, size_t c, despur_error *error) {
  size_t d = model->dimensions, full = model->covariance == DESPUR_COVARIANCE_FULL;
  const double *w = model->whitening + c * mixture_whitening_values(model);
  for (size_t i = 0; i < d; i++) {
    double diagonal = w[full ? i * (d + 1) : i];
    if (!(diagonal > 0))
      return error_set(error, DESPUR_BAD_INPUT,
                       NAME ": expected a whitening diagonal above 0, found %g for component %zu, column %zu",
                       diagonal, c, i);
    for (size_t j = i + 1; full && j < d; j++)
      if (w[i * d + j] != 0)
        return error_set(
            error, DESPUR_BAD_INPUT,
            NAME ": expected a lower triangular whitening, found %g for component %zu, row %zu, column %zu",
            w[i * d + j], c, i, j);
  }
  return DESPUR_OK;
}

static despur_status check_model(const despur_mixture *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  double sum = 0;
  for (size_t c = 0; c < model->components; c++) {
    if (!(model->weights[c] >= 0))
      FAIL(error, DESPUR_BAD_INPUT, NAME ": expected weights of at least 0, found %g for component %zu",
           model->weights[c], c);
    sum += model->weights[c];
    TRY(check_whitening(model, c, error));
  }
  if (!(fabs(sum - 1) < 1e-6))
    FAIL(error, DESPUR_BAD_INPUT, NAME ": expected weights that add up to 1, found %g", sum);
cleanup:
  return status;
}

despur_status despur_mixture_predict(const despur_mixture *model, const float *points, size_t n, int threads,
                                     uint32_t *labels, double *responsibilities, double *log_densities,
                                     const despur_watch *watch, despur_error *error) {
  static const despur_watch NOBODY = {0};
  despur_status status = DESPUR_OK;
  mixture_pass pass = {0};
  despur_mixture read_only = *model;
  if (n == 0) return DESPUR_OK;
  TRY(clusters_check(NAME, points, n, model->dimensions, 1, error));
  TRY(check_model(model, error));
  TRY(mixture_pass_init(&pass, points, n, &read_only, 0, threads, error));
  TRY(mixture_expect_watched(&pass, watch ? watch : &NOBODY, error));
  read_pass(&pass, labels, responsibilities);
  if (log_densities) memcpy(log_densities, pass.log_densities, n * sizeof(double));
cleanup:
  mixture_pass_release(&pass);
  return status;
}
