/* GEORGE's clusters (Sohoni et al. 2020, "No subclass left behind"), of one class at a time: their number is
 * that of the best mean silhouette, and a cluster is divided further where a part stands by itself. The
 * components take the place of its reduction, and no losses are asked, for a head of the discovery half has
 * seen all of it. Examples of other classes go where they lie nearest. */
#include "audit/finder.h"
#include "base/memory.h"
#include "despur/infer.h"

enum {
  MOST = 10,
  OVERCLUSTER = 5,
  STARTS = 3,
  SAMPLE = 1000, /* of which silhouettes are estimated */
  LEAST = 100,
  MOST_CLASSES = 20
};

/* zeros [n]: one class for all. */
static despur_status cluster_class(proposals *out, const finder_view *v, uint32_t y, size_t *rows,
                                   const uint32_t *zeros, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_grouping *grouping = NULL;
  despur_audit_candidate *c;
  float *points = NULL;
  size_t count = 0;
  for (size_t i = 0; i < v->discovery_count; i++)
    if (v->labels[v->discovery[i]] == y) rows[count++] = v->discovery[i];
  if (count < LEAST) return DESPUR_OK;
  TRY(finder_gather(&points, v->q, v->components, rows, count, error));
  TRY(despur_grouping_fit(
      &grouping,
      &(despur_grouping_input){
          .outputs = points, .labels = zeros, .n = count, .d = v->components, .classes = 1},
      &(despur_grouping_options){.scale = DESPUR_SCALE_NONE,
                                 .reduction = DESPUR_REDUCE_NONE,
                                 .algorithm = DESPUR_KMEANS,
                                 .max_clusters = MOST,
                                 .score = DESPUR_SCORE_MEAN,
                                 .overcluster = OVERCLUSTER,
                                 .starts = STARTS,
                                 .silhouette_sample = SAMPLE,
                                 .seed = v->seed,
                                 .threads = v->threads,
                                 .watch = v->watch},
      error));
  if (despur_grouping_count(grouping) < 2) goto cleanup;
  TRY(proposals_add(&c, out, &finder_george, v->n, despur_grouping_count(grouping),
                    "GEORGE's clusters of class %s", v->class_names[y]));
  TRY(despur_grouping_assign(grouping, v->q, zeros, v->n, v->threads, c->of_example, error));
cleanup:
  despur_grouping_free(grouping);
  mem_free(points);
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *zeros = NULL;
  size_t *rows = NULL;
  if (v->classes > MOST_CLASSES)
    return proposals_note(out, "%zu classes are more than %d: none was divided as GEORGE does", v->classes,
                          MOST_CLASSES);
  TRY(mem_alloc(&rows, v->discovery_count, sizeof *rows, error));
  TRY(mem_alloc(&zeros, v->n, sizeof *zeros, error));
  for (uint32_t y = 0; y < v->classes; y++) TRY(cluster_class(out, v, y, rows, zeros, error));
cleanup:
  mem_free(rows);
  mem_free(zeros);
  return status;
}

const finder finder_george = {.name = "george", .from_features = true, .on_demand = true, .propose = propose};
