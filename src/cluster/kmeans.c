/* k-means.
 *
 * All work over the points is cut into chunks whose bounds depend on the sizes alone; each chunk keeps its
 * own sums, and these are added in the order of the chunks. So the bytes of a result do not depend on the
 * number of threads. Distances and sums are in double precision, so points need not be centred. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "cluster/partition.h"

#include <math.h>
#include <string.h>

enum {
  CHUNK_WORK = 1 << 20, /* multiply-adds */
  MOST_CHUNKS = 64,
  PARTIAL_SUMS = 8
};

/* A partition in the making. All starts share the buffers of one problem. */
typedef struct solution {
  uint32_t *labels; /* [n] */
  double *centres;  /* [k, d] */
  double inertia;
  size_t iterations;
} solution;

typedef struct problem {
  const float *points; /* [n, d] */
  size_t n, d, k;
  size_t chunks, chunk_points;
  parallel *pool;
  solution *current;
  const double *newest; /* [d], the centre that seeding has added last */
  double *distances;    /* [n], squared, of each point to its centre */
  double *sums;         /* [chunks, k, d], of points minus their centre */
  size_t *sizes;        /* [chunks, k]; after merge_chunks the first row holds the totals, as in sums */
  double *inertias;     /* [chunks] */
  size_t *changes;      /* [chunks], points that have changed their cluster */
} problem;

static void problem_release(problem *p) {
  parallel_free(p->pool);
  mem_free(p->distances);
  mem_free(p->sums);
  mem_free(p->sizes);
  mem_free(p->inertias);
  mem_free(p->changes);
}

/* A chunk is worth the start of a thread, and there are few enough that their sums take little memory. */
static size_t points_of_a_chunk(size_t n, size_t values_of_centres) {
  size_t worthwhile = CHUNK_WORK / values_of_centres + 1, shared = (n + MOST_CHUNKS - 1) / MOST_CHUNKS;
  return worthwhile > shared ? worthwhile : shared;
}

static despur_status problem_init(problem *p, const float *points, size_t n, size_t d,
                                  const despur_kmeans_options *options, despur_error *error) {
  *p = (problem){.points = points, .n = n, .d = d, .k = options->clusters};
  despur_status status = DESPUR_OK;
  size_t values; /* of all centres; times the chunks it is the largest product there is */
  TRY(mem_multiply(&values, p->k, d, error));
  p->chunk_points = points_of_a_chunk(n, values);
  p->chunks = (n + p->chunk_points - 1) / p->chunk_points;
  TRY(mem_multiply(&values, values, p->chunks, error));
  TRY(mem_alloc(&p->sums, values, sizeof(double), error));
  TRY(mem_alloc(&p->sizes, p->chunks * p->k, sizeof(size_t), error));
  TRY(mem_alloc(&p->distances, n, sizeof(double), error));
  TRY(mem_alloc(&p->inertias, p->chunks, sizeof(double), error));
  TRY(mem_alloc(&p->changes, p->chunks, sizeof(size_t), error));
  TRY(parallel_create(&p->pool, p->chunks > 1 ? options->threads : 1, error));
cleanup:
  if (status != DESPUR_OK) problem_release(p);
  return status;
}

static void solution_release(solution *s) {
  mem_free(s->labels);
  mem_free(s->centres);
}

static despur_status solution_init(solution *s, const problem *p, despur_error *error) {
  *s = (solution){0};
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&s->labels, p->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&s->centres, p->k * p->d, sizeof(double), error));
cleanup:
  if (status != DESPUR_OK) solution_release(s);
  return status;
}

static size_t chunk_begin(const problem *p, size_t chunk) {
  return chunk * p->chunk_points;
}

static size_t chunk_end(const problem *p, size_t chunk) {
  size_t end = (chunk + 1) * p->chunk_points;
  return end < p->n ? end : p->n;
}

/* The partial sums fix the order of the additions, which leaves the compiler free to use vectors of any
 * width. */
static double squared_distance(const float *x, const double *centre, size_t d) {
  double sum[PARTIAL_SUMS] = {0};
  size_t column = 0;
  for (; column + PARTIAL_SUMS <= d; column += PARTIAL_SUMS) {
    for (size_t part = 0; part < PARTIAL_SUMS; part++) {
      double difference = (double)x[column + part] - centre[column + part];
      sum[part] += difference * difference;
    }
  }
  for (size_t part = 0; column < d; column++, part++) {
    double difference = (double)x[column] - centre[column];
    sum[part] += difference * difference;
  }
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

/* Gives each point of a chunk to its nearest centre, the first of equals, and adds up how far from its centre
 * it is in each column. Sums of differences make a centre of equal points settle on exactly that point; sums
 * of values would not. */
static void assign_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  problem *p = context;
  double *sums = p->sums + chunk * p->k * p->d;
  size_t *sizes = p->sizes + chunk * p->k;
  memset(sums, 0, p->k * p->d * sizeof(double));
  memset(sizes, 0, p->k * sizeof(size_t));
  p->inertias[chunk] = 0;
  p->changes[chunk] = 0;
  for (size_t i = chunk_begin(p, chunk); i < chunk_end(p, chunk); i++) {
    const float *x = p->points + i * p->d;
    size_t nearest = 0;
    double best = squared_distance(x, p->current->centres, p->d);
    for (size_t c = 1; c < p->k; c++) {
      double distance = squared_distance(x, p->current->centres + c * p->d, p->d);
      if (distance < best) {
        best = distance;
        nearest = c;
      }
    }
    const double *centre = p->current->centres + nearest * p->d;
    double *sum = sums + nearest * p->d;
    for (size_t column = 0; column < p->d; column++) sum[column] += (double)x[column] - centre[column];
    sizes[nearest]++;
    p->changes[chunk] += p->current->labels[i] != nearest;
    p->current->labels[i] = (uint32_t)nearest;
    p->distances[i] = best;
    p->inertias[chunk] += best;
  }
}

/* Adds sums and sizes of all chunks to those of the first. */
static void merge_chunks(problem *p) {
  size_t width = p->k * p->d;
  for (size_t chunk = 1; chunk < p->chunks; chunk++) {
    for (size_t j = 0; j < width; j++) p->sums[j] += p->sums[chunk * width + j];
    for (size_t c = 0; c < p->k; c++) p->sizes[c] += p->sizes[chunk * p->k + c];
  }
}

static double total_inertia(const problem *p) {
  double total = 0;
  for (size_t chunk = 0; chunk < p->chunks; chunk++) total += p->inertias[chunk];
  return total;
}

/* One assignment of all points; returns how many changed their cluster. */
static size_t assign(problem *p) {
  parallel_for(p->pool, p->chunks, assign_chunk, p);
  merge_chunks(p);
  p->current->inertia = total_inertia(p);
  size_t changed = 0;
  for (size_t chunk = 0; chunk < p->chunks; chunk++) changed += p->changes[chunk];
  return changed;
}

static void copy_point(const problem *p, size_t point, double *centre) {
  for (size_t column = 0; column < p->d; column++) centre[column] = (double)p->points[point * p->d + column];
}

/* Shortens the distances of a chunk by the newest centre; their sum goes to inertias. */
static void approach_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  problem *p = context;
  double total = 0;
  for (size_t i = chunk_begin(p, chunk); i < chunk_end(p, chunk); i++) {
    double distance = squared_distance(p->points + i * p->d, p->newest, p->d);
    if (distance < p->distances[i]) p->distances[i] = distance;
    total += p->distances[i];
  }
  p->inertias[chunk] = total;
}

/* A point drawn with probability proportional to its squared distance; the first point when all distances are
 * zero. */
static size_t draw_by_distance(const problem *p, random_stream *stream) {
  double target = random_uniform(stream) * total_inertia(p);
  size_t chunk = 0, last = 0;
  for (; chunk + 1 < p->chunks && target >= p->inertias[chunk]; chunk++) target -= p->inertias[chunk];
  for (size_t i = chunk_begin(p, chunk); i < chunk_end(p, chunk); i++) {
    if (p->distances[i] == 0) continue;
    last = i;
    if (target < p->distances[i]) return i;
    target -= p->distances[i];
  }
  return last; /* rounding has carried the target past the end */
}

/* Arthur and Vassilvitskii 2007, section 2.2. */
static void seed_centres(problem *p, random_stream *stream) {
  double *centres = p->current->centres;
  size_t first = (size_t)(random_uniform(stream) * (double)p->n);
  copy_point(p, first < p->n ? first : p->n - 1, centres);
  for (size_t i = 0; i < p->n; i++) p->distances[i] = HUGE_VAL;
  for (size_t c = 1; c < p->k; c++) {
    p->newest = centres + (c - 1) * p->d;
    parallel_for(p->pool, p->chunks, approach_chunk, p);
    copy_point(p, draw_by_distance(p, stream), centres + c * p->d);
  }
}

/* The point farthest from its centre, the first of equals; n when every point lies on its centre. */
static size_t farthest_point(const problem *p) {
  size_t farthest = p->n;
  double distance = 0;
  for (size_t i = 0; i < p->n; i++) {
    if (p->distances[i] > distance) {
      distance = p->distances[i];
      farthest = i;
    }
  }
  return farthest;
}

/* Puts the centre of each empty cluster on the farthest point, which the next assignment will give to it: no
 * point gets farther from its centre by that. Returns how many centres have moved. */
static size_t fill_empty_clusters(problem *p) {
  size_t filled = 0;
  for (size_t c = 0; c < p->k; c++) {
    if (p->sizes[c]) continue;
    size_t point = farthest_point(p);
    if (point == p->n) break;
    copy_point(p, point, p->current->centres + c * p->d);
    p->distances[point] = 0;
    filled++;
  }
  return filled;
}

/* Moves each centre to the mean of its points; returns the sum of the squared movements. */
static double move_centres(problem *p) {
  double shift = 0;
  for (size_t c = 0; c < p->k; c++) {
    if (!p->sizes[c]) continue;
    double *centre = p->current->centres + c * p->d;
    const double *sum = p->sums + c * p->d;
    for (size_t column = 0; column < p->d; column++) {
      double step = sum[column] / (double)p->sizes[c];
      shift += step * step;
      centre[column] += step;
    }
  }
  return shift;
}

/* Lloyd's algorithm from the centres that are there. At the end each point belongs to its nearest centre, and
 * no cluster is empty unless every point lies on a centre. */
static void lloyd(problem *p, size_t max_iterations, double least_shift) {
  memset(p->current->labels, 0xff, p->n * sizeof(uint32_t)); /* NO_CLUSTER */
  for (size_t iteration = 1; iteration <= max_iterations; iteration++) {
    p->current->iterations = iteration;
    size_t changed = assign(p);
    size_t filled = fill_empty_clusters(p);
    if (!changed && !filled) return;
    double shift = move_centres(p);
    if (shift < least_shift && !filled) break;
  }
  /* Each round sets at least one more distance to zero for good, so there is an end. */
  do assign(p);
  while (fill_empty_clusters(p));
}

/* The mean variance of the columns is what k-means with one cluster leaves, per value. */
static double mean_variance(problem *p) {
  size_t k = p->k;
  p->k = 1;
  memset(p->current->centres, 0, p->d * sizeof(double));
  assign(p);
  move_centres(p);
  assign(p);
  p->k = k;
  return p->current->inertia / (double)p->n / (double)p->d;
}

/* Copies a solution into the result under its final numbers. */
static despur_status write_result(despur_kmeans_result *out, const solution *s, const problem *p,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *order = NULL;
  TRY(mem_alloc(&order, p->k, sizeof *order, error));
  TRY(mem_alloc(&out->labels, p->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&out->centres, p->k * p->d, sizeof(double), error));
  TRY(mem_alloc(&out->sizes, p->k, sizeof(size_t), error));
  memcpy(out->labels, s->labels, p->n * sizeof(uint32_t));
  TRY(partition_number(out->labels, p->n, p->k, out->sizes, order, error));
  for (size_t c = 0; c < p->k; c++)
    memcpy(out->centres + c * p->d, s->centres + order[c] * p->d, p->d * sizeof(double));
  out->inertia = s->inertia;
  out->iterations = s->iterations;
cleanup:
  mem_free(order);
  return status;
}

static despur_status check_options(const despur_kmeans_options *options, despur_error *error) {
  if (options->starts < 1 || options->max_iterations < 1)
    return error_set(error, DESPUR_BAD_USAGE,
                     "k-means: expected at least 1 start and 1 iteration, found %zu and %zu", options->starts,
                     options->max_iterations);
  if (!(options->tolerance >= 0) || isinf(options->tolerance))
    return error_set(error, DESPUR_BAD_USAGE, "k-means: expected a tolerance of at least 0, found %g",
                     options->tolerance);
  if (options->starts > UINT32_MAX || options->index > UINT32_MAX)
    return error_set(error, DESPUR_BAD_USAGE, "k-means: starts %zu and index %llu must be below 2^32",
                     options->starts, (unsigned long long)options->index);
  return DESPUR_OK;
}

despur_status despur_kmeans(despur_kmeans_result *out, const float *points, size_t n, size_t d,
                            const despur_kmeans_options *options, despur_error *error) {
  *out = (despur_kmeans_result){0};
  despur_status status = DESPUR_OK;
  problem p = {0};
  solution current = {0}, best = {0};
  TRY(check_options(options, error));
  TRY(partition_check("k-means", points, n, d, options->clusters, error));
  TRY(problem_init(&p, points, n, d, options, error));
  TRY(solution_init(&current, &p, error));
  TRY(solution_init(&best, &p, error));
  p.current = &current;
  double least_shift = options->tolerance > 0 ? options->tolerance * mean_variance(&p) : 0;
  for (size_t start = 0; start < options->starts; start++) {
    random_stream stream = random_open(options->seed, "kmeans", options->index << 32 | start);
    seed_centres(&p, &stream);
    lloyd(&p, options->max_iterations, least_shift);
    if (start == 0 || current.inertia < best.inertia) {
      solution swap = best;
      best = current;
      current = swap;
    }
  }
  TRY(write_result(out, &best, &p, error));
cleanup:
  problem_release(&p);
  solution_release(&current);
  solution_release(&best);
  if (status != DESPUR_OK) despur_kmeans_release(out);
  return status;
}

void despur_kmeans_release(despur_kmeans_result *result) {
  mem_free(result->labels);
  mem_free(result->centres);
  mem_free(result->sizes);
  *result = (despur_kmeans_result){0};
}
