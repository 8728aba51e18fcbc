#include "infer/reduction.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

size_t reduction_components(const despur_grouping_options *options, size_t d) {
  if (options->reduction == DESPUR_REDUCE_NONE) return d;
  return options->reduction == DESPUR_REDUCE_HARDNESS ? 1 : options->components;
}

static despur_status copy_points(float **out, const float *points, size_t n, size_t d, despur_error *error) {
  despur_status status = mem_alloc(out, n * d, sizeof **out, error);
  if (status == DESPUR_OK) memcpy(*out, points, n * d * sizeof **out);
  return status;
}

/* ---- scaling ---- */

/* Whether float32 holds the column's scaled values, and the steps on the way to them. */
static bool holds_column(const scaling *s, const float *points, size_t n, size_t column) {
  if (!isfinite(s->factor[column])) return false;
  for (size_t i = 0; i < n; i++)
    if (!isfinite((points[i * s->d + column] - s->mean[column]) * s->factor[column])) return false;
  return true;
}

static void standardise_column(scaling *s, const float *points, size_t n, size_t column) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) sum += (double)points[i * s->d + column];
  double mean = sum / (double)n;
  for (size_t i = 0; i < n; i++) {
    double difference = (double)points[i * s->d + column] - mean;
    squares += difference * difference;
  }
  s->mean[column] = (float)mean;
  s->factor[column] = squares > 0 ? (float)(1 / math_sqrt(squares / (double)n)) : 0;
}

despur_status scaling_fit(scaling *out, despur_scale kind, const float *points, size_t n, size_t d,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (scaling){.kind = kind, .d = d};
  if (kind != DESPUR_SCALE_STANDARD) return DESPUR_OK;
  TRY(mem_alloc(&out->mean, d, sizeof *out->mean, error));
  TRY(mem_alloc(&out->factor, d, sizeof *out->factor, error));
  for (size_t j = 0; j < d; j++) {
    standardise_column(out, points, n, j);
    if (!holds_column(out, points, n, j))
      FAIL(
          error, DESPUR_BAD_INPUT,
          "infer.scale: column %zu of the outputs is too large or too small to be scaled as float32; did the "
          "network diverge?",
          j);
  }
cleanup:
  if (status != DESPUR_OK) scaling_release(out);
  return status;
}

void scaling_release(scaling *s) {
  mem_free(s->mean);
  mem_free(s->factor);
  *s = (scaling){0};
}

static void make_unit(float *point, size_t d) {
  double squares = 0;
  for (size_t j = 0; j < d; j++) squares += (double)point[j] * (double)point[j];
  if (squares <= 0) return;
  double length = math_sqrt(squares);
  for (size_t j = 0; j < d; j++) point[j] = (float)((double)point[j] / length);
}

void scaling_apply(const scaling *s, float *points, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float *point = points + i * s->d;
    if (s->kind == DESPUR_SCALE_UNIT) make_unit(point, s->d);
    if (s->kind == DESPUR_SCALE_STANDARD)
      for (size_t j = 0; j < s->d; j++) point[j] = (point[j] - s->mean[j]) * s->factor[j];
  }
}

/* ---- hardness ---- */

/* w_label less the mean of the other classes' weights, with length 1. For two classes that is GEORGE's (w_1 -
 * w_0) / |w_1 - w_0| up to its sign. */
static despur_status hardness_fit(reduction *out, const despur_grouping_input *input, size_t label,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->direction, out->d, sizeof *out->direction, error));
  for (size_t j = 0; j < out->d; j++) {
    double others = 0;
    for (size_t y = 0; y < input->classes; y++)
      if (y != label) others += (double)input->classifier[y * out->d + j];
    out->direction[j] =
        (float)((double)input->classifier[label * out->d + j] - others / (double)(input->classes - 1));
  }
  make_unit(out->direction, out->d);
cleanup:
  return status;
}

static void project(const reduction *r, float *reduced, const float *points, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (size_t j = 0; j < r->d; j++) sum += (double)points[i * r->d + j] * (double)r->direction[j];
    reduced[i] = (float)sum;
  }
}

/* ---- principal components and UMAP ---- */

/* Models are kept as float32, which is what a file holds: so a model that was read reduces as the one that
 * was written. */
static void round_to_float(double *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = math_as_float(values[i]);
}

static despur_status fit_pca(reduction *out, float **reduced, const float *points, size_t n,
                             const despur_grouping_options *options, despur_error *error) {
  const despur_pca_options pca = {
      .components = out->components, .threads = options->threads, .watch = watch_quiet(&options->watch)};
  despur_status status = despur_pca_fit(&out->pca, points, n, out->d, &pca, error);
  if (status != DESPUR_OK) return status;
  round_to_float(out->pca.mean, out->d);
  round_to_float(out->pca.axes, out->components * out->d);
  return reduction_apply(out, reduced, points, n, options->threads, error);
}

static despur_status fit_umap(reduction *out, float **reduced, const float *points, size_t n, size_t index,
                              const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_umap_options umap = {.neighbors = options->neighbors,
                                    .components = out->components,
                                    .min_dist = options->min_dist,
                                    .spread = 1,
                                    .seed = options->seed + index,
                                    .threads = options->threads,
                                    .watch = watch_quiet(&options->watch)};
  TRY(despur_umap_fit(&out->umap, points, n, out->d, &umap, error));
  round_to_float(&out->umap.a, 1);
  round_to_float(&out->umap.b, 1);
  TRY(copy_points(reduced, out->umap.embedding, n, out->components, error));
cleanup:
  return status;
}

/* ---- any ---- */

/* Fewer points than it takes, in a class that is nearly empty. */
static int is_flat(const reduction *r, size_t n, const despur_grouping_options *options) {
  return (r->kind == DESPUR_REDUCE_PCA && n <= r->components) ||
         (r->kind == DESPUR_REDUCE_UMAP && (n <= r->components || n < options->neighbors));
}

despur_status reduction_fit(reduction *out, float **reduced, const float *points, size_t n, size_t d,
                            const despur_grouping_input *input, size_t label, size_t index,
                            const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (reduction){.kind = options->reduction, .d = d, .components = reduction_components(options, d)};
  *reduced = NULL;
  out->flat = is_flat(out, n, options);
  if (out->kind == DESPUR_REDUCE_HARDNESS) TRY(hardness_fit(out, input, label, error));
  if (out->kind == DESPUR_REDUCE_PCA && !out->flat)
    TRY(fit_pca(out, reduced, points, n, options, error));
  else if (out->kind == DESPUR_REDUCE_UMAP && !out->flat)
    TRY(fit_umap(out, reduced, points, n, index, options, error));
  else
    TRY(reduction_apply(out, reduced, points, n, options->threads, error));
cleanup:
  if (status != DESPUR_OK) reduction_release(out);
  return status;
}

void reduction_release(reduction *r) {
  mem_free(r->direction);
  despur_pca_release(&r->pca);
  despur_umap_release(&r->umap);
  *r = (reduction){0};
}

despur_status reduction_apply(const reduction *r, float **reduced, const float *points, size_t n, int threads,
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  *reduced = NULL;
  if (r->kind == DESPUR_REDUCE_NONE) return copy_points(reduced, points, n, r->d, error);
  TRY(mem_alloc(reduced, n * r->components, sizeof **reduced, error));
  if (r->flat) return status;
  if (r->kind == DESPUR_REDUCE_HARDNESS) project(r, *reduced, points, n);
  if (r->kind == DESPUR_REDUCE_PCA) TRY(despur_pca_transform(&r->pca, *reduced, points, n, threads, error));
  if (r->kind == DESPUR_REDUCE_UMAP)
    TRY(despur_umap_transform(&r->umap, *reduced, points, n, threads, NULL, error));
cleanup:
  return status;
}
