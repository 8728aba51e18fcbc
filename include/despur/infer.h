/* Group inference: groups that nobody labelled, from what a reference network says of the training examples.
 */
#ifndef DESPUR_INFER_H
#define DESPUR_INFER_H

#include "despur/groups.h"
#include "despur/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- clusters (GEORGE, SPARE, and plain k-means) ---- */

typedef enum despur_scale {
  DESPUR_SCALE_NONE,
  DESPUR_SCALE_STANDARD, /* every column to mean 0 and deviation 1 over the training examples; constant ones
                            to 0 */
  DESPUR_SCALE_UNIT      /* every example to length 1; zero stays zero */
} despur_scale;

typedef enum despur_reduction {
  DESPUR_REDUCE_NONE,
  DESPUR_REDUCE_PCA,
  DESPUR_REDUCE_UMAP,
  DESPUR_REDUCE_HARDNESS /* x . w with w = the class's weights less the mean of the others', normed (GEORGE,
                            section B.1) */
} despur_reduction;

typedef enum despur_clustering {
  DESPUR_KMEANS,
  DESPUR_GMM, /* Gaussian mixture with full covariances */
  DESPUR_GMM_DIAGONAL,
  DESPUR_KMEDOIDS
} despur_clustering;

/* What compares numbers of clusters: the mean of all silhouettes, or the mean over clusters of each cluster's
 * mean. */
typedef enum despur_cluster_score { DESPUR_SCORE_MEAN, DESPUR_SCORE_MACRO } despur_cluster_score;

typedef struct despur_grouping_options {
  despur_scale scale;
  despur_reduction reduction;
  int reduce_pooled; /* 0: each class by itself; 1: all classes together */
  size_t components; /* PCA, UMAP */
  size_t neighbors;  /* UMAP */
  double min_dist;   /* UMAP */
  despur_clustering algorithm;
  int pooled; /* 0: cluster each class by itself; 1: all classes together, whose clusters are then split by
                 class where `split` says so */
  size_t clusters; /* when max_clusters is 0 */
  size_t
      max_clusters; /* try 2 to this many and keep the number with the best score, the larger of equal ones */
  despur_cluster_score score;
  size_t overcluster;       /* 1: no; else the parts of each cluster, see despur_grouping_fit */
  int overcluster_loss;     /* whether their losses count */
  size_t starts;            /* of a clustering, of which the best is kept */
  size_t silhouette_sample; /* silhouettes of more points than this are estimated from as many */
  uint64_t seed;
  int threads;
  despur_watch watch;
} despur_grouping_options;

/* What it is fitted to: the training examples in the order of their split. All is borrowed. */
typedef struct despur_grouping_input {
  const float *outputs;   /* [n, d] logits, probabilities or features, finite */
  const uint32_t *labels; /* [n] below classes */
  const double *losses;   /* [n] of the reference network; needed by overcluster_loss, else NULL */
  const float
      *classifier; /* [classes, d] weights of the last layer; needed by DESPUR_REDUCE_HARDNESS, else NULL */
  size_t n, d, classes;
} despur_grouping_input;

/* A fitted grouping: it knows the scale, the reduction and the clusters, and assigns new examples. Immutable,
 * may be read from any thread. */
typedef struct despur_grouping despur_grouping;

/* Clusters each class (or all) after scaling and reducing. A class with fewer examples than clusters gets
 * one; clusters that stay empty are left out, so that no group is empty. Within a class cluster 0 is the
 * largest.
 *
 * Over-clustering (GEORGE, section 4.2 and the authors' code): each cluster is split further; a part stays a
 * cluster of its own when its mean silhouette is positive and higher than the same points' before, when its
 * mean loss is no lower than its cluster's, and when it has at least max(0.5 % of the class, 25) examples.
 * The others are merged again. The code's condition of 25 validation examples for each part is left out:
 * groups follow from the training examples alone.
 *
 * DESPUR_BAD_USAGE for options that make no sense, DESPUR_BAD_INPUT for outputs that cannot be clustered. */
DESPUR_API DESPUR_MUST_USE despur_status despur_grouping_fit(despur_grouping **out,
                                                             const despur_grouping_input *input,
                                                             const despur_grouping_options *options,
                                                             despur_error *error);

DESPUR_API void despur_grouping_free(despur_grouping *grouping); /* NULL is accepted */

DESPUR_API size_t despur_grouping_count(const despur_grouping *grouping);      /* groups over all classes */
DESPUR_API size_t despur_grouping_dimensions(const despur_grouping *grouping); /* of the outputs it takes */

/* Such as "y=0,k=1"; pooled: "k=1". NULL when there is no such group. */
DESPUR_API const char *despur_grouping_name(const despur_grouping *grouping, size_t group);

/* groups [n] gets the group of each training example that it was fitted to; nothing where it was read from a
 * file. */
DESPUR_API void despur_grouping_training(const despur_grouping *grouping, uint32_t *groups);

/* groups [n] gets the group that each of n new examples belongs to: outputs [n, d] of the same network,
 * labels [n] (its class; a pooled grouping ignores it). A class without training examples gives
 * DESPUR_NO_GROUP. */
DESPUR_API DESPUR_MUST_USE despur_status despur_grouping_assign(const despur_grouping *grouping,
                                                                const float *outputs, const uint32_t *labels,
                                                                size_t n, int threads, uint32_t *groups,
                                                                despur_error *error);

/* What was found in one part: a class, or everything. */
typedef struct despur_grouping_part {
  char name[DESPUR_GROUP_NAME]; /* "y=0", or "all" */
  uint32_t label;               /* the class; DESPUR_NO_CODE: all */
  size_t examples, clusters;
  double silhouette; /* mean over its points, of the final clusters; NaN for a single one */
  double fit;   /* before over-clustering: the inertia of k-means, the sum of distances of k-medoids, the mean
                   log-likelihood of a mixture; NaN when it was read from a file */
  size_t tried; /* numbers of clusters that were compared: 2, 3, ... */
  const double *scores;  /* [tried]; NaN where there was nothing to score */
  const char *why_fewer; /* than were asked for, to follow "because"; "" when there are as many, when their
                            number was searched, and when the grouping was read from a file */
} despur_grouping_part;

DESPUR_API size_t despur_grouping_parts(const despur_grouping *grouping);
DESPUR_API despur_grouping_part despur_grouping_part_at(const despur_grouping *grouping, size_t part);

/* The training examples as they were clustered, [n, *dimensions]; owned by the grouping. With a reduction by
 * class, points of different classes have different axes. */
DESPUR_API const float *despur_grouping_points(const despur_grouping *grouping, size_t *dimensions);

/* All that it takes to assign new examples, as one safetensors file. */
DESPUR_API DESPUR_MUST_USE despur_status despur_grouping_save(const despur_grouping *grouping,
                                                              const char *path, despur_error *error);
DESPUR_API DESPUR_MUST_USE despur_status despur_grouping_load(despur_grouping **out, const char *path,
                                                              despur_error *error);

/* ---- right and wrong (JTT) ---- */

/* Two groups of training examples: "right", whose prediction is their label, and "wrong". predictions:
 * [train] in the order of the split. Either may be empty. */
DESPUR_API DESPUR_MUST_USE despur_status despur_infer_errors(despur_groups *out,
                                                             const despur_dataset *dataset,
                                                             const uint32_t *predictions,
                                                             despur_error *error);

/* ---- environments (EIIL) ---- */

typedef struct despur_eiil_options {
  size_t steps; /* 20,000 is usual */
  double lr;    /* 0.01 is usual */
  int pooled;   /* 1: two environments over all classes, as published; 0: two for each class */
  uint64_t seed;
  int threads;
  despur_watch watch;
} despur_eiil_options;

/* Everything is borrowed. */
typedef struct despur_eiil_input {
  const float *logits;    /* [n, classes] of the reference network, finite */
  const uint32_t *labels; /* [n] below classes */
  size_t n, classes;
} despur_eiil_input;

/* Environment inference for invariant learning (Creager et al. 2021): a soft assignment of each training
 * example to one of two environments that makes the gradient of the environments' losses by a scale of the
 * logits as large as possible, found by Adam and rounded. Groups are "e=0" and "e=1", or "y=0,e=0", ...; e=1
 * is the environment in which the logits of the label fall short. Either may be empty. groups: [n] gets 0 or
 * 1, plus twice the label when not pooled. */
DESPUR_API DESPUR_MUST_USE despur_status despur_eiil(uint32_t *groups, const despur_eiil_input *input,
                                                     const despur_eiil_options *options, despur_error *error);

/* The same of the training examples of a data set; logits: [train, classes] in the order of the split. */
DESPUR_API DESPUR_MUST_USE despur_status despur_infer_eiil(despur_groups *out, const despur_dataset *dataset,
                                                           const float *logits,
                                                           const despur_eiil_options *options,
                                                           despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
