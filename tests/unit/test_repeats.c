/* Means over repeated runs, and when they differ. */
#include "testing.h"

#include "eval/statistics/repeats.h"

static void what_is_not_there_is_left_out(void **state) {
  (void)state;
  const double values[] = {1, (double)NAN, 2, 6};
  repeats found = repeats_of(values, 4);
  assert_int_equal(found.count, 3);
  assert_near(found.mean, 3, 1e-15);
  assert_near(found.deviation, sqrt(7), 1e-15); /* (4 + 1 + 9) / 2 */
  assert_true(isnan(repeats_of(values, 1).deviation));
  assert_true(isnan(repeats_of(values + 1, 1).mean));
}

static void differences_are_compared_with_welchs_interval_of_scipy(void **state) {
  (void)state;
  static const char path[] = "tests/golden/welch/half_widths.csv";
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char line[512];
  int cases = 0;
  assert_non_null(fgets(line, sizeof line, file)); /* headings */
  while (fgets(line, sizeof line, file)) {
    repeats a = {0}, b = {0};
    double half_width;
    assert_int_equal(
        sscanf(line, "%zu,%lf,%zu,%lf,%lf", &a.count, &a.deviation, &b.count, &b.deviation, &half_width), 5);
    b.mean = half_width * (1 + 1e-7);
    assert_true(repeats_differ(&a, &b));
    assert_true(repeats_differ(&b, &a));
    b.mean = half_width * (1 - 1e-7);
    assert_false(repeats_differ(&a, &b));
    cases++;
  }
  fclose(file);
  assert_int_equal(cases, 40);
}

static void repeats_without_spread_differ_when_their_means_do(void **state) {
  (void)state;
  const repeats a = {.count = 2, .mean = 0.5}, b = {.count = 3, .mean = 0.25};
  assert_true(repeats_differ(&a, &b));
  assert_false(repeats_differ(&a, &a));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_not_there_is_left_out),
      cmocka_unit_test(differences_are_compared_with_welchs_interval_of_scipy),
      cmocka_unit_test(repeats_without_spread_differ_when_their_means_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
