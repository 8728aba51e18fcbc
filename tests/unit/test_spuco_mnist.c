/* SpuCoMNIST: who is in which split and class, who has which colour, and which labels are wrong. How it looks
 * is in test_paint.c. */
#include "spuco_testing.h"

static void with_same_strength(double out[DESPUR_DIGITS], double strength) {
  for (size_t c = 0; c < DESPUR_DIGITS; c++) out[c] = strength;
}

static void assert_sizes(const despur_dataset *dataset, size_t train, size_t val, size_t test) {
  assert_int_equal(dataset->sizes[DESPUR_TRAIN], train);
  assert_int_equal(dataset->sizes[DESPUR_VAL], val);
  assert_int_equal(dataset->sizes[DESPUR_TEST], test);
  assert_int_equal(despur_dataset_count(dataset), train + val + test);
}

static size_t class_size(const size_t *counts, size_t class) {
  size_t size = 0;
  for (size_t a = 0; a < 5; a++) size += counts[class * 5 + a];
  return size;
}

/* ---- splits and classes ---- */

static void built_in_digits_have_the_splits_classes_and_colours_of_the_construction(void **state) {
  (void)state;
  double strengths[DESPUR_DIGITS];
  despur_spuco_options options = ordinary_options();
  despur_dataset *dataset = create(&options);
  size_t counts[25];
  assert_sizes(dataset, 4800, 1200, 1003);
  assert_int_equal(despur_dataset_classes(dataset), 5);
  assert_int_equal(despur_dataset_attributes(dataset), 5);
  despur_shape shape = despur_dataset_shape(dataset);
  assert_true(shape.channels == 3 && shape.height == SIDE && shape.width == SIDE);
  with_same_strength(strengths, STRONG);
  assert_split_follows_the_law(dataset, DESPUR_TRAIN, strengths);
  assert_split_follows_the_law(dataset, DESPUR_VAL, NULL);
  assert_split_follows_the_law(dataset, DESPUR_TEST, NULL);
  count_groups(counts, dataset, DESPUR_TRAIN);
  for (size_t c = 0; c < 5; c++) {
    assert_int_equal(class_size(counts, c), 960);
    assert_int_equal(counts[c * 5 + c], 955);
  }
  despur_dataset_free(dataset);
}

/* Sizes of splits, classes, majorities and test groups as computed from MNIST's labels. */
static void mnist_has_the_sizes_of_the_published_data_set(void **state) {
  (void)state;
  static const size_t TRAIN[5] = {10133, 9672, 9011, 9747, 9441}, VAL[5] = {2532, 2417, 2252, 2436, 2359},
                      TEST[5] = {2115, 2042, 1874, 1986, 1983}, MAJORITY[5] = {10082, 9623, 8965, 9698, 9393};
  if (access("../shared/data/mnist/train-images-idx3-ubyte.gz", R_OK) != 0) skip();
  double strengths[DESPUR_DIGITS];
  size_t train[25], val[25], test[25];
  despur_spuco_options options = ordinary_options();
  options.images = "../shared/data/mnist";
  despur_dataset *dataset = create(&options);
  assert_sizes(dataset, 48004, 11996, 10000);
  with_same_strength(strengths, STRONG);
  assert_split_follows_the_law(dataset, DESPUR_TRAIN, strengths);
  assert_split_follows_the_law(dataset, DESPUR_VAL, NULL);
  assert_split_follows_the_law(dataset, DESPUR_TEST, NULL);
  count_groups(train, dataset, DESPUR_TRAIN);
  count_groups(val, dataset, DESPUR_VAL);
  count_groups(test, dataset, DESPUR_TEST);
  for (size_t c = 0; c < 5; c++) {
    assert_int_equal(class_size(train, c), TRAIN[c]);
    assert_int_equal(class_size(val, c), VAL[c]);
    assert_int_equal(class_size(test, c), TEST[c]);
    assert_int_equal(train[c * 5 + c], MAJORITY[c]);
  }
  assert_non_null(strstr(despur_dataset_description(dataset), "MNIST: 60,000 + 10,000 images"));
  despur_dataset_free(dataset);
}

static despur_spuco_options one_class_for_each_digit(void) {
  despur_spuco_options options = ordinary_options();
  options.classes = DESPUR_DIGITS;
  options.strength = &WEAK;
  for (uint8_t digit = 0; digit < DESPUR_DIGITS; digit++) options.class_of_digit[digit] = digit;
  return options;
}

static void validation_is_a_fifth_of_each_digit_rounded_down(void **state) {
  (void)state;
  despur_spuco_options options = one_class_for_each_digit();
  options.digits_train = 2346; /* six digits come 235 times, four 234 times, both no multiple of five */
  despur_dataset *dataset = create(&options);
  size_t train[100], val[100], all = 0;
  count_groups(train, dataset, DESPUR_TRAIN);
  count_groups(val, dataset, DESPUR_VAL);
  for (size_t digit = 0; digit < 10; digit++) {
    size_t in_train = 0, in_val = 0;
    for (size_t a = 0; a < 10; a++) {
      in_train += train[digit * 10 + a];
      in_val += val[digit * 10 + a];
    }
    assert_int_equal(in_val, (in_train + in_val) / 5);
    all += in_train + in_val;
  }
  assert_int_equal(all, 2346);
  despur_dataset_free(dataset);
}

static void test_examples_are_the_test_images_and_splits_do_not_overlap(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  despur_dataset *dataset = create(&options);
  uint8_t seen[6000 + 1003] = {0};
  for (size_t split = 0; split < DESPUR_SPLITS; split++)
    for (size_t i = 0; i < dataset->sizes[split]; i++) {
      uint32_t e = dataset->members[split][i];
      if (i > 0) assert_true(e > dataset->members[split][i - 1]);
      assert_int_equal(dataset->image[e] >= 6000, split == DESPUR_TEST);
      assert_int_equal(seen[dataset->image[e]]++, 0);
    }
  despur_dataset_free(dataset);
}

static void validation_is_drawn_from_all_over_the_training_images(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  despur_dataset *dataset = create(&options);
  double tenths[10] = {0};
  for (size_t i = 0; i < 1200; i++) tenths[dataset->members[DESPUR_VAL][i] / 600]++;
  for (size_t i = 0; i < 10; i++) assert_near(tenths[i], 120, 5 * sqrt(600 * 0.2 * 0.8));
  despur_dataset_free(dataset);
}

static void digits_in_no_class_are_dropped(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  despur_dataset *digits;
  assert_ok(despur_dataset_create_digits(&digits, 6000, 1003, options.data_seed, 0, &error));
  memset(options.class_of_digit, DESPUR_NO_CLASS, sizeof options.class_of_digit);
  options.class_of_digit[3] = 1;
  options.class_of_digit[8] = options.class_of_digit[0] = 0;
  options.classes = 2;
  options.strength = &WEAK;
  despur_dataset *dataset = create(&options);
  size_t wanted = 0;
  for (size_t i = 0; i < 7003; i++)
    wanted += digits->label[i] == 3 || digits->label[i] == 8 || digits->label[i] == 0;
  assert_int_equal(despur_dataset_count(dataset), wanted);
  assert_int_equal(dataset->sizes[DESPUR_VAL], 360);
  for (size_t e = 0; e < wanted; e++) {
    uint32_t digit = digits->label[dataset->image[e]]; /* the same seed draws the same digits */
    assert_true(digit == 3 || digit == 8 || digit == 0);
    assert_int_equal(dataset->label[e], digit == 3);
  }
  despur_dataset_free(dataset);
  despur_dataset_free(digits);
}

static void the_digits_by_themselves_have_ten_classes_and_one_attribute(void **state) {
  (void)state;
  despur_dataset *dataset;
  assert_ok(despur_dataset_create_digits(&dataset, 500, 100, 1, 2, &error));
  assert_sizes(dataset, 400, 100, 100);
  assert_int_equal(despur_dataset_classes(dataset), 10);
  assert_int_equal(despur_dataset_attributes(dataset), 1);
  assert_int_equal(despur_dataset_shape(dataset).channels, 1);
  for (size_t i = 0; i < 600; i++) assert_int_equal(dataset->attribute[i], 0);
  despur_dataset_free(dataset);
}

/* ---- colours ---- */

static void the_law_of_colours_holds_for_every_strength_and_number_of_classes(void **state) {
  (void)state;
  static const double STRENGTHS[] = {0.3, 0.5, 0.7, 0.9, 0.95, 0.98};
  char blank[128];
  write_blank_digits(blank, 6000, 1003);
  for (size_t classes = 2; classes <= 10; classes++)
    for (size_t i = 0; i < 6; i++) {
      double strengths[DESPUR_DIGITS];
      despur_spuco_options options = ordinary_options();
      options.images = blank; /* drawing digits takes longer */
      options.classes = classes;
      options.strength = &STRENGTHS[i];
      options.val_strength = STRENGTHS[5 - i];
      for (size_t digit = 0; digit < 10; digit++) options.class_of_digit[digit] = (uint8_t)(digit % classes);
      despur_dataset *dataset = create(&options);
      with_same_strength(strengths, STRENGTHS[i]);
      assert_split_follows_the_law(dataset, DESPUR_TRAIN, strengths);
      with_same_strength(strengths, STRENGTHS[5 - i]);
      assert_split_follows_the_law(dataset, DESPUR_VAL, strengths);
      assert_split_follows_the_law(dataset, DESPUR_TEST, NULL);
      despur_dataset_free(dataset);
    }
}

static void each_class_may_have_its_own_strength(void **state) {
  (void)state;
  static const double STRENGTHS[5] = {0.995, 0.9, 0.25, 0.5, 0.98};
  despur_spuco_options options = ordinary_options();
  options.strength = STRENGTHS;
  options.strengths = 5;
  despur_dataset *dataset = create(&options);
  assert_split_follows_the_law(dataset, DESPUR_TRAIN, STRENGTHS);
  assert_split_follows_the_law(dataset, DESPUR_VAL, NULL);
  despur_dataset_free(dataset);
}

static void colours_are_spread_over_a_class_at_random(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.strength = &WEAK;
  despur_dataset *dataset = create(&options);
  double halves[2] = {0}; /* examples with another colour than that of their class */
  for (size_t i = 0; i < 4800; i++) {
    uint32_t e = dataset->members[DESPUR_TRAIN][i];
    halves[i / 2400] += dataset->attribute[e] != dataset->label[e];
  }
  assert_near(halves[0], 480, 5 * sqrt(2400 * 0.2 * 0.8));
  assert_near(halves[0] + halves[1], 960, 0);
  despur_dataset_free(dataset);
}

/* ---- seeds ---- */

static bool same_values(const uint32_t *a, const uint32_t *b, size_t n) {
  return memcmp(a, b, n * sizeof *a) == 0;
}

static void the_same_seeds_give_the_same_bytes(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.label_noise = 0.1;
  options.core_feature_noise = 0.2;
  options.difficulty = DESPUR_VARIANCE_HIGH;
  despur_dataset *a = create(&options), *b = create(&options);
  float x[3 * PLANE], y[3 * PLANE];
  assert_true(same_values(a->label, b->label, a->count));
  assert_true(same_values(a->attribute, b->attribute, a->count));
  assert_true(same_values(a->image, b->image, a->count));
  for (size_t split = 0; split < DESPUR_SPLITS; split++)
    assert_true(same_values(a->members[split], b->members[split], a->sizes[split]));
  for (size_t e = 0; e < a->count; e++) {
    despur_dataset_image(a, e, x);
    despur_dataset_image(b, e, y);
    assert_memory_equal(x, y, sizeof x);
  }
  despur_dataset_free(a);
  despur_dataset_free(b);
}

static void the_split_seed_moves_examples_and_changes_no_image_and_no_law(void **state) {
  (void)state;
  double strengths[DESPUR_DIGITS];
  despur_spuco_options options = ordinary_options(), other = options;
  other.split_seed++;
  despur_dataset *a = create(&options), *b = create(&other);
  assert_false(same_values(a->members[DESPUR_VAL], b->members[DESPUR_VAL], 1200));
  assert_sizes(b, 4800, 1200, 1003);
  assert_true(same_values(a->label, b->label, a->count));
  assert_memory_equal(a->pixels, b->pixels, a->count * PLANE);
  with_same_strength(strengths, STRONG);
  assert_split_follows_the_law(b, DESPUR_TRAIN, strengths);
  assert_split_follows_the_law(b, DESPUR_VAL, NULL);
  for (size_t e = 6000; e < 7003; e++) assert_int_equal(a->attribute[e], b->attribute[e]);
  despur_dataset_free(a);
  despur_dataset_free(b);
}

static void the_data_seed_changes_colours_and_leaves_the_split(void **state) {
  (void)state;
  char blank[128];
  write_blank_digits(blank, 1000, 100); /* digits drawn by another seed would differ in their labels too */
  despur_spuco_options options = ordinary_options();
  options.images = blank;
  options.strength = &WEAK;
  despur_spuco_options other = options;
  other.data_seed++;
  despur_dataset *a = create(&options), *b = create(&other);
  assert_false(same_values(a->attribute, b->attribute, a->count));
  for (size_t split = 0; split < DESPUR_SPLITS; split++)
    assert_true(same_values(a->members[split], b->members[split], a->sizes[split]));
  despur_dataset_free(a);
  despur_dataset_free(b);
}

/* ---- label noise ---- */

static size_t wrong_labels(const despur_dataset *dataset, despur_split split) {
  size_t wrong = 0;
  for (size_t i = 0; i < dataset->sizes[split]; i++) {
    uint32_t e = dataset->members[split][i];
    assert_true(dataset->label[e] < dataset->classes);
    wrong += dataset->label[e] != dataset->clean_label[e];
  }
  return wrong;
}

static void label_noise_gives_exactly_its_share_a_wrong_label(void **state) {
  (void)state;
  static const double SHARES[] = {0.0001, 0.001, 0.1, 0.29, 0.57, 0.999};
  char blank[128];
  write_blank_digits(blank, 6000, 1003);
  for (size_t i = 0; i < sizeof SHARES / sizeof *SHARES; i++) {
    despur_spuco_options options = ordinary_options();
    options.images = blank;
    options.label_noise = SHARES[i];
    despur_dataset *dataset = create(&options);
    assert_int_equal(wrong_labels(dataset, DESPUR_TRAIN), (size_t)floor(SHARES[i] * 4800));
    assert_int_equal(wrong_labels(dataset, DESPUR_VAL), 0); /* balanced splits stay clean */
    assert_int_equal(wrong_labels(dataset, DESPUR_TEST), 0);
    despur_dataset_free(dataset);
  }
}

static void correlated_validation_has_label_noise_too(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.label_noise = 0.1;
  options.val_strength = 0.9;
  despur_dataset *dataset = create(&options);
  assert_int_equal(wrong_labels(dataset, DESPUR_TRAIN), 480);
  assert_int_equal(wrong_labels(dataset, DESPUR_VAL), 120);
  assert_int_equal(wrong_labels(dataset, DESPUR_TEST), 0);
  despur_dataset_free(dataset);
}

static void wrong_labels_are_uniform_over_the_other_classes(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  options.label_noise = 0.5;
  despur_dataset *dataset = create(&options);
  double steps[5] = {0}, square = 0;
  for (size_t i = 0; i < dataset->sizes[DESPUR_TRAIN]; i++) {
    uint32_t e = dataset->members[DESPUR_TRAIN][i];
    steps[(dataset->label[e] + 5 - dataset->clean_label[e]) % 5]++;
  }
  for (size_t k = 1; k < 5; k++) square += (steps[k] - 600) * (steps[k] - 600) / 600;
  assert_true(square < 21.1); /* chi-square with 3 degrees of freedom: exceeded once in 10,000 */
  despur_dataset_free(dataset);
}

static void colours_follow_the_clean_label(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options(), clean = options;
  options.label_noise = 0.4;
  despur_dataset *noisy = create(&options), *original = create(&clean);
  assert_null(original->clean_label);
  assert_true(same_values(noisy->clean_label, original->label, noisy->count));
  assert_true(same_values(noisy->attribute, original->attribute, noisy->count));
  assert_ptr_equal(despur_dataset_labels(noisy), noisy->label); /* methods see the wrong ones */
  despur_dataset_free(noisy);
  despur_dataset_free(original);
}

/* ---- refusals ---- */

static void assert_refused(const despur_spuco_options *options, const char *text) {
  despur_dataset *dataset;
  assert_fails(despur_dataset_create_spuco_mnist(&dataset, options, &error), DESPUR_BAD_INPUT, text);
  assert_null(dataset);
}

static void a_strength_that_leaves_a_group_empty_is_refused(void **state) {
  (void)state;
  static const double HIGH = 0.999, LOW = 0.0005; /* of 960: floor gives 959 and 0 */
  despur_spuco_options options = ordinary_options();
  options.strength = &HIGH;
  assert_refused(&options,
                 "data.strength: 0.999 leaves no training example of class 0 with colour 2; choose a "
                 "strength further from 1");
  options.strength = &LOW;
  assert_refused(&options,
                 "data.strength: 0.0005 leaves no training example of class 0 with colour 0; choose a "
                 "strength further from 0");
}

static void impossible_options_are_refused(void **state) {
  (void)state;
  static const double BAD[] = {0, 1, -0.5, 1.5, (double)NAN, (double)INFINITY};
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
    despur_spuco_options options = ordinary_options();
    options.strength = &BAD[i];
    assert_refused(&options, "data.strength: expected a share above 0 and below 1, found");
  }
  for (size_t i = 2; i < sizeof BAD / sizeof *BAD; i++) {
    despur_spuco_options options = ordinary_options();
    options.val_strength = BAD[i];
    assert_refused(&options, "data.val_strength: expected a share from 0 to 1, found");
    options = ordinary_options();
    options.label_noise = BAD[i];
    assert_refused(&options, "data.label_noise: expected a share from 0 to 1, found");
    options = ordinary_options();
    options.core_feature_noise = BAD[i];
    assert_refused(&options, "data.core_feature_noise: expected a share from 0 to 1, found");
  }
}

static void impossible_classes_are_refused(void **state) {
  (void)state;
  static const double TWO[2] = {0.9, 0.9};
  despur_spuco_options options = ordinary_options();
  options.strength = TWO;
  options.strengths = 2;
  assert_refused(&options, "data.strength: expected 1 value or 5, one for each class, found 2");
  options = ordinary_options();
  options.classes = 1;
  assert_refused(&options, "data.classes: expected from 2 to 10 classes, found 1");
  options.classes = 11;
  assert_refused(&options, "data.classes: expected from 2 to 10 classes, found 11");
  options = ordinary_options();
  options.class_of_digit[7] = 5;
  assert_refused(&options, "data.classes: digit 7: expected a class below 5, found 5");
  options = ordinary_options();
  options.class_of_digit[8] = options.class_of_digit[9] = DESPUR_NO_CLASS;
  assert_refused(&options, "no training example of class 4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(built_in_digits_have_the_splits_classes_and_colours_of_the_construction),
      cmocka_unit_test(mnist_has_the_sizes_of_the_published_data_set),
      cmocka_unit_test(validation_is_a_fifth_of_each_digit_rounded_down),
      cmocka_unit_test(test_examples_are_the_test_images_and_splits_do_not_overlap),
      cmocka_unit_test(validation_is_drawn_from_all_over_the_training_images),
      cmocka_unit_test(digits_in_no_class_are_dropped),
      cmocka_unit_test(the_digits_by_themselves_have_ten_classes_and_one_attribute),
      cmocka_unit_test(the_law_of_colours_holds_for_every_strength_and_number_of_classes),
      cmocka_unit_test(each_class_may_have_its_own_strength),
      cmocka_unit_test(colours_are_spread_over_a_class_at_random),
      cmocka_unit_test(the_same_seeds_give_the_same_bytes),
      cmocka_unit_test(the_split_seed_moves_examples_and_changes_no_image_and_no_law),
      cmocka_unit_test(the_data_seed_changes_colours_and_leaves_the_split),
      cmocka_unit_test(label_noise_gives_exactly_its_share_a_wrong_label),
      cmocka_unit_test(correlated_validation_has_label_noise_too),
      cmocka_unit_test(wrong_labels_are_uniform_over_the_other_classes),
      cmocka_unit_test(colours_follow_the_clean_label),
      cmocka_unit_test(a_strength_that_leaves_a_group_empty_is_refused),
      cmocka_unit_test(impossible_options_are_refused),
      cmocka_unit_test(impossible_classes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
