/* Over-clustering (GEORGE): clusters are split, and the pieces that stand out become clusters of their own.
 */
#ifndef INFER_OVERCLUSTER_H
#define INFER_OVERCLUSTER_H

#include "infer/part.h"

/* Splits part->base, of which labels [n] holds the clusters, and fills part->splits, final_of and clusters;
 * labels gets the final clusters. */
DESPUR_MUST_USE despur_status overcluster(part_model *part, uint32_t *labels, const float *points,
                                          const double *losses, size_t n, size_t d, size_t index,
                                          const despur_grouping_options *options, despur_error *error);

#endif
