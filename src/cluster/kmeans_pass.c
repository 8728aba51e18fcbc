#include "cluster/kmeans.h"

#include "base/level.h"
#include "base/memory.h"
#include "cluster/distances.h"
#include "cluster/partition.h"

#include <string.h>

enum {
  CHUNK_WORK = 1 << 20, /* multiply-adds */
  MOST_CHUNKS = 64,
  MOST_CENTRES = 48, /* that go together, unless one start alone has more */
  TILE_COLUMNS = 64
};

extern const kmeans_table kmeans_baseline, kmeans_v3, kmeans_v4;

static const kmeans_table *const TABLES[] = LEVEL_TABLES(kmeans);

const kmeans_table *kmeans_table_available(size_t i) {
  return i < level_count() ? TABLES[i] : NULL;
}

despur_status kmeans_table_choose(const kmeans_table **out, despur_error *error) {
  size_t level;
  despur_status status = level_choose(&level, error);
  if (status == DESPUR_OK) *out = TABLES[level];
  return status;
}

void kmeans_pass_release(kmeans_pass *pass) {
  parallel_free(pass->pool);
  mem_free(pass->lanes);
  mem_free(pass->group);
  mem_free(pass->packed);
  mem_free(pass->squares);
  *pass = (kmeans_pass){0};
}

/* A chunk is worth the start of a task, and there are few enough of them. */
static size_t points_of_a_chunk(size_t n, size_t values_of_centres) {
  size_t worthwhile = CHUNK_WORK / values_of_centres + 1, shared = (n + MOST_CHUNKS - 1) / MOST_CHUNKS;
  return block_count(worthwhile > shared ? worthwhile : shared) * LANES;
}

despur_status kmeans_pass_init(kmeans_pass *pass, const float *points, size_t n, size_t d, size_t k,
                               size_t starts, int threads, despur_error *error) {
  *pass = (kmeans_pass){.points = points, .n = n, .d = d, .k = k};
  despur_status status = DESPUR_OK;
  size_t values, together = MOST_CENTRES / k > 1 ? MOST_CENTRES / k : 1, blocks = block_count(n);
  pass->group_room = starts < together ? starts : together;
  size_t packs = (pass->group_room * k + PACK - 1) / PACK;
  TRY(kmeans_table_choose(&pass->kernels, error));
  TRY(mem_multiply(&values, packs * PACK, d > LANES ? d : LANES, error));
  TRY(mem_multiply(&values, blocks * LANES, d, error));
  pass->chunk_points = points_of_a_chunk(n, k * d);
  pass->chunks = (n + pass->chunk_points - 1) / pass->chunk_points;
  pass->tile = d < TILE_COLUMNS ? d : TILE_COLUMNS;
  if (threads < 1) threads = 1;
  TRY(mem_alloc(&pass->lanes, values, sizeof(float), error));
  TRY(mem_alloc(&pass->group, pass->group_room, sizeof *pass->group, error));
  TRY(mem_alloc(&pass->packed, packs * PACK * d, sizeof(double), error));
  TRY(mem_alloc(&pass->squares, (size_t)threads * packs * PACK, LANES * sizeof(double), error));
  TRY(parallel_create(&pass->pool, threads, error));
  points_to_lanes(pass->lanes, points, d, NULL, n, 0);
cleanup:
  if (status != DESPUR_OK) kmeans_pass_release(pass);
  return status;
}

void kmeans_start_release(kmeans_start *p) {
  mem_free(p->centres);
  mem_free(p->references);
  mem_free(p->sums);
  mem_free(p->sizes);
  mem_free(p->labels);
  mem_free(p->distances);
  mem_free(p->changed);
  mem_free(p->before);
  mem_free(p->changes);
  mem_free(p->inertias);
  *p = (kmeans_start){0};
}

despur_status kmeans_start_init(kmeans_start *p, const kmeans_pass *pass, despur_error *error) {
  *p = (kmeans_start){0};
  despur_status status = DESPUR_OK;
  size_t values = pass->k * pass->d;
  TRY(mem_alloc(&p->centres, values, sizeof(double), error));
  TRY(mem_alloc(&p->references, values, sizeof(double), error));
  TRY(mem_alloc(&p->sums, values, sizeof(double), error));
  TRY(mem_alloc(&p->sizes, pass->k, sizeof(size_t), error));
  TRY(mem_alloc(&p->labels, pass->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->distances, pass->n, sizeof(double), error));
  TRY(mem_alloc(&p->changed, pass->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->before, pass->n, sizeof(uint32_t), error));
  TRY(mem_alloc(&p->changes, pass->chunks, sizeof(size_t), error));
  TRY(mem_alloc(&p->inertias, pass->chunks, sizeof(double), error));
cleanup:
  if (status != DESPUR_OK) kmeans_start_release(p);
  return status;
}

size_t kmeans_chunk_begin(const kmeans_pass *pass, size_t chunk) {
  return chunk * pass->chunk_points;
}

size_t kmeans_chunk_end(const kmeans_pass *pass, size_t chunk) {
  size_t end = (chunk + 1) * pass->chunk_points;
  return end < pass->n ? end : pass->n;
}

/* Packs centres first..first+count-1 of every start of the group, one start after the other. */
static void pack_centres(kmeans_pass *pass, size_t first, size_t count) {
  size_t d = pass->d, place = 0;
  for (size_t g = 0; g < pass->group_size; g++)
    for (size_t c = first; c < first + count; c++, place++) {
      const double *centre = pass->group[g]->centres + c * d;
      double *to = pass->packed + place / PACK * PACK * d + place % PACK;
      for (size_t j = 0; j < d; j++) to[j * PACK] = centre[j];
    }
}

/* The squares of one block to all packed centres. */
static const double *measure_block(const kmeans_pass *pass, size_t first, size_t count, int thread) {
  size_t room = (pass->group_room * pass->k + PACK - 1) / PACK * PACK;
  centre_job job = {.lanes = pass->lanes + first * pass->d,
                    .packed = pass->packed,
                    .squares = pass->squares + (size_t)thread * room * LANES,
                    .d = pass->d,
                    .count = count};
  pass->kernels->squares(&job);
  return job.squares;
}

/* Takes over the nearest centres of the points from `first`, up to the end of the block or the chunk. */
static void label_block(kmeans_start *p, size_t chunk, size_t begin, size_t first, size_t end,
                        const double *least, const uint32_t *which) {
  double inertia = p->inertias[chunk];
  for (size_t i = first; i < end && i < first + LANES; i++) {
    uint32_t label = which[i - first];
    if (p->labels[i] != label) {
      size_t place = begin + p->changes[chunk]++;
      p->changed[place] = (uint32_t)i;
      p->before[place] = p->labels[i];
      p->labels[i] = label;
    }
    p->distances[i] = least[i - first];
    inertia += least[i - first];
  }
  p->inertias[chunk] = inertia;
}

static void assign_chunk(void *context, size_t chunk, int thread) {
  kmeans_pass *pass = context;
  size_t begin = kmeans_chunk_begin(pass, chunk), end = kmeans_chunk_end(pass, chunk);
  for (size_t g = 0; g < pass->group_size; g++) {
    pass->group[g]->changes[chunk] = 0;
    pass->group[g]->inertias[chunk] = 0;
  }
  for (size_t first = begin; first < end; first += LANES) {
    double least[LANES];
    uint32_t which[LANES];
    const double *squares = measure_block(pass, first, pass->group_size * pass->k, thread);
    for (size_t g = 0; g < pass->group_size; g++) {
      pass->kernels->nearest(squares + g * pass->k * LANES, pass->k, least, which);
      label_block(pass->group[g], chunk, begin, first, end, least, which);
    }
  }
}

static void count_changes(const kmeans_pass *pass, kmeans_start *p) {
  p->inertia = 0;
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) {
    size_t begin = kmeans_chunk_begin(pass, chunk);
    for (size_t i = begin; i < begin + p->changes[chunk]; i++) {
      p->sizes[p->labels[p->changed[i]]]++;
      if (p->before[i] != NO_CLUSTER) p->sizes[p->before[i]]--;
    }
    p->inertia += p->inertias[chunk];
  }
}

void kmeans_assign(kmeans_pass *pass) {
  pack_centres(pass, 0, pass->k);
  parallel_for(pass->pool, pass->chunks, assign_chunk, pass);
  for (size_t g = 0; g < pass->group_size; g++) count_changes(pass, pass->group[g]);
}

typedef struct changes_job {
  const kmeans_pass *pass;
  size_t chunk;
} changes_job;

/* The changes of one start in a few columns of a chunk. */
static void add_changes_tile(void *context, size_t task, int thread) {
  (void)thread;
  const changes_job *job = context;
  const kmeans_pass *pass = job->pass;
  size_t tiles = (pass->d + pass->tile - 1) / pass->tile, d = pass->d;
  kmeans_start *p = pass->group[task / tiles];
  size_t column = task % tiles * pass->tile, columns = d - column < pass->tile ? d - column : pass->tile;
  size_t begin = kmeans_chunk_begin(pass, job->chunk);
  for (size_t i = begin; i < begin + p->changes[job->chunk]; i++) {
    const float *x = pass->points + p->changed[i] * d + column;
    size_t to = p->labels[p->changed[i]] * d + column, from = p->before[i] * d + column;
    pass->kernels->add_differences(p->sums + to, x, p->references + to, 1, columns);
    if (p->before[i] != NO_CLUSTER)
      pass->kernels->add_differences(p->sums + from, x, p->references + from, -1, columns);
  }
}

/* Chunk after chunk, so that the points that one start has fetched are in the cache for the others. */
void kmeans_add_changes(kmeans_pass *pass) {
  size_t tiles = (pass->d + pass->tile - 1) / pass->tile;
  for (size_t chunk = 0; chunk < pass->chunks; chunk++)
    parallel_for(pass->pool, pass->group_size * tiles, add_changes_tile, &(changes_job){pass, chunk});
}

static void approach_chunk(void *context, size_t chunk, int thread) {
  kmeans_pass *pass = context;
  size_t end = kmeans_chunk_end(pass, chunk);
  for (size_t g = 0; g < pass->group_size; g++) pass->group[g]->inertias[chunk] = 0;
  for (size_t first = kmeans_chunk_begin(pass, chunk); first < end; first += LANES) {
    const double *squares = measure_block(pass, first, pass->group_size, thread);
    for (size_t g = 0; g < pass->group_size; g++, squares += LANES) {
      kmeans_start *p = pass->group[g];
      double sum = p->inertias[chunk];
      for (size_t i = first; i < end && i < first + LANES; i++) {
        if (squares[i - first] < p->distances[i]) p->distances[i] = squares[i - first];
        sum += p->distances[i];
      }
      p->inertias[chunk] = sum;
    }
  }
}

void kmeans_approach(kmeans_pass *pass, size_t c) {
  pack_centres(pass, c, 1);
  parallel_for(pass->pool, pass->chunks, approach_chunk, pass);
}

typedef struct variance_job {
  const kmeans_pass *pass;
  double *variances; /* [d] */
} variance_job;

/* Two passes over a few columns, with differences from the first row, so that no offset spoils them. */
static void variance_tile(void *context, size_t tile, int thread) {
  (void)thread;
  const variance_job *job = context;
  const kmeans_pass *pass = job->pass;
  double mean[LANES], sum[LANES] = {0}, squares[LANES] = {0};
  size_t column = tile * LANES, columns = pass->d - column < LANES ? pass->d - column : LANES;
  const float *x = pass->points + column;
  for (size_t i = 0; i < pass->n; i++)
    for (size_t j = 0; j < columns; j++) sum[j] += (double)x[i * pass->d + j] - (double)x[j];
  for (size_t j = 0; j < columns; j++) mean[j] = (double)x[j] + sum[j] / (double)pass->n;
  for (size_t i = 0; i < pass->n; i++)
    for (size_t j = 0; j < columns; j++) {
      double difference = (double)x[i * pass->d + j] - mean[j];
      squares[j] += difference * difference;
    }
  for (size_t j = 0; j < columns; j++) job->variances[column + j] = squares[j] / (double)pass->n;
}

despur_status kmeans_mean_variance(kmeans_pass *pass, double *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  variance_job job = {.pass = pass};
  TRY(mem_alloc(&job.variances, pass->d, sizeof(double), error));
  parallel_for(pass->pool, block_count(pass->d), variance_tile, &job);
  *out = 0;
  for (size_t j = 0; j < pass->d; j++) *out += job.variances[j] / (double)pass->d;
cleanup:
  mem_free(job.variances);
  return status;
}
