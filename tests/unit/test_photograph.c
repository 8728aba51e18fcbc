/* Photographs and what of them a network sees; maps over them. */
#include "testing.h"

#include "base/memory.h"
#include "eval/maps/cam.h"
#include "picture/photograph.h"

#include <string.h>

static despur_error error;

static photograph photograph_of_size(size_t width, size_t height, size_t side, size_t shorter) {
  picture p = {0};
  photograph out;
  assert_ok(picture_allocate(&p, width, height, &error));
  for (size_t i = 0; i < 3 * width * height; i++) p.rgb[i] = (uint8_t)(i % 251);
  assert_ok(photograph_of(&out, &p, side, shorter, &error));
  if (width <= PHOTOGRAPH_SIDE && height <= PHOTOGRAPH_SIDE)
    assert_memory_equal(out.whole.rgb, p.rgb, 3 * width * height);
  picture_release(&p);
  return out;
}

static void assert_seen(const photograph *p, size_t left, size_t top, size_t width, size_t height) {
  const picture_box s = p->seen;
  if (s.left != left || s.top != top || s.width != width || s.height != height)
    fail_msg("sees %zu x %zu from %zu, %zu", s.width, s.height, s.left, s.top);
}

/* 500 x 400 becomes 280 x 224, of which 28 columns are cut off on either side: 50 of 500. */
static void the_middle_square_is_what_a_network_sees(void **state) {
  (void)state;
  photograph p = photograph_of_size(500, 400, 224, 224), small;
  assert_seen(&p, 50, 0, 400, 400);
  assert_ok(photograph_shrink(&small, &p, 100, &error));
  assert_int_equal(small.whole.width, 100);
  assert_int_equal(small.whole.height, 80);
  assert_seen(&small, 10, 0, 80, 80);
  photograph_release(&small);
  photograph_release(&p);
  p = photograph_of_size(400, 500, 224, 256); /* 256 x 320: 16 and 48 are cut off */
  assert_seen(&p, 25, 75, 350, 350);
  photograph_release(&p);
  p = photograph_of_size(3, 1, 8, 8); /* smaller than what the network gets */
  assert_seen(&p, 1, 0, 1, 1);
  photograph_release(&p);
}

static void huge_photographs_are_drawn_smaller(void **state) {
  (void)state;
  photograph p = photograph_of_size(2 * PHOTOGRAPH_SIDE, 100, 10, 10);
  assert_int_equal(p.whole.width, PHOTOGRAPH_SIDE);
  assert_int_equal(p.whole.height, 50);
  assert_seen(&p, 1001, 0, 51, 50); /* columns 200 to 210 of 409 are 1001.5 to 1051.5 of 2,048 */
  photograph_release(&p);
}

static uint8_t mixed(unsigned grey, unsigned colour) {
  return (uint8_t)((30 * grey + 70 * colour + 50) / 100);
}

/* A grey photograph of 8 x 4, of which columns 2 to 5 were seen; the map rises from left to right. */
static void a_map_lies_on_what_was_seen(void **state) {
  (void)state;
  enum { WIDTH = 8, HEIGHT = 4, GREY = 100 };
  static const float map[] = {0, 1, 0, 1};
  uint8_t photo[3 * WIDTH * HEIGHT], drawn[3 * WIDTH * HEIGHT], colour[3];
  memset(photo, GREY, sizeof photo);
  const cam_photograph p = {photo, WIDTH, HEIGHT, 2, 0, 4, 4};
  assert_ok(
      cam_draw_photograph(drawn, 3 * sizeof(uint8_t) * WIDTH, &p, map, (despur_shape){3, 2, 2}, &error));
  /* columns 2 to 5 are at -1/4, 1/4, 3/4 and 5/4 of the way between the map's two */
  static const double VALUES[] = {0, 64 / 255.0, 191 / 255.0, 1};
  for (size_t y = 0; y < HEIGHT; y++)
    for (size_t x = 0; x < WIDTH; x++) {
      const uint8_t *found = drawn + 3 * (y * WIDTH + x);
      memset(colour, 0, sizeof colour);
      if (x >= 2 && x < 6) despur_cam_colour(VALUES[x - 2], colour);
      for (size_t c = 0; c < 3; c++) assert_int_equal(found[c], mixed(GREY, colour[c]));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_middle_square_is_what_a_network_sees),
                                     cmocka_unit_test(huge_photographs_are_drawn_smaller),
                                     cmocka_unit_test(a_map_lies_on_what_was_seen)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
