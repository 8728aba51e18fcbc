/* k-medoids: FasterPAM (Schubert and Rousseeuw 2021, "Fast and eager k-medoids clustering"), which makes a
 * swap as soon as it gains something, from medoids drawn at random.
 *
 * Candidates pass by in tiles of 48 lanes. The distances of all points to a tile are computed once; from them
 * the loss of every swap (48 candidates, k medoids) is added up in one go, and again after each swap that is
 * made. Points are cut into chunks whose bounds depend on the sizes alone, and what chunks leave is added in
 * their order. */
#include "despur/cluster.h"

#include "base/error.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/watch.h"
#include "cluster/distances.h"
#include "cluster/numbering.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define NAME "k-medoids"

enum { LEAST_CHUNK = 256, MOST_CHUNKS = 64 };

#define LOSSES_BYTES ((size_t)64 << 20) /* of all chunks, unless one alone takes more */
#define LEAST_GAIN   1e-12              /* of the loss: what rounding could feign is no gain */
#define ALL_LANES    SIZE_MAX

/* What a thread needs to compare points with all medoids. */
typedef struct scratch {
  float *rows;      /* [TILE_ROWS, d] */
  float *distances; /* [TILE_ROWS, medoid_blocks, LANES] */
} scratch;

typedef struct problem {
  const distance_table *kernels;
  despur_distance distance;
  size_t n, d, k;
  float *rows; /* [n, d], scaled or normalised */
  int exponent;
  uint32_t *order;          /* [n] candidates */
  float *tile;              /* [TILE_BLOCKS, d, LANES], those at hand */
  float *distances;         /* [n, TILE_LANES], of all points to them */
  uint32_t *medoids, *best; /* [k] */
  size_t medoid_blocks;
  float *medoid_lanes;   /* [medoid_blocks, d, LANES] */
  float *first, *second; /* [n], distances to the nearest medoid and the next; FLT_MAX when there is none */
  uint32_t *nearest, *next; /* [n], which these are */
  size_t chunks, chunk_rows;
  double *losses; /* [chunks, 1 + k, TILE_LANES]: joined and parted of swap_job; the first chunk's become the
                     totals */
  size_t swapped, swapped_lane; /* the medoid that was exchanged, and for whom; ALL_LANES: all are new */
  scratch *scratches;           /* [threads] */
  int threads;
  parallel *pool;
} problem;

static void problem_release(problem *p) {
  parallel_free(p->pool);
  for (int i = 0; p->scratches && i < p->threads; i++) {
    mem_free(p->scratches[i].rows);
    mem_free(p->scratches[i].distances);
  }
  mem_free(p->scratches);
  mem_free(p->rows);
  mem_free(p->order);
  mem_free(p->tile);
  mem_free(p->distances);
  mem_free(p->medoids);
  mem_free(p->best);
  mem_free(p->medoid_lanes);
  mem_free(p->first);
  mem_free(p->second);
  mem_free(p->nearest);
  mem_free(p->next);
  mem_free(p->losses);
}

/* Rows of length 1: half their squared distance is 1 minus the cosine of their angle. */
static despur_status normalise(problem *p, const float *points, despur_error *error) {
  for (size_t i = 0; i < p->n; i++) {
    const float *x = points + i * p->d;
    double square = 0;
    for (size_t j = 0; j < p->d; j++) square += (double)x[j] * (double)x[j];
    if (square == 0)
      return error_set(
          error, DESPUR_BAD_INPUT,
          NAME ": row %zu is all zero and has no angle to others (the Euclidean distance takes it)", i);
    for (size_t j = 0; j < p->d; j++) p->rows[i * p->d + j] = (float)((double)x[j] / math_sqrt(square));
  }
  return DESPUR_OK;
}

/* Each chunk has sums of its own for every medoid and lane: as many chunks as memory for them allows. */
static void choose_chunks(problem *p) {
  size_t bytes = (1 + p->k) * TILE_LANES * sizeof(double), most = LOSSES_BYTES / bytes;
  if (most > MOST_CHUNKS) most = MOST_CHUNKS;
  if (most < 1) most = 1;
  size_t shared = (p->n + most - 1) / most;
  p->chunk_rows = shared > LEAST_CHUNK ? shared : LEAST_CHUNK;
  p->chunks = (p->n + p->chunk_rows - 1) / p->chunk_rows;
}

static despur_status alloc_scratches(problem *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&p->scratches, (size_t)p->threads, sizeof *p->scratches, error));
  for (int i = 0; i < p->threads; i++) {
    TRY(mem_alloc(&p->scratches[i].rows, TILE_ROWS * p->d, sizeof(float), error));
    TRY(mem_alloc(&p->scratches[i].distances, TILE_ROWS * p->medoid_blocks, LANES * sizeof(float), error));
  }
cleanup:
  return status;
}

static despur_status problem_init(problem *p, const float *points, size_t n, size_t d,
                                  const despur_kmedoids_options *options, despur_error *error) {
  *p = (problem){.distance = options->distance,
                 .n = n,
                 .d = d,
                 .k = options->clusters,
                 .threads = options->threads > 1 ? options->threads : 1};
  despur_status status = DESPUR_OK;
  size_t n_values, k_values;
  choose_chunks(p);
  p->medoid_blocks = block_count(p->k);
  TRY(distances_choose(&p->kernels, error));
  TRY(mem_multiply(&n_values, n, d > TILE_LANES ? d : TILE_LANES, error));
  TRY(mem_multiply(&k_values, p->chunks * (1 + p->k), TILE_LANES, error));
  TRY(mem_alloc(&p->losses, k_values, sizeof(double), error));
  TRY(mem_alloc(&p->distances, n * TILE_LANES, sizeof(float), error));
  TRY(mem_alloc(&p->rows, n * d, sizeof(float), error));
  TRY(mem_alloc(&p->tile, TILE_BLOCKS * d, LANES * sizeof(float), error));
  TRY(mem_alloc(&p->medoid_lanes, p->medoid_blocks * d, LANES * sizeof(float), error));
  TRY(mem_alloc(&p->order, n, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->medoids, p->k, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->best, p->k, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->first, n, sizeof(float), error));
  TRY(mem_alloc(&p->second, n, sizeof(float), error));
  TRY(mem_alloc(&p->nearest, n, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->next, n, sizeof(uint32_t), error));
  TRY(alloc_scratches(p, error));
  TRY(parallel_create(&p->pool, p->threads, error));
  if (p->distance == DESPUR_DISTANCE_COSINE) {
    TRY(normalise(p, points, error));
  } else {
    p->exponent = points_exponent(points, n, d);
    points_to_rows(p->rows, points, d, NULL, n, p->exponent);
  }
cleanup:
  return status;
}

/* out[r][b][lane] = distance of row r to the lane */
static void measure(const problem *p, const float *rows, size_t count, const float *lanes, size_t blocks,
                    float *out) {
  distance_job job = {
      .rows = rows, .lanes = lanes, .squares = out, .count = count, .blocks = blocks, .dimensions = p->d};
  size_t values = count * blocks * LANES;
  p->kernels->squares(&job);
  if (p->distance == DESPUR_DISTANCE_EUCLIDEAN)
    p->kernels->roots(out, values);
  else
    for (size_t i = 0; i < values; i++) out[i] *= 0.5F;
}

static size_t chunk_begin(const problem *p, size_t chunk) {
  return chunk * p->chunk_rows;
}

static size_t chunk_end(const problem *p, size_t chunk) {
  size_t end = (chunk + 1) * p->chunk_rows;
  return end < p->n ? end : p->n;
}

static void measure_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  problem *p = context;
  for (size_t row = chunk_begin(p, chunk), end = chunk_end(p, chunk), count; row < end; row += count) {
    count = end - row < TILE_ROWS ? end - row : TILE_ROWS;
    measure(p, p->rows + row * p->d, count, p->tile, TILE_BLOCKS, p->distances + row * TILE_LANES);
  }
}

static void losses_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  problem *p = context;
  size_t begin = chunk_begin(p, chunk), values = (1 + p->k) * TILE_LANES;
  double *losses = p->losses + chunk * values;
  memset(losses, 0, values * sizeof *losses);
  swap_job job = {.distances = p->distances + begin * TILE_LANES,
                  .first = p->first + begin,
                  .second = p->second + begin,
                  .nearest = p->nearest + begin,
                  .count = chunk_end(p, chunk) - begin,
                  .joined = losses,
                  .parted = losses + TILE_LANES};
  p->kernels->swap_losses(&job);
}

/* The two nearest medoids of each row, the first of equals. */
static void rank_medoids(problem *p, const scratch *s, const size_t *points, size_t count) {
  for (size_t row = 0; row < count; row++)
    memcpy(s->rows + row * p->d, p->rows + points[row] * p->d, p->d * sizeof(float));
  measure(p, s->rows, count, p->medoid_lanes, p->medoid_blocks, s->distances);
  for (size_t row = 0; row < count; row++) {
    const float *x = s->distances + row * p->medoid_blocks * LANES;
    float first = FLT_MAX, second = FLT_MAX;
    uint32_t nearest = NO_CLUSTER, next = NO_CLUSTER;
    for (uint32_t c = 0; c < p->k; c++) {
      if (x[c] < first) {
        second = first;
        next = nearest;
        first = x[c];
        nearest = c;
      } else if (x[c] < second) {
        second = x[c];
        next = c;
      }
    }
    p->first[points[row]] = first;
    p->second[points[row]] = second;
    p->nearest[points[row]] = nearest;
    p->next[points[row]] = next;
  }
}

/* The new distance of a point to the medoid that was exchanged. Returns 0 when it was one of the point's two
 * nearest and is no more its nearest: then all medoids must be looked at. */
static int exchange(problem *p, size_t i) {
  float x = p->distances[i * TILE_LANES + p->swapped_lane];
  uint32_t medoid = (uint32_t)p->swapped;
  if (p->nearest[i] == medoid) {
    p->first[i] = x;
    return x < p->second[i];
  }
  if (p->next[i] == medoid && x >= p->first[i]) return 0;
  if (x < p->first[i]) {
    p->second[i] = p->first[i];
    p->next[i] = p->nearest[i];
    p->first[i] = x;
    p->nearest[i] = medoid;
  } else if (x < p->second[i]) {
    p->second[i] = x;
    p->next[i] = medoid;
  }
  return 1;
}

static void assign_chunk(void *context, size_t chunk, int thread) {
  problem *p = context;
  size_t points[TILE_ROWS], count = 0;
  for (size_t i = chunk_begin(p, chunk), end = chunk_end(p, chunk); i < end; i++) {
    if (p->swapped_lane == ALL_LANES || !exchange(p, i)) points[count++] = i;
    if (count == TILE_ROWS || (count > 0 && i + 1 == end)) {
      rank_medoids(p, &p->scratches[thread], points, count);
      count = 0;
    }
  }
}

/* Puts a point in the place of a medoid. */
static void place_medoid(problem *p, size_t medoid, uint32_t point) {
  float *lane = p->medoid_lanes + medoid / LANES * p->d * LANES + medoid % LANES;
  p->medoids[medoid] = point;
  for (size_t j = 0; j < p->d; j++) lane[j * LANES] = p->rows[point * p->d + j];
}

/* Makes these the medoids and assigns all points. */
static void place_all(problem *p, const uint32_t *points) {
  for (size_t c = 0; c < p->k; c++) place_medoid(p, c, points[c]);
  p->swapped_lane = ALL_LANES;
  parallel_for(p->pool, p->chunks, assign_chunk, p);
}

static double total_loss(const problem *p) {
  double sum = 0;
  for (size_t i = 0; i < p->n; i++) sum += (double)p->first[i];
  return sum;
}

static void add_up_losses(problem *p) {
  parallel_for(p->pool, p->chunks, losses_chunk, p);
  size_t values = (1 + p->k) * TILE_LANES;
  for (size_t chunk = 1; chunk < p->chunks; chunk++)
    for (size_t j = 0; j < values; j++) p->losses[j] += p->losses[chunk * values + j];
}

/* Swaps the candidate of a lane for the medoid whose place it takes best, if that gains anything. What a swap
 * changes is the sum of two parts: what points gain that come nearer whichever medoid goes, and what those of
 * the medoid that goes lose or gain besides (the paper's section 3). So all k places of a candidate cost one
 * pass. */
static int swap(problem *p, size_t lane, uint32_t candidate, double loss) {
  const double *parted = p->losses + TILE_LANES + lane;
  size_t best = 0;
  for (size_t c = 1; c < p->k; c++)
    if (parted[c * TILE_LANES] < parted[best * TILE_LANES]) best = c;
  if (!(p->losses[lane] + parted[best * TILE_LANES] < -LEAST_GAIN * loss)) return 0;
  place_medoid(p, best, candidate);
  p->swapped = best;
  p->swapped_lane = lane;
  parallel_for(p->pool, p->chunks, assign_chunk, p);
  return 1;
}

typedef struct search {
  size_t tried, idle; /* candidates; those since the last swap */
  size_t swaps;
  double loss;
} search;

/* Tries the candidates of one tile in their order. Losses are of the medoids that there were: after a swap
 * they are added up again, from distances that are at hand. */
static void try_tile(problem *p, const uint32_t *candidates, size_t count, search *s) {
  points_to_lanes(p->tile, p->rows, p->d, candidates, count, 0);
  parallel_for(p->pool, p->chunks, measure_chunk, p);
  add_up_losses(p);
  for (size_t lane = 0; lane < count && s->idle < p->n; lane++) {
    s->tried++;
    s->idle++;
    if (!swap(p, lane, candidates[lane], s->loss)) continue;
    s->idle = 0;
    s->swaps++;
    s->loss = total_loss(p);
    if (lane + 1 < count) add_up_losses(p);
  }
}

/* One start; idle = n in the end unless max_passes stopped it. */
static despur_status search_medoids(search *out, problem *p, const despur_kmedoids_options *options,
                                    size_t start, despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(options->seed, "kmedoids", options->index << 32 | start);
  for (size_t i = 0; i < p->n; i++) p->order[i] = (uint32_t)i;
  random_shuffle(&stream, p->order, p->n);
  place_all(p, p->order);
  search s = {.loss = total_loss(p)};
  for (size_t pass = 0; pass < options->max_passes && s.idle < p->n; pass++)
    for (size_t first = 0; first < p->n && s.idle < p->n; first += TILE_LANES) {
      TRY(watch_ask(&options->watch, error));
      try_tile(p, p->order + first, p->n - first < TILE_LANES ? p->n - first : TILE_LANES, &s);
    }
  *out = s;
cleanup:
  return status;
}

static despur_status write_result(despur_kmedoids_result *out, problem *p, const search *best,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *order = NULL;
  TRY(mem_alloc(&order, p->k, sizeof *order, error));
  TRY(mem_alloc(&out->labels, p->n, sizeof *out->labels, error));
  TRY(mem_alloc(&out->medoids, p->k, sizeof *out->medoids, error));
  TRY(mem_alloc(&out->sizes, p->k, sizeof *out->sizes, error));
  place_all(p, p->best);
  memcpy(out->labels, p->nearest, p->n * sizeof *out->labels);
  TRY(clusters_number(out->labels, p->n, p->k, out->sizes, order, error));
  for (size_t c = 0; c < p->k; c++) out->medoids[c] = p->best[order[c]];
  out->loss = ldexp(total_loss(p), p->exponent);
  out->swaps = best->swaps;
  out->converged = best->idle >= p->n;
cleanup:
  mem_free(order);
  return status;
}

static despur_status check_options(const despur_kmedoids_options *options, despur_error *error) {
  if (options->distance != DESPUR_DISTANCE_EUCLIDEAN && options->distance != DESPUR_DISTANCE_COSINE)
    return error_set(error, DESPUR_BAD_USAGE, NAME ": no such distance: %d", (int)options->distance);
  const cluster_search asked = {options->starts, options->max_passes, "pass", 0, options->index};
  return cluster_search_check(NAME, &asked, error);
}

despur_status despur_kmedoids(despur_kmedoids_result *out, const float *points, size_t n, size_t d,
                              const despur_kmedoids_options *options, despur_error *error) {
  *out = (despur_kmedoids_result){0};
  despur_status status = DESPUR_OK;
  problem p = {0};
  search best = {0};
  TRY(check_options(options, error));
  TRY(clusters_check(NAME, points, n, d, options->clusters, error));
  TRY(problem_init(&p, points, n, d, options, error));
  for (size_t start = 0; start < options->starts; start++) {
    search s = {0};
    TRY(search_medoids(&s, &p, options, start, error));
    watch_tell(&options->watch, "starts", start + 1, options->starts);
    if (start > 0 && s.loss >= best.loss) continue;
    best = s;
    memcpy(p.best, p.medoids, p.k * sizeof *p.best);
  }
  TRY(write_result(out, &p, &best, error));
cleanup:
  problem_release(&p);
  if (status != DESPUR_OK) despur_kmedoids_release(out);
  return status;
}

void despur_kmedoids_release(despur_kmedoids_result *result) {
  mem_free(result->labels);
  mem_free(result->medoids);
  mem_free(result->sizes);
  *result = (despur_kmedoids_result){0};
}
