/* Rates by group agree with scikit-learn and fairlearn, their intervals with statsmodels and SciPy
 * (tests/golden/make_rates.py), and what is said of the most extreme ones holds as often as it should. */
#include "testing.h"

#include "base/random.h"
#include "despur/rates.h"
#include "eval/rates/spread.h"
#include "eval/statistics/draw.h"
#include "eval/statistics/range.h"
#include "eval/statistics/wilson.h"

#include "golden/rates.h"

#include <time.h>

static despur_error error;

static despur_predicted read_file(const char *name, const despur_columns *columns) {
  char path[100];
  despur_predicted got;
  snprintf(path, sizeof path, "tests/data/tables/%s", name);
  assert_ok(despur_predicted_read(&got, path, columns, &error));
  return got;
}

static void assert_same_real(double got, double wanted, double tolerance) {
  assert_true(isnan(got) == isnan(wanted));
  if (!isnan(wanted)) assert_near(got, wanted, tolerance);
}

/* Of one class by one partition. */
static void assert_rates(const despur_rates *rates, const despur_class_rates *of,
                         const struct golden_rates *parts, size_t count, const double spreads[2][9]) {
  assert_int_equal(rates->parts_count, count);
  for (size_t k = 0; k < count; k++) {
    assert_string_equal(of->parts[k].name, parts[k].name);
    for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
      despur_rate rate = despur_rates_rate(&of->parts[k], (despur_rate_kind)kind, 0.95);
      assert_same_real(rate.value, parts[k].value[kind], 1e-15);
      assert_same_real(rate.low, parts[k].ends[kind][0], 1e-12);
      assert_same_real(rate.high, parts[k].ends[kind][1], 1e-12);
    }
  }
  for (int kind = 0; kind < DESPUR_RATE_KINDS; kind++) {
    assert_same_real(of->spreads[kind].difference, spreads[0][kind], 1e-15);
    assert_same_real(of->spreads[kind].ratio, spreads[1][kind], 1e-15);
  }
}

#define ASSERT_RATES(rates, of, NAME)                                                                        \
  assert_rates(rates, of, NAME##_PARTS, sizeof NAME##_PARTS / sizeof *NAME##_PARTS, NAME##_SPREADS)

static void rates_by_one_column_and_by_both_agree_with_fairlearn(void **state) {
  (void)state;
  despur_predicted p = read_file("adult.csv", NULL);
  despur_rates sex, race, both;
  assert_int_equal(p.alone_count, 2);
  assert_string_equal(p.alone[0].attribute, "sex");
  assert_string_equal(p.attribute, "sex x race");
  assert_ok(despur_rates_compute(&sex, &p.alone[0], 0.95, &error));
  assert_ok(despur_rates_compute(&race, &p.alone[1], 0.95, &error));
  assert_ok(despur_rates_compute(&both, &p, 0.95, &error));
  assert_int_equal(both.classes_count, 1);
  assert_string_equal(p.class_names[both.classes[0].class_index], ">50K");
  assert_int_equal(race.parts_aside, 1);
  ASSERT_RATES(&sex, &sex.classes[0], ADULT_SEX);
  ASSERT_RATES(&race, &race.classes[0], ADULT_RACE);
  ASSERT_RATES(&both, &both.classes[0], ADULT_SEX_RACE);
  despur_rates_release(&sex);
  despur_rates_release(&race);
  despur_rates_release(&both);
  despur_predicted_release(&p);
}

/* Within each label, one column after the other. */
static void groups_of_each_column_alone_agree_with_fairlearn(void **state) {
  (void)state;
  despur_predicted p = read_file("adult.csv", NULL);
  size_t at = 0;
  for (size_t i = 0; i < p.alone_count; i++) {
    despur_scores scores;
    double worst = 1;
    assert_ok(despur_predicted_scores(&scores, &p.alone[i], &error));
    for (size_t g = 0; g < scores.groups_count; g++, at++) {
      assert_string_equal(scores.groups[g].name, ALONE[at].name);
      assert_int_equal(scores.groups[g].count, ALONE[at].count);
      assert_near(scores.groups[g].accuracy, ALONE[at].accuracy, 1e-15);
      if (!strstr(ALONE[at].name, "(missing)")) worst = fmin(worst, ALONE[at].accuracy);
    }
    assert_near(scores.worst_group_accuracy, worst, 1e-15);
    despur_scores_release(&scores);
  }
  assert_int_equal(at, sizeof ALONE / sizeof *ALONE);
  despur_predicted_release(&p);
}

static void several_classes_stand_against_the_others_one_by_one(void **state) {
  (void)state;
  despur_predicted p = read_file("three.csv", NULL);
  despur_rates all, one;
  assert_ok(despur_rates_compute(&all, &p, 0.95, &error));
  assert_int_equal(all.classes_count, 3);
  ASSERT_RATES(&all, &all.classes[0], THREE_BIRD);
  ASSERT_RATES(&all, &all.classes[1], THREE_CAT);
  ASSERT_RATES(&all, &all.classes[2], THREE_DOG);
  despur_predicted_release(&p);
  p = read_file("three.csv", &(despur_columns){.positive = "cat"});
  assert_ok(despur_rates_compute(&one, &p, 0.95, &error));
  assert_int_equal(one.classes_count, 1);
  ASSERT_RATES(&one, &one.classes[0], THREE_CAT);
  assert_true(one.classes[0].spreads[0].difference_low == all.classes[1].spreads[0].difference_low);
  despur_rates_release(&all);
  despur_rates_release(&one);
  despur_predicted_release(&p);
}

static void a_positive_class_must_occur(void **state) {
  (void)state;
  despur_predicted p;
  assert_int_equal(
      despur_predicted_read(&p, "tests/data/tables/three.csv", &(despur_columns){.positive = "cow"}, &error),
      DESPUR_BAD_INPUT);
  assert_string_equal(error.message,
                      "tests/data/tables/three.csv: no label and no prediction is 'cow', which "
                      "is to be positive; there is 'dog'");
}

/* Equalised odds are what fairlearn says: the larger difference of the two, the smaller ratio. */
static void equalised_odds_are_the_worse_of_two(void **state) {
  (void)state;
  despur_predicted p = read_file("three.csv", NULL);
  despur_rates all;
  assert_ok(despur_rates_compute(&all, &p, 0.95, &error));
  for (size_t c = 0; c < 3; c++) {
    const despur_spread *s = all.classes[c].spreads, *odds = &s[DESPUR_EQUALISED_ODDS];
    assert_true(odds->difference ==
                fmax(s[DESPUR_TRUE_POSITIVE].difference, s[DESPUR_FALSE_POSITIVE].difference));
    assert_true(odds->ratio == fmin(s[DESPUR_TRUE_POSITIVE].ratio, s[DESPUR_FALSE_POSITIVE].ratio));
    assert_true(odds->difference_low <= odds->difference && odds->difference <= odds->difference_high);
    assert_true(odds->ratio_low <= odds->ratio && odds->ratio <= odds->ratio_high);
  }
  despur_rates_release(&all);
  despur_predicted_release(&p);
}

static void ranges_agree_with_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++) {
    double q = range_quantile(RANGES[i].count, RANGES[i].coverage);
    assert_near(q, RANGES[i].quantile, 1e-7);
    assert_near(range_below(q, RANGES[i].count), RANGES[i].coverage, 1e-9);
  }
}

static spread_side side_of(size_t x, size_t n, double z, size_t part) {
  double share = (double)x / (double)n;
  despur_interval ends = wilson_interval(share, (double)n, z);
  return (spread_side){share, ends.low, ends.high, part};
}

/* The difference of two groups has Newcombe's interval, folded at 0; and their ratio its own. */
static void two_groups_have_the_usual_intervals(void **state) {
  (void)state;
  double z = spread_quantile(2, 0.95);
  for (size_t i = 0; i < sizeof TWO_SHARES / sizeof *TWO_SHARES; i++) {
    spread_side sides[] = {side_of(TWO_SHARES[i].x1, TWO_SHARES[i].n1, z, 0),
                           side_of(TWO_SHARES[i].x2, TWO_SHARES[i].n2, z, 1)};
    double low = TWO_SHARES[i].low, high = TWO_SHARES[i].high;
    despur_spread got;
    spread_measure(&got, sides, 2, false);
    assert_near(got.difference_low, fmax(0, fmax(low, -high)), 1e-12);
    assert_near(got.difference_high, fmax(high, -low), 1e-12);
    if (TWO_SHARES[i].x1 * TWO_SHARES[i].n2 > TWO_SHARES[i].x2 * TWO_SHARES[i].n1) continue;
    assert_near(got.ratio_low, TWO_SHARES[i].ratio_low, 1e-9);
    if (TWO_SHARES[i].ratio_high < 1) assert_near(got.ratio_high, TWO_SHARES[i].ratio_high, 1e-9);
  }
}

enum { MOST = 64, MANY = 300 };

/* All pairs, and none left out. */
static void bounds_are_those_of_all_pairs(void **state) {
  (void)state;
  random_stream stream = random_open(3, "draws", 0);
  for (int round = 0; round < 200; round++) {
    size_t count = 2 + random_below(&stream, 40);
    spread_side sides[MOST], sorted[MOST];
    double z = spread_quantile(count, 0.95), low = 0, high = 0, ratio_low = 1;
    for (size_t k = 0; k < count; k++) {
      size_t n = 1 + random_below(&stream, round % 2 ? 4 : 200);
      sides[k] = sorted[k] = side_of(random_below(&stream, (uint32_t)n + 1), n, z, k);
    }
    for (size_t a = 0; a < count; a++)
      for (size_t b = 0; b < count; b++) {
        const spread_side *p = &sides[a], *q = &sides[b];
        if (a == b) continue;
        low = fmax(low, p->value - q->value - hypot(p->value - p->low, q->high - q->value));
        high = fmax(high, p->value - q->value + hypot(p->high - p->value, q->value - q->low));
        double of_p = p->low * (2 * p->value - p->low), of_q = q->high * (2 * q->value - q->high),
               both = p->value * q->value, root = sqrt(fmax(0, both * both - of_p * of_q));
        ratio_low = fmin(ratio_low, both + root > 0 ? of_p / (both + root) : 0);
      }
    despur_spread got;
    spread_measure(&got, sorted, count, false);
    assert_near(got.difference_low, low, 1e-12);
    assert_near(got.difference_high, fmin(high, 1), 1e-12);
    if (!isnan(got.ratio)) assert_near(got.ratio_low, ratio_low, 1e-12);
    if (!isnan(got.ratio) && fabs(low) > 1e-9) assert_true((got.difference_low > 0) == (got.ratio_high < 1));
  }
}

typedef struct design {
  size_t groups;
  size_t count[16];
  double share[16];
  double most; /* how often the interval may miss, with the simulation's own error */
} design;

static despur_spread draw_spread(const design *d, double z, random_stream *stream) {
  spread_side sides[16];
  despur_spread got;
  for (size_t g = 0; g < d->groups; g++)
    sides[g] = side_of(draw_binomial(stream, d->count[g], d->share[g]), d->count[g], z, g);
  spread_measure(&got, sides, d->groups, false);
  return got;
}

/* The largest true difference and the smallest true ratio lie within their intervals as often as is said. */
static void the_most_extreme_are_covered(void **state) {
  (void)state;
  static const design DESIGNS[] = {
      {2, {100, 100}, {0.5, 0.5}, 0.065},
      {2, {200, 200}, {0.5, 0.7}, 0.065},
      {2, {1000, 10}, {0.8, 0.8}, 0.06},
      {4, {400, 400, 400, 400}, {0.8, 0.8, 0.8, 0.8}, 0.06},
      {8, {100, 100, 100, 100, 100, 100, 100, 100}, {0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8}, 0.06},
      {4, {400, 400, 400, 400}, {0.9, 0.8, 0.7, 0.5}, 0.06},
      {4, {1000, 10, 10, 10}, {0.8, 0.8, 0.8, 0.8}, 0.06},
      {4, {1000, 300, 50, 20}, {0.1, 0.1, 0.1, 0.1}, 0.06},
  };
  enum { DRAWS = 4000 };
  random_stream stream = random_open(5, "draws", 0);
  for (size_t i = 0; i < sizeof DESIGNS / sizeof *DESIGNS; i++) {
    const design *d = &DESIGNS[i];
    double least = 1, most = 0, z = spread_quantile(d->groups, 0.95);
    size_t missed = 0, missed_ratio = 0;
    for (size_t g = 0; g < d->groups; g++) {
      least = fmin(least, d->share[g]);
      most = fmax(most, d->share[g]);
    }
    for (int draw = 0; draw < DRAWS; draw++) {
      despur_spread got = draw_spread(d, z, &stream);
      missed += got.difference_low > most - least + 1e-12 || got.difference_high < most - least - 1e-12;
      missed_ratio += got.ratio_low > least / most + 1e-12 || got.ratio_high < least / most - 1e-12;
    }
    printf("design %zu: %.2f and %.2f %% missed\n", i, 100. * (double)missed / DRAWS,
           100. * (double)missed_ratio / DRAWS);
    assert_true((double)missed / DRAWS < d->most && (double)missed_ratio / DRAWS < d->most);
  }
}

/* F1 from counts that are themselves drawn: true and false positives, false negatives, the rest. */
static void f1_is_covered(void **state) {
  (void)state;
  static const double CELLS[][3] = {{0.3, 0.1, 0.1}, {0.02, 0.01, 0.03}, {0.6, 0.02, 0.01}};
  enum { DRAWS = 4000 };
  random_stream stream = random_open(6, "draws", 0);
  for (size_t i = 0; i < sizeof CELLS / sizeof *CELLS; i++) {
    const double *cell = CELLS[i];
    double truth = 2 * cell[0] / (2 * cell[0] + cell[1] + cell[2]);
    size_t missed = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      size_t hits = draw_binomial(&stream, 500, cell[0]);
      size_t raised = draw_binomial(&stream, 500 - hits, cell[1] / (1 - cell[0]));
      size_t passed = draw_binomial(&stream, 500 - hits - raised, cell[2] / (1 - cell[0] - cell[1]));
      despur_rates_part part = {
          .count = 500, .positive = hits + passed, .selected = hits + raised, .hits = hits};
      despur_rate rate = despur_rates_rate(&part, DESPUR_F1, 0.95);
      missed += truth < rate.low || truth > rate.high;
    }
    assert_true((double)missed > 0.03 * DRAWS && (double)missed < 0.065 * DRAWS);
  }
}

/* Processor time of groups of up to MANY examples, most of them alike. */
static double time_of(size_t groups) {
  random_stream stream = random_open(7, "draws", 0);
  spread_side *sides = malloc(groups * sizeof *sides);
  despur_spread got;
  assert_non_null(sides);
  for (size_t k = 0; k < groups; k++) {
    size_t n = 1 + random_below(&stream, MANY);
    sides[k] = side_of(draw_binomial(&stream, n, 0.7), n, 4.5, k);
  }
  clock_t started = clock();
  spread_measure(&got, sides, groups, false);
  double ticks = (double)(clock() - started);
  free(sides);
  assert_true(got.difference == 1 && got.difference_high == 1);
  return ticks;
}

/* Ten times the groups would be 100 times the pairs. */
static void time_does_not_grow_with_pairs_of_groups(void **state) {
  (void)state;
  assert_true(time_of(30000) < 40 * time_of(3000));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rates_by_one_column_and_by_both_agree_with_fairlearn),
      cmocka_unit_test(groups_of_each_column_alone_agree_with_fairlearn),
      cmocka_unit_test(several_classes_stand_against_the_others_one_by_one),
      cmocka_unit_test(a_positive_class_must_occur),
      cmocka_unit_test(equalised_odds_are_the_worse_of_two),
      cmocka_unit_test(ranges_agree_with_scipy),
      cmocka_unit_test(two_groups_have_the_usual_intervals),
      cmocka_unit_test(bounds_are_those_of_all_pairs),
      cmocka_unit_test(the_most_extreme_are_covered),
      cmocka_unit_test(f1_is_covered),
      cmocka_unit_test(time_does_not_grow_with_pairs_of_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
