/* Gaussian mixtures against scikit-learn, closed forms, and the laws of expectation-maximisation. */
#include "testing.h"

#include "base/level.h"
#include "base/random.h"
#include "despur/cluster.h"
#include "io/npy.h"

#include <jansson.h>

static despur_error error;

static despur_mixture_options usual(size_t components, despur_covariance covariance) {
  return (despur_mixture_options){.components = components,
                                  .covariance = covariance,
                                  .starts = 1,
                                  .max_iterations = 100,
                                  .tolerance = 1e-3,
                                  .regularisation = 1e-6,
                                  .seed = 7,
                                  .threads = 2};
}

/* Component i % k has mean 3 in column i % k, if there is such a column. */
static float *blobs(uint64_t index, size_t n, size_t d, size_t k) {
  random_stream stream = random_open(1, "test points", index);
  float *points = malloc(n * d * sizeof *points);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) points[i * d + j] = (float)(random_normal(&stream) + (i % k == j ? 3 : 0));
  return points;
}

static size_t whitening_values(const despur_mixture *model) {
  size_t d = model->dimensions;
  return model->components * (model->covariance == DESPUR_COVARIANCE_FULL ? d * d : d);
}

static void assert_finite(const double *values, size_t n) {
  for (size_t i = 0; i < n; i++) assert_true(isfinite(values[i]));
}

/* What the header promises of every result. */
static void assert_consistent(const despur_mixture_result *result, size_t n) {
  const despur_mixture *model = &result->model;
  size_t k = model->components, members = 0;
  size_t *sizes = calloc(k, sizeof *sizes), *first = calloc(k, sizeof *first);
  double weights = 0;
  for (size_t i = n; i-- > 0;) {
    const double *r = result->responsibilities + i * k;
    double sum = 0;
    for (size_t c = 0; c < k; c++) {
      assert_true(r[c] >= 0 && r[c] <= r[result->labels[i]]);
      sum += r[c];
    }
    assert_near(sum, 1, 1e-12);
    sizes[result->labels[i]]++;
    first[result->labels[i]] = i;
  }
  for (size_t c = 0; c < k; c++) {
    assert_int_equal(result->sizes[c], sizes[c]);
    members += sizes[c];
    weights += model->weights[c];
    if (c) assert_true(sizes[c - 1] > sizes[c] || (sizes[c - 1] == sizes[c] && first[c - 1] <= first[c]));
  }
  assert_int_equal(members, n);
  assert_near(weights, 1, 1e-12);
  assert_true(isfinite(result->log_likelihood));
  assert_finite(model->means, k * model->dimensions);
  assert_finite(model->whitening, whitening_values(model));
  free(sizes);
  free(first);
}

/* The points of tests/golden/make_mixture.py. */
enum { GOLDEN_N = 240, GOLDEN_D = 3 };

static void golden_points(float x[GOLDEN_N][GOLDEN_D]) {
  uint32_t state = 1;
  for (int i = 0; i < GOLDEN_N; i++) {
    int blob = (int[]){0, 0, 1, 2}[i % 4];
    for (int j = 0; j < GOLDEN_D; j++) {
      int total = 0;
      for (int draw = 0; draw < 8; draw++) {
        state = state * 1664525 + 1013904223;
        total += (int)(state >> 24);
      }
      x[i][j] = (float)((total - 1020) / 256.0 * (1 + (blob + j) % 3) + 6 * blob * (j % 2 ? -1 : 1));
    }
    x[i][1] += x[i][0] * 0.5F;
  }
}

static double number(const json_t *array, size_t i) {
  return json_number_value(json_array_get(array, i));
}

/* W covariance W' = 1 for component c. */
static void assert_whitens(const despur_mixture *model, size_t c, const json_t *covariance) {
  size_t d = model->dimensions;
  if (model->covariance == DESPUR_COVARIANCE_DIAGONAL) {
    for (size_t j = 0; j < d; j++) {
      double w = model->whitening[c * d + j];
      assert_near(w * w * number(covariance, j), 1, 1e-4);
    }
    return;
  }
  const double *w = model->whitening + c * d * d;
  for (size_t a = 0; a < d; a++)
    for (size_t b = 0; b <= a; b++) {
      double sum = 0;
      for (size_t i = 0; i <= a; i++)
        for (size_t j = 0; j <= b; j++)
          sum += w[a * d + i] * number(json_array_get(covariance, i), j) * w[b * d + j];
      assert_near(sum, a == b ? 1 : 0, 1e-4);
    }
}

static void assert_model_is(const despur_mixture *model, const json_t *expected) {
  float probes[3][GOLDEN_D] = {{0, 0, 0}, {10, -10, 10}, {1.5F, 2.5F, -0.5F}};
  double densities[3];
  assert_ok(despur_mixture_predict(model, probes[0], 3, 1, NULL, NULL, densities, NULL, &error));
  for (size_t i = 0; i < 3; i++) {
    double wanted = number(json_object_get(expected, "log_densities"), i);
    assert_near(densities[i], wanted, 1e-4 * fabs(wanted));
  }
  for (size_t c = 0; c < model->components; c++) {
    assert_near(model->weights[c], number(json_object_get(expected, "weights"), c), 1e-5);
    const json_t *mean = json_array_get(json_object_get(expected, "means"), c);
    for (size_t j = 0; j < GOLDEN_D; j++) assert_near(model->means[c * GOLDEN_D + j], number(mean, j), 1e-3);
    assert_whitens(model, c, json_array_get(json_object_get(expected, "covariances"), c));
  }
}

static void the_likeliest_of_many_fits_is_that_of_scikit_learn(void **state) {
  (void)state;
  float points[GOLDEN_N][GOLDEN_D];
  golden_points(points);
  json_t *expected = json_load_file("tests/golden/mixture/expected.json", 0, NULL), *fit;
  assert_non_null(expected);
  size_t index;
  json_array_foreach(expected, index, fit) {
    int full = strcmp(json_string_value(json_object_get(fit, "covariance")), "full") == 0;
    size_t k = (size_t)json_integer_value(json_object_get(fit, "components"));
    double wanted = json_number_value(json_object_get(fit, "log_likelihood"));
    despur_mixture_options options = usual(k, full ? DESPUR_COVARIANCE_FULL : DESPUR_COVARIANCE_DIAGONAL);
    options.starts = 10;
    options.tolerance = 1e-11;
    options.max_iterations = 20000;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points[0], GOLDEN_N, GOLDEN_D, &options, &error));
    assert_consistent(&result, GOLDEN_N);
    assert_near(result.log_likelihood, wanted, 1e-7);
    assert_model_is(&result.model, fit);
    despur_mixture_result_release(&result);
  }
  json_decref(expected);
}

/* The likeliest of ten fits by scikit-learn for 2 to 6 components of x.npy, which come from 4. */
static void log_likelihood_is_no_worse_than_that_of_scikit_learn(void **state) {
  (void)state;
#define GOLDEN "../shared/golden/cluster/"
  if (access(GOLDEN "expected.json", R_OK)) skip();
  npy_array x;
  assert_ok(npy_open(&x, GOLDEN "x.npy", &error));
  json_t *expected = json_load_file(GOLDEN "expected.json", 0, NULL);
  const json_t *wanted = json_object_get(expected, "gmm_mean_log_likelihood");
  for (size_t k = 2; k <= 6; k++) {
    char text[64];
    snprintf(text, sizeof text, "%zu", k);
    despur_mixture_options options = usual(k, DESPUR_COVARIANCE_FULL);
    options.starts = 10;
    options.seed = k == 6 ? 8 : 7; /* ten starts do not always find the best of so many solutions */
    options.tolerance = 1e-6;
    options.max_iterations = 1000;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, x.data, x.shape[0], x.shape[1], &options, &error));
    assert_true(result.log_likelihood > json_number_value(json_object_get(wanted, text)) - 1e-3);
    if (k == 2 || k == 4) /* the others have better solutions than scikit-learn's */
      assert_near(result.log_likelihood, json_number_value(json_object_get(wanted, text)), 1e-3);
    despur_mixture_result_release(&result);
  }
  json_decref(expected);
  npy_close(&x);
}

/* The likeliest Gaussian has mean log-likelihood -(d log(2 pi e) + log |covariance|) / 2. */
static void one_component_is_mean_and_covariance(void **state) {
  (void)state;
  enum { N = 3000 };
  float *points = blobs(1, N, 2, 1);
  for (size_t i = 0; i < N; i++) points[i * 2 + 1] += 2 * points[i * 2];
  double mean[2] = {0}, s[2][2] = {{0}};
  for (size_t i = 0; i < N * 2; i++) mean[i % 2] += (double)points[i] / N;
  for (size_t i = 0; i < N; i++)
    for (size_t a = 0; a < 2; a++)
      for (size_t b = 0; b < 2; b++)
        s[a][b] += ((double)points[i * 2 + a] - mean[a]) * ((double)points[i * 2 + b] - mean[b]) / N;
  for (int full = 0; full <= 1; full++) {
    despur_mixture_options options = usual(1, full ? DESPUR_COVARIANCE_FULL : DESPUR_COVARIANCE_DIAGONAL);
    options.regularisation = 1e-12;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points, N, 2, &options, &error));
    assert_consistent(&result, N);
    for (size_t j = 0; j < 2; j++) assert_near(result.model.means[j], mean[j], 1e-12);
    double determinant = s[0][0] * s[1][1] - (full ? s[0][1] * s[1][0] : 0);
    assert_near(result.log_likelihood, -(2 * log(2 * M_PI * M_E) + log(determinant)) / 2, 1e-9);
    assert_true(result.converged);
    despur_mixture_result_release(&result);
  }
  free(points);
}

static void likelihood_never_falls_from_one_iteration_to_the_next(void **state) {
  (void)state;
  enum { N = 400, D = 3 };
  for (int kind = 0; kind < 2; kind++) {
    float *points = blobs(2, N, D, 3);
    double before = -HUGE_VAL;
    for (size_t limit = 1; limit <= 25; limit++) {
      despur_mixture_options options = usual(5, (despur_covariance)kind);
      options.max_iterations = limit;
      options.tolerance = 0;
      options.regularisation = 1e-12;
      despur_mixture_result result;
      assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
      assert_consistent(&result, N);
      assert_int_equal(result.iterations, limit);
      assert_false(result.converged);
      assert_true(result.log_likelihood >= before - 1e-12);
      if (limit == 2) assert_true(result.log_likelihood > before + 1e-6);
      before = result.log_likelihood;
      despur_mixture_result_release(&result);
    }
    free(points);
  }
}

/* At a fixed point the weights are the mean responsibilities and the means are theirs. */
static void the_end_is_a_fixed_point(void **state) {
  (void)state;
  enum { N = 600, D = 3, K = 3 };
  float *points = blobs(3, N, D, K);
  for (int kind = 0; kind < 2; kind++) {
    despur_mixture_options options = usual(K, (despur_covariance)kind);
    options.tolerance = 1e-13;
    options.max_iterations = 5000;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
    assert_true(result.converged);
    for (size_t c = 0; c < K; c++) {
      double mass = 0, mean[D] = {0};
      for (size_t i = 0; i < N; i++) {
        double r = result.responsibilities[i * K + c];
        mass += r;
        for (size_t j = 0; j < D; j++) mean[j] += r * (double)points[i * D + j];
      }
      assert_near(result.model.weights[c], mass / N, 1e-5);
      for (size_t j = 0; j < D; j++) assert_near(result.model.means[c * D + j], mean[j] / mass, 1e-4);
    }
    despur_mixture_result_release(&result);
  }
  free(points);
}

static void predicting_the_points_of_the_fit_gives_its_results(void **state) {
  (void)state;
  enum { N = 333, D = 5, K = 4 };
  float *points = blobs(4, N, D, K);
  for (int kind = 0; kind < 2; kind++) {
    despur_mixture_options options = usual(K, (despur_covariance)kind);
    despur_mixture_result result;
    uint32_t labels[N];
    double responsibilities[N * K], densities[N], sum = 0;
    assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
    assert_ok(despur_mixture_predict(&result.model, points, N, 3, labels, responsibilities, densities, NULL,
                                     &error));
    assert_memory_equal(labels, result.labels, sizeof labels);
    for (size_t i = 0; i < N * K; i++) assert_near(responsibilities[i], result.responsibilities[i], 1e-12);
    for (size_t i = 0; i < N; i++) sum += densities[i];
    assert_near(sum / N, result.log_likelihood, 1e-12);
    /* a point alone is what it is among others */
    double alone;
    assert_ok(despur_mixture_predict(&result.model, points + 20 * D, 1, 1, NULL, NULL, &alone, NULL, &error));
    assert_true(alone == densities[20]);
    despur_mixture_result_release(&result);
  }
  free(points);
}

/* Times 4 and moved by 256 all values are still exact; the density of d columns falls by 4^d. In units of
 * 2^-40 and 2^60 they are, too: none makes a component collapse. */
static void units_and_offset_change_the_density_only(void **state) {
  (void)state;
  enum { N = 500, D = 3, K = 3 };
  static const int UNITS[] = {0, -40, 60};
  float *points = blobs(5, N, D, K), moved[N * D];
  for (size_t i = 0; i < N * D; i++) points[i] = roundf(points[i] * 64) / 64;
  for (int trial = 0; trial < 6; trial++) {
    despur_mixture_options options = usual(K, (despur_covariance)(trial % 2));
    int unit = UNITS[trial / 2];
    for (size_t i = 0; i < N * D; i++) moved[i] = ldexpf(points[i] * 4 + 256, unit);
    despur_mixture_result near, far;
    assert_ok(despur_mixture_fit(&near, points, N, D, &options, &error));
    assert_ok(despur_mixture_fit(&far, moved, N, D, &options, &error));
    assert_memory_equal(near.labels, far.labels, N * sizeof *near.labels);
    assert_near(near.log_likelihood - far.log_likelihood, D * (2 + unit) * log(2), 1e-10);
    despur_mixture_result_release(&near);
    despur_mixture_result_release(&far);
  }
  free(points);
}

static void threads_and_levels_change_no_byte(void **state) {
  (void)state;
  enum { N = 7000, D = 21, K = 5 }; /* enough for several chunks and slices */
  float *points = blobs(6, N, D, K);
  const int threads[] = {1, 2, 7, 1, 3};
  const char *const levels[] = {"", "", "", "baseline", "v3"};
  for (int kind = 0; kind < 2; kind++) {
    despur_mixture_result wanted = {0};
    for (size_t t = 0; t < 5 && t < 3 + level_count(); t++) {
      despur_mixture_options options = usual(K, (despur_covariance)kind);
      setenv("DESPUR_CPU", levels[t], 1);
      options.threads = threads[t];
      options.max_iterations = 4;
      despur_mixture_result result;
      assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
      assert_consistent(&result, N);
      if (t == 0) {
        wanted = result;
        continue;
      }
      assert_memory_equal(result.labels, wanted.labels, N * sizeof *result.labels);
      assert_memory_equal(result.responsibilities, wanted.responsibilities, N * K * sizeof(double));
      assert_memory_equal(result.model.means, wanted.model.means, K * D * sizeof(double));
      assert_memory_equal(result.model.weights, wanted.model.weights, K * sizeof(double));
      assert_memory_equal(result.model.whitening, wanted.model.whitening,
                          whitening_values(&result.model) * sizeof(double));
      assert_memory_equal(&result.log_likelihood, &wanted.log_likelihood, sizeof(double));
      despur_mixture_result_release(&result);
    }
    despur_mixture_result_release(&wanted);
  }
  unsetenv("DESPUR_CPU");
  free(points);
}

/* Duplicate points, duplicate and constant columns, huge and tiny values, more components than different
 * points: in every combination a result without a NaN. */
static void degenerate_points_give_finite_results(void **state) {
  (void)state;
  enum { N = 60, D = 6 };
  const float scales[] = {1, 1e-20F, 1e6F, 1e30F};
  for (size_t trial = 0; trial < 160; trial++) {
    random_stream stream = random_open(1, "test degenerate", trial);
    float points[N * D], scale = scales[trial % 4];
    uint32_t different = trial / 4 % 2 ? 3 : N;
    for (size_t i = 0; i < N; i++) {
      float *x = points + i * D;
      for (size_t j = 0; j < D; j++) x[j] = scale * (float)random_normal(&stream);
      if (trial % 3) x[4] = 7;
      if (trial % 5) x[3] = x[2];
      if (trial % 7 == 0) x[1] = x[0] + x[2];
      if (trial % 11 == 0)
        for (size_t j = 0; j < D; j++) x[j] = scale;
      if (i >= different) memcpy(x, points + i % different * D, D * sizeof *x);
    }
    despur_mixture_options options = usual(1 + trial % 7, (despur_covariance)(trial / 8 % 2));
    options.index = trial;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
    assert_consistent(&result, N);
    float far[D] = {3e38F, -3e38F, 3e38F, -3e38F, 0, 1};
    double density, responsibilities[7];
    assert_ok(
        despur_mixture_predict(&result.model, far, 1, 1, NULL, responsibilities, &density, NULL, &error));
    assert_true(isfinite(density));
    assert_finite(responsibilities, result.model.components);
    despur_mixture_result_release(&result);
  }
}

static void components_without_points_keep_weight_0_and_come_last(void **state) {
  (void)state;
  const float points[] = {5, 1, 1, 5, 9, 1, 5, 1};
  for (int kind = 0; kind < 2; kind++) {
    despur_mixture_options options = usual(5, (despur_covariance)kind);
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points, 8, 1, &options, &error));
    const uint32_t labels[] = {1, 0, 0, 1, 2, 0, 1, 0};
    const double weights[] = {4 / 8.0, 3 / 8.0, 1 / 8.0, 0, 0};
    assert_memory_equal(result.labels, labels, sizeof labels);
    assert_memory_equal(result.model.weights, weights, sizeof weights);
    assert_near(result.model.means[0], 1, 0);
    assert_near(result.model.whitening[0], 1e3 / sqrt(7.75), 1e-9); /* the regularisation alone */
    despur_mixture_result_release(&result);
  }
}

static void more_starts_are_no_worse_and_index_and_seed_make_other_starts(void **state) {
  (void)state;
  enum { N = 300, D = 2 };
  float *points = blobs(8, N, D, 2);
  double single[5] = {0};
  for (size_t run = 0; run < 5; run++) {
    despur_mixture_options options = usual(6, DESPUR_COVARIANCE_FULL);
    options.starts = run == 4 ? 5 : 1;
    options.index = run == 1;
    options.seed = run == 2 ? 8 : 7;
    despur_mixture_result result;
    assert_ok(despur_mixture_fit(&result, points, N, D, &options, &error));
    assert_consistent(&result, N);
    single[run] = result.log_likelihood;
    despur_mixture_result_release(&result);
  }
  assert_true(single[0] != single[1]);
  assert_true(single[0] != single[2]);
  assert_true(single[0] == single[3]);
  assert_true(single[4] >= single[0]);
  free(points);
}

static void bad_points_and_options_are_refused(void **state) {
  (void)state;
  float points[] = {0, 1, 2, 3, 4, 5};
  despur_mixture_result result;
  despur_mixture_options options = usual(2, DESPUR_COVARIANCE_FULL);
  points[3] = NAN;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_INPUT,
               "row 1, column 1");
  assert_null(result.labels);
  points[3] = 3;
  options.components = 4;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_INPUT,
               "at least 4 points for 4 clusters, found 3");
  options.components = 0;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "1 cluster");
  options = usual(1, DESPUR_COVARIANCE_FULL);
  assert_fails(despur_mixture_fit(&result, points, 3, 0, &options, &error), DESPUR_BAD_INPUT, "1 dimension");
  options.starts = 0;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "1 start");
  options = usual(1, DESPUR_COVARIANCE_FULL);
  options.max_iterations = 0;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, NULL), DESPUR_BAD_USAGE, "");
  options = usual(1, DESPUR_COVARIANCE_FULL);
  options.tolerance = -1;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "tolerance");
  options = usual(1, DESPUR_COVARIANCE_FULL);
  options.regularisation = 0;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE,
               "regularisation above 0");
  options = usual(1, (despur_covariance)2);
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "covariance");
  options = usual(1, DESPUR_COVARIANCE_FULL);
  options.index = (uint64_t)1 << 32;
  assert_fails(despur_mixture_fit(&result, points, 3, 2, &options, &error), DESPUR_BAD_USAGE, "below 2^32");
}

static void bad_models_and_new_points_are_refused(void **state) {
  (void)state;
  double weights[] = {0.25, 0.75}, means[] = {0, 1}, whitening[] = {1, 2}, density;
  despur_mixture model = {.covariance = DESPUR_COVARIANCE_FULL,
                          .components = 2,
                          .dimensions = 1,
                          .weights = weights,
                          .means = means,
                          .whitening = whitening};
  float point = 0.5F;
  assert_ok(despur_mixture_predict(&model, &point, 1, 1, NULL, NULL, &density, NULL, &error));
  double wanted = log((0.25 * exp(-0.125) + 0.75 * 2 * exp(-0.5)) / sqrt(2 * M_PI));
  assert_near(density, wanted, 1e-14);
  assert_ok(despur_mixture_predict(&model, NULL, 0, 1, NULL, NULL, NULL, NULL, &error));
  point = INFINITY;
  assert_fails(despur_mixture_predict(&model, &point, 1, 1, NULL, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "inf");
  point = 0;
  whitening[1] = 0;
  assert_fails(despur_mixture_predict(&model, &point, 1, 1, NULL, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "found 0 for component 1, column 0");
  whitening[1] = 2;
  weights[0] = -0.25;
  assert_fails(despur_mixture_predict(&model, &point, 1, 1, NULL, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "found -0.25 for component 0");
  weights[0] = 0.5;
  assert_fails(despur_mixture_predict(&model, &point, 1, 1, NULL, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "add up to 1, found 1.25");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_likeliest_of_many_fits_is_that_of_scikit_learn),
      cmocka_unit_test(log_likelihood_is_no_worse_than_that_of_scikit_learn),
      cmocka_unit_test(one_component_is_mean_and_covariance),
      cmocka_unit_test(likelihood_never_falls_from_one_iteration_to_the_next),
      cmocka_unit_test(the_end_is_a_fixed_point),
      cmocka_unit_test(predicting_the_points_of_the_fit_gives_its_results),
      cmocka_unit_test(units_and_offset_change_the_density_only),
      cmocka_unit_test(threads_and_levels_change_no_byte),
      cmocka_unit_test(degenerate_points_give_finite_results),
      cmocka_unit_test(components_without_points_keep_weight_0_and_come_last),
      cmocka_unit_test(more_starts_are_no_worse_and_index_and_seed_make_other_starts),
      cmocka_unit_test(bad_points_and_options_are_refused),
      cmocka_unit_test(bad_models_and_new_points_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
