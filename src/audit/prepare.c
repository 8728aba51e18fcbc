/* From examples to what finders and judge look at: rows that are used, columns with mean 0 and deviation 1,
 * predictions of a head that has not seen what it predicts, two halves, principal components of the first. */
#include "audit/audit.h"
#include "audit/head.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "despur/cluster.h"
#include "despur/dataset.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { COMPONENTS = 32, FOLDS = 5, MOST_FITTED = 32768 /* examples, to components */ };
static const double PENALTY = 0.03;

double audit_penalty(const despur_audit_options *options) {
  return options->l2 > 0 ? options->l2 : PENALTY;
}

/* Of which examples the halves are made. Training examples of a model say nothing of how it does on new ones;
 * without a model they are what a head is fitted to. What weighs nothing is as if it were not there. */
static bool is_used(const despur_examples *e, size_t i) {
  if (e->weights && e->weights[i] == 0) return false;
  if (!e->splits) return true;
  return e->predictions ? e->splits[i] != DESPUR_TRAIN : e->splits[i] == DESPUR_TRAIN;
}

static despur_status choose(audit_data *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples *e = d->examples;
  d->n = e->count;
  TRY(mem_alloc(&d->used, d->n, sizeof *d->used, error));
  TRY(mem_alloc(&d->labels, d->n, sizeof *d->labels, error));
  TRY(mem_alloc(&d->predictions, d->n, sizeof *d->predictions, error));
  memcpy(d->labels, e->labels, d->n * sizeof *d->labels);
  if (e->predictions) memcpy(d->predictions, e->predictions, d->n * sizeof *d->predictions);
  for (size_t i = 0; i < d->n; i++) d->used_count += d->used[i] = is_used(e, i);
cleanup:
  return status;
}

static despur_status check_weights(const despur_examples *e, despur_error *error) {
  for (size_t i = 0; i < e->count; i++)
    if (!(e->weights[i] >= 0 && e->weights[i] <= DBL_MAX))
      return error_set(error, DESPUR_BAD_INPUT,
                       "weights: example %zu: expected a number of 0 or more, found %g", i, e->weights[i]);
  for (size_t i = 0; i < e->count; i++)
    if (e->weights[i] > 0) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "weights: all %zu are 0", e->count);
}

/* Only ratios matter. */
static despur_status take_weights(audit_data *d, despur_error *error) {
  const double *given = d->examples->weights;
  double least = HUGE_VAL, most = 0, mean = 0;
  if (!given) return DESPUR_OK;
  despur_status status = check_weights(d->examples, error);
  for (size_t i = 0; status == DESPUR_OK && i < d->n; i++) {
    if (!d->used[i]) continue;
    if (given[i] < least) least = given[i];
    if (given[i] > most) most = given[i];
  }
  if (status != DESPUR_OK || !(least < most)) return status;
  for (size_t i = 0; i < d->n; i++)
    if (d->used[i]) mean += given[i] / most / (double)d->used_count;
  status = mem_alloc(&d->weights, d->n, sizeof *d->weights, error);
  for (size_t i = 0; status == DESPUR_OK && i < d->n; i++) d->weights[i] = given[i] / most / mean;
  return status;
}

/* Means and deviations of the columns that vary, in double precision. */
static despur_status standardise(audit_data *d, bool in_place, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples *e = d->examples;
  TRY(mem_alloc(&d->mean, e->columns, sizeof *d->mean, error));
  TRY(mem_alloc(&d->deviation, e->columns, sizeof *d->deviation, error));
  double *mean = d->mean, *deviation = d->deviation;
  for (size_t i = 0; i < d->n; i++)
    for (size_t j = 0; d->used[i] && j < e->columns; j++)
      mean[j] += (double)e->x[i * e->columns + j] / (double)d->used_count;
  for (size_t i = 0; i < d->n; i++)
    for (size_t j = 0; d->used[i] && j < e->columns; j++) {
      double part = (double)e->x[i * e->columns + j] - mean[j];
      deviation[j] += part * part / (double)d->used_count;
    }
  for (size_t j = 0; j < e->columns; j++) {
    deviation[j] = math_sqrt(deviation[j]);
    if (deviation[j] <= 1e-7 * fabs(mean[j])) deviation[j] = 0; /* rounding of a constant */
    d->columns += deviation[j] > 0;
  }
  d->constant_columns = e->columns - d->columns;
  if (d->columns == 0)
    FAIL(error, DESPUR_BAD_INPUT, "features: all %zu columns are constant in single precision", e->columns);
  d->borrowed = in_place;
  d->x = e->x;
  if (!in_place) TRY(mem_alloc(&d->x, d->n, d->columns * sizeof *d->x, error));
  for (size_t i = 0; i < d->n; i++) {
    float *row = d->x + i * d->columns; /* never behind what is read */
    for (size_t j = 0; j < e->columns; j++)
      if (deviation[j] > 0) *row++ = (float)(((double)e->x[i * e->columns + j] - mean[j]) / deviation[j]);
  }
cleanup:
  return status;
}

/* Units in an order by chance; folds and halves are filled from it, so none is divided. */
static despur_status shuffle_units(uint32_t **place, const audit_data *d, uint64_t seed, const char *purpose,
                                   uint64_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL;
  random_stream stream = random_open(seed, purpose, index);
  TRY(mem_alloc(&order, d->units_count, sizeof *order, error));
  TRY(mem_alloc(place, d->units_count, sizeof **place, error));
  for (uint32_t u = 0; u < d->units_count; u++) order[u] = u;
  random_shuffle(&stream, order, d->units_count);
  for (uint32_t u = 0; u < d->units_count; u++) (*place)[order[u]] = u;
cleanup:
  mem_free(order);
  return status;
}

static void take_margins(audit_data *d, const double *logits) {
  for (size_t i = 0; i < d->n; i++) {
    const double *l = logits + i * d->classes;
    d->margins[i] = l[d->labels[i]] - l[head_largest(l, d->classes, d->labels[i])];
  }
}

/* Without logits a head says how sure the model was: fitted to labels, or to the predictions that are
 * there. */
static despur_status predict(audit_data *d, const despur_audit_options *o, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples *e = d->examples;
  double *logits = NULL, *weights = NULL;
  uint32_t *folds = NULL, *place = NULL;
  size_t count = o->folds ? o->folds : FOLDS;
  TRY(mem_alloc(&logits, d->n, d->classes * sizeof *logits, error));
  TRY(mem_alloc(&d->margins, d->n, sizeof *d->margins, error));
  if (e->logits) {
    for (size_t i = 0; i < d->n; i++)
      for (size_t c = 0; c < d->classes; c++)
        logits[i * d->classes + c] = (double)e->logits[i * d->classes + c];
  } else {
    const head_problem problem = {.x = d->x,
                                  .rows = d->n,
                                  .columns = d->columns,
                                  .labels = e->predictions ? d->predictions : d->labels,
                                  .classes = d->classes,
                                  .l2 = audit_penalty(o),
                                  .threads = o->threads,
                                  .watch = watch_quiet(&o->watch)};
    TRY(mem_alloc(&folds, d->n, sizeof *folds, error));
    TRY(shuffle_units(&place, d, o->seed, "audit folds", 0, error));
    TRY(mem_alloc(&weights, d->n, sizeof *weights, error));
    for (size_t i = 0; i < d->n; i++) { /* heads see none that is not used */
      folds[i] = place[d->units[i]] % (uint32_t)count;
      weights[i] = d->used[i] ? audit_weight(d, i) : 0;
    }
    TRY(head_cross_fit(logits, &problem, weights, folds, count, error));
  }
  take_margins(d, logits);
  for (size_t i = 0; !e->predictions && i < d->n; i++)
    d->predictions[i] = head_largest(logits + i * d->classes, d->classes, DESPUR_NO_VALUE);
cleanup:
  mem_free(logits);
  mem_free(weights);
  mem_free(folds);
  mem_free(place);
  return status;
}

/* Half of the units each; of each unit of the confirmation half the first example is judged, for the others
 * say little more. */
static despur_status halve(audit_data *d, uint64_t seed, uint64_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *place = NULL;
  bool *seen = NULL;
  TRY(mem_alloc(&d->discovery, d->n, sizeof *d->discovery, error));
  TRY(mem_alloc(&d->judged, d->n, sizeof *d->judged, error));
  TRY(mem_alloc(&seen, d->units_count, sizeof *seen, error));
  TRY(shuffle_units(&place, d, seed, "audit halves", index, error));
  for (size_t i = 0; i < d->n; i++) {
    uint32_t unit = d->units[i];
    if (!d->used[i]) continue;
    if (place[unit] < d->units_count / 2) {
      d->discovery[d->discovery_count++] = i;
      continue;
    }
    d->confirmation_count++;
    if (!seen[unit]) d->judged[d->judged_count++] = i;
    seen[unit] = true;
  }
cleanup:
  mem_free(place);
  mem_free(seen);
  return status;
}

/* Those that components are fitted to: all of the discovery half or, of a large one, some by chance. */
static despur_status gather_some(float **points, size_t *count, const audit_data *d,
                                 const despur_audit_options *o, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *rows = NULL;
  uint32_t *order = NULL;
  random_stream stream = random_open(o->seed, "audit components", 0);
  *count = d->discovery_count < MOST_FITTED ? d->discovery_count : MOST_FITTED;
  if (*count == d->discovery_count)
    return finder_gather(points, d->x, d->columns, d->discovery, *count, error);
  TRY(mem_alloc(&order, d->discovery_count, sizeof *order, error));
  TRY(mem_alloc(&rows, *count, sizeof *rows, error));
  for (uint32_t i = 0; i < d->discovery_count; i++) order[i] = i;
  random_shuffle(&stream, order, d->discovery_count);
  for (size_t i = 0; i < *count; i++) rows[i] = d->discovery[order[i]];
  TRY(finder_gather(points, d->x, d->columns, rows, *count, error));
cleanup:
  mem_free(order);
  mem_free(rows);
  return status;
}

/* What a network has learned for these labels has a scale that says what it goes by: the columns that it
 * makes large. Its components are those of columns as wide as they were (the widest has 1). Of other features
 * the scale says nothing, and every column has the deviation 1. */
static despur_status find_widths(double **widths, const audit_data *d, bool learned, despur_error *error) {
  double widest = 0;
  size_t at = 0;
  despur_status status = mem_alloc(widths, d->columns, sizeof **widths, error);
  if (status != DESPUR_OK) return status;
  for (size_t j = 0; j < d->examples->columns; j++)
    if (d->deviation[j] > widest) widest = d->deviation[j];
  for (size_t j = 0; j < d->examples->columns; j++)
    if (d->deviation[j] > 0) (*widths)[at++] = learned ? d->deviation[j] / widest : 1;
  return DESPUR_OK;
}

static void widen(float *points, size_t count, const double *widths, size_t columns) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < columns; j++)
      points[i * columns + j] = (float)((double)points[i * columns + j] * widths[j]);
}

/* Of columns that are as wide as `widths`, for those that have the deviation 1. */
static void take_narrow(despur_pca *pca, const double *widths) {
  for (size_t j = 0; j < pca->dimensions; j++) {
    pca->mean[j] /= widths[j];
    for (size_t c = 0; c < pca->components; c++) pca->axes[c * pca->dimensions + j] *= widths[j];
  }
}

static despur_status reduce(audit_data *d, const despur_audit_options *o, despur_error *error) {
  const int threads = o->threads;
  despur_status status = DESPUR_OK;
  despur_pca pca = {0};
  float *points = NULL;
  double *widths = NULL;
  size_t count, most = d->discovery_count - 1 < d->columns ? d->discovery_count - 1 : d->columns;
  d->components = most < COMPONENTS ? most : COMPONENTS;
  TRY(find_widths(&widths, d, o->trained_on != 0, error));
  TRY(gather_some(&points, &count, d, o, error));
  widen(points, count, widths, d->columns);
  TRY(despur_pca_fit(
      &pca, points, count, d->columns,
      &(despur_pca_options){.components = d->components, .threads = threads, .watch = watch_quiet(&o->watch)},
      error));
  take_narrow(&pca, widths);
  TRY(mem_alloc(&d->q, d->n, d->components * sizeof *d->q, error));
  TRY(despur_pca_transform(&pca, d->q, d->x, d->n, threads, error));
cleanup:
  despur_pca_release(&pca);
  mem_free(points);
  mem_free(widths);
  return status;
}

despur_status audit_prepare(audit_data *out, const despur_examples *examples,
                            const despur_audit_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (audit_data){.examples = examples, .classes = examples->classes};
  if (!examples->x && !examples->predictions)
    FAIL(error, DESPUR_BAD_INPUT, "audit: expected features, or predictions with columns of metadata");
  if (!examples->x && examples->by_count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "audit: expected features or columns of metadata (--by), found neither");
  if (examples->classes < 2)
    FAIL(error, DESPUR_BAD_INPUT, "audit: expected at least 2 classes, found %zu", examples->classes);
  TRY(choose(out, error));
  TRY(take_weights(out, error));
  if (out->used_count < AUDIT_HALF) goto cleanup; /* there is nothing that could be said */
  if (examples->x) TRY(standardise(out, options->in_place != 0, error));
  TRY(audit_find_units(out, error));
  TRY(halve(out, options->seed, 0, error));
  if (out->discovery_count < AUDIT_HALF || !examples->x) goto cleanup;
  TRY(predict(out, options, error));
  TRY(reduce(out, options, error));
cleanup:
  return status;
}

despur_status audit_halve_again(audit_data *d, const despur_audit_options *options, uint64_t index,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const bool components = d->q != NULL;
  d->discovery = d->judged = NULL;
  d->q = NULL;
  d->discovery_count = d->judged_count = d->confirmation_count = 0;
  TRY(halve(d, options->seed, index, error));
  if (components) TRY(reduce(d, options, error));
cleanup:
  return status;
}

void audit_release_halves(audit_data *data) {
  mem_free(data->discovery);
  mem_free(data->judged);
  mem_free(data->q);
}

void audit_data_release(audit_data *data) {
  mem_free(data->used);
  if (!data->borrowed) mem_free(data->x);
  mem_free(data->mean);
  mem_free(data->deviation);
  mem_free((void *)(uintptr_t)data->head.weights);
  mem_free((void *)(uintptr_t)data->head.biases);
  if (data->maps) {
    mem_free(data->maps->values);
    mem_free(data->maps->row_of);
    mem_free(data->maps->without);
    mem_free(data->maps);
  }
  mem_free(data->margins);
  mem_free(data->weights);
  mem_free(data->labels);
  mem_free(data->predictions);
  mem_free(data->units);
  audit_release_halves(data);
  *data = (audit_data){0};
}
