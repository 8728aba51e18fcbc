/* Calibration, proper scores, ranking and confusion of predictions, group by group. */
#include "despur/measures.h"

#include "base/math.h"
#include "base/memory.h"
#include "base/text.h"
#include "eval/predictions/parts.h"
#include "eval/predictions/predicted.h"
#include "eval/rates/ranking.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t MOST_CELLS = (size_t)1 << 24; /* of all confusion matrices */

double log_loss(double p) {
  return -math_log(p > 1e-15 ? p : 1e-15);
}

/* The edge between two bins, as a file would have it. */
static double edge(size_t b) {
  return (double)b / DESPUR_RELIABILITY_BINS;
}

/* A product rounds otherwise than the edges do, so it is a guess only. */
static size_t bin_of(double confidence) {
  size_t bin = (size_t)(confidence * DESPUR_RELIABILITY_BINS);
  if (bin >= DESPUR_RELIABILITY_BINS) bin = DESPUR_RELIABILITY_BINS - 1;
  while (bin > 0 && confidence <= edge(bin)) bin--;
  while (bin + 1 < DESPUR_RELIABILITY_BINS && confidence > edge(bin + 1)) bin++;
  return bin;
}

/* Sums are kept in the fields of the means until all examples are in. */
static void add_probabilities(despur_group_measures *m, const double *p, size_t classes, uint32_t label,
                              uint32_t prediction) {
  double confidence = p[prediction], brier = 0;
  size_t bin = bin_of(confidence);
  m->bins[bin].count++;
  m->bins[bin].correct += prediction == label;
  m->bins[bin].confidence += confidence;
  for (size_t c = 0; c < classes; c++) {
    double off = p[c] - (c == label);
    brier += off * off;
  }
  m->brier += brier;
  m->log_loss += log_loss(p[label]);
}

static void add_example(despur_group_measures *m, const despur_predicted *p, size_t i) {
  m->count++;
  if (m->confusion) m->confusion[p->labels[i] * p->classes + p->predictions[i]]++;
  if (m->bins)
    add_probabilities(m, p->probabilities + i * p->classes, p->classes, p->labels[i], p->predictions[i]);
}

/* From sums to means. */
static void finish(despur_group_measures *m) {
  double count = (double)m->count, error = 0;
  if (!m->bins || m->count == 0) {
    m->calibration_error = m->brier = m->log_loss = (double)NAN;
  } else {
    m->brier /= count;
    m->log_loss /= count;
  }
  for (size_t b = 0; m->bins && b < DESPUR_RELIABILITY_BINS; b++) {
    despur_reliability_bin *bin = &m->bins[b];
    error += fabs((double)bin->correct - bin->confidence);
    bin->confidence = bin->count ? bin->confidence / (double)bin->count : (double)NAN;
  }
  if (m->bins && m->count > 0) m->calibration_error = error / count;
}

/* ---- ranking ---- */

/* Rankings within the parts that keys name; DESPUR_NO_GROUP is none. keys: NULL for all examples as one. */
static despur_status rank(despur_group_measures *parts, size_t parts_count, const uint32_t *keys,
                          const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = keys ? p->count : predicted_examples(p), *ends = NULL, first = 0;
  uint64_t *order = NULL, *scratch = NULL;
  TRY(mem_alloc(&order, count, sizeof *order, error));
  TRY(mem_alloc(&scratch, count, sizeof *scratch, error));
  TRY(mem_alloc(&ends, parts_count + 1, sizeof *ends, error));
  for (size_t i = 0; i < count; i++) {
    uint32_t part = keys ? keys[i] : 0;
    if (part != DESPUR_NO_GROUP) ends[part + 1]++;
  }
  for (size_t k = 0; k < parts_count; k++) ends[k + 1] += ends[k]; /* where each begins, for now */
  for (size_t i = 0; i < count; i++) {
    uint32_t part = keys ? keys[i] : 0;
    if (part != DESPUR_NO_GROUP)
      order[ends[part]++] = ranking_key(p->probabilities[2 * i + 1], p->labels[i] == 1);
  }
  for (size_t k = 0; k < parts_count; first = ends[k++])
    parts[k].auroc = ranking_area(order + first, scratch, ends[k] - first);
cleanup:
  mem_free(order);
  mem_free(scratch);
  mem_free(ends);
  return status;
}

/* ---- */

/* The parts of a whole lie one behind the other: all, groups, attributes, predictions. */
static size_t count_parts(const despur_measures *m) {
  return 1 + m->groups_count + m->attributes_count + m->classes;
}

static despur_group_measures *part(despur_measures *measures, size_t index) {
  return index == 0 ? &measures->all : &measures->groups[index - 1];
}

/* Bins and matrices lie one behind the other as well, those of all examples first. */
static despur_status allocate(despur_measures *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t parts = count_parts(out), matrices = p->groups_count + 1, cells = p->classes * p->classes;
  despur_reliability_bin *bins = NULL;
  size_t *confusion = NULL;
  TRY(mem_alloc(&out->groups, parts - 1, sizeof *out->groups, error));
  out->attributes = out->groups + out->groups_count;
  out->predictions = out->attributes + out->attributes_count;
  if (p->probabilities) TRY(mem_alloc(&bins, parts * DESPUR_RELIABILITY_BINS, sizeof *bins, error));
  out->all.bins = bins;
  if (cells <= MOST_CELLS / matrices) TRY(mem_alloc(&confusion, matrices * cells, sizeof *confusion, error));
  for (size_t i = 0; i < parts; i++) {
    despur_group_measures *m = part(out, i);
    if (bins) m->bins = bins + i * DESPUR_RELIABILITY_BINS;
    if (confusion && i < matrices) m->confusion = confusion + i * cells;
    m->auroc = (double)NAN;
  }
cleanup:
  return status;
}

static despur_status find_labels_of_groups(despur_measures *out, const despur_predicted *p,
                                           despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *label = NULL; /* [groups] 1 and up, 0: none yet */
  TRY(mem_alloc(&label, p->groups_count, sizeof *label, error));
  out->groups_have_one_label = 1;
  for (size_t i = 0; i < p->count; i++) {
    if (p->groups[i] == DESPUR_NO_GROUP) continue;
    uint32_t *here = &label[p->groups[i]];
    if (*here && *here != p->labels[i] + 1) out->groups_have_one_label = 0;
    *here = p->labels[i] + 1;
  }
cleanup:
  mem_free(label);
  return status;
}

/* ---- */

static void add_row(despur_measures *out, const despur_predicted *p, const uint32_t *attribute, size_t i) {
  if (i < predicted_examples(p)) {
    add_example(&out->all, p, i);
    add_example(&out->predictions[p->predictions[i]], p, i);
  }
  if (p->groups[i] != DESPUR_NO_GROUP) add_example(&out->groups[p->groups[i]], p, i);
  if (out->attributes_count > 0) add_example(&out->attributes[attribute[i]], p, i);
}

despur_status despur_measures_compute(despur_measures *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  predicted_parts parts = {0};
  *out = (despur_measures){
      .groups_count = p->groups_count, .classes = p->classes, .bins = DESPUR_RELIABILITY_BINS};
  TRY(predicted_check(p, error));
  TRY(predicted_parts_find(&parts, p, error));
  out->attributes_count = parts.count;
  out->attribute_names = parts.names;
  parts.names = NULL;
  TRY(allocate(out, p, error));
  TRY(find_labels_of_groups(out, p, error));
  for (size_t i = 0; i < p->count; i++) add_row(out, p, parts.keys, i);
  for (size_t i = 0; i < count_parts(out); i++) finish(part(out, i));
  if (p->probabilities && p->classes == 2) {
    TRY(rank(&out->all, 1, NULL, p, error));
    TRY(rank(out->groups, out->groups_count, p->groups, p, error));
    if (parts.keys) TRY(rank(out->attributes, out->attributes_count, parts.keys, p, error));
  }
cleanup:
  predicted_parts_release(&parts);
  if (status != DESPUR_OK) despur_measures_release(out);
  return status;
}

void despur_measures_release(despur_measures *measures) {
  mem_free(measures->all.bins);
  mem_free(measures->all.confusion);
  mem_free(measures->groups);
  mem_free((void *)measures->attribute_names);
  *measures = (despur_measures){0};
}
