/* Exact nearest neighbours.
 *
 * A tile of queries stands in lanes and all points pass by in rows. Each lane keeps a heap of the nearest
 * points so far; the kernel marks the few distances that are below the farthest of a lane's heap, and only
 * these are looked at one by one. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "cluster/distances.h"

#include <math.h>
#include <stdbool.h>

typedef struct neighbor {
  float square;
  uint32_t index;
} neighbor;

/* What a thread needs for a tile. */
typedef struct scratch {
  float *squares;  /* [TILE_ROWS, TILE_LANES] */
  float *limits;   /* [TILE_LANES], the top of each full heap */
  uint16_t *masks; /* [TILE_ROWS, TILE_BLOCKS] */
  neighbor *heaps; /* [TILE_LANES, k], the farthest at the top */
  size_t filled[TILE_LANES];
} scratch;

typedef struct problem {
  const distance_table *kernels;
  size_t n, d, k, count;
  bool among_others; /* queries are the points, which are no neighbours of themselves */
  float *rows;       /* [n, d] */
  float *lanes;      /* the queries */
  int exponent;
  scratch *scratches; /* [threads] */
  size_t threads;
  despur_nearest_result *out;
} problem;

static void problem_release(problem *p) {
  mem_free(p->rows);
  mem_free(p->lanes);
  for (size_t i = 0; p->scratches && i < p->threads; i++) {
    mem_free(p->scratches[i].squares);
    mem_free(p->scratches[i].limits);
    mem_free(p->scratches[i].masks);
    mem_free(p->scratches[i].heaps);
  }
  mem_free(p->scratches);
}

static despur_status scratch_init(scratch *s, size_t k, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&s->squares, (size_t)TILE_ROWS * TILE_LANES, sizeof *s->squares, error));
  TRY(mem_alloc(&s->limits, TILE_LANES, sizeof *s->limits, error));
  TRY(mem_alloc(&s->masks, (size_t)TILE_ROWS * TILE_BLOCKS, sizeof *s->masks, error));
  TRY(mem_alloc(&s->heaps, k, TILE_LANES * sizeof *s->heaps, error));
cleanup:
  return status;
}

static despur_status problem_init(problem *p, const float *points, const float *queries,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t values;
  TRY(distances_choose(&p->kernels, error));
  TRY(mem_multiply(&values, block_count(p->count) * LANES, p->d, error));
  TRY(mem_alloc(&p->rows, p->n * p->d, sizeof *p->rows, error));
  TRY(mem_alloc(&p->lanes, values, sizeof *p->lanes, error));
  TRY(mem_alloc(&p->scratches, p->threads, sizeof *p->scratches, error));
  for (size_t i = 0; i < p->threads; i++) TRY(scratch_init(&p->scratches[i], p->k, error));
  int of_points = points_exponent(points, p->n, p->d), of_queries = points_exponent(queries, p->count, p->d);
  p->exponent = of_points > of_queries ? of_points : of_queries;
  points_to_rows(p->rows, points, p->d, NULL, p->n, p->exponent);
  points_to_lanes(p->lanes, queries, p->d, NULL, p->count, p->exponent);
cleanup:
  return status;
}

static bool farther(neighbor a, neighbor b) {
  return a.square > b.square || (a.square == b.square && a.index > b.index);
}

/* Puts value where the top was and lets it sink. */
static void replace_top(neighbor *heap, size_t size, neighbor value) {
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && farther(heap[child + 1], heap[child])) child++;
    if (!farther(heap[child], value)) break;
    heap[at] = heap[child];
  }
  heap[at] = value;
}

static void add_below_top(neighbor *heap, size_t size, neighbor value) {
  size_t at = size;
  for (; at > 0 && farther(value, heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = value;
}

/* Points come in the order of their indices, so of equally near ones the first stays. The limit of a lane is
 * infinite until its heap is full. */
static void offer(scratch *s, size_t lane, size_t k, neighbor value) {
  neighbor *heap = s->heaps + lane * k;
  if (s->filled[lane] < k)
    add_below_top(heap, s->filled[lane]++, value);
  else if (value.square < heap[0].square)
    replace_top(heap, k, value);
  if (s->filled[lane] == k) s->limits[lane] = heap[0].square;
}

/* Looks at the marked distances of rows first..first+count-1. */
static void offer_rows(const problem *p, scratch *s, size_t query, size_t first, size_t count,
                       size_t blocks) {
  for (size_t i = 0; i < count * blocks; i++)
    for (unsigned bits = s->masks[i]; bits; bits &= bits - 1) {
      size_t lane = i % blocks * LANES + (size_t)__builtin_ctz(bits), row = first + i / blocks;
      if (p->among_others && query + lane == row) continue;
      offer(s, lane, p->k, (neighbor){s->squares[i / blocks * blocks * LANES + lane], (uint32_t)row});
    }
}

/* Empties a heap from its top into the end of the result. */
static void write_lane(const problem *p, neighbor *heap, size_t query) {
  const double scale = ldexp(1, p->exponent);
  for (size_t left = p->k; left > 0; left--) {
    size_t at = query * p->k + left - 1;
    p->out->indices[at] = heap[0].index;
    p->out->distances[at] = (float)(sqrt((double)heap[0].square) * scale);
    replace_top(heap, left - 1, heap[left - 1]);
  }
}

static void search_tile(void *context, size_t tile, int thread) {
  problem *p = context;
  scratch *s = &p->scratches[thread];
  const size_t query = tile * TILE_LANES;
  const size_t lanes = p->count - query < TILE_LANES ? p->count - query : TILE_LANES;
  distance_job job = {.lanes = p->lanes + query * p->d,
                      .squares = s->squares,
                      .blocks = block_count(lanes),
                      .dimensions = p->d};
  for (size_t lane = 0; lane < TILE_LANES; lane++) {
    s->filled[lane] = 0;
    s->limits[lane] = lane < lanes ? HUGE_VALF : 0; /* dead lanes mark nothing */
  }
  for (size_t row = 0; row < p->n; row += job.count) {
    job.count = p->n - row < TILE_ROWS ? p->n - row : TILE_ROWS;
    job.rows = p->rows + row * p->d;
    p->kernels->squares(&job);
    p->kernels->below(s->masks, s->squares, s->limits, job.count, job.blocks);
    offer_rows(p, s, query, row, job.count, job.blocks);
  }
  for (size_t lane = 0; lane < lanes; lane++) write_lane(p, s->heaps + lane * p->k, query + lane);
}

static despur_status check_neighbors(const float *points, size_t n, size_t d,
                                     const despur_nearest_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t others = options->queries ? n : n - 1;
  if (options->neighbors < 1)
    FAIL(error, DESPUR_BAD_USAGE, "nearest neighbours: expected at least 1 neighbour, found 0");
  TRY(points_check("nearest neighbours", points, n, d, error));
  if (options->queries)
    TRY(points_check("nearest neighbours of queries", options->queries, options->query_count, d, error));
  if (options->neighbors > others)
    FAIL(error, DESPUR_BAD_INPUT,
         "nearest neighbours: expected at least %zu points for %zu neighbours, found %zu",
         options->neighbors + n - others, options->neighbors, n);
cleanup:
  return status;
}

despur_status despur_nearest(despur_nearest_result *out, const float *points, size_t n, size_t d,
                             const despur_nearest_options *options, despur_error *error) {
  *out = (despur_nearest_result){0};
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  const float *queries = options->queries ? options->queries : points;
  problem p = {.n = n,
               .d = d,
               .k = options->neighbors,
               .count = options->queries ? options->query_count : n,
               .among_others = !options->queries,
               .threads = options->threads > 1 ? (size_t)options->threads : 1,
               .out = out};
  TRY(check_neighbors(points, n, d, options, error));
  size_t values;
  TRY(mem_multiply(&values, p.count, p.k, error));
  TRY(mem_alloc(&out->indices, values, sizeof *out->indices, error));
  TRY(mem_alloc(&out->distances, values, sizeof *out->distances, error));
  TRY(problem_init(&p, points, queries, error));
  TRY(parallel_create(&pool, (int)p.threads, error));
  out->count = p.count;
  out->neighbors = p.k;
  TRY(parallel_for_watched(pool, (p.count + TILE_LANES - 1) / TILE_LANES, search_tile, &p, &options->watch,
                           error));
cleanup:
  parallel_free(pool);
  problem_release(&p);
  if (status != DESPUR_OK) despur_nearest_release(out);
  return status;
}

void despur_nearest_release(despur_nearest_result *result) {
  mem_free(result->indices);
  mem_free(result->distances);
  *result = (despur_nearest_result){0};
}
