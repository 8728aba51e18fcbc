/* Sums of the distances of every point to every cluster, each pair of points measured once.
 *
 * Points stand sorted by cluster, in tiles of one cluster each. The distances of two tiles are added to the
 * sums of the points of both: to those of the one in its lanes, to those of the other in its rows. Who adds
 * to what, and in which order, depends on the sizes of clusters alone. */
#ifndef CLUSTER_PAIR_SUMS_H
#define CLUSTER_PAIR_SUMS_H

#include "base/parallel.h"
#include "cluster/distances.h"

typedef struct pair_sums {
  size_t places; /* a cluster begins at a multiple of LANES, so there may be a few more than points */
  size_t *start; /* [clusters + 1], the place of each cluster's first point */
  double *sums;  /* [clusters, places] */
} pair_sums;

/* points: [n, d], checked; order: [n], points sorted by cluster; sizes: [clusters]. Takes memory for 2 *
 * places * clusters doubles, so clusters should be few. Released with pair_sums_release, also when it failed.
 */
DESPUR_MUST_USE despur_status pair_sums_make(pair_sums *out, const float *points, size_t n, size_t d,
                                             const uint32_t *order, const size_t *sizes, size_t clusters,
                                             int threads, const despur_watch *watch, despur_error *error);

void pair_sums_release(pair_sums *sums);

#endif
