/* Nearest neighbours against sorting all distances, and scikit-learn. */
#include "points_testing.h"

#include "despur/cluster.h"

typedef struct candidate {
  double square;
  uint32_t index;
} candidate;

static int by_distance_then_index(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->square != y->square) return x->square < y->square ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

/* [n] all points from the nearest; `left_out` (n: none) comes last. */
static void sort_by_distance(candidate *sorted, const float *points, size_t n, size_t d, const float *query,
                             size_t left_out) {
  for (size_t i = 0; i < n; i++)
    sorted[i] = (candidate){i == left_out ? HUGE_VAL : square_between(points + i * d, query, d), (uint32_t)i};
  qsort(sorted, n, sizeof *sorted, by_distance_then_index);
}

/* Coordinates are small integers, so distances are exact and many are equal. */
static void assert_sorted_grid(size_t n, size_t d, size_t count, size_t k, uint64_t index) {
  float *points = grid_points(index, n, d, 3), *queries = count ? grid_points(index + 1, count, d, 4) : NULL;
  candidate *sorted = malloc(n * sizeof *sorted);
  const despur_nearest_options options = {
      .neighbors = k, .queries = queries, .query_count = count, .threads = 2};
  despur_nearest_result result;
  assert_ok(despur_nearest(&result, points, n, d, &options, &error));
  assert_int_equal(result.count, queries ? count : n);
  assert_int_equal(result.neighbors, k);
  for (size_t q = 0; q < result.count; q++) {
    sort_by_distance(sorted, points, n, d, (queries ? queries : points) + q * d, queries ? n : q);
    for (size_t i = 0; i < k; i++) {
      assert_int_equal(result.indices[q * k + i], sorted[i].index);
      assert_true(result.distances[q * k + i] == (float)sqrt(sorted[i].square));
    }
  }
  despur_nearest_release(&result);
  free(sorted);
  mem_free(queries);
  mem_free(points);
}

static void neighbours_are_the_first_of_all_sorted_points(void **state) {
  (void)state;
  assert_sorted_grid(2, 1, 0, 1, 1);
  assert_sorted_grid(16, 1, 0, 15, 2);
  assert_sorted_grid(100, 3, 0, 7, 3);
  assert_sorted_grid(333, 5, 0, 40, 4);
  assert_sorted_grid(1, 2, 5, 1, 5);
  assert_sorted_grid(50, 2, 1, 50, 6);
  assert_sorted_grid(97, 66, 130, 10, 7);
}

/* For real coordinates order may differ where squares differ by less than their error. */
static void distances_are_within_their_bound(void **state) {
  (void)state;
  enum { N = 500, D = 84, K = 12 };
  float *points = normal_points(1, N, D);
  candidate sorted[N];
  const despur_nearest_options options = {.neighbors = K, .threads = 2};
  despur_nearest_result result;
  assert_ok(despur_nearest(&result, points, N, D, &options, &error));
  for (size_t q = 0; q < N; q++) {
    sort_by_distance(sorted, points, N, D, points + q * D, q);
    for (size_t i = 0; i < K; i++) {
      double wanted = sqrt(sorted[i].square), got = (double)result.distances[q * K + i];
      const float *neighbor = points + result.indices[q * K + i] * D;
      assert_near(got, wanted, 5e-6 * wanted);
      assert_near(got, sqrt(square_between(points + q * D, neighbor, D)), 5e-6 * wanted);
    }
  }
  despur_nearest_release(&result);
  mem_free(points);
}

static void duplicates_are_neighbours_at_distance_zero(void **state) {
  (void)state;
  const float points[] = {3, 3, 3, 3, 9};
  const despur_nearest_options options = {.neighbors = 3, .threads = 1};
  const uint32_t wanted[] = {1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2, 0, 1, 2};
  despur_nearest_result result;
  assert_ok(despur_nearest(&result, points, 5, 1, &options, &error));
  assert_memory_equal(result.indices, wanted, sizeof wanted);
  assert_true(result.distances[0] == 0 && result.distances[12] == 6);
  despur_nearest_release(&result);
}

static void huge_and_tiny_coordinates_are_no_trouble(void **state) {
  (void)state;
  const float points[] = {-3e38f, 0, 1e38f, 2.5e38f}, near_zero[] = {0, 3e-40f, 1e-40f, 9e-40f};
  const despur_nearest_options options = {.neighbors = 1, .threads = 1};
  const uint32_t wanted[] = {1, 2, 1, 2}, wanted_near_zero[] = {2, 2, 0, 1};
  despur_nearest_result result;
  assert_ok(despur_nearest(&result, points, 4, 1, &options, &error));
  assert_memory_equal(result.indices, wanted, sizeof wanted);
  assert_near((double)result.distances[0], 3e38, 1e33);
  despur_nearest_release(&result);
  assert_ok(despur_nearest(&result, near_zero, 4, 1, &options, &error));
  assert_memory_equal(result.indices, wanted_near_zero, sizeof wanted);
  despur_nearest_release(&result);
}

static void threads_and_levels_change_no_byte(void **state) {
  (void)state;
  enum { N = 600, D = 70, K = 9 };
  static const char *const levels[] = {"baseline", "v3", "v4"};
  float *points = normal_points(2, N, D);
  despur_nearest_options options = {.neighbors = K, .threads = 1};
  despur_nearest_result wanted, got;
  assert_ok(despur_nearest(&wanted, points, N, D, &options, &error));
  for (size_t level = 0; level < 3; level++) {
    options.threads = (int)level + 1;
    assert_int_equal(setenv("DESPUR_CPU", levels[level], 1), 0);
    if (despur_nearest(&got, points, N, D, &options, &error) == DESPUR_BAD_USAGE) continue;
    assert_memory_equal(got.indices, wanted.indices, N * K * sizeof *got.indices);
    assert_memory_equal(got.distances, wanted.distances, N * K * sizeof *got.distances);
    despur_nearest_release(&got);
  }
  assert_int_equal(unsetenv("DESPUR_CPU"), 0);
  despur_nearest_release(&wanted);
  mem_free(points);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  float points[] = {0, 1, 2, 3}, queries[] = {1, (float)NAN};
  despur_nearest_options options = {.neighbors = 4};
  despur_nearest_result result;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, &error), DESPUR_BAD_INPUT,
               "at least 5 points for 4 neighbours, found 4");
  options.neighbors = 0;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, &error), DESPUR_BAD_USAGE,
               "at least 1 neighbour");
  options.neighbors = 5;
  options.queries = queries;
  options.query_count = 1;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, &error), DESPUR_BAD_INPUT,
               "at least 5 points for 5 neighbours, found 4");
  options.neighbors = 4;
  options.query_count = 2;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, &error), DESPUR_BAD_INPUT,
               "queries: expected finite values, found nan in row 1");
  options.query_count = 0;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, &error), DESPUR_BAD_INPUT, "found 0 of 1");
  options.queries = NULL;
  points[0] = INFINITY;
  assert_fails(despur_nearest(&result, points, 4, 1, &options, NULL), DESPUR_BAD_INPUT, "");
  assert_null(result.indices);
}

static void scikit_learn_agrees(void **state) {
  (void)state;
  size_t n, d, k;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d);
  double *wanted = golden_values(GOLDEN_POINTS "neighbor_distances.npy", NULL, &k);
  const despur_nearest_options options = {.neighbors = k, .threads = 1};
  despur_nearest_result result;
  assert_ok(despur_nearest(&result, points, n, d, &options, &error));
  for (size_t i = 0; i < n * k; i++)
    assert_near((double)result.distances[i], wanted[i], 1e-6 * (1 + wanted[i]));
  despur_nearest_release(&result);
  mem_free(wanted);
  mem_free(points);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_are_the_first_of_all_sorted_points),
      cmocka_unit_test(distances_are_within_their_bound),
      cmocka_unit_test(duplicates_are_neighbours_at_distance_zero),
      cmocka_unit_test(huge_and_tiny_coordinates_are_no_trouble),
      cmocka_unit_test(threads_and_levels_change_no_byte),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(scikit_learn_agrees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
