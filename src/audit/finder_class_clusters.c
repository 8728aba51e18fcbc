/* k-means of one class at a time. Examples of other classes go to the nearest centre, so that what divides
 * one class can be seen to divide others. */
#include "audit/finder.h"
#include "base/memory.h"
#include "despur/cluster.h"

enum { MOST = 4, STARTS = 5, LEAST = 40, MOST_CLASSES = 20 };

static despur_status cluster_class(proposals *out, const finder_view *v, uint32_t y, const size_t *rows,
                                   size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_kmeans_result found = {0};
  float *points = NULL;
  TRY(finder_gather(&points, v->q, v->components, rows, count, error));
  for (size_t k = 2; k <= MOST; k++) {
    despur_audit_candidate *c;
    const despur_kmeans_options options = {.clusters = k,
                                           .starts = STARTS,
                                           .max_iterations = 100,
                                           .tolerance = 1e-4,
                                           .seed = v->seed,
                                           .index = 100 + 10 * (uint64_t)y + k,
                                           .threads = v->threads,
                                           .watch = v->watch};
    TRY(despur_kmeans(&found, points, count, v->components, &options, error));
    TRY(proposals_add(&c, out, &finder_class_clusters, v->n, k, "%zu clusters of class %u", k, y));
    finder_nearest(c->of_example, v->q, v->n, v->components, found.centres, k);
    despur_kmeans_release(&found);
  }
cleanup:
  despur_kmeans_release(&found);
  mem_free(points);
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *rows = NULL;
  TRY(mem_alloc(&rows, v->discovery_count, sizeof *rows, error));
  for (uint32_t y = 0; y < v->classes && v->classes <= MOST_CLASSES; y++) {
    size_t count = 0;
    for (size_t i = 0; i < v->discovery_count; i++)
      if (v->labels[v->discovery[i]] == y) rows[count++] = v->discovery[i];
    if (count >= LEAST) TRY(cluster_class(out, v, y, rows, count, error));
  }
cleanup:
  mem_free(rows);
  return status;
}

const finder finder_class_clusters = {.name = "class_clusters", .from_features = true, .propose = propose};
