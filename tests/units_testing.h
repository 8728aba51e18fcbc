/* Predictions of two models for rows that come from units drawn at random, as often as one likes. */
#ifndef UNITS_TESTING_H
#define UNITS_TESTING_H

#include "testing.h"

#include "base/random.h"
#include "despur/compare.h"
#include "despur/rates.h"

enum { UNITS_MOST = 400, UNITS_SIZE = 19, UNITS_ROWS = UNITS_MOST * UNITS_SIZE };

/* Rows of a unit are right together: their correlation is icc (beta-binomial, drawn from Polya's urn). */
typedef struct units_design {
  const char *name;
  size_t units;
  double icc;
  double accuracy[4]; /* by label and attribute: label + 2 attribute */
  bool crossing;      /* a unit has rows of both attributes, else of one */
  int together;  /* whether rows of both labels are right together: 0 by chance only, 1 yes, -1 one or the
                    other */
  double shared; /* how often the second model answers as the first does */
} units_design;

typedef struct units_sample {
  uint32_t labels[UNITS_ROWS], attributes[UNITS_ROWS], groups[UNITS_ROWS], units[UNITS_ROWS];
  uint32_t predictions[2][UNITS_ROWS];
  despur_predicted model[2];
} units_sample;

/* One urn for each accuracy; the unit's skill moves all of them alike. */
typedef struct units_urn {
  double right, wrong;
} units_urn;

static inline bool units_pull(random_stream *stream, units_urn *urn, double icc) {
  bool right = random_uniform(stream) * (urn->right + urn->wrong) < urn->right;
  if (icc > 0) *(right ? &urn->right : &urn->wrong) += 1;
  return right;
}

static inline units_urn units_fill(double accuracy, double icc) {
  double balls = icc > 0 ? (1 - icc) / icc : 1;
  return (units_urn){accuracy * balls, (1 - accuracy) * balls};
}

static inline void units_draw_rows(units_sample *s, size_t *count, const units_design *d, uint32_t unit,
                                   random_stream *stream) {
  size_t size = 1 + random_below(stream, UNITS_SIZE);
  uint32_t own = random_below(stream, 2);
  units_urn urns[2][4];
  for (int model = 0; model < 2; model++)
    for (int k = 0; k < 4; k++) urns[model][k] = units_fill(d->accuracy[k], d->icc);
  for (size_t i = 0; i < size; i++) {
    size_t row = (*count)++;
    uint32_t label = random_below(stream, 2), attribute = d->crossing ? random_below(stream, 2) : own;
    uint32_t group = label + 2 * attribute;
    bool same = random_uniform(stream) < d->shared, right[2];
    for (int model = 0; model < 2; model++) {
      units_urn *urn = urns[model];
      size_t at = d->together ? attribute * 2 : group; /* both labels pull from one urn */
      right[model] = units_pull(stream, &urn[at], d->icc) != (d->together < 0 && label == 1);
    }
    if (same) right[1] = right[0];
    s->labels[row] = label;
    s->attributes[row] = attribute;
    s->groups[row] = group;
    s->units[row] = unit;
    for (int model = 0; model < 2; model++) s->predictions[model][row] = right[model] ? label : 1 - label;
  }
}

static inline void units_draw(units_sample *s, const units_design *d, random_stream *stream) {
  static const char *const NAMES[] = {"y=0,a=0", "y=1,a=0", "y=0,a=1", "y=1,a=1"};
  size_t count = 0;
  for (uint32_t u = 0; u < d->units; u++) units_draw_rows(s, &count, d, u, stream);
  for (int model = 0; model < 2; model++)
    s->model[model] = (despur_predicted){.count = count,
                                         .classes = 2,
                                         .groups_count = 4,
                                         .labels = s->labels,
                                         .predictions = s->predictions[model],
                                         .groups = s->groups,
                                         .attributes = s->attributes,
                                         .units = s->units,
                                         .units_count = d->units,
                                         .names = (const char **)(uintptr_t)NAMES,
                                         .loss = (double)NAN};
}

/* How often intervals miss, and true hypotheses are rejected. */
typedef struct units_misses {
  size_t draws, group, rows, average, worst, spread, difference,
      differ; /* rows: group, had they been drawn */
} units_misses;

static inline bool units_outside(double truth, double low, double high) {
  return truth < low - 1e-12 || truth > high + 1e-12;
}

static inline double units_truth(const units_design *d, size_t group) {
  return d->together < 0 && group % 2 == 1 ? 1 - d->accuracy[group - 1] : d->accuracy[group];
}

static inline void units_count_scores(units_misses *m, const units_design *d, despur_predicted *p) {
  despur_error error;
  despur_scores scores;
  despur_rates rates;
  double worst = 1, average = 0, by[2];
  for (size_t g = 0; g < 4; g++) worst = fmin(worst, units_truth(d, g));
  for (size_t a = 0; a < 2; a++) by[a] = 0.5 * (units_truth(d, 2 * a) + units_truth(d, 2 * a + 1));
  average = 0.5 * (by[0] + by[1]);
  assert_ok(despur_predicted_scores(&scores, p, &error));
  m->group += units_outside(units_truth(d, 0), scores.groups[0].low, scores.groups[0].high);
  despur_interval rows = despur_wilson_interval(scores.groups[0].correct, scores.groups[0].count, 0.95);
  m->rows += units_outside(units_truth(d, 0), rows.low, rows.high);
  m->worst += units_outside(worst, scores.worst_group_low, scores.worst_group_high);
  despur_interval all = despur_effective_interval(scores.correct, scores.count, scores.effective, 0.95);
  m->average += units_outside(average, all.low, all.high);
  assert_ok(despur_rates_compute(&rates, p, 0.95, &error));
  const despur_spread *s = &rates.classes[0].spreads[DESPUR_ACCURACY];
  m->spread += units_outside(fabs(by[1] - by[0]), s->difference_low, s->difference_high);
  despur_rates_release(&rates);
  despur_scores_release(&scores);
}

/* Both models are equally good everywhere. */
static inline units_misses units_measure(const units_design *d, size_t draws, uint64_t seed) {
  static units_sample sample;
  despur_error error;
  random_stream stream = random_open(seed, "units", 0);
  units_misses m = {.draws = draws};
  for (size_t i = 0; i < draws; i++) {
    despur_comparison c;
    units_draw(&sample, d, &stream);
    units_count_scores(&m, d, &sample.model[0]);
    sample.model[0].groups_aside = 4; /* the worst of them takes most of the time */
    assert_ok(despur_compare(&c, &sample.model[0], &sample.model[1], 0.95, &error));
    m.difference += units_outside(0, c.groups[0].low, c.groups[0].high);
    m.differ += c.groups[0].p_value <= 0.05;
    despur_comparison_release(&c);
  }
  return m;
}

static inline void units_print(const units_design *d, const units_misses *m) {
  double n = (double)m->draws / 100;
  printf("%-58s group %.1f (as rows %.1f) average %.1f worst %.1f spread %.1f difference %.1f test "
         "%.1f\n",
         d->name, (double)m->group / n, (double)m->rows / n, (double)m->average / n, (double)m->worst / n,
         (double)m->spread / n, (double)m->difference / n, (double)m->differ / n);
}

#endif
