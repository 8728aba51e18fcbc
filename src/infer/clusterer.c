#include "infer/clusterer.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/watch.h"

#include <string.h>

enum { KMEANS_ITERATIONS = 300, MIXTURE_ITERATIONS = 100, KMEDOIDS_PASSES = 100 };
#define KMEANS_TOLERANCE       1e-4
#define MIXTURE_TOLERANCE      1e-3
#define MIXTURE_REGULARISATION 1e-6

/* Models are kept as float32, which is what a file holds: so a model that was read assigns as the one that
 * was written. */
static void round_to_float(double *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = math_as_float(values[i]);
}

size_t clusterer_whitening(const despur_mixture *mixture) {
  size_t d = mixture->dimensions;
  return mixture->covariance == DESPUR_COVARIANCE_FULL ? d * d : d;
}

static size_t count_filled(const size_t *sizes, size_t clusters) {
  size_t filled = 0;
  while (filled < clusters && sizes[filled] > 0) filled++; /* they are sorted by size */
  return filled;
}

static despur_status fit_kmeans(clusterer *out, uint32_t *labels, const float *points, size_t n,
                                size_t wanted, uint64_t index, const despur_grouping_options *options,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_kmeans_result result = {0};
  const despur_kmeans_options kmeans = {.clusters = wanted,
                                        .starts = options->starts,
                                        .max_iterations = KMEANS_ITERATIONS,
                                        .tolerance = KMEANS_TOLERANCE,
                                        .seed = options->seed,
                                        .index = index,
                                        .threads = options->threads,
                                        .watch = watch_quiet(&options->watch)};
  TRY(despur_kmeans(&result, points, n, out->d, &kmeans, error));
  out->clusters = count_filled(result.sizes, wanted);
  TRY(mem_alloc(&out->centres, out->clusters * out->d, sizeof *out->centres, error));
  for (size_t i = 0; i < out->clusters * out->d; i++) out->centres[i] = (float)result.centres[i];
  memcpy(labels, result.labels, n * sizeof *labels);
  out->fit = result.inertia;
cleanup:
  despur_kmeans_release(&result);
  return status;
}

static despur_status fit_kmedoids(clusterer *out, uint32_t *labels, const float *points, size_t n,
                                  size_t wanted, uint64_t index, const despur_grouping_options *options,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_kmedoids_result result = {0};
  const despur_kmedoids_options kmedoids = {.clusters = wanted,
                                            .distance = DESPUR_DISTANCE_EUCLIDEAN,
                                            .starts = options->starts,
                                            .max_passes = KMEDOIDS_PASSES,
                                            .seed = options->seed,
                                            .index = index,
                                            .threads = options->threads,
                                            .watch = watch_quiet(&options->watch)};
  TRY(despur_kmedoids(&result, points, n, out->d, &kmedoids, error));
  out->clusters = count_filled(result.sizes, wanted);
  TRY(mem_alloc(&out->centres, out->clusters * out->d, sizeof *out->centres, error));
  for (size_t c = 0; c < out->clusters; c++)
    memcpy(out->centres + c * out->d, points + result.medoids[c] * out->d, out->d * sizeof *out->centres);
  memcpy(labels, result.labels, n * sizeof *labels);
  out->fit = result.loss;
cleanup:
  despur_kmedoids_release(&result);
  return status;
}

static despur_status fit_mixture(clusterer *out, uint32_t *labels, const float *points, size_t n,
                                 size_t wanted, uint64_t index, const despur_grouping_options *options,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_mixture_result result = {0};
  const despur_mixture_options mixture = {
      .components = wanted,
      .covariance = options->algorithm == DESPUR_GMM ? DESPUR_COVARIANCE_FULL : DESPUR_COVARIANCE_DIAGONAL,
      .starts = options->starts,
      .max_iterations = MIXTURE_ITERATIONS,
      .tolerance = MIXTURE_TOLERANCE,
      .regularisation = MIXTURE_REGULARISATION,
      .seed = options->seed,
      .index = index,
      .threads = options->threads,
      .watch = watch_quiet(&options->watch)};
  TRY(despur_mixture_fit(&result, points, n, out->d, &mixture, error));
  out->clusters = count_filled(result.sizes, wanted);
  out->mixture = result.model;
  result.model = (despur_mixture){0};
  round_to_float(out->mixture.weights, wanted);
  round_to_float(out->mixture.means, wanted * out->d);
  round_to_float(out->mixture.whitening, wanted * clusterer_whitening(&out->mixture));
  memcpy(labels, result.labels, n * sizeof *labels);
  out->fit = result.log_likelihood;
cleanup:
  despur_mixture_result_release(&result);
  return status;
}

despur_status clusterer_fit(clusterer *out, uint32_t *labels, const float *points, size_t n, size_t d,
                            size_t wanted, uint64_t index, const despur_grouping_options *options,
                            despur_error *error) {
  *out = (clusterer){.d = d};
  if (wanted > n) wanted = 1;
  static despur_status (*const FIT[])(clusterer *, uint32_t *, const float *, size_t, size_t, uint64_t,
                                      const despur_grouping_options *,
                                      despur_error *) = {[DESPUR_KMEANS] = fit_kmeans,
                                                         [DESPUR_GMM] = fit_mixture,
                                                         [DESPUR_GMM_DIAGONAL] = fit_mixture,
                                                         [DESPUR_KMEDOIDS] = fit_kmedoids};
  despur_status status = FIT[options->algorithm](out, labels, points, n, wanted, index, options, error);
  if (status != DESPUR_OK) clusterer_release(out);
  return status;
}

void clusterer_release(clusterer *c) {
  mem_free(c->centres);
  despur_mixture_release(&c->mixture);
  *c = (clusterer){0};
}

static void assign_nearest(const clusterer *c, const float *points, size_t n, uint32_t *labels) {
  for (size_t i = 0; i < n; i++) {
    double best = 0;
    for (uint32_t k = 0; k < c->clusters; k++) {
      double distance = 0;
      for (size_t j = 0; j < c->d; j++) {
        double difference = (double)points[i * c->d + j] - (double)c->centres[k * c->d + j];
        distance += difference * difference;
      }
      if (k > 0 && !(distance < best)) continue;
      best = distance;
      labels[i] = k;
    }
  }
}

static despur_status assign_likeliest(const clusterer *c, const float *points, size_t n, int threads,
                                      uint32_t *labels, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t components = c->mixture.components;
  double *responsibilities = NULL;
  TRY(mem_alloc(&responsibilities, n * components, sizeof *responsibilities, error));
  TRY(despur_mixture_predict(&c->mixture, points, n, threads, NULL, responsibilities, NULL, NULL, error));
  for (size_t i = 0; i < n; i++) {
    const double *row = responsibilities + i * components;
    labels[i] = 0;
    for (uint32_t k = 1; k < c->clusters; k++)
      if (row[k] > row[labels[i]]) labels[i] = k;
  }
cleanup:
  mem_free(responsibilities);
  return status;
}

despur_status clusterer_assign(const clusterer *c, const float *points, size_t n, int threads,
                               uint32_t *labels, despur_error *error) {
  if (!c->centres) return assign_likeliest(c, points, n, threads, labels, error);
  assign_nearest(c, points, n, labels);
  return DESPUR_OK;
}
