/* UMAP put together: neighbours, graph, start, layout. */
#include "cluster/umap.h"

#include "base/memory.h"
#include "base/random.h"
#include "cluster/distances.h"

#include <math.h>
#include <string.h>

enum { MANY_POINTS = 10000, EPOCHS_OF_MANY = 200, EPOCHS_OF_FEW = 500, EPOCHS_OF_FIT_PER_TRANSFORM = 5 };

static const float RATE_OF_FIT = 1, RATE_OF_TRANSFORM = 0.25f;
static const double SIZE_OF_START = 10, NOISE_OF_START = 1e-4;

static int at_least_one(int threads) {
  return threads > 1 ? threads : 1;
}

static despur_status check(const float *points, size_t n, size_t d, const despur_umap_options *options,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  if (options->neighbors < 2 || options->components < 1)
    FAIL(error, DESPUR_BAD_USAGE, "UMAP: expected at least 2 neighbours and 1 component, found %zu and %zu",
         options->neighbors, options->components);
  if (!(options->spread >= 1e-3 && options->spread <= 1e3) || !(options->min_dist >= 0) ||
      options->min_dist > options->spread)
    FAIL(error, DESPUR_BAD_USAGE,
         "UMAP: expected a spread of 0.001 to 1000 and 0 <= min_dist <= spread, found %g and %g",
         options->spread, options->min_dist);
  if (options->epochs >= UINT16_MAX)
    FAIL(error, DESPUR_BAD_USAGE, "UMAP: expected fewer than 65,535 epochs, found %zu", options->epochs);
  TRY(points_check("UMAP", points, n, d, error));
  if (options->neighbors > n)
    FAIL(error, DESPUR_BAD_INPUT,
         "UMAP: expected at least %zu points for %zu neighbours (each point counts as its own), found %zu",
         options->neighbors, options->neighbors, n);
cleanup:
  return status;
}

/* Brings each column to 0..SIZE_OF_START. */
static void scale_columns(float *places, size_t n, size_t components) {
  for (size_t c = 0; c < components; c++) {
    float least = places[c], most = places[c];
    for (size_t i = 1; i < n; i++) {
      least = fminf(least, places[i * components + c]);
      most = fmaxf(most, places[i * components + c]);
    }
    const double range = (double)most - (double)least;
    for (size_t i = 0; i < n; i++) {
      float *place = &places[i * components + c];
      *place = range > 0 ? (float)(SIZE_OF_START * ((double)*place - (double)least) / range) : 0;
    }
  }
}

/* Noise tells equal points apart. */
static void add_noise(float *places, size_t n, size_t components, uint64_t seed) {
  for (size_t i = 0; i < n; i++) {
    random_stream stream = random_open(seed, "umap start", i);
    for (size_t c = 0; c < components; c++)
      places[i * components + c] += (float)(NOISE_OF_START * random_normal(&stream));
  }
}

/* Principal components, as many as there are, each scaled to the same range. */
static despur_status start(float *places, const float *points, size_t n, size_t d, size_t components,
                           uint64_t seed, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_pca pca = {0};
  float *coordinates = NULL;
  const size_t most = n < d ? n : d, used = components < most ? components : most;
  TRY(despur_pca_fit(&pca, points, n, d, &(despur_pca_options){.components = used, .threads = threads},
                     error));
  TRY(mem_alloc(&coordinates, n * used, sizeof *coordinates, error));
  TRY(despur_pca_transform(&pca, coordinates, points, n, threads, error));
  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < components; c++)
      places[i * components + c] = c < used ? coordinates[i * used + c] : 0;
  scale_columns(places, n, components);
  add_noise(places, n, components, seed);
cleanup:
  mem_free(coordinates);
  despur_pca_release(&pca);
  return status;
}

static despur_status run_layout(const despur_umap *model, umap_layout layout, parallel *pool, int threads,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  umap_forces *forces = NULL;
  TRY(mem_alloc(&forces, 1, sizeof *forces, error));
  umap_forces_init(forces, model->a, model->b);
  layout.forces = forces;
  layout.components = model->components;
  layout.other_count = model->points;
  layout.seed = model->seed;
  TRY(umap_layout_run(&layout, pool, threads, error));
cleanup:
  mem_free(forces);
  return status;
}

static despur_status fit(despur_umap *model, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  umap_graph graph = {0};
  despur_nearest_result nearest = {0};
  const size_t n = model->points, d = model->dimensions;
  const despur_nearest_options others = {.neighbors = model->neighbors - 1, .threads = threads};
  TRY(despur_nearest(&nearest, model->data, n, d, &others, error));
  TRY(parallel_create(&pool, threads, error));
  TRY(umap_graph_create(&graph, &nearest, pool, error));
  TRY(start(model->embedding, model->data, n, d, model->components, model->seed, threads, error));
  TRY(run_layout(
      model,
      (umap_layout){
          .graph = &graph, .places = model->embedding, .epochs = model->epochs, .rate = RATE_OF_FIT},
      pool, threads, error));
cleanup:
  parallel_free(pool);
  umap_graph_release(&graph);
  despur_nearest_release(&nearest);
  return status;
}

despur_status despur_umap_fit(despur_umap *out, const float *points, size_t n, size_t d,
                              const despur_umap_options *options, despur_error *error) {
  *out = (despur_umap){.points = n,
                       .dimensions = d,
                       .components = options->components,
                       .neighbors = options->neighbors,
                       .epochs = options->epochs   ? options->epochs
                                 : n > MANY_POINTS ? EPOCHS_OF_MANY
                                                   : EPOCHS_OF_FEW,
                       .seed = options->seed};
  despur_status status = DESPUR_OK;
  size_t values;
  TRY(check(points, n, d, options, error));
  TRY(mem_multiply(&values, n, options->components, error));
  TRY(mem_alloc(&out->data, n * d, sizeof *out->data, error));
  TRY(mem_alloc(&out->embedding, values, sizeof *out->embedding, error));
  memcpy(out->data, points, n * d * sizeof *points);
  umap_fit_curve(&out->a, &out->b, options->min_dist, options->spread);
  TRY(fit(out, at_least_one(options->threads), error));
cleanup:
  if (status != DESPUR_OK) despur_umap_release(out);
  return status;
}

/* The mean of the neighbours' places, weighted by the edges. */
static void place_among_neighbors(float *places, const umap_graph *graph, const float *others,
                                  size_t components) {
  for (size_t i = 0; i < graph->n; i++) {
    double total = 0;
    for (size_t edge = graph->start[i]; edge < graph->start[i + 1]; edge++)
      total += (double)graph->weight[edge];
    for (size_t c = 0; c < components; c++) {
      double sum = 0;
      for (size_t edge = graph->start[i]; edge < graph->start[i + 1]; edge++)
        sum += (double)graph->weight[edge] * (double)others[graph->target[edge] * components + c];
      places[i * components + c] = (float)(sum / total);
    }
  }
}

despur_status despur_umap_transform(const despur_umap *umap, float *out, const float *points, size_t n,
                                    int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  umap_graph graph = {0};
  despur_nearest_result nearest = {0};
  threads = at_least_one(threads);
  TRY(points_check("UMAP", points, n, umap->dimensions, error));
  const despur_nearest_options options = {
      .neighbors = umap->neighbors, .queries = points, .query_count = n, .threads = threads};
  TRY(despur_nearest(&nearest, umap->data, umap->points, umap->dimensions, &options, error));
  TRY(parallel_create(&pool, threads, error));
  TRY(umap_graph_create_queries(&graph, &nearest, pool, error));
  place_among_neighbors(out, &graph, umap->embedding, umap->components);
  TRY(run_layout(
      umap,
      (umap_layout){.graph = &graph,
                    .places = out,
                    .others = umap->embedding,
                    .epochs = (umap->epochs + EPOCHS_OF_FIT_PER_TRANSFORM - 1) / EPOCHS_OF_FIT_PER_TRANSFORM,
                    .rate = RATE_OF_TRANSFORM},
      pool, threads, error));
cleanup:
  parallel_free(pool);
  umap_graph_release(&graph);
  despur_nearest_release(&nearest);
  return status;
}

void despur_umap_release(despur_umap *umap) {
  mem_free(umap->data);
  mem_free(umap->embedding);
  *umap = (despur_umap){0};
}
