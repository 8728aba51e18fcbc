#include "cluster/numbering.h"

#include "base/memory.h"
#include "cluster/distances.h"

#include <stdlib.h>

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
