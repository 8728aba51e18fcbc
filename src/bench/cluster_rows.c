/* Clustering and what goes with it, on random normal points: nothing converges early, so all of the work is
 * done.
 *
 * Distances count two operations for each coordinate, the multiply-add; the subtraction before it runs beside
 * it on many processors and is not counted. */
#include "bench/bench.h"

#include "base/memory.h"
#include "despur/cluster.h"

#include <stdio.h>

enum { CLUSTERS = 4, ITERATIONS = 10 };

typedef struct cluster_job {
  const float *points; /* [n, d] */
  size_t n, d;
  int threads;
  uint32_t *labels; /* [n] */
} cluster_job;

static despur_status run_silhouette(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_silhouette_options options = {.threads = job->threads};
  despur_silhouette_result result = {0};
  despur_status status =
      despur_silhouette(&result, job->points, job->n, job->d, job->labels, CLUSTERS, &options, error);
  despur_silhouette_release(&result);
  return status;
}

static despur_status run_nearest(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_nearest_options options = {.neighbors = 15, .threads = job->threads};
  despur_nearest_result result = {0};
  despur_status status = despur_nearest(&result, job->points, job->n, job->d, &options, error);
  despur_nearest_release(&result);
  return status;
}

static despur_status run_kmeans(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_kmeans_options options = {
      .clusters = CLUSTERS, .starts = 10, .max_iterations = ITERATIONS, .threads = job->threads};
  despur_kmeans_result result = {0};
  despur_status status = despur_kmeans(&result, job->points, job->n, job->d, &options, error);
  despur_kmeans_release(&result);
  return status;
}

static despur_status run_mixture(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_mixture_options options = {.components = CLUSTERS,
                                          .starts = 1,
                                          .max_iterations = ITERATIONS,
                                          .regularisation = 1e-6,
                                          .threads = job->threads};
  despur_mixture_result result = {0};
  despur_status status = despur_mixture_fit(&result, job->points, job->n, job->d, &options, error);
  despur_mixture_result_release(&result);
  return status;
}

static despur_status run_kmedoids(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_kmedoids_options options = {
      .clusters = CLUSTERS, .starts = 1, .max_passes = 1, .threads = job->threads};
  despur_kmedoids_result result = {0};
  despur_status status = despur_kmedoids(&result, job->points, job->n, job->d, &options, error);
  despur_kmedoids_release(&result);
  return status;
}

static despur_status run_pca(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_pca_options options = {.components = 10, .threads = job->threads};
  despur_pca result = {0};
  despur_status status = despur_pca_fit(&result, job->points, job->n, job->d, &options, error);
  despur_pca_release(&result);
  return status;
}

static despur_status run_umap(void *context, despur_error *error) {
  const cluster_job *job = context;
  const despur_umap_options options = {
      .neighbors = 15, .components = 2, .epochs = 200, .min_dist = 0.1, .spread = 1, .threads = job->threads};
  despur_umap result = {0};
  despur_status status = despur_umap_fit(&result, job->points, job->n, job->d, &options, error);
  despur_umap_release(&result);
  return status;
}

/* Multiply-adds of each algorithm over n points of d dimensions. */
static double all_pairs(double n, double d) {
  return n * n * d;
}

static double each_pair_once(double n, double d) {
  return n * (n - 1) / 2 * d;
}

/* Ten starts: their iterations, and one more distance to every centre for seeding, which is in double
 * precision. */
static double kmeans_products(double n, double d) {
  return 10.0 * (ITERATIONS + 1) * CLUSTERS * n * d;
}

/* A triangle times each point for the density, and the triangle of each scatter matrix. */
static double mixture_products(double n, double d) {
  return ITERATIONS * CLUSTERS * n * d * (d + 1);
}

/* The triangle of the covariance; finding its axes is not counted. */
static double pca_products(double n, double d) {
  return n * d * (d + 1) / 2;
}

/* UMAP's layout jumps from point to point: none of the limits says how fast that could be. */
static double not_counted(double n, double d) {
  (void)n;
  (void)d;
  return 0;
}

typedef struct algorithm {
  const char *name;
  size_t n, d;
  bool in_double;
  double (*products)(double n, double d);
  despur_status (*run)(void *context, despur_error *error);
} algorithm;

static const algorithm ALGORITHMS[] = {
    {"silhouette", 9600, 84, false, each_pair_once, run_silhouette},
    {"nearest neighbours", 9600, 84, false, all_pairs, run_nearest},
    {"k-means", 20000, 512, false, kmeans_products, run_kmeans},
    {"mixture", 20000, 64, true, mixture_products, run_mixture},
    {"k-medoids", 9600, 64, false, all_pairs, run_kmedoids},
    {"umap", 5000, 84, false, not_counted, run_umap},
    {"principal components", 20000, 84, true, pca_products, run_pca},
};

static despur_status measure(bench *b, const algorithm *a, int threads) {
  despur_status status = DESPUR_OK;
  size_t n = b->options->quick ? a->n / 8 : a->n, d = b->options->quick && a->d > 100 ? a->d / 4 : a->d;
  cluster_job job = {.n = n, .d = d, .threads = threads};
  char name[DESPUR_BENCH_NAME];
  snprintf(name, sizeof name, "%s/%zu x %zu", a->name, n, d);
  if (!bench_wanted(b, name)) return DESPUR_OK;
  TRY(bench_points(b, n * d));
  job.points = b->points;
  TRY(mem_alloc(&job.labels, n, sizeof *job.labels, b->error));
  for (size_t i = 0; i < n; i++) job.labels[i] = (uint32_t)(i % CLUSTERS);
  TRY(bench_measure(b, &(bench_work){.name = name,
                                     .threads = threads,
                                     .flops = 2 * a->products((double)n, (double)d),
                                     .in_double = a->in_double,
                                     .run = a->run,
                                     .context = &job}));
cleanup:
  mem_free(job.labels);
  return status;
}

despur_status bench_clustering(bench *b) {
  despur_status status = DESPUR_OK;
  for (size_t a = 0; a < sizeof ALGORITHMS / sizeof *ALGORITHMS; a++)
    for (size_t p = 0; p < b->result->peak_count; p++)
      TRY(measure(b, &ALGORITHMS[a], b->result->peaks[p].threads));
cleanup:
  return status;
}
