/* Group inference: groups that nobody labelled, from the outputs of a reference network. */
#ifndef DESPUR_INFER_H
#define DESPUR_INFER_H

#include "despur/groups.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_infer_cluster_options {
  size_t clusters;
  int pooled; /* 0: cluster each class by itself (the usual way); 1: all classes together */
  size_t starts;
  uint64_t seed;
  int threads;
} despur_infer_cluster_options;

/* Groups training examples by k-means. outputs: [train, d], row i belongs to the i-th training example
 * (logits, probabilities or features). Groups are named "y=0,k=1" (pooled: "k=1"); within a class cluster 0
 * is the largest. A class with fewer examples than clusters gets one cluster, and clusters that stay empty
 * (too few different outputs) are left out, so that no group is empty. Examples of other splits belong to no
 * group. */
DESPUR_API DESPUR_MUST_USE despur_status despur_infer_cluster(despur_groups *out,
                                                              const despur_dataset *dataset,
                                                              const float *outputs, size_t d,
                                                              const despur_infer_cluster_options *options,
                                                              despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
