/* The kernels of mixtures on every instruction set against the definition in plain C, and against each other,
 * to the bit. */
#include "points_testing.h"

#include "cluster/mixture_kernels.h"

#ifdef HAVE_KERNELS_WIDE
extern const mixture_table mixture_wide; /* the tiles of AVX-512 in plain C; needs what v3 needs */
#endif

/* The tables that this machine can run, then the wide one; NULL past the end. */
static const mixture_table *tested_table(size_t i) {
#ifdef HAVE_KERNELS_WIDE
  if (i > 1 && !mixture_table_available(i) && mixture_table_available(i - 1)) return &mixture_wide;
#endif
  return mixture_table_available(i);
}

static double *normal_doubles(uint64_t index, size_t n) {
  random_stream stream = random_open(1, "test doubles", index);
  double *values;
  assert_ok(mem_alloc(&values, n, sizeof *values, &error));
  for (size_t i = 0; i < n; i++) values[i] = random_normal(&stream);
  return values;
}

/* Every table must leave in `values` what the first left. */
static void assert_same_bytes(const double *values, size_t n, double **first) {
  if (*first) {
    assert_memory_equal(values, *first, n * sizeof *values);
  } else {
    assert_ok(mem_alloc(first, n, sizeof *values, &error));
    memcpy(*first, values, n * sizeof *values);
  }
}

/* Sizes around those of tiles and blocks. */
static const size_t SIZES[] = {1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 17, 24, 25, 33, 64, 67};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static double whitened_square(const square_job *job, size_t lane, int full) {
  double square = 0;
  for (size_t i = 0; i < job->d; i++) {
    double y = 0;
    for (size_t j = full ? 0 : i; j <= i; j++)
      y += job->w[full ? i * job->d + j : j] * ((double)job->lanes[j * LANES + lane] - job->mean[j]);
    square += y * y;
  }
  return square;
}

static void squares_are_those_of_the_whitened_point(void **state) {
  (void)state;
  for (size_t s = 0; s < 2 * SIZE_COUNT; s++) {
    size_t d = SIZES[s / 2], full = s % 2;
    float *lanes = normal_points(s, LANES, d);
    double *mean = normal_doubles(s, d), *w = normal_doubles(s + 100, full ? d * d : d);
    double *z = normal_doubles(0, d * LANES), *squares = normal_doubles(0, LANES), *first = NULL;
    for (size_t i = 0; i < d && full; i++)
      for (size_t j = i + 1; j < d; j++) w[i * d + j] = 0;
    square_job job = {.lanes = lanes, .mean = mean, .w = w, .d = d, .z = z, .squares = squares};
    for (size_t t = 0; tested_table(t); t++) {
      (full ? tested_table(t)->triangular_squares : tested_table(t)->diagonal_squares)(&job);
      for (size_t lane = 0; lane < LANES; lane++)
        assert_near(squares[lane], whitened_square(&job, lane, (int)full), 1e-12 * squares[lane]);
      assert_same_bytes(squares, LANES, &first);
    }
    mem_free(lanes);
    mem_free(mean);
    mem_free(w);
    mem_free(z);
    mem_free(squares);
    mem_free(first);
  }
}

static void products_and_squares_are_added_to_the_scatter(void **state) {
  (void)state;
  for (size_t s = 0; s < SIZE_COUNT; s++) {
    size_t d = SIZES[s], rows = 1 + 7 * s % 40, columns = scatter_columns(d);
    double *q = normal_doubles(s, rows * columns), *first = NULL, *first_squares = NULL;
    for (size_t row = 0; row < rows; row++)
      for (size_t j = d; j < columns; j++) q[row * columns + j] = 0;
    for (size_t t = 0; tested_table(t); t++) {
      double *sums = normal_doubles(s + 50, d * columns), *squares = normal_doubles(s + 60, d),
             lower[67 * 67];
      tested_table(t)->add_products(sums, q, rows, d);
      tested_table(t)->add_squares(squares, q, rows, d);
      double *before = normal_doubles(s + 50, d * columns), *before_squares = normal_doubles(s + 60, d);
      for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
          double wanted = before[i * columns + j];
          for (size_t row = 0; row < rows; row++) wanted += q[row * columns + i] * q[row * columns + j];
          assert_near(sums[i * columns + j], wanted, 1e-12);
          lower[i * (i + 1) / 2 + j] = sums[i * columns + j];
        }
        double wanted = before_squares[i];
        for (size_t row = 0; row < rows; row++) wanted += q[row * columns + i] * q[row * columns + i];
        assert_near(squares[i], wanted, 1e-12);
      }
      assert_same_bytes(lower, d * (d + 1) / 2, &first);
      assert_same_bytes(squares, d, &first_squares);
      mem_free(sums);
      mem_free(squares);
      mem_free(before);
      mem_free(before_squares);
    }
    mem_free(q);
    mem_free(first);
    mem_free(first_squares);
  }
}

static void deviations_are_scaled_and_added(void **state) {
  (void)state;
  enum { D = 37 };
  float *x = normal_points(1, 1, D);
  double *mean = normal_doubles(2, D), *first = NULL, *first_sums = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    double q[D], sums[D];
    for (size_t j = 0; j < D; j++) sums[j] = (double)j;
    tested_table(t)->deviations(q, x, mean, 0.3, D);
    tested_table(t)->add_deviations(sums, x, mean, 0.3, D);
    for (size_t j = 0; j < D; j++) {
      assert_true(q[j] == 0.3 * ((double)x[j] - mean[j]));
      assert_true(sums[j] == (double)j + q[j]);
    }
    assert_same_bytes(q, D, &first);
    assert_same_bytes(sums, D, &first_sums);
  }
  mem_free(x);
  mem_free(mean);
  mem_free(first);
  mem_free(first_sums);
}

/* Against the C library's exp and log; the spread of the logarithms grows from point to point, up to where
 * shares vanish. */
static void shares_and_logarithms_are_those_of_the_sum(void **state) {
  (void)state;
  enum { K = 5, STRIDE = 3 * LANES, POINTS = 40 };
  double *first = NULL, *first_logs = NULL;
  for (size_t t = 0; tested_table(t); t++) {
    double *all = normal_doubles(0, POINTS * K * STRIDE), *logs = normal_doubles(0, POINTS * LANES);
    for (size_t point = 0; point < POINTS; point++) {
      double *densities = all + point * K * STRIDE, before[K][LANES];
      for (size_t c = 0; c < K; c++)
        for (size_t lane = 0; lane < LANES; lane++) {
          double *density = &densities[c * STRIDE + lane];
          *density = *density * exp2((double)point / 2) - 1e3 * (double)(point % 3);
          if (c == point % K && point % 2) *density = -HUGE_VAL;
          before[c][lane] = *density;
        }
      tested_table(t)->normalise(densities, K, STRIDE, logs + point * LANES);
      for (size_t lane = 0; lane < LANES; lane++) {
        double most = -HUGE_VAL, sum = 0;
        for (size_t c = 0; c < K; c++) most = fmax(most, before[c][lane]);
        for (size_t c = 0; c < K; c++) sum += exp(before[c][lane] - most);
        assert_near(logs[point * LANES + lane], most + log(sum), 4e-16 * (1 + fabs(most)));
        for (size_t c = 0; c < K; c++) {
          double wanted = exp(before[c][lane] - most) / sum;
          assert_near(densities[c * STRIDE + lane], wanted, 1e-15 * wanted + 1e-300);
        }
      }
    }
    assert_same_bytes(all, POINTS * K * STRIDE, &first);
    assert_same_bytes(logs, POINTS * LANES, &first_logs);
    mem_free(all);
    mem_free(logs);
  }
  mem_free(first);
  mem_free(first_logs);
}

/* W S W' = 1, and for a singular S a finite W with a diagonal above 0. */
static void whitening_inverts_the_cholesky_factor(void **state) {
  (void)state;
  enum { D = 23 };
  static double s[D][D], w[D][D], scratch[D * D];
  for (int singular = 0; singular <= 1; singular++) {
    double *first = NULL;
    float *points = normal_points(9, 100, D);
    for (size_t a = 0; a < D; a++)
      for (size_t b = 0; b < D; b++) {
        s[a][b] = a == b && !singular ? 1e-3 : 0;
        for (size_t i = 0; i < (singular ? 10 : 100); i++)
          s[a][b] += (double)points[i * D + a] * (double)points[i * D + b];
      }
    for (size_t t = 0; tested_table(t); t++) {
      memcpy(w, s, sizeof s);
      tested_table(t)->whiten(w[0], D, scratch);
      for (size_t a = 0; a < D; a++) {
        assert_true(w[a][a] > 0);
        for (size_t b = a + 1; b < D; b++) assert_true(w[a][b] == 0);
        for (size_t b = 0; b <= a; b++) {
          double sum = 0;
          for (size_t i = 0; i < D; i++)
            for (size_t j = 0; j < D; j++) sum += w[a][i] * s[i][j] * w[b][j];
          assert_true(isfinite(w[a][b]));
          if (!singular) assert_near(sum, a == b ? 1 : 0, 1e-9);
        }
      }
      assert_same_bytes(w[0], D * D, &first);
    }
    mem_free(points);
    mem_free(first);
  }
}

static void the_environment_chooses_a_table(void **state) {
  (void)state;
  const mixture_table *table;
  setenv("DESPUR_CPU", "baseline", 1);
  assert_ok(mixture_table_choose(&table, &error));
  assert_ptr_equal(table, mixture_table_available(0));
  setenv("DESPUR_CPU", "z80", 1);
  assert_fails(mixture_table_choose(&table, &error), DESPUR_BAD_USAGE, "DESPUR_CPU");
  unsetenv("DESPUR_CPU");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(squares_are_those_of_the_whitened_point),
      cmocka_unit_test(products_and_squares_are_added_to_the_scatter),
      cmocka_unit_test(deviations_are_scaled_and_added),
      cmocka_unit_test(shares_and_logarithms_are_those_of_the_sum),
      cmocka_unit_test(whitening_inverts_the_cholesky_factor),
      cmocka_unit_test(the_environment_chooses_a_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
