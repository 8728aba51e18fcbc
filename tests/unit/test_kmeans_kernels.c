/* The kernels of k-means on every instruction set against the definition in plain C, and against each other,
 * to the bit. */
#include "points_testing.h"

#include "cluster/kmeans.h"

#ifdef HAVE_KERNELS_WIDE
extern const kmeans_table kmeans_wide; /* the tiles of AVX-512 in plain C; needs what v3 needs */
#endif

/* The tables that this machine can run, then the wide one; NULL past the end. */
static const kmeans_table *tested_table(size_t i) {
#ifdef HAVE_KERNELS_WIDE
  if (i > 1 && !kmeans_table_available(i) && kmeans_table_available(i - 1)) return &kmeans_wide;
#endif
  return kmeans_table_available(i);
}

static double *doubles(size_t n) {
  double *values;
  assert_ok(mem_alloc(&values, n, sizeof *values, &error));
  return values;
}

/* Centre c in its place among packed ones; normal values, every third far away. */
static double *packed_centres(uint64_t index, size_t count, size_t d) {
  random_stream stream = random_open(1, "test centres", index);
  double *packed = doubles((count + PACK - 1) / PACK * PACK * d);
  for (size_t c = 0; c < count; c++)
    for (size_t j = 0; j < d; j++)
      packed[(c / PACK * d + j) * PACK + c % PACK] = random_normal(&stream) + (c % 3 == 2 ? 1e6 : 0);
  return packed;
}

static void squares_are_those_of_the_definition(void **state) {
  (void)state;
  static const size_t COUNTS[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 24, 25, 40, 47};
  for (size_t s = 0; s < sizeof COUNTS / sizeof *COUNTS; s++) {
    size_t count = COUNTS[s], d = 1 + s * 7 % 40;
    float *points = normal_points(s, LANES, d), *lanes = zeros(LANES * d);
    double *packed = packed_centres(s, count, d), *first = NULL;
    for (size_t j = 0; j < d; j++)
      for (size_t lane = 0; lane < LANES; lane++) lanes[j * LANES + lane] = points[lane * d + j];
    for (size_t t = 0; tested_table(t); t++) {
      double *squares = doubles(count * LANES);
      centre_job job = {.lanes = lanes, .packed = packed, .squares = squares, .d = d, .count = count};
      tested_table(t)->squares(&job);
      for (size_t c = 0; c < count; c++)
        for (size_t lane = 0; lane < LANES; lane++) {
          double wanted = 0;
          for (size_t j = 0; j < d; j++) {
            double difference = (double)points[lane * d + j] - packed[(c / PACK * d + j) * PACK + c % PACK];
            wanted += difference * difference;
          }
          assert_near(squares[c * LANES + lane], wanted, 1e-14 * wanted);
        }
      if (first)
        assert_memory_equal(squares, first, count * LANES * sizeof *squares);
      else
        first = squares;
      if (squares != first) mem_free(squares);
    }
    mem_free(first);
    mem_free(packed);
    mem_free(lanes);
    mem_free(points);
  }
}

static void nearest_is_the_first_of_the_least(void **state) {
  (void)state;
  for (size_t k = 1; k <= 20; k++) {
    random_stream stream = random_open(1, "test ties", k);
    double *squares = doubles(k * LANES), least[LANES];
    uint32_t which[LANES];
    for (size_t i = 0; i < k * LANES; i++) squares[i] = random_below(&stream, 5);
    for (size_t t = 0; tested_table(t); t++) {
      tested_table(t)->nearest(squares, k, least, which);
      for (size_t lane = 0; lane < LANES; lane++) {
        size_t wanted = 0;
        for (size_t c = 1; c < k; c++)
          if (squares[c * LANES + lane] < squares[wanted * LANES + lane]) wanted = c;
        assert_int_equal(which[lane], wanted);
        assert_true(least[lane] == squares[wanted * LANES + lane]);
      }
    }
    mem_free(squares);
  }
}

static void differences_are_added_and_taken_away(void **state) {
  (void)state;
  enum { D = 37 };
  float *x = normal_points(1, 1, D);
  for (size_t t = 0; tested_table(t); t++) {
    double sums[D], reference[D];
    for (size_t j = 0; j < D; j++) {
      sums[j] = 0;
      reference[j] = (double)j / 3;
    }
    tested_table(t)->add_differences(sums, x, reference, 1, D);
    for (size_t j = 0; j < D; j++) assert_true(sums[j] == (double)x[j] - reference[j]);
    tested_table(t)->add_differences(sums, x, reference, -1, D);
    for (size_t j = 0; j < D; j++) assert_true(sums[j] == 0);
  }
  mem_free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(squares_are_those_of_the_definition),
      cmocka_unit_test(nearest_is_the_first_of_the_least),
      cmocka_unit_test(differences_are_added_and_taken_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
