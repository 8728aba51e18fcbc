/* How often intervals for units miss, and tests reject what is true. Its output is the table in
 * docs/statistics.md. */
#include "units_testing.h"

enum { DRAWS = 1000, WORST_DRAWS = 150 };

#define ALL(a)                                                                                               \
  { a, a, a, a }

static void assert_at_most(const units_design *d, const char *what, size_t misses, size_t draws,
                           double most) {
  double share = (double)misses / (double)draws, slack = 3 * sqrt(most * (1 - most) / (double)draws);
  if (share > most + slack) fail_msg("%s: %s misses %.1f %%", d->name, what, 100 * share);
}

static void intervals_hold_for_units(void **state) {
  (void)state;
  const units_design designs[] = {
      {"20 units, 0, 80 %", 20, 0, ALL(0.8), false, 0, 0.5},
      {"20 units, 0.1, 80 %", 20, 0.1, ALL(0.8), false, 0, 0.5},
      {"60 units, 0.1, 80 %", 60, 0.1, ALL(0.8), false, 0, 0.5},
      {"60 units, 0.5, 80 %", 60, 0.5, ALL(0.8), false, 0, 0.5},
      {"200 units, 0.1, 80 %", 200, 0.1, ALL(0.8), false, 0, 0.5},
      {"200 units, 0.5, 80 %", 200, 0.5, ALL(0.8), false, 0, 0.5},
      {"200 units, 0.1, 60 to 90 %", 200, 0.1, {0.6, 0.7, 0.8, 0.9}, false, 0, 0.5},
      {"200 units, 0.5, 95 %", 200, 0.5, ALL(0.95), false, 0, 0.5},
      {"200 units, 0.3, 80 %, labels alike", 200, 0.3, ALL(0.8), false, 1, 0.5},
      {"200 units in both groups, 0.3, 80 %", 200, 0.3, ALL(0.8), true, 0, 0.5},
      {"200 units in both groups, 0.3, 80 %, labels alike", 200, 0.3, ALL(0.8), true, 1, 0.5},
      {"60 units, right on one label or the other, 0.5, 50 %", 60, 0.5, ALL(0.5), true, -1, 0.5},
  };
  for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
    const units_design *d = &designs[i];
    units_misses m = units_measure(d, DRAWS, i);
    units_print(d, &m);
    assert_at_most(d, "the interval of a group", m.group, DRAWS, 0.075);
    assert_at_most(d, "the interval of the average", m.average, DRAWS, 0.065);
    assert_at_most(d, "the interval of the worst group", m.worst, DRAWS, 0.065);
    assert_at_most(d, "the interval of a spread", m.spread, DRAWS, 0.07);
    assert_at_most(d, "the interval of a difference", m.difference, DRAWS, 0.065);
    assert_at_most(d, "the test of a difference", m.differ, DRAWS, 0.065);
  }
}

static void equal_worst_groups_are_rarely_told_apart(void **state) {
  (void)state;
  static units_sample sample;
  despur_error error;
  const units_design designs[] = {
      {"60 units, 0.1, 50 and 80 %", 60, 0.1, {0.5, 0.8, 0.8, 0.8}, false, 0, 0.3},
      {"200 units in both groups, 0.3, 80 %", 200, 0.3, ALL(0.8), true, 1, 0.3},
  };
  for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
    random_stream stream = random_open(100 + i, "units", 0);
    size_t told_apart = 0;
    for (size_t k = 0; k < WORST_DRAWS; k++) {
      despur_comparison c;
      units_draw(&sample, &designs[i], &stream);
      assert_ok(despur_compare(&c, &sample.model[0], &sample.model[1], 0.95, &error));
      told_apart += c.worst.distinguishable != 0;
      despur_comparison_release(&c);
    }
    printf("%-58s worst groups told apart %.1f\n", designs[i].name, 100.0 * (double)told_apart / WORST_DRAWS);
    assert_at_most(&designs[i], "the comparison of worst groups", told_apart, WORST_DRAWS, 0.05);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals_hold_for_units),
      cmocka_unit_test(equal_worst_groups_are_rarely_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
