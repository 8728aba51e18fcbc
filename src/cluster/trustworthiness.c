/* Trustworthiness of an embedding.
 *
 * Points stand in lanes with the distances to their neighbours in the embedding; all points pass by in rows,
 * and a kernel counts which of them are nearer. That is the rank, without sorting anything. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "cluster/distances.h"

#include <string.h>

/* What a thread needs for a tile: the first neighbour in the embedding of all lanes, then the second, ... */
typedef struct scratch {
  float *squares;    /* [TILE_LANES, TILE_LANES] */
  float *neighbors;  /* [TILE_LANES, d] */
  float *limits;     /* [k, TILE_LANES] squared distances of the neighbours */
  uint32_t *indices; /* [k, TILE_LANES] */
  uint32_t *counts;  /* [k, TILE_LANES] points that are nearer */
} scratch;

typedef struct problem {
  const distance_table *kernels;
  size_t n, d, k;
  float *rows, *lanes;
  const uint32_t *neighbors; /* [n, k] in the embedding */
  scratch *scratches;        /* [threads] */
  size_t threads;
  double *penalties; /* [tiles] */
} problem;

static void problem_release(problem *p) {
  mem_free(p->rows);
  mem_free(p->lanes);
  mem_free(p->penalties);
  for (size_t i = 0; p->scratches && i < p->threads; i++) {
    mem_free(p->scratches[i].squares);
    mem_free(p->scratches[i].neighbors);
    mem_free(p->scratches[i].limits);
    mem_free(p->scratches[i].indices);
    mem_free(p->scratches[i].counts);
  }
  mem_free(p->scratches);
}

static size_t tiles_of(size_t n) {
  return (n + TILE_LANES - 1) / TILE_LANES;
}

static despur_status scratch_init(scratch *s, size_t d, size_t k, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&s->squares, (size_t)TILE_LANES * TILE_LANES, sizeof *s->squares, error));
  TRY(mem_alloc(&s->neighbors, d, TILE_LANES * sizeof *s->neighbors, error));
  TRY(mem_alloc(&s->limits, k, TILE_LANES * sizeof *s->limits, error));
  TRY(mem_alloc(&s->indices, k, TILE_LANES * sizeof *s->indices, error));
  TRY(mem_alloc(&s->counts, k, TILE_LANES * sizeof *s->counts, error));
cleanup:
  return status;
}

static despur_status problem_init(problem *p, const float *points, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(distances_choose(&p->kernels, error));
  TRY(mem_alloc(&p->rows, p->n * p->d, sizeof *p->rows, error));
  TRY(mem_alloc(&p->lanes, block_count(p->n) * p->d, LANES * sizeof *p->lanes, error));
  TRY(mem_alloc(&p->penalties, tiles_of(p->n), sizeof *p->penalties, error));
  TRY(mem_alloc(&p->scratches, p->threads, sizeof *p->scratches, error));
  for (size_t i = 0; i < p->threads; i++) TRY(scratch_init(&p->scratches[i], p->d, p->k, error));
  const int exponent = points_exponent(points, p->n, p->d);
  points_to_rows(p->rows, points, p->d, NULL, p->n, exponent);
  points_to_lanes(p->lanes, points, p->d, NULL, p->n, exponent);
cleanup:
  return status;
}

/* Indices and squared distances of the neighbours, by the kernel itself: the same bits as in the pass over
 * all rows. */
static void look_up_neighbors(const problem *p, scratch *s, distance_job *job, size_t first, size_t lanes) {
  job->rows = s->neighbors;
  job->count = lanes;
  for (size_t t = 0; t < p->k; t++) {
    for (size_t lane = 0; lane < lanes; lane++) {
      const uint32_t neighbor = p->neighbors[(first + lane) * p->k + t];
      s->indices[t * TILE_LANES + lane] = neighbor;
      memcpy(s->neighbors + lane * p->d, p->rows + neighbor * p->d, p->d * sizeof *p->rows);
    }
    p->kernels->squares(job);
    for (size_t lane = 0; lane < lanes; lane++)
      s->limits[t * TILE_LANES + lane] = s->squares[lane * job->blocks * LANES + lane];
  }
}

/* Sum of how far each neighbour's rank is beyond k. A point counted itself when it comes before the
 * neighbour. */
static double penalty(const problem *p, const scratch *s, size_t first, size_t lanes) {
  double sum = 0;
  for (size_t t = 0; t < p->k; t++)
    for (size_t lane = 0; lane < lanes; lane++) {
      const size_t at = t * TILE_LANES + lane;
      const int itself = s->limits[at] > 0 || first + lane < s->indices[at];
      const size_t rank = s->counts[at] - (size_t)itself + 1;
      if (rank > p->k) sum += (double)(rank - p->k);
    }
  return sum;
}

static void rank_tile(void *context, size_t tile, int thread) {
  problem *p = context;
  scratch *s = &p->scratches[thread];
  const size_t first = tile * TILE_LANES, lanes = p->n - first < TILE_LANES ? p->n - first : TILE_LANES;
  distance_job job = {.lanes = p->lanes + first * p->d,
                      .squares = s->squares,
                      .blocks = block_count(lanes),
                      .dimensions = p->d};
  memset(s->counts, 0, p->k * TILE_LANES * sizeof *s->counts);
  look_up_neighbors(p, s, &job, first, lanes);
  for (size_t row = 0; row < p->n; row += job.count) {
    job.count = p->n - row < TILE_ROWS ? p->n - row : TILE_ROWS;
    job.rows = p->rows + row * p->d;
    p->kernels->squares(&job);
    for (size_t t = 0; t < p->k * TILE_LANES; t += TILE_LANES)
      p->kernels->count_nearer(s->counts + t, s->squares, s->limits + t, s->indices + t, row, job.count,
                               job.blocks);
  }
  p->penalties[tile] = penalty(p, s, first, lanes);
}

static despur_status check_embedding(const float *points, size_t n, size_t d, const float *embedding,
                                     const despur_trustworthiness_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (options->neighbors < 1)
    FAIL(error, DESPUR_BAD_USAGE, "trustworthiness: expected at least 1 neighbour, found 0");
  TRY(points_check("trustworthiness", points, n, d, error));
  TRY(points_check("trustworthiness of an embedding", embedding, n, options->components, error));
  if (options->neighbors > (n - 1) / 2)
    FAIL(error, DESPUR_BAD_INPUT,
         "trustworthiness: expected more than %zu points for %zu neighbours, found %zu",
         2 * options->neighbors, options->neighbors, n);
cleanup:
  return status;
}

despur_status despur_trustworthiness(double *out, const float *points, size_t n, size_t d,
                                     const float *embedding, const despur_trustworthiness_options *options,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  despur_nearest_result nearest = {0};
  problem p = {.n = n,
               .d = d,
               .k = options->neighbors,
               .threads = options->threads > 1 ? (size_t)options->threads : 1};
  TRY(check_embedding(points, n, d, embedding, options, error));
  const despur_nearest_options others = {.neighbors = p.k, .threads = options->threads};
  TRY(despur_nearest(&nearest, embedding, n, options->components, &others, error));
  p.neighbors = nearest.indices;
  TRY(problem_init(&p, points, error));
  TRY(parallel_create(&pool, (int)p.threads, error));
  parallel_for(pool, tiles_of(n), rank_tile, &p);
  double sum = 0, k = (double)p.k;
  for (size_t tile = 0; tile < tiles_of(n); tile++) sum += p.penalties[tile];
  *out = 1 - sum * 2 / ((double)n * k * (2 * (double)n - 3 * k - 1));
cleanup:
  parallel_free(pool);
  problem_release(&p);
  despur_nearest_release(&nearest);
  return status;
}
