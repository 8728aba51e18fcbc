/* Augmentation: what given draws do, against Pillow and torchvision's formulas; what is drawn; and that
 * nothing but training sees it. */
#include "testing.h"

#include "data/augment.h"
#include "data/dataset.h"
#include "io/npy.h"
#include "nn/net.h"

#include "despur/eval.h"
#include "despur/train.h"

#define FOLDER "tests/golden/augmented/"

enum { HEIGHT = 12, WIDTH = 10, AREA = HEIGHT * WIDTH, COLUMNS = 11 };

static despur_error error;

/* ---- what draws do ---- */

static augment_draw read_draw(const double *row) {
  return (augment_draw){.flip = row[0] > 0,
                        .left = (long)row[1],
                        .top = (long)row[2],
                        .box = {(size_t)row[3], (size_t)row[4], (size_t)row[5], (size_t)row[6]},
                        .factor = {row[7], row[8], row[9]},
                        .hue = row[10]};
}

static bool has_colours(const augment_draw *draw) {
  return draw->factor[0] != 1 || draw->factor[1] != 1 || draw->factor[2] != 1 || draw->hue != 0;
}

static void compare(const char *name, size_t channels) {
  npy_array image, draws, wanted;
  char path[64];
  float found[3 * AREA];
  const size_t values = channels * AREA;
  snprintf(path, sizeof path, FOLDER "%s.npy", name);
  assert_ok(npy_open(&image, FOLDER "image.npy", &error));
  assert_ok(npy_open(&draws, FOLDER "draws.npy", &error));
  assert_ok(npy_open(&wanted, path, &error));
  assert_true(draws.shape[0] > 20 && draws.shape[1] == COLUMNS);
  assert_int_equal(wanted.count, draws.shape[0] * values);
  for (size_t i = 0; i < draws.shape[0]; i++) {
    augment_draw draw = read_draw((const double *)draws.data + i * COLUMNS);
    const float *expected = (const float *)wanted.data + i * values;
    if (channels == 1) draw.factor[2] = 1, draw.hue = 0;
    memcpy(found, image.data, values * sizeof *found);
    augment_apply(found, (despur_shape){channels, HEIGHT, WIDTH}, &draw);
    if (has_colours(&draw))
      assert_floats_near(found, expected, values, 0, 2e-6);
    else if (memcmp(found, expected, values * sizeof *found) != 0)
      fail_msg("draw %zu: other numbers than Pillow's", i);
  }
  npy_close(&image);
  npy_close(&draws);
  npy_close(&wanted);
}

static void crops_and_flips_are_pillows_and_colours_torchvisions(void **state) {
  (void)state;
  compare("colour", 3);
  compare("grey", 1);
}

/* ---- what is drawn ---- */

enum { VISITS = 20000 };

static augment_draw draw_of(const augment_plan *plan, uint64_t visit) {
  augment_draw draw;
  augment_draw_visit(&draw, plan, (despur_shape){3, HEIGHT, WIDTH}, visit);
  return draw;
}

/* Bounds of counts here are five standard deviations. */
static void frames_and_flips_are_uniform(void **state) {
  (void)state;
  const augment_plan plan = {{.flip = 1, .crop = DESPUR_CROP_PADDED, .pad = 2}, 3, 1};
  size_t flips = 0, places[5][5] = {0};
  for (uint64_t visit = 0; visit < VISITS; visit++) {
    const augment_draw draw = draw_of(&plan, visit);
    assert_in_range(draw.left + 2, 0, 4);
    assert_in_range(draw.top + 2, 0, 4);
    flips += draw.flip;
    places[draw.top + 2][draw.left + 2]++;
  }
  assert_near((double)flips, VISITS / 2.0, 5 * sqrt(VISITS / 4.0));
  for (size_t i = 0; i < 25; i++)
    assert_near((double)places[i / 5][i % 5], VISITS / 25.0, 5 * sqrt(VISITS / 25.0));
}

static void parts_keep_to_their_bounds(void **state) {
  (void)state;
  const augment_plan plan = {{.crop = DESPUR_CROP_RESIZED, .scale = {0.25, 0.5}, .ratio = {0.5, 2}}, 3, 1};
  double areas = 0;
  size_t corners[2] = {0};
  for (uint64_t visit = 0; visit < VISITS; visit++) {
    const augment_draw draw = draw_of(&plan, visit);
    const double w = (double)draw.box.width, h = (double)draw.box.height;
    assert_true(draw.box.left + draw.box.width <= WIDTH && draw.box.top + draw.box.height <= HEIGHT);
    /* sides are rounded */
    assert_true((w + 0.5) * (h + 0.5) >= 0.25 * AREA && (w - 0.5) * (h - 0.5) <= 0.5 * AREA);
    assert_true((w + 0.5) / (h - 0.5) >= 0.5 && (w - 0.5) / (h + 0.5) <= 2);
    areas += w * h;
    corners[0] += draw.box.left == 0;
    corners[1] += draw.box.left + draw.box.width == WIDTH;
  }
  assert_near(areas / VISITS, 0.37 * AREA, 0.02 * AREA); /* few ratios fit large parts */
  assert_near((double)corners[0], (double)corners[1], 5 * sqrt((double)(corners[0] + corners[1])));
}

/* No part of 2 x 1 has the area of an image of 10 x 12. */
static void impossible_parts_are_the_largest_in_the_middle(void **state) {
  (void)state;
  const augment_plan plan = {{.crop = DESPUR_CROP_RESIZED, .scale = {1, 1}, .ratio = {2, 2}}, 3, 1};
  const augment_draw draw = draw_of(&plan, 0);
  assert_int_equal(draw.box.width, 10);
  assert_int_equal(draw.box.height, 5);
  assert_int_equal(draw.box.top, 3);
  const augment_plan high = {{.crop = DESPUR_CROP_RESIZED, .scale = {1, 1}, .ratio = {0.5, 0.5}}, 3, 1};
  assert_int_equal(draw_of(&high, 0).box.width, 6);
  assert_int_equal(draw_of(&high, 0).box.left, 2);
}

static void kinds_have_streams_of_their_own(void **state) {
  (void)state;
  const despur_augmentation all = {.flip = 1,
                                   .crop = DESPUR_CROP_PADDED,
                                   .pad = 3,
                                   .brightness = 0.4,
                                   .contrast = 0.3,
                                   .saturation = 2,
                                   .hue = 0.2};
  const augment_plan whole = {all, 3, 1}, flips = {{.flip = 1}, 3, 1},
                     crops = {{.crop = DESPUR_CROP_PADDED, .pad = 3}, 3, 1}, hues = {{.hue = 0.2}, 3, 1};
  size_t other_seed = 0, other_stage = 0;
  for (uint64_t visit = 0; visit < 200; visit++) {
    const augment_draw draw = draw_of(&whole, visit);
    assert_int_equal(draw.flip, draw_of(&flips, visit).flip);
    assert_int_equal(draw.left, draw_of(&crops, visit).left);
    assert_near(draw.hue, draw_of(&hues, visit).hue, 0);
    assert_true(fabs(draw.hue) <= 0.2 && draw.factor[0] >= 0.6 && draw.factor[0] <= 1.4);
    assert_true(draw.factor[1] >= 0.7 && draw.factor[1] <= 1.3 && draw.factor[2] >= 0 && draw.factor[2] <= 3);
    other_seed += draw_of(&(augment_plan){all, 4, 1}, visit).left != draw.left;
    other_stage += draw_of(&(augment_plan){all, 3, 2}, visit).left != draw.left;
  }
  assert_true(other_seed > 150 && other_stage > 150);
}

/* ---- training ---- */

enum { COUNT = 80, SIDE = 8, PIXELS = 3 * SIDE * SIDE };

static despur_dataset *create_images(bool floats, size_t channels) {
  static uint8_t bytes[COUNT * PIXELS];
  static float values[COUNT * PIXELS];
  static int64_t labels[COUNT];
  despur_dataset *dataset;
  for (size_t i = 0; i < COUNT * PIXELS; i++) {
    bytes[i] = (uint8_t)(i / PIXELS % 2 * 90 + i * 31 % 97);
    values[i] = (float)bytes[i];
  }
  for (size_t i = 0; i < COUNT; i++) labels[i] = (int64_t)(i % 2);
  const despur_arrays arrays = {.images = floats ? (void *)values : bytes,
                                .images_are_float = floats,
                                .count = COUNT,
                                .shape = {channels, SIDE, SIDE},
                                .labels = labels};
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  return dataset;
}

static despur_status train(float *weights, const despur_dataset *dataset, const despur_augmentation *augment,
                           int threads, float *logits) {
  despur_net *net;
  uint32_t examples[COUNT];
  const despur_net_options options = {.arch = DESPUR_MLP,
                                      .input = despur_dataset_shape(dataset),
                                      .classes = 2,
                                      .batch = 40,
                                      .seed = 1,
                                      .threads = threads};
  const despur_train_options how = {.epochs = 2,
                                    .batch_size = 40,
                                    .optimizer = {.name = DESPUR_SGD, .lr = 0.01},
                                    .augment = augment ? *augment : (despur_augmentation){0},
                                    .stage = 1};
  assert_ok(despur_net_create(&net, &options, &error));
  for (uint32_t i = 0; i < COUNT; i++) examples[i] = i;
  despur_status status = despur_outputs(net, dataset, examples, COUNT, DESPUR_LOGITS, logits, &error);
  assert_ok(status);
  status = despur_train(net, dataset, &how, NULL, NULL, &error);
  memcpy(weights, net->parameters, 1000 * sizeof *weights);
  despur_net_free(net);
  return status;
}

static void threads_do_not_matter(void **state) {
  (void)state;
  static const despur_augmentation AUGMENT = {
      .flip = 1, .crop = DESPUR_CROP_RESIZED, .scale = {0.1, 1}, .ratio = {0.75, 1.25}, .hue = 0.1};
  static float plain[1000], one[1000], three[1000], before[2 * COUNT], after[2 * COUNT];
  despur_dataset *dataset = create_images(false, 3);
  assert_ok(train(plain, dataset, NULL, 1, before));
  assert_ok(train(one, dataset, &AUGMENT, 1, after));
  assert_ok(train(three, dataset, &AUGMENT, 3, after));
  assert_memory_equal(one, three, sizeof one);
  assert_true(memcmp(one, plain, sizeof one) != 0);
  assert_memory_equal(before, after, sizeof before); /* outputs are those of images as they are */
  despur_dataset_free(dataset);
}

static void changes_that_cannot_be_are_refused(void **state) {
  (void)state;
  static const struct {
    despur_augmentation augment;
    const char *why;
    bool floats;
    size_t channels;
  } CASES[] = {
      {{.crop = (despur_crop)3}, "no crop has the number 3", false, 3},
      {{.crop = DESPUR_CROP_PADDED}, "found 0", false, 3},
      {{.crop = DESPUR_CROP_PADDED, .pad = 8}, "1 to 7 pixels", false, 3},
      {{.crop = DESPUR_CROP_RESIZED, .ratio = {1, 1}}, "found 0 and 0", false, 3},
      {{.crop = DESPUR_CROP_RESIZED, .scale = {0.5, 1.5}, .ratio = {1, 1}}, "0.5 and 1.5", false, 3},
      {{.crop = DESPUR_CROP_RESIZED, .scale = {0.5, 1}, .ratio = {2, 1}}, "2 and 1", false, 3},
      {{.brightness = -1}, "found -1", false, 3},
      {{.hue = 0.6}, "from 0 to 0.5", false, 3},
      {{.contrast = 0.5}, "found floats", true, 3},
      {{.saturation = 0.5}, "images of 3 channels, ", false, 1},
      {{.contrast = 0.5}, "images of 3 channels or 1", false, 2},
  };
  static float weights[1000], logits[2 * COUNT];
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    despur_dataset *dataset = create_images(CASES[i].floats, CASES[i].channels);
    assert_fails(train(weights, dataset, &CASES[i].augment, 1, logits), DESPUR_BAD_USAGE, CASES[i].why);
    despur_dataset_free(dataset);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crops_and_flips_are_pillows_and_colours_torchvisions),
      cmocka_unit_test(frames_and_flips_are_uniform),
      cmocka_unit_test(parts_keep_to_their_bounds),
      cmocka_unit_test(impossible_parts_are_the_largest_in_the_middle),
      cmocka_unit_test(kinds_have_streams_of_their_own),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(changes_that_cannot_be_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
