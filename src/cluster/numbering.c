#include "cluster/numbering.h"

#include "base/memory.h"
#include "cluster/distances.h"

#include <math.h>
#include <stdlib.h>

despur_status cluster_search_check(const char *name, const cluster_search *s, despur_error *error) {
  if (s->starts < 1 || s->most < 1)
    return error_set(error, DESPUR_BAD_USAGE, "%s: expected at least 1 start and 1 %s, found %zu and %zu",
                     name, s->step, s->starts, s->most);
  if (!(s->tolerance >= 0) || isinf(s->tolerance))
    return error_set(error, DESPUR_BAD_USAGE, "%s: expected a tolerance of at least 0, found %g", name,
                     s->tolerance);
  if (s->starts > UINT32_MAX || s->index > UINT32_MAX) /* a stream's number has 32 bits of each */
    return error_set(error, DESPUR_BAD_USAGE, "%s: starts %zu and index %llu must be below 2^32", name,
                     s->starts, (unsigned long long)s->index);
  return DESPUR_OK;
}

despur_status clusters_check(const char *name, const float *points, size_t n, size_t d, size_t k,
                             despur_error *error) {
  if (k < 1) return error_set(error, DESPUR_BAD_USAGE, "%s: expected at least 1 cluster, found 0", name);
  if (k > n)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected at least %zu points for %zu clusters, found %zu",
                     name, k, k, n);
  if (k >= NO_CLUSTER)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected fewer than 2^32 - 1 clusters, found %zu", name,
                     k);
  return points_check(name, points, n, d, error);
}

typedef struct cluster {
  size_t number, size, first_member;
} cluster;

static int compare(const void *a, const void *b) {
  const cluster *left = a, *right = b;
  if (left->size != right->size) return left->size > right->size ? -1 : 1;
  if (left->first_member != right->first_member) return left->first_member < right->first_member ? -1 : 1;
  return left->number < right->number ? -1 : 1; /* empty ones */
}

despur_status clusters_number(uint32_t *labels, size_t n, size_t k, size_t *sizes, size_t *order,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  cluster *clusters = NULL;
  uint32_t *rank = NULL;
  TRY(mem_alloc(&clusters, k, sizeof *clusters, error));
  TRY(mem_alloc(&rank, k, sizeof *rank, error));
  for (size_t c = 0; c < k; c++) clusters[c] = (cluster){.number = c, .first_member = n};
  for (size_t i = 0; i < n; i++)
    if (!clusters[labels[i]].size++) clusters[labels[i]].first_member = i;
  qsort(clusters, k, sizeof *clusters, compare);
  for (size_t c = 0; c < k; c++) {
    order[c] = clusters[c].number;
    sizes[c] = clusters[c].size;
    rank[clusters[c].number] = (uint32_t)c;
  }
  for (size_t i = 0; i < n; i++) labels[i] = rank[labels[i]];
cleanup:
  mem_free(clusters);
  mem_free(rank);
  return status;
}
