/* Clusters of all examples together: where the features fall into parts, an attribute is often one. Such a
 * cluster may hold few examples of a class and most of another; what makes these few lie there, in a region
 * that belongs to another class, that may be what the model goes by. */
#include "audit/finder.h"

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  static const finder_kmeans options = {.of = &finder_clusters, .most = 8, .where = "all examples"};
  return finder_propose_kmeans(out, v, &options, v->discovery, v->discovery_count, error);
}

const finder finder_clusters = {.name = "clusters", .from_features = true, .propose = propose};
