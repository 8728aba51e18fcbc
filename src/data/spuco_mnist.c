/* SpuCoMNIST (Joshi et al. 2023, "Towards mitigating spurious correlations in the wild", section 3.1): digits
 * on backgrounds whose colour goes with the class; and the built-in digits by themselves.
 *
 * It follows the published construction, but for two repairs: minority colours are shared out equally (the
 * original is equal only on average and can leave a group empty), and the validation fifth is drawn from the
 * seed. */
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"
#include "data/images.h"

#include <stdio.h>
#include <string.h>

/* The colours of matplotlib's "hsv" map: row int(256 x) of a 256-row table, piecewise linear in row / 255. */
static void hsv_colour(double x, float rgb[3]) {
  static const double KNOTS[3][12][2] = {{{0, 1},
                                          {.158730, 1},
                                          {.174603, .968750},
                                          {.333333, .031250},
                                          {.349206, 0},
                                          {.666667, 0},
                                          {.682540, .031250},
                                          {.841270, .968750},
                                          {.857143, 1},
                                          {1, 1},
                                          {1, 1},
                                          {1, 1}},
                                         {{0, 0},
                                          {.158730, .937500},
                                          {.174603, 1},
                                          {.507937, 1},
                                          {.666667, .062500},
                                          {.682540, 0},
                                          {1, 0},
                                          {1, 0},
                                          {1, 0},
                                          {1, 0},
                                          {1, 0},
                                          {1, 0}},
                                         {{0, 0},
                                          {.333333, 0},
                                          {.349206, .062500},
                                          {.507937, 1},
                                          {.841270, 1},
                                          {.857143, .937500},
                                          {1, .09375},
                                          {1, .09375},
                                          {1, .09375},
                                          {1, .09375},
                                          {1, .09375},
                                          {1, .09375}}};
  double at = (double)(int)(256 * x) / 255;
  for (int c = 0; c < 3; c++) {
    const double(*knot)[2] = KNOTS[c];
    size_t k = 0;
    while (k < 10 && knot[k + 1][0] < at) k++;
    double width = knot[k + 1][0] - knot[k][0], share = width > 0 ? (at - knot[k][0]) / width : 0;
    rgb[c] = (float)(knot[k][1] + share * (knot[k + 1][1] - knot[k][1]));
  }
}

/* A fifth of the training images of each digit, rounded down, becomes validation. split_of: [bank->train +
 * bank->test]. */
static despur_status draw_validation(uint8_t *split_of, const image_bank *bank, uint64_t seed,
                                     despur_error *error) {
  uint32_t *members;
  despur_status status = mem_alloc(&members, bank->train, sizeof *members, error);
  if (status != DESPUR_OK) return status;
  memset(split_of, DESPUR_TRAIN, bank->train);
  memset(split_of + bank->train, DESPUR_TEST, bank->test);
  for (unsigned digit = 0; digit < DESPUR_DIGITS; digit++) {
    size_t count = 0;
    for (size_t i = 0; i < bank->train; i++)
      if (bank->digit[i] == digit) members[count++] = (uint32_t)i;
    random_stream stream = random_open(seed, "validation split", digit);
    random_shuffle(&stream, members, count);
    for (size_t i = 0; i < count / 5; i++) split_of[members[i]] = DESPUR_VAL;
  }
  mem_free(members);
  return DESPUR_OK;
}

/* Writes colours for the n members of one class and split. strength 0: all colours equally often. Otherwise
 * floor(strength n) get the class's own colour and the others share the rest; what does not divide goes to
 * the colours that follow the class's own. */
static despur_status colour_class(uint32_t *attribute, const uint32_t *members, size_t n, size_t own,
                                  size_t colours, double strength, random_stream stream,
                                  despur_error *error) {
  uint32_t *order;
  despur_status status = mem_alloc(&order, n, sizeof *order, error);
  if (status != DESPUR_OK) return status;
  memcpy(order, members, n * sizeof *order);
  random_shuffle(&stream, order, n);
  size_t majority = strength > 0 ? (size_t)(strength * (double)n) : 0;
  for (size_t i = 0; i < n; i++) {
    size_t turn = strength > 0 ? 1 + (i - majority) % (colours - 1) : i % colours;
    attribute[order[i]] = (uint32_t)(i < majority ? own : (own + turn) % colours);
  }
  mem_free(order);
  return DESPUR_OK;
}

static despur_status colour_split(despur_dataset *dataset, despur_split split,
                                  const despur_spuco_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *members = NULL;
  TRY(mem_alloc(&members, dataset->sizes[split], sizeof *members, error));
  for (size_t c = 0; c < dataset->classes; c++) {
    size_t n = 0;
    for (size_t i = 0; i < dataset->sizes[split]; i++)
      if (dataset->label[dataset->members[split][i]] == c) members[n++] = dataset->members[split][i];
    double strength = split == DESPUR_TRAIN ? options->strength[options->strengths == 1 ? 0 : c]
                      : split == DESPUR_VAL ? options->val_strength
                                            : 0;
    random_stream stream = random_open(options->data_seed, "colour", (uint64_t)split << 32 | c);
    TRY(colour_class(dataset->attribute, members, n, c, dataset->attributes, strength, stream, error));
  }
cleanup:
  mem_free(members);
  return status;
}

static despur_status check_groups(const despur_dataset *dataset, const despur_spuco_options *options,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *sizes = NULL;
  TRY(mem_alloc(&sizes, dataset->classes * dataset->attributes, sizeof *sizes, error));
  for (size_t i = 0; i < dataset->sizes[DESPUR_TRAIN]; i++) {
    uint32_t example = dataset->members[DESPUR_TRAIN][i];
    sizes[dataset->label[example] * dataset->attributes + dataset->attribute[example]]++;
  }
  for (size_t g = 0; g < dataset->classes * dataset->attributes; g++) {
    size_t c = g / dataset->attributes;
    double strength = options->strength[options->strengths == 1 ? 0 : c];
    if (sizes[g] == 0)
      FAIL(error, DESPUR_BAD_INPUT,
           "data.strength: %g leaves no training example of class %zu with colour %zu; choose a strength %s",
           strength, c, g % dataset->attributes,
           c == g % dataset->attributes ? "further from 0" : "further from 1");
  }
cleanup:
  mem_free(sizes);
  return status;
}

/* A random subset of floor(share n) of the n members. */
static despur_status draw_subset(uint32_t **chosen, size_t *count, double share, const uint32_t *members,
                                 size_t n, random_stream stream, despur_error *error) {
  despur_status status = mem_alloc(chosen, n, sizeof **chosen, error);
  if (status != DESPUR_OK) return status;
  memcpy(*chosen, members, n * sizeof **chosen);
  random_shuffle(&stream, *chosen, n);
  *count = (size_t)(share * (double)n);
  return DESPUR_OK;
}

/* Noise of a correlated split: wrong labels, and digits that lose pixels. */
static despur_status add_noise(despur_dataset *dataset, despur_split split,
                               const despur_spuco_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *flipped = NULL, *thinned = NULL;
  size_t count;
  random_stream stream = random_open(options->data_seed, "label noise", split);
  TRY(draw_subset(&flipped, &count, options->label_noise, dataset->members[split], dataset->sizes[split],
                  stream, error));
  for (size_t i = 0; i < count; i++) {
    random_stream draw = random_open(options->data_seed, "wrong label", flipped[i]);
    uint32_t step = 1 + random_below(&draw, (uint32_t)dataset->classes - 1);
    dataset->label[flipped[i]] = (dataset->label[flipped[i]] + step) % (uint32_t)dataset->classes;
  }
  stream = random_open(options->data_seed, "thinned digits", split);
  TRY(draw_subset(&thinned, &count, options->core_feature_noise, dataset->members[split],
                  dataset->sizes[split], stream, error));
  for (size_t i = 0; i < count; i++) dataset->thinned[thinned[i]] = 1;
cleanup:
  mem_free(flipped);
  mem_free(thinned);
  return status;
}

static despur_status make_paint(despur_dataset *dataset, const despur_spuco_options *options,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&dataset->thinned, dataset->count, 1, error));
  TRY(mem_alloc(&dataset->paint, 1, sizeof *dataset->paint, error));
  paint_plan *paint = dataset->paint;
  dataset->reader = &painted_examples;
  TRY(paint_table_choose(&paint->kernels, error));
  paint->difficulty = options->difficulty;
  paint->seed = options->data_seed;
  paint->thinned = dataset->thinned;
  TRY(mem_alloc(&paint->colours, dataset->attributes, sizeof *paint->colours, error));
  for (size_t i = 0; i < dataset->attributes; i++)
    hsv_colour((double)i / (double)dataset->attributes, paint->colours[i]);
cleanup:
  return status;
}

/* One example for each image whose digit belongs to a class. The data set takes over the bank's pixels. */
static despur_status take_bank(despur_dataset **out, image_bank *bank, const uint8_t *class_of_digit,
                               uint64_t split_seed, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *split_of = NULL;
  size_t images = bank->train + bank->test, count = 0;
  TRY(mem_alloc(&split_of, images, 1, error));
  TRY(draw_validation(split_of, bank, split_seed, error));
  for (size_t i = 0; i < images; i++) count += class_of_digit[bank->digit[i]] != DESPUR_NO_CLASS;
  TRY(dataset_allocate(out, count, 1, error));
  despur_dataset *dataset = *out;
  count = 0;
  for (size_t i = 0; i < images; i++) {
    if (class_of_digit[bank->digit[i]] == DESPUR_NO_CLASS) continue;
    dataset->label[count] = class_of_digit[bank->digit[i]];
    dataset->image[count] = (uint32_t)i;
    split_of[count++] = split_of[i]; /* count <= i: compacted in place */
  }
  TRY(dataset_set_splits(dataset, split_of, error));
  dataset->pixels = dataset->owned_pixels = bank->pixels;
  bank->pixels = NULL;
  memcpy(dataset->inputs, bank->inputs, sizeof bank->inputs);
  memset(bank->inputs, 0, sizeof bank->inputs);
  dataset->shape = (despur_shape){1, bank->height, bank->width};
  snprintf(dataset->description, sizeof dataset->description, "%s", bank->description);
  dataset->what = bank->what;
cleanup:
  mem_free(split_of);
  return status;
}

static despur_status check_shares(const despur_spuco_options *options, despur_error *error) {
  const struct {
    const char *key;
    double value;
  } SHARES[] = {{"data.val_strength", options->val_strength},
                {"data.label_noise", options->label_noise},
                {"data.core_feature_noise", options->core_feature_noise}};
  for (size_t i = 0; i < sizeof SHARES / sizeof *SHARES; i++)
    if (!(SHARES[i].value >= 0 && SHARES[i].value <= 1))
      return error_set(error, DESPUR_BAD_INPUT, "%s: expected a share from 0 to 1, found %g", SHARES[i].key,
                       SHARES[i].value);
  if (options->label_noise == 1)
    return error_set(error, DESPUR_BAD_INPUT, "data.label_noise: expected a share below 1, found 1");
  return DESPUR_OK;
}

static despur_status check_options(const despur_spuco_options *options, despur_error *error) {
  if (options->classes < 2 || options->classes > DESPUR_DIGITS)
    return error_set(error, DESPUR_BAD_INPUT, "data.classes: expected from 2 to %d classes, found %zu",
                     DESPUR_DIGITS, options->classes);
  if ((unsigned)options->difficulty > DESPUR_VARIANCE_HIGH)
    return error_set(error, DESPUR_BAD_INPUT, "data.difficulty: none has the number %u",
                     (unsigned)options->difficulty);
  if (!options->strength || (options->strengths != 1 && options->strengths != options->classes))
    return error_set(error, DESPUR_BAD_INPUT,
                     "data.strength: expected 1 value or %zu, one for each class, found %zu",
                     options->classes, options->strength ? options->strengths : 0);
  for (size_t i = 0; i < options->strengths; i++)
    if (!(options->strength[i] > 0 && options->strength[i] < 1))
      return error_set(error, DESPUR_BAD_INPUT,
                       "data.strength: expected a share above 0 and below 1, found %g", options->strength[i]);
  for (size_t digit = 0; digit < DESPUR_DIGITS; digit++)
    if (options->class_of_digit[digit] >= options->classes &&
        options->class_of_digit[digit] != DESPUR_NO_CLASS)
      return error_set(error, DESPUR_BAD_INPUT,
                       "data.classes: digit %zu: expected a class below %zu, found %d", digit,
                       options->classes, options->class_of_digit[digit]);
  return check_shares(options, error);
}

despur_status despur_dataset_create_spuco_mnist(despur_dataset **out, const despur_spuco_options *options,
                                                despur_error *error) {
  despur_status status = DESPUR_OK;
  image_bank bank = {0};
  despur_dataset *dataset = NULL;
  *out = NULL;
  TRY(check_options(options, error));
  TRY(image_bank_load(&bank, options->images, options->digits_train, options->digits_test, options->data_seed,
                      error));
  TRY(take_bank(&dataset, &bank, options->class_of_digit, options->split_seed, error));
  dataset->shape.channels = 3;
  dataset->classes = dataset->attributes = options->classes;
  for (despur_split split = 0; split < DESPUR_SPLITS; split++)
    TRY(colour_split(dataset, split, options, error));
  TRY(check_groups(dataset, options, error));
  TRY(make_paint(dataset, options, error));
  if (options->label_noise > 0) {
    TRY(mem_alloc(&dataset->clean_label, dataset->count, sizeof *dataset->clean_label, error));
    memcpy(dataset->clean_label, dataset->label, dataset->count * sizeof *dataset->label);
  }
  TRY(add_noise(dataset, DESPUR_TRAIN, options, error));
  if (options->val_strength > 0) TRY(add_noise(dataset, DESPUR_VAL, options, error));
  *out = dataset;
  dataset = NULL;
cleanup:
  image_bank_release(&bank);
  despur_dataset_free(dataset);
  return status;
}

despur_status despur_dataset_create_digits(despur_dataset **out, size_t train, size_t test,
                                           uint64_t data_seed, uint64_t split_seed, despur_error *error) {
  static const uint8_t ITSELF[DESPUR_DIGITS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  despur_status status = DESPUR_OK;
  image_bank bank = {0};
  despur_dataset *dataset = NULL;
  *out = NULL;
  TRY(image_bank_load(&bank, "digits", train, test, data_seed, error));
  TRY(take_bank(&dataset, &bank, ITSELF, split_seed, error));
  dataset->classes = DESPUR_DIGITS;
  dataset->attributes = 1;
  *out = dataset;
  dataset = NULL;
cleanup:
  image_bank_release(&bank);
  despur_dataset_free(dataset);
  return status;
}
