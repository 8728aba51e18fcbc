#include "cluster/pair_sums.h"

#include "base/memory.h"

/* Panels are what a task compares: large enough that starting it does not count, small enough that there are
 * many. */
enum { PANEL_TILES = 8 };

typedef struct tile {
  size_t row;   /* of its first point, in order */
  size_t place; /* of the same */
  size_t count; /* points, 1..TILE_LANES */
  size_t cluster;
} tile;

typedef struct problem {
  const distance_table *kernels;
  pair_sums *out;
  size_t d;
  float *rows;      /* [n, d] in order */
  float *lanes;     /* [places, d] in blocks; dead lanes are zeros */
  double *row_sums; /* [clusters, places]: what points got while they stood in rows */
  tile *tiles;
  size_t count, panels;
  float *squares; /* [threads, TILE_LANES, TILE_LANES] */
  parallel *pool;
} problem;

/* In wave w panel i stands in rows against panel i + w, modulo the number of panels, in lanes. So in each
 * wave every panel stands once in rows and once in lanes, and no two tasks add to the same sums. */
typedef struct wave {
  problem *problem;
  size_t distance;
} wave;

static void problem_release(problem *p) {
  parallel_free(p->pool);
  mem_free(p->rows);
  mem_free(p->lanes);
  mem_free(p->row_sums);
  mem_free(p->tiles);
  mem_free(p->squares);
}

static void cut_tiles(problem *p, const size_t *sizes, size_t clusters) {
  size_t row = 0;
  for (size_t c = 0; c < clusters; c++)
    for (size_t first = 0, count; first < sizes[c]; first += count, row += count) {
      count = sizes[c] - first < TILE_LANES ? sizes[c] - first : TILE_LANES;
      p->tiles[p->count++] =
          (tile){.row = row, .place = p->out->start[c] + first, .count = count, .cluster = c};
    }
  p->panels = (p->count + PANEL_TILES - 1) / PANEL_TILES;
}

static despur_status problem_init(problem *p, const float *points, size_t n, const uint32_t *order,
                                  const size_t *sizes, size_t clusters, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  pair_sums *out = p->out;
  size_t values;
  TRY(distances_choose(&p->kernels, error));
  TRY(mem_alloc(&out->start, clusters + 1, sizeof *out->start, error));
  for (size_t c = 0; c < clusters; c++) out->start[c + 1] = out->start[c] + block_count(sizes[c]) * LANES;
  out->places = out->start[clusters];
  TRY(mem_multiply(&values, out->places, clusters, error));
  TRY(mem_alloc(&out->sums, values, sizeof *out->sums, error));
  TRY(mem_alloc(&p->row_sums, values, sizeof *p->row_sums, error));
  TRY(mem_multiply(&values, out->places, p->d, error));
  TRY(mem_alloc(&p->lanes, values, sizeof *p->lanes, error));
  TRY(mem_alloc(&p->rows, n * p->d, sizeof *p->rows, error));
  TRY(mem_alloc(&p->tiles, n / TILE_LANES + clusters, sizeof *p->tiles, error));
  TRY(mem_alloc(&p->squares, (size_t)threads * TILE_LANES, TILE_LANES * sizeof *p->squares, error));
  TRY(parallel_create(&p->pool, threads, error));
  const int exponent = points_exponent(points, n, p->d);
  points_to_rows(p->rows, points, p->d, order, n, exponent);
  for (size_t c = 0; c < clusters; order += sizes[c++])
    points_to_lanes(p->lanes + out->start[c] * p->d, points, p->d, order, sizes[c], exponent);
  cut_tiles(p, sizes, clusters);
cleanup:
  return status;
}

static void clear_dead_lanes(float *squares, const distance_job *job, size_t live) {
  const size_t width = job->blocks * LANES;
  for (size_t row = 0; row < job->count; row++)
    for (size_t lane = live; lane < width; lane++) squares[row * width + lane] = 0;
}

static void compare_tiles(problem *p, const tile *in_rows, const tile *in_lanes, float *squares) {
  distance_job job = {.rows = p->rows + in_rows->row * p->d,
                      .lanes = p->lanes + in_lanes->place * p->d,
                      .squares = squares,
                      .count = in_rows->count,
                      .blocks = block_count(in_lanes->count),
                      .dimensions = p->d};
  double *lane_sums = p->out->sums + in_rows->cluster * p->out->places + in_lanes->place;
  p->kernels->squares(&job);
  if (in_rows == in_lanes) {
    p->kernels->add_roots(lane_sums, squares, job.count, job.blocks);
    return;
  }
  if (in_lanes->count % LANES) clear_dead_lanes(squares, &job, in_lanes->count);
  double *row_sums = p->row_sums + in_lanes->cluster * p->out->places + in_rows->place;
  p->kernels->add_roots_to_both(lane_sums, row_sums, squares, job.count, job.blocks);
}

static void compare_panels(void *context, size_t panel, int thread) {
  const wave *w = context;
  problem *p = w->problem;
  float *squares = p->squares + (size_t)thread * TILE_LANES * TILE_LANES;
  const size_t rows = panel * PANEL_TILES, lanes = (panel + w->distance) % p->panels * PANEL_TILES;
  for (size_t b = lanes; b < lanes + PANEL_TILES && b < p->count; b++)
    for (size_t a = rows; a < rows + PANEL_TILES && a < p->count; a++)
      if (w->distance > 0 || a <= b) compare_tiles(p, &p->tiles[a], &p->tiles[b], squares);
}

/* With an even number of panels the last wave meets each pair from both sides: half of it is enough. */
static despur_status compare_all(problem *p, const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t distance = 0; distance <= p->panels / 2; distance++) {
    size_t tasks = distance > 0 && 2 * distance == p->panels ? distance : p->panels;
    TRY(parallel_for_watched(p->pool, tasks, compare_panels, &(wave){p, distance}, watch, error));
  }
cleanup:
  return status;
}

despur_status pair_sums_make(pair_sums *out, const float *points, size_t n, size_t d, const uint32_t *order,
                             const size_t *sizes, size_t clusters, int threads, const despur_watch *watch,
                             despur_error *error) {
  *out = (pair_sums){0};
  despur_status status = DESPUR_OK;
  problem p = {.out = out, .d = d};
  TRY(problem_init(&p, points, n, order, sizes, clusters, threads, error));
  TRY(compare_all(&p, watch, error));
  for (size_t i = 0; i < clusters * out->places; i++) out->sums[i] += p.row_sums[i];
cleanup:
  problem_release(&p);
  return status;
}

void pair_sums_release(pair_sums *sums) {
  mem_free(sums->start);
  mem_free(sums->sums);
  *sums = (pair_sums){0};
}
