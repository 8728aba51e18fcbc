#include "cluster/kmeans.h"

#include "base/level.h"
#include "base/memory.h"
#include "cluster/distances.h"
#include "cluster/numbering.h"

#include <stdbool.h>

enum {
  CHUNK_WORK = 1 << 20, /* multiply-adds */
  MOST_CHUNKS = 64,
  MOST_CENTRES = 48, /* that go together, unless one start alone has more */
  WIDE_TILE = 512,   /* columns: long pieces of a point are fetched faster, */
  NARROW_TILE = 64   /* but one start alone must be shared out by columns */
};

LEVEL_FUNCTIONS(kmeans_table, kmeans, kmeans_table)

void kmeans_pass_release(kmeans_pass *pass) {
  parallel_free(pass->pool);
  kmeans_screen_release(&pass->screen);
  mem_free(pass->lanes);
  mem_free(pass->group);
  mem_free(pass->packed);
  mem_free(pass->squares);
  *pass = (kmeans_pass){0};
}

static void lanes_of_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  kmeans_pass *pass = context;
  size_t begin = kmeans_chunk_begin(pass, chunk), end = kmeans_chunk_end(pass, chunk), d = pass->d;
  points_to_lanes(pass->lanes + begin * d, pass->points + begin * d, d, NULL, end - begin, 0);
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
  size_t room = kmeans_centre_room(pass);
  TRY(kmeans_table_choose(&pass->kernels, error));
  TRY(mem_multiply(&values, room, d > LANES ? d : LANES, error));
  TRY(mem_multiply(&values, blocks * LANES, d, error));
  pass->chunk_points = points_of_a_chunk(n, k * d);
  pass->chunks = (n + pass->chunk_points - 1) / pass->chunk_points;
  if (threads < 1) threads = 1;
  TRY(mem_alloc(&pass->lanes, values, sizeof(float), error));
  TRY(mem_alloc(&pass->group, pass->group_room, sizeof *pass->group, error));
  TRY(mem_alloc(&pass->packed, room * d, sizeof(double), error));
  TRY(mem_alloc(&pass->squares, (size_t)threads * room, LANES * sizeof(double), error));
  TRY(parallel_create(&pass->pool, threads, error));
  parallel_for(pass->pool, pass->chunks, lanes_of_chunk, pass);
  TRY(kmeans_screen_init(&pass->screen, pass, threads, error));
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

/* The squares of the block that begins with point `begin` to packed centres first..first+count-1. */
static const double *measure_block(const kmeans_pass *pass, size_t begin, size_t first, size_t count,
                                   int thread) {
  centre_job job = {.lanes = pass->lanes + begin * pass->d,
                    .packed = pass->packed,
                    .squares = pass->squares + (size_t)thread * kmeans_centre_room(pass) * LANES,
                    .d = pass->d,
                    .first = first,
                    .count = count};
  pass->kernels->squares(&job);
  return job.squares;
}

/* Takes over the nearest centres of the points from `first`, up to the end of the block or the chunk. */
static void label_block(kmeans_start *p, size_t chunk, size_t begin, size_t first, size_t end,
                        const uint32_t *which) {
  for (size_t i = first; i < end && i < first + LANES; i++) {
    uint32_t label = which[i - first];
    if (p->labels[i] == label) continue;
    size_t place = begin + p->changes[chunk]++;
    p->changed[place] = (uint32_t)i;
    p->before[place] = p->labels[i];
    p->labels[i] = label;
  }
}

/* The nearest centres of start g, from the products of a block with all centres; close calls by squares. */
static void nearest_centres(const kmeans_pass *pass, size_t g, size_t first, const float *products,
                            int thread, uint32_t *which) {
  const kmeans_screen *screen = &pass->screen;
  size_t k = pass->k;
  if (!pass->kernels->screen(products + g * k * LANES, screen->halves + g * k, k, screen->lengths + first,
                             screen->margins + g * 3, which))
    return;
  double least[LANES];
  pass->kernels->nearest(measure_block(pass, first, g * k, k, thread), k, least, which);
}

static void assign_chunk(void *context, size_t chunk, int thread) {
  kmeans_pass *pass = context;
  size_t begin = kmeans_chunk_begin(pass, chunk), end = kmeans_chunk_end(pass, chunk), d = pass->d;
  for (size_t g = 0; g < pass->group_size; g++) pass->group[g]->changes[chunk] = 0;
  screen_job job = {.packed = pass->screen.packed,
                    .products = pass->screen.products +
                                (size_t)thread * SCREEN_BLOCKS * kmeans_centre_room(pass) * LANES,
                    .d = d,
                    .count = pass->group_size * pass->k};
  for (size_t first = begin; first < end; first += job.blocks * LANES) {
    size_t blocks = block_count(end - first);
    job.blocks = blocks < SCREEN_BLOCKS ? blocks : SCREEN_BLOCKS;
    job.lanes = pass->screen.lanes + first * d;
    pass->kernels->products(&job);
    for (size_t b = 0; b < job.blocks; b++)
      for (size_t g = 0; g < pass->group_size; g++) {
        uint32_t which[LANES];
        nearest_centres(pass, g, first + b * LANES, job.products + b * job.count * LANES, thread, which);
        label_block(pass->group[g], chunk, begin, first + b * LANES, end, which);
      }
  }
}

static void count_changes(const kmeans_pass *pass, kmeans_start *p) {
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) {
    size_t begin = kmeans_chunk_begin(pass, chunk);
    for (size_t i = begin; i < begin + p->changes[chunk]; i++) {
      p->sizes[p->labels[p->changed[i]]]++;
      if (p->before[i] != NO_CLUSTER) p->sizes[p->before[i]]--;
    }
  }
}

despur_status kmeans_assign(kmeans_pass *pass, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  pack_centres(pass, 0, pass->k);
  kmeans_screen_centres(pass);
  TRY(parallel_for_watched(pass->pool, pass->chunks, assign_chunk, pass, watch, error));
  for (size_t g = 0; g < pass->group_size; g++) count_changes(pass, pass->group[g]);
cleanup:
  return status;
}

typedef struct measure_job {
  const kmeans_pass *pass;
  kmeans_start *start;
} measure_job;

static void measure_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const measure_job *job = context;
  const kmeans_pass *pass = job->pass;
  kmeans_start *p = job->start;
  size_t end = kmeans_chunk_end(pass, chunk);
  double inertia = 0;
  for (size_t i = kmeans_chunk_begin(pass, chunk); i < end; i++) {
    p->distances[i] =
        pass->kernels->square(pass->points + i * pass->d, p->centres + p->labels[i] * pass->d, pass->d);
    inertia += p->distances[i];
  }
  p->inertias[chunk] = inertia;
}

void kmeans_measure(kmeans_pass *pass, kmeans_start *start) {
  parallel_for(pass->pool, pass->chunks, measure_chunk, &(measure_job){pass, start});
  start->inertia = 0;
  for (size_t chunk = 0; chunk < pass->chunks; chunk++) start->inertia += start->inertias[chunk];
}

/* Chunks first..end-1, `tile` columns in a task. */
typedef struct changes_job {
  const kmeans_pass *pass;
  size_t first, end, tile;
} changes_job;

static void move_points(const kmeans_pass *pass, kmeans_start *p, size_t chunk, size_t column,
                        size_t columns) {
  size_t begin = kmeans_chunk_begin(pass, chunk), d = pass->d;
  for (size_t i = begin; i < begin + p->changes[chunk]; i++) {
    size_t point = p->changed[i], to = p->labels[point] * d + column, from = p->before[i] * d + column;
    bool is_new = p->before[i] == NO_CLUSTER;
    pass->kernels->move(pass->points + point * d + column, p->sums + to, p->references + to,
                        is_new ? NULL : p->sums + from, is_new ? NULL : p->references + from, columns);
  }
}

static size_t tiles_of(const kmeans_pass *pass, size_t tile) {
  return (pass->d + tile - 1) / tile;
}

/* The changes of one start in a few columns. */
static void add_changes_tile(void *context, size_t task, int thread) {
  (void)thread;
  const changes_job *job = context;
  const kmeans_pass *pass = job->pass;
  size_t tiles = tiles_of(pass, job->tile), column = task % tiles * job->tile;
  size_t columns = pass->d - column < job->tile ? pass->d - column : job->tile;
  for (size_t chunk = job->first; chunk < job->end; chunk++)
    move_points(pass, pass->group[task / tiles], chunk, column, columns);
}

static size_t changes_of(const kmeans_pass *pass, size_t chunk) {
  size_t changes = 0;
  for (size_t g = 0; g < pass->group_size; g++) changes += pass->group[g]->changes[chunk];
  return changes;
}

/* Chunk after chunk, so that the points that one start has fetched are in the cache for the others; where few
 * have changed, several chunks at a time. */
void kmeans_add_changes(kmeans_pass *pass) {
  size_t tile = pass->group_size > 1 ? WIDE_TILE : NARROW_TILE,
         tasks = pass->group_size * tiles_of(pass, tile);
  for (size_t first = 0, end; first < pass->chunks; first = end) {
    size_t changes = changes_of(pass, first);
    for (end = first + 1; end < pass->chunks; end++) {
      changes += changes_of(pass, end);
      if (changes > pass->chunk_points) break;
    }
    parallel_for(pass->pool, tasks, add_changes_tile, &(changes_job){pass, first, end, tile});
  }
}

static void approach_chunk(void *context, size_t chunk, int thread) {
  kmeans_pass *pass = context;
  size_t end = kmeans_chunk_end(pass, chunk);
  for (size_t g = 0; g < pass->group_size; g++) pass->group[g]->inertias[chunk] = 0;
  for (size_t first = kmeans_chunk_begin(pass, chunk); first < end; first += LANES) {
    const double *squares = measure_block(pass, first, 0, pass->group_size, thread);
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

despur_status kmeans_approach(kmeans_pass *pass, size_t c, const despur_watch *watch, despur_error *error) {
  pack_centres(pass, c, 1);
  return parallel_for_watched(pass->pool, pass->chunks, approach_chunk, pass, watch, error);
}
