/* Eigenvectors and principal components: the equations that define them, known matrices, and scikit-learn. */
#include "points_testing.h"

#include "cluster/components.h"
#include "cluster/eigen.h"
#include "despur/cluster.h"

static double *doubles(size_t n) {
  double *x;
  assert_ok(mem_alloc(&x, n, sizeof *x, &error));
  return x;
}

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void assert_orthonormal(const double *rows, size_t count, size_t d, double tolerance) {
  for (size_t a = 0; a < count; a++)
    for (size_t b = 0; b <= a; b++) assert_near(dot(rows + a * d, rows + b * d, d), a == b, tolerance);
}

/* matrix v = value v for each pair, values fall, vectors are orthonormal. Destroys nothing. */
static void assert_eigen(const double *matrix, size_t n, double *values) {
  double *a = doubles(n * n), *vectors = doubles(n * n), size = 0;
  memcpy(a, matrix, n * n * sizeof *a);
  for (size_t i = 0; i < n * n; i++) size = fmax(size, fabs(matrix[i]));
  assert_ok(eigen_symmetric(values, vectors, a, n, &(despur_watch){0}, &error));
  const double tolerance = 8 * (double)n * 0x1p-53;
  assert_orthonormal(vectors, n, n, tolerance);
  for (size_t i = 0; i < n; i++) {
    if (i > 0) assert_true(values[i] <= values[i - 1]);
    for (size_t row = 0; row < n; row++)
      assert_near(dot(matrix + row * n, vectors + i * n, n), values[i] * vectors[i * n + row],
                  tolerance * size * (double)n);
  }
  mem_free(vectors);
  mem_free(a);
}

/* What the i-th kind of matrix has at (row <= column). */
static double entry(size_t kind, size_t row, size_t column, random_stream *stream) {
  switch (kind) {
  case 0:
    return random_normal(stream);
  case 1:
    return 0;
  case 2:
    return row == column; /* identity */
  case 3:
    return row == column ? (double)(column % 3) - 1 : 0; /* equal values, out of order */
  case 4:
    return 1; /* rank one */
  case 5:
    return row == column ? 2 : row + 1 == column ? -1 : 0; /* tridiagonal already */
  case 6:
    return random_normal(stream) * ldexp(1, -(int)(4 * (row + column))); /* steeply graded */
  default:
    return random_below(stream, 5) ? 0 : 1e-140 * random_normal(stream); /* sparse, with tiny squares */
  }
}

static void vectors_satisfy_their_equation(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 3, 5, 17, 64};
  random_stream stream = random_open(1, "matrices", 0);
  for (size_t kind = 0; kind < 8; kind++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      size_t n = sizes[s];
      double *matrix = doubles(n * n), *values = doubles(n);
      for (size_t row = 0; row < n; row++)
        for (size_t column = row; column < n; column++)
          matrix[row * n + column] = matrix[column * n + row] = entry(kind, row, column, &stream);
      assert_eigen(matrix, n, values);
      mem_free(values);
      mem_free(matrix);
    }
}

/* The second difference with fixed ends has the values 2 - 2 cos(pi k / (n + 1)). Once with huge entries. */
static void values_of_the_second_difference_are_known(void **state) {
  (void)state;
  enum { N = 40 };
  double matrix[N * N] = {0}, values[N];
  for (int huge = 0; huge <= 1; huge++) {
    const double scale = huge ? 1e200 : 1;
    for (size_t i = 0; i < N; i++) {
      matrix[i * N + i] = 2 * scale;
      if (i > 0) matrix[i * N + i - 1] = matrix[(i - 1) * N + i] = -scale;
    }
    assert_eigen(matrix, N, values);
    for (size_t i = 0; i < N; i++)
      assert_near(values[i], scale * (2 - 2 * cos(M_PI * (double)(N - i) / (N + 1))), 1e-14 * scale);
  }
}

static despur_pca fitted(const float *points, size_t n, size_t d, size_t components, int threads) {
  const despur_pca_options options = {.components = components, .threads = threads};
  despur_pca pca;
  assert_ok(despur_pca_fit(&pca, points, n, d, &options, &error));
  assert_int_equal(pca.dimensions, d);
  assert_int_equal(pca.components, components);
  return pca;
}

/* What the header promises: orthonormal axes with their signs, and coordinates that have mean 0, these
 * variances and no covariance. With all components nothing of the variance is left. */
static void assert_principal(const float *points, size_t n, size_t d, size_t components) {
  despur_pca pca = fitted(points, n, d, components, 2);
  float *out = zeros(n * components);
  assert_orthonormal(pca.axes, components, d, 1e-12);
  assert_ok(despur_pca_transform(&pca, out, points, n, 2, &error));
  double sum = 0;
  for (size_t a = 0; a < components; a++) {
    double most = 0, least = 0, mean = 0;
    for (size_t j = 0; j < d; j++) {
      most = fmax(most, pca.axes[a * d + j]);
      least = fmin(least, pca.axes[a * d + j]);
    }
    assert_true(most >= -least);
    if (a > 0) assert_true(pca.variances[a] <= pca.variances[a - 1]);
    for (size_t i = 0; i < n; i++) mean += (double)out[i * components + a] / (double)n;
    assert_near(mean, 0, 1e-6);
    for (size_t b = 0; b <= a; b++) {
      double covariance = 0;
      for (size_t i = 0; i < n; i++)
        covariance += (double)out[i * components + a] * (double)out[i * components + b] / (double)(n - 1);
      assert_near(covariance, a == b ? pca.variances[a] : 0, 2e-6 * pca.variances[0]);
    }
    sum += pca.variances[a];
  }
  if (components == (n < d ? n : d)) assert_near(sum, pca.total_variance, 1e-12 * sum);
  assert_true(sum <= pca.total_variance * (1 + 1e-12));
  mem_free(out);
  despur_pca_release(&pca);
}

static void coordinates_are_uncorrelated_and_have_the_variances(void **state) {
  (void)state;
  static const size_t shapes[][3] = {{2, 1, 1},    {2, 5, 2},   {50, 4, 4},  {50, 4, 2},   {20, 20, 20},
                                     {20, 33, 20}, {21, 20, 3}, {9, 100, 4}, {300, 40, 40}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const size_t n = shapes[s][0], d = shapes[s][1];
    float *points = normal_points(s, n, d);
    for (size_t i = 0; i < n * d; i++) points[i] = points[i] * (1 + (float)(i % d % 7)) + (float)(i % d);
    assert_principal(points, n, d, shapes[s][2]);
    mem_free(points);
  }
}

static void constant_columns_and_duplicates_leave_axes_without_variance(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{30, 6}, {6, 30}};
  for (size_t s = 0; s < 2; s++) {
    const size_t n = shapes[s][0], d = shapes[s][1], most = n < d ? n : d;
    float *points = zeros(n * d);
    assert_principal(points, n, d, most); /* all equal */
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < d; j++)
        points[i * d + j] = j == 1 ? (float)(i % 3) : j == 2 ? (float)(i % 2) : 1e3f;
    assert_principal(points, n, d, most);
    despur_pca pca = fitted(points, n, d, most, 1);
    for (size_t c = 0; c < most; c++) assert_true(c < 2 ? pca.variances[c] > 0.1 : pca.variances[c] == 0);
    despur_pca_release(&pca);
    mem_free(points);
  }
}

/* Every point three times has the same axes; so the two ways, by columns and by points, must agree. */
static void fewer_points_than_columns_make_no_difference(void **state) {
  (void)state;
  enum { N = 12, D = 30, K = 8 };
  float *points = normal_points(20, N, D), *thrice = zeros(3 * N * D);
  for (size_t i = 0; i < N * D; i++) points[i] *= (float)(1 + i % D) / 10;
  for (size_t copy = 0; copy < 3; copy++) memcpy(thrice + copy * N * D, points, N * D * sizeof *points);
  despur_pca few = fitted(points, N, D, K, 1), many = fitted(thrice, 3 * N, D, K, 1);
  for (size_t c = 0; c < K; c++) {
    assert_near(few.variances[c] * (N - 1), many.variances[c] * (3 * N - 1) / 3,
                1e-12 * few.variances[0] * N);
    for (size_t j = 0; j < D; j++) assert_near(few.axes[c * D + j], many.axes[c * D + j], 1e-9);
  }
  despur_pca_release(&few);
  despur_pca_release(&many);
  mem_free(thrice);
  mem_free(points);
}

static void threads_change_no_byte(void **state) {
  (void)state;
  enum { N = 900, D = 37, K = 5 };
  float *points = normal_points(21, N, D), *one = zeros(N * K), *three = zeros(N * K);
  despur_pca a = fitted(points, N, D, K, 1), b = fitted(points, N, D, K, 3);
  assert_memory_equal(a.axes, b.axes, K * D * sizeof *a.axes);
  assert_memory_equal(a.variances, b.variances, K * sizeof *a.variances);
  assert_ok(despur_pca_transform(&a, one, points, N, 1, &error));
  assert_ok(despur_pca_transform(&b, three, points, N, 3, &error));
  assert_memory_equal(one, three, N * K * sizeof *one);
  despur_pca_release(&a);
  despur_pca_release(&b);
  mem_free(three);
  mem_free(one);
  mem_free(points);
}

/* Every instruction set does what plain C does, product by product, to the bit. */
static void products_are_those_of_plain_c(void **state) {
  (void)state;
  enum { ROWS = 37, STRIDE = 3 * LANES };
  random_stream stream = random_open(1, "products", 0);
  double *x = doubles(ROWS * LANES), *y = doubles(ROWS * LANES);
  double *wanted = doubles(LANES * STRIDE), *sums = doubles(LANES * STRIDE), *start = doubles(LANES * STRIDE);
  for (size_t i = 0; i < (size_t)ROWS * LANES; i++)
    x[i] = random_normal(&stream), y[i] = random_normal(&stream);
  for (size_t i = 0; i < (size_t)LANES * STRIDE; i++) start[i] = random_normal(&stream);
  memcpy(wanted, start, LANES * STRIDE * sizeof *start);
  for (size_t row = 0; row < ROWS; row++)
    for (size_t a = 0; a < LANES; a++)
      for (size_t b = 0; b < LANES; b++) {
        const double product = x[row * LANES + a] * y[row * LANES + b];
        wanted[a * STRIDE + LANES + b] += product;
      }
  size_t tables = 0;
  for (; components_available(tables); tables++) {
    memcpy(sums, start, LANES * STRIDE * sizeof *start);
    for (size_t row = 0; row < ROWS; row += 20) /* in two goes */
      components_available(tables)->add_products(sums + LANES, STRIDE, x + row * LANES, y + row * LANES,
                                                 ROWS - row < 20 ? ROWS - row : 20);
    assert_memory_equal(sums, wanted, LANES * STRIDE * sizeof *sums);
  }
  assert_true(tables > 0);
  mem_free(start);
  mem_free(sums);
  mem_free(wanted);
  mem_free(y);
  mem_free(x);
}

static void scikit_learn_agrees(void **state) {
  (void)state;
  size_t n, d, k;
  float *points = golden_points(GOLDEN_POINTS "points.npy", &n, &d);
  double *axes = golden_values(GOLDEN_POINTS "axes.npy", &k, NULL);
  double *variances = golden_values(GOLDEN_POINTS "variances.npy", NULL, NULL);
  despur_pca pca = fitted(points, n, d, k, 1);
  for (size_t c = 0; c < k; c++) {
    assert_near(pca.variances[c], variances[c], 1e-12 * variances[0]);
    double sign = dot(axes + c * d, pca.axes + c * d, d) < 0 ? -1 : 1;
    for (size_t j = 0; j < d; j++) assert_near(pca.axes[c * d + j], sign * axes[c * d + j], 1e-10);
  }
  despur_pca_release(&pca);
  mem_free(variances);
  mem_free(axes);
  mem_free(points);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  float points[] = {0, 1, 2, 3, 5, 9};
  despur_pca_options options = {.components = 3};
  despur_pca pca;
  assert_fails(despur_pca_fit(&pca, points, 3, 2, &options, &error), DESPUR_BAD_INPUT,
               "expected 1 to 2 components for 3 points of 2 dimensions, found 3");
  options.components = 0;
  assert_fails(despur_pca_fit(&pca, points, 3, 2, &options, &error), DESPUR_BAD_INPUT, "found 0");
  options.components = 1;
  assert_fails(despur_pca_fit(&pca, points, 1, 6, &options, &error), DESPUR_BAD_INPUT, "at least 2 points");
  points[5] = (float)NAN;
  assert_fails(despur_pca_fit(&pca, points, 3, 2, &options, &error), DESPUR_BAD_INPUT, "row 2, column 1");
  assert_null(pca.axes);
  pca = fitted(points, 2, 2, 1, 1);
  float out[3];
  assert_fails(despur_pca_transform(&pca, out, points, 3, 1, &error), DESPUR_BAD_INPUT, "row 2, column 1");
  despur_pca_release(&pca);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_satisfy_their_equation),
      cmocka_unit_test(values_of_the_second_difference_are_known),
      cmocka_unit_test(coordinates_are_uncorrelated_and_have_the_variances),
      cmocka_unit_test(constant_columns_and_duplicates_leave_axes_without_variance),
      cmocka_unit_test(fewer_points_than_columns_make_no_difference),
      cmocka_unit_test(threads_change_no_byte),
      cmocka_unit_test(products_are_those_of_plain_c),
      cmocka_unit_test(scikit_learn_agrees),
      cmocka_unit_test(bad_input_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
