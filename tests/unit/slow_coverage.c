/* The coverage of the interval for the worst group's accuracy over a grid of group sizes and accuracies, and
 * how often `compare` tells equal minima apart. Its output is the tables in docs/statistics.md. */
#include "coverage_testing.h"

#include "eval/compare_worst.h"

enum { DRAWS = 20000, CAUTIOUS_DRAWS = 5000 };

static coverage_case ladder(const char *name, size_t groups, size_t count, double low, double high) {
  coverage_case c = coverage_of_two_levels(name, groups, count, 0, 0, low);
  for (size_t g = 0; g < groups; g++) c.accuracy[g] = low + (high - low) * (double)g / (double)(groups - 1);
  return c;
}

static void equal_groups_are_covered_as_promised(void **state) {
  (void)state;
  const coverage_case cases[] = {
      coverage_of_two_levels("one group of 50 at 50 %", 1, 50, 1, 0.5, 1),
      coverage_of_two_levels("one group of 400 at 90 %", 1, 400, 1, 0.9, 1),
      coverage_of_two_levels("2 equal groups of 100 at 80 %", 2, 100, 2, 0.8, 1),
      coverage_of_two_levels("4 equal groups of 50 at 50 %", 4, 50, 4, 0.5, 1),
      coverage_of_two_levels("4 equal groups of 400 at 95 %", 4, 400, 4, 0.95, 1),
      coverage_of_two_levels("8 equal groups of 100 at 20 %", 8, 100, 8, 0.2, 1),
      coverage_of_two_levels("16 equal groups of 50 at 80 %", 16, 50, 16, 0.8, 1),
      coverage_of_two_levels("25 equal groups of 400 at 50 %", 25, 400, 25, 0.5, 1),
      coverage_of_two_levels("25 equal groups of 400 at 99 %", 25, 400, 25, 0.99, 1),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    coverage_check(&cases[i], 0.5 / (double)cases[i].count[0], DRAWS, i);
}

static void groups_far_apart_are_covered_as_promised(void **state) {
  (void)state;
  const coverage_case cases[] = {
      coverage_of_two_levels("4 groups of 400: one at 30 %, others 90 %", 4, 400, 1, 0.3, 0.9),
      coverage_of_two_levels("25 groups of 375: one at 33 %, others 95 %", 25, 375, 1, 0.33, 0.95),
      coverage_of_two_levels("25 groups of 400: two at 70 %, others 90 %", 25, 400, 2, 0.7, 0.9),
      coverage_of_two_levels("16 groups of 100: half at 50 %, half at 90 %", 16, 100, 8, 0.5, 0.9),
      coverage_of_two_levels("8 groups of 200: half at 80 %, half at 100 %", 8, 200, 4, 0.8, 1),
      ladder("4 groups of 400 from 40 to 95 %", 4, 400, 0.4, 0.95),
      ladder("8 groups of 1000 from 50 to 98 %", 8, 1000, 0.5, 0.98),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    coverage_check(&cases[i], 0.5 / (double)cases[i].count[0], DRAWS, 100 + i);
}

static void one_tiny_group_among_others_is_covered_as_promised(void **state) {
  (void)state;
  const size_t sizes[] = {1, 5, 10};
  const double accuracies[] = {0.2, 0.8, 0.95};
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 3; j++) {
      char name[80];
      coverage_case c = coverage_of_two_levels(name, 4, 400, 4, accuracies[j], 1);
      c.count[0] = sizes[i];
      snprintf(name, sizeof name, "4 equal groups at %.0f %%, one of %zu, others of 400", 100 * accuracies[j],
               sizes[i]);
      coverage_check(&c, 0.5 / 400, DRAWS, 200 + 10 * i + j);
      c.accuracy[0] = 1; /* five right answers of five do not show that this group is not the worst */
      c.highest = 0.97;
      snprintf(name, sizeof name, "the same, the group of %zu at 100 %%", sizes[i]);
      coverage_check(&c, 0.5 / 400, DRAWS, 300 + 10 * i + j);
    }
}

/* Ten examples have eleven outcomes: coverage jumps between them, and averages over them come out a bit
 * higher. */
static void a_tiny_worst_group_is_covered_as_well_as_its_lattice_allows(void **state) {
  (void)state;
  const double accuracies[] = {0.2, 0.5, 0.8};
  for (size_t j = 0; j < 3; j++) {
    char name[80];
    coverage_case c = coverage_of_two_levels(name, 4, 400, 1, accuracies[j], 0.97);
    c.count[0] = 10;
    c.lowest = 0.93;
    c.highest = 0.975;
    snprintf(name, sizeof name, "4 groups: one of 10 at %.0f %%, others of 400 at 97 %%",
             100 * accuracies[j]);
    coverage_check(&c, 0.05, DRAWS, 400 + j);
  }
}

static void certain_groups_are_covered_with_certainty(void **state) {
  (void)state;
  const coverage_case cases[] = {
      coverage_of_two_levels("4 groups of 100: one at 0 %, others 80 %", 4, 100, 1, 0, 0.8),
      coverage_of_two_levels("4 groups of 100 at 0 %", 4, 100, 4, 0, 1),
      coverage_of_two_levels("25 groups of 100 at 100 %", 25, 100, 0, 0, 1),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_true(coverage_measure(&cases[i], 0, 2000, 500 + i) == 1);
}

/* Where data cannot say whether one group is the worst or several are, the interval errs on the side of
 * caution. */
static void groups_about_a_standard_error_apart_are_covered_with_caution(void **state) {
  (void)state;
  const double apart[] = {0.5, 1, 1.5, 2, 3};
  const size_t groups[] = {2, 4, 8, 25}, worst[] = {1, 2, 12};
  const double highest[] = {0.97, 0.98, 0.985, 0.992};
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < 3 && worst[k] < groups[i]; k++)
      for (size_t j = 0; j < 5; j++) {
        char name[120];
        coverage_case c =
            coverage_of_two_levels(name, groups[i], 1000, worst[k], 0.7, 0.7 + apart[j] * 0.01449);
        c.highest = highest[i];
        snprintf(name, sizeof name, "%zu groups of 1000: %zu at 70 %%, others %.1f s.e. better", groups[i],
                 worst[k], apart[j]);
        coverage_check(&c, 0.5 / 1000, CAUTIOUS_DRAWS, 600 + 20 * i + 7 * k + j);
      }
  coverage_case realistic = ladder("25 groups of 400 from 50 to 98 %", 25, 400, 0.5, 0.98);
  realistic.highest = 0.98;
  coverage_check(&realistic, 0.5 / 400, CAUTIOUS_DRAWS, 700);
}

/* Two models on the same examples: in group g both are right with probability agree[g] beside what each gets
 * right by itself. */
typedef struct two_models {
  const char *name;
  size_t groups, count[8];
  double first[8], second[8], both[8];
} two_models;

static despur_pairs draw_pairs(random_stream *stream, const two_models *m, size_t g) {
  double only_first = m->first[g] - m->both[g], only_second = m->second[g] - m->both[g];
  despur_pairs pairs = {.both = draw_binomial(stream, m->count[g], m->both[g])};
  size_t left = m->count[g] - pairs.both;
  double rest = 1 - m->both[g];
  pairs.only_first = draw_binomial(stream, left, only_first / rest);
  left -= pairs.only_first;
  pairs.only_second = draw_binomial(stream, left, only_second / (rest - only_first));
  pairs.neither = left - pairs.only_second;
  return pairs;
}

/* Models whose minima are equal, told apart at 95 %: never in more than 6.5 %. */
static void equal_worst_groups_are_told_apart_as_rarely_as_promised(void **state) {
  (void)state;
  const two_models cases[] = {
      {"100 and 2,000: (70, 95 %) against (95, 70 %)", 2, {100, 2000}, {.7, .95}, {.95, .7}, {.665, .665}},
      {"500 and 500: (70, 95 %) against (95, 70 %)", 2, {500, 500}, {.7, .95}, {.95, .7}, {.665, .665}},
      {"500 and 500: (70, 95 %) both", 2, {500, 500}, {.7, .95}, {.7, .95}, {.49, .9025}},
      {"the same, correlated 0.6", 2, {500, 500}, {.7, .95}, {.7, .95}, {.616, .931}},
      {"the same, correlated -0.3 in the worst", 2, {500, 500}, {.7, .95}, {.7, .95}, {.427, .9}},
      {"500 and 500: all 70 %, correlated 0.6", 2, {500, 500}, {.7, .7}, {.7, .7}, {.616, .616}},
      {"the same, correlated -0.3", 2, {500, 500}, {.7, .7}, {.7, .7}, {.427, .427}},
      {"500 and 500: (70, 70 %) against (70, 95 %)", 2, {500, 500}, {.7, .7}, {.7, .95}, {.49, .665}},
      {"500 and 500: (70, 73 %) against (73, 70 %), correlated 0.8",
       2,
       {500, 500},
       {.7, .73},
       {.73, .7},
       {.67, .67}},
      {"500 and 500: (70, 73 %) both, correlated 0.8", 2, {500, 500}, {.7, .73}, {.7, .73}, {.658, .69}},
      {"50 and 500: (70, 73 %) against (73, 70 %), correlated 0.8",
       2,
       {50, 500},
       {.7, .73},
       {.73, .7},
       {.67, .67}},
      {"20 and 20: (50, 90 %) against (90, 50 %)", 2, {20, 20}, {.5, .9}, {.9, .5}, {.45, .45}},
      {"20 and 400: (80, 95 %) against (95, 80 %)", 2, {20, 400}, {.8, .95}, {.95, .8}, {.76, .76}},
      {"10 and 1,000: (50, 90 %) against (90, 50 %)", 2, {10, 1000}, {.5, .9}, {.9, .5}, {.45, .45}},
      {"50 and 50: (95, 99 %) against (99, 95 %)", 2, {50, 50}, {.95, .99}, {.99, .95}, {.9405, .9405}},
      {"30 and 30: (80, 95 %) both, correlated 0.5 and 0.4", 2, {30, 30}, {.8, .95}, {.8, .95}, {.72, .92}},
      {"4 of 100: one at 70 %, others 80 %, the same one, correlated 0.5 and 0.4",
       4,
       {100, 100, 100, 100},
       {.7, .8, .8, .8},
       {.7, .8, .8, .8},
       {.6, .7, .7, .7}},
      {"4 of 100: one at 70 %, others 80 %, another one, correlated 0.5 and 0.4",
       4,
       {100, 100, 100, 100},
       {.7, .8, .8, .8},
       {.8, .7, .8, .8},
       {.65, .65, .7, .7}},
      {"one of 100 at 80 %, correlated 0.5", 1, {100}, {.8}, {.8}, {.72}},
      {"500 and 500: all 70 %", 2, {500, 500}, {.7, .7}, {.7, .7}, {.49, .49}},
  };
  enum { REPEATS = 4000 };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const two_models *m = &cases[i];
    random_stream stream = random_open(i, "colour", 0);
    int told = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      despur_error error;
      despur_group_comparison groups[8] = {0};
      int differ;
      for (size_t g = 0; g < m->groups; g++) {
        despur_pairs pairs = draw_pairs(&stream, m, g);
        double count = (double)m->count[g];
        groups[g].pairs = pairs;
        groups[g].first = (double)(pairs.both + pairs.only_first) / count;
        groups[g].second = (double)(pairs.both + pairs.only_second) / count;
      }
      assert_ok(compare_worst_differ(&differ, groups, m->groups, false, 0.95, &error));
      told += differ;
    }
    double rate = (double)told / REPEATS;
    printf("equal worst groups told apart: %-75s %6.2f %%\n", m->name, 100 * rate);
    assert_true(rate < 0.065 + 3 * sqrt(0.065 * 0.935 / REPEATS));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_groups_are_covered_as_promised),
      cmocka_unit_test(groups_far_apart_are_covered_as_promised),
      cmocka_unit_test(one_tiny_group_among_others_is_covered_as_promised),
      cmocka_unit_test(a_tiny_worst_group_is_covered_as_well_as_its_lattice_allows),
      cmocka_unit_test(certain_groups_are_covered_with_certainty),
      cmocka_unit_test(groups_about_a_standard_error_apart_are_covered_with_caution),
      cmocka_unit_test(equal_worst_groups_are_told_apart_as_rarely_as_promised),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
