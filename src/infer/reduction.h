/* What outputs go through before they are clustered: a scale for all examples, then a reduction for each
 * class or for all. */
#ifndef INFER_REDUCTION_H
#define INFER_REDUCTION_H

#include "base/error.h"
#include "despur/cluster.h"
#include "despur/infer.h"

/* Columns (DESPUR_SCALE_STANDARD); unit length needs no numbers. */
typedef struct scaling {
  despur_scale kind;
  size_t d;
  float *mean, *factor; /* [d]: (x - mean) * factor */
} scaling;

/* Release with scaling_release. */
DESPUR_MUST_USE despur_status scaling_fit(scaling *out, despur_scale kind, const float *points, size_t n,
                                          size_t d, despur_error *error);
void scaling_release(scaling *s);
void scaling_apply(const scaling *s, float *points, size_t n);

typedef struct reduction {
  despur_reduction kind;
  size_t d, components;
  int flat;         /* too few points to reduce: all of them, and all new ones, are put at 0 */
  float *direction; /* [d] DESPUR_REDUCE_HARDNESS */
  despur_pca pca;   /* DESPUR_REDUCE_PCA */
  despur_umap umap; /* DESPUR_REDUCE_UMAP */
} reduction;

/* Dimensions that outputs of d have after the reduction. */
size_t reduction_components(const despur_grouping_options *options, size_t d);

/* Fits to points [n, d] and writes them reduced to *reduced [n, out->components], to be freed with mem_free.
 * classifier and label are for hardness. index tells fits under one seed apart. Release with
 * reduction_release. */
DESPUR_MUST_USE despur_status reduction_fit(reduction *out, float **reduced, const float *points, size_t n,
                                            size_t d, const despur_grouping_input *input, size_t label,
                                            size_t index, const despur_grouping_options *options,
                                            despur_error *error);
void reduction_release(reduction *r);

/* The same for new points. */
DESPUR_MUST_USE despur_status reduction_apply(const reduction *r, float **reduced, const float *points,
                                              size_t n, int threads, despur_error *error);

#endif
