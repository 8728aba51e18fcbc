/* Clustering. Results are the same bytes for any number of threads. */
#ifndef DESPUR_CLUSTER_H
#define DESPUR_CLUSTER_H

#include "despur/error.h"

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

/* ---- Silhouettes ---- */

typedef struct despur_silhouette_options {
  size_t sample; /* 0: measure every point; otherwise about this many, at least two of each cluster */
  uint64_t seed; /* of the sample */
  int threads;
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
 * sampled * d. A sample is drawn from each cluster in proportion to its size, so the means estimate those of
 * all points without bias. DESPUR_BAD_INPUT for fewer than two clusters with points and for values that are
 * not finite. Release the result with despur_silhouette_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_silhouette(despur_silhouette_result *out, const float *points,
                                                           size_t n, size_t d, const uint32_t *labels,
                                                           size_t clusters,
                                                           const despur_silhouette_options *options,
                                                           despur_error *error);

DESPUR_API void despur_silhouette_release(despur_silhouette_result *result);

#ifdef __cplusplus
}
#endif
#endif
