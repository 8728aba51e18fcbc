/* Shares of examples that weigh, against NumPy and SciPy (tests/golden/make_tally.py), against the counts of
 * examples that weigh alike, and against chance. */
#include "testing.h"

#include "../golden/tally.h"
#include "audit/tally.h"
#include "base/math.h"
#include "base/random.h"

static void effective_numbers_are_those_of_their_definition(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof TALLIES / sizeof *TALLIES; i++) {
    audit_tally in = {0}, rest = {0};
    for (size_t k = 0; k < TALLIES[i].in + TALLIES[i].rest; k++)
      tally_add(k < TALLIES[i].in ? &in : &rest, TALLIES[i].weights[k], TALLIES[i].marks[k] == 'x');
    assert_near(tally_share(&in), TALLIES[i].share, 1e-14);
    assert_near(tally_kish(&in), TALLIES[i].kish, 1e-12 * TALLIES[i].kish);
    assert_near(tally_effective(&in), TALLIES[i].effective, 1e-12 * TALLIES[i].effective);
    assert_near(tally_marked(&in), TALLIES[i].share * TALLIES[i].effective, 1e-12 * TALLIES[i].effective);
    assert_near(tally_fisher(&in, &rest), TALLIES[i].p, 1e-11 * TALLIES[i].p);
  }
}

/* To the last bit, whatever the weight, and although the others have another one. */
static void examples_that_weigh_alike_are_counted(void **state) {
  (void)state;
  static const double WEIGHTS[] = {1, 3, 0.1, 1.0 / 3, 7e-5, 1e12};
  for (size_t i = 0; i < 300; i++) {
    random_stream stream = random_open(1, "test tally", i);
    const double w_in = WEIGHTS[random_below(&stream, 6)], w_rest = WEIGHTS[random_below(&stream, 6)];
    const size_t n_in = 1 + random_below(&stream, 500), n_rest = 1 + random_below(&stream, 500);
    const size_t k_in = random_below(&stream, (uint32_t)n_in + 1),
                 k_rest = random_below(&stream, (uint32_t)n_rest + 1);
    audit_tally in = {0}, rest = {0};
    for (size_t k = 0; k < n_in; k++) tally_add(&in, w_in, k < k_in);
    for (size_t k = 0; k < n_rest; k++) tally_add(&rest, w_rest, k < k_rest);
    assert_true(tally_share(&in) == (double)k_in / (double)n_in);
    assert_true(tally_kish(&in) == (double)n_in && tally_effective(&in) == (double)n_in);
    assert_true(tally_fisher(&in, &rest) == despur_fisher_greater(k_in, n_in, k_rest, n_rest));
    const despur_interval own = tally_difference(tally_share(&in), tally_effective(&in), tally_share(&rest),
                                                 tally_effective(&rest), 0.999);
    const despur_interval counted = despur_difference_interval(k_rest, n_rest, k_in, n_in, 0.999);
    assert_true(own.low == counted.low && own.high == counted.high);
  }
}

static void nothing_says_nothing(void **state) {
  (void)state;
  audit_tally none = {0}, some = {0};
  tally_add(&some, 2, true);
  assert_true(isnan(tally_share(&none)));
  assert_true(tally_kish(&none) == 0 && tally_effective(&none) == 0);
  assert_true(tally_fisher(&none, &some) == 1 && tally_fisher(&some, &none) == 1);
}

/* ---- the level ---- */

enum { DRAWS = 10000, LEVELS = 3 };
static const double ALPHAS[LEVELS] = {0.05, 0.01, 0.001};

/* Marks with one rate everywhere, weights with a deviation `sigma` of the logarithm; marked ones weigh
 * `heavier` times as much, as where rare ones were drawn less often: then only the share of weights is the
 * same everywhere. */
static void draw(audit_tally *out, random_stream *stream, size_t count, double rate, double sigma,
                 double heavier) {
  for (size_t i = 0; i < count; i++) {
    const bool marked = random_uniform(stream) < rate;
    tally_add(out, (marked ? heavier : 1) * math_exp(sigma * random_normal(stream)), marked);
  }
}

/* By the same test of Kish's number alone. */
static double kish_alone(const audit_tally *in, const audit_tally *rest) {
  const double n_in = floor(tally_kish(in)), n_rest = floor(tally_kish(rest));
  return despur_fisher_greater((size_t)(tally_share(in) * n_in), (size_t)n_in,
                               (size_t)ceil(tally_share(rest) * n_rest), (size_t)n_rest);
}

/* A twentieth is marked on either side, and one of weight 30, as chance has it. */
static void a_mark_of_great_weight_is_one_mark(void **state) {
  (void)state;
  audit_tally in = {0}, rest = {0};
  tally_add(&in, 30, true);
  for (size_t i = 1; i < 300; i++) tally_add(&in, 1, i < 15);
  for (size_t i = 0; i < 300; i++) tally_add(&rest, 1, i < 15);
  assert_true(kish_alone(&in, &rest) < 0.05);
  assert_true(tally_fisher(&in, &rest) > 0.15);
}

static void count_alarms(size_t own[LEVELS], size_t by_kish[LEVELS], size_t in_count, size_t rest_count,
                         double rate, double sigma, double heavier) {
  for (uint64_t i = 0; i < DRAWS; i++) {
    random_stream stream = random_open(i, "test tally level", in_count + (uint64_t)(1000 * rate));
    audit_tally in = {0}, rest = {0};
    draw(&in, &stream, in_count, rate, sigma, heavier);
    draw(&rest, &stream, rest_count, rate, sigma, heavier);
    for (size_t k = 0; k < LEVELS; k++) {
      own[k] += tally_fisher(&in, &rest) <= ALPHAS[k];
      by_kish[k] += kish_alone(&in, &rest) <= ALPHAS[k];
    }
  }
}

/* At most what is allowed, and three standard errors. */
static void false_alarms_keep_their_level(void **state) {
  (void)state;
  static const struct {
    size_t in, rest;
    double rate, sigma, heavier;
  } SETS[] = {{10, 200, 0.01, 0.5, 5}, {10, 200, 0.8, 0, 0.1},  {200, 30, 0.15, 0.5, 5}, {10, 200, 0.1, 1, 1},
              {30, 300, 0.05, 1, 1},   {30, 300, 0.3, 1.5, 1},  {100, 100, 0.1, 1.5, 1}, {200, 30, 0.1, 1, 1},
              {40, 200, 0.2, 0.5, 5},  {40, 200, 0.2, 0.5, 0.2}};
  for (size_t s = 0; s < sizeof SETS / sizeof *SETS; s++) {
    size_t own[LEVELS] = {0}, by_kish[LEVELS] = {0};
    count_alarms(own, by_kish, SETS[s].in, SETS[s].rest, SETS[s].rate, SETS[s].sigma, SETS[s].heavier);
    for (size_t k = 0; k < LEVELS; k++) {
      const double most = ALPHAS[k] * DRAWS + 3 * math_sqrt(ALPHAS[k] * (1 - ALPHAS[k]) * DRAWS);
      print_message("%zu of %zu, rate %g, deviation %g, times %g, at %g: %.2f of it; by Kish alone %.2f\n",
                    SETS[s].in, SETS[s].rest, SETS[s].rate, SETS[s].sigma, SETS[s].heavier, ALPHAS[k],
                    (double)own[k] / (ALPHAS[k] * DRAWS), (double)by_kish[k] / (ALPHAS[k] * DRAWS));
      assert_true((double)own[k] <= most);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(effective_numbers_are_those_of_their_definition),
      cmocka_unit_test(examples_that_weigh_alike_are_counted),
      cmocka_unit_test(nothing_says_nothing),
      cmocka_unit_test(a_mark_of_great_weight_is_one_mark),
      cmocka_unit_test(false_alarms_keep_their_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
