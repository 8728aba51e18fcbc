/* Examples that come from units drawn at random: effective numbers, intervals and p-values are those of
 * statsmodels and SciPy (tests/golden/make_units.py), and intervals hold as often as they should. */
#include "units_testing.h"

#include "eval/rates/spread.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/minimum.h"
#include "eval/statistics/student.h"
#include "eval/statistics/wilson.h"

#include "golden/units.h"

static despur_error error;

enum { GROUPS_COUNT = sizeof GROUPS / sizeof *GROUPS };

static despur_predicted read_units(const char *prediction) {
  const despur_columns columns = {.by = "sex", .unit = "patient", .prediction = prediction, .ids = true};
  despur_predicted got;
  assert_ok(despur_predicted_read(&got, "tests/data/tables/units.csv", &columns, &error));
  return got;
}

static void student_quantiles_are_those_of_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof QUANTILES / sizeof *QUANTILES; i++) {
    double z = QUANTILES[i].z, t = QUANTILES[i].t;
    size_t degrees = QUANTILES[i].degrees;
    assert_near(student_of_normal(z, degrees) / t, 1, degrees == 1 ? 2e-5 : 5e-6);
    assert_near(normal_of_student(t, degrees) / z, 1, 2e-6);
    assert_near(normal_of_student(-t, degrees), -normal_of_student(t, degrees), 0);
  }
  assert_near(normal_of_student(0, 5), 0, 1e-15);
}

static void accuracies_of_groups_agree_with_statsmodels(void **state) {
  (void)state;
  despur_predicted p = read_units("pred");
  despur_scores scores;
  assert_ok(despur_predicted_scores(&scores, &p, &error));
  assert_int_equal(scores.units_count, 40);
  assert_int_equal(scores.groups_count, GROUPS_COUNT - 1);
  for (size_t g = 0; g + 1 < GROUPS_COUNT; g++) {
    const despur_group_score *group = &scores.groups[g];
    assert_string_equal(group->name, GROUPS[g].name);
    assert_int_equal(group->effective.units, (size_t)GROUPS[g].units);
    assert_near(group->effective.count / GROUPS[g].effective, 1, 1e-12);
    assert_near(group->low, GROUPS[g].low, 1e-9);
    assert_near(group->high, GROUPS[g].high, 1e-9);
  }
  const size_t all = GROUPS_COUNT - 1;
  despur_interval average = despur_effective_interval(scores.correct, scores.count, scores.effective, 0.95);
  assert_near(scores.effective.count / GROUPS[all].effective, 1, 1e-12);
  assert_near(average.low, GROUPS[all].low, 1e-9);
  assert_near(average.high, GROUPS[all].high, 1e-9);
  assert_true(scores.groups_share_units && !scores.attributes_share_units);
  assert_true(isnan(scores.attribute_chance));
  despur_scores_release(&scores);
  despur_predicted_release(&p);
}

static void rates_are_as_sure_as_statsmodels_says(void **state) {
  (void)state;
  despur_predicted p = read_units("pred");
  despur_rates rates;
  assert_ok(despur_rates_compute(&rates, &p, 0.95, &error));
  assert_string_equal(rates.classes[0].parts[0].name, "sex=f");
  const despur_effective *of = rates.classes[0].parts[0].effective;
  assert_near(of[DESPUR_TRUE_POSITIVE].count / TPR_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_FALSE_NEGATIVE].count / TPR_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_FALSE_POSITIVE].count / FPR_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_TRUE_NEGATIVE].count / FPR_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_PRECISION].count / PRECISION_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_F1].count / JACCARD_OF_F, 1, 1e-12);
  assert_near(of[DESPUR_SELECTION].count, SELECTION_OF_F, 0);
  assert_false(rates.share_units);
  despur_rates_release(&rates);
  despur_predicted_release(&p);
}

static void two_models_are_compared_by_statsmodels_test(void **state) {
  (void)state;
  despur_predicted first = read_units("pred"), second = read_units("other");
  despur_comparison c;
  assert_ok(despur_compare(&c, &first, &second, 0.95, &error));
  for (size_t g = 0; g < GROUPS_COUNT; g++) {
    const despur_group_comparison *of = g < c.groups_count ? &c.groups[g] : &c.all;
    assert_near(of->p_value / GROUPS[g].p, 1, 1e-5);
    assert_true(of->low <= of->difference && of->difference <= of->high);
    assert_true((of->p_value <= 0.05) == (of->low > 0 || of->high < 0));
  }
  despur_comparison_release(&c);
  /* the same model twice: no difference has been seen, which is not to say that there is none */
  assert_ok(despur_compare(&c, &first, &first, 0.95, &error));
  assert_true(c.all.low < -0.01 && c.all.high > 0.01 && c.all.p_value == 1);
  despur_comparison_release(&c);
  despur_predicted_release(&second);
  despur_predicted_release(&first);
}

/* Rows of a pattern: unit u has `size` of them, of which the first right[u] are right. */
static despur_predicted pattern(units_sample *s, const size_t *right, size_t units, size_t size) {
  static const char *const NAMES[] = {"all"};
  size_t count = 0;
  for (uint32_t u = 0; u < units; u++)
    for (size_t i = 0; i < size; i++, count++) {
      s->labels[count] = (uint32_t)(i % 2);
      s->groups[count] = 0;
      s->units[count] = u;
      s->predictions[0][count] = i < right[u] ? s->labels[count] : 1 - s->labels[count];
    }
  return (despur_predicted){.count = count,
                            .classes = 2,
                            .groups_count = 1,
                            .labels = s->labels,
                            .predictions = s->predictions[0],
                            .groups = s->groups,
                            .units = s->units,
                            .units_count = units,
                            .names = (const char **)(uintptr_t)NAMES,
                            .loss = (double)NAN};
}

static units_sample sample;

static despur_scores scores_of(const size_t *right, size_t units, size_t size) {
  despur_scores scores;
  despur_predicted p = pattern(&sample, right, units, size);
  assert_ok(despur_predicted_scores(&scores, &p, &error));
  return scores;
}

static void rows_that_are_all_alike_count_as_one(void **state) {
  (void)state;
  const size_t right[] = {10, 0, 10, 10, 0, 10, 10, 10};
  despur_scores s = scores_of(right, 8, 10);
  assert_near(s.effective.count, 7, 1e-12); /* m - 1, as the variance of m units is estimated */
  despur_scores_release(&s);
  const size_t perfect[] = {10, 10, 10, 10};
  s = scores_of(perfect, 4, 10);
  assert_near(s.effective.count, 4, 0);
  assert_true(s.groups[0].high == 1 && s.groups[0].low < 0.4);
  despur_scores_release(&s);
  const size_t even[] = {5, 5, 5, 5};
  s = scores_of(even, 4, 10);
  assert_near(s.effective.count, 40, 0); /* never more than rows */
  despur_scores_release(&s);
}

static void a_single_unit_says_nothing(void **state) {
  (void)state;
  const size_t right[] = {10};
  despur_scores s = scores_of(right, 1, 10);
  assert_true(s.groups[0].low == 0 && s.groups[0].high == 1);
  assert_true(s.worst_group_low == 0 && s.worst_group_high == 1);
  despur_scores_release(&s);
}

static void the_worst_of_one_group_has_the_interval_of_that_group(void **state) {
  (void)state;
  const size_t right[] = {9, 3, 10, 7, 5, 8, 8, 10, 2, 6};
  despur_scores s = scores_of(right, 10, 10);
  assert_near(s.worst_group_low, s.groups[0].low, 2e-6);
  assert_near(s.worst_group_high, s.groups[0].high, 2e-6);
  despur_scores_release(&s);
}

static void groups_that_share_units_have_the_wider_interval(void **state) {
  (void)state;
  const size_t correct[] = {80, 80, 82, 85}, count[] = {100, 100, 100, 100};
  const despur_effective effective[] = {
      {60, 20, false, 0}, {60, 20, false, 0}, {60, 20, false, 0}, {60, 20, false, 0}};
  minimum_test test;
  despur_interval apart, together;
  assert_ok(minimum_test_create(&test, correct, count, effective, 4, &error));
  assert_ok(minimum_interval(&apart, &test, 0.95, &error));
  test.dependent = true;
  assert_ok(minimum_interval(&together, &test, 0.95, &error));
  assert_true(together.low < apart.low && together.high >= apart.high);
  minimum_test_release(&test);
  spread_side sides[] = {{0.5, 0.4, 0.6, 0}, {0.8, 0.7, 0.9, 1}, {0.75, 0.6, 0.85, 2}};
  despur_spread spread = {0};
  spread_measure(&spread, sides, 3, true);
  assert_near(spread.difference_low, 0.1, 1e-15);
  assert_near(spread.difference_high, 0.5, 1e-15);
  assert_near(spread.ratio_low, 0.4 / 0.9, 1e-15);
  assert_near(spread.ratio_high, 0.6 / 0.7, 1e-15);
}

/* All that is measured, to the last bit, when rows come in another order. */
static void the_order_of_rows_changes_no_bit(void **state) {
  (void)state;
  static units_sample turned;
  const units_design d = {"", 50, 0.3, {0.6, 0.7, 0.8, 0.9}, true, 1, 0.5};
  random_stream stream = random_open(1, "units", 0);
  despur_scores a, b;
  units_draw(&sample, &d, &stream);
  turned = sample;
  despur_predicted *p = &sample.model[0], q = *p;
  for (size_t i = 0; i < p->count; i++) {
    size_t from = (i * 7 + 3) % p->count;
    if (p->count % 7 == 0) from = p->count - 1 - i;
    turned.labels[i] = sample.labels[from];
    turned.attributes[i] = sample.attributes[from];
    turned.groups[i] = sample.groups[from];
    turned.units[i] = sample.units[from];
    turned.predictions[0][i] = sample.predictions[0][from];
  }
  q.labels = turned.labels;
  q.attributes = turned.attributes;
  q.groups = turned.groups;
  q.units = turned.units;
  q.predictions = turned.predictions[0];
  assert_ok(despur_predicted_scores(&a, p, &error));
  assert_ok(despur_predicted_scores(&b, &q, &error));
  for (size_t g = 0; g < 4; g++)
    assert_true(a.groups[g].low == b.groups[g].low && a.groups[g].high == b.groups[g].high);
  assert_true(a.worst_group_low == b.worst_group_low && a.worst_group_high == b.worst_group_high);
  assert_true(a.effective.count == b.effective.count && a.degenerate.kind == b.degenerate.kind);
  despur_scores_release(&a);
  despur_scores_release(&b);
}

/* Answers of 30 units are right as a coin of each unit says: by rows far from chance one way or the other, by
 * units they cannot be told from it. */
static void guesses_of_few_units_are_told_for_what_they_are(void **state) {
  (void)state;
  const units_design d = {"", 30, 0.5, {0.5, 0.5, 0.5, 0.5}, false, 1, 0.5};
  size_t by_rows = 0, by_units = 0;
  random_stream stream = random_open(2, "units", 0);
  for (int i = 0; i < 16; i++) {
    despur_scores scores;
    units_draw(&sample, &d, &stream);
    assert_ok(despur_predicted_scores(&scores, &sample.model[0], &error));
    by_units += scores.degenerate.kind == DESPUR_CHANCE;
    despur_scores_release(&scores);
    sample.model[0].units = NULL;
    assert_ok(despur_predicted_scores(&scores, &sample.model[0], &error));
    by_rows += scores.degenerate.kind == DESPUR_CHANCE;
    despur_scores_release(&scores);
  }
  assert_true(by_units >= 12 && by_rows <= 8);
}

/* Nine rows in ten of a unit have the attribute of its label, and are wrong; the others are right. */
static void follow_the_other_attribute(size_t units) {
  const units_design d = {"", units, 0, {0.5, 0.5, 0.5, 0.5}, true, 0, 0};
  random_stream stream = random_open(3, "units", 0);
  units_draw(&sample, &d, &stream);
  for (size_t i = 0; i < sample.model[0].count; i++) {
    sample.labels[i] = sample.units[i] % 2;
    sample.attributes[i] = i % 10 == 0 ? 1 - sample.labels[i] : sample.labels[i];
    sample.groups[i] = sample.labels[i] + 2 * sample.attributes[i];
    sample.predictions[0][i] = 1 - sample.attributes[i];
  }
}

static void following_the_wrong_attribute_takes_units_to_be_sure(void **state) {
  (void)state;
  despur_scores scores;
  follow_the_other_attribute(60);
  assert_ok(despur_predicted_scores(&scores, &sample.model[0], &error));
  assert_int_equal(scores.degenerate.kind, DESPUR_INVERTED);
  despur_scores_release(&scores);
  follow_the_other_attribute(5); /* some fifty rows, but five units */
  assert_ok(despur_predicted_scores(&scores, &sample.model[0], &error));
  assert_int_not_equal(scores.degenerate.kind, DESPUR_INVERTED);
  despur_scores_release(&scores);
  sample.model[0].units = NULL;
  assert_ok(despur_predicted_scores(&scores, &sample.model[0], &error));
  assert_int_equal(scores.degenerate.kind, DESPUR_INVERTED);
  despur_scores_release(&scores);
}

/* A patient whose sex is missing in some rows is not one of two sexes. */
static void what_is_set_aside_shares_no_units(void **state) {
  (void)state;
  despur_predicted p = read_units("pred");
  despur_scores scores;
  despur_rates rates;
  for (size_t i = 0; i < p.count; i += 5) {
    p.attributes[i] = 2;
    p.groups[i] = 4;
  }
  const char *names[] = {"y=0,sex=f", "y=0,sex=m", "y=1,sex=f", "y=1,sex=m", "sex=(missing)"};
  const char *attributes[] = {"sex=f", "sex=m", "sex=(missing)"};
  despur_predicted q = p;
  q.names = names;
  q.attribute_names = attributes;
  q.groups_count = 5;
  q.attributes_count = 3;
  for (size_t aside = 0; aside < 2; aside++) {
    q.groups_aside = q.attributes_aside = aside;
    assert_ok(despur_predicted_scores(&scores, &q, &error));
    assert_ok(despur_rates_compute(&rates, &q, 0.95, &error));
    assert_true(scores.attributes_share_units == (aside == 0) && rates.share_units == (aside == 0));
    despur_rates_release(&rates);
    despur_scores_release(&scores);
  }
  despur_predicted_release(&p);
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  despur_predicted first = read_units("pred"), second = read_units("other");
  despur_comparison c;
  uint32_t *units = second.units, kept = second.units[5];
  second.units = NULL;
  assert_fails(despur_compare(&c, &first, &second, 0.95, &error), DESPUR_BAD_INPUT,
               "expected units of both predictions, found them of one only");
  second.units = units;
  second.units[5] = kept ? 0 : 1;
  assert_fails(despur_compare(&c, &first, &second, 0.95, &error), DESPUR_BAD_INPUT,
               "row 6 of the first predictions is of another unit than row 6 of the second");
  despur_predicted_release(&second);
  despur_predicted_release(&first);
}

static void intervals_hold_for_units_where_those_for_rows_do_not(void **state) {
  (void)state;
  const units_design d = {"60 units, 0.5, 80 %", 60, 0.5, {0.8, 0.8, 0.8, 0.8}, false, 1, 0.5};
  units_misses m = units_measure(&d, 50, 7);
  units_print(&d, &m);
  assert_true(m.rows > 10 && m.group < 8 && m.average < 8 && m.worst < 8 && m.spread < 8);
  assert_true(m.difference < 8 && m.differ < 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(student_quantiles_are_those_of_scipy),
      cmocka_unit_test(accuracies_of_groups_agree_with_statsmodels),
      cmocka_unit_test(rates_are_as_sure_as_statsmodels_says),
      cmocka_unit_test(two_models_are_compared_by_statsmodels_test),
      cmocka_unit_test(rows_that_are_all_alike_count_as_one),
      cmocka_unit_test(a_single_unit_says_nothing),
      cmocka_unit_test(the_worst_of_one_group_has_the_interval_of_that_group),
      cmocka_unit_test(groups_that_share_units_have_the_wider_interval),
      cmocka_unit_test(the_order_of_rows_changes_no_bit),
      cmocka_unit_test(guesses_of_few_units_are_told_for_what_they_are),
      cmocka_unit_test(following_the_wrong_attribute_takes_units_to_be_sure),
      cmocka_unit_test(what_is_set_aside_shares_no_units),
      cmocka_unit_test(what_does_not_fit_is_refused),
      cmocka_unit_test(intervals_hold_for_units_where_those_for_rows_do_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
