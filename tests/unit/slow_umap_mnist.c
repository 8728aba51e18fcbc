/* UMAP where it is used: features that a LeNet has learned in one epoch of SpuCoMNIST. */
#include "points_testing.h"

#include "despur/cluster.h"
#include "despur/eval.h"
#include "despur/train.h"

enum { FEATURES = 84, EVERY = 12, COUNT = 4000 };

static const char MNIST[] = "../shared/data/mnist";

/* [COUNT, FEATURES] of every twelfth training example; free with mem_free. */
static float *learned_features(void) {
  const double strength = 0.995;
  const despur_spuco_options options = {.images = MNIST,
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = 5,
                                        .strength = &strength,
                                        .strengths = 1,
                                        .difficulty = DESPUR_MAGNITUDE_LARGE};
  const despur_train_options how = {
      .epochs = 1,
      .batch_size = 64,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.01, .momentum = 0.9, .nesterov = 1}};
  despur_dataset *data;
  despur_net *net;
  assert_ok(despur_dataset_create_spuco_mnist(&data, &options, &error));
  const despur_net_options shape = {
      .arch = DESPUR_LENET, .input = despur_dataset_shape(data), .classes = 5, .batch = 64, .threads = 2};
  assert_ok(despur_net_create(&net, &shape, &error));
  assert_ok(despur_train(net, data, &how, NULL, NULL, &error));
  size_t count;
  const uint32_t *train = despur_dataset_split(data, DESPUR_TRAIN, &count);
  assert_true(count > EVERY * (COUNT - 1));
  uint32_t examples[COUNT];
  for (size_t i = 0; i < COUNT; i++) examples[i] = train[EVERY * i];
  float *features = zeros(COUNT * FEATURES);
  assert_ok(despur_outputs(net, data, examples, COUNT, DESPUR_FEATURES, features, &error));
  despur_net_free(net);
  despur_dataset_free(data);
  return features;
}

/* umap-learn 0.5.12 on the same features: 0.9971 to 0.9972 over five seeds. */
static void embeddings_of_learned_features_are_as_trustworthy_as_those_of_umap_learn(void **state) {
  (void)state;
  if (access(MNIST, R_OK)) skip();
  float *features = learned_features();
  const despur_umap_options options = {
      .neighbors = 15, .components = 2, .min_dist = 0.1, .spread = 1, .threads = 2};
  const despur_trustworthiness_options judged = {.neighbors = 10, .components = 2, .threads = 2};
  despur_umap umap;
  double value;
  assert_ok(despur_umap_fit(&umap, features, COUNT, FEATURES, &options, &error));
  assert_ok(despur_trustworthiness(&value, features, COUNT, FEATURES, umap.embedding, &judged, &error));
  if (value < 0.9972 - 0.01) fail_msg("trustworthiness %.4f, umap-learn's 0.9972", value);
  printf("trustworthiness %.4f, umap-learn's 0.9972\n", value);
  despur_umap_release(&umap);
  mem_free(features);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(embeddings_of_learned_features_are_as_trustworthy_as_those_of_umap_learn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
