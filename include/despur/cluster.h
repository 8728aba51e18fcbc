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

#ifdef __cplusplus
}
#endif
#endif
