/* The kernels of batch norm of every instruction set against plain scalar arithmetic in double precision, and
 * against each other, to the bit. */
#include "testing.h"

#include "base/memory.h"
#include "base/random.h"
#include "nn/kernels.h"

static despur_error error;

enum { ROWS = 3, COLUMNS = 5, X_ROW = 7 * LANES, Y_ROW = 6 * LANES };

/* One channel: x and dy in rows with room beside them, and what a kernel writes. */
typedef struct channel {
  float *x, *dy, *y;
  norm_job job;
} channel;

static channel make_channel(size_t used, double offset, double scale) {
  channel made;
  random_stream stream = random_open(3, "norm test", used);
  assert_ok(mem_alloc(&made.x, ROWS * X_ROW, sizeof(float), &error));
  assert_ok(mem_alloc(&made.dy, ROWS * Y_ROW, sizeof(float), &error));
  assert_ok(mem_alloc(&made.y, ROWS * Y_ROW, sizeof(float), &error));
  for (size_t i = 0; i < ROWS * X_ROW; i++) made.x[i] = (float)(offset + scale * random_normal(&stream));
  for (size_t i = 0; i < ROWS * Y_ROW; i++) made.dy[i] = (float)random_normal(&stream);
  for (size_t i = 0; i < ROWS * Y_ROW; i++) made.y[i] = -7;
  made.job = (norm_job){.x = made.x,
                        .dy = made.dy,
                        .y = made.y,
                        .x_row = X_ROW,
                        .dy_row = Y_ROW,
                        .y_row = Y_ROW,
                        .rows = ROWS,
                        .columns = COLUMNS,
                        .used = used};
  return made;
}

static void free_channel(channel *c) {
  mem_free(c->x);
  mem_free(c->dy);
  mem_free(c->y);
}

static double x_at(const channel *c, size_t row, size_t column, size_t lane) {
  return (double)c->x[row * X_ROW + column * LANES + lane];
}

static double dy_at(const channel *c, size_t row, size_t column, size_t lane) {
  return (double)c->dy[row * Y_ROW + column * LANES + lane];
}

/* Sums of n terms in double precision differ by a few roundings only. */
static void check_sums(const channel *c, const norm_table *table, norm_moments *moments, norm_lanes *sums) {
  double sum = 0, squares = 0, dy = 0, dy_x = 0, n = ROWS * COLUMNS * (double)c->job.used, size = 0;
#define EACH                                                                                                 \
  for (size_t row = 0; row < ROWS; row++)                                                                    \
    for (size_t column = 0; column < COLUMNS; column++)                                                      \
      for (size_t lane = 0; lane < c->job.used; lane++)
  EACH sum += x_at(c, row, column, lane);
  EACH {
    double distance = x_at(c, row, column, lane) - sum / n;
    squares += distance * distance;
    dy += dy_at(c, row, column, lane);
    dy_x += dy_at(c, row, column, lane) * distance;
    size += fabs(dy_at(c, row, column, lane) * distance);
  }
  *moments = table->moments(&c->job);
  norm_job upper = c->job, lower = c->job; /* rows by and by */
  upper.rows = 1;
  lower.rows = ROWS - 1;
  lower.x += X_ROW, lower.dy += Y_ROW;
  double found_dy = 0, found_dy_x = 0;
  *sums = (norm_lanes){0};
  table->sums(&upper, sum / n, sums);
  table->sums(&lower, sum / n, sums);
  for (size_t lane = 0; lane < c->job.used; lane++)
    found_dy += sums->dy[lane], found_dy_x += sums->dy_x[lane];
  assert_near(moments->mean, sum / n, 1e-13 * (1 + fabs(sum / n)));
  assert_near(moments->squares, squares, 1e-12 * squares + 1e-20 * n * sum * sum);
  assert_near(found_dy, dy, 1e-12);
  assert_near(found_dy_x, dy_x, 1e-12 * (1 + size));
}

static void moments_and_sums_are_those_of_the_lanes_in_use(void **state) {
  (void)state;
  static const double OFFSETS[] = {0, 1000, -3}, SCALES[] = {1, 0.001, 1e10};
  for (size_t used = 1; used <= LANES; used++)
    for (size_t m = 0; m < 3; m++) {
      channel c = make_channel(used, OFFSETS[m], SCALES[m]);
      norm_moments moments, first_moments = {0};
      norm_lanes sums, first_sums = {0};
      for (size_t t = 0; kernels_available(t); t++) {
        check_sums(&c, kernels_available(t)->norm, &moments, &sums);
        if (t == 0) first_moments = moments, first_sums = sums;
        assert_memory_equal(&moments, &first_moments, sizeof moments);
        assert_memory_equal(&sums, &first_sums, sizeof sums);
      }
      free_channel(&c);
    }
}

/* Where the rows end nothing is written. */
static void assert_beside_untouched(const channel *c) {
  for (size_t row = 0; row < ROWS; row++)
    for (size_t i = COLUMNS * LANES; i < Y_ROW; i++) assert_true(c->y[row * Y_ROW + i] == -7);
}

static void values_are_scaled_and_shifted(void **state) {
  (void)state;
  float first[ROWS * Y_ROW];
  channel c = make_channel(LANES, 2, 3);
  for (size_t t = 0; kernels_available(t); t++) {
    kernels_available(t)->norm->apply(&c.job, 0.37f, -1.25f);
    for (size_t row = 0; row < ROWS; row++)
      for (size_t i = 0; i < COLUMNS * LANES; i++) {
        double wanted = (double)0.37f * (double)c.x[row * X_ROW + i] - 1.25;
        assert_near((double)c.y[row * Y_ROW + i], wanted, 0x1p-24 * fabs(wanted));
      }
    assert_beside_untouched(&c);
    if (t == 0) memcpy(first, c.y, sizeof first);
    assert_memory_equal(c.y, first, sizeof first);
  }
  free_channel(&c);
}

/* To the bit what one step after the other gives: a value is added, then what is negative becomes zero, and
 * what is no number stays. */
static void additions_and_relu_follow_in_the_same_pass(void **state) {
  (void)state;
  for (int kind = 1; kind < 4; kind++) {
    channel c = make_channel(LANES, 0, 3);
    float first[ROWS * Y_ROW];
    c.x[3] = NAN;
    for (size_t t = 0; kernels_available(t); t++) {
      const norm_table *table = kernels_available(t)->norm;
      float plain[ROWS * Y_ROW];
      table->apply(&c.job, 0.37f, -1.25f);
      memcpy(plain, c.y, sizeof plain);
      norm_job job = c.job;
      job.relu = kind & 1;
      job.plus = kind & 2 ? c.dy : NULL;
      job.plus_row = Y_ROW;
      table->apply(&job, 0.37f, -1.25f);
      for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < COLUMNS * LANES; i++) {
          float wanted = plain[row * Y_ROW + i], got = c.y[row * Y_ROW + i];
          if (job.plus) wanted += c.dy[row * Y_ROW + i];
          if (job.relu && wanted < 0) wanted = 0;
          assert_true(isnan(wanted) ? isnan(got) : got == wanted);
        }
      assert_beside_untouched(&c);
      if (t == 0) memcpy(first, c.y, sizeof first);
      assert_memory_equal(c.y, first, sizeof first);
    }
    free_channel(&c);
  }
}

/* The gradient behind ReLU stays where the output is positive, and goes to what was added as well. */
static void masks_take_the_gradient_back_through_relu_and_addition(void **state) {
  (void)state;
  enum { NO_PLUS, PLUS, ADDS };
  for (int kind = NO_PLUS; kind <= ADDS; kind++)
    for (size_t t = 0; kernels_available(t); t++) {
      channel c = make_channel(LANES, 0, 1);
      float before[ROWS * Y_ROW];
      memcpy(before, c.dy, sizeof before);
      c.x[1] = 0, c.x[2] = -0.0f, c.x[3] = NAN;
      mask_job job = {.dy = c.dy,
                      .dy_row = Y_ROW,
                      .y = c.x,
                      .y_row = X_ROW,
                      .plus = kind == NO_PLUS ? NULL : c.y,
                      .plus_row = Y_ROW,
                      .rows = ROWS,
                      .columns = COLUMNS,
                      .adds = kind == ADDS};
      channel seen = make_channel(LANES - 3, 1, 2); /* what was normalised */
      norm_job norm = seen.job;
      norm.dy = c.dy;
      norm_lanes found = {0}, wanted = {0};
      kernels_available(t)->norm->mask(&job, &norm, 0.3, &found);
      kernels_available(t)->norm->sums(&norm, 0.3, &wanted); /* of what is left */
      assert_memory_equal(&found, &wanted, sizeof found);
      free_channel(&seen);
      for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < Y_ROW; i++) {
          size_t at = row * Y_ROW + i;
          bool inside = i < COLUMNS * LANES;
          float kept = !inside || c.x[row * X_ROW + i] > 0 ? before[at] : 0;
          assert_true(c.dy[at] == kept);
          assert_true(c.y[at] == (inside && kind != NO_PLUS ? kept + (kind == ADDS ? -7 : 0) : -7));
        }
      free_channel(&c);
    }
}

static void gradients_follow_their_line_and_vanish_in_dead_lanes(void **state) {
  (void)state;
  const norm_line line = {.scale = 1.5f, .shift = 0.25f, .mean = 2, .slope = 0.125f};
  for (size_t used = 1; used <= LANES; used++) {
    float first[ROWS * Y_ROW];
    channel c = make_channel(used, 2, 3);
    for (size_t row = 0; row < ROWS && used < LANES; row++) c.x[row * X_ROW + used] = INFINITY;
    for (size_t t = 0; kernels_available(t); t++) {
      kernels_available(t)->norm->gradient(&c.job, line);
      for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < COLUMNS * LANES; i++) {
          double x = (double)c.x[row * X_ROW + i], dy = (double)c.dy[row * Y_ROW + i];
          double wanted = i % LANES < used ? 1.5 * (dy - 0.25 - (x - 2) * 0.125) : 0;
          assert_near((double)c.y[row * Y_ROW + i], wanted, i % LANES < used ? 1e-6 * (1 + fabs(x)) : 0);
        }
      assert_beside_untouched(&c);
      if (t == 0) memcpy(first, c.y, sizeof first);
      assert_memory_equal(c.y, first, sizeof first);
    }
    free_channel(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments_and_sums_are_those_of_the_lanes_in_use),
      cmocka_unit_test(values_are_scaled_and_shifted),
      cmocka_unit_test(additions_and_relu_follow_in_the_same_pass),
      cmocka_unit_test(masks_take_the_gradient_back_through_relu_and_addition),
      cmocka_unit_test(gradients_follow_their_line_and_vanish_in_dead_lanes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
