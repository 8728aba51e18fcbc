/* Groups by clustering: scale, reduce, cluster each class (or all), and the same again for new examples. */
#include "infer/grouping.h"

#include "base/memory.h"
#include "base/watch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static despur_status check_options(const despur_grouping_input *input, const despur_grouping_options *options,
                                   despur_error *error) {
  if ((unsigned)options->scale > DESPUR_SCALE_UNIT || (unsigned)options->reduction > DESPUR_REDUCE_HARDNESS ||
      (unsigned)options->algorithm > DESPUR_KMEDOIDS || (unsigned)options->score > DESPUR_SCORE_MACRO)
    return error_set(
        error, DESPUR_BAD_USAGE,
        "group inference: no scale, reduction, algorithm and score have the numbers %u, %u, %u and %u",
        (unsigned)options->scale, (unsigned)options->reduction, (unsigned)options->algorithm,
        (unsigned)options->score);
  if ((options->max_clusters == 0 && options->clusters < 1) || options->max_clusters == 1 ||
      options->starts < 1 || options->overcluster < 1)
    return error_set(
        error, DESPUR_BAD_USAGE,
        "group inference: expected at least 1 cluster, 1 start and 1 piece, and 0 or at least 2 as the "
        "largest number of clusters; found %zu, %zu, %zu and %zu",
        options->clusters, options->starts, options->overcluster, options->max_clusters);
  if (options->pooled && !options->reduce_pooled && options->reduction != DESPUR_REDUCE_NONE)
    return error_set(error, DESPUR_BAD_USAGE,
                     "group inference: clusters over all classes need a reduction over all classes");
  if (options->reduction != DESPUR_REDUCE_NONE && input->d > 0 &&
      (options->components < 1 || reduction_components(options, input->d) > input->d))
    return error_set(error, DESPUR_BAD_USAGE,
                     "group inference: expected 1 to %zu components of a reduction, found %zu", input->d,
                     options->components);
  if (options->overcluster > 1 && options->overcluster_loss && !input->losses)
    return error_set(error, DESPUR_BAD_USAGE, "group inference: over-clustering by losses needs losses");
  if (options->reduction == DESPUR_REDUCE_HARDNESS && (!input->classifier || input->classes < 2))
    return error_set(error, DESPUR_BAD_USAGE,
                     "group inference: hardness needs the classifier's weights of at least 2 classes");
  return DESPUR_OK;
}

static despur_status check_finite(const float *outputs, size_t n, size_t d, const char *what,
                                  despur_error *error) {
  for (size_t i = 0; i < n * d; i++)
    if (!isfinite(outputs[i]))
      return error_set(error, DESPUR_BAD_INPUT,
                       "group inference: expected finite outputs, found %g as output %zu of %s %zu",
                       (double)outputs[i], i % d, what, i / d);
  return DESPUR_OK;
}

static despur_status check_input(const despur_grouping_input *input, despur_error *error) {
  if (!input->n)
    return error_set(error, DESPUR_BAD_INPUT, "group inference: the data set has no training examples");
  if (!input->d)
    return error_set(error, DESPUR_BAD_INPUT, "group inference: expected at least 1 output, found 0");
  for (size_t i = 0; i < input->n; i++)
    if (input->labels[i] >= input->classes)
      return error_set(error, DESPUR_BAD_INPUT,
                       "group inference: training example %zu has label %u of %zu classes", i,
                       input->labels[i], input->classes);
  return check_finite(input->outputs, input->n, input->d, "training example", error);
}

/* Which rows belong to one class, or all of them. */
typedef struct selection {
  uint32_t *rows; /* [count] */
  size_t count;
} selection;

static despur_status select_rows(selection *out, const uint32_t *labels, size_t n, size_t label, int all,
                                 despur_error *error) {
  despur_status status = mem_alloc(&out->rows, n, sizeof *out->rows, error);
  out->count = 0;
  for (size_t i = 0; status == DESPUR_OK && i < n; i++)
    if (all || labels[i] == label) out->rows[out->count++] = (uint32_t)i;
  return status;
}

/* *out = the selected rows of width `width`, one below the other; free with mem_free. */
static despur_status gather(float **out, const float *from, size_t width, const selection *chosen,
                            despur_error *error) {
  despur_status status = mem_alloc(out, chosen->count * width, sizeof **out, error);
  for (size_t i = 0; status == DESPUR_OK && i < chosen->count; i++)
    memcpy(*out + i * width, from + chosen->rows[i] * width, width * sizeof **out);
  return status;
}

static void scatter(float *to, const float *from, size_t width, const selection *chosen) {
  for (size_t i = 0; i < chosen->count; i++)
    memcpy(to + chosen->rows[i] * width, from + i * width, width * sizeof *to);
}

size_t grouping_components(const despur_grouping *g) {
  for (size_t r = 0; r < g->reduction_count; r++)
    if (g->reductions[r].components > 0) return g->reductions[r].components;
  return g->d;
}

/* The rows that a reduction is for, and their points; released with rows_release. */
typedef struct rows {
  selection chosen;
  float *points;  /* [chosen.count, d] */
  float *reduced; /* [chosen.count, components] */
} rows;

static void rows_release(rows *r) {
  mem_free(r->chosen.rows);
  mem_free(r->points);
  mem_free(r->reduced);
  *r = (rows){0};
}

static despur_status rows_init(rows *out, const despur_grouping *g, size_t index, const float *points,
                               const uint32_t *labels, size_t n, despur_error *error) {
  *out = (rows){0};
  despur_status status = select_rows(&out->chosen, labels, n, index, g->reduction_count == 1, error);
  return status != DESPUR_OK ? status : gather(&out->points, points, g->d, &out->chosen, error);
}

/* Fits the reductions to scaled points [n, d] and reduces them to g->points. */
static despur_status fit_reductions(despur_grouping *g, const float *points,
                                    const despur_grouping_input *input,
                                    const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  rows some = {0};
  for (size_t r = 0; r < g->reduction_count; r++) {
    reduction *model = &g->reductions[r];
    rows_release(&some);
    TRY(rows_init(&some, g, r, points, input->labels, g->n, error));
    if (some.chosen.count == 0) continue;
    TRY(reduction_fit(model, &some.reduced, some.points, some.chosen.count, g->d, input, r, r, options,
                      error));
    if (!g->points) TRY(mem_alloc(&g->points, g->n * model->components, sizeof *g->points, error));
    scatter(g->points, some.reduced, model->components, &some.chosen);
  }
cleanup:
  rows_release(&some);
  return status;
}

/* *reduced = scaled points [n, d] reduced; rows of a class without training examples are zero. */
static despur_status apply_reductions(const despur_grouping *g, float **reduced, const float *points,
                                      const uint32_t *labels, size_t n, int threads, despur_error *error) {
  despur_status status = DESPUR_OK;
  rows some = {0};
  TRY(mem_alloc(reduced, n * grouping_components(g), sizeof **reduced, error));
  for (size_t r = 0; r < g->reduction_count; r++) {
    const reduction *model = &g->reductions[r];
    rows_release(&some);
    TRY(rows_init(&some, g, r, points, labels, n, error));
    if (some.chosen.count == 0 || model->components == 0) continue;
    TRY(reduction_apply(model, &some.reduced, some.points, some.chosen.count, threads, error));
    scatter(*reduced, some.reduced, model->components, &some.chosen);
  }
cleanup:
  rows_release(&some);
  return status;
}

static despur_status cluster_part(despur_grouping *g, size_t p, const despur_grouping_input *input,
                                  const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  selection chosen = {0};
  float *points = NULL;
  double *losses = NULL;
  uint32_t *labels = NULL;
  size_t width = grouping_components(g);
  TRY(select_rows(&chosen, input->labels, input->n, p, g->pooled, error));
  if (chosen.count == 0) goto cleanup;
  TRY(gather(&points, g->points, width, &chosen, error));
  TRY(mem_alloc(&labels, chosen.count, sizeof *labels, error));
  TRY(mem_alloc(&losses, chosen.count, sizeof *losses, error));
  for (size_t i = 0; input->losses && i < chosen.count; i++) losses[i] = input->losses[chosen.rows[i]];
  TRY(part_fit(&g->parts[p], labels, points, input->losses ? losses : NULL, chosen.count, width, p, options,
               error));
  for (size_t i = 0; i < chosen.count; i++) g->training[chosen.rows[i]] = labels[i];
cleanup:
  mem_free(chosen.rows);
  mem_free(points);
  mem_free(losses);
  mem_free(labels);
  return status;
}

despur_status grouping_number(despur_grouping *g, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&g->first_group, g->part_count, sizeof *g->first_group, error));
  for (size_t p = 0; p < g->part_count; p++) {
    g->first_group[p] = g->groups;
    g->groups += g->parts[p].clusters;
  }
  TRY(mem_alloc(&g->names, g->groups, sizeof *g->names, error));
  for (size_t p = 0; p < g->part_count; p++)
    for (size_t c = 0; c < g->parts[p].clusters; c++) {
      char *name = g->names[g->first_group[p] + c];
      if (g->pooled)
        snprintf(name, DESPUR_GROUP_NAME, "k=%zu", c);
      else
        snprintf(name, DESPUR_GROUP_NAME, "y=%zu,k=%zu", p, c);
    }
cleanup:
  return status;
}

static despur_status fit(despur_grouping *g, const despur_grouping_input *input,
                         const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *scaled = NULL;
  TRY(mem_alloc(&g->reductions, g->reduction_count, sizeof *g->reductions, error));
  TRY(mem_alloc(&g->parts, g->part_count, sizeof *g->parts, error));
  TRY(mem_alloc(&g->training, g->n, sizeof *g->training, error));
  TRY(mem_alloc(&scaled, g->n * g->d, sizeof *scaled, error));
  memcpy(scaled, input->outputs, g->n * g->d * sizeof *scaled);
  TRY(scaling_fit(&g->scaling, options->scale, scaled, g->n, g->d, error));
  scaling_apply(&g->scaling, scaled, g->n);
  TRY(fit_reductions(g, scaled, input, options, error));
  for (size_t p = 0; p < g->part_count; p++) {
    TRY(cluster_part(g, p, input, options, error));
    watch_tell(&options->watch, "classes", p + 1, g->part_count);
  }
  TRY(grouping_number(g, error));
  for (size_t i = 0; i < g->n; i++)
    g->training[i] += (uint32_t)g->first_group[g->pooled ? 0 : input->labels[i]];
cleanup:
  mem_free(scaled);
  return status;
}

despur_status despur_grouping_fit(despur_grouping **out, const despur_grouping_input *input,
                                  const despur_grouping_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_grouping *g = NULL;
  *out = NULL;
  TRY(check_options(input, options, error));
  TRY(check_input(input, error));
  TRY(mem_alloc(&g, 1, sizeof *g, error));
  g->d = input->d;
  g->classes = input->classes;
  g->n = input->n;
  g->pooled = options->pooled;
  g->reduction = options->reduction;
  g->part_count = options->pooled ? 1 : input->classes;
  /* without a reduction there is nothing to fit to classes */
  g->reduction_count =
      options->reduce_pooled || options->reduction == DESPUR_REDUCE_NONE ? 1 : input->classes;
  TRY(fit(g, input, options, error));
  *out = g;
  g = NULL;
cleanup:
  despur_grouping_free(g);
  return status;
}

void despur_grouping_free(despur_grouping *g) {
  if (!g) return;
  scaling_release(&g->scaling);
  for (size_t r = 0; g->reductions && r < g->reduction_count; r++) reduction_release(&g->reductions[r]);
  for (size_t p = 0; g->parts && p < g->part_count; p++) part_release(&g->parts[p]);
  mem_free(g->reductions);
  mem_free(g->parts);
  mem_free(g->first_group);
  mem_free(g->names);
  mem_free(g->training);
  mem_free(g->points);
  mem_free(g);
}

static despur_status assign_part(const despur_grouping *g, size_t p, const float *reduced,
                                 const uint32_t *labels, size_t n, int threads, uint32_t *groups,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  selection chosen = {0};
  float *points = NULL;
  uint32_t *cluster = NULL;
  const part_model *part = &g->parts[p];
  TRY(select_rows(&chosen, labels, n, p, g->pooled, error));
  if (chosen.count == 0 || part->clusters == 0) goto cleanup;
  TRY(gather(&points, reduced, grouping_components(g), &chosen, error));
  TRY(mem_alloc(&cluster, chosen.count, sizeof *cluster, error));
  TRY(part_assign(part, points, chosen.count, threads, cluster, error));
  for (size_t i = 0; i < chosen.count; i++) groups[chosen.rows[i]] = (uint32_t)g->first_group[p] + cluster[i];
cleanup:
  mem_free(chosen.rows);
  mem_free(points);
  mem_free(cluster);
  return status;
}

despur_status despur_grouping_assign(const despur_grouping *g, const float *outputs, const uint32_t *labels,
                                     size_t n, int threads, uint32_t *groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  float *scaled = NULL, *reduced = NULL;
  for (size_t i = 0; i < n; i++) groups[i] = DESPUR_NO_GROUP;
  if (n == 0) return DESPUR_OK;
  TRY(check_finite(outputs, n, g->d, "example", error));
  TRY(mem_alloc(&scaled, n * g->d, sizeof *scaled, error));
  memcpy(scaled, outputs, n * g->d * sizeof *scaled);
  scaling_apply(&g->scaling, scaled, n);
  TRY(apply_reductions(g, &reduced, scaled, labels, n, threads, error));
  for (size_t p = 0; p < g->part_count; p++)
    TRY(assign_part(g, p, reduced, labels, n, threads, groups, error));
cleanup:
  mem_free(scaled);
  mem_free(reduced);
  return status;
}

size_t despur_grouping_count(const despur_grouping *g) {
  return g->groups;
}

size_t despur_grouping_dimensions(const despur_grouping *g) {
  return g->d;
}

const char *despur_grouping_name(const despur_grouping *g, size_t group) {
  return group < g->groups ? g->names[group] : NULL;
}

void despur_grouping_training(const despur_grouping *g, uint32_t *groups) {
  if (g->training) memcpy(groups, g->training, g->n * sizeof *groups);
}

size_t despur_grouping_parts(const despur_grouping *g) {
  return g->part_count;
}

despur_grouping_part despur_grouping_part_at(const despur_grouping *g, size_t p) {
  static const part_model NONE = {0};
  const part_model *part = p < g->part_count ? &g->parts[p] : &NONE;
  despur_grouping_part out = {.examples = part->examples,
                              .clusters = part->clusters,
                              .label = g->pooled ? DESPUR_NO_CODE : (uint32_t)p,
                              .silhouette = part->clusters > 1 ? part->silhouette : (double)NAN,
                              .fit = part->clusters > 0 ? part->base.fit : (double)NAN,
                              .tried = part->tried,
                              .scores = part->scores,
                              .why_fewer = part->why_fewer ? part->why_fewer : ""};
  if (g->pooled)
    snprintf(out.name, sizeof out.name, "all");
  else
    snprintf(out.name, sizeof out.name, "y=%zu", p);
  return out;
}

const float *despur_grouping_points(const despur_grouping *g, size_t *dimensions) {
  *dimensions = grouping_components(g);
  return g->points;
}
