/* k-means of one class at a time. Examples of other classes go to the nearest centre, so that what divides
 * one class can be seen to divide others. */
#include "audit/finder.h"
#include "base/memory.h"

enum { MOST = 4, LEAST = 40, MOST_CLASSES = 20, FIRST_STREAM = 100, STREAMS = 10 };

static despur_status cluster_class(proposals *out, const finder_view *v, uint32_t y, size_t *rows,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = 0;
  text where = {0};
  for (size_t i = 0; i < v->discovery_count; i++)
    if (v->labels[v->discovery[i]] == y) rows[count++] = v->discovery[i];
  if (count < LEAST) return DESPUR_OK;
  TRY(text_add(&where, error, "class %s", v->class_names[y]));
  const finder_kmeans options = {.of = &finder_class_clusters,
                                 .most = MOST,
                                 .stream = FIRST_STREAM + STREAMS * (uint64_t)y,
                                 .where = where.data};
  status = finder_propose_kmeans(out, v, &options, rows, count, error);
cleanup:
  mem_free(where.data);
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *rows = NULL;
  if (v->classes > MOST_CLASSES)
    return proposals_note(out, "%zu classes are more than %d: none was divided by itself", v->classes,
                          MOST_CLASSES);
  TRY(mem_alloc(&rows, v->discovery_count, sizeof *rows, error));
  for (uint32_t y = 0; y < v->classes; y++) TRY(cluster_class(out, v, y, rows, error));
cleanup:
  mem_free(rows);
  return status;
}

const finder finder_class_clusters = {.name = "class_clusters", .from_features = true, .propose = propose};
