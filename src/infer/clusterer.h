/* One clustering of some points, fitted: centres of k-means or k-medoids, or a Gaussian mixture. */
#ifndef INFER_CLUSTERER_H
#define INFER_CLUSTERER_H

#include "base/error.h"
#include "despur/cluster.h"
#include "despur/infer.h"

typedef struct clusterer {
  size_t clusters, d;     /* clusters without those that no training point fell into */
  float *centres;         /* [clusters, d] k-means and k-medoids; NULL for a mixture */
  despur_mixture mixture; /* its components from `clusters` on are not used */
  double fit;             /* inertia, sum of distances or mean log-likelihood; NaN when read from a file */
} clusterer;

/* labels [n] gets the cluster of each point; cluster 0 is the largest. Fewer points than wanted clusters give
 * one cluster. index tells fits under one seed apart. Release with clusterer_release. */
DESPUR_MUST_USE despur_status clusterer_fit(clusterer *out, uint32_t *labels, const float *points, size_t n,
                                            size_t d, size_t wanted, uint64_t index,
                                            const despur_grouping_options *options, despur_error *error);
void clusterer_release(clusterer *c);

/* Numbers of one component's whitening. */
size_t clusterer_whitening(const despur_mixture *mixture);

/* labels [n] gets the nearest centre, or the likeliest component. */
DESPUR_MUST_USE despur_status clusterer_assign(const clusterer *c, const float *points, size_t n, int threads,
                                               uint32_t *labels, despur_error *error);

#endif
