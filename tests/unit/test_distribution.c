#include "testing.h"

#include "base/random.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/draw.h"

#include "golden/statistics.h"

static void assert_relatively_near(double got, double wanted, double tolerance) {
  assert_near(got, wanted, tolerance * fabs(wanted));
}

static void the_normal_distribution_agrees_with_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof NORMAL_VALUES / sizeof *NORMAL_VALUES; i++)
    assert_relatively_near(normal_below(NORMAL_VALUES[i].z), NORMAL_VALUES[i].below, 1e-13);
  for (size_t i = 0; i < sizeof NORMAL_QUANTILES / sizeof *NORMAL_QUANTILES; i++)
    assert_near(normal_quantile(NORMAL_QUANTILES[i].below), NORMAL_QUANTILES[i].z, 1e-9);
  assert_true(normal_quantile(0) == -(double)INFINITY && normal_quantile(1) == (double)INFINITY);
  assert_true(isnan(normal_quantile(-1)) && isnan(normal_quantile(2)));
}

static void quantiles_undo_the_distribution(void **state) {
  (void)state;
  for (double z = -8; z <= 5; z += 0.0625) assert_near(normal_quantile(normal_below(z)), z, 1e-9);
}

static void binomial_tails_agree_with_scipy(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof BINOMIAL_VALUES / sizeof *BINOMIAL_VALUES; i++) {
    const struct binomial_value *v = &BINOMIAL_VALUES[i];
    binomial_tails got = binomial_at(v->x, v->n, v->p);
    assert_relatively_near(got.equal, v->equal, 1e-10);
    assert_near(got.below, v->below, 1e-10 * v->below + 1e-15);
    assert_near(got.above, v->above, 1e-10 * v->above + 1e-15);
  }
}

static void certain_outcomes_are_certain(void **state) {
  (void)state;
  assert_true(binomial_middle(0, 5, 0) == 0.5 && binomial_middle(3, 5, 0) == 1);
  assert_true(binomial_middle(5, 5, 1) == 0.5 && binomial_middle(3, 5, 1) == 0);
}

static void binomial_masses_add_up_to_one(void **state) {
  (void)state;
  const double chances[] = {1e-6, 0.02, 0.5, 0.97};
  for (size_t i = 0; i < 4; i++)
    for (size_t n = 1; n <= 60; n++) {
      double sum = 0;
      for (size_t x = 0; x <= n; x++) {
        binomial_tails tails = binomial_at(x, n, chances[i]);
        assert_near(tails.below, sum, 1e-13);
        sum += tails.equal;
        assert_near(tails.above, 1 - sum, 1e-13);
      }
    }
}

enum { DRAWS = 40000, MOST = 64 };

/* Pearson's chi-squared over the counts whose expectation is at least 5; it exceeds `limit` by chance once in
 * a thousand streams. */
static void assert_drawn_from(const size_t *seen, const double *mass, size_t n, double limit) {
  double statistic = 0, rest = DRAWS, expected_rest = DRAWS;
  for (size_t x = 0; x <= n; x++) {
    double expected = DRAWS * mass[x];
    if (expected < 5) continue;
    statistic += ((double)seen[x] - expected) * ((double)seen[x] - expected) / expected;
    rest -= (double)seen[x];
    expected_rest -= expected;
  }
  if (expected_rest > 5) statistic += (rest - expected_rest) * (rest - expected_rest) / expected_rest;
  if (statistic > limit) fail_msg("chi-squared %.1f, expected at most %.1f", statistic, limit);
}

static void binomial_draws_have_binomial_frequencies(void **state) {
  (void)state;
  const struct {
    size_t n;
    double p, limit;
  } cases[] = {{1, 0.3, 10.8}, {12, 0.5, 32.9}, {60, 0.02, 22.5}, {60, 0.93, 32.9}};
  for (size_t i = 0; i < 4; i++) {
    size_t seen[MOST] = {0};
    double mass[MOST];
    random_stream stream = random_open(i, "shuffle", 0);
    for (int d = 0; d < DRAWS; d++) seen[draw_binomial(&stream, cases[i].n, cases[i].p)]++;
    for (size_t x = 0; x <= cases[i].n; x++) mass[x] = binomial_at(x, cases[i].n, cases[i].p).equal;
    assert_drawn_from(seen, mass, cases[i].n, cases[i].limit);
  }
  random_stream stream = random_open(0, "shuffle", 0);
  assert_int_equal(draw_binomial(&stream, 7, 0), 0);
  assert_int_equal(draw_binomial(&stream, 7, 1), 7);
  assert_int_equal(draw_binomial(&stream, 0, 0.5), 0);
}

static double choose(size_t n, size_t k) {
  double result = 1;
  for (size_t i = 1; i <= k; i++) result *= (double)(n - k + i) / (double)i;
  return result;
}

static void hypergeometric_draws_have_hypergeometric_frequencies(void **state) {
  (void)state;
  const struct {
    size_t total, marked, taken;
    double limit;
  } cases[] = {{20, 7, 12, 24.4}, {50, 49, 25, 10.9}, {9, 5, 8, 10.9}, {60, 30, 30, 39.3}};
  for (size_t i = 0; i < 4; i++) {
    size_t seen[MOST] = {0};
    double mass[MOST] = {0};
    size_t total = cases[i].total, marked = cases[i].marked, taken = cases[i].taken;
    random_stream stream = random_open(i, "colour", 0);
    for (int d = 0; d < DRAWS; d++) seen[draw_hypergeometric(&stream, total, marked, taken)]++;
    for (size_t x = 0; x <= marked && x <= taken; x++)
      if (taken - x <= total - marked)
        mass[x] = choose(marked, x) * choose(total - marked, taken - x) / choose(total, taken);
    assert_drawn_from(seen, mass, taken < marked ? taken : marked, cases[i].limit);
  }
  random_stream stream = random_open(0, "colour", 0);
  assert_int_equal(draw_hypergeometric(&stream, 5, 5, 3), 3);
  assert_int_equal(draw_hypergeometric(&stream, 5, 0, 3), 0);
  assert_int_equal(draw_hypergeometric(&stream, 5, 2, 5), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_normal_distribution_agrees_with_scipy),
      cmocka_unit_test(quantiles_undo_the_distribution),
      cmocka_unit_test(binomial_tails_agree_with_scipy),
      cmocka_unit_test(certain_outcomes_are_certain),
      cmocka_unit_test(binomial_masses_add_up_to_one),
      cmocka_unit_test(binomial_draws_have_binomial_frequencies),
      cmocka_unit_test(hypergeometric_draws_have_hypergeometric_frequencies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
