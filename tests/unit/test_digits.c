/* The built-in digits: what a data set of handwriting must be like. */
#include "testing.h"

#include "data/images.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, COUNT = 4000 };

typedef struct sample {
  uint8_t pixels[COUNT][PIXELS];
  uint8_t digit[COUNT];
} sample;

static int draw_sample(void **state) {
  sample *drawn = malloc(sizeof *drawn);
  if (!drawn) return -1;
  for (size_t i = 0; i < COUNT; i++) drawn->digit[i] = digits_draw(7, i, drawn->pixels[i]);
  *state = drawn;
  return 0;
}

static int free_sample(void **state) {
  free(*state);
  return 0;
}

static void every_prefix_has_each_digit_equally_often_within_one(void **state) {
  const sample *drawn = *state;
  unsigned seen[10] = {0};
  for (size_t i = 0; i < COUNT; i++) {
    assert_in_range(drawn->digit[i], 0, 9);
    seen[drawn->digit[i]]++;
    unsigned least = seen[0], most = seen[0];
    for (int d = 1; d < 10; d++) {
      least = seen[d] < least ? seen[d] : least;
      most = seen[d] > most ? seen[d] : most;
    }
    assert_true(most - least <= 1);
  }
}

static void the_order_of_the_digits_changes_from_ten_to_ten(void **state) {
  const sample *drawn = *state;
  unsigned first[10] = {0};
  for (size_t i = 0; i < COUNT; i += 10) first[drawn->digit[i]]++;
  for (int d = 0; d < 10; d++) assert_in_range(first[d], 10, 100); /* 40 expected, standard deviation 6 */
}

static void an_image_depends_on_seed_and_index_only(void **state) {
  const sample *drawn = *state;
  uint8_t pixels[PIXELS];
  for (size_t i = COUNT; i-- > COUNT - 50;) { /* backwards: nothing is carried from one to the next */
    memset(pixels, 0xa5, sizeof pixels);
    assert_int_equal(digits_draw(7, i, pixels), drawn->digit[i]);
    assert_memory_equal(pixels, drawn->pixels[i], PIXELS);
  }
}

static void other_indices_and_seeds_give_other_images(void **state) {
  const sample *drawn = *state;
  uint8_t pixels[PIXELS];
  for (size_t i = 0; i < 300; i++) {
    for (size_t j = 0; j < i; j++) assert_memory_not_equal(drawn->pixels[i], drawn->pixels[j], PIXELS);
    digits_draw(8, i, pixels);
    assert_memory_not_equal(pixels, drawn->pixels[i], PIXELS);
  }
  digits_draw(7, (uint64_t)1 << 32, pixels);
  assert_memory_not_equal(pixels, drawn->pixels[0], PIXELS);
}

static void most_pixels_of_every_digit_are_background(void **state) {
  const sample *drawn = *state;
  double zero[10] = {0};
  for (size_t i = 0; i < COUNT; i++)
    for (int p = 0; p < PIXELS; p++) zero[drawn->digit[i]] += drawn->pixels[i][p] == 0;
  for (int d = 0; d < 10; d++) {
    double share = zero[d] / (COUNT / 10 * PIXELS);
    if (share < 0.70 || share > 0.90) fail_msg("digit %d: %.3f of the pixels are background", d, share);
  }
}

/* The ink of one image: how many pixels have some, how many of them lie in the middle 20 x 20, and on the
 * frame. */
static void the_ink_is_inside_the_frame(void **state) {
  const sample *drawn = *state;
  double inside = 0, all = 0, frame = 0;
  for (size_t i = 0; i < COUNT; i++) {
    double ink = 0, brightest = 0;
    for (int p = 0; p < PIXELS; p++) {
      int row = p / SIDE, column = p % SIDE, grey = drawn->pixels[i][p];
      ink += grey > 0;
      brightest = grey > brightest ? grey : brightest;
      inside += grey > 0 && row >= 4 && row < 24 && column >= 4 && column < 24;
      frame += grey > 0 && (row == 0 || row == SIDE - 1 || column == 0 || column == SIDE - 1);
    }
    if (ink < 25 || ink > 400 || brightest < 150)
      fail_msg("image %zu: %g pixels of ink, the brightest %g", i, ink, brightest);
    all += ink;
  }
  assert_true(inside > 0.93 * all);
  assert_true(frame < 0.002 * all);
}

/* The means of one half of the sample, used to classify the other half. */
static void nearest_class_means_are_useful_but_not_enough(void **state) {
  const sample *drawn = *state;
  static double mean[10][PIXELS];
  for (size_t i = 0; i < COUNT / 2; i++)
    for (int p = 0; p < PIXELS; p++) mean[drawn->digit[i]][p] += drawn->pixels[i][p] / (COUNT / 20.0);
  double right[10] = {0}, total = 0;
  for (size_t i = COUNT / 2; i < COUNT; i++) {
    int nearest = 0;
    double best = INFINITY;
    for (int d = 0; d < 10; d++) {
      double distance = 0;
      for (int p = 0; p < PIXELS; p++) {
        double difference = drawn->pixels[i][p] - mean[d][p];
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        nearest = d;
      }
    }
    right[drawn->digit[i]] += nearest == drawn->digit[i];
  }
  for (int d = 0; d < 10; d++) {
    assert_true(right[d] > 0.4 * COUNT / 20);
    total += right[d];
  }
  double accuracy = total / (COUNT / 2);
  if (accuracy < 0.60 || accuracy > 0.97) fail_msg("accuracy %.3f", accuracy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_prefix_has_each_digit_equally_often_within_one),
      cmocka_unit_test(the_order_of_the_digits_changes_from_ten_to_ten),
      cmocka_unit_test(an_image_depends_on_seed_and_index_only),
      cmocka_unit_test(other_indices_and_seeds_give_other_images),
      cmocka_unit_test(most_pixels_of_every_digit_are_background),
      cmocka_unit_test(the_ink_is_inside_the_frame),
      cmocka_unit_test(nearest_class_means_are_useful_but_not_enough),
  };
  return cmocka_run_group_tests(tests, draw_sample, free_sample);
}
