/* Calibration, proper scores, ranking and confusion of predictions, group by group. */
#include "despur/measures.h"

#include "base/math.h"
#include "base/memory.h"
#include "eval/predicted.h"

#include <math.h>
#include <stdlib.h>

static const size_t MOST_CELLS = (size_t)1 << 24; /* of all confusion matrices */

double log_loss(double p) {
  return -math_log(p > 1e-15 ? p : 1e-15);
}

/* Sums are kept in the fields of the means until all examples are in. */
static void add_probabilities(despur_group_measures *m, const double *p, size_t classes, uint32_t label,
                              uint32_t prediction) {
  double confidence = p[prediction], brier = 0;
  size_t bin = confidence > 0 ? (size_t)ceil(confidence * DESPUR_RELIABILITY_BINS) - 1 : 0;
  if (bin >= DESPUR_RELIABILITY_BINS) bin = DESPUR_RELIABILITY_BINS - 1;
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

typedef struct ranked {
  uint32_t group;
  double score; /* probability of class 1 */
  uint32_t label;
} ranked;

static int by_score(const void *a, const void *b) {
  double x = ((const ranked *)a)->score, y = ((const ranked *)b)->score;
  return (x > y) - (x < y);
}

static int by_group_and_score(const void *a, const void *b) {
  uint32_t x = ((const ranked *)a)->group, y = ((const ranked *)b)->group;
  return x == y ? by_score(a, b) : x > y ? 1 : -1;
}

/* Mann and Whitney's statistic of sorted scores, as a share of all pairs. */
static double ranking(const ranked *sorted, size_t count) {
  double pairs_won = 0, zeros = 0, ones = 0;
  for (size_t i = 0, end; i < count; i = end) {
    double tied_zeros = 0, tied_ones = 0;
    for (end = i; end < count && sorted[end].score == sorted[i].score; end++)
      if (sorted[end].label)
        tied_ones++;
      else
        tied_zeros++;
    pairs_won += tied_ones * (zeros + 0.5 * tied_zeros);
    zeros += tied_zeros;
    ones += tied_ones;
  }
  return zeros > 0 && ones > 0 ? pairs_won / (zeros * ones) : (double)NAN;
}

static despur_status rank(despur_measures *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  ranked *order = NULL;
  TRY(mem_alloc(&order, p->count, sizeof *order, error));
  for (size_t i = 0; i < p->count; i++)
    order[i] = (ranked){p->groups[i], p->probabilities[2 * i + 1], p->labels[i]};
  qsort(order, p->count, sizeof *order, by_score);
  out->all.auroc = ranking(order, p->count);
  qsort(order, p->count, sizeof *order, by_group_and_score);
  for (size_t i = 0, end; i < p->count; i = end) {
    for (end = i; end < p->count && order[end].group == order[i].group; end++) continue;
    if (order[i].group != DESPUR_NO_GROUP) out->groups[order[i].group].auroc = ranking(order + i, end - i);
  }
cleanup:
  mem_free(order);
  return status;
}

/* ---- */

static despur_group_measures *part(despur_measures *measures, size_t index) {
  return index == 0 ? &measures->all : &measures->groups[index - 1];
}

/* Bins and matrices of all parts lie one behind the other, those of all examples first. */
static despur_status allocate(despur_measures *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t parts = p->groups_count + 1, cells = p->classes * p->classes;
  despur_reliability_bin *bins = NULL;
  size_t *confusion = NULL;
  TRY(mem_alloc(&out->groups, p->groups_count, sizeof *out->groups, error));
  if (p->probabilities) TRY(mem_alloc(&bins, parts * DESPUR_RELIABILITY_BINS, sizeof *bins, error));
  out->all.bins = bins;
  if (cells <= MOST_CELLS / parts) TRY(mem_alloc(&confusion, parts * cells, sizeof *confusion, error));
  for (size_t i = 0; i < parts; i++) {
    despur_group_measures *m = part(out, i);
    if (bins) m->bins = bins + i * DESPUR_RELIABILITY_BINS;
    if (confusion) m->confusion = confusion + i * cells;
    m->auroc = (double)NAN;
  }
cleanup:
  return status;
}

despur_status despur_measures_compute(despur_measures *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (despur_measures){
      .groups_count = p->groups_count, .classes = p->classes, .bins = DESPUR_RELIABILITY_BINS};
  TRY(allocate(out, p, error));
  for (size_t i = 0; i < p->count; i++) {
    add_example(&out->all, p, i);
    if (p->groups[i] != DESPUR_NO_GROUP) add_example(&out->groups[p->groups[i]], p, i);
  }
  for (size_t i = 0; i <= p->groups_count; i++) finish(part(out, i));
  if (p->probabilities && p->classes == 2) TRY(rank(out, p, error));
cleanup:
  if (status != DESPUR_OK) despur_measures_release(out);
  return status;
}

void despur_measures_release(despur_measures *measures) {
  mem_free(measures->all.bins);
  mem_free(measures->all.confusion);
  mem_free(measures->groups);
  *measures = (despur_measures){0};
}
