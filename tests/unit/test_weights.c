/* Examples that weigh: accuracies, effective numbers, intervals, p-values and rates are those of statsmodels
 * and fairlearn (tests/golden/make_weights.py). */
#include "testing.h"

#include "despur/compare.h"
#include "despur/rates.h"

#include "golden/weights.h"

#include <unistd.h>

static despur_error error;

enum { GROUPS_COUNT = sizeof GROUPS / sizeof *GROUPS, ALL = GROUPS_COUNT - 1 };

static despur_predicted read_weights(const char *prediction, const char *unit) {
  const despur_columns columns = {
      .by = "sex", .weight = "wt", .unit = unit, .prediction = prediction, .ids = true};
  despur_predicted got;
  assert_ok(despur_predicted_read(&got, "tests/data/tables/weights.csv", &columns, &error));
  return got;
}

static void accuracies_and_intervals_agree_with_statsmodels(void **state) {
  (void)state;
  despur_predicted p = read_weights("pred", NULL), by_home = read_weights("pred", "home");
  despur_scores rows, homes;
  assert_ok(despur_predicted_scores(&rows, &p, &error));
  assert_ok(despur_predicted_scores(&homes, &by_home, &error));
  assert_true(rows.weighted && rows.units_count == 0 && homes.units_count == 40);
  assert_int_equal(rows.groups_count, ALL);
  for (size_t g = 0; g < ALL; g++) {
    assert_string_equal(rows.groups[g].name, GROUPS[g].name);
    assert_near(rows.groups[g].accuracy, GROUPS[g].accuracy, 1e-13);
    assert_near(rows.groups[g].effective.count / GROUPS[g].effective, 1, 1e-10);
    assert_near(rows.groups[g].low, GROUPS[g].low, 1e-6);
    assert_near(rows.groups[g].high, GROUPS[g].high, 1e-6);
    assert_near(homes.groups[g].accuracy, GROUPS[g].accuracy, 1e-13);
    assert_near(homes.groups[g].effective.count / GROUPS[g].of_homes, 1, 1e-10);
    assert_near(homes.groups[g].low, GROUPS[g].homes_low, 1e-6);
    assert_near(homes.groups[g].high, GROUPS[g].homes_high, 1e-6);
  }
  assert_near(rows.average_accuracy, GROUPS[ALL].accuracy, 1e-13);
  despur_interval average = despur_effective_interval(rows.correct, rows.count, rows.effective, 0.95);
  assert_near(average.low, GROUPS[ALL].low, 1e-6);
  assert_near(average.high, GROUPS[ALL].high, 1e-6);
  despur_scores_release(&rows);
  despur_scores_release(&homes);
  despur_predicted_release(&p);
  despur_predicted_release(&by_home);
}

static void rates_agree_with_fairlearn(void **state) {
  (void)state;
  despur_predicted p = read_weights("pred", NULL);
  despur_rates rates;
  assert_ok(despur_rates_compute(&rates, &p, 0.95, &error));
  const despur_class_rates *of = &rates.classes[0];
  for (size_t k = 0; k < sizeof RATES / sizeof *RATES; k++) {
    despur_rate_kind kind = despur_rate_of_word(RATES[k].rate);
    assert_near(despur_rates_rate(&of->parts[0], kind, 0.95).value, RATES[k].f, 1e-13);
    assert_near(despur_rates_rate(&of->parts[1], kind, 0.95).value, RATES[k].m, 1e-13);
    assert_near(despur_rates_rate(&of->all, kind, 0.95).value, RATES[k].all, 1e-13);
    assert_near(of->spreads[kind].difference, RATES[k].difference, 1e-13);
  }
  despur_rates_release(&rates);
  despur_predicted_release(&p);
}

static void two_models_differ_as_statsmodels_says(void **state) {
  (void)state;
  despur_predicted first = read_weights("pred", NULL), second = read_weights("other", NULL);
  despur_comparison c;
  assert_ok(despur_compare(&c, &first, &second, 0.95, &error));
  for (size_t g = 0; g < GROUPS_COUNT; g++) {
    const despur_group_comparison *of = g < ALL ? &c.groups[g] : &c.all;
    assert_near(of->first, GROUPS[g].accuracy, 1e-13);
    assert_near(of->difference, GROUPS[g].difference, 1e-13);
    assert_near(of->p_value / GROUPS[g].p, 1, 1e-4);
    assert_true(of->low < of->difference && of->difference < of->high);
  }
  despur_comparison_release(&c);
  second.weights[7] *= 1.001;
  assert_fails(despur_compare(&c, &first, &second, 0.95, &error), DESPUR_BAD_INPUT,
               "does not weigh what row 8");
  despur_predicted_release(&first);
  despur_predicted_release(&second);
}

/* The scale says nothing, not even near its limits. */
static void only_ratios_of_weights_matter(void **state) {
  (void)state;
  static const double SCALES[] = {0x1p-300, 0.25, 0x1p300};
  uint32_t labels[] = {0, 0, 0, 1, 1, 1}, predictions[] = {0, 1, 0, 1, 1, 0};
  double weights[] = {1, 3, 0.5, 2, 1, 1.5};
  char file[512], directory[128], path[160];
  despur_interval expected = {0, 0};
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/weights.csv", directory);
  for (size_t k = 0; k < sizeof SCALES / sizeof *SCALES; k++) {
    int used = snprintf(file, sizeof file, "y,prediction,a,w\n");
    for (size_t i = 0; i < 6; i++)
      used += snprintf(file + used, sizeof file - (size_t)used, "%u,%u,0,%.17g\n", labels[i], predictions[i],
                       weights[i] * SCALES[k]);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fwrite(file, 1, (size_t)used, out) == (size_t)used && fclose(out) == 0);
    despur_predicted p;
    despur_scores s;
    assert_ok(despur_predicted_read(&p, path, &(despur_columns){.weight = "w"}, &error));
    assert_ok(despur_predicted_scores(&s, &p, &error));
    assert_near(s.groups[0].accuracy, 1.5 / 4.5, 1e-15);
    assert_near(s.groups[1].accuracy, 3 / 4.5, 1e-15);
    if (k == 0) expected = (despur_interval){s.groups[0].low, s.groups[0].high};
    assert_true(s.groups[0].low == expected.low && s.groups[0].high == expected.high);
    despur_scores_release(&s);
    despur_predicted_release(&p);
    unlink(path);
  }
  rmdir(directory);
}

/* One row in place of three is as accurate, and not as sure. */
static void a_group_without_errors_is_as_sure_as_kish_says(void **state) {
  (void)state;
  uint32_t labels[] = {0, 0, 0, 0, 1, 1}, groups[] = {0, 0, 0, 0, 1, 1};
  double weights[] = {1, 1, 1, 3, 1, 1};
  const char *names[] = {"y=0", "y=1"};
  const despur_predicted p = {.count = 6,
                              .classes = 2,
                              .groups_count = 2,
                              .labels = labels,
                              .predictions = labels,
                              .groups = groups,
                              .weights = weights,
                              .names = names,
                              .loss = (double)NAN};
  despur_scores s;
  assert_ok(despur_predicted_scores(&s, &p, &error));
  assert_near(s.groups[0].accuracy, 1, 0);
  assert_near(s.groups[0].effective.count, 36.0 / 12, 1e-15);
  assert_near(s.groups[0].weight, 6, 0);
  despur_scores_release(&s);
  weights[2] = 0;
  assert_fails(despur_predicted_scores(&s, &p, &error), DESPUR_BAD_INPUT, "row 3: expected a weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accuracies_and_intervals_agree_with_statsmodels),
      cmocka_unit_test(rates_agree_with_fairlearn),
      cmocka_unit_test(two_models_differ_as_statsmodels_says),
      cmocka_unit_test(only_ratios_of_weights_matter),
      cmocka_unit_test(a_group_without_errors_is_as_sure_as_kish_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
