#include "despur/rates.h"

#include "base/memory.h"
#include "base/text.h"
#include "eval/predictions/parts.h"
#include "eval/predictions/predicted.h"
#include "eval/rates/rate_kinds.h"
#include "eval/rates/spread.h"
#include "eval/rates/together.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"

#include <math.h>
#include <string.h>

static const char *const WORDS[DESPUR_SPREAD_KINDS] = {"accuracy", "error",     "tpr", "fnr",       "fpr",
                                                       "tnr",      "precision", "f1",  "selection", "odds"};

const char *despur_rate_word(despur_rate_kind kind) {
  return (unsigned)kind < DESPUR_SPREAD_KINDS ? WORDS[kind] : "";
}

despur_rate_kind despur_rate_of_word(const char *word) {
  int kind = 0;
  while (kind < DESPUR_SPREAD_KINDS && strcmp(WORDS[kind], word) != 0) kind++;
  return (despur_rate_kind)kind;
}

/* ---- one rate ---- */

static void set_counts(despur_rate *out, const despur_rates_part *p, despur_rate_kind kind) {
  size_t negative = p->count - p->positive, false_hits = p->selected - p->hits;
  const size_t counts[DESPUR_RATE_KINDS][2] = {[DESPUR_ACCURACY] = {p->correct, p->count},
                                               [DESPUR_ERROR] = {p->count - p->correct, p->count},
                                               [DESPUR_TRUE_POSITIVE] = {p->hits, p->positive},
                                               [DESPUR_FALSE_NEGATIVE] = {p->positive - p->hits, p->positive},
                                               [DESPUR_FALSE_POSITIVE] = {false_hits, negative},
                                               [DESPUR_TRUE_NEGATIVE] = {negative - false_hits, negative},
                                               [DESPUR_PRECISION] = {p->hits, p->selected},
                                               [DESPUR_F1] = {p->hits, p->positive + false_hits},
                                               [DESPUR_SELECTION] = {p->selected, p->count}};
  out->part = counts[kind][0];
  out->whole = counts[kind][1];
}

static double f1_of(double jaccard) {
  return 2 * jaccard / (1 + jaccard);
}

/* z: as effective_interval has it. */
static despur_rate rate_at(const despur_rates_part *part, despur_rate_kind kind, double z) {
  despur_rate rate = {.value = (double)NAN};
  set_counts(&rate, part, kind);
  despur_effective of =
      part->effective ? part->effective[kind] : (despur_effective){.count = (double)rate.whole};
  rate.value = effective_share(of, rate.part, rate.whole);
  despur_interval ends = effective_interval(rate.value, of, z);
  rate.low = ends.low;
  rate.high = ends.high;
  if (kind != DESPUR_F1 || rate.whole == 0) return rate;
  rate.value = of.weighted ? f1_of(of.share) : 2 * (double)rate.part / (double)(rate.whole + rate.part);
  rate.low = f1_of(ends.low);
  rate.high = f1_of(ends.high);
  return rate;
}

despur_rate despur_rates_rate(const despur_rates_part *part, despur_rate_kind kind, double confidence) {
  const double none = (double)NAN;
  if ((unsigned)kind >= DESPUR_RATE_KINDS || !(confidence > 0 && confidence < 1))
    return (despur_rate){0, 0, none, none, none};
  return rate_at(part, kind, normal_quantile(0.5 + 0.5 * confidence));
}

/* ---- how far parts are apart ---- */

/* What is needed again and again. */
typedef struct spreader {
  const despur_rates *rates;
  const together *together; /* of the class at hand */
  spread_side *sides;       /* [parts_count] */
  size_t count;             /* for which, at which confidence, z is what it is */
  double confidence, z;
} spreader;

static despur_spread no_spread(size_t parts) {
  double none = (double)NAN;
  return (despur_spread){parts, parts, none, none, none, none, none, none};
}

static despur_spread spread_of(spreader *s, const despur_class_rates *of, despur_rate_kind kind,
                               double confidence) {
  size_t among = s->rates->parts_count - s->rates->parts_aside, count = 0;
  despur_spread out = no_spread(s->rates->parts_count);
  for (size_t k = 0; k < among; k++) {
    despur_rate rate = {0};
    set_counts(&rate, &of->parts[k], kind);
    if (rate.whole > 0) s->sides[count++].part = k;
  }
  if (count < 2) return out;
  if (count != s->count || confidence != s->confidence) {
    s->z = s->together->of         ? spread_quantile_of_pairs(count, confidence)
           : s->rates->share_units ? spread_quantile_of_any(count, confidence)
                                   : spread_quantile(count, confidence);
    s->count = count;
    s->confidence = confidence;
  }
  for (size_t i = 0; i < count; i++) {
    size_t part = s->sides[i].part;
    despur_rate rate = rate_at(&of->parts[part], kind, s->z);
    s->sides[i] = (spread_side){rate.value, rate.low, rate.high, part};
  }
  const double *correlations = together_of(s->together, kind);
  if (correlations)
    spread_measure_together(&out, s->sides, count, correlations, s->together->parts);
  else
    spread_measure(&out, s->sides, count, s->rates->share_units);
  return out;
}

/* Where one of two does not exist, the other is all there is. */
static double larger(double a, double b) {
  return isnan(a) ? b : isnan(b) || a > b ? a : b;
}

static double smaller(double a, double b) {
  return isnan(a) ? b : isnan(b) || a < b ? a : b;
}

/* Each of two intervals misses half as often, so that both hold with the confidence (Bonferroni). */
static despur_spread spread_of_odds(spreader *s, const despur_class_rates *of) {
  double confidence = 0.5 + 0.5 * s->rates->confidence;
  despur_spread t = spread_of(s, of, DESPUR_TRUE_POSITIVE, confidence);
  despur_spread f = spread_of(s, of, DESPUR_FALSE_POSITIVE, confidence);
  despur_spread out = isnan(f.difference) || t.difference >= f.difference ? t : f;
  if (isnan(t.difference) || isnan(f.difference)) return no_spread(s->rates->parts_count);
  out.difference_low = larger(t.difference_low, f.difference_low);
  out.difference_high = larger(t.difference_high, f.difference_high);
  out.ratio = smaller(t.ratio, f.ratio);
  out.ratio_low = smaller(t.ratio_low, f.ratio_low);
  out.ratio_high = smaller(t.ratio_high, f.ratio_high);
  return out;
}

/* rows: where parts may depend on each other. */
static despur_status measure_spreads(despur_rates *out, const despur_predicted *p, const unit_rows *rows,
                                     const uint32_t *keys, despur_error *error) {
  despur_status status = DESPUR_OK;
  together correlations = {0};
  spreader s = {.rates = out, .together = &correlations};
  TRY(mem_alloc(&s.sides, out->parts_count, sizeof *s.sides, error));
  for (size_t c = 0; c < out->classes_count; c++) {
    despur_class_rates *of = &out->classes[c];
    together_release(&correlations);
    if (out->share_units && keys)
      TRY(together_find(&correlations, out->parts_count - out->parts_aside, p, of->class_index, rows, keys,
                        error));
    for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++)
      of->spreads[kind] = spread_of(&s, of, (despur_rate_kind)kind, out->confidence);
    of->spreads[DESPUR_EQUALISED_ODDS] = spread_of_odds(&s, of);
  }
cleanup:
  together_release(&correlations);
  mem_free(s.sides);
  return status;
}

/* ---- counts ---- */

static despur_status choose_classes(despur_rates *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_rates_part *parts;
  bool one = p->positive_known || p->classes <= 2;
  size_t row = out->parts_count + 1; /* the last one is for all examples */
  if (p->positive_known && p->positive >= p->classes)
    FAIL(error, DESPUR_BAD_INPUT, "rates: class %u of %zu classes cannot be positive", p->positive,
         p->classes);
  out->classes_count = one ? p->classes > 0 : p->classes <= DESPUR_MOST_RATES / row ? p->classes : 0;
  TRY(mem_alloc(&out->classes, out->classes_count, sizeof *out->classes, error));
  TRY(mem_alloc(&parts, out->classes_count * row, sizeof *parts, error));
  if (out->classes_count == 0) mem_free(parts);
  for (size_t c = 0; c < out->classes_count; c++) {
    out->classes[c].parts = parts + c * row;
    out->classes[c].class_index = (uint32_t)(!one ? c : p->positive_known ? p->positive : p->classes - 1);
  }
cleanup:
  return status;
}

/* The rates in which a class is positive, or NULL. */
static despur_class_rates *rates_of(despur_rates *out, uint32_t class) {
  if (out->classes_count > 1) return &out->classes[class];
  return out->classes_count == 1 && out->classes[0].class_index == class ? &out->classes[0] : NULL;
}

/* by: 1, or -1 for a repeat that is no example of its own (unsigned numbers wrap around). */
static void count_row(despur_rates *out, const despur_predicted *p, size_t i, size_t part, size_t by) {
  uint32_t label = p->labels[i], prediction = p->predictions[i];
  despur_class_rates *of_label = rates_of(out, label), *of_prediction = rates_of(out, prediction);
  out->classes[0].parts[part].count += by;
  out->classes[0].parts[part].correct += label == prediction ? by : 0;
  if (of_label) of_label->parts[part].positive += by;
  if (of_prediction) of_prediction->parts[part].selected += by;
  if (of_label && label == prediction) of_label->parts[part].hits += by;
}

static void add_up(despur_rates *out) {
  for (size_t c = 0; c < out->classes_count; c++) {
    despur_class_rates *of = &out->classes[c];
    of->all.name = "all examples";
    for (size_t k = 0; k <= out->parts_count; k++) {
      despur_rates_part *part = &of->parts[k];
      if (k < out->parts_count) part->name = out->names[k];
      part->count = out->classes[0].parts[k].count;
      part->correct = out->classes[0].parts[k].correct;
      of->all.count += part->count;
      of->all.correct += part->correct;
      of->all.positive += part->positive;
      of->all.selected += part->selected;
      of->all.hits += part->hits;
    }
  }
}

/* ---- units ---- */

/* Rows of one unit, in the cells of a kind, of a part or of all (the last). */
static void tally_row(unit_tally *t, size_t parts, size_t part, double weight, bool example, rate_row row) {
  for (size_t k = 0; k < RATE_KINDS_COUNTED; k++) {
    size_t first = (size_t)rate_kinds_counted[k] * (parts + 1);
    bool hit;
    if (!rate_counts(&hit, rate_kinds_counted[k], row)) continue;
    if (part < parts) unit_tally_add(t, first + part, weight, hit);
    if (example) unit_tally_add(t, first + parts, weight, hit);
  }
}

/* What a rate leaves is as sure as it is. */
static void take_effective(despur_effective *out, const unit_tally *t, size_t cells, size_t cell) {
  for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
    despur_rate_kind counted = rate_kind_counted((despur_rate_kind)kind);
    out[kind] = unit_effective(&t->sums[(size_t)counted * cells + cell]);
    if (counted != (despur_rate_kind)kind && out[kind].weighted) out[kind].share = 1 - out[kind].share;
  }
}

/* effective: [classes_count, parts_count + 1, DESPUR_RATE_KINDS] */
static despur_status weigh_class(despur_effective *effective, const despur_rates *rates,
                                 const despur_predicted *p, const unit_rows *rows, const uint32_t *keys,
                                 size_t class, despur_error *error) {
  despur_status status = DESPUR_OK;
  unit_tally tally = {0};
  size_t parts = rates->parts_count, cells = parts + 1;
  uint32_t positive = rates->classes[class].class_index;
  TRY(unit_tally_create(&tally, cells * DESPUR_RATE_KINDS, p->weights, error));
  for (size_t u = 0; u < rows->units; u++) {
    for (size_t i = rows->first[u]; i < rows->first[u + 1]; i++) {
      uint32_t row = rows->rows[i], label = p->labels[row], prediction = p->predictions[row];
      tally_row(&tally, parts, keys ? keys[row] : parts, row_weight(p, row), row < predicted_examples(p),
                (rate_row){label == positive, prediction == positive, label == prediction});
    }
    unit_tally_end(&tally);
  }
  for (size_t k = 0; k < cells; k++)
    take_effective(effective + (class * cells + k) * DESPUR_RATE_KINDS, &tally, cells, k);
cleanup:
  unit_tally_release(&tally);
  return status;
}

static despur_status weigh_units(despur_rates *out, const despur_predicted *p, const unit_rows *rows,
                                 const uint32_t *keys, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t cells = out->parts_count + 1;
  TRY(mem_alloc(&out->effective, out->classes_count * cells * DESPUR_RATE_KINDS, sizeof *out->effective,
                error));
  out->share_units |= p->units && unit_rows_share(rows, keys, out->parts_count - out->parts_aside);
  for (size_t c = 0; c < out->classes_count; c++) {
    despur_class_rates *of = &out->classes[c];
    TRY(weigh_class(out->effective, out, p, rows, keys, c, error));
    for (size_t k = 0; k < out->parts_count; k++)
      of->parts[k].effective = out->effective + (c * cells + k) * DESPUR_RATE_KINDS;
    of->all.effective = out->effective + (c * cells + out->parts_count) * DESPUR_RATE_KINDS;
  }
cleanup:
  return status;
}

despur_status despur_rates_compute(despur_rates *out, const despur_predicted *p, double confidence,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  predicted_parts parts = {0};
  unit_rows rows = {0};
  *out = (despur_rates){.confidence = confidence};
  TRY(check_confidence(confidence, error));
  TRY(predicted_check(p, error));
  TRY(predicted_parts_find(&parts, p, error));
  out->parts_count = parts.count;
  out->parts_aside = parts.aside;
  out->names = parts.names;
  parts.names = NULL;
  out->share_units = p->repeats > 0;
  TRY(choose_classes(out, p, error));
  for (size_t i = 0; out->classes_count > 0 && i < p->count; i++)
    count_row(out, p, i, parts.keys ? parts.keys[i] : 0, 1);
  /* what all parts have in all is more than all examples by the repeats */
  for (size_t i = predicted_examples(p); out->classes_count > 0 && i < p->count; i++)
    count_row(out, p, i, out->parts_count, (size_t)-1);
  add_up(out);
  if (p->units || p->weights || p->repeats > 0) TRY(unit_rows_find(&rows, p, error));
  if ((p->units || p->weights) && out->classes_count > 0) TRY(weigh_units(out, p, &rows, parts.keys, error));
  TRY(measure_spreads(out, p, &rows, parts.keys, error));
cleanup:
  unit_rows_release(&rows);
  predicted_parts_release(&parts);
  if (status != DESPUR_OK) despur_rates_release(out);
  return status;
}

void despur_rates_release(despur_rates *rates) {
  if (rates->classes && rates->classes_count > 0) mem_free(rates->classes[0].parts);
  mem_free(rates->classes);
  mem_free(rates->effective);
  mem_free((void *)rates->names);
  *rates = (despur_rates){0};
}
