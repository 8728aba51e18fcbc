/* How often the interval for the smallest accuracy holds the true one. A value is in the interval when the
 * inverted test does not reject it; asking the test is a hundred times faster than computing both ends. */
#ifndef COVERAGE_TESTING_H
#define COVERAGE_TESTING_H

#include "testing.h"

#include "base/random.h"
#include "despur/stats.h"
#include "eval/statistics/draw.h"
#include "eval/statistics/minimum.h"

enum { COVERAGE_MOST = 64 };

typedef struct coverage_case {
  const char *name;
  size_t groups, count[COVERAGE_MOST];
  double accuracy[COVERAGE_MOST];
  double lowest, highest; /* bounds on the coverage */
} coverage_case;

/* `groups` groups of `count` examples: `worst` of them with accuracy `low`, the others with `high`. */
static inline coverage_case coverage_of_two_levels(const char *name, size_t groups, size_t count,
                                                   size_t worst, double low, double high) {
  coverage_case c = {.name = name, .groups = groups, .lowest = 0.94, .highest = 0.96};
  for (size_t g = 0; g < groups; g++) {
    c.count[g] = count;
    c.accuracy[g] = g < worst ? low : high;
  }
  return c;
}

/* The share of draws whose interval at 95 % holds the truth. Coverage of intervals from counts oscillates
 * with the true accuracy as the counts' lattice passes by; as usual (Brown, Cai and DasGupta 2001) it is
 * averaged over a small neighbourhood: every draw shifts all accuracies other than 0 and 1 by up to `wobble`.
 */
static inline double coverage_measure(const coverage_case *c, double wobble, size_t draws, uint64_t seed) {
  despur_error error;
  random_stream stream = random_open(seed, "shuffle", 0);
  size_t held = 0;
  for (size_t d = 0; d < draws; d++) {
    size_t correct[COVERAGE_MOST];
    double shift = wobble * (2 * random_uniform(&stream) - 1), truth = 1;
    for (size_t g = 0; g < c->groups; g++) {
      double accuracy = c->accuracy[g];
      if (accuracy > 0 && accuracy < 1) accuracy = fmin(1, fmax(0, accuracy + shift));
      truth = fmin(truth, accuracy);
      correct[g] = draw_binomial(&stream, c->count[g], accuracy);
    }
    minimum_test test;
    assert_ok(minimum_test_create(&test, correct, c->count, NULL, c->groups, &error));
    held += minimum_p_value(&test, truth) > 0.05;
    minimum_test_release(&test);
  }
  return (double)held / (double)draws;
}

/* Fails unless the coverage lies within the case's bounds, give or take three standard errors of the
 * simulation. */
static inline void coverage_check(const coverage_case *c, double wobble, size_t draws, uint64_t seed) {
  double coverage = coverage_measure(c, wobble, draws, seed), slack = 3 * sqrt(0.05 * 0.95 / (double)draws);
  printf("%-52s %6.2f %%\n", c->name, 100 * coverage);
  if (coverage < c->lowest - slack || coverage > c->highest + slack)
    fail_msg("%s: coverage %.4f, expected %.3f to %.3f", c->name, coverage, c->lowest, c->highest);
}

#endif
