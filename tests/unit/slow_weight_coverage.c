/* How often intervals of weighted accuracies miss, and tests reject what is true. Its output is the table in
 * docs/statistics.md. Weights are lognormal; rows that weigh more may be right more often, or less. */
#include "units_testing.h"

#include "base/math.h"
#include "eval/statistics/distribution.h"

enum { DRAWS = 1000 };

typedef struct weights_design {
  units_design rows;
  double sigma; /* of the weights' logarithms */
  double heavy; /* accuracy of rows above the median weight, where it differs from that of others; else 0 */
  bool units;   /* they are drawn, not rows */
} weights_design;

#define ALL(a)                                                                                               \
  { a, a, a, a }

static double weights[UNITS_ROWS];

/* Of the population: a share Phi(sigma) of all weight lies above the median. */
static double truth_of(const weights_design *d) {
  double share = normal_below(d->sigma), light = d->rows.accuracy[0];
  return d->heavy > 0 ? share * d->heavy + (1 - share) * light : light;
}

static void weigh(units_sample *s, const weights_design *d, random_stream *stream) {
  for (size_t i = 0; i < s->model[0].count; i++) {
    double z = normal_quantile(0.5 + 0.999999 * (random_uniform(stream) - 0.5));
    weights[i] = math_exp(d->sigma * z);
    for (int model = 0; model < 2 && d->heavy > 0 && z > 0; model++) {
      bool right = random_uniform(stream) < d->heavy;
      s->predictions[model][i] = right ? s->labels[i] : 1 - s->labels[i];
    }
  }
  for (int model = 0; model < 2; model++) {
    s->model[model].weights = weights;
    if (!d->units) s->model[model].units = NULL;
  }
}

static units_misses measure(const weights_design *d, uint64_t seed) {
  static units_sample sample;
  despur_error error;
  random_stream stream = random_open(seed, "weights", 0);
  units_misses m = {.draws = DRAWS};
  units_design truth = d->rows;
  for (int g = 0; g < 4; g++) truth.accuracy[g] = truth_of(d);
  for (size_t i = 0; i < DRAWS; i++) {
    despur_comparison c;
    units_draw(&sample, &d->rows, &stream);
    weigh(&sample, d, &stream);
    units_count_scores(&m, &truth, &sample.model[0]);
    sample.model[0].groups_aside = 4; /* the worst of them takes most of the time */
    assert_ok(despur_compare(&c, &sample.model[0], &sample.model[1], 0.95, &error));
    m.difference += units_outside(0, c.groups[0].low, c.groups[0].high);
    m.differ += c.groups[0].p_value <= 0.05;
    despur_comparison_release(&c);
  }
  return m;
}

static void assert_at_most(const weights_design *d, const char *what, size_t misses, double most) {
  double share = (double)misses / DRAWS, slack = 3 * sqrt(most * (1 - most) / DRAWS);
  if (share > most + slack) fail_msg("%s: %s misses %.1f %%", d->rows.name, what, 100 * share);
}

static void intervals_hold_for_weights(void **state) {
  (void)state;
  const weights_design designs[] = {
      {{"200 rows; 0.5; 80 %", 20, 0, ALL(0.8), false, 0, 0.5}, 0.5, 0, false},
      {{"200 rows; 1; 80 %", 20, 0, ALL(0.8), false, 0, 0.5}, 1, 0, false},
      {{"2000 rows; 0.5; 80 %", 200, 0, ALL(0.8), false, 0, 0.5}, 0.5, 0, false},
      {{"2000 rows; 1; 80 %", 200, 0, ALL(0.8), false, 0, 0.5}, 1, 0, false},
      {{"2000 rows; 1; 95 %", 200, 0, ALL(0.95), false, 0, 0.5}, 1, 0, false},
      {{"2000 rows; 1; heavy ones 60 %, others 90 %", 200, 0, ALL(0.9), false, 0, 0.5}, 1, 0.6, false},
      {{"2000 rows; 1; heavy ones 90 %, others 60 %", 200, 0, ALL(0.6), false, 0, 0.5}, 1, 0.9, false},
      {{"200 units, correlation 0.3; 0.5; 80 %", 200, 0.3, ALL(0.8), false, 0, 0.5}, 0.5, 0, true},
      {{"200 units, correlation 0.3; 1; 80 %", 200, 0.3, ALL(0.8), false, 0, 0.5}, 1, 0, true},
  };
  for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
    const weights_design *d = &designs[i];
    units_misses m = measure(d, i);
    units_print(&d->rows, &m);
    assert_at_most(d, "the interval of a group", m.group, 0.075);
    assert_at_most(d, "the interval of the average", m.average, 0.065);
    assert_at_most(d, "the interval of the worst group", m.worst, 0.065);
    assert_at_most(d, "the interval of a spread", m.spread, 0.07);
    assert_at_most(d, "the interval of a difference", m.difference, 0.065);
    assert_at_most(d, "the test of a difference", m.differ, 0.065);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_hold_for_weights)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
