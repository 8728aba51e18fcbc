/* Sohoni et al. 2020, section 4.2, with the conditions of the authors' code but one. A piece of a cluster is
 * kept when
 *
 *   its points' mean silhouette among the pieces is positive and higher than their mean silhouette among the
 * clusters, its mean loss is no lower than its cluster's (we look for what the network gets wrong), and it
 * has at least max(0.5 % of the part, 25) points.
 *
 * The other pieces of a cluster are put together again.
 *
 * Left out: at least 25 validation points in each piece. Groups are a function of the training examples alone
 * here, so that validation may measure what they are worth, `despur cluster` finds what a run does, and a
 * file of clusters can be checked without more data. A kept piece may therefore have few validation
 * examples; the rules that choose an epoch skip groups with none. */
#include "infer/overcluster.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LEAST_POINTS = 25 };
#define LEAST_SHARE 0.005

typedef struct task {
  part_model *part;
  const float *points;
  const double *losses;
  size_t n, d, index;
  const despur_grouping_options *options;
  uint32_t *cluster, *piece; /* [n] of the base; of its split */
  size_t pieces_in_all;      /* base.clusters * overcluster */
} task;

static size_t piece_index(const task *t, size_t i) {
  return t->cluster[i] * t->part->pieces + t->piece[i];
}

/* Fits the splits, one for each cluster, to its points. */
static despur_status split_clusters(task *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *points = NULL;
  uint32_t *piece = NULL;
  TRY(mem_alloc(&points, t->n * t->d, sizeof *points, error));
  TRY(mem_alloc(&piece, t->n, sizeof *piece, error));
  for (size_t c = 0; c < t->part->base.clusters; c++) {
    size_t members = 0;
    for (size_t i = 0; i < t->n; i++)
      if (t->cluster[i] == c) memcpy(points + members++ * t->d, t->points + i * t->d, t->d * sizeof *points);
    uint64_t index = ((uint64_t)t->index << 16 | (c + 1)) + (UINT64_C(1) << 31);
    TRY(clusterer_fit(&t->part->splits[c], piece, points, members, t->d, t->part->pieces, index, t->options,
                      error));
    for (size_t i = 0, at = 0; i < t->n; i++)
      if (t->cluster[i] == c) t->piece[i] = piece[at++];
  }
cleanup:
  mem_free(points);
  mem_free(piece);
  return status;
}

/* Whether all points have the same label, so that there is no silhouette. */
static bool is_single(const uint32_t *labels, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (labels[i] != labels[0]) return false;
  return true;
}

/* The mean over each group of points of their silhouettes under a labelling; means [groups], NaN where none
 * was measured. A labelling with a single cluster gives 0 everywhere. */
static despur_status mean_silhouettes(double *means, const task *t, const uint32_t *labels, size_t clusters,
                                      const uint32_t *group, size_t groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_silhouette_result result = {0};
  size_t *measured = NULL;
  const despur_grouping_options *options = t->options;
  const despur_silhouette_options silhouette = {
      .sample = t->n > options->silhouette_sample ? options->silhouette_sample : 0,
      .seed = options->seed,
      .threads = options->threads,
      .watch = watch_quiet(&options->watch)};
  for (size_t g = 0; g < groups; g++) means[g] = 0;
  if (is_single(labels, t->n)) return DESPUR_OK;
  TRY(mem_alloc(&measured, groups, sizeof *measured, error));
  TRY(despur_silhouette(&result, t->points, t->n, t->d, labels, clusters, &silhouette, error));
  for (size_t i = 0; i < t->n; i++) {
    if (isnan(result.values[i])) continue;
    means[group[i]] += result.values[i];
    measured[group[i]]++;
  }
  for (size_t g = 0; g < groups; g++) means[g] /= (double)measured[g]; /* 0 / 0 is NaN */
cleanup:
  despur_silhouette_release(&result);
  mem_free(measured);
  return status;
}

/* Mean loss and size of each group. */
static void mean_losses(double *means, size_t *sizes, const task *t, const uint32_t *group, size_t groups) {
  for (size_t g = 0; g < groups; g++) means[g] = 0, sizes[g] = 0;
  for (size_t i = 0; i < t->n; i++) {
    means[group[i]] += t->losses ? t->losses[i] : 0;
    sizes[group[i]]++;
  }
  for (size_t g = 0; g < groups; g++) means[g] = sizes[g] ? means[g] / (double)sizes[g] : 0;
}

/* kept [pieces in all]: whether each piece becomes a cluster of its own. pieces: [n] the piece of each point.
 */
static despur_status judge_pieces(uint8_t *kept, const task *t, const uint32_t *pieces, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t all = t->pieces_in_all, clusters = t->part->base.clusters, *sizes = NULL, *cluster_sizes = NULL;
  double *before = NULL, *after = NULL, *loss = NULL, *cluster_loss = NULL;
  TRY(mem_alloc(&before, all, sizeof *before, error));
  TRY(mem_alloc(&after, all, sizeof *after, error));
  TRY(mem_alloc(&loss, all, sizeof *loss, error));
  TRY(mem_alloc(&sizes, all, sizeof *sizes, error));
  TRY(mem_alloc(&cluster_loss, clusters, sizeof *cluster_loss, error));
  TRY(mem_alloc(&cluster_sizes, clusters, sizeof *cluster_sizes, error));
  TRY(mean_silhouettes(before, t, t->cluster, clusters, pieces, all, error));
  TRY(mean_silhouettes(after, t, pieces, all, pieces, all, error));
  mean_losses(loss, sizes, t, pieces, all);
  mean_losses(cluster_loss, cluster_sizes, t, t->cluster, clusters);
  double least = LEAST_SHARE * (double)t->n > LEAST_POINTS ? LEAST_SHARE * (double)t->n : LEAST_POINTS;
  for (size_t p = 0; p < all; p++) {
    bool stands_out = after[p] > 0 && after[p] > before[p];
    bool is_hard = !t->options->overcluster_loss || loss[p] >= cluster_loss[p / t->part->pieces];
    kept[p] = stands_out && is_hard && (double)sizes[p] >= least;
  }
cleanup:
  mem_free(before);
  mem_free(after);
  mem_free(loss);
  mem_free(sizes);
  mem_free(cluster_loss);
  mem_free(cluster_sizes);
  return status;
}

/* Numbers the final clusters by falling size, ties by the order in which they were made. final_of has first
 * numbers, up to count. */
static despur_status number_by_size(task *t, size_t count, const uint32_t *pieces, uint32_t *labels,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *sizes = NULL;
  uint32_t *rank = NULL, *final_of = t->part->final_of;
  TRY(mem_alloc(&sizes, count, sizeof *sizes, error));
  TRY(mem_alloc(&rank, count, sizeof *rank, error));
  for (size_t i = 0; i < t->n; i++) sizes[final_of[pieces[i]]]++;
  for (size_t a = 0; a < count; a++)
    for (size_t b = 0; b < count; b++) rank[a] += sizes[b] > sizes[a] || (sizes[b] == sizes[a] && b < a);
  for (size_t p = 0; p < t->pieces_in_all; p++) final_of[p] = rank[final_of[p]];
  for (size_t i = 0; i < t->n; i++) labels[i] = final_of[pieces[i]];
  t->part->clusters = 0;
  for (size_t a = 0; a < count; a++) t->part->clusters += sizes[a] > 0;
cleanup:
  mem_free(sizes);
  mem_free(rank);
  return status;
}

/* First numbers: kept pieces one by one, the rest of a cluster together. Returns how many there are. */
static size_t merge_pieces(task *t, const uint8_t *kept) {
  uint32_t next = 0;
  for (size_t c = 0; c < t->part->base.clusters; c++) {
    uint32_t rest = UINT32_MAX;
    for (size_t p = c * t->part->pieces; p < (c + 1) * t->part->pieces; p++) {
      if (!kept[p] && rest == UINT32_MAX) rest = next++;
      t->part->final_of[p] = kept[p] ? next++ : rest;
    }
  }
  return next;
}

despur_status overcluster(part_model *part, uint32_t *labels, const float *points, const double *losses,
                          size_t n, size_t d, size_t index, const despur_grouping_options *options,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *pieces = NULL;
  uint8_t *kept = NULL;
  part->pieces = options->overcluster;
  task t = {.part = part,
            .points = points,
            .losses = losses,
            .n = n,
            .d = d,
            .index = index,
            .options = options,
            .cluster = labels,
            .pieces_in_all = part->base.clusters * part->pieces};
  TRY(mem_alloc(&part->splits, part->base.clusters, sizeof *part->splits, error));
  TRY(mem_alloc(&part->final_of, t.pieces_in_all, sizeof *part->final_of, error));
  TRY(mem_alloc(&kept, t.pieces_in_all, sizeof *kept, error));
  TRY(mem_alloc(&t.piece, n, sizeof *t.piece, error));
  TRY(mem_alloc(&pieces, n, sizeof *pieces, error));
  TRY(split_clusters(&t, error));
  for (size_t i = 0; i < n; i++) pieces[i] = (uint32_t)piece_index(&t, i);
  TRY(judge_pieces(kept, &t, pieces, error));
  TRY(number_by_size(&t, merge_pieces(&t, kept), pieces, labels, error));
cleanup:
  mem_free(pieces);
  mem_free(kept);
  mem_free(t.piece);
  return status;
}
