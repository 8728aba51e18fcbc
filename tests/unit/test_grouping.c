/* Groups by clustering: what is found, that nothing is lost on the way to a file and back, and what is
 * refused. */
#include "testing.h"

#include "base/random.h"
#include "despur/infer.h"
#include "infer/grouping.h"
#include "io/file.h"

#include <unistd.h>

static despur_error error;

enum { N = 400, D = 3 };

/* Two classes with planted clusters: one in four examples of a class has attribute 1. */
typedef struct planted {
  uint32_t labels[N], attributes[N];
  float outputs[N * D];
} planted;

static planted plant(uint64_t index) {
  planted data = {0};
  random_stream stream = random_open(3, "test outputs", index);
  for (size_t i = 0; i < N; i++) {
    data.labels[i] = i % 3 == 0;
    data.attributes[i] = random_below(&stream, 4) == 0;
    float *row = data.outputs + i * D;
    for (size_t j = 0; j < D; j++) row[j] = (float)random_normal(&stream) * 0.1F;
    row[0] += 2 * (float)data.attributes[i];
    row[1] += 30 * (float)data.labels[i];
  }
  return data;
}

static const despur_grouping_options usual = {.clusters = 2,
                                              .starts = 10,
                                              .overcluster = 1,
                                              .components = 2,
                                              .neighbors = 10,
                                              .silhouette_sample = 100000,
                                              .seed = 1,
                                              .threads = 2};

static despur_grouping_input input_of(const planted *data) {
  return (despur_grouping_input){
      .outputs = data->outputs, .labels = data->labels, .n = N, .d = D, .classes = 2};
}

static despur_grouping *fit(const planted *data, const despur_grouping_options *options) {
  despur_grouping *grouping;
  despur_grouping_input input = input_of(data);
  assert_ok(despur_grouping_fit(&grouping, &input, options, &error));
  return grouping;
}

static void planted_groups_are_found_within_classes_by_all_algorithms(void **state) {
  (void)state;
  planted data = plant(0);
  for (int algorithm = DESPUR_KMEANS; algorithm <= DESPUR_KMEDOIDS; algorithm++) {
    static const char *const NAMES[] = {"y=0,k=0", "y=0,k=1", "y=1,k=0", "y=1,k=1"};
    despur_grouping_options options = usual;
    options.algorithm = (despur_clustering)algorithm;
    uint32_t groups[N];
    despur_grouping *grouping = fit(&data, &options);
    assert_int_equal(despur_grouping_count(grouping), 4);
    despur_grouping_training(grouping, groups);
    for (size_t i = 0; i < N; i++) assert_int_equal(groups[i], 2 * data.labels[i] + data.attributes[i]);
    uint32_t again[N]; /* what was clustered belongs where it was put */
    assert_ok(despur_grouping_assign(grouping, data.outputs, data.labels, N, 1, again, &error));
    assert_memory_equal(again, groups, sizeof groups);
    for (size_t g = 0; g < 4; g++) assert_string_equal(despur_grouping_name(grouping, g), NAMES[g]);
    despur_grouping_free(grouping);
  }
}

static void pooled_clusters_cross_classes(void **state) {
  (void)state;
  planted data = plant(1);
  for (size_t i = 0; i < N; i++) data.outputs[i * D + 1] = 0; /* take the class out: the attribute is left */
  despur_grouping_options options = usual;
  options.pooled = 1;
  uint32_t groups[N];
  despur_grouping *grouping = fit(&data, &options);
  assert_int_equal(despur_grouping_count(grouping), 2);
  despur_grouping_training(grouping, groups);
  assert_memory_equal(groups, data.attributes, sizeof groups);
  assert_string_equal(despur_grouping_name(grouping, 0), "k=0");
  assert_string_equal(despur_grouping_part_at(grouping, 0).name, "all");
  despur_grouping_free(grouping);
}

static void clusters_of_a_class_depend_neither_on_other_classes_nor_on_threads(void **state) {
  (void)state;
  planted data = plant(2);
  despur_grouping_options options = usual;
  options.clusters = 5;
  options.starts = 1;
  uint32_t before[N], after[N];
  despur_grouping *grouping = fit(&data, &options);
  despur_grouping_training(grouping, before);
  despur_grouping_free(grouping);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < D && data.labels[i] == 0; j++) data.outputs[i * D + j] = (float)(i * j % 7);
  options.threads = 3;
  grouping = fit(&data, &options);
  despur_grouping_training(grouping, after);
  for (size_t i = 0; i < N; i++)
    if (data.labels[i] == 1) assert_int_equal(before[i], after[i]);
  despur_grouping_free(grouping);
}

/* Class 0: three examples with two different outputs; 1: one example; 2: none; 3: three. */
static void no_group_is_empty(void **state) {
  (void)state;
  static const uint32_t LABELS[] = {0, 0, 0, 1, 3, 3, 3}, WANTED[] = {1, 0, 0, 2, 3, 4, 5};
  static const float OUTPUTS[] = {5, 3, 3, 7, 1, 2, 9};
  despur_grouping_input input = {.outputs = OUTPUTS, .labels = LABELS, .n = 7, .d = 1, .classes = 4};
  despur_grouping_options options = usual;
  options.clusters = 3;
  uint32_t groups[7];
  despur_grouping *grouping;
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  assert_int_equal(despur_grouping_count(grouping), 6);
  despur_grouping_training(grouping, groups);
  assert_memory_equal(groups, WANTED, sizeof WANTED);
  assert_int_equal(despur_grouping_part_at(grouping, 2).clusters, 0);
  const float other[] = {8, 8};
  const uint32_t label[] = {2, 3};
  assert_ok(despur_grouping_assign(grouping, other, label, 2, 1, groups, &error));
  assert_int_equal(groups[0], DESPUR_NO_GROUP); /* a class that was not there */
  assert_int_equal(groups[1], 5);
  despur_grouping_free(grouping);
  options.clusters = 4; /* more than the last class has examples */
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  assert_int_equal(despur_grouping_count(grouping), 3);
  despur_grouping_free(grouping);
}

/* ---- the number of clusters ---- */

/* One class of three clusters of different sizes, far apart on a line. */
static void the_search_finds_the_planted_number(void **state) {
  (void)state;
  planted data = plant(3);
  memset(data.labels, 0, sizeof data.labels);
  for (size_t i = 0; i < N; i++) {
    data.outputs[i * D] = (float)(i % 10 == 0 ? 20 : i % 10 < 4 ? 10 : 0) + 0.1F * (float)(i % 7);
    data.outputs[i * D + 1] = 0;
  }
  for (int score = DESPUR_SCORE_MEAN; score <= DESPUR_SCORE_MACRO; score++)
    for (int algorithm = DESPUR_KMEANS; algorithm <= DESPUR_KMEDOIDS; algorithm++) {
      despur_grouping_options options = usual;
      options.max_clusters = 6;
      options.score = (despur_cluster_score)score;
      options.algorithm = (despur_clustering)algorithm;
      despur_grouping *grouping = fit(&data, &options);
      despur_grouping_part part = despur_grouping_part_at(grouping, 0);
      assert_int_equal(part.clusters, 3);
      assert_int_equal(part.tried, 5);
      assert_true(part.scores[1] > part.scores[0] && part.scores[1] > part.scores[2]);
      assert_true(part.silhouette > 0.9);
      despur_grouping_free(grouping);
    }
}

/* Three points at the same distance from each other: two clusters have the silhouette 0 (a pair is no closer
 * than its neighbour, and a point alone has 0), and so have three. */
static void of_equal_scores_the_larger_number_is_kept(void **state) {
  (void)state;
  static const float CORNERS[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  static const uint32_t LABELS[3] = {0};
  const despur_grouping_input input = {.outputs = CORNERS, .labels = LABELS, .n = 3, .d = 3, .classes = 1};
  despur_grouping_options options = usual;
  options.max_clusters = 3;
  despur_grouping *grouping;
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  despur_grouping_part part = despur_grouping_part_at(grouping, 0);
  assert_true(part.scores[0] == 0 && part.scores[1] == 0);
  assert_int_equal(part.clusters, 3);
  despur_grouping_free(grouping);
}

/* ---- over-clustering ---- */

enum { CROWD = 1000 };

/* One class: a far cluster, and a near one that has a small clump beside it, which two clusters leave
 * together. The network's losses are high in the clump. */
typedef struct crowd {
  float outputs[CROWD * 2];
  uint32_t labels[CROWD];
  double losses[CROWD];
} crowd;

static int is_clump(size_t i) {
  return i % 20 == 3;
}

static crowd gather_crowd(void) {
  crowd c = {0};
  random_stream stream = random_open(4, "crowd", 0);
  for (size_t i = 0; i < CROWD; i++) {
    c.outputs[2 * i] =
        (float)random_normal(&stream) * 0.2F + (float)(i % 2 ? 0 : 100) + (float)(is_clump(i) ? 8 : 0);
    c.outputs[2 * i + 1] = (float)random_normal(&stream) * 0.2F;
    c.losses[i] = is_clump(i) ? 2 : 0.1;
  }
  return c;
}

static size_t clusters_of(const crowd *c, const despur_grouping_options *options, int *clump_stands_alone) {
  uint32_t groups[CROWD];
  size_t inside = 0, others = 0;
  despur_grouping_input input = {
      .outputs = c->outputs, .labels = c->labels, .losses = c->losses, .n = CROWD, .d = 2, .classes = 1};
  despur_grouping *grouping;
  assert_ok(despur_grouping_fit(&grouping, &input, options, &error));
  despur_grouping_training(grouping, groups);
  for (size_t i = 0; i < CROWD; i++)
    if (groups[i] == groups[3]) {
      inside += is_clump(i) ? 1 : 0;
      others += is_clump(i) ? 0 : 1;
    }
  *clump_stands_alone = inside == CROWD / 20 && others == 0;
  size_t clusters = despur_grouping_count(grouping);
  uint32_t again[CROWD]; /* the fitted model assigns its own points to the same clusters */
  assert_ok(despur_grouping_assign(grouping, c->outputs, c->labels, CROWD, 2, again, &error));
  assert_memory_equal(again, groups, sizeof groups);
  despur_grouping_free(grouping);
  return clusters;
}

static void over_clustering_keeps_the_piece_that_stands_out_and_is_hard(void **state) {
  (void)state;
  static crowd c;
  int alone;
  c = gather_crowd();
  despur_grouping_options options = usual;
  assert_int_equal(clusters_of(&c, &options, &alone), 2);
  assert_false(alone);
  options.overcluster = 2;
  options.overcluster_loss = 1;
  assert_int_equal(clusters_of(&c, &options, &alone), 3);
  assert_true(alone);
  for (size_t i = 0; i < CROWD; i++)
    if (is_clump(i)) c.losses[i] = 0; /* easier than the rest of its cluster: no reason to set it apart */
  assert_int_equal(clusters_of(&c, &options, &alone), 2);
  options.overcluster_loss = 0;
  assert_int_equal(clusters_of(&c, &options, &alone), 3);
  assert_true(alone);
  for (size_t i = 400; i < CROWD; i++)
    if (is_clump(i)) c.outputs[2 * i] -= 8; /* 20 points are too few */
  assert_int_equal(clusters_of(&c, &options, &alone), 2);
  options.clusters = 1; /* of a single cluster no silhouette is known, and both halves stand out */
  assert_int_equal(clusters_of(&c, &options, &alone), 2);
}

/* ---- scale and reduction ---- */

/* Differences of numbers near the ends of float32, and deviations whose inverse is beyond it. */
static void outputs_that_cannot_be_scaled_are_refused(void **state) {
  (void)state;
  static const float SIZES[] = {3e38F, 1e-43F};
  for (size_t kind = 0; kind < 2; kind++) {
    planted data = plant(5);
    for (size_t i = 0; i < N; i++)
      data.outputs[i * D + 1] = i % 2 ? SIZES[kind] : -SIZES[kind] * (i % 4 == 0);
    despur_grouping_options options = usual;
    options.scale = DESPUR_SCALE_STANDARD;
    const despur_grouping_input input = {
        .outputs = data.outputs, .labels = data.labels, .n = N, .d = D, .classes = 2};
    despur_grouping *grouping;
    assert_fails(despur_grouping_fit(&grouping, &input, &options, &error), DESPUR_BAD_INPUT,
                 "infer.scale: column 1 of the outputs is too ");
  }
}

static void scales_do_what_they_say(void **state) {
  (void)state;
  planted data = plant(5);
  for (size_t i = 0; i < N; i++) data.outputs[i * D + 2] = 7; /* a constant column */
  despur_grouping_options options = usual;
  size_t dimensions;
  options.scale = DESPUR_SCALE_STANDARD;
  despur_grouping *grouping = fit(&data, &options);
  const float *points = despur_grouping_points(grouping, &dimensions);
  assert_int_equal(dimensions, D);
  for (size_t j = 0; j < D; j++) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
      sum += (double)points[i * D + j];
      squares += (double)points[i * D + j] * (double)points[i * D + j];
    }
    assert_near(sum / N, 0, 1e-5);
    assert_near(squares / N, j == 2 ? 0 : 1, 1e-4);
  }
  despur_grouping_free(grouping);
  options.scale = DESPUR_SCALE_UNIT;
  memset(data.outputs, 0, D * sizeof *data.outputs); /* the first has no length */
  grouping = fit(&data, &options);
  points = despur_grouping_points(grouping, &dimensions);
  for (size_t i = 0; i < N; i++) {
    double squares = 0;
    for (size_t j = 0; j < D; j++) squares += (double)points[i * D + j] * (double)points[i * D + j];
    assert_near(squares, i > 0, 1e-6);
  }
  despur_grouping_free(grouping);
}

/* For two classes the projection is GEORGE's: along the difference of the two weight vectors. */
static void hardness_is_the_projection_on_the_difference_of_weights(void **state) {
  (void)state;
  static const float WEIGHTS[2 * D] = {1, 2, 3, 4, 6, 3};
  planted data = plant(6);
  despur_grouping_input input = input_of(&data);
  despur_grouping_options options = usual;
  despur_grouping *grouping;
  size_t dimensions;
  input.classifier = WEIGHTS;
  options.reduction = DESPUR_REDUCE_HARDNESS;
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  const float *points = despur_grouping_points(grouping, &dimensions);
  assert_int_equal(dimensions, 1);
  for (size_t i = 0; i < N; i++) {
    const float *x = data.outputs + i * D;
    double wanted = (3 * (double)x[0] + 4 * (double)x[1]) / 5 * (data.labels[i] ? 1 : -1);
    assert_near((double)points[i], wanted, 1e-5 * (1 + fabs(wanted)));
  }
  despur_grouping_free(grouping);
}

/* UMAP of a class with planted clusters keeps them apart; a class too small to reduce is one group, and so
 * are new ones. */
static void reductions_keep_planted_clusters_and_forgive_small_classes(void **state) {
  (void)state;
  planted data = plant(10);
  for (int kind = DESPUR_REDUCE_PCA; kind <= DESPUR_REDUCE_UMAP; kind++) {
    uint32_t labels[N], groups[N];
    despur_grouping_input input = input_of(&data);
    despur_grouping_options options = usual;
    despur_grouping *grouping;
    size_t dimensions;
    memcpy(labels, data.labels, sizeof labels);
    labels[0] = 2; /* an only child */
    input.labels = labels;
    input.classes = 3;
    options.reduction = (despur_reduction)kind;
    options.algorithm = DESPUR_GMM;
    assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
    despur_grouping_points(grouping, &dimensions);
    assert_int_equal(dimensions, 2);
    assert_int_equal(despur_grouping_count(grouping), 5);
    despur_grouping_training(grouping, groups);
    for (size_t i = 1; i < N; i++) assert_int_equal(groups[i], 2 * labels[i] + data.attributes[i]);
    assert_int_equal(groups[0], 4);
    assert_ok(despur_grouping_assign(grouping, data.outputs, labels, N, 2, groups, &error));
    size_t same = 0;
    for (size_t i = 1; i < N; i++) same += groups[i] == 2 * labels[i] + data.attributes[i];
    assert_true(same >= N - 5 && groups[0] == 4);
    despur_grouping_free(grouping);
  }
}

/* Whether a class of the first n examples is too small to be reduced. */
static int is_flat(size_t n, despur_reduction kind, size_t components, size_t neighbors) {
  static planted data;
  uint32_t labels[N];
  data = plant(10);
  for (size_t i = 0; i < N; i++) labels[i] = i >= n;
  despur_grouping_input input = input_of(&data);
  despur_grouping_options options = usual;
  despur_grouping *grouping;
  input.labels = labels;
  options.reduction = kind;
  options.components = components;
  options.neighbors = neighbors;
  assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
  int flat = grouping->reductions[0].flat;
  assert_false(grouping->reductions[1].flat);
  despur_grouping_free(grouping);
  return flat;
}

/* n points differ in n - 1 directions at most; UMAP needs as many points as neighbours. */
static void classes_are_reduced_when_they_have_enough_examples(void **state) {
  (void)state;
  assert_true(is_flat(2, DESPUR_REDUCE_PCA, 2, 0));
  assert_false(is_flat(3, DESPUR_REDUCE_PCA, 2, 0));
  assert_true(is_flat(9, DESPUR_REDUCE_UMAP, 2, 10));
  assert_false(is_flat(10, DESPUR_REDUCE_UMAP, 2, 10));
  assert_true(is_flat(3, DESPUR_REDUCE_UMAP, 3, 2));
  assert_false(is_flat(4, DESPUR_REDUCE_UMAP, 3, 2));
}

/* ---- files ---- */

static void a_grouping_survives_a_file(void **state) {
  (void)state;
  char directory[128], path[192], again[192], first[SHA256_HEX], second[SHA256_HEX];
  planted data = plant(7), fresh = plant(8);
  static const float WEIGHTS[2 * D] = {1, 2, 3, 4, 6, 3};
  static const double LOSSES[N] = {0};
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/a.safetensors", directory);
  snprintf(again, sizeof again, "%s/b.safetensors", directory);
  for (int kind = 0; kind < 16; kind++) {
    despur_grouping_input input = input_of(&data);
    despur_grouping_options options = usual;
    despur_grouping *grouping, *read;
    uint32_t wanted[N], found[N];
    input.classifier = WEIGHTS;
    input.losses = LOSSES;
    options.algorithm = (despur_clustering)((kind & 1) | (kind >> 1 & 2));
    options.overcluster = kind & 2 ? 3 : 1;
    options.scale = kind & 4 ? DESPUR_SCALE_STANDARD : DESPUR_SCALE_UNIT;
    options.reduction = (despur_reduction)(kind / 4);
    options.reduce_pooled = kind % 4 == 3 && options.reduction != DESPUR_REDUCE_HARDNESS;
    options.pooled = kind == 1 || kind == 7;
    assert_ok(despur_grouping_fit(&grouping, &input, &options, &error));
    assert_ok(despur_grouping_save(grouping, path, &error));
    assert_ok(despur_grouping_load(&read, path, &error));
    assert_int_equal(despur_grouping_count(read), despur_grouping_count(grouping));
    assert_ok(despur_grouping_assign(grouping, fresh.outputs, fresh.labels, N, 2, wanted, &error));
    assert_ok(despur_grouping_assign(read, fresh.outputs, fresh.labels, N, 1, found, &error));
    assert_memory_equal(found, wanted, sizeof wanted);
    assert_ok(despur_grouping_save(read, again, &error));
    assert_ok(file_sha256(path, first, &error));
    assert_ok(file_sha256(again, second, &error));
    assert_string_equal(first, second);
    despur_grouping_free(grouping);
    despur_grouping_free(read);
  }
  unlink(path);
  unlink(again);
  rmdir(directory);
}

static void assert_float32(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (values[i] != (double)(float)values[i]) fail_msg("[%zu of %zu] = %.17g", i, count, values[i]);
}

/* Else a grouping that was read would assign differently from the one that was written. */
static void fitted_numbers_are_those_that_a_file_can_hold(void **state) {
  (void)state;
  planted data = plant(7);
  despur_grouping_options options = usual;
  options.pooled = options.reduce_pooled = 1;
  options.algorithm = DESPUR_GMM;
  options.reduction = DESPUR_REDUCE_PCA;
  despur_grouping *grouping = fit(&data, &options);
  assert_float32(grouping->reductions[0].pca.mean, D);
  assert_float32(grouping->reductions[0].pca.axes, 2 * D);
  const despur_mixture *mixture = &grouping->parts[0].base.mixture;
  assert_float32(mixture->weights, 2);
  assert_float32(mixture->means, 2 * 2);
  assert_float32(mixture->whitening, 2 * 2 * 2);
  despur_grouping_free(grouping);
  options.reduction = DESPUR_REDUCE_UMAP;
  grouping = fit(&data, &options);
  assert_float32(&grouping->reductions[0].umap.a, 1);
  assert_float32(&grouping->reductions[0].umap.b, 1);
  despur_grouping_free(grouping);
}

static void files_that_are_no_groupings_are_refused(void **state) {
  (void)state;
  despur_grouping *grouping;
  assert_fails(despur_grouping_load(&grouping, "tests/golden/lenet/init.safetensors", &error),
               DESPUR_BAD_INPUT, "expected a tensor 'form', found none");
  assert_null(grouping);
}

/* ---- refusals ---- */

static void assert_refused(const despur_grouping_input *input, const despur_grouping_options *options,
                           despur_status status, const char *text) {
  despur_grouping *grouping;
  assert_fails(despur_grouping_fit(&grouping, input, options, &error), status, text);
  assert_null(grouping);
}

static size_t count_groups(const despur_grouping_input *input, const despur_grouping_options *options) {
  despur_grouping *grouping;
  assert_ok(despur_grouping_fit(&grouping, input, options, &error));
  size_t groups = despur_grouping_count(grouping);
  despur_grouping_free(grouping);
  return groups;
}

static void what_cannot_be_clustered_is_refused(void **state) {
  (void)state;
  planted data = plant(9);
  despur_grouping_input input = input_of(&data), broken = input;
  despur_grouping_options options = usual;
  broken.d = 0;
  assert_refused(&broken, &options, DESPUR_BAD_INPUT, "at least 1 output");
  broken.n = 0;
  assert_refused(&broken, &options, DESPUR_BAD_INPUT, "no training examples");
  options.clusters = 0;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "group inference: expected at least 1 cluster");
  options = usual;
  options.max_clusters = 1;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "0 or at least 2");
  options = usual;
  options.overcluster = 2;
  options.overcluster_loss = 1;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "needs losses");
  options = usual;
  options.reduction = DESPUR_REDUCE_HARDNESS;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "classifier");
  options.pooled = 1;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "reduction over all classes");
  data.outputs[7 * D + 1] = NAN;
  assert_refused(&input, &usual, DESPUR_BAD_INPUT, "output 1 of training example 7");
}

/* The smallest and the largest of what is allowed, beside what is not: despur_grouping_fit says what its
 * options mean. */
static void options_may_go_to_their_limits(void **state) {
  (void)state;
  static const float WEIGHTS[D] = {1, 2, 3};
  planted data = plant(9);
  const despur_grouping_input input = input_of(&data);
  despur_grouping_options options = usual;
  options.clusters = 1;
  assert_int_equal(count_groups(&input, &options), 2);
  options.clusters = 0; /* counts only where the number is not searched */
  options.max_clusters = 2;
  assert_int_equal(count_groups(&input, &options), 4);
  options = usual;
  options.starts = 0;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "found 2, 0, 1 and 0");
  options = usual;
  options.overcluster = 0;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "found 2, 10, 0 and 0");
  options = usual;
  options.overcluster_loss = 1; /* idle without over-clustering, so no losses are needed */
  assert_int_equal(count_groups(&input, &options), 4);
  options = usual;
  options.pooled = options.reduce_pooled = 1;
  options.reduction = DESPUR_REDUCE_PCA;
  for (options.components = 1; options.components <= D; options.components++)
    assert_int_equal(count_groups(&input, &options), 2);
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "expected 1 to 3 components of a reduction, found 4");
  options.components = 0;
  assert_refused(&input, &options, DESPUR_BAD_USAGE, "expected 1 to 3 components of a reduction, found 0");
  despur_grouping_input empty = input;
  empty.d = 0; /* what is wrong is not the number of components */
  options.components = 1;
  assert_refused(&empty, &options, DESPUR_BAD_INPUT, "at least 1 output");
  options = usual;
  options.reduction = DESPUR_REDUCE_HARDNESS;
  despur_grouping_input one = input;
  uint32_t zeros[N] = {0};
  one.labels = zeros;
  one.classes = 1;
  one.classifier = WEIGHTS;
  assert_refused(&one, &options, DESPUR_BAD_USAGE, "at least 2 classes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(planted_groups_are_found_within_classes_by_all_algorithms),
      cmocka_unit_test(pooled_clusters_cross_classes),
      cmocka_unit_test(clusters_of_a_class_depend_neither_on_other_classes_nor_on_threads),
      cmocka_unit_test(no_group_is_empty),
      cmocka_unit_test(the_search_finds_the_planted_number),
      cmocka_unit_test(of_equal_scores_the_larger_number_is_kept),
      cmocka_unit_test(over_clustering_keeps_the_piece_that_stands_out_and_is_hard),
      cmocka_unit_test(outputs_that_cannot_be_scaled_are_refused),
      cmocka_unit_test(scales_do_what_they_say),
      cmocka_unit_test(hardness_is_the_projection_on_the_difference_of_weights),
      cmocka_unit_test(reductions_keep_planted_clusters_and_forgive_small_classes),
      cmocka_unit_test(classes_are_reduced_when_they_have_enough_examples),
      cmocka_unit_test(a_grouping_survives_a_file),
      cmocka_unit_test(fitted_numbers_are_those_that_a_file_can_hold),
      cmocka_unit_test(files_that_are_no_groupings_are_refused),
      cmocka_unit_test(what_cannot_be_clustered_is_refused),
      cmocka_unit_test(options_may_go_to_their_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
