/* Resizing on every instruction set against the same two passes, one number at a time. What Pillow makes of
 * whole pictures is held by test_picture. */
#include "testing.h"

#include "base/level.h"
#include "base/memory.h"
#include "data/resample.h"
#include "picture/resize.h"
#include "picture/resize_kernels.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 22, MOST_WEIGHTS = 1000 };

/* Out of `from` numbers that lie `step` apart, number `at` of `to`. */
static uint8_t sum_of(const uint8_t *numbers, size_t step, size_t from, size_t to, size_t at,
                      despur_filter filter) {
  double weights[MOST_WEIGHTS];
  size_t first;
  assert_true(resample_most(from, to, filter == DESPUR_BICUBIC) <= MOST_WEIGHTS);
  const size_t count = resample_weights(weights, &first, from, to, at, filter == DESPUR_BICUBIC);
  long long sum = 1 << (BITS - 1);
  for (size_t k = 0; k < count; k++) {
    const double scaled = weights[k] * (1 << BITS);
    sum += (long long)(scaled < 0 ? scaled - 0.5 : scaled + 0.5) * numbers[(first + k) * step];
  }
  const long long value = sum < 0 ? -1 : sum >> BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* [3, height, width] of the whole. */
static uint8_t *resize_by_hand(const picture *p, size_t width, size_t height, despur_filter filter) {
  uint8_t *rows = calloc(3 * p->height, width), *out = calloc(3 * height, width);
  assert_true(rows && out);
  for (size_t c = 0; c < 3; c++)
    for (size_t x = 0; x < width; x++) {
      for (size_t y = 0; y < p->height; y++)
        rows[(c * p->height + y) * width + x] =
            sum_of(p->rgb + 3 * y * p->width + c, 3, p->width, width, x, filter);
      for (size_t y = 0; y < height; y++)
        out[(c * height + y) * width + x] =
            sum_of(rows + c * p->height * width + x, width, p->height, height, y, filter);
    }
  free(rows);
  return out;
}

/* As hard as it gets for sums: nothing but black and white. */
static picture draw(size_t width, size_t height) {
  picture p = {0};
  despur_error error;
  assert_ok(picture_allocate(&p, width, height, &error));
  srand(7);
  for (size_t i = 0; i < 3 * width * height; i++)
    p.rgb[i] = (uint8_t)(rand() % 3 == 0 ? rand() : rand() % 2 * 255);
  return p;
}

static void compare(const picture *p, size_t width, size_t height, picture_box box, despur_filter filter) {
  despur_error error;
  uint8_t *whole = resize_by_hand(p, width, height, filter), *found = calloc(3 * box.height, box.width);
  assert_non_null(found);
  assert_ok(picture_resize(found, p, width, height, box, filter, &error));
  for (size_t c = 0; c < 3; c++)
    for (size_t y = 0; y < box.height; y++)
      if (memcmp(found + (c * box.height + y) * box.width,
                 whole + (c * height + box.top + y) * width + box.left, box.width) != 0)
        fail_msg("%zu x %zu to %zu x %zu, filter %d, %s: row %zu of colour %zu", p->width, p->height, width,
                 height, (int)filter, getenv("DESPUR_CPU"), y, c);
  free(whole);
  free(found);
}

static const char *const LEVELS[] = {"baseline", "v3", "v4"};

static void every_level_adds_up_the_same(void **state) {
  (void)state;
  static const size_t FROM[][2] = {{50, 40}, {1, 1}, {37, 16}, {5, 90}, {120, 3}, {33, 17}};
  static const size_t TO[][2] = {{28, 22}, {16, 16}, {1, 1}, {50, 40}, {97, 65}, {3, 7}};
  for (size_t level = 0; resize_table_available(level); level++) {
    setenv("DESPUR_CPU", LEVELS[level], 1);
    for (size_t i = 0; i < sizeof FROM / sizeof *FROM; i++) {
      picture p = draw(FROM[i][0], FROM[i][1]);
      for (size_t k = 0; k < sizeof TO / sizeof *TO; k++)
        for (int filter = 0; filter < 2; filter++) {
          const size_t width = TO[k][0], height = TO[k][1];
          compare(&p, width, height, (picture_box){0, 0, width, height}, (despur_filter)filter);
          const picture_box middle = {width / 4, height / 3, width - width / 2, height - height / 2};
          compare(&p, width, height, middle, (despur_filter)filter);
        }
      picture_release(&p);
    }
  }
  unsetenv("DESPUR_CPU");
}

/* Weights that reach over hundreds of pixels. */
static void long_rows_are_resized(void **state) {
  (void)state;
  picture p = draw(2000, 1);
  uint8_t found[3 * 20], rows[3 * 20];
  despur_error error;
  assert_ok(picture_resize(found, &p, 20, 1, (picture_box){0, 0, 20, 1}, DESPUR_BILINEAR, &error));
  for (size_t c = 0; c < 3; c++)
    for (size_t x = 0; x < 20; x++) rows[c * 20 + x] = sum_of(p.rgb + c, 3, 2000, 20, x, DESPUR_BILINEAR);
  assert_memory_equal(found, rows, sizeof rows);
  picture_release(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_level_adds_up_the_same),
                                     cmocka_unit_test(long_rows_are_resized)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
