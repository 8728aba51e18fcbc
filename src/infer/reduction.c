#include "infer/reduction.h"

#include "base/math.h"
#include "base/memory.h"

#include <string.h>

/* ---- scaling ---- */

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
  for (size_t j = 0; j < d; j++) standardise_column(out, points, n, j);
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

static despur_status hardness_apply(const reduction *r, float **reduced, const float *points, size_t n,
                                    despur_error *error) {
  despur_status status = mem_alloc(reduced, n, sizeof **reduced, error);
  for (size_t i = 0; status == DESPUR_OK && i < n; i++) {
    double sum = 0;
    for (size_t j = 0; j < r->d; j++) sum += (double)points[i * r->d + j] * (double)r->direction[j];
    (*reduced)[i] = (float)sum;
  }
  return status;
}

/* ---- any ---- */

static despur_status copy_points(float **out, const float *points, size_t n, size_t d, despur_error *error) {
  despur_status status = mem_alloc(out, n * d, sizeof **out, error);
  if (status == DESPUR_OK) memcpy(*out, points, n * d * sizeof **out);
  return status;
}

despur_status reduction_fit(reduction *out, float **reduced, const float *points, size_t n, size_t d,
                            const despur_grouping_input *input, size_t label, size_t index,
                            const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (reduction){.kind = options->reduction, .d = d, .components = d};
  *reduced = NULL;
  (void)index;
  if (out->kind == DESPUR_REDUCE_HARDNESS) {
    out->components = 1;
    TRY(hardness_fit(out, input, label, error));
  }
  TRY(reduction_apply(out, reduced, points, n, options->threads, error));
cleanup:
  if (status != DESPUR_OK) reduction_release(out);
  return status;
}

void reduction_release(reduction *r) {
  mem_free(r->direction);
  *r = (reduction){0};
}

despur_status reduction_apply(const reduction *r, float **reduced, const float *points, size_t n, int threads,
                              despur_error *error) {
  (void)threads;
  if (r->kind == DESPUR_REDUCE_HARDNESS) return hardness_apply(r, reduced, points, n, error);
  return copy_points(reduced, points, n, r->d, error);
}
