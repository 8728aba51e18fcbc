/* What all clusterings share: checks of the points, and the numbers that clusters get in the end. */
#ifndef CLUSTER_NUMBERING_H
#define CLUSTER_NUMBERING_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define NO_CLUSTER UINT32_MAX

/* n points of d values for k clusters (name: "k-means", for the message): DESPUR_BAD_USAGE when k is 0,
 * DESPUR_BAD_INPUT when d is 0, when there are fewer points than clusters, or when a value is not finite. */
DESPUR_MUST_USE despur_status clusters_check(const char *name, const float *points, size_t n, size_t d,
                                             size_t k, despur_error *error);

/* What the searches of all algorithms are told. */
typedef struct cluster_search {
  size_t starts, most; /* of steps */
  const char *step;    /* what one is called: "iteration" */
  double tolerance;
  uint64_t index; /* of the random streams */
} cluster_search;

/* DESPUR_BAD_USAGE where it makes no sense. */
DESPUR_MUST_USE despur_status cluster_search_check(const char *name, const cluster_search *search,
                                                   despur_error *error);

/* Numbers clusters by falling size, ties by the lower first member. labels: [n], old numbers in, new ones
 * out; sizes: [k], of the new numbers; order: [k], order[new] = old. */
DESPUR_MUST_USE despur_status clusters_number(uint32_t *labels, size_t n, size_t k, size_t *sizes,
                                              size_t *order, despur_error *error);

#endif
