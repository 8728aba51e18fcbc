/* A fitted grouping as a safetensors file: what it takes to assign new examples. Whole numbers are stored as
 * float32, which holds them exactly up to 2^24; everything read is checked before it is used. */
#include "base/format.h"
#include "infer/grouping.h"

#include "base/memory.h"
#include "io/safetensors.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
  FORM_VERSION = 1,
  FORM = 8,
  PART_FORM = 4,
  SEED_PIECES = 4,
  UMAP_FORM = 4 + SEED_PIECES,
  LARGEST = 1 << 24
};

/* ---- writing ---- */

/* Tensors with data of their own. */
typedef struct bundle {
  tensor *tensors;
  size_t count, room;
} bundle;

static void bundle_release(bundle *b) {
  for (size_t i = 0; i < b->count; i++) mem_free((void *)(uintptr_t)b->tensors[i].data);
  mem_free(b->tensors);
  *b = (bundle){0};
}

/* Adds rows x columns numbers; *data gets the place to write them to. */
__attribute__((format(printf, 6, 7))) static despur_status bundle_add(bundle *b, float **data, size_t rows,
                                                                      size_t columns, despur_error *error,
                                                                      const char *format, ...) {
  despur_status status = DESPUR_OK;
  va_list args;
  if (b->count == b->room) {
    TRY(mem_grow(&b->tensors, b->room, 2 * b->room + 16, sizeof *b->tensors, error));
    b->room = 2 * b->room + 16;
  }
  tensor *t = &b->tensors[b->count];
  *t = (tensor){.rank = 2, .shape = {rows, columns}, .count = rows * columns};
  va_start(args, format);
  format_args(t->name, sizeof t->name, format, args);
  va_end(args);
  TRY(mem_alloc(data, t->count, sizeof **data, error));
  t->data = *data;
  b->count++;
cleanup:
  return status;
}

static void copy_doubles(float *to, const double *from, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
}

static despur_status add_clusterer(bundle *b, const clusterer *c, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *data;
  if (c->centres) {
    TRY(bundle_add(b, &data, c->clusters, c->d, error, "%s.centres", name));
    memcpy(data, c->centres, c->clusters * c->d * sizeof *data);
    return status;
  }
  const despur_mixture *m = &c->mixture;
  TRY(bundle_add(b, &data, 1, 1, error, "%s.clusters", name));
  data[0] = (float)c->clusters;
  TRY(bundle_add(b, &data, 1, m->components, error, "%s.weights", name));
  copy_doubles(data, m->weights, m->components);
  TRY(bundle_add(b, &data, m->components, c->d, error, "%s.means", name));
  copy_doubles(data, m->means, m->components * c->d);
  size_t values = clusterer_whitening(m);
  TRY(bundle_add(b, &data, m->components, values, error, "%s.whitening", name));
  copy_doubles(data, m->whitening, m->components * values);
cleanup:
  return status;
}

static despur_status add_part(bundle *b, const part_model *part, size_t p, despur_error *error) {
  despur_status status = DESPUR_OK;
  char name[64];
  float *data;
  TRY(bundle_add(b, &data, 1, PART_FORM, error, "part.%zu.form", p));
  const size_t form[PART_FORM] = {part->clusters, part->pieces, part->base.clusters, part->base.d};
  for (size_t i = 0; i < PART_FORM; i++) data[i] = (float)form[i];
  if (part->clusters == 0) return status;
  snprintf(name, sizeof name, "part.%zu.base", p);
  TRY(add_clusterer(b, &part->base, name, error));
  if (!part->splits) return status;
  for (size_t c = 0; c < part->base.clusters; c++) {
    snprintf(name, sizeof name, "part.%zu.split.%zu", p, c);
    TRY(add_clusterer(b, &part->splits[c], name, error));
  }
  TRY(bundle_add(b, &data, part->base.clusters, part->pieces, error, "part.%zu.final", p));
  for (size_t i = 0; i < part->base.clusters * part->pieces; i++) data[i] = (float)part->final_of[i];
cleanup:
  return status;
}

/* A whole number of 64 bits as four of 16, which float32 holds exactly. */
static void split_number(float pieces[SEED_PIECES], uint64_t number) {
  for (size_t i = 0; i < SEED_PIECES; i++) pieces[i] = (float)(number >> 16 * i & 0xffff);
}

static despur_status add_umap(bundle *b, const despur_umap *umap, size_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *data;
  TRY(bundle_add(b, &data, 1, UMAP_FORM, error, "reduction.%zu.umap", index));
  data[0] = (float)umap->neighbors;
  data[1] = (float)umap->epochs;
  data[2] = (float)umap->a;
  data[3] = (float)umap->b;
  split_number(data + 4, umap->seed);
  TRY(bundle_add(b, &data, umap->points, umap->dimensions, error, "reduction.%zu.data", index));
  memcpy(data, umap->data, umap->points * umap->dimensions * sizeof *data);
  TRY(bundle_add(b, &data, umap->points, umap->components, error, "reduction.%zu.embedding", index));
  memcpy(data, umap->embedding, umap->points * umap->components * sizeof *data);
cleanup:
  return status;
}

static despur_status add_pca(bundle *b, const despur_pca *pca, size_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *data;
  TRY(bundle_add(b, &data, 1, pca->dimensions, error, "reduction.%zu.mean", index));
  copy_doubles(data, pca->mean, pca->dimensions);
  TRY(bundle_add(b, &data, pca->components, pca->dimensions, error, "reduction.%zu.axes", index));
  copy_doubles(data, pca->axes, pca->components * pca->dimensions);
cleanup:
  return status;
}

static despur_status add_reduction(bundle *b, const reduction *r, size_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *data;
  TRY(bundle_add(b, &data, 1, 2, error, "reduction.%zu.form", index));
  data[0] = (float)r->components;
  data[1] = (float)r->flat;
  if (r->components == 0 || r->flat) return status;
  if (r->kind == DESPUR_REDUCE_HARDNESS) {
    TRY(bundle_add(b, &data, 1, r->d, error, "reduction.%zu.direction", index));
    memcpy(data, r->direction, r->d * sizeof *data);
  }
  if (r->kind == DESPUR_REDUCE_PCA) TRY(add_pca(b, &r->pca, index, error));
  if (r->kind == DESPUR_REDUCE_UMAP) TRY(add_umap(b, &r->umap, index, error));
cleanup:
  return status;
}

static despur_status add_all(bundle *b, const despur_grouping *g, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *data;
  TRY(bundle_add(b, &data, 1, FORM, error, "form"));
  const size_t form[FORM] = {FORM_VERSION,
                             g->d,
                             g->classes,
                             (size_t)g->pooled,
                             (size_t)g->scaling.kind,
                             (size_t)g->reduction,
                             g->reduction_count,
                             g->part_count};
  for (size_t i = 0; i < FORM; i++) data[i] = (float)form[i];
  if (g->scaling.mean) {
    TRY(bundle_add(b, &data, 1, g->d, error, "scale.mean"));
    memcpy(data, g->scaling.mean, g->d * sizeof *data);
    TRY(bundle_add(b, &data, 1, g->d, error, "scale.factor"));
    memcpy(data, g->scaling.factor, g->d * sizeof *data);
  }
  for (size_t r = 0; r < g->reduction_count; r++) TRY(add_reduction(b, &g->reductions[r], r, error));
  for (size_t p = 0; p < g->part_count; p++) TRY(add_part(b, &g->parts[p], p, error));
cleanup:
  return status;
}

/* What the reader would refuse: doubles become float32 here, and those of a network that has diverged do not
 * fit. */
static despur_status check_finite(const bundle *b, const char *path, despur_error *error) {
  for (size_t i = 0; i < b->count; i++)
    for (size_t k = 0; k < b->tensors[i].count; k++)
      if (!isfinite(b->tensors[i].data[k]))
        return error_set(error, DESPUR_BAD_INPUT,
                         "%s: tensor '%s': its numbers are beyond those of float32; did the network diverge?",
                         path, b->tensors[i].name);
  return DESPUR_OK;
}

despur_status despur_grouping_save(const despur_grouping *g, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  bundle b = {0};
  TRY(add_all(&b, g, error));
  TRY(check_finite(&b, path, error));
  TRY(safetensors_write(path, b.tensors, b.count, error));
cleanup:
  bundle_release(&b);
  return status;
}

/* ---- reading ---- */

typedef struct reader {
  tensor_file file;
  const char *path;
  despur_error *error;
} reader;

/* *data = the numbers of a tensor that must have this shape; 0 columns: any number, which goes to *columns.
 */
__attribute__((format(printf, 5, 6))) static despur_status
read_numbers(const reader *in, const float **data, size_t rows, size_t *columns, const char *format, ...) {
  char name[TENSOR_NAME];
  va_list args;
  va_start(args, format);
  format_args(name, sizeof name, format, args);
  va_end(args);
  const tensor *t = safetensors_find(&in->file, name);
  if (!t)
    return error_set(in->error, DESPUR_BAD_INPUT, "%s: expected a tensor '%s', found none", in->path, name);
  if (t->rank != 2 || t->shape[0] != rows || (*columns > 0 && t->shape[1] != *columns) || t->count == 0)
    return error_set(in->error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected the shape [%zu, %zu]", in->path,
                     name, rows, *columns);
  for (size_t i = 0; i < t->count; i++)
    if (!isfinite(t->data[i]))
      return error_set(in->error, DESPUR_BAD_INPUT, "%s: tensor '%s': expected finite numbers", in->path,
                       name);
  *columns = t->shape[1];
  *data = t->data;
  return DESPUR_OK;
}

/* A whole number from 0 to high. */
static despur_status read_whole(const reader *in, size_t *out, float number, size_t high, const char *what) {
  if (!(number >= 0 && number <= (float)high && number == floorf(number)))
    return error_set(in->error, DESPUR_BAD_INPUT, "%s: expected a whole number from 0 to %zu as %s, found %g",
                     in->path, high, what, (double)number);
  *out = (size_t)number;
  return DESPUR_OK;
}

static despur_status copy_floats(const reader *in, float **out, const float *data, size_t count) {
  despur_status status = mem_alloc(out, count, sizeof **out, in->error);
  if (status == DESPUR_OK) memcpy(*out, data, count * sizeof **out);
  return status;
}

static despur_status copy_to_doubles(const reader *in, double **out, const float *data, size_t count) {
  despur_status status = mem_alloc(out, count, sizeof **out, in->error);
  for (size_t i = 0; status == DESPUR_OK && i < count; i++) (*out)[i] = (double)data[i];
  return status;
}

static despur_status read_mixture(const reader *in, clusterer *c, const char *name) {
  despur_status status = DESPUR_OK;
  const float *data;
  despur_mixture *m = &c->mixture;
  size_t one = 1, values = 0, d = c->d;
  *m = (despur_mixture){.covariance = DESPUR_COVARIANCE_FULL, .dimensions = d};
  TRY(read_numbers(in, &data, 1, &one, "%s.clusters", name));
  TRY(read_whole(in, &c->clusters, data[0], LARGEST, "the number of clusters"));
  TRY(read_numbers(in, &data, 1, &m->components, "%s.weights", name));
  if (c->clusters < 1 || c->clusters > m->components)
    return error_set(in->error, DESPUR_BAD_INPUT, "%s: %s: expected 1 to %zu clusters, found %zu", in->path,
                     name, m->components, c->clusters);
  TRY(copy_to_doubles(in, &m->weights, data, m->components));
  TRY(read_numbers(in, &data, m->components, &d, "%s.means", name));
  TRY(copy_to_doubles(in, &m->means, data, m->components * c->d));
  TRY(read_numbers(in, &data, m->components, &values, "%s.whitening", name));
  if (values == d) m->covariance = DESPUR_COVARIANCE_DIAGONAL;
  if (values != clusterer_whitening(m))
    FAIL(in->error, DESPUR_BAD_INPUT, "%s: %s: expected a whitening of %zu or %zu numbers, found %zu",
         in->path, name, d * d, d, values);
  TRY(copy_to_doubles(in, &m->whitening, data, m->components * values));
cleanup:
  return status;
}

static despur_status read_clusterer(const reader *in, clusterer *c, size_t d, const char *name) {
  despur_status status = DESPUR_OK;
  char centres[TENSOR_NAME];
  *c = (clusterer){.d = d, .fit = (double)NAN};
  snprintf(centres, sizeof centres, "%s.centres", name);
  const tensor *t = safetensors_find(&in->file, centres);
  if (!t) return read_mixture(in, c, name);
  const float *data;
  c->clusters = t->rank > 0 ? t->shape[0] : 0;
  TRY(read_numbers(in, &data, c->clusters, &d, "%s", centres));
  TRY(copy_floats(in, &c->centres, data, t->count));
cleanup:
  return status;
}

static despur_status read_splits(const reader *in, part_model *part, size_t p) {
  despur_status status = DESPUR_OK;
  char name[64];
  const float *data;
  size_t pieces = part->pieces, final = 0;
  TRY(read_numbers(in, &data, part->base.clusters, &pieces, "part.%zu.final", p));
  TRY(mem_alloc(&part->splits, part->base.clusters, sizeof *part->splits, in->error));
  TRY(mem_alloc(&part->final_of, part->base.clusters * pieces, sizeof *part->final_of, in->error));
  for (size_t c = 0; c < part->base.clusters; c++) {
    snprintf(name, sizeof name, "part.%zu.split.%zu", p, c);
    TRY(read_clusterer(in, &part->splits[c], part->base.d, name));
    if (part->splits[c].clusters > pieces)
      FAIL(in->error, DESPUR_BAD_INPUT, "%s: %s: expected at most %zu clusters, found %zu", in->path, name,
           pieces, part->splits[c].clusters);
  }
  for (size_t i = 0; i < part->base.clusters * part->pieces; i++) {
    TRY(read_whole(in, &final, data[i], LARGEST, "a cluster"));
    part->final_of[i] = (uint32_t) final;
  }
cleanup:
  return status;
}

static despur_status read_part(const reader *in, part_model *part, size_t p, size_t d) {
  despur_status status = DESPUR_OK;
  char name[64];
  const float *data;
  size_t columns = PART_FORM, base, width;
  *part = (part_model){.silhouette = (double)NAN};
  TRY(read_numbers(in, &data, 1, &columns, "part.%zu.form", p));
  TRY(read_whole(in, &part->clusters, data[0], LARGEST, "the number of clusters"));
  TRY(read_whole(in, &part->pieces, data[1], 1000, "the number of pieces"));
  TRY(read_whole(in, &base, data[2], LARGEST, "the number of clusters"));
  TRY(read_whole(in, &width, data[3], LARGEST, "the number of dimensions"));
  if (part->clusters == 0) return status;
  snprintf(name, sizeof name, "part.%zu.base", p);
  TRY(read_clusterer(in, &part->base, d, name));
  if (part->base.clusters != base || width != d || part->pieces < 1 || part->clusters > base * part->pieces ||
      (part->pieces == 1 && part->clusters != base))
    FAIL(in->error, DESPUR_BAD_INPUT,
         "%s: part %zu: its numbers of clusters and dimensions contradict each other", in->path, p);
  if (part->pieces > 1) TRY(read_splits(in, part, p));
  for (size_t i = 0; part->pieces > 1 && i < base * part->pieces; i++)
    if (part->final_of[i] >= part->clusters)
      part->final_of[i] = 0; /* of pieces that nothing is assigned to */
cleanup:
  return status;
}

static despur_status read_pca(const reader *in, reduction *r, size_t index) {
  despur_status status = DESPUR_OK;
  const float *data;
  size_t d = r->d;
  r->pca.dimensions = d;
  r->pca.components = r->components;
  TRY(read_numbers(in, &data, 1, &d, "reduction.%zu.mean", index));
  TRY(copy_to_doubles(in, &r->pca.mean, data, d));
  TRY(read_numbers(in, &data, r->components, &d, "reduction.%zu.axes", index));
  TRY(copy_to_doubles(in, &r->pca.axes, data, r->components * d));
cleanup:
  return status;
}

static despur_status read_umap(const reader *in, reduction *r, size_t index) {
  despur_status status = DESPUR_OK;
  char name[TENSOR_NAME];
  const float *data;
  despur_umap *umap = &r->umap;
  size_t form = UMAP_FORM, d = r->d, components = r->components, piece = 0;
  umap->dimensions = d;
  umap->components = components;
  TRY(read_numbers(in, &data, 1, &form, "reduction.%zu.umap", index));
  TRY(read_whole(in, &umap->neighbors, data[0], LARGEST, "the number of neighbours"));
  TRY(read_whole(in, &umap->epochs, data[1], UINT16_MAX - 1, "the number of epochs"));
  umap->a = (double)data[2];
  umap->b = (double)data[3];
  for (size_t i = SEED_PIECES; i-- > 0;) {
    TRY(read_whole(in, &piece, data[4 + i], 0xffff, "a piece of the seed"));
    umap->seed = umap->seed << 16 | piece;
  }
  snprintf(name, sizeof name, "reduction.%zu.data", index);
  const tensor *t = safetensors_find(&in->file, name);
  umap->points = t && t->rank > 0 ? t->shape[0] : 0;
  TRY(read_numbers(in, &data, umap->points, &d, "%s", name));
  TRY(copy_floats(in, &umap->data, data, umap->points * d));
  TRY(read_numbers(in, &data, umap->points, &components, "reduction.%zu.embedding", index));
  TRY(copy_floats(in, &umap->embedding, data, umap->points * components));
  if (umap->neighbors < 2 || umap->neighbors > umap->points || !(umap->a > 0) || !(umap->b > 0))
    FAIL(in->error, DESPUR_BAD_INPUT, "%s: reduction %zu: its numbers make no sense", in->path, index);
cleanup:
  return status;
}

static despur_status read_reduction(const reader *in, reduction *r, despur_reduction kind, size_t d,
                                    size_t index) {
  despur_status status = DESPUR_OK;
  const float *data;
  size_t two = 2, flat = 0;
  *r = (reduction){.kind = kind, .d = d};
  TRY(read_numbers(in, &data, 1, &two, "reduction.%zu.form", index));
  TRY(read_whole(in, &r->components, data[0], d, "the number of components"));
  TRY(read_whole(in, &flat, data[1], 1, "whether a reduction is flat"));
  r->flat = (int)flat;
  if (r->components == 0 || r->flat) return status;
  if (kind == DESPUR_REDUCE_NONE) r->components = d;
  if (kind == DESPUR_REDUCE_HARDNESS) {
    r->components = 1;
    TRY(read_numbers(in, &data, 1, &d, "reduction.%zu.direction", index));
    TRY(copy_floats(in, &r->direction, data, d));
  }
  if (kind == DESPUR_REDUCE_PCA) TRY(read_pca(in, r, index));
  if (kind == DESPUR_REDUCE_UMAP) TRY(read_umap(in, r, index));
cleanup:
  return status;
}

static despur_status read_scaling(const reader *in, scaling *s, size_t kind, size_t d) {
  despur_status status = DESPUR_OK;
  const float *data;
  *s = (scaling){.kind = (despur_scale)kind, .d = d};
  if (s->kind != DESPUR_SCALE_STANDARD) return status;
  TRY(read_numbers(in, &data, 1, &d, "scale.mean"));
  TRY(copy_floats(in, &s->mean, data, d));
  TRY(read_numbers(in, &data, 1, &d, "scale.factor"));
  TRY(copy_floats(in, &s->factor, data, d));
cleanup:
  return status;
}

static despur_status read_all(const reader *in, despur_grouping *g) {
  despur_status status = DESPUR_OK;
  const float *data;
  size_t columns = FORM, form[FORM];
  static const size_t HIGHEST[FORM] = {FORM_VERSION,           LARGEST, LARGEST, 1, DESPUR_SCALE_UNIT,
                                       DESPUR_REDUCE_HARDNESS, LARGEST, LARGEST};
  TRY(read_numbers(in, &data, 1, &columns, "form"));
  for (size_t i = 0; i < FORM; i++)
    TRY(read_whole(in, &form[i], data[i], HIGHEST[i], "a number of the form"));
  g->d = form[1], g->classes = form[2], g->pooled = (int)form[3], g->reduction = (despur_reduction)form[5];
  g->reduction_count = form[6], g->part_count = form[7];
  if (form[0] != FORM_VERSION || g->d == 0 || g->classes == 0 ||
      g->part_count != (g->pooled ? 1 : g->classes) ||
      (g->reduction_count != 1 && g->reduction_count != g->classes) || g->reduction_count > in->file.count ||
      g->part_count > in->file.count) /* each has a tensor */
    FAIL(in->error, DESPUR_BAD_INPUT, "%s: the form of the grouping makes no sense, or is of another version",
         in->path);
  TRY(read_scaling(in, &g->scaling, form[4], g->d));
  TRY(mem_alloc(&g->reductions, g->reduction_count, sizeof *g->reductions, in->error));
  TRY(mem_alloc(&g->parts, g->part_count, sizeof *g->parts, in->error));
  for (size_t r = 0; r < g->reduction_count; r++)
    TRY(read_reduction(in, &g->reductions[r], g->reduction, g->d, r));
  for (size_t r = 0; r < g->reduction_count; r++)
    if (g->reductions[r].components > 0 && g->reductions[r].components != grouping_components(g))
      FAIL(in->error, DESPUR_BAD_INPUT, "%s: the reductions have different numbers of components", in->path);
  for (size_t p = 0; p < g->part_count; p++) TRY(read_part(in, &g->parts[p], p, grouping_components(g)));
  TRY(grouping_number(g, in->error));
cleanup:
  return status;
}

despur_status despur_grouping_load(despur_grouping **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_grouping *g = NULL;
  reader in = {.path = path, .error = error};
  *out = NULL;
  TRY(safetensors_open(&in.file, path, error));
  TRY(mem_alloc(&g, 1, sizeof *g, error));
  TRY(read_all(&in, g));
  *out = g;
  g = NULL;
cleanup:
  despur_grouping_free(g);
  safetensors_close(&in.file);
  return status;
}
