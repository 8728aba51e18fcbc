/* UMAP: its parts against umap-learn, and the laws that an embedding must obey. */
#include "points_testing.h"

#include "cluster/umap.h"

static const despur_umap_options USUAL = {
    .neighbors = 15, .components = 2, .min_dist = 0.1, .spread = 1, .seed = 1, .threads = 2};

static double trusted(const float *points, size_t n, size_t d, const float *embedding, size_t components) {
  const despur_trustworthiness_options options = {.neighbors = 10, .components = components, .threads = 2};
  double value;
  assert_ok(despur_trustworthiness(&value, points, n, d, embedding, &options, &error));
  return value;
}

/* Clouds of equal size, 20 apart on the axes, point i in cloud i % clouds. */
static float *clouds_of(size_t n, size_t d, size_t clouds) {
  float *points = normal_points(3, n, d);
  for (size_t i = 0; i < n; i++) points[i * d + i % clouds] += 20;
  return points;
}

static void the_curve_is_the_one_that_umap_learn_fits(void **state) {
  (void)state;
  size_t count;
  double *curves = golden_values(GOLDEN_POINTS "umap_curve.npy", &count, NULL);
  for (size_t i = 0; i < count; i++) {
    const double *wanted = curves + 4 * i;
    double a, b;
    umap_fit_curve(&a, &b, wanted[0], wanted[1]);
    assert_near(a, wanted[2], 1e-5 * wanted[2]);
    assert_near(b, wanted[3], 1e-5);
  }
  mem_free(curves);
}

static void the_graph_is_that_of_umap_learn(void **state) {
  (void)state;
  size_t n, d;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d);
  double *wanted = golden_values(GOLDEN_POINTS "umap_graph.npy", &n, NULL), got[60 * 60] = {0};
  assert_int_equal(n, 60);
  despur_nearest_result nearest;
  umap_graph graph = {0};
  parallel *pool;
  assert_ok(parallel_create(&pool, 2, &error));
  assert_ok(despur_nearest(&nearest, points, n, d, &(despur_nearest_options){.neighbors = 9}, &error));
  assert_ok(umap_graph_create(&graph, &nearest, pool, &error));
  for (size_t i = 0; i < n; i++)
    for (size_t edge = graph.start[i]; edge < graph.start[i + 1]; edge++) {
      assert_true(got[i * n + graph.target[edge]] == 0); /* every edge stands there once */
      got[i * n + graph.target[edge]] = (double)graph.weight[edge];
    }
  for (size_t i = 0; i < n * n; i++) assert_near(got[i], wanted[i], 1e-4);
  umap_graph_release(&graph);
  despur_nearest_release(&nearest);
  parallel_free(pool);
  mem_free(wanted);
  mem_free(points);
}

static double limited(double force, double square) {
  return fmin(force, 4 / sqrt(square));
}

/* Linear interpolation of a curve with a kink, where the limit begins: the bound is generous for either. */
static void the_tables_of_forces_are_within_half_a_percent(void **state) {
  (void)state;
  umap_forces *forces;
  assert_ok(mem_alloc(&forces, 1, sizeof *forces, &error));
  static const double curves[][2] = {{1.577, 0.895}, {1.93, 0.79}, {0.0058, 1.68}, {150, 0.79}};
  for (size_t c = 0; c < 4; c++) {
    const double a = curves[c][0], b = curves[c][1];
    umap_forces_init(forces, a, b);
    for (double x = 0x1p-32; x < 0x1p32; x *= 1.00137) {
      const double there = (double)(float)x, power = pow(there, b);
      const double pull = limited(2 * a * b * power / there / (1 + a * power), there);
      const double push = limited(2 * b / ((0.001 + there) * (1 + a * power)), there);
      assert_near((double)umap_table_at(&forces->attraction, (float)x), -pull, 5e-3 * pull);
      assert_near((double)umap_table_at(&forces->repulsion, (float)x), push, 5e-3 * push);
    }
    assert_true(umap_table_at(&forces->attraction, 0) == forces->attraction.values[0]);
    assert_near((double)umap_table_at(&forces->repulsion, 1e30f), 0, 1e-9);
  }
  mem_free(forces);
}

static void embeddings_are_as_trustworthy_as_those_of_umap_learn(void **state) {
  (void)state;
  size_t n, d, seeds;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d);
  double *theirs = golden_values(GOLDEN_POINTS "umap_trustworthiness.npy", &seeds, NULL), mean = 0,
         wanted = 0;
  for (size_t seed = 0; seed < seeds; seed++) {
    despur_umap_options options = USUAL;
    options.seed = seed;
    despur_umap umap;
    assert_ok(despur_umap_fit(&umap, points, n, d, &options, &error));
    assert_int_equal(umap.epochs, 500);
    mean += trusted(points, n, d, umap.embedding, 2) / (double)seeds;
    wanted += theirs[seed] / (double)seeds;
    despur_umap_release(&umap);
  }
  if (mean < wanted - 0.01) fail_msg("mean trustworthiness %.4f, umap-learn's %.4f", mean, wanted);
  mem_free(theirs);
  mem_free(points);
}

/* Each point is nearer to all of its cloud than to any of another. */
static void assert_clouds_stay_apart(float unit) {
  enum { N = 300, D = 12, CLOUDS = 3 };
  float *points = clouds_of(N, D, CLOUDS);
  despur_umap umap;
  for (size_t i = 0; i < (size_t)N * D; i++) points[i] *= unit;
  assert_ok(despur_umap_fit(&umap, points, N, D, &USUAL, &error));
  uint32_t labels[N];
  for (size_t i = 0; i < N; i++) labels[i] = (uint32_t)(i % CLOUDS);
  despur_silhouette_result result;
  assert_ok(despur_silhouette(&result, umap.embedding, N, 2, labels, CLOUDS,
                              &(despur_silhouette_options){.threads = 1}, &error));
  for (size_t i = 0; i < N; i++) assert_true(result.values[i] > 0.5);
  despur_silhouette_release(&result);
  despur_umap_release(&umap);
  mem_free(points);
}

static void clouds_stay_apart_in_any_unit(void **state) {
  (void)state;
  static const float UNITS[] = {1, 1e-36f, 1e-20f, 1e20f, 1e30f};
  for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) assert_clouds_stay_apart(UNITS[i]);
}

static void threads_and_levels_change_no_byte_and_seeds_do(void **state) {
  (void)state;
  enum { N = 500, D = 9, M = 77, C = 3 };
  float *points = normal_points(4, N, D), *fresh = normal_points(5, M, D), one[M * C], three[M * C];
  despur_umap_options options = USUAL;
  options.components = C;
  options.epochs = 30;
  options.threads = 1;
  despur_umap a, b;
  assert_ok(despur_umap_fit(&a, points, N, D, &options, &error));
  assert_ok(despur_umap_transform(&a, one, fresh, M, 1, NULL, &error));
  options.threads = 3;
  assert_int_equal(setenv("DESPUR_CPU", "baseline", 1), 0);
  assert_ok(despur_umap_fit(&b, points, N, D, &options, &error));
  assert_ok(despur_umap_transform(&b, three, fresh, M, 3, NULL, &error));
  assert_int_equal(unsetenv("DESPUR_CPU"), 0);
  assert_memory_equal(a.embedding, b.embedding, N * C * sizeof(float));
  assert_memory_equal(one, three, sizeof one);
  despur_umap_release(&b);
  options.seed++;
  assert_ok(despur_umap_fit(&b, points, N, D, &options, &error));
  assert_memory_not_equal(a.embedding, b.embedding, N * C * sizeof(float));
  despur_umap_release(&b);
  despur_umap_release(&a);
  mem_free(fresh);
  mem_free(points);
}

/* New points of a cloud come to lie within it, and a fitted point near its own place: nearer than to 99 % of
 * the others. */
static void new_points_go_where_their_neighbours_are(void **state) {
  (void)state;
  enum { N = 600, D = 3, CLOUDS = 3, FITTED = 450 };
  float *points = clouds_of(N, D, CLOUDS), places[N * 2];
  despur_umap umap;
  assert_ok(despur_umap_fit(&umap, points, FITTED, D, &USUAL, &error));
  assert_ok(despur_umap_transform(&umap, places, points, N, 2, NULL, &error));
  size_t close = 0;
  for (size_t i = 0; i < N; i++) {
    double nearest[CLOUDS] = {HUGE_VAL, HUGE_VAL, HUGE_VAL};
    size_t nearer = 0;
    const double own = i < FITTED ? square_between(places + 2 * i, umap.embedding + 2 * i, 2) : 0;
    for (size_t j = 0; j < FITTED; j++) {
      double square = square_between(places + 2 * i, umap.embedding + 2 * j, 2);
      nearest[j % CLOUDS] = fmin(nearest[j % CLOUDS], square);
      nearer += square < own;
    }
    for (size_t c = 0; c < CLOUDS; c++) assert_true(c == i % CLOUDS || nearest[c] > nearest[i % CLOUDS]);
    close += i < FITTED && nearer < FITTED / 20;
  }
  assert_true(close > FITTED * 9 / 10);
  despur_umap_release(&umap);
  mem_free(points);
}

static void the_place_of_a_new_point_depends_on_no_other(void **state) {
  (void)state;
  enum { N = 200, D = 5, M = 20 };
  float *points = normal_points(6, N, D), *fresh = normal_points(7, M, D), together[M * 2], changed[M * 2];
  despur_umap umap;
  assert_ok(despur_umap_fit(&umap, points, N, D, &USUAL, &error));
  assert_ok(despur_umap_transform(&umap, together, fresh, M, 1, NULL, &error));
  for (size_t i = D; i < M * D; i++) fresh[i] *= 9;
  assert_ok(despur_umap_transform(&umap, changed, fresh, M, 1, NULL, &error));
  assert_memory_equal(changed, together, 2 * sizeof *changed);
  assert_memory_not_equal(changed, together, sizeof changed);
  despur_umap_release(&umap);
  mem_free(fresh);
  mem_free(points);
}

/* 50 equal points; copies of two; seven points a hundred times each: every copy stands where the others do,
 * the points that differ do not meet, and new copies come to the same places. */
static void equal_points_have_equal_places(void **state) {
  (void)state;
  enum { N = 700, D = 4 };
  float *seven = normal_points(11, 7, D), *points = zeros(N * D), places[N * 2];
  static const size_t DIFFERENT[] = {1, 2, 7};
  for (size_t k = 0; k < 3; k++) {
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < D; j++) points[i * D + j] = seven[i % DIFFERENT[k] * D + j];
    for (size_t i = 0; i < N; i += DIFFERENT[k])
      points[i * D + 3] = i % 2 ? 0.0f : -0.0f; /* are equal, too */
    despur_umap umap;
    assert_ok(despur_umap_fit(&umap, points, N, D, &USUAL, &error));
    assert_ok(despur_umap_transform(&umap, places, points, N, 2, NULL, &error));
    assert_memory_equal(places, umap.embedding, sizeof places);
    for (size_t i = DIFFERENT[k]; i < N; i++)
      assert_memory_equal(places + 2 * i, places + 2 * (i % DIFFERENT[k]), 2 * sizeof *places);
    for (size_t i = 1; i < DIFFERENT[k]; i++)
      for (size_t j = 0; j < i; j++) assert_true(square_between(places + 2 * i, places + 2 * j, 2) > 0);
    despur_umap_release(&umap);
  }
  mem_free(points);
  mem_free(seven);
}

/* Whatever other points come with them, and in which row they stand. */
static void equal_new_points_have_equal_places(void **state) {
  (void)state;
  enum { N = 200, D = 5, M = 30 };
  float *points = normal_points(12, N, D), *fresh = normal_points(13, M, D), places[M * 2], again[M * 2];
  despur_umap umap;
  assert_ok(despur_umap_fit(&umap, points, N, D, &USUAL, &error));
  memcpy(fresh + 7 * D, fresh + 21 * D, D * sizeof *fresh);
  memcpy(fresh + 3 * D, points + 40 * D, D * sizeof *fresh);
  assert_ok(despur_umap_transform(&umap, places, fresh, M, 1, NULL, &error));
  assert_ok(despur_umap_transform(&umap, again, fresh + 20 * D, 2, 1, NULL, &error));
  assert_memory_equal(places + 2 * 7, places + 2 * 21, 2 * sizeof *places);
  assert_memory_equal(again, places + 2 * 20, 4 * sizeof *places);
  assert_memory_equal(places + 2 * 3, umap.embedding + 2 * 40, 2 * sizeof *places);
  despur_umap_release(&umap);
  mem_free(fresh);
  mem_free(points);
}

static void assert_finite_fit(const float *points, size_t n, size_t d, size_t neighbors, size_t components) {
  despur_umap_options options = USUAL;
  options.neighbors = neighbors;
  options.components = components;
  options.epochs = 50;
  despur_umap umap;
  assert_ok(despur_umap_fit(&umap, points, n, d, &options, &error));
  for (size_t i = 0; i < n * components; i++) assert_true(isfinite(umap.embedding[i]));
  float *places = zeros(n * components);
  assert_ok(despur_umap_transform(&umap, places, points, n, 1, NULL, &error));
  for (size_t i = 0; i < n * components; i++) assert_true(isfinite(places[i]));
  mem_free(places);
  despur_umap_release(&umap);
}

static void odd_data_give_finite_places(void **state) {
  (void)state;
  float *equal = zeros(40 * 3), *columns = zeros(40 * 3), *few = normal_points(8, 2, 4), *huge = zeros(40);
  for (size_t i = 0; i < 40; i++) {
    columns[3 * i + 1] = (float)(i % 4); /* two constant columns, ten of each point */
    huge[i] = 1e36f * (float)(i * i % 17);
  }
  assert_finite_fit(equal, 40, 3, 15, 2);
  assert_finite_fit(columns, 40, 3, 15, 2);
  assert_finite_fit(columns, 40, 3, 3, 5); /* more components than dimensions */
  assert_finite_fit(few, 2, 4, 2, 2);
  assert_finite_fit(few, 8, 1, 8, 1); /* everyone is everyone's neighbour */
  assert_finite_fit(huge, 40, 1, 5, 2);
  mem_free(huge);
  mem_free(few);
  mem_free(columns);
  mem_free(equal);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  float *points = normal_points(9, 14, 2), place[2];
  despur_umap_options options = USUAL;
  despur_umap umap;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_INPUT,
               "at least 15 points for 15 neighbours (each point counts as its own), found 14");
  assert_null(umap.embedding);
  options.neighbors = 1;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_USAGE,
               "at least 2 neighbours and 1 component, found 1 and 2");
  options.neighbors = 5;
  options.min_dist = 2;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_USAGE,
               "min_dist <= spread");
  options.min_dist = 0;
  options.spread = (double)NAN;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_USAGE, "spread");
  options.spread = 1;
  options.epochs = 65535;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_USAGE, "epochs");
  options.epochs = 1;
  assert_ok(despur_umap_fit(&umap, points, 14, 2, &options, &error));
  points[1] = INFINITY;
  assert_fails(despur_umap_transform(&umap, place, points, 1, 1, NULL, &error), DESPUR_BAD_INPUT,
               "UMAP: expected finite values, found inf in row 0, column 1");
  despur_umap_release(&umap);
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, NULL), DESPUR_BAD_INPUT, "");
  for (size_t i = 0; i < 28; i++) points[i] = i % 4 < 2 ? 3e38f : -3e38f;
  options.neighbors = 14;
  assert_fails(despur_umap_fit(&umap, points, 14, 2, &options, &error), DESPUR_BAD_INPUT, "beyond float32");
  mem_free(points);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_curve_is_the_one_that_umap_learn_fits),
      cmocka_unit_test(the_graph_is_that_of_umap_learn),
      cmocka_unit_test(the_tables_of_forces_are_within_half_a_percent),
      cmocka_unit_test(embeddings_are_as_trustworthy_as_those_of_umap_learn),
      cmocka_unit_test(clouds_stay_apart_in_any_unit),
      cmocka_unit_test(threads_and_levels_change_no_byte_and_seeds_do),
      cmocka_unit_test(new_points_go_where_their_neighbours_are),
      cmocka_unit_test(the_place_of_a_new_point_depends_on_no_other),
      cmocka_unit_test(equal_points_have_equal_places),
      cmocka_unit_test(equal_new_points_have_equal_places),
      cmocka_unit_test(odd_data_give_finite_places),
      cmocka_unit_test(bad_input_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
