/* Trustworthiness against its definition and scikit-learn. */
#include "points_testing.h"

#include "despur/cluster.h"

static double trusted(const float *points, size_t n, size_t d, const float *embedding, size_t components,
                      size_t neighbors, int threads) {
  const despur_trustworthiness_options options = {
      .neighbors = neighbors, .components = components, .threads = threads};
  double value;
  assert_ok(despur_trustworthiness(&value, points, n, d, embedding, &options, &error));
  return value;
}

/* 1 for the nearest of the others; equally near points come in the order of their indices. */
static size_t rank_among(const float *points, size_t n, size_t d, size_t point, size_t other) {
  const double square = square_between(points + point * d, points + other * d, d);
  size_t rank = 1;
  for (size_t i = 0; i < n; i++) {
    if (i == point || i == other) continue;
    const double here = square_between(points + point * d, points + i * d, d);
    rank += here < square || (here == square && i < other);
  }
  return rank;
}

static double defined_trustworthiness(const float *points, size_t n, size_t d, const float *embedding,
                                      size_t components, size_t k) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      if (j == i || rank_among(embedding, n, components, i, j) > k) continue;
      size_t rank = rank_among(points, n, d, i, j);
      if (rank > k) sum += (double)(rank - k);
    }
  return 1 - 2 * sum / ((double)(n * k) * (double)(2 * n - 3 * k - 1));
}

static void values_follow_the_definition_on_any_number_of_threads(void **state) {
  (void)state;
  static const size_t shapes[][4] = {{3, 1, 1, 1}, {50, 3, 2, 7}, {101, 70, 1, 50}, {130, 4, 3, 10}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const size_t n = shapes[s][0], d = shapes[s][1], components = shapes[s][2], k = shapes[s][3];
    for (uint32_t values = 2; values <= 50; values += 24) { /* many ties, and few */
      float *points = grid_points(s, n, d, values), *embedding = grid_points(s + 10, n, components, values);
      double wanted = defined_trustworthiness(points, n, d, embedding, components, k);
      double got = trusted(points, n, d, embedding, components, k, 1);
      assert_near(got, wanted, 1e-12);
      assert_true(trusted(points, n, d, embedding, components, k, 3) == got);
      mem_free(embedding);
      mem_free(points);
    }
  }
}

static void points_trust_themselves(void **state) {
  (void)state;
  float *points = normal_points(1, 200, 5);
  assert_true(trusted(points, 200, 5, points, 5, 10, 2) == 1);
  mem_free(points);
}

static void scikit_learn_agrees(void **state) {
  (void)state;
  size_t n, d;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d), *embedding = zeros(2 * n);
  double *wanted = golden_values(GOLDEN_POINTS "trustworthiness.npy", NULL, NULL);
  n = 60;
  for (size_t i = 0; i < n; i++) memcpy(embedding + 2 * i, points + i * d, 2 * sizeof *points);
  static const size_t neighbors[] = {1, 5, 10};
  for (size_t i = 0; i < 3; i++)
    assert_near(trusted(points, n, d, embedding, 2, neighbors[i], 2), wanted[i], 1e-9);
  mem_free(wanted);
  mem_free(embedding);
  mem_free(points);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  float points[] = {0, 1, 2, 3, 4, 5}, embedding[] = {0, 1, 2, 3, 4, (float)NAN};
  despur_trustworthiness_options options = {.neighbors = 3, .components = 1};
  double value;
  assert_fails(despur_trustworthiness(&value, points, 6, 1, points, &options, &error), DESPUR_BAD_INPUT,
               "more than 6 points for 3 neighbours, found 6");
  options.neighbors = 0;
  assert_fails(despur_trustworthiness(&value, points, 6, 1, points, &options, &error), DESPUR_BAD_USAGE,
               "at least 1 neighbour");
  options.neighbors = 1;
  assert_fails(despur_trustworthiness(&value, points, 6, 1, embedding, &options, &error), DESPUR_BAD_INPUT,
               "embedding: expected finite values, found nan in row 5");
  assert_fails(despur_trustworthiness(&value, embedding, 6, 1, points, &options, NULL), DESPUR_BAD_INPUT, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_follow_the_definition_on_any_number_of_threads),
      cmocka_unit_test(points_trust_themselves),
      cmocka_unit_test(scikit_learn_agrees),
      cmocka_unit_test(bad_input_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
