/* k-means: seeding, Lloyd's algorithm, and the best of several starts. The passes over the points are in
 * kmeans_pass.c. */
#include "cluster/kmeans.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "cluster/numbering.h"
#include "despur/cluster.h"

#include <math.h>
#include <string.h>

#define NAME "k-means"

typedef struct problem {
  kmeans_pass pass;
  kmeans_start *starts; /* [group_room], those that go together */
  kmeans_start best;
  size_t max_iterations;
  double least_shift;
  despur_watch watch;
} problem;

static void problem_release(problem *p) {
  for (size_t g = 0; p->starts && g < p->pass.group_room; g++) kmeans_start_release(&p->starts[g]);
  mem_free(p->starts);
  kmeans_start_release(&p->best);
  kmeans_pass_release(&p->pass);
}

static despur_status problem_init(problem *p, const float *points, size_t n, size_t d,
                                  const despur_kmeans_options *options, despur_error *error) {
  *p = (problem){.max_iterations = options->max_iterations, .watch = watch_quiet(&options->watch)};
  despur_status status = DESPUR_OK;
  TRY(kmeans_pass_init(&p->pass, points, n, d, options->clusters, options->starts, options->threads, error));
  TRY(mem_alloc(&p->starts, p->pass.group_room, sizeof *p->starts, error));
  for (size_t g = 0; g < p->pass.group_room; g++) TRY(kmeans_start_init(&p->starts[g], &p->pass, error));
  TRY(kmeans_start_init(&p->best, &p->pass, error));
  p->least_shift = options->tolerance * p->pass.screen.variance;
cleanup:
  return status;
}

static void copy_point(const kmeans_pass *pass, size_t point, double *centre) {
  for (size_t j = 0; j < pass->d; j++) centre[j] = (double)pass->points[point * pass->d + j];
}

/* A point drawn with probability proportional to its squared distance; the first point when all distances are
 * zero. */
static size_t draw_by_distance(const kmeans_pass *pass, const kmeans_start *s, random_stream *stream) {
  double total = 0;
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) total += s->inertias[chunk];
  double target = random_uniform(stream) * total;
  size_t chunk = 0, last = 0;
  for (; chunk + 1 < pass->chunks && target >= s->inertias[chunk]; chunk++) target -= s->inertias[chunk];
  for (size_t i = kmeans_chunk_begin(pass, chunk); i < kmeans_chunk_end(pass, chunk); i++) {
    if (s->distances[i] == 0) continue;
    last = i;
    if (target < s->distances[i]) return i;
    target -= s->distances[i];
  }
  return last; /* rounding has carried the target past the end */
}

/* Arthur and Vassilvitskii 2007, section 2.2, for all starts of the group. */
static despur_status seed_centres(problem *p, random_stream *streams, despur_error *error) {
  despur_status status = DESPUR_OK;
  kmeans_pass *pass = &p->pass;
  for (size_t g = 0; g < pass->group_size; g++) {
    kmeans_start *s = pass->group[g];
    size_t first = (size_t)(random_uniform(&streams[g]) * (double)pass->n);
    copy_point(pass, first < pass->n ? first : pass->n - 1, s->centres);
    for (size_t i = 0; i < pass->n; i++) s->distances[i] = HUGE_VAL;
  }
  for (size_t c = 1; c < pass->k; c++) {
    TRY(kmeans_approach(pass, c - 1, &p->watch, error));
    for (size_t g = 0; g < pass->group_size; g++) {
      kmeans_start *s = pass->group[g];
      copy_point(pass, draw_by_distance(pass, s, &streams[g]), s->centres + c * pass->d);
    }
  }
cleanup:
  return status;
}

static void forget_partition(const kmeans_pass *pass, kmeans_start *s) {
  memcpy(s->references, s->centres, pass->k * pass->d * sizeof(double));
  memset(s->sums, 0, pass->k * pass->d * sizeof(double));
  memset(s->sizes, 0, pass->k * sizeof(size_t));
  memset(s->labels, 0xff, pass->n * sizeof(uint32_t)); /* NO_CLUSTER */
  s->settling = 0;
}

/* The point farthest from its centre, the first of equals; n when every point lies on its centre. */
static size_t farthest_point(const kmeans_pass *pass, const kmeans_start *s) {
  size_t farthest = pass->n;
  double distance = 0;
  for (size_t i = 0; i < pass->n; i++) {
    if (s->distances[i] > distance) {
      distance = s->distances[i];
      farthest = i;
    }
  }
  return farthest;
}

/* Puts the centre of each empty cluster on the farthest point, which the next assignment will give to it: no
 * point gets farther from its centre by that. Returns how many centres have moved. */
static size_t fill_empty_clusters(kmeans_pass *pass, kmeans_start *s) {
  size_t filled = 0, empty = 0, d = pass->d;
  for (size_t c = 0; c < pass->k; c++) empty += s->sizes[c] == 0;
  if (empty > 0) kmeans_measure(pass, s);
  for (size_t c = 0; c < pass->k && empty > 0; c++) {
    if (s->sizes[c]) continue;
    memset(s->sums + c * d, 0, d * sizeof(double)); /* what rounding has left there */
    size_t point = farthest_point(pass, s);
    if (point == pass->n) continue;
    copy_point(pass, point, s->centres + c * d);
    copy_point(pass, point, s->references + c * d);
    s->distances[point] = 0;
    filled++;
  }
  return filled;
}

/* Moves each centre to the mean of its points; returns the sum of the squared movements. */
static double move_centres(const kmeans_pass *pass, kmeans_start *s) {
  double shift = 0;
  for (size_t c = 0; c < pass->k; c++) {
    if (!s->sizes[c]) continue;
    for (size_t j = c * pass->d; j < (c + 1) * pass->d; j++) {
      double centre = s->references[j] + s->sums[j] / (double)s->sizes[c], step = centre - s->centres[j];
      shift += step * step;
      s->centres[j] = centre;
    }
  }
  return shift;
}

/* What follows an assignment. Returns 1 at the end, when each point belongs to its nearest centre and no
 * cluster is empty unless every point lies on a centre. There is an end: once settling, each round sets at
 * least one more distance to zero for good. */
static int advance(problem *p, kmeans_start *s, size_t iteration) {
  size_t changes = 0, filled = fill_empty_clusters(&p->pass, s);
  if (s->settling) return filled == 0;
  for (size_t chunk = 0; chunk < p->pass.chunks; chunk++) changes += s->changes[chunk];
  s->iterations = iteration;
  if (changes == 0 && filled == 0) return 1;
  double shift = move_centres(&p->pass, s);
  s->settling = (shift < p->least_shift && filled == 0) || iteration == p->max_iterations;
  return 0;
}

/* Lloyd's algorithm from the centres that are there. Starts leave the group when they are done. */
static despur_status lloyd(problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  kmeans_pass *pass = &p->pass;
  for (size_t g = 0; g < pass->group_size; g++) forget_partition(pass, pass->group[g]);
  for (size_t iteration = 1; pass->group_size > 0; iteration++) {
    size_t left = 0;
    TRY(kmeans_assign(pass, &p->watch, error));
    kmeans_add_changes(pass);
    for (size_t g = 0; g < pass->group_size; g++) {
      if (advance(p, pass->group[g], iteration))
        kmeans_measure(pass, pass->group[g]);
      else
        pass->group[left++] = pass->group[g];
    }
    pass->group_size = left;
  }
cleanup:
  return status;
}

/* Carries out starts first..first+count-1, count <= group_room, and keeps the best so far. */
static despur_status run_starts(problem *p, const despur_kmeans_options *options, size_t first, size_t count,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream *streams = NULL;
  TRY(mem_alloc(&streams, count, sizeof *streams, error));
  for (size_t g = 0; g < count; g++) {
    streams[g] = random_open(options->seed, "kmeans", options->index << 32 | (first + g));
    p->pass.group[g] = &p->starts[g];
  }
  p->pass.group_size = count;
  TRY(seed_centres(p, streams, error));
  TRY(lloyd(p, error));
  for (size_t g = 0; g < count; g++) {
    if (first + g > 0 && p->starts[g].inertia >= p->best.inertia) continue;
    kmeans_start swap = p->best;
    p->best = p->starts[g];
    p->starts[g] = swap;
  }
cleanup:
  mem_free(streams);
  return status;
}

/* Copies the best partition into the result under its final numbers. */
static despur_status write_result(despur_kmeans_result *out, const problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  const kmeans_start *s = &p->best;
  size_t *order = NULL, n = p->pass.n, k = p->pass.k, d = p->pass.d;
  TRY(mem_alloc(&order, k, sizeof *order, error));
  TRY(mem_alloc(&out->labels, n, sizeof(uint32_t), error));
  TRY(mem_alloc(&out->centres, k * d, sizeof(double), error));
  TRY(mem_alloc(&out->sizes, k, sizeof(size_t), error));
  memcpy(out->labels, s->labels, n * sizeof(uint32_t));
  TRY(clusters_number(out->labels, n, k, out->sizes, order, error));
  for (size_t c = 0; c < k; c++) memcpy(out->centres + c * d, s->centres + order[c] * d, d * sizeof(double));
  out->inertia = s->inertia;
  out->iterations = s->iterations;
cleanup:
  mem_free(order);
  return status;
}

static despur_status check_options(const despur_kmeans_options *options, despur_error *error) {
  const cluster_search asked = {options->starts, options->max_iterations, "iteration", options->tolerance,
                                options->index};
  return cluster_search_check(NAME, &asked, error);
}

despur_status despur_kmeans(despur_kmeans_result *out, const float *points, size_t n, size_t d,
                            const despur_kmeans_options *options, despur_error *error) {
  *out = (despur_kmeans_result){0};
  despur_status status = DESPUR_OK;
  problem p = {0};
  TRY(check_options(options, error));
  TRY(clusters_check(NAME, points, n, d, options->clusters, error));
  TRY(problem_init(&p, points, n, d, options, error));
  for (size_t first = 0, count; first < options->starts; first += count) {
    count = options->starts - first < p.pass.group_room ? options->starts - first : p.pass.group_room;
    TRY(run_starts(&p, options, first, count, error));
    watch_tell(&options->watch, "starts", first + count, options->starts);
  }
  TRY(write_result(out, &p, error));
cleanup:
  problem_release(&p);
  if (status != DESPUR_OK) despur_kmeans_release(out);
  return status;
}

void despur_kmeans_release(despur_kmeans_result *result) {
  mem_free(result->labels);
  mem_free(result->centres);
  mem_free(result->sizes);
  *result = (despur_kmeans_result){0};
}
