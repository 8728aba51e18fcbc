/* Clustering. Results are the same bytes for any number of threads. Thread-safe: points and models are only
 * read.
 */
#ifndef DESPUR_CLUSTER_H
#define DESPUR_CLUSTER_H

#include "despur/error.h"
#include "despur/watch.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_kmeans_options {
  size_t clusters;       /* at least 1, at most the number of points */
  size_t starts;         /* independent k-means++ starts, of which the best is kept; 10 is usual */
  size_t max_iterations; /* of Lloyd's algorithm in each start; 300 is usual */
  double tolerance; /* stop when the centres move, squared and summed, less than this times the mean variance
                       of the columns; 1e-4 is usual; 0: until no point changes its cluster */
  uint64_t seed;
  uint64_t index; /* tells several clusterings under one seed apart (a class); below 2^32 */
  int threads;
  despur_watch watch;
} despur_kmeans_options;

typedef struct despur_kmeans_result {
  uint32_t *labels;  /* [points], clusters numbered by falling size, ties by the lower first member */
  double *centres;   /* [clusters, dimensions] */
  size_t *sizes;     /* [clusters] */
  double inertia;    /* sum of squared distances to the centres */
  size_t iterations; /* of the start that was kept */
} despur_kmeans_result;

/* k-means: k-means++ seeding (Arthur and Vassilvitskii 2007) and Lloyd's algorithm with sums in double
 * precision. points: [n, d] row-major, finite. In the result each point belongs to its nearest centre (the
 * first of equals), so equal points are never separated. A cluster that runs empty takes over the point
 * farthest from its centre; only when there are fewer different points than clusters do the last clusters
 * stay empty. DESPUR_BAD_USAGE for options that make no sense, DESPUR_BAD_INPUT for points that cannot be
 * clustered. Release the result with despur_kmeans_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_kmeans(despur_kmeans_result *out, const float *points,
                                                       size_t n, size_t d,
                                                       const despur_kmeans_options *options,
                                                       despur_error *error);

DESPUR_API void despur_kmeans_release(despur_kmeans_result *result);

/* ---- Gaussian mixtures ---- */

typedef enum despur_covariance { DESPUR_COVARIANCE_FULL, DESPUR_COVARIANCE_DIAGONAL } despur_covariance;

/* A mixture of Gaussians: the density of x is the sum over components of weight times
 * |W| (2 pi)^(-d/2) exp(-|W (x - mean)|^2 / 2). Plain arrays, so that a model can be written to a file and
 * put together again; one with components of weight 0 is valid. */
typedef struct despur_mixture {
  despur_covariance covariance;
  size_t components, dimensions;
  double *weights;   /* [components], sum 1 */
  double *means;     /* [components, dimensions] */
  double *whitening; /* W. Full: [components, dimensions, dimensions], lower triangular, the inverse of the
                        covariance's Cholesky factor, so that W covariance W' = 1. Diagonal: [components,
                        dimensions], 1 / standard deviation */
} despur_mixture;

typedef struct despur_mixture_options {
  size_t components; /* at least 1, at most the number of points */
  despur_covariance covariance;
  size_t starts; /* fits, each from a k-means of its own, of which the likeliest is kept; 1 is usual */
  size_t max_iterations; /* of expectation-maximisation in each start; 100 is usual */
  double tolerance;      /* stop when the mean log-likelihood changes by less; 1e-3 is usual */
  double regularisation; /* added to every variance as a share of its column's variance over all points, so
                            that units do not matter; above 0; 1e-6 is usual */
  uint64_t seed;
  uint64_t index; /* tells several fits under one seed apart (a class); below 2^32 */
  int threads;
  despur_watch watch;
} despur_mixture_options;

typedef struct despur_mixture_result {
  despur_mixture model;
  uint32_t *labels;         /* [points], the component of largest responsibility */
  size_t *sizes;            /* [components], points with that label */
  double *responsibilities; /* [points, components]; each row adds up to 1 */
  double log_likelihood;    /* mean over the points, of the model */
  size_t iterations;        /* of the start that was kept */
  int converged;            /* 0: stopped by max_iterations */
} despur_mixture_result;

/* Fits a mixture by expectation-maximisation (Dempster, Laird and Rubin 1977) that starts from k-means. In
 * double precision, with moments about the means. points: [n, d] row-major, finite. Components are numbered
 * by falling size, ties by the lower first member. A component whose responsibilities add up to less than
 * 1e-10 is given up: it keeps weight 0 and comes last. A variance that rounding would make zero or negative
 * although the regularisation was added (duplicate columns of large values) is set to the rounding error of
 * the column's variance; so no result is ever NaN. DESPUR_BAD_USAGE for options that make no sense,
 * DESPUR_BAD_INPUT for points that cannot be clustered. Release the result with
 * despur_mixture_result_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_mixture_fit(despur_mixture_result *out, const float *points,
                                                            size_t n, size_t d,
                                                            const despur_mixture_options *options,
                                                            despur_error *error);

/* Applies a fitted mixture to points [n, dimensions]. Each array may be NULL: labels [n], responsibilities
 * [n, components], log_densities [n], whose mean is the log-likelihood. DESPUR_BAD_INPUT for points that are
 * not finite and for a model that is none (weights that do not add up to 1, a W without a triangle's shape).
 * watch: NULL: nobody; what was stopped leaves the arrays as they were. */
DESPUR_API DESPUR_MUST_USE despur_status despur_mixture_predict(
    const despur_mixture *model, const float *points, size_t n, int threads, uint32_t *labels,
    double *responsibilities, double *log_densities, const despur_watch *watch, despur_error *error);

DESPUR_API void despur_mixture_release(despur_mixture *model);
DESPUR_API void despur_mixture_result_release(despur_mixture_result *result);

/* ---- k-medoids ---- */

typedef enum despur_distance { DESPUR_DISTANCE_EUCLIDEAN, DESPUR_DISTANCE_COSINE } despur_distance;

typedef struct despur_kmedoids_options {
  size_t clusters;          /* at least 1, at most the number of points */
  despur_distance distance; /* cosine: 1 minus the cosine of the angle between two points */
  size_t starts;            /* searches from random medoids, of which the best is kept */
  size_t max_passes; /* over all points as candidates, in each start; 100 is usual, 2 to 4 are needed */
  uint64_t seed;
  uint64_t index; /* tells several clusterings under one seed apart (a class); below 2^32 */
  int threads;
  despur_watch watch;
} despur_kmedoids_options;

typedef struct despur_kmedoids_result {
  uint32_t *labels;  /* [points], clusters numbered by falling size, ties by the lower first member */
  uint32_t *medoids; /* [clusters], indices of points */
  size_t *sizes;     /* [clusters] */
  double loss;       /* sum of distances to the medoids */
  size_t swaps;      /* of the start that was kept */
  int converged;     /* no other point in place of a medoid gives less loss; 0: stopped by max_passes */
} despur_kmedoids_result;

/* k-medoids by FasterPAM (Schubert and Rousseeuw 2021, "Fast and eager k-medoids clustering", algorithm 3),
 * from random medoids and with candidates in random order: each point is tried in place of every medoid, and
 * the first swap that gains anything is made. points: [n, d] row-major, finite. Distances come from tiles in
 * single precision and are not kept: memory grows with n (d + 48), and never with n^2; time with n^2 d for
 * each pass. In the result each point belongs to its nearest medoid, and equal points are never separated;
 * only when there are fewer different points than clusters do the last clusters stay empty. DESPUR_BAD_USAGE
 * for options that make no sense, DESPUR_BAD_INPUT for points that cannot be clustered (with the cosine
 * distance also one that is all zero). Release the result with despur_kmedoids_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_kmedoids(despur_kmedoids_result *out, const float *points,
                                                         size_t n, size_t d,
                                                         const despur_kmedoids_options *options,
                                                         despur_error *error);

DESPUR_API void despur_kmedoids_release(despur_kmedoids_result *result);

/* ---- Silhouettes ---- */

typedef struct despur_silhouette_options {
  size_t sample; /* 0: measure every point; otherwise about this many, at least two of each cluster */
  uint64_t seed; /* of the sample */
  int threads;
  despur_watch watch;
} despur_silhouette_options;

typedef struct despur_silhouette_result {
  double *values;          /* [points], in [-1, 1]; NaN for points that were not measured */
  double *cluster_means;   /* [clusters], mean over the points of each; NaN for a cluster without points */
  size_t sampled;          /* points that were measured */
  double mean, mean_error; /* over all points; its standard error, 0 when all were measured */
  double mean_of_clusters,
      mean_of_clusters_error; /* mean of cluster_means over the clusters that have points */
} despur_silhouette_result;

/* Silhouettes (Rousseeuw 1987) under Euclidean distance: (b - a) / max(a, b), where a is the mean distance of
 * a point to the others of its cluster and b the least mean distance to the points of another cluster; 0 for
 * a point that is alone in its cluster or where a = b = 0. points: [n, d] row-major, finite; labels: [n],
 * below `clusters`. Every measured point is compared with all n, in tiles: memory grows with n, time with n *
 * sampled * d, or half of that when all are measured and clusters are few and large. A sample is drawn from
 * each cluster in proportion to its size, so the means estimate those of all points without bias.
 * DESPUR_BAD_INPUT for fewer than two clusters with points and for values that are not finite. Release the
 * result with despur_silhouette_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_silhouette(despur_silhouette_result *out, const float *points,
                                                           size_t n, size_t d, const uint32_t *labels,
                                                           size_t clusters,
                                                           const despur_silhouette_options *options,
                                                           despur_error *error);

DESPUR_API void despur_silhouette_release(despur_silhouette_result *result);

/* ---- Nearest neighbours ---- */

typedef struct despur_nearest_options {
  size_t neighbors;     /* of each query, at least 1 */
  const float *queries; /* [query_count, d]; NULL: every point asks for its neighbours among the others */
  size_t query_count;   /* ignored without queries */
  int threads;
  despur_watch watch;
} despur_nearest_options;

typedef struct despur_nearest_result {
  size_t count, neighbors;
  uint32_t
      *indices; /* [count, neighbors], nearest first; of equally near points the one with the lower index */
  float *distances; /* [count, neighbors] */
} despur_nearest_result;

/* The nearest points under Euclidean distance, by comparing each query with all points in tiles. points: [n,
 * d] row-major, finite. Squared distances have a relative error of at most (67 + d / 64) 2^-24, and points
 * whose distances differ by less may change places. DESPUR_BAD_INPUT when there are fewer points than
 * neighbours asked for, or values that are not finite. Release the result with despur_nearest_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_nearest(despur_nearest_result *out, const float *points,
                                                        size_t n, size_t d,
                                                        const despur_nearest_options *options,
                                                        despur_error *error);

DESPUR_API void despur_nearest_release(despur_nearest_result *result);

/* ---- Principal components ---- */

typedef struct despur_pca_options {
  size_t components; /* 1 to the lesser of points and dimensions */
  int threads;
  despur_watch watch;
} despur_pca_options;

/* A fitted model is these numbers and nothing else: it may be stored and put together again. */
typedef struct despur_pca {
  size_t dimensions, components;
  double *mean; /* [dimensions] */
  double *axes; /* [components, dimensions], orthonormal; of each the entry largest in size is positive */
  double *variances;     /* [components], falling; of the points along each axis, with n - 1 below the line */
  double total_variance; /* of all columns */
} despur_pca;

/* Principal components, from the covariance of the columns in double precision, or from the inner products of
 * the points where there are fewer points than columns. points: [n, d] row-major, finite, n >= 2. Axes along
 * which nothing varies (constant columns, duplicates) have variance 0 and some direction orthogonal to the
 * others. DESPUR_BAD_INPUT for more components than there can be. Time grows with n d^2 + d^3 (d the lesser
 * of points and dimensions). Release the model with despur_pca_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_pca_fit(despur_pca *out, const float *points, size_t n,
                                                        size_t d, const despur_pca_options *options,
                                                        despur_error *error);

/* out [n, components] = coordinates of points [n, dimensions] along the axes, from the mean. */
DESPUR_API DESPUR_MUST_USE despur_status despur_pca_transform(const despur_pca *pca, float *out,
                                                              const float *points, size_t n, int threads,
                                                              despur_error *error);

DESPUR_API void despur_pca_release(despur_pca *pca);

/* ---- UMAP ---- */

typedef struct despur_umap_options {
  size_t neighbors;  /* of each point, itself counted, 2 to the number of points; 15 is usual */
  size_t components; /* of the embedding; 2 is usual */
  size_t epochs;     /* 0: 200 for more than 10,000 points, else 500 */
  double min_dist;   /* how near points may come to each other in the embedding, 0 to spread; 0.1 is usual */
  double spread;     /* the scale of the embedding; 1 is usual */
  uint64_t seed;
  int threads;
  despur_watch watch;
} despur_umap_options;

/* A fitted model is these numbers and nothing else: it may be stored and put together again. */
typedef struct despur_umap {
  size_t points, dimensions, components, neighbors, epochs;
  double a, b; /* nearness in the embedding is 1 / (1 + a distance^(2b)) */
  uint64_t seed;
  float *data;      /* [points, dimensions], a copy of what was fitted */
  float *embedding; /* [points, components] */
} despur_umap;

/* UMAP (McInnes, Healy and Melville 2018, arXiv 1802.03426): the fuzzy set of exact nearest neighbours with
 * local connectivity 1, principal components as a start, then attraction along its edges and repulsion from
 * five random points for each. In every epoch each point moves by what it sees of the others' places at the
 * end of the epoch before, so the bytes do not depend on threads. Equal points are laid out as one, so they
 * get equal places; when fewer points differ than there are to be neighbours, all of them are. points: [n, d]
 * row-major, finite. DESPUR_BAD_USAGE for options that make no sense, DESPUR_BAD_INPUT for fewer points than
 * neighbours. Release the model with despur_umap_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_umap_fit(despur_umap *out, const float *points, size_t n,
                                                         size_t d, const despur_umap_options *options,
                                                         despur_error *error);

/* out [n, components] = places of new points [n, dimensions] among the fitted ones, which stay where they
 * are: the weighted mean of their neighbours' places, then a fifth of the epochs. A point that is equal to a
 * fitted one gets its place. A place depends on the point alone, not on the other new points. watch: NULL:
 * nobody. */
DESPUR_API DESPUR_MUST_USE despur_status despur_umap_transform(const despur_umap *umap, float *out,
                                                               const float *points, size_t n, int threads,
                                                               const despur_watch *watch,
                                                               despur_error *error);

DESPUR_API void despur_umap_release(despur_umap *umap);

typedef struct despur_trustworthiness_options {
  size_t neighbors;  /* at least 1, fewer than half of the points; 5 or 10 are usual */
  size_t components; /* of the embedding */
  int threads;
} despur_trustworthiness_options;

/* How far neighbours in an embedding [n, components] are neighbours among the points [n, d], too: 1 when all
 * are, about 0.5 for a random embedding (Venna and Kaski 2001; van der Maaten 2009, equation 2). In tiles,
 * without an n x n matrix. */
DESPUR_API DESPUR_MUST_USE despur_status despur_trustworthiness(double *out, const float *points, size_t n,
                                                                size_t d, const float *embedding,
                                                                const despur_trustworthiness_options *options,
                                                                despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
