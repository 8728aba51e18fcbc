/* The distance kernels of every instruction set against double precision, within the bound that their header
 * states, and against each other, to the bit. */
#include "points_testing.h"

#include "cluster/distances.h"

#ifdef HAVE_KERNELS_WIDE
extern const distance_table distances_wide; /* the tiles of AVX-512 in plain C; needs what v3 needs */
#endif

/* The tables that this machine can run, then the wide one; NULL past the end. */
static const distance_table *tested_table(size_t i) {
#ifdef HAVE_KERNELS_WIDE
  if (i > 1 && !distances_available(i) && distances_available(i - 1)) return &distances_wide;
#endif
  return distances_available(i);
}

static double relative_bound(size_t d) {
  return (67 + (double)d / 64) * 0x1p-24;
}

typedef struct size {
  size_t rows, lanes, d;
} size;

/* Sizes around those of tiles, of pieces of dimensions and of blocks. */
static const size SIZES[] = {{1, 1, 1},   {8, 48, 64},   {9, 49, 65}, {7, 16, 63}, {12, 33, 3},
                             {32, 96, 2}, {31, 17, 130}, {6, 5, 400}, {64, 64, 5}};

/* Padded lanes are zeros. */
static float *lanes_of(const float *points, size_t n, size_t d, int exponent) {
  float *lanes = zeros(block_count(n) * LANES * d);
  points_to_lanes(lanes, points, d, NULL, n, exponent);
  return lanes;
}

static float *squares_of(const distance_table *table, const float *rows, const float *lanes, size s) {
  float *squares = zeros(s.rows * block_count(s.lanes) * LANES);
  distance_job job = {.rows = rows,
                      .lanes = lanes,
                      .squares = squares,
                      .count = s.rows,
                      .blocks = block_count(s.lanes),
                      .dimensions = s.d};
  table->squares(&job);
  return squares;
}

static void assert_squares(const float *squares, const float *rows, const float *points, size s) {
  for (size_t r = 0; r < s.rows; r++)
    for (size_t i = 0; i < s.lanes; i++) {
      double wanted = square_between(rows + r * s.d, points + i * s.d, s.d);
      assert_near((double)squares[r * block_count(s.lanes) * LANES + i], wanted,
                  relative_bound(s.d) * wanted);
    }
}

static void squares_are_within_their_bound_and_equal_on_all_levels(void **state) {
  (void)state;
  for (size_t c = 0; c < sizeof SIZES / sizeof *SIZES; c++) {
    size s = SIZES[c];
    float *rows = normal_points(2 * c, s.rows, s.d), *points = normal_points(2 * c + 1, s.lanes, s.d);
    for (size_t i = 0; c % 2 && i < s.lanes * s.d; i++)
      points[i] = rows[i % (s.rows * s.d)] + 1e-3f * points[i];
    float *lanes = lanes_of(points, s.lanes, s.d, 0), *first = NULL;
    for (size_t t = 0; tested_table(t); t++) {
      float *squares = squares_of(tested_table(t), rows, lanes, s);
      assert_squares(squares, rows, points, s);
      if (first)
        assert_memory_equal(squares, first, s.rows * block_count(s.lanes) * LANES * sizeof *squares);
      else
        first = squares;
      if (squares != first) mem_free(squares);
    }
    mem_free(first);
    mem_free(lanes);
    mem_free(points);
    mem_free(rows);
  }
}

static void equal_points_have_distance_zero_and_swapping_changes_nothing(void **state) {
  (void)state;
  enum { N = 33, D = 77 };
  const size s = {N, N, D};
  const size_t width = block_count(N) * LANES;
  float *points = normal_points(1, N, D);
  for (size_t i = 0; i < N * D; i++) points[i] += 1e6f; /* norms would cancel here */
  float *lanes = lanes_of(points, N, D, 0);
  for (size_t t = 0; tested_table(t); t++) {
    float *squares = squares_of(tested_table(t), points, lanes, s);
    for (size_t i = 0; i < N; i++) {
      assert_true(squares[i * width + i] == 0);
      for (size_t j = 0; j < N; j++)
        assert_memory_equal(&squares[i * width + j], &squares[j * width + i], sizeof(float));
    }
    mem_free(squares);
  }
  mem_free(lanes);
  mem_free(points);
}

static void roots_are_added_in_double_precision_one_row_after_the_other(void **state) {
  (void)state;
  enum { ROWS = 37, BLOCKS = 3, WIDTH = BLOCKS * LANES };
  float *squares = normal_points(3, ROWS, WIDTH);
  for (size_t i = 0; i < ROWS * WIDTH; i++)
    squares[i] = i % 11 == 5 ? 0 : fabsf(squares[i]) * (i % 7 ? 1 : 1e-30f);
  for (size_t t = 0; tested_table(t); t++) {
    double sums[WIDTH], wanted[WIDTH];
    for (size_t lane = 0; lane < WIDTH; lane++) {
      sums[lane] = wanted[lane] = 0.1 * (double)lane;
      for (size_t row = 0; row < ROWS; row++) wanted[lane] += (double)sqrtf(squares[row * WIDTH + lane]);
    }
    tested_table(t)->add_roots(sums, squares, ROWS, BLOCKS);
    assert_memory_equal(sums, wanted, sizeof sums);
  }
  mem_free(squares);
}

/* Squares of whole numbers: their roots add up without rounding, whatever the order; so the sums are exact.
 */
static void roots_are_added_to_rows_and_lanes(void **state) {
  (void)state;
  enum { ROWS = 21, MOST = 3 };
  for (size_t blocks = 1; blocks <= MOST; blocks++) {
    const size_t width = blocks * LANES;
    float *squares = grid_points(blocks, ROWS, width, 1000);
    for (size_t i = 0; i < ROWS * width; i++) squares[i] *= squares[i];
    for (size_t t = 0; tested_table(t); t++) {
      double lanes[MOST * LANES], rows[ROWS], lanes_wanted[MOST * LANES], rows_wanted[ROWS];
      for (size_t lane = 0; lane < width; lane++) lanes[lane] = lanes_wanted[lane] = 0.5 * (double)lane;
      for (size_t row = 0; row < ROWS; row++) rows[row] = rows_wanted[row] = (double)row;
      for (size_t i = 0; i < ROWS * width; i++) {
        lanes_wanted[i % width] += sqrt((double)squares[i]);
        rows_wanted[i / width] += sqrt((double)squares[i]);
      }
      tested_table(t)->add_roots_to_both(lanes, rows, squares, ROWS, blocks);
      assert_memory_equal(lanes, lanes_wanted, width * sizeof *lanes);
      assert_memory_equal(rows, rows_wanted, sizeof rows);
    }
    mem_free(squares);
  }
}

static void distances_below_a_limit_are_marked(void **state) {
  (void)state;
  enum { ROWS = 5, BLOCKS = 3, WIDTH = BLOCKS * LANES };
  float *squares = grid_points(4, ROWS, WIDTH, 4), *limits = grid_points(5, 1, WIDTH, 5);
  for (size_t t = 0; tested_table(t); t++) {
    uint16_t masks[ROWS * BLOCKS];
    tested_table(t)->below(masks, squares, limits, ROWS, BLOCKS);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
      assert_int_equal(masks[i / LANES] >> i % LANES & 1, squares[i] < limits[i % WIDTH]);
  }
  mem_free(limits);
  mem_free(squares);
}

/* Squares and indices from few values: ties of both kinds. */
static void rows_that_come_before_a_row_are_counted(void **state) {
  (void)state;
  enum { ROWS = 29, BLOCKS = 2, WIDTH = BLOCKS * LANES, FIRST = 100 };
  float *squares = grid_points(6, ROWS, WIDTH, 4), *limits = grid_points(7, 1, WIDTH, 4);
  uint32_t indices[WIDTH];
  for (uint32_t i = 0; i < WIDTH; i++) indices[i] = FIRST - 5 + i % 40;
  for (size_t t = 0; tested_table(t); t++) {
    uint32_t counts[WIDTH], wanted[WIDTH];
    for (size_t lane = 0; lane < WIDTH; lane++) {
      counts[lane] = wanted[lane] = (uint32_t)lane;
      for (size_t row = 0; row < ROWS; row++) {
        const float square = squares[row * WIDTH + lane];
        wanted[lane] += square < limits[lane] || (square == limits[lane] && FIRST + row < indices[lane]);
      }
    }
    tested_table(t)->count_nearer(counts, squares, limits, indices, FIRST, ROWS, BLOCKS);
    assert_memory_equal(counts, wanted, sizeof counts);
  }
  mem_free(limits);
  mem_free(squares);
}

static void points_are_brought_near_one_by_a_power_of_two(void **state) {
  (void)state;
  const float points[] = {0, -3e38f, 2e30f, 1, 5, -6.5f};
  assert_int_equal(points_exponent(points, 3, 2), 128);
  assert_int_equal(points_exponent(points + 3, 3, 1), 3);
  assert_int_equal(points_exponent(points, 1, 1), 0);
  const uint32_t order[] = {2, 0};
  float rows[4], lanes[2 * LANES] = {0};
  points_to_rows(rows, points, 2, order, 2, 2);
  points_to_lanes(lanes, points, 2, order, 2, 2);
  assert_true(rows[0] == 1.25f && rows[1] == -1.625f && rows[2] == 0 && rows[3] == -7.5e37f);
  assert_true(lanes[0] == rows[0] && lanes[LANES] == rows[1] && lanes[1] == rows[2] &&
              lanes[LANES + 1] == rows[3]);
  const float tiny = 0x1p-140f;
  points_to_rows(rows, &tiny, 1, NULL, 1, points_exponent(&tiny, 1, 1));
  assert_true(rows[0] == 0.5f);
}

static void bad_points_are_refused(void **state) {
  (void)state;
  float points[] = {1, 2, 3, 4, 5, 6};
  assert_ok(points_check("test", points, 3, 2, &error));
  assert_fails(points_check("test", points, 0, 2, &error), DESPUR_BAD_INPUT,
               "test: expected at least 1 point");
  assert_fails(points_check("test", points, 3, 0, &error), DESPUR_BAD_INPUT, "found 3 of 0");
  points[3] = INFINITY;
  assert_fails(points_check("test", points, 3, 2, &error), DESPUR_BAD_INPUT, "found inf in row 1, column 1");
}

static void despur_cpu_chooses_a_table(void **state) {
  (void)state;
  const distance_table *table;
  assert_int_equal(setenv("DESPUR_CPU", "baseline", 1), 0);
  assert_ok(distances_choose(&table, &error));
  assert_ptr_equal(table, distances_available(0));
  assert_int_equal(setenv("DESPUR_CPU", "v9", 1), 0);
  assert_fails(distances_choose(&table, &error), DESPUR_BAD_USAGE, "DESPUR_CPU");
  assert_int_equal(unsetenv("DESPUR_CPU"), 0);
  assert_ok(distances_choose(&table, &error));
  size_t count = 0;
  while (distances_available(count)) count++;
  assert_ptr_equal(table, distances_available(count - 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(squares_are_within_their_bound_and_equal_on_all_levels),
      cmocka_unit_test(equal_points_have_distance_zero_and_swapping_changes_nothing),
      cmocka_unit_test(roots_are_added_in_double_precision_one_row_after_the_other),
      cmocka_unit_test(roots_are_added_to_rows_and_lanes),
      cmocka_unit_test(distances_below_a_limit_are_marked),
      cmocka_unit_test(rows_that_come_before_a_row_are_counted),
      cmocka_unit_test(points_are_brought_near_one_by_a_power_of_two),
      cmocka_unit_test(bad_points_are_refused),
      cmocka_unit_test(despur_cpu_chooses_a_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
