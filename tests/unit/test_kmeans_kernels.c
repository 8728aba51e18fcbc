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
      size_t begin = count * t / 4; /* in two goes */
      centre_job job = {.lanes = lanes, .packed = packed, .squares = squares, .d = d, .count = begin};
      tested_table(t)->squares(&job);
      job.first = begin;
      job.count = count - begin;
      job.squares += begin * LANES;
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

/* A sum of d terms in pieces is wrong by at most (SCREEN_PIECE + d / SCREEN_PIECE + 1) 2^-24 of the sum of
 * their sizes. */
static void products_are_those_of_the_definition(void **state) {
  (void)state;
  static const size_t COUNTS[] = {1, 3, 4, 5, 6, 11, 12, 13, 16, 23, 40, 47},
                      DIMENSIONS[] = {1, 2, 63, 64, 65, 130};
  for (size_t s = 0; s < 2 * sizeof COUNTS / sizeof *COUNTS; s++) {
    size_t count = COUNTS[s / 2], d = DIMENSIONS[s % 6], blocks = 1 + s % 2, n = count * blocks * LANES;
    float *lanes = normal_points(s, d, blocks * LANES), *first = NULL;
    float *packed = normal_points(s + 1000, (count + PACK - 1) / PACK * PACK, d);
    for (size_t t = 0; tested_table(t); t++) {
      float *products = zeros(n);
      screen_job job = {
          .lanes = lanes, .packed = packed, .products = products, .d = d, .count = count, .blocks = blocks};
      tested_table(t)->products(&job);
      for (size_t i = 0; i < n; i++) {
        size_t block = i / LANES / count, c = i / LANES % count;
        double wanted = 0, sizes = 0;
        for (size_t j = 0; j < d; j++) {
          double term = (double)lanes[(block * d + j) * LANES + i % LANES] *
                        (double)packed[(c / PACK * d + j) * PACK + c % PACK];
          wanted += term;
          sizes += fabs(term);
        }
        assert_near(products[i], wanted, (SCREEN_PIECE + (double)(d / SCREEN_PIECE) + 1) * 0x1p-24 * sizes);
      }
      if (first)
        assert_memory_equal(products, first, n * sizeof *products);
      else
        first = products;
      if (products != first) mem_free(products);
    }
    mem_free(first);
    mem_free(packed);
    mem_free(lanes);
  }
}

/* Small whole numbers, so that scores are exact and often equal or just as far apart as the margin. */
static void look_finds_the_largest_and_tells_close_calls(void **state) {
  (void)state;
  size_t close_calls = 0;
  for (size_t trial = 0; trial < 200; trial++) {
    size_t k = 1 + trial % 20;
    random_stream stream = random_open(1, "test look", trial);
    float *products = zeros(k * LANES), halves[20], *lengths = zeros(LANES), margin[3];
    uint32_t which[LANES];
    for (size_t i = 0; i < k * LANES; i++) products[i] = (float)random_below(&stream, 30);
    for (size_t c = 0; c < k; c++) halves[c] = (float)random_below(&stream, 5);
    for (size_t lane = 0; lane < LANES; lane++) lengths[lane] = (float)random_below(&stream, 3);
    for (size_t i = 0; i < 3; i++) margin[i] = (float)random_below(&stream, 2);
    for (size_t t = 0; tested_table(t); t++) {
      unsigned close = tested_table(t)->screen(products, halves, k, lengths, margin, which);
      assert_int_equal(close >> LANES, 0);
      for (size_t lane = 0; lane < LANES; lane++) {
        size_t wanted = 0, near = 0;
        for (size_t c = 1; c < k; c++)
          if (products[c * LANES + lane] - halves[c] > products[wanted * LANES + lane] - halves[wanted])
            wanted = c;
        float least = margin[0] + margin[1] * lengths[lane] + margin[2] * lengths[lane] * lengths[lane];
        for (size_t c = 0; c < k; c++)
          near +=
              products[wanted * LANES + lane] - halves[wanted] - (products[c * LANES + lane] - halves[c]) <=
              least;
        assert_int_equal(which[lane], wanted);
        assert_int_equal(close >> lane & 1, near > 1);
        close_calls += near > 1;
      }
    }
    mem_free(lengths);
    mem_free(products);
  }
  assert_true(close_calls > 100);
}

static void square_is_that_of_the_definition(void **state) {
  (void)state;
  for (size_t d = 1; d <= 100; d++) {
    float *x = normal_points(d, 1, d);
    double *centre = doubles(d), wanted = 0, first = 0;
    for (size_t j = 0; j < d; j++) {
      centre[j] = (double)(j % 7) / 3;
      wanted += ((double)x[j] - centre[j]) * ((double)x[j] - centre[j]);
    }
    for (size_t t = 0; tested_table(t); t++) {
      double square = tested_table(t)->square(x, centre, d);
      assert_near(square, wanted, 1e-14 * wanted);
      if (t == 0) first = square;
      assert_true(square == first);
    }
    mem_free(centre);
    mem_free(x);
  }
}

static void points_move_from_one_sum_to_another(void **state) {
  (void)state;
  enum { D = 37 };
  float *x = normal_points(1, 1, D);
  for (size_t t = 0; tested_table(t); t++) {
    double to[D], from[D], reference[D], other[D];
    for (size_t j = 0; j < D; j++) {
      to[j] = from[j] = 0;
      reference[j] = (double)j / 3;
      other[j] = (double)j / 7;
    }
    tested_table(t)->move(x, to, reference, NULL, NULL, D);
    for (size_t j = 0; j < D; j++) assert_true(to[j] == (double)x[j] - reference[j]);
    tested_table(t)->move(x, from, other, to, reference, D);
    for (size_t j = 0; j < D; j++) assert_true(to[j] == 0 && from[j] == (double)x[j] - other[j]);
  }
  mem_free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(squares_are_those_of_the_definition),
      cmocka_unit_test(nearest_is_the_first_of_the_least),
      cmocka_unit_test(products_are_those_of_the_definition),
      cmocka_unit_test(look_finds_the_largest_and_tells_close_calls),
      cmocka_unit_test(square_is_that_of_the_definition),
      cmocka_unit_test(points_move_from_one_sum_to_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
