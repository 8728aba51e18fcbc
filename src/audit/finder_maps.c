/* Clusters of where the model looks, as Lapuschkin et al. 2019 ("Unmasking Clever Hans predictors and
 * assessing what machines really learn") find strategies. Maps of a class get length 1, so that they say
 * where and not how much; examples of the class are clustered, and those of other classes, by their map of
 * the same class, go to the nearest centre. */
#include "audit/finder.h"
#include "base/math.h"
#include "base/memory.h"

#include <math.h>

enum { MOST = 4, LEAST = 40, FIRST_STREAM = 1000, STREAMS = 10 };

/* points [n, places]: maps of class y with length 1; zeros where there is none, or nothing in it. */
static void take_directions(float *points, const finder_view *v, uint32_t y) {
  const view_maps *m = v->maps;
  const size_t places = m->rows * m->columns;
  for (size_t i = 0; i < v->n; i++) {
    float *to = points + i * places;
    double squares = 0;
    if (m->row_of[i] == DESPUR_NO_VALUE) continue;
    const float *map = m->values + (m->row_of[i] * v->classes + y) * places;
    for (size_t p = 0; p < places; p++) squares += (double)map[p] * (double)map[p];
    const double length = math_sqrt(squares);
    for (size_t p = 0; p < places; p++) to[p] = length > 0 ? (float)((double)map[p] / length) : 0;
  }
}

/* "upper left", ..., of a place among the thirds of a map. */
static const char *where_is(size_t place, const view_maps *m) {
  static const char *const WORDS[] = {"upper left", "top",        "upper right", "left",       "middle",
                                      "right",      "lower left", "bottom",      "lower right"};
  const size_t row = (2 * (place / m->columns) + 1) * 3 / (2 * m->rows);
  const size_t column = (2 * (place % m->columns) + 1) * 3 / (2 * m->columns);
  return WORDS[3 * row + column];
}

/* Cells are called by where they differ most from the class as a whole. */
static despur_status name_cell(despur_audit_candidate *c, uint32_t cell, const finder_view *v,
                               const float *points, const size_t *rows, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t places = v->maps->rows * v->maps->columns;
  double *sums = NULL; /* [2, places] of the class, of the cell */
  size_t inside = 0, best = 0;
  text name = {0};
  TRY(mem_alloc(&sums, 2 * places, sizeof *sums, error));
  for (size_t i = 0; i < count; i++) {
    const bool in = c->of_example[rows[i]] == cell;
    inside += in;
    for (size_t p = 0; p < places; p++) {
      sums[p] += (double)points[rows[i] * places + p];
      if (in) sums[places + p] += (double)points[rows[i] * places + p];
    }
  }
  for (size_t p = 0; p < places; p++) /* of equal sizes, so that divisions cost no ties */
    sums[p] = sums[places + p] * (double)count - sums[p] * (double)inside;
  for (size_t p = 1; p < places; p++)
    if (fabs(sums[p]) > fabs(sums[best])) best = p;
  TRY(text_add(&name, error, "cell %u (%s evidence at the %s)", (unsigned)cell,
               sums[best] > 0 ? "more" : "less", where_is(best, v->maps)));
  TRY(proposals_name_cell(c, cell, name.data, error));
cleanup:
  mem_free(name.data);
  mem_free(sums);
  return status;
}

static despur_status finish(despur_audit_candidate *c, const finder_view *v, const float *points,
                            const size_t *rows, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < v->n; i++)
    if (v->maps->row_of[i] == DESPUR_NO_VALUE) c->of_example[i] = DESPUR_NO_VALUE;
  for (uint32_t cell = 0; cell < c->cells; cell++) TRY(name_cell(c, cell, v, points, rows, count, error));
cleanup:
  return status;
}

/* rows: scratch [discovery_count]; points: scratch [n, places], zero. */
static despur_status cluster_class(proposals *out, const finder_view *v, uint32_t y, size_t *rows,
                                   float *points, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t before = out->count;
  finder_view looks = *v;
  size_t count = 0;
  text where = {0};
  for (size_t i = 0; i < v->discovery_count; i++) {
    const size_t e = v->discovery[i];
    if (v->labels[e] == y && v->maps->row_of[e] != DESPUR_NO_VALUE) rows[count++] = e;
  }
  if (count < LEAST) return DESPUR_OK;
  take_directions(points, v, y);
  looks.q = points;
  looks.components = v->maps->rows * v->maps->columns;
  TRY(text_add(&where, error, "maps of class %s", v->class_names[y]));
  const finder_kmeans options = {
      .of = &finder_maps, .most = MOST, .stream = FIRST_STREAM + STREAMS * (uint64_t)y, .where = where.data};
  TRY(finder_propose_kmeans(out, &looks, &options, rows, count, error));
  for (size_t c = before; c < out->count; c++) {
    out->items[c].of_map = y;
    TRY(finish(&out->items[c], v, points, rows, count, error));
  }
cleanup:
  mem_free(where.data);
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *rows = NULL;
  float *points = NULL;
  if (v->maps->without) return proposals_note(out, "%s", v->maps->without);
  TRY(mem_alloc(&rows, v->discovery_count, sizeof *rows, error));
  TRY(mem_alloc(&points, v->n, v->maps->rows * v->maps->columns * sizeof *points, error));
  for (uint32_t y = 0; y < v->classes; y++) TRY(cluster_class(out, v, y, rows, points, error));
  if (v->maps->count < v->n)
    TRY(proposals_note(out, "where the model looks was asked of %zu of %zu examples", v->maps->count, v->n));
cleanup:
  mem_free(rows);
  mem_free(points);
  return status;
}

const finder finder_maps = {.name = "maps", .from_features = true, .from_maps = true, .propose = propose};
