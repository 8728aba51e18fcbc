/* How examples look: the painted pixels of each difficulty, the colours, thinned digits, and plain
 * arrays. Blank digits show everything that is painted. */
#include "spuco_testing.h"

static char blank[128];

enum { BLANK_TRAIN = 2000, BLANK_TEST = 500, DIFFICULTIES = DESPUR_VARIANCE_HIGH + 1 };

static int write_blanks(void **state) {
  (void)state;
  write_blank_digits(blank, BLANK_TRAIN, BLANK_TEST);
  return 0;
}

static despur_spuco_options blank_options(despur_difficulty difficulty) {
  despur_spuco_options options = ordinary_options();
  options.images = blank;
  options.strength = &WEAK;
  options.difficulty = difficulty;
  return options;
}

/* The side of the square in which a difficulty paints, and how many of its pixels. */
static const struct {
  size_t side, painted;
  bool redrawn;
} AREAS[DIFFICULTIES] = {
    [DESPUR_MAGNITUDE_LARGE] = {28, 784, false}, [DESPUR_MAGNITUDE_MEDIUM] = {4, 16, false},
    [DESPUR_MAGNITUDE_SMALL] = {2, 4, false},    [DESPUR_VARIANCE_LOW] = {7, 49, false},
    [DESPUR_VARIANCE_MEDIUM] = {14, 49, true},   [DESPUR_VARIANCE_HIGH] = {28, 49, true}};

static bool in_area(size_t pixel, despur_difficulty difficulty) {
  return pixel / SIDE < AREAS[difficulty].side && pixel % SIDE < AREAS[difficulty].side;
}

static bool has_colour(const float *image, size_t pixel, const float rgb[3]) {
  return image[pixel] == rgb[0] && image[PLANE + pixel] == rgb[1] && image[2 * PLANE + pixel] == rgb[2];
}

static const float BLACK[3] = {0};

/* Fails when a pixel is neither black nor coloured, or coloured outside of the area. Returns how many are
 * coloured. */
static size_t count_painted(const float *image, const float rgb[3], despur_difficulty difficulty) {
  size_t painted = 0;
  for (size_t pixel = 0; pixel < PLANE; pixel++) {
    if (has_colour(image, pixel, BLACK)) continue;
    assert_true(has_colour(image, pixel, rgb));
    assert_true(in_area(pixel, difficulty));
    painted++;
  }
  return painted;
}

/* ---- where ---- */

static void every_difficulty_paints_its_number_of_pixels_in_its_area(void **state) {
  (void)state;
  for (despur_difficulty d = 0; d <= DESPUR_VARIANCE_HIGH; d++) {
    despur_spuco_options options = blank_options(d);
    despur_dataset *dataset = create(&options);
    float image[3 * PLANE], first[3 * PLANE];
    size_t as_first = 0;
    for (size_t e = 0; e < dataset->count; e++) {
      const float *rgb = dataset->paint->colours[dataset->attribute[e]];
      despur_dataset_image(dataset, e, image);
      assert_int_equal(count_painted(image, rgb, d), AREAS[d].painted);
      if (e == 0) memcpy(first, image, sizeof first);
      bool same = true;
      for (size_t pixel = 0; pixel < PLANE; pixel++)
        same = same && has_colour(first, pixel, BLACK) == has_colour(image, pixel, BLACK);
      as_first += same;
    }
    assert_int_equal(as_first, AREAS[d].redrawn ? 1 : dataset->count);
    despur_dataset_free(dataset);
  }
}

/* Each pixel of the area is painted in 49 of size images, within five standard deviations of a binomial. */
static void assert_uniform(despur_difficulty difficulty) {
  despur_spuco_options options = blank_options(difficulty);
  despur_dataset *dataset = create(&options);
  float image[3 * PLANE];
  double times[PLANE] = {0};
  for (size_t e = 0; e < dataset->count; e++) {
    despur_dataset_image(dataset, e, image);
    for (size_t pixel = 0; pixel < PLANE; pixel++) times[pixel] += !has_colour(image, pixel, BLACK);
  }
  double n = (double)dataset->count, side = (double)AREAS[difficulty].side, share = 49 / (side * side);
  for (size_t pixel = 0; pixel < PLANE; pixel++)
    if (in_area(pixel, difficulty)) assert_near(times[pixel], n * share, 5 * sqrt(n * share * (1 - share)));
  despur_dataset_free(dataset);
}

static void scattered_pixels_are_uniform_over_their_area(void **state) {
  (void)state;
  assert_uniform(DESPUR_VARIANCE_MEDIUM);
  assert_uniform(DESPUR_VARIANCE_HIGH);
}

static const uint8_t *grey_of(const despur_dataset *dataset, size_t example) {
  return (const uint8_t *)dataset->pixels + (size_t)dataset->image[example] * PLANE;
}

static bool is_grey(const float *image, size_t pixel, uint8_t value) {
  const float grey[3] = {(float)value / 255, (float)value / 255, (float)value / 255};
  return has_colour(image, pixel, grey);
}

static void pixels_of_the_digit_are_never_painted(void **state) {
  (void)state;
  for (despur_difficulty d = 0; d <= DESPUR_VARIANCE_HIGH; d++) {
    despur_spuco_options options = ordinary_options();
    options.difficulty = d;
    options.digits_train = 1000;
    options.digits_test = 100;
    options.strength = &WEAK;
    despur_dataset *dataset = create(&options);
    float image[3 * PLANE];
    for (size_t e = 0; e < dataset->count; e++) {
      const uint8_t *grey = grey_of(dataset, e);
      const float *rgb = dataset->paint->colours[dataset->attribute[e]];
      despur_dataset_image(dataset, e, image);
      for (size_t pixel = 0; pixel < PLANE; pixel++) {
        if (grey[pixel] > 0)
          assert_true(is_grey(image, pixel, grey[pixel]));
        else if (!AREAS[d].redrawn || !in_area(pixel, d))
          assert_true(has_colour(image, pixel, in_area(pixel, d) ? rgb : BLACK));
        else
          assert_true(has_colour(image, pixel, rgb) || has_colour(image, pixel, BLACK));
      }
    }
    despur_dataset_free(dataset);
  }
}

/* ---- which colour ---- */

/* matplotlib's "hsv" map at i / K, rounded to six digits. */
static const struct {
  size_t colours;
  float rgb[10][3];
} PALETTES[] = {
    {2, {{1, 0, 0}, {0, 1, .964703f}}},
    {3, {{1, 0, 0}, {.031249f, 1, 1.3e-6f}, {0, .062502f, 1}}},
    {4, {{1, 0, 0}, {.517646f, 1, 0}, {0, 1, .964703f}, {.447057f, 0, 1}}},
    {5, {{1, 0, 0}, {.818749f, 1, 0}, {0, 1, .362500f}, {0, .456252f, 1}, {.724999f, 0, 1}}},
    {10,
     {{1, 0, 0},
      {1, .579045f, 0},
      {.818749f, 1, 0},
      {.239704f, 1, 0},
      {0, 1, .362500f},
      {0, 1, .964703f},
      {0, .456252f, 1},
      {.145954f, 0, 1},
      {.724999f, 0, 1},
      {1, 0, .672795f}}},
};

static void colours_are_those_of_matplotlib(void **state) {
  (void)state;
  for (size_t p = 0; p < sizeof PALETTES / sizeof *PALETTES; p++) {
    despur_spuco_options options = blank_options(DESPUR_MAGNITUDE_SMALL);
    options.classes = PALETTES[p].colours;
    for (size_t digit = 0; digit < 10; digit++)
      options.class_of_digit[digit] = (uint8_t)(digit % PALETTES[p].colours);
    despur_dataset *dataset = create(&options);
    float image[3 * PLANE];
    for (size_t e = 0; e < dataset->count; e++) {
      despur_dataset_image(dataset, e, image);
      const float *wanted = PALETTES[p].rgb[dataset->attribute[e]];
      for (size_t c = 0; c < 3; c++) assert_near((double)image[c * PLANE], (double)wanted[c], 1e-6);
    }
    despur_dataset_free(dataset);
  }
}

/* ---- thinned digits ---- */

static size_t thinned_in(const despur_dataset *dataset, despur_split split) {
  size_t count = 0;
  for (size_t i = 0; i < dataset->sizes[split]; i++) count += dataset->thinned[dataset->members[split][i]];
  return count;
}

static void core_feature_noise_thins_exactly_its_share(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.images = blank;
  options.strength = &WEAK;
  options.core_feature_noise = 0.29;
  despur_dataset *dataset = create(&options);
  assert_int_equal(thinned_in(dataset, DESPUR_TRAIN), (size_t)floor(0.29 * (BLANK_TRAIN * 4 / 5)));
  assert_int_equal(thinned_in(dataset, DESPUR_VAL), 0); /* balanced splits keep their digits */
  assert_int_equal(thinned_in(dataset, DESPUR_TEST), 0);
  despur_dataset_free(dataset);
  options.val_strength = 0.5;
  options.core_feature_noise = 1;
  dataset = create(&options);
  assert_int_equal(thinned_in(dataset, DESPUR_TRAIN), BLANK_TRAIN * 4 / 5);
  assert_int_equal(thinned_in(dataset, DESPUR_VAL), BLANK_TRAIN / 5);
  assert_int_equal(thinned_in(dataset, DESPUR_TEST), 0);
  despur_dataset_free(dataset);
}

/* A standard normal draw exceeds 0.25 with probability 0.4013: that many pixels of a thinned digit stay, the
 * others turn into background. */
static void thinned_digits_keep_two_pixels_of_five(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.digits_train = 2000;
  options.strength = &WEAK;
  options.core_feature_noise = 0.5;
  despur_dataset *dataset = create(&options);
  float image[3 * PLANE];
  double kept = 0, all = 0;
  for (size_t e = 0; e < dataset->count; e++) {
    const uint8_t *grey = grey_of(dataset, e);
    const float *rgb = dataset->paint->colours[dataset->attribute[e]];
    despur_dataset_image(dataset, e, image);
    for (size_t pixel = 0; pixel < PLANE; pixel++) {
      if (grey[pixel] == 0) continue;
      bool stays = is_grey(image, pixel, grey[pixel]);
      assert_true(stays || (dataset->thinned[e] && has_colour(image, pixel, rgb)));
      all += dataset->thinned[e];
      kept += dataset->thinned[e] && stays;
    }
  }
  assert_true(all > 10000);
  assert_near(kept / all, 0.4013, 5 * sqrt(0.4013 * 0.5987 / all));
  despur_dataset_free(dataset);
}

static void thinning_differs_from_example_to_example(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.digits_train = 1000;
  options.strength = &WEAK;
  options.core_feature_noise = 1;
  despur_dataset *dataset = create(&options);
  float image[3 * PLANE];
  double kept[PLANE] = {0}, inked[PLANE] = {0};
  for (size_t i = 0; i < dataset->sizes[DESPUR_TRAIN]; i++) {
    uint32_t e = dataset->members[DESPUR_TRAIN][i];
    const uint8_t *grey = grey_of(dataset, e);
    despur_dataset_image(dataset, e, image);
    for (size_t pixel = 0; pixel < PLANE; pixel++) {
      inked[pixel] += grey[pixel] > 0;
      kept[pixel] += grey[pixel] > 0 && is_grey(image, pixel, grey[pixel]);
    }
  }
  for (size_t pixel = 0; pixel < PLANE; pixel++)
    if (inked[pixel] > 50)
      assert_near(kept[pixel] / inked[pixel], 0.4013, 5 * sqrt(0.4013 * 0.5987 / inked[pixel]));
  despur_dataset_free(dataset);
}

/* ---- images, as networks get them ---- */

#ifdef HAVE_KERNELS_WIDE
extern const paint_table paint_wide; /* the vectors of AVX-512 in plain C; needs what v3 needs */
#endif

/* The tables that this machine can run, then the wide one; NULL past the end. */
static const paint_table *tested_table(size_t i) {
#ifdef HAVE_KERNELS_WIDE
  if (i > 1 && !paint_table_available(i) && paint_table_available(i - 1)) return &paint_wide;
#endif
  return paint_table_available(i);
}

/* Pixels of the digit are its grey, those painted the colour, the others black. */
static void assert_painted_as_it_says(const despur_dataset *dataset) {
  float image[3 * PLANE];
  uint8_t kinds[PLANE];
  for (uint32_t e = 0; e < dataset->count; e++) {
    const float *colour = dataset->paint->colours[dataset->attribute[e]];
    const uint8_t *grey = grey_of(dataset, e);
    assert_true(despur_dataset_pixels(dataset, e, kinds));
    dataset_row(&(dataset_batch){.dataset = dataset, .examples = &e}, 0, image);
    for (size_t pixel = 0; pixel < PLANE; pixel++)
      assert_true(kinds[pixel] == DESPUR_PIXEL_CORE      ? is_grey(image, pixel, grey[pixel])
                  : kinds[pixel] == DESPUR_PIXEL_PAINTED ? has_colour(image, pixel, colour)
                                                         : has_colour(image, pixel, BLACK));
  }
}

static void every_instruction_set_paints_the_same(void **state) {
  (void)state;
  for (despur_difficulty d = 0; d <= DESPUR_VARIANCE_HIGH; d++) {
    despur_spuco_options options = ordinary_options();
    options.difficulty = d;
    options.digits_train = 500;
    options.digits_test = 10;
    options.strength = &WEAK;
    options.core_feature_noise = 0.5;
    despur_dataset *dataset = create(&options);
    for (size_t t = 0; tested_table(t); t++) {
      dataset->paint->kernels = tested_table(t);
      assert_painted_as_it_says(dataset);
    }
    despur_dataset_free(dataset);
  }
}

/* Examples in no order and one of them twice. */
static void images_of_arrays_are_their_values(void **state) {
  (void)state;
  enum { COUNT = 23, VALUES = 2 * 5 * 7 };
  static const uint32_t VISITS[] = {22, 3, 0, 3, 17};
  uint8_t bytes[COUNT * VALUES];
  float floats[COUNT * VALUES], image[VALUES];
  int64_t labels[COUNT];
  for (size_t i = 0; i < COUNT * VALUES; i++) {
    bytes[i] = (uint8_t)(i * 37 % 256);
    floats[i] = (float)i / 100 - 5;
  }
  for (size_t i = 0; i < COUNT; i++) labels[i] = i % 2;
  for (int is_float = 0; is_float < 2; is_float++) {
    despur_dataset *dataset;
    despur_arrays arrays = {.images = is_float ? (const void *)floats : bytes,
                            .images_are_float = is_float,
                            .count = COUNT,
                            .shape = {2, 5, 7},
                            .labels = labels};
    assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
    for (size_t i = 0; i < sizeof VISITS / sizeof *VISITS; i++) {
      size_t first = VISITS[i] * VALUES;
      dataset_row(&(dataset_batch){.dataset = dataset, .examples = VISITS}, i, image);
      for (size_t k = 0; k < VALUES; k++)
        assert_true(image[k] == (is_float ? floats[first + k] : (float)bytes[first + k] / 255));
    }
    despur_dataset_free(dataset);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_difficulty_paints_its_number_of_pixels_in_its_area),
      cmocka_unit_test(scattered_pixels_are_uniform_over_their_area),
      cmocka_unit_test(pixels_of_the_digit_are_never_painted),
      cmocka_unit_test(colours_are_those_of_matplotlib),
      cmocka_unit_test(core_feature_noise_thins_exactly_its_share),
      cmocka_unit_test(thinned_digits_keep_two_pixels_of_five),
      cmocka_unit_test(thinning_differs_from_example_to_example),
      cmocka_unit_test(every_instruction_set_paints_the_same),
      cmocka_unit_test(images_of_arrays_are_their_values),
  };
  return cmocka_run_group_tests(tests, write_blanks, NULL);
}
