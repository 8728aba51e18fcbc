/* The clusters of one part of the training examples, a class or all: how many there are, and what splits them
 * further. */
#ifndef INFER_PART_H
#define INFER_PART_H

#include "infer/clusterer.h"

typedef struct part_model {
  size_t examples, clusters;
  double silhouette;     /* of the final clusters; NaN for a single one */
  const char *why_fewer; /* clusters than wanted; "": there are not, or nobody knows */
  size_t tried;
  double *scores; /* [tried] for 2, 3, ... clusters */
  clusterer base;
  clusterer *splits;  /* [base.clusters] what splits each of them; NULL without over-clustering */
  uint32_t *final_of; /* [base.clusters, overcluster] the final cluster of each piece */
  size_t pieces;      /* overcluster, or 1 */
} part_model;

/* labels [n] gets final clusters, of which 0 is the largest. losses: [n] or NULL. index: of the part, below
 * 2^16. */
DESPUR_MUST_USE despur_status part_fit(part_model *out, uint32_t *labels, const float *points,
                                       const double *losses, size_t n, size_t d, size_t index,
                                       const despur_grouping_options *options, despur_error *error);
void part_release(part_model *part);

DESPUR_MUST_USE despur_status part_assign(const part_model *part, const float *points, size_t n, int threads,
                                          uint32_t *labels, despur_error *error);

#endif
