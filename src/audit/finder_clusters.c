/* k-means of all examples together, on their principal components. Where a class has examples in a cluster
 * that belongs to another class, that may be what the model goes by. */
#include "audit/finder.h"
#include "base/memory.h"
#include "despur/cluster.h"

enum { MOST = 8, STARTS = 5 };

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_kmeans_result found = {0};
  float *points = NULL;
  TRY(finder_gather(&points, v->q, v->components, v->discovery, v->discovery_count, error));
  for (size_t k = 2; k <= MOST && k <= v->discovery_count; k++) {
    despur_audit_candidate *c;
    const despur_kmeans_options options = {.clusters = k,
                                           .starts = STARTS,
                                           .max_iterations = 100,
                                           .tolerance = 1e-4,
                                           .seed = v->seed,
                                           .index = k,
                                           .threads = v->threads,
                                           .watch = v->watch};
    TRY(despur_kmeans(&found, points, v->discovery_count, v->components, &options, error));
    TRY(proposals_add(&c, out, &finder_clusters, v->n, k, "%zu clusters of all examples", k));
    finder_nearest(c->of_example, v->q, v->n, v->components, found.centres, k);
    despur_kmeans_release(&found);
  }
cleanup:
  despur_kmeans_release(&found);
  mem_free(points);
  return status;
}

const finder finder_clusters = {.name = "clusters", .from_features = true, .propose = propose};
