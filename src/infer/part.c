#include "infer/part.h"

#include "base/memory.h"
#include "base/watch.h"
#include "cluster/distinct.h"
#include "infer/overcluster.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Fits under one seed are told apart by part and number of clusters. */
static uint64_t fit_index(size_t part, size_t clusters) {
  return (uint64_t)part << 16 | clusters;
}

/* NaN when there is nothing to compare: a single cluster. */
static despur_status measure(double *mean, double *macro, const float *points, size_t n, size_t d,
                             const uint32_t *labels, size_t clusters, const despur_grouping_options *options,
                             despur_error *error) {
  despur_silhouette_result result = {0};
  *mean = *macro = (double)NAN;
  if (clusters < 2) return DESPUR_OK;
  const despur_silhouette_options silhouette = {
      .sample = n > options->silhouette_sample ? options->silhouette_sample : 0,
      .seed = options->seed,
      .threads = options->threads,
      .watch = watch_quiet(&options->watch)};
  despur_status status = despur_silhouette(&result, points, n, d, labels, clusters, &silhouette, error);
  if (status == DESPUR_OK) {
    *mean = result.mean;
    *macro = result.mean_of_clusters;
  }
  despur_silhouette_release(&result);
  return status;
}

/* Tries 2 to max_clusters clusters and keeps the best in part->base and labels. */
static despur_status search(part_model *part, uint32_t *labels, const float *points, size_t n, size_t d,
                            size_t index, const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  clusterer candidate = {0};
  uint32_t *candidate_labels = NULL;
  double best = -INFINITY;
  part->tried = options->max_clusters - 1;
  TRY(mem_alloc(&part->scores, part->tried, sizeof *part->scores, error));
  TRY(mem_alloc(&candidate_labels, n, sizeof *candidate_labels, error));
  for (size_t k = 2; k <= options->max_clusters; k++) {
    double mean, macro;
    TRY(clusterer_fit(&candidate, candidate_labels, points, n, d, k, fit_index(index, k), options, error));
    TRY(measure(&mean, &macro, points, n, d, candidate_labels, candidate.clusters, options, error));
    double score = options->score == DESPUR_SCORE_MACRO ? macro : mean;
    part->scores[k - 2] = score;
    if (k == 2 || score >= best) {
      best = isnan(score) ? (double)-INFINITY : score;
      clusterer_release(&part->base);
      part->base = candidate;
      memcpy(labels, candidate_labels, n * sizeof *labels);
      candidate = (clusterer){0};
    }
    clusterer_release(&candidate);
  }
cleanup:
  clusterer_release(&candidate);
  mem_free(candidate_labels);
  return status;
}

/* Why a clustering gave fewer clusters than it was asked for. */
static despur_status explain_shortfall(part_model *part, const float *points, size_t n, size_t d,
                                       const despur_grouping_options *options, despur_error *error) {
  distinct which = {0};
  if (part->base.clusters >= options->clusters) return DESPUR_OK;
  despur_status status = distinct_find(&which, points, n, d, error);
  bool mixture = options->algorithm == DESPUR_GMM || options->algorithm == DESPUR_GMM_DIAGONAL;
  if (n < options->clusters)
    part->why_fewer = "there are fewer points than clusters";
  else if (which.count <= part->base.clusters)
    part->why_fewer = "no more points differ";
  else
    part->why_fewer =
        mixture ? "no point belongs most to any other component" : "the others ended without points";
  distinct_release(&which);
  return status;
}

despur_status part_fit(part_model *out, uint32_t *labels, const float *points, const double *losses, size_t n,
                       size_t d, size_t index, const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  double macro;
  *out = (part_model){.examples = n, .pieces = 1};
  if (options->max_clusters > 0) {
    TRY(search(out, labels, points, n, d, index, options, error));
  } else {
    TRY(clusterer_fit(&out->base, labels, points, n, d, options->clusters,
                      fit_index(index, options->clusters), options, error));
    TRY(explain_shortfall(out, points, n, d, options, error));
  }
  out->clusters = out->base.clusters;
  if (options->overcluster > 1) TRY(overcluster(out, labels, points, losses, n, d, index, options, error));
  TRY(measure(&out->silhouette, &macro, points, n, d, labels, out->clusters, options, error));
cleanup:
  if (status != DESPUR_OK) part_release(out);
  return status;
}

void part_release(part_model *part) {
  if (part->splits)
    for (size_t c = 0; c < part->base.clusters; c++) clusterer_release(&part->splits[c]);
  mem_free(part->splits);
  mem_free(part->final_of);
  mem_free(part->scores);
  clusterer_release(&part->base);
  *part = (part_model){0};
}

despur_status part_assign(const part_model *part, const float *points, size_t n, int threads,
                          uint32_t *labels, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *base = NULL, *piece = NULL;
  if (!part->splits) return clusterer_assign(&part->base, points, n, threads, labels, error);
  TRY(mem_alloc(&base, n, sizeof *base, error));
  TRY(mem_alloc(&piece, n, sizeof *piece, error));
  TRY(clusterer_assign(&part->base, points, n, threads, base, error));
  for (size_t c = 0; c < part->base.clusters; c++) {
    TRY(clusterer_assign(&part->splits[c], points, n, threads, piece, error));
    for (size_t i = 0; i < n; i++)
      if (base[i] == c) labels[i] = part->final_of[c * part->pieces + piece[i]];
  }
cleanup:
  mem_free(base);
  mem_free(piece);
  return status;
}
