/* k-medoids against all sets of medoids of small inputs, the law of its end, and the package of the method's
 * authors. */
#include "points_testing.h"

#include "base/level.h"
#include "despur/cluster.h"

#include <jansson.h>

static despur_kmedoids_options usual(size_t clusters, despur_distance distance) {
  return (despur_kmedoids_options){
      .clusters = clusters, .distance = distance, .starts = 1, .max_passes = 100, .seed = 7, .threads = 2};
}

/* All distances, from the definition: [n, n]. */
static double *distance_matrix(const float *points, size_t n, size_t d, despur_distance distance) {
  double *all = malloc(n * n * sizeof *all);
  for (size_t a = 0; a < n; a++)
    for (size_t b = 0; b < n; b++) {
      const float *x = points + a * d, *y = points + b * d;
      double product = 0, left = 0, right = 0;
      for (size_t j = 0; j < d; j++) {
        product += (double)x[j] * (double)y[j];
        left += (double)x[j] * (double)x[j];
        right += (double)y[j] * (double)y[j];
      }
      all[a * n + b] = distance == DESPUR_DISTANCE_COSINE ? 1 - product / sqrt(left * right)
                                                          : sqrt(square_between(x, y, d));
    }
  return all;
}

/* The loss of medoids, of which `skipped` counts as `instead`. */
static double loss_of(const double *all, size_t n, const uint32_t *medoids, size_t k, size_t skipped,
                      uint32_t instead) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double least = HUGE_VAL;
    for (size_t c = 0; c < k; c++) least = fmin(least, all[i * n + (c == skipped ? instead : medoids[c])]);
    sum += least;
  }
  return sum;
}

static double least_loss_of_all_medoids(const double *all, size_t n, size_t k) {
  uint32_t medoids[8];
  double least = HUGE_VAL;
  for (uint32_t c = 0; c < k; c++) medoids[c] = c;
  for (;;) { /* all subsets of size k, in lexicographic order */
    least = fmin(least, loss_of(all, n, medoids, k, k, 0));
    size_t place = k;
    while (place > 0 && medoids[place - 1] == n - 1 - (k - place)) place--;
    if (place == 0) return least;
    medoids[place - 1]++;
    for (; place < k; place++) medoids[place] = medoids[place - 1] + 1;
  }
}

/* What the header promises of every result. */
static void assert_consistent(const despur_kmedoids_result *result, const float *points, size_t n, size_t d,
                              size_t k, despur_distance distance) {
  double *all = distance_matrix(points, n, d, distance);
  size_t *sizes = calloc(k, sizeof *sizes), *first = calloc(k, sizeof *first);
  for (size_t c = 0; c < k; c++) assert_true(result->medoids[c] < n);
  for (size_t i = n; i-- > 0;) {
    assert_true(result->labels[i] < k);
    sizes[result->labels[i]]++;
    first[result->labels[i]] = i;
    double own = all[i * n + result->medoids[result->labels[i]]];
    for (size_t c = 0; c < k; c++) assert_true(own <= all[i * n + result->medoids[c]] * (1 + 1e-5) + 1e-6);
    for (size_t earlier = 0; earlier < i; earlier++)
      if (!memcmp(points + i * d, points + earlier * d, d * sizeof *points))
        assert_int_equal(result->labels[i], result->labels[earlier]);
  }
  double loss = loss_of(all, n, result->medoids, k, k, 0);
  assert_near(result->loss, loss, 1e-5 * loss + 1e-9);
  for (size_t c = 0; c < k; c++) {
    assert_int_equal(result->sizes[c], sizes[c]);
    if (sizes[c]) assert_int_equal(result->labels[result->medoids[c]], c);
    if (!c) continue;
    assert_true(sizes[c - 1] >= sizes[c]);
    if (sizes[c] && sizes[c - 1] == sizes[c]) assert_true(first[c - 1] < first[c]);
  }
  free(all);
  free(sizes);
  free(first);
}

static void loss_is_the_least_of_all_medoids(void **state) {
  (void)state;
  for (size_t trial = 0; trial < 40; trial++) {
    size_t n = 9 + trial % 6, d = 1 + trial % 3, k = 1 + trial % 4;
    despur_distance distance = trial % 2 && d > 1 ? DESPUR_DISTANCE_COSINE : DESPUR_DISTANCE_EUCLIDEAN;
    float *points = normal_points(trial, n, d);
    double *all = distance_matrix(points, n, d, distance);
    despur_kmedoids_options options = usual(k, distance);
    options.starts = 10;
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, n, d, &options, &error));
    assert_consistent(&result, points, n, d, k, distance);
    assert_near(result.loss, least_loss_of_all_medoids(all, n, k), 1e-5);
    despur_kmedoids_release(&result);
    free(all);
    mem_free(points);
  }
}

static void no_swap_would_gain_anything_in_the_end(void **state) {
  (void)state;
  static const size_t SIZES[][3] = {{300, 4, 1}, {300, 4, 7}, {97, 2, 20}, {640, 3, 18}};
  for (size_t s = 0; s < 8; s++) {
    size_t n = SIZES[s / 2][0], d = SIZES[s / 2][1], k = SIZES[s / 2][2];
    despur_distance distance = (despur_distance)(s % 2);
    float *points = normal_points(20 + s, n, d);
    double *all = distance_matrix(points, n, d, distance);
    despur_kmedoids_options options = usual(k, distance);
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, n, d, &options, &error));
    assert_true(result.converged);
    assert_consistent(&result, points, n, d, k, distance);
    for (size_t c = 0; c < k; c++)
      for (uint32_t i = 0; i < n; i += 3)
        assert_true(loss_of(all, n, result.medoids, k, c, i) > result.loss * (1 - 1e-5));
    despur_kmedoids_release(&result);
    free(all);
    mem_free(points);
  }
}

static size_t first_equal(const float *points, size_t d, size_t i) {
  size_t equal = 0;
  while (memcmp(points + equal * d, points + i * d, d * sizeof *points)) equal++;
  return equal;
}

static void losses_and_medoids_are_those_of_its_authors_package(void **state) {
  (void)state;
  size_t n, d, index;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d);
  json_t *expected = json_load_file(GOLDEN_POINTS "medoids.json", 0, NULL), *case_;
  assert_non_null(expected);
  json_array_foreach(expected, index, case_) {
    int cosine = strcmp(json_string_value(json_object_get(case_, "distance")), "cosine") == 0;
    size_t k = (size_t)json_integer_value(json_object_get(case_, "clusters"));
    double wanted = json_number_value(json_object_get(case_, "loss"));
    despur_kmedoids_options options = usual(k, cosine ? DESPUR_DISTANCE_COSINE : DESPUR_DISTANCE_EUCLIDEAN);
    options.starts = 50;
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, n, d, &options, &error));
    assert_near(result.loss, wanted, 1e-6 * wanted);
    int found[180] = {0};
    for (size_t c = 0; c < k; c++) found[first_equal(points, d, result.medoids[c])] = 1;
    size_t place;
    json_t *medoid;
    json_array_foreach(json_object_get(case_, "medoids"), place, medoid)
        assert_true(found[first_equal(points, d, (size_t)json_integer_value(medoid))]);
    despur_kmedoids_release(&result);
  }
  json_decref(expected);
  mem_free(points);
}

static void threads_and_levels_change_no_byte(void **state) {
  (void)state;
  enum { N = 1500, D = 19, K = 6 }; /* enough for several chunks */
  static const char *const LEVELS[] = {"", "baseline", "v3"};
  float *points = normal_points(40, N, D);
  despur_kmedoids_result wanted = {0};
  for (int run = 0; run < 6; run++) {
    const char *level = LEVELS[run / 2];
    if ((size_t)run / 2 > level_count()) continue; /* "" is one of them */
    setenv("DESPUR_CPU", level, 1);
    despur_kmedoids_options options = usual(K, DESPUR_DISTANCE_EUCLIDEAN);
    options.threads = run % 2 ? 3 : 1;
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, N, D, &options, &error));
    if (run == 0) {
      wanted = result;
      continue;
    }
    assert_memory_equal(result.labels, wanted.labels, N * sizeof *result.labels);
    assert_memory_equal(result.medoids, wanted.medoids, K * sizeof *result.medoids);
    assert_memory_equal(&result.loss, &wanted.loss, sizeof result.loss);
    assert_int_equal(result.swaps, wanted.swaps);
    despur_kmedoids_release(&result);
  }
  unsetenv("DESPUR_CPU");
  despur_kmedoids_release(&wanted);
  mem_free(points);
}

static void promises_hold_with_duplicates_ties_and_early_stops(void **state) {
  (void)state;
  for (size_t trial = 0; trial < 200; trial++) {
    size_t n = 6 + trial % 60, d = 1 + trial % 3, k = 1 + trial % 6;
    float *points = grid_points(trial, n, d, 2 + (uint32_t)trial % 5);
    despur_kmedoids_options options = usual(k, DESPUR_DISTANCE_EUCLIDEAN);
    options.starts = 1 + trial % 2;
    options.max_passes = trial % 4 ? 100 : 1;
    options.index = trial;
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, n, d, &options, &error));
    assert_consistent(&result, points, n, d, k, options.distance);
    despur_kmedoids_release(&result);
    mem_free(points);
  }
}

static void fewer_different_points_than_clusters_leave_the_last_clusters_empty(void **state) {
  (void)state;
  const float points[] = {5, 1, 1, 5, 9, 1, 5, 1};
  despur_kmedoids_options options = usual(5, DESPUR_DISTANCE_EUCLIDEAN);
  despur_kmedoids_result result;
  assert_ok(despur_kmedoids(&result, points, 8, 1, &options, &error));
  const uint32_t labels[] = {1, 0, 0, 1, 2, 0, 1, 0};
  const size_t sizes[] = {4, 3, 1, 0, 0};
  assert_memory_equal(result.labels, labels, sizeof labels);
  assert_memory_equal(result.sizes, sizes, sizeof sizes);
  assert_true(result.loss == 0);
  despur_kmedoids_release(&result);
}

/* Lengths mean nothing to the cosine, powers of two nothing to Euclid's medoids. */
static void scale_leaves_the_clusters_alone(void **state) {
  (void)state;
  enum { N = 120, D = 4, K = 5 };
  float *points = normal_points(50, N, D), *scaled = zeros(N * D);
  for (int cosine = 0; cosine <= 1; cosine++) {
    for (size_t i = 0; i < N * D; i++) scaled[i] = points[i] * exp2f(cosine ? (float)(i / D % 90) : 100);
    despur_kmedoids_options options = usual(K, (despur_distance)cosine);
    despur_kmedoids_result before, after;
    assert_ok(despur_kmedoids(&before, points, N, D, &options, &error));
    assert_ok(despur_kmedoids(&after, scaled, N, D, &options, &error));
    assert_memory_equal(before.labels, after.labels, N * sizeof *before.labels);
    assert_memory_equal(before.medoids, after.medoids, K * sizeof *before.medoids);
    double factor = cosine ? 1 : exp2(100);
    assert_near(after.loss, before.loss * factor, 1e-6 * before.loss * factor);
    despur_kmedoids_release(&before);
    despur_kmedoids_release(&after);
  }
  mem_free(points);
  mem_free(scaled);
}

static void more_starts_are_no_worse_and_index_and_seed_make_other_starts(void **state) {
  (void)state;
  enum { N = 500, D = 2 };
  float *points = normal_points(60, N, D);
  double single[5] = {0};
  for (size_t run = 0; run < 5; run++) {
    despur_kmedoids_options options = usual(30, DESPUR_DISTANCE_EUCLIDEAN);
    options.starts = run == 4 ? 10 : 1;
    options.index = run == 1;
    options.seed = run == 2 ? 8 : 7;
    despur_kmedoids_result result;
    assert_ok(despur_kmedoids(&result, points, N, D, &options, &error));
    single[run] = result.loss;
    despur_kmedoids_release(&result);
  }
  assert_true(single[0] != single[1]);
  assert_true(single[0] != single[2]);
  assert_true(single[0] == single[3]);
  assert_true(single[4] <= single[0]);
  mem_free(points);
}

static void bad_points_and_options_are_refused(void **state) {
  (void)state;
  float points[] = {0, 1, 2, 3, 4, 5};
  despur_kmedoids_result result;
  despur_kmedoids_options options = usual(2, DESPUR_DISTANCE_EUCLIDEAN);
  points[3] = NAN;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_INPUT, "row 1, column 1");
  assert_null(result.labels);
  points[2] = points[3] = 0;
  options.distance = DESPUR_DISTANCE_COSINE;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_INPUT,
               "row 1 is all zero");
  assert_null(result.labels);
  options.clusters = 4;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_INPUT,
               "at least 4 points for 4 clusters, found 3");
  options.clusters = 0;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "1 cluster");
  options = usual(1, (despur_distance)2);
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "distance");
  options = usual(1, DESPUR_DISTANCE_EUCLIDEAN);
  assert_fails(despur_kmedoids(&result, points, 3, 0, &options, &error), DESPUR_BAD_INPUT, "1 dimension");
  options.starts = 0;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "1 start");
  options = usual(1, DESPUR_DISTANCE_EUCLIDEAN);
  options.max_passes = 0;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, NULL), DESPUR_BAD_USAGE, "");
  options = usual(1, DESPUR_DISTANCE_EUCLIDEAN);
  options.index = (uint64_t)1 << 32;
  assert_fails(despur_kmedoids(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "below 2^32");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loss_is_the_least_of_all_medoids),
      cmocka_unit_test(no_swap_would_gain_anything_in_the_end),
      cmocka_unit_test(losses_and_medoids_are_those_of_its_authors_package),
      cmocka_unit_test(threads_and_levels_change_no_byte),
      cmocka_unit_test(promises_hold_with_duplicates_ties_and_early_stops),
      cmocka_unit_test(fewer_different_points_than_clusters_leave_the_last_clusters_empty),
      cmocka_unit_test(scale_leaves_the_clusters_alone),
      cmocka_unit_test(more_starts_are_no_worse_and_index_and_seed_make_other_starts),
      cmocka_unit_test(bad_points_and_options_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
