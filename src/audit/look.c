/* Where the model looks: maps of every class, taken once and made small. Without outputs of its own for these
 * classes the model gets a last layer first, fitted to the discovery half: what maps say of the confirmation
 * half then owes nothing to its labels. */
#include "audit/audit.h"
#include "audit/head.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"

#include <math.h>

enum {
  MOST_CLASSES = 20,
  MOST_PASSES = 20000, /* through the model */
  CHUNK = 32,          /* examples whose maps are taken together */
  LARGE = 8,           /* maps of more places on a side become */
  SMALL = 7
};

/* ---- the last layer ---- */

static despur_status fit_layer(audit_data *d, const despur_audit_options *o, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t columns = d->examples->columns;
  double *row_weights = NULL;
  float *weights = NULL, *biases = NULL;
  const head_problem problem = {.x = d->x,
                                .rows = d->n,
                                .columns = d->columns,
                                .labels = d->labels,
                                .classes = d->classes,
                                .l2 = audit_penalty(o),
                                .threads = o->threads,
                                .watch = watch_quiet(&o->watch)};
  TRY(mem_alloc(&row_weights, d->n, sizeof *row_weights, error));
  TRY(mem_alloc(&weights, d->classes * columns, sizeof *weights, error));
  TRY(mem_alloc(&biases, d->classes, sizeof *biases, error));
  for (size_t i = 0; i < d->discovery_count; i++)
    row_weights[d->discovery[i]] = audit_weight(d, d->discovery[i]);
  TRY(head_take_apart(weights, biases, &problem, row_weights, &(head_scale){d->mean, d->deviation, columns},
                      error));
  d->head = (despur_linear_layer){d->classes, columns, weights, biases};
  weights = biases = NULL;
cleanup:
  mem_free(row_weights);
  mem_free(weights);
  mem_free(biases);
  return status;
}

/* ---- maps ---- */

/* Which examples are looked at, in their order: all, or as many as the passes allow of those that halves are
 * made of, by chance. */
static despur_status choose(uint32_t **out, size_t *count, const audit_data *d, size_t passes, uint64_t seed,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t most = MOST_PASSES / passes;
  random_stream stream = random_open(seed, "audit maps", 0);
  uint32_t *order = NULL;
  bool *taken = NULL;
  size_t used = 0;
  TRY(mem_alloc(out, d->n, sizeof **out, error));
  TRY(mem_alloc(&order, d->n, sizeof *order, error));
  TRY(mem_alloc(&taken, d->n, sizeof *taken, error));
  for (uint32_t i = 0; i < d->n; i++)
    if (d->n <= most || d->used[i]) order[used++] = i;
  if (used > most) random_shuffle(&stream, order, used);
  for (size_t i = 0; i < used && i < most; i++) taken[order[i]] = true;
  *count = 0;
  for (uint32_t i = 0; i < d->n; i++)
    if (taken[i]) (*out)[(*count)++] = i;
cleanup:
  mem_free(order);
  mem_free(taken);
  return status;
}

/* Means over blocks of places. */
static void shrink(float *out, size_t rows, size_t columns, const float *map, size_t height, size_t width) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      const size_t top = r * height / rows, bottom = (r + 1) * height / rows;
      const size_t left = c * width / columns, right = (c + 1) * width / columns;
      double sum = 0;
      for (size_t y = top; y < bottom; y++)
        for (size_t x = left; x < right; x++) sum += (double)map[y * width + x];
      out[r * columns + c] = (float)(sum / (double)((bottom - top) * (right - left)));
    }
}

static despur_status take_maps(audit_data *d, const despur_audit_options *o, const uint32_t *examples,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_picture_model *m = o->model;
  const despur_linear_layer *layer = m->own_layer ? NULL : &d->head;
  const size_t area = m->rows * m->columns, places = d->maps->rows * d->maps->columns;
  float *chunk = NULL;
  TRY(mem_alloc(&d->maps->values, d->maps->count, d->classes * places * sizeof *d->maps->values, error));
  TRY(mem_alloc(&chunk, CHUNK, d->classes * area * sizeof *chunk, error));
  for (size_t at = 0; at < d->maps->count; at += CHUNK) {
    const size_t left = d->maps->count - at, count = left < CHUNK ? left : CHUNK;
    watch_tell(&o->watch, "where the model looks", at, d->maps->count);
    TRY(watch_ask(&o->watch, error));
    TRY(m->maps(m->self, chunk, layer, examples + at, count, error));
    for (size_t i = 0; i < count * d->classes; i++)
      shrink(d->maps->values + (at * d->classes + i) * places, d->maps->rows, d->maps->columns,
             chunk + i * area, m->rows, m->columns);
    for (size_t i = 0; i < count; i++) d->maps->row_of[examples[at + i]] = (uint32_t)(at + i);
  }
  watch_tell(&o->watch, "where the model looks", d->maps->count, d->maps->count);
cleanup:
  mem_free(chunk);
  return status;
}

/* ---- whether there can be any ---- */

static bool every_class_is_in_discovery(const audit_data *d) {
  size_t seen[MOST_CLASSES] = {0};
  for (size_t i = 0; i < d->discovery_count; i++) seen[d->labels[d->discovery[i]]]++;
  for (size_t c = 0; c < d->classes; c++)
    if (seen[c] == 0) return false;
  return true;
}

static despur_status find_obstacle(text *out, const audit_data *d, const despur_picture_model *m,
                                   despur_error *error) {
  if (m->rows == 0) return text_add(out, error, "%s", m->without);
  if (d->classes > MOST_CLASSES)
    return text_add(out, error, "%zu classes are more than %d: where the model looks was not asked",
                    d->classes, MOST_CLASSES);
  if (!every_class_is_in_discovery(d))
    return text_add(out, error,
                    "a class has no examples in the discovery half: where the model looks was "
                    "not asked");
  return DESPUR_OK;
}

despur_status audit_look(audit_data *d, const despur_audit_options *o, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_picture_model *m = o->model;
  text obstacle = {0};
  uint32_t *examples = NULL;
  if (!m || !audit_asks(&finder_maps, o->finders) || d->discovery_count < AUDIT_HALF) return DESPUR_OK;
  if (m->rows > 0 && m->count != d->n)
    FAIL(error, DESPUR_BAD_USAGE,
         "audit: expected a model with %zu pictures, one for each example, found %zu", d->n, m->count);
  TRY(mem_alloc(&d->maps, 1, sizeof *d->maps, error));
  status = find_obstacle(&obstacle, d, m, error);
  d->maps->without = obstacle.data;
  if (status != DESPUR_OK || obstacle.data) return status;
  d->maps->rows = m->rows > LARGE ? SMALL : m->rows;
  d->maps->columns = m->columns > LARGE ? SMALL : m->columns;
  TRY(mem_alloc(&d->maps->row_of, d->n, sizeof *d->maps->row_of, error));
  for (size_t i = 0; i < d->n; i++) d->maps->row_of[i] = DESPUR_NO_VALUE;
  TRY(choose(&examples, &d->maps->count, d, m->passes, o->seed, error));
  if (!m->own_layer) TRY(fit_layer(d, o, error));
  TRY(take_maps(d, o, examples, error));
cleanup:
  mem_free(examples);
  return status;
}

/* ---- for a page ---- */

despur_status audit_keep_looks(despur_audit *a, const audit_data *d, const despur_audit_options *o,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  const view_maps *m = d->maps;
  uint32_t *examples = NULL;
  if (!m || m->without) return DESPUR_OK;
  const size_t places = m->rows * m->columns, count = despur_audit_sampled(NULL, a);
  a->model_height = o->model->height;
  a->model_width = o->model->width;
  a->model_shorter = o->model->shorter;
  a->looks_fitted = !o->model->own_layer;
  a->map_rows = m->rows;
  a->map_columns = m->columns;
  TRY(mem_alloc(&examples, count, sizeof *examples, error));
  TRY(mem_alloc(&a->looks, count, places * sizeof *a->looks, error));
  despur_audit_sampled(examples, a);
  for (size_t i = 0; i < count; i++) {
    const uint32_t row = m->row_of[examples[i]], class = d->predictions[examples[i]];
    for (size_t p = 0; p < places; p++)
      a->looks[i * places + p] =
          row == DESPUR_NO_VALUE ? NAN : m->values[(row * d->classes + class) * places + p];
  }
cleanup:
  mem_free(examples);
  return status;
}
