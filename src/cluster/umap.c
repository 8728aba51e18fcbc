/* UMAP put together: neighbours, graph, start, layout.
 *
 * Equal points are one point, which is laid out once: their places are equal, and a point that occurs a
 * hundred times still has neighbours other than its copies. */
#include "cluster/umap.h"

#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "cluster/distances.h"
#include "cluster/distinct.h"

#include <math.h>
#include <string.h>

enum { MANY_POINTS = 10000, EPOCHS_OF_MANY = 200, EPOCHS_OF_FEW = 500, EPOCHS_OF_FIT_PER_TRANSFORM = 5 };

static const float RATE_OF_FIT = 1, RATE_OF_TRANSFORM = 0.25f;
static const double SIZE_OF_START = 10, NOISE_OF_START = 1e-4;

static int at_least_one(int threads) {
  return threads > 1 ? threads : 1;
}

static despur_status check_layout(const float *points, size_t n, size_t d, const despur_umap_options *options,
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

/* Noise tells apart points whose principal components are equal. */
static void add_noise(float *places, size_t n, size_t components, uint64_t seed) {
  for (size_t i = 0; i < n; i++) {
    random_stream stream = random_open(seed, "umap start", i);
    for (size_t c = 0; c < components; c++)
      places[i * components + c] += (float)(NOISE_OF_START * random_normal(&stream));
  }
}

/* Principal components, as many as there are, each scaled to the same range. */
static despur_status start(float *places, const float *points, size_t n, size_t d, size_t components,
                           uint64_t seed, int threads, despur_watch watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_pca pca = {0};
  float *coordinates = NULL;
  const size_t most = n < d ? n : d, used = components < most ? components : most;
  TRY(despur_pca_fit(&pca, points, n, d,
                     &(despur_pca_options){.components = used, .threads = threads, .watch = watch}, error));
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
  layout.seed = model->seed;
  TRY(umap_layout_run(&layout, pool, threads, error));
cleanup:
  mem_free(forces);
  return status;
}

/* What a model was fitted to, each point once. */
typedef struct different {
  distinct which;
  float *points; /* [which.count, dimensions] */
  float *places; /* [which.count, components] */
} different;

static void different_release(different *some) {
  distinct_release(&some->which);
  mem_free(some->points);
  mem_free(some->places);
}

static void copy_row(float *to, size_t row, const float *from, size_t from_row, size_t width) {
  memcpy(to + row * width, from + from_row * width, width * sizeof *to);
}

static despur_status different_init(different *out, const despur_umap *model, despur_error *error) {
  const size_t d = model->dimensions, C = model->components;
  *out = (different){0};
  despur_status status = distinct_find(&out->which, model->data, model->points, d, error);
  if (status != DESPUR_OK) return status;
  TRY(mem_alloc(&out->points, out->which.count * d, sizeof *out->points, error));
  TRY(mem_alloc(&out->places, out->which.count * C, sizeof *out->places, error));
  for (size_t i = 0; i < out->which.count; i++) {
    copy_row(out->points, i, model->data, out->which.row_of[i], d);
    copy_row(out->places, i, model->embedding, out->which.row_of[i], C);
  }
cleanup:
  if (status != DESPUR_OK) different_release(out);
  return status;
}

/* Neighbours of a point, itself counted, when so many points differ. */
static size_t neighbors_among(const despur_umap *model, size_t count) {
  return model->neighbors < count ? model->neighbors : count;
}

static despur_status lay_out(const despur_umap *model, different *some, int threads,
                             const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  umap_graph graph = {0};
  despur_nearest_result nearest = {0};
  const size_t n = some->which.count, d = model->dimensions;
  const despur_nearest_options others = {
      .neighbors = neighbors_among(model, n) - 1, .threads = threads, .watch = watch_quiet(watch)};
  TRY(despur_nearest(&nearest, some->points, n, d, &others, error));
  TRY(parallel_create(&pool, threads, error));
  TRY(umap_graph_create(&graph, &nearest, pool, error));
  TRY(start(some->places, some->points, n, d, model->components, model->seed, threads, watch_quiet(watch),
            error));
  TRY(run_layout(model,
                 (umap_layout){.graph = &graph,
                               .places = some->places,
                               .other_count = n,
                               .epochs = model->epochs,
                               .rate = RATE_OF_FIT,
                               .watch = *watch},
                 pool, threads, error));
cleanup:
  parallel_free(pool);
  umap_graph_release(&graph);
  despur_nearest_release(&nearest);
  return status;
}

/* A single point stays at 0. */
static despur_status fit(despur_umap *model, int threads, const despur_watch *watch, despur_error *error) {
  different some;
  despur_status status = different_init(&some, model, error);
  if (status != DESPUR_OK) return status;
  if (some.which.count > 1) TRY(lay_out(model, &some, threads, watch, error));
  for (size_t i = 0; i < model->points; i++)
    copy_row(model->embedding, i, some.places, some.which.of_row[i], model->components);
cleanup:
  different_release(&some);
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
  TRY(check_layout(points, n, d, options, error));
  TRY(mem_multiply(&values, n, options->components, error));
  TRY(mem_alloc(&out->data, n * d, sizeof *out->data, error));
  TRY(mem_alloc(&out->embedding, values, sizeof *out->embedding, error));
  memcpy(out->data, points, n * d * sizeof *points);
  umap_fit_curve(&out->a, &out->b, options->min_dist, options->spread);
  TRY(fit(out, at_least_one(options->threads), &options->watch, error));
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

/* What equal points share in place of a number of their own. */
static despur_status name_points(uint32_t **names, const float *points, size_t n, size_t d,
                                 despur_error *error) {
  despur_status status = mem_alloc(names, n, sizeof **names, error);
  for (size_t i = 0; status == DESPUR_OK && i < n; i++) (*names)[i] = distinct_hash(points + i * d, d);
  return status;
}

/* nearest: of each point among the fitted ones, the nearest first. */
static despur_status place_new(const despur_umap *umap, const different *fitted, float *out,
                               const despur_nearest_result *nearest, const uint32_t *names, int threads,
                               const despur_watch *watch, despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  umap_graph graph = {0};
  TRY(parallel_create(&pool, threads, error));
  TRY(umap_graph_create_queries(&graph, nearest, pool, error));
  place_among_neighbors(out, &graph, fitted->places, umap->components);
  TRY(run_layout(
      umap,
      (umap_layout){.graph = &graph,
                    .places = out,
                    .others = fitted->places,
                    .names = names,
                    .other_count = fitted->which.count,
                    .epochs = (umap->epochs + EPOCHS_OF_FIT_PER_TRANSFORM - 1) / EPOCHS_OF_FIT_PER_TRANSFORM,
                    .rate = RATE_OF_TRANSFORM,
                    .watch = *watch},
      pool, threads, error));
  for (size_t i = 0; i < nearest->count; i++) /* what is equal to a fitted point stands where that does */
    if (nearest->distances[i * nearest->neighbors] == 0)
      copy_row(out, i, fitted->places, nearest->indices[i * nearest->neighbors], umap->components);
cleanup:
  parallel_free(pool);
  umap_graph_release(&graph);
  return status;
}

despur_status despur_umap_transform(const despur_umap *umap, float *out, const float *points, size_t n,
                                    int threads, const despur_watch *watch, despur_error *error) {
  static const despur_watch NOBODY = {0};
  despur_status status = DESPUR_OK;
  const size_t d = umap->dimensions;
  different fitted = {0};
  uint32_t *names = NULL;
  despur_nearest_result nearest = {0};
  threads = at_least_one(threads);
  TRY(points_check("UMAP", points, n, d, error));
  TRY(different_init(&fitted, umap, error));
  const despur_nearest_options options = {.neighbors = neighbors_among(umap, fitted.which.count),
                                          .queries = points,
                                          .query_count = n,
                                          .threads = threads,
                                          .watch = watch ? *watch : NOBODY};
  TRY(despur_nearest(&nearest, fitted.points, fitted.which.count, d, &options, error));
  TRY(name_points(&names, points, n, d, error));
  TRY(place_new(umap, &fitted, out, &nearest, names, threads, &options.watch, error));
cleanup:
  different_release(&fitted);
  despur_nearest_release(&nearest);
  mem_free(names);
  return status;
}

void despur_umap_release(despur_umap *umap) {
  mem_free(umap->data);
  mem_free(umap->embedding);
  *umap = (despur_umap){0};
}
