/* Silhouettes (Rousseeuw 1987): (b - a) / max(a, b) of a point with the mean distance a to the others of its
 * cluster and the least mean distance b to another one; 0 where it is alone in its cluster.
 *
 * When all points are measured and clusters are few, each pair is measured once (pair_sums.h). Otherwise
 * points that are measured stand in lanes; all points pass by in rows, sorted by cluster. So each lane adds
 * up its distances to one cluster after the other, always in the same order, and keeps two numbers: the mean
 * distance to its own cluster and the least to another. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "cluster/distances.h"
#include "cluster/pair_sums.h"

#include <math.h>
#include <stdbool.h>

/* Sums of each point to each cluster fit into memory, and tiles of one cluster each are mostly full. */
enum { MOST_CLUSTERS_OF_PAIRS = 32, LEAST_POINTS_OF_A_CLUSTER = 64 };

typedef struct problem {
  const float *points; /* [n, d] */
  size_t n, d, clusters;
  const uint32_t *labels;
  int threads;
  const despur_watch *watch;
  size_t *start;     /* [clusters + 1] of each cluster in order */
  uint32_t *order;   /* [n] points sorted by cluster */
  uint32_t *targets; /* [count] points to measure, sorted by cluster */
  size_t count;
  double *values; /* [n] */
} problem;

static void problem_release(problem *p) {
  mem_free(p->start);
  mem_free(p->order);
  mem_free(p->targets);
}

static size_t cluster_size(const problem *p, size_t cluster) {
  return p->start[cluster + 1] - p->start[cluster];
}

/* Counting sort, stable. */
static void sort_by_cluster(problem *p) {
  for (size_t i = 0; i < p->n; i++) p->start[p->labels[i] + 1]++;
  for (size_t c = 0; c < p->clusters; c++) p->start[c + 1] += p->start[c];
  for (size_t i = 0; i < p->n; i++) p->order[p->start[p->labels[i]]++] = (uint32_t)i;
  for (size_t c = p->clusters; c > 0; c--) p->start[c] = p->start[c - 1];
  p->start[0] = 0;
}

/* How many points of a cluster are measured: its share of the sample, but at least two, so that there is a
 * variance. */
static size_t share_of_sample(size_t size, size_t n, size_t sample) {
  if (sample == 0 || sample >= n) return size;
  size_t share = (size_t)ceil((double)sample * (double)size / (double)n);
  if (share < 2) share = 2;
  return share < size ? share : size;
}

/* Each cluster is a stratum: its members are drawn without replacement. */
static void draw_targets(problem *p, const despur_silhouette_options *options) {
  for (size_t c = 0; c < p->clusters; c++) {
    size_t size = cluster_size(p, c), share = share_of_sample(size, p->n, options->sample);
    uint32_t *targets = p->targets + p->count;
    for (size_t i = 0; i < size; i++) targets[i] = p->order[p->start[c] + i];
    if (share < size) {
      random_stream stream = random_open(options->seed, "silhouette", c);
      random_shuffle(&stream, targets, size);
    }
    p->count += share;
  }
}

static despur_status problem_init(problem *p, const despur_silhouette_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&p->start, p->clusters + 1, sizeof *p->start, error));
  TRY(mem_alloc(&p->order, p->n, sizeof *p->order, error));
  TRY(mem_alloc(&p->targets, p->n, sizeof *p->targets, error));
  sort_by_cluster(p);
  draw_targets(p, options);
cleanup:
  return status;
}

/* Rousseeuw 1987, section 2. own and other are mean distances; a point alone in its cluster scores 0. */
static double silhouette(double own, double other, size_t size) {
  double larger = own > other ? own : other;
  return size > 1 && larger > 0 ? (other - own) / larger : 0;
}

static double from_sums(const problem *p, const pair_sums *sums, size_t cluster, size_t place) {
  double own = 0, other = HUGE_VAL;
  for (size_t c = 0; c < p->clusters; c++) {
    const size_t size = cluster_size(p, c);
    if (size == 0) continue;
    const double sum = sums->sums[c * sums->places + place];
    if (c == cluster)
      own = size > 1 ? sum / (double)(size - 1) : 0;
    else if (sum / (double)size < other)
      other = sum / (double)size;
  }
  return silhouette(own, other, cluster_size(p, cluster));
}

static bool pairs_are_better(const problem *p) {
  return p->count == p->n && p->clusters <= MOST_CLUSTERS_OF_PAIRS &&
         p->n >= p->clusters * LEAST_POINTS_OF_A_CLUSTER;
}

static despur_status measure_pairs(problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  pair_sums sums = {0};
  size_t sizes[MOST_CLUSTERS_OF_PAIRS];
  for (size_t c = 0; c < p->clusters; c++) sizes[c] = cluster_size(p, c);
  TRY(pair_sums_make(&sums, p->points, p->n, p->d, p->order, sizes, p->clusters, p->threads, p->watch,
                     error));
  for (size_t c = 0; c < p->clusters; c++)
    for (size_t i = 0; i < sizes[c]; i++)
      p->values[p->order[p->start[c] + i]] = from_sums(p, &sums, c, sums.start[c] + i);
cleanup:
  pair_sums_release(&sums);
  return status;
}

/* The other way: the targets against all points. */
typedef struct search {
  problem *problem;
  const distance_table *kernels;
  float *rows;    /* [n, d] in order */
  float *lanes;   /* the targets */
  float *squares; /* [threads, TILE_ROWS, TILE_LANES] */
} search;

/* sums[lane] = distances of the lanes to all points of a cluster. */
static void add_distances(const search *s, distance_job *job, size_t cluster, double sums[TILE_LANES]) {
  const problem *p = s->problem;
  for (size_t lane = 0; lane < TILE_LANES; lane++) sums[lane] = 0;
  const size_t end = p->start[cluster + 1];
  for (size_t row = p->start[cluster]; row < end; row += job->count) {
    job->count = end - row < TILE_ROWS ? end - row : TILE_ROWS;
    job->rows = s->rows + row * p->d;
    s->kernels->squares(job);
    s->kernels->add_roots(sums, job->squares, job->count, job->blocks);
  }
}

static void measure_tile(void *context, size_t tile, int thread) {
  search *s = context;
  problem *p = s->problem;
  const size_t first = tile * TILE_LANES;
  const size_t lanes = p->count - first < TILE_LANES ? p->count - first : TILE_LANES;
  distance_job job = {.lanes = s->lanes + first * p->d,
                      .squares = s->squares + (size_t)thread * TILE_ROWS * TILE_LANES,
                      .blocks = block_count(lanes),
                      .dimensions = p->d};
  double own[TILE_LANES] = {0}, other[TILE_LANES], sums[TILE_LANES];
  for (size_t lane = 0; lane < lanes; lane++) other[lane] = HUGE_VAL;
  for (size_t c = 0; c < p->clusters; c++) {
    const size_t size = cluster_size(p, c);
    if (size == 0) continue;
    add_distances(s, &job, c, sums);
    for (size_t lane = 0; lane < lanes; lane++) {
      if (p->labels[p->targets[first + lane]] == c)
        own[lane] = size > 1 ? sums[lane] / (double)(size - 1) : 0;
      else if (sums[lane] / (double)size < other[lane])
        other[lane] = sums[lane] / (double)size;
    }
  }
  for (size_t lane = 0; lane < lanes; lane++) {
    uint32_t point = p->targets[first + lane];
    p->values[point] = silhouette(own[lane], other[lane], cluster_size(p, p->labels[point]));
  }
}

static despur_status measure_targets(problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  search s = {.problem = p};
  TRY(distances_choose(&s.kernels, error));
  TRY(mem_alloc(&s.rows, p->n * p->d, sizeof *s.rows, error));
  TRY(mem_alloc(&s.lanes, block_count(p->count) * p->d, LANES * sizeof *s.lanes, error));
  TRY(mem_alloc(&s.squares, (size_t)p->threads * TILE_ROWS, TILE_LANES * sizeof *s.squares, error));
  TRY(parallel_create(&pool, p->threads, error));
  int exponent = points_exponent(p->points, p->n, p->d);
  points_to_rows(s.rows, p->points, p->d, p->order, p->n, exponent);
  points_to_lanes(s.lanes, p->points, p->d, p->targets, p->count, exponent);
  TRY(parallel_for_watched(pool, (p->count + TILE_LANES - 1) / TILE_LANES, measure_tile, &s, p->watch,
                           error));
cleanup:
  parallel_free(pool);
  mem_free(s.rows);
  mem_free(s.lanes);
  mem_free(s.squares);
  return status;
}

/* Means and, of a sample, their standard errors: each cluster is a stratum from which `share` of `size` were
 * drawn without replacement (Cochran 1977, "Sampling Techniques", sections 2.6 and 5.3). */
static void summarise(despur_silhouette_result *out, const problem *p) {
  double variance = 0, variance_of_clusters = 0;
  size_t used = 0;
  const uint32_t *targets = p->targets;
  for (size_t c = 0; c < p->clusters; c++) {
    out->cluster_means[c] = (double)NAN;
    const size_t size = cluster_size(p, c);
    if (size == 0) continue;
    size_t share = 0;
    double sum = 0, squares = 0;
    for (; targets + share < p->targets + p->count && p->labels[targets[share]] == c; share++)
      sum += p->values[targets[share]];
    const double mean = sum / (double)share, weight = (double)size / (double)p->n;
    for (size_t i = 0; i < share; i++)
      squares += (p->values[targets[i]] - mean) * (p->values[targets[i]] - mean);
    targets += share;
    used++;
    out->cluster_means[c] = mean;
    out->mean += weight * mean;
    out->mean_of_clusters += mean;
    if (share == size) continue;
    double error = squares / (double)(share - 1) / (double)share * (1 - (double)share / (double)size);
    variance += weight * weight * error;
    variance_of_clusters += error;
  }
  out->mean_of_clusters /= (double)used;
  out->mean_error = sqrt(variance);
  out->mean_of_clusters_error = sqrt(variance_of_clusters) / (double)used;
  out->sampled = p->count;
}

static despur_status check_labels(const uint32_t *labels, size_t n, size_t clusters, despur_error *error) {
  int two = 0;
  for (size_t i = 0; i < n; i++) {
    if (labels[i] >= clusters)
      return error_set(error, DESPUR_BAD_INPUT,
                       "silhouette: expected labels below %zu, found %lu at point %zu", clusters,
                       (unsigned long)labels[i], i);
    two |= labels[i] != labels[0];
  }
  if (!two)
    return error_set(error, DESPUR_BAD_INPUT,
                     "silhouette: expected at least 2 clusters with members, found 1");
  return DESPUR_OK;
}

despur_status despur_silhouette(despur_silhouette_result *out, const float *points, size_t n, size_t d,
                                const uint32_t *labels, size_t clusters,
                                const despur_silhouette_options *options, despur_error *error) {
  *out = (despur_silhouette_result){0};
  despur_status status = DESPUR_OK;
  problem p = {.points = points,
               .n = n,
               .d = d,
               .clusters = clusters,
               .labels = labels,
               .threads = options->threads > 1 ? options->threads : 1,
               .watch = &options->watch};
  TRY(points_check("silhouette", points, n, d, error));
  TRY(check_labels(labels, n, clusters, error));
  TRY(mem_alloc(&out->values, n, sizeof *out->values, error));
  TRY(mem_alloc(&out->cluster_means, clusters, sizeof *out->cluster_means, error));
  TRY(problem_init(&p, options, error));
  p.values = out->values;
  for (size_t i = 0; i < n; i++) p.values[i] = (double)NAN;
  TRY(pairs_are_better(&p) ? measure_pairs(&p, error) : measure_targets(&p, error));
  summarise(out, &p);
cleanup:
  problem_release(&p);
  if (status != DESPUR_OK) despur_silhouette_release(out);
  return status;
}

void despur_silhouette_release(despur_silhouette_result *result) {
  mem_free(result->values);
  mem_free(result->cluster_means);
  *result = (despur_silhouette_result){0};
}
