/* Grad-CAM against PyTorch, and the shares of maps worked out by hand. */
#include "testing.h"

#include "despur/cam.h"
#include "eval/maps/cam.h"
#include "eval/statistics/student.h"
#include "io/file.h"
#include "io/npy.h"
#include "nn/net.h"
#include "spuco_testing.h"

/* Files of one comparison: root/weights, root/images.npy and labels.npy, root/maps. */
typedef struct golden {
  const char *root, *weights, *maps, *raw; /* raw: NULL when it is not checked */
  despur_cam_options options;
  size_t examples, classes;
} golden;

static npy_array open_floats(const char *root, const char *file, size_t rank) {
  char path[256];
  npy_array array;
  snprintf(path, sizeof path, "%s/%s", root, file);
  assert_ok(npy_open(&array, path, &error));
  assert_true(array.type == NPY_F32 && array.rank == rank);
  return array;
}

/* Maps before they are enlarged and divided: what the division would hide. Relative to the largest value. */
static void check_raw(const golden *g, despur_net *net, const despur_dataset *dataset, uint32_t *examples,
                      const uint32_t *predictions) {
  npy_array wanted = open_floats(g->root, g->raw, 3);
  const float *values = wanted.data;
  float *raw = calloc(wanted.count, sizeof *raw), most = 0;
  uint32_t *targets = calloc(g->examples, sizeof *targets), *found = calloc(g->examples, sizeof *found);
  bool *finite = malloc(g->examples * sizeof *finite);
  memset(finite, true, g->examples * sizeof *finite);
  for (size_t i = 0; i < g->examples; i++)
    targets[i] = g->options.target == DESPUR_CAM_LABEL   ? despur_dataset_labels(dataset)[i]
                 : g->options.target == DESPUR_CAM_CLASS ? (uint32_t)g->options.chosen_class
                                                         : predictions[i];
  dataset_batch from = {.dataset = dataset, .examples = examples};
  const net_batch batch = {g->examples, dataset_row, &from};
  net_question question = {.batch = &batch, .targets = targets};
  assert_true(net_find_convolution(net, g->options.layer, &question.layer));
  assert_ok(cam_raw(net, &question, raw, found, finite, &error));
  for (size_t i = 0; i < g->examples; i++) assert_true(finite[i]);
  assert_memory_equal(found, predictions, g->examples * sizeof *found);
  for (size_t i = 0; i < wanted.count; i++) most = values[i] > most ? values[i] : most;
  assert_floats_near(raw, values, wanted.count, 0, 1e-4 * (double)most);
  free(raw);
  free(targets);
  free(found);
  free(finite);
  npy_close(&wanted);
}

static void check_golden(const golden *g) {
  char images[256], labels[256], weights[256];
  despur_dataset *dataset;
  despur_net *net;
  npy_array wanted = open_floats(g->root, g->maps, 3);
  snprintf(images, sizeof images, "%s/images.npy", g->root);
  snprintf(labels, sizeof labels, "%s/labels.npy", g->root);
  snprintf(weights, sizeof weights, "%s/%s", g->root, g->weights);
  assert_ok(despur_dataset_create_npy(&dataset, images, labels, NULL, NULL, &error));
  despur_net_options options = {.arch = DESPUR_LENET,
                                .input = despur_dataset_shape(dataset),
                                .classes = g->classes,
                                .batch = 32,
                                .threads = 2};
  assert_ok(despur_net_create(&net, &options, &error));
  assert_ok(despur_net_load(net, weights, &error));
  assert_int_equal(wanted.shape[0], g->examples);
  float *maps = calloc(wanted.count, sizeof *maps);
  uint32_t *examples = calloc(g->examples, sizeof *examples),
           *predictions = calloc(g->examples, sizeof *predictions);
  for (size_t i = 0; i < g->examples; i++) examples[i] = (uint32_t)i;
  assert_ok(despur_cam(net, dataset, examples, g->examples, &g->options, maps, predictions, &error));
  assert_floats_near(maps, wanted.data, wanted.count, 0, 1e-5);
  if (g->raw) check_raw(g, net, dataset, examples, predictions);
  free(maps);
  free(examples);
  free(predictions);
  npy_close(&wanted);
  despur_net_free(net);
  despur_dataset_free(dataset);
}

static void maps_of_any_convolution_and_target_agree_with_pytorch(void **state) {
  (void)state;
  const golden cases[] = {
      {.maps = "cam/map_conv1_label.npy",
       .raw = "cam/raw_conv1_label.npy",
       .options = {"conv1", DESPUR_CAM_LABEL, 0, 0}},
      {.maps = "cam/map_conv2_prediction.npy",
       .raw = "cam/raw_conv2_prediction.npy",
       .options = {NULL, DESPUR_CAM_PREDICTION, 0, 0}},
      {.maps = "cam/map_conv2_1.npy",
       .raw = "cam/raw_conv2_1.npy",
       .options = {"conv2", DESPUR_CAM_CLASS, 1, 0}},
      {.maps = "cam/map_conv2_all.npy", .options = {"conv2", DESPUR_CAM_ALL, 0, 0}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    golden g = cases[i];
    g.root = "tests/golden";
    g.weights = "lenet/init.safetensors";
    g.examples = 5;
    g.classes = 3;
    check_golden(&g);
  }
}

/* A trained network, where the files of the reference run are at hand. */
static void maps_of_a_trained_network_agree_with_pytorch(void **state) {
  (void)state;
  if (!file_exists("../shared/golden/gradcam/cam_label.npy")) skip();
  golden g = {.root = "../shared/golden",
              .weights = "lenet_sgd/final.safetensors",
              .maps = "gradcam/cam_label.npy",
              .raw = "gradcam/cam_raw_label.npy",
              .options = {"conv2", DESPUR_CAM_LABEL, 0, 0},
              .examples = 32,
              .classes = 5};
  check_golden(&g);
  g.maps = "gradcam/cam_prediction.npy";
  g.raw = "gradcam/cam_raw_prediction.npy";
  g.options.target = DESPUR_CAM_PREDICTION;
  check_golden(&g);
}

static void enlarging_agrees_with_pytorch_for_any_size(void **state) {
  (void)state;
  npy_array small = open_floats("tests/golden/cam", "small.npy", 2);
  const char *const FILES[] = {"larger.npy", "smaller.npy"};
  for (size_t i = 0; i < 2; i++) {
    npy_array wanted = open_floats("tests/golden/cam", FILES[i], 2);
    float got[200];
    assert_true(wanted.count <= 200);
    cam_enlarge(small.data, small.shape[0], small.shape[1], got, wanted.shape[0], wanted.shape[1]);
    assert_floats_near(got, wanted.data, wanted.count, 0, 1e-6);
    npy_close(&wanted);
  }
  npy_close(&small);
}

/* What pytorch-grad-cam prints (its scale_cam_image) is that of a divided map: (map - min) / (1 - min). */
static void without_their_minimum_maps_are_scaled_as_pytorch_grad_cam_does(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  despur_dataset *dataset = create(&options);
  despur_net *net;
  const despur_net_options net_options = {
      .arch = DESPUR_LENET, .input = {3, 28, 28}, .classes = 5, .batch = 4, .threads = 1};
  static float divided[4 * PLANE], scaled[4 * PLANE];
  const uint32_t examples[] = {0, 1, 2, 3};
  despur_cam_options cam = {.layer = "conv1", .target = DESPUR_CAM_ALL};
  assert_ok(despur_net_create(&net, &net_options, &error));
  assert_ok(despur_cam(net, dataset, examples, 4, &cam, divided, NULL, &error));
  cam.subtract_minimum = 1;
  assert_ok(despur_cam(net, dataset, examples, 4, &cam, scaled, NULL, &error));
  for (size_t i = 0; i < 4; i++) {
    const float *map = divided + i * PLANE;
    float least = 1;
    for (size_t k = 0; k < PLANE; k++) least = map[k] < least ? map[k] : least;
    for (size_t k = 0; k < PLANE; k++)
      assert_near((double)scaled[i * PLANE + k],
                  least < 1 ? ((double)map[k] - (double)least) / (1 - (double)least) : 0, 1e-6);
  }
  despur_net_free(net);
  despur_dataset_free(dataset);
}

static void a_layer_or_class_that_is_not_there_is_an_error(void **state) {
  (void)state;
  despur_spuco_options options = ordinary_options();
  despur_dataset *dataset = create(&options);
  despur_net *net, *mlp;
  despur_net_options net_options = {
      .arch = DESPUR_LENET, .input = {3, 28, 28}, .classes = 5, .batch = 4, .threads = 1};
  assert_ok(despur_net_create(&net, &net_options, &error));
  net_options.arch = DESPUR_MLP;
  assert_ok(despur_net_create(&mlp, &net_options, &error));
  static float map[PLANE];
  uint32_t example = 0;
  despur_cam_options cam = {.layer = "fc1"};
  assert_fails(despur_cam(net, dataset, &example, 1, &cam, map, NULL, &error), DESPUR_BAD_USAGE,
               "layer: expected one of conv1, conv2, found 'fc1'");
  cam = (despur_cam_options){.target = DESPUR_CAM_CLASS, .chosen_class = 5};
  assert_fails(despur_cam(net, dataset, &example, 1, &cam, map, NULL, &error), DESPUR_BAD_USAGE,
               "target: expected a class from 0 to 4, found 5");
  cam = (despur_cam_options){0};
  assert_fails(despur_cam(mlp, dataset, &example, 1, &cam, map, NULL, &error), DESPUR_BAD_USAGE,
               "Grad-CAM needs a network with a convolution");
  despur_net_free(net);
  despur_net_free(mlp);
  despur_dataset_free(dataset);
}

/* ---- shares ---- */

/* Some examples of one group, and maps of them to fill in. */
typedef struct scene {
  despur_dataset *dataset;
  despur_groups groups;
  uint32_t *examples;
  size_t count, group;
  float *maps;
  uint8_t *pixels; /* [count, PLANE] */
} scene;

static scene scene_create(despur_difficulty difficulty, size_t count) {
  despur_spuco_options options = ordinary_options();
  options.difficulty = difficulty;
  options.strength = &WEAK;
  options.digits_train = 300;
  options.digits_test = 300;
  scene s = {.dataset = create(&options), .count = count};
  size_t test, found = 0;
  assert_ok(despur_groups_true(&s.groups, s.dataset, &error));
  const uint32_t *examples = despur_dataset_split(s.dataset, DESPUR_TEST, &test);
  s.group = s.groups.of_example[examples[0]];
  s.examples = calloc(count, sizeof *s.examples);
  s.maps = calloc(count, PLANE * sizeof *s.maps);
  s.pixels = calloc(count, PLANE);
  for (size_t i = 0; i < test && found < count; i++)
    if (s.groups.of_example[examples[i]] == s.group) s.examples[found++] = examples[i];
  assert_int_equal(found, count);
  for (size_t i = 0; i < count; i++)
    assert_true(despur_dataset_pixels(s.dataset, s.examples[i], s.pixels + i * PLANE));
  return s;
}

static void scene_release(scene *s) {
  despur_dataset_free(s->dataset);
  despur_groups_release(&s->groups);
  free(s->examples);
  free(s->maps);
  free(s->pixels);
}

static despur_cam_scores score(const scene *s) {
  despur_cam_scores scores;
  assert_ok(despur_cam_score(&scores, s->dataset, &s->groups, s->examples, s->maps, s->count, &error));
  return scores;
}

static size_t pixels_of(const scene *s, size_t i, despur_pixel kind) {
  size_t n = 0;
  for (size_t p = 0; p < PLANE; p++) n += s->pixels[i * PLANE + p] == kind;
  return n;
}

static void set_pixels(const scene *s, size_t i, despur_pixel kind, float value) {
  for (size_t p = 0; p < PLANE; p++)
    if (s->pixels[i * PLANE + p] == kind) s->maps[i * PLANE + p] = value;
}

static void pixels_are_what_the_image_shows(void **state) {
  (void)state;
  for (int d = DESPUR_MAGNITUDE_LARGE; d <= DESPUR_VARIANCE_HIGH; d++) {
    scene s = scene_create((despur_difficulty)d, 5);
    const uint32_t *attributes = despur_dataset_attribute_values(s.dataset);
    float image[3 * PLANE];
    for (size_t i = 0; i < s.count; i++) {
      despur_dataset_image(s.dataset, s.examples[i], image);
      for (size_t p = 0; p < PLANE; p++) {
        uint8_t pixel = s.pixels[i * PLANE + p];
        int grey = image[p] == image[PLANE + p] && image[p] == image[2 * PLANE + p];
        int black = grey && image[p] == 0;
        if (pixel == DESPUR_PIXEL_CORE) assert_true(grey && !black);
        if (pixel == DESPUR_PIXEL_PLAIN) assert_true(black);
        if (pixel == DESPUR_PIXEL_PAINTED) assert_false(grey); /* no colour of hsv is grey */
      }
      assert_true(pixels_of(&s, i, DESPUR_PIXEL_CORE) > 30);
      if (d == DESPUR_MAGNITUDE_LARGE) assert_int_equal(pixels_of(&s, i, DESPUR_PIXEL_PLAIN), 0);
      if (d == DESPUR_MAGNITUDE_SMALL) assert_int_equal(pixels_of(&s, i, DESPUR_PIXEL_PAINTED), 4);
      assert_true(attributes[s.examples[i]] < 5);
    }
    scene_release(&s);
  }
}

static void a_map_on_the_digit_has_all_its_energy_there(void **state) {
  (void)state;
  scene s = scene_create(DESPUR_VARIANCE_LOW, 3);
  for (size_t i = 0; i < s.count; i++) set_pixels(&s, i, DESPUR_PIXEL_CORE, 1);
  despur_cam_scores scores = score(&s);
  const despur_cam_group *group = &scores.groups[s.group];
  assert_string_equal(group->name, s.groups.names[s.group]);
  assert_int_equal(group->count, 3);
  assert_int_equal(group->empty, 0);
  assert_near(group->core.mean, 1, 0);
  assert_near(group->core.low, 1, 0);
  assert_near(group->background.mean, 0, 0);
  assert_near(group->overlap.mean, 1, 0);
  assert_near(group->pointing.mean, 1, 0);
  assert_near(group->pointing.low, 0.4385, 5e-5); /* Wilson's interval for 3 of 3: n / (n + z^2) */
  assert_near(group->pointing.high, 1, 0);
  despur_cam_scores_release(&scores);
  scene_release(&s);
}

static void a_map_without_preference_has_shares_equal_to_areas(void **state) {
  (void)state;
  scene s = scene_create(DESPUR_VARIANCE_LOW, 4);
  double core = 0, painted = 0;
  for (size_t i = 0; i < s.count; i++) {
    for (size_t p = 0; p < PLANE; p++) s.maps[i * PLANE + p] = 1;
    core += (double)pixels_of(&s, i, DESPUR_PIXEL_CORE) / PLANE / 4;
    painted += (double)pixels_of(&s, i, DESPUR_PIXEL_PAINTED) / PLANE / 4;
  }
  despur_cam_scores scores = score(&s);
  const despur_cam_group *group = &scores.groups[s.group];
  assert_near(group->core_area, core, 1e-12);
  assert_near(group->painted_area, painted, 1e-12);
  assert_near(group->core.mean, core, 1e-12);
  assert_near(group->background.mean, 1 - core, 1e-12);
  assert_near(group->painted.mean, painted, 1e-12);
  assert_near(group->overlap.mean, core, 1e-12);
  assert_near(group->pointing.mean, 0, 0); /* the first of equals is the top left corner */
  despur_cam_scores_release(&scores);
  scene_release(&s);
}

/* Three maps with 1/4, 1/2 and 3/4 of their energy on the digit: mean 1/2, standard deviation 1/4, and
 * Student's t for two degrees of freedom is 4.302652730 (tables). */
static void intervals_are_those_of_student(void **state) {
  (void)state;
  scene s = scene_create(DESPUR_MAGNITUDE_LARGE, 3);
  for (size_t i = 0; i < s.count; i++) {
    set_pixels(&s, i, DESPUR_PIXEL_CORE, (float)(i + 1) / (float)pixels_of(&s, i, DESPUR_PIXEL_CORE));
    set_pixels(&s, i, DESPUR_PIXEL_PAINTED, (float)(3 - i) / (float)pixels_of(&s, i, DESPUR_PIXEL_PAINTED));
  }
  despur_cam_scores scores = score(&s);
  const despur_cam_group *group = &scores.groups[s.group];
  assert_near(group->core.mean, 0.5, 1e-6);
  assert_near(group->core.low, 0, 0); /* 1/2 - 4.303 / 4 / sqrt 3 = -0.12 is cut */
  assert_near(group->core.high, 1, 0);
  for (size_t p = 0; p < PLANE; p++) s.maps[p] = s.maps[2 * PLANE + p] = 0;
  set_pixels(&s, 0, DESPUR_PIXEL_CORE, 0.49f / (float)pixels_of(&s, 0, DESPUR_PIXEL_CORE));
  set_pixels(&s, 0, DESPUR_PIXEL_PAINTED, 0.51f / (float)pixels_of(&s, 0, DESPUR_PIXEL_PAINTED));
  set_pixels(&s, 2, DESPUR_PIXEL_CORE, 0.51f / (float)pixels_of(&s, 2, DESPUR_PIXEL_CORE));
  set_pixels(&s, 2, DESPUR_PIXEL_PAINTED, 0.49f / (float)pixels_of(&s, 2, DESPUR_PIXEL_PAINTED));
  despur_cam_scores_release(&scores);
  scores = score(&s);
  assert_near(scores.groups[s.group].core.high, 0.5 + 4.302652730 * 0.01 / sqrt(3), 1e-6);
  assert_near(scores.groups[s.group].background.low, 0.5 - 4.302652730 * 0.01 / sqrt(3), 1e-6);
  despur_cam_scores_release(&scores);
  scene_release(&s);
}

static void empty_maps_are_counted_and_left_out(void **state) {
  (void)state;
  scene s = scene_create(DESPUR_MAGNITUDE_LARGE, 3);
  set_pixels(&s, 1, DESPUR_PIXEL_CORE, 1);
  despur_cam_scores scores = score(&s);
  const despur_cam_group *group = &scores.groups[s.group], *other = &scores.groups[s.group ? 0 : 1];
  assert_int_equal(group->count, 3);
  assert_int_equal(group->empty, 2);
  assert_near(group->core.mean, 1, 0);
  assert_true(isnan(group->core.low) && isnan(group->core.high)); /* one map has no spread */
  assert_int_equal(other->count, 0);
  assert_true(isnan(other->core.mean) && isnan(other->pointing.low) && isnan(other->core_area));
  despur_cam_scores_release(&scores);
  scene_release(&s);
}

static void a_data_set_without_known_pixels_has_no_shares(void **state) {
  (void)state;
  despur_dataset *dataset;
  despur_groups groups;
  despur_cam_scores scores;
  uint32_t example = 0;
  uint8_t pixels[PLANE];
  static float map[PLANE];
  assert_ok(despur_dataset_create_digits(&dataset, 20, 10, 1, 1, &error));
  assert_ok(despur_groups_true(&groups, dataset, &error));
  assert_false(despur_dataset_pixels(dataset, 0, pixels));
  assert_fails(despur_cam_score(&scores, dataset, &groups, &example, map, 1, &error), DESPUR_BAD_INPUT,
               "does not know which pixels");
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
}

/* Shares of 1/4, 1/2 and 3/8 in a region: mean 3/8, and Student's interval with 2 degrees of freedom. */
static void a_region_has_its_share_of_each_map(void **state) {
  (void)state;
  despur_dataset *dataset;
  despur_groups groups = {0};
  despur_cam_scores scores;
  static const double INSIDE[] = {0.25, 1, 0.375}, OUTSIDE[] = {0.75, 1, 0.625};
  static float maps[3 * PLANE];
  uint8_t pixels[PLANE];
  size_t count, area = 0;
  assert_ok(despur_dataset_create_digits(&dataset, 200, 10, 1, 1, &error));
  const uint32_t *train = despur_dataset_split(dataset, DESPUR_TRAIN, &count),
                 *labels = despur_dataset_labels(dataset);
  uint32_t examples[3], found = 0;
  for (size_t i = 0; i < count && found < 3; i++)
    if (labels[train[i]] == 1) examples[found++] = train[i];
  assert_int_equal(found, 3);
  assert_int_equal(despur_dataset_region(dataset).width, 0);
  assert_ok(despur_dataset_mark_region(dataset, (despur_region){2, 3, 5, 4}, &error));
  assert_true(despur_dataset_pixels(dataset, 0, pixels));
  for (size_t i = 0; i < PLANE; i++) {
    const size_t row = i / SIDE, column = i % SIDE;
    const bool in = column >= 2 && column < 7 && row >= 3 && row < 7;
    assert_int_equal(pixels[i], in ? DESPUR_PIXEL_PAINTED : DESPUR_PIXEL_CORE);
    area += in;
  }
  assert_int_equal(area, 20);
  for (size_t i = 0; i < 3; i++) { /* the last pixel of the region, and the one right of it */
    maps[i * PLANE + 6 * SIDE + 6] = (float)INSIDE[i];
    maps[i * PLANE + 6 * SIDE + 7] = (float)OUTSIDE[i];
  }
  assert_ok(despur_groups_true(&groups, dataset, &error));
  assert_ok(despur_cam_score(&scores, dataset, &groups, examples, maps, 3, &error));
  const despur_cam_group *group = &scores.groups[1];
  const double half = 4.302653 * sqrt((0.125 * 0.125 * 2) / 2 / 3);
  assert_near(group->background.mean, 0.375, 1e-12);
  assert_near(group->background.low, 0.375 - half, 1e-6);
  assert_near(group->background.high, 0.375 + half, 1e-6);
  assert_near(group->core.mean, 0.625, 1e-12);
  assert_near(group->core_area, 1 - 20.0 / PLANE, 1e-12);
  assert_near(group->pointing.mean, 2.0 / 3, 1e-12); /* of a tie the first pixel wins */
  despur_cam_scores_release(&scores);
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
}

/* Percentage points of the two-sided 95 % interval from tables (Abramowitz and Stegun 1964, table 26.10),
 * and the normal limit. */
static void student_quantiles_are_those_of_tables(void **state) {
  (void)state;
  static const struct {
    size_t degrees;
    double t;
  } TABLE[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},  {5, 2.571},
               {10, 2.228}, {29, 2.045}, {60, 2.000}, {120, 1.980}};
  for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
    assert_near(student_quantile(TABLE[i].degrees, 0.95), TABLE[i].t, 5.1e-4);
  assert_near(student_quantile(4, 0.99), 4.604, 5.1e-4);
  assert_near(student_quantile(100000, 0.95), 1.959964 + 2.4e-5, 2e-6); /* z + (z^3 + z) / 4n */
}

/* ---- colours ---- */

static double decode(uint8_t byte) {
  double value = byte / 255.0;
  return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double compress(double t) {
  return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* Back from bytes to CIELAB by the published matrix of sRGB (IEC 61966-2-1). */
static void to_lab(const uint8_t rgb[3], double lab[3]) {
  double r = decode(rgb[0]), g = decode(rgb[1]), b = decode(rgb[2]);
  double x = compress((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  double y = compress(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
  double z = compress((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
  lab[0] = 116 * y - 16;
  lab[1] = 500 * (x - y);
  lab[2] = 200 * (y - z);
}

static void colours_are_a_straight_line_in_cielab_within_rounding(void **state) {
  (void)state;
  uint8_t rgb[3];
  double lab[3];
  for (int i = 0; i <= 64; i++) {
    double at = i / 64.0;
    despur_cam_colour(at, rgb);
    to_lab(rgb, lab);
    assert_near(lab[0], 15 + 79 * at, 0.7); /* a byte is up to 0.5 of L*, and more of a* and b* in the dark */
    assert_near(lab[1], 45 - 65 * at, 1.2);
    assert_near(lab[2], -60 + 150 * at, 1.7);
  }
  uint8_t end[3];
  despur_cam_colour(7, rgb);
  despur_cam_colour(1, end);
  assert_memory_equal(rgb, end, 3);
  despur_cam_colour((double)NAN, rgb);
  despur_cam_colour(0, end);
  assert_memory_equal(rgb, end, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_of_any_convolution_and_target_agree_with_pytorch),
      cmocka_unit_test(maps_of_a_trained_network_agree_with_pytorch),
      cmocka_unit_test(enlarging_agrees_with_pytorch_for_any_size),
      cmocka_unit_test(without_their_minimum_maps_are_scaled_as_pytorch_grad_cam_does),
      cmocka_unit_test(a_layer_or_class_that_is_not_there_is_an_error),
      cmocka_unit_test(pixels_are_what_the_image_shows),
      cmocka_unit_test(a_map_on_the_digit_has_all_its_energy_there),
      cmocka_unit_test(a_map_without_preference_has_shares_equal_to_areas),
      cmocka_unit_test(intervals_are_those_of_student),
      cmocka_unit_test(empty_maps_are_counted_and_left_out),
      cmocka_unit_test(a_data_set_without_known_pixels_has_no_shares),
      cmocka_unit_test(a_region_has_its_share_of_each_map),
      cmocka_unit_test(student_quantiles_are_those_of_tables),
      cmocka_unit_test(colours_are_a_straight_line_in_cielab_within_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
