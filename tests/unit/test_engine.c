/* The training loop through both engines: the same losses, group weights, outputs and weights, but for the
 * rounding of float32. What one engine has learned the other goes on with. */
#include "scalar_engine.h"

#include "despur/eval.h"
#include "despur/train.h"

enum { BATCH = 12, EPOCHS = 2, MOST_STEPS = 64, MOST_GROUPS = 8 };

static despur_error error;
static despur_dataset *dataset;
static despur_groups groups;

static int create(void **state) {
  (void)state;
  static const double STRENGTH = 0.6;
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1},
                                        .classes = 2,
                                        .difficulty = DESPUR_VARIANCE_HIGH,
                                        .strength = &STRENGTH,
                                        .strengths = 1,
                                        .digits_train = 40,
                                        .digits_test = 20};
  assert_ok(despur_dataset_create_spuco_mnist(&dataset, &options, &error));
  assert_ok(despur_groups_true(&groups, dataset, &error));
  return 0;
}

static int release(void **state) {
  (void)state;
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
  return 0;
}

static despur_net *new_net(const engine *e, despur_arch arch) {
  despur_net *net;
  const despur_net_options options = {.arch = arch,
                                      .input = despur_dataset_shape(dataset),
                                      .classes = despur_dataset_classes(dataset),
                                      .batch = BATCH,
                                      .seed = 5,
                                      .threads = 2};
  assert_ok(e->create(&net, &options, &error));
  return net;
}

static float *weights_of(const despur_net *net) {
  float *weights = scalar_allocate(net_state_floats(net), sizeof *weights);
  engine_of(net)->snapshot(net, &(net_state){.weights = weights});
  return weights;
}

/* What a training says, and its state after the first epoch. */
typedef struct record {
  double losses[MOST_STEPS], group_weights[EPOCHS][MOST_GROUPS];
  size_t steps, epochs;
  despur_train_state first;
} record;

static void keep_loss(void *context, size_t step, double loss, size_t examples) {
  (void)examples;
  record *r = context;
  assert_true(step < MOST_STEPS);
  r->losses[r->steps++] = loss;
}

static despur_status keep_weights(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                                  despur_error *failure) {
  (void)net;
  (void)failure;
  record *r = context;
  *score = 0;
  for (size_t g = 0; epoch->group_weights && g < epoch->groups->count; g++)
    r->group_weights[r->epochs][g] = epoch->group_weights[g];
  r->epochs++;
  return DESPUR_OK;
}

static void *copy_of(const void *from, size_t bytes) {
  if (!from) return NULL;
  return memcpy(scalar_allocate(1, bytes), from, bytes);
}

static despur_status keep_state(void *context, const despur_train_state *state, despur_error *failure) {
  (void)failure;
  record *r = context;
  if (state->epoch != 1) return DESPUR_OK;
  size_t bytes = state->parameters * sizeof(float), all = bytes + state->buffers * sizeof(float);
  r->first = *state;
  r->first.weights = copy_of(state->weights, all);
  r->first.average = copy_of(state->average, all);
  r->first.selected = copy_of(state->selected, all);
  for (size_t i = 0; i < 2; i++) r->first.moments[i] = copy_of(state->moments[i], bytes);
  r->first.group_weights = copy_of(state->group_weights, state->groups * sizeof(double));
  return DESPUR_OK;
}

static void forget(record *r) {
  free(r->first.weights);
  free(r->first.average);
  free(r->first.selected);
  free(r->first.moments[0]);
  free(r->first.moments[1]);
  free(r->first.group_weights);
}

static void train(despur_net *net, const despur_train_options *options, record *r) {
  const despur_train_hooks hooks = {
      .context = r, .step = keep_loss, .epoch = keep_weights, .state = keep_state};
  assert_ok(despur_train(net, dataset, options, &hooks, NULL, &error));
}

static void assert_outputs_agree(despur_net *a, despur_net *b, despur_output what) {
  size_t count, width = what == DESPUR_FEATURES ? despur_net_features(a) : despur_net_classes(a);
  assert_int_equal(despur_net_features(a), despur_net_features(b));
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TEST, &count);
  float *out[2] = {scalar_allocate(count * width, sizeof(float)),
                   scalar_allocate(count * width, sizeof(float))};
  assert_ok(despur_outputs(a, dataset, examples, count, what, out[0], &error));
  assert_ok(despur_outputs(b, dataset, examples, count, what, out[1], &error));
  assert_floats_near(out[0], out[1], count * width, 1e-5, 2e-5);
  free(out[0]);
  free(out[1]);
}

static void assert_weights_agree(const despur_net *a, const despur_net *b) {
  float *of_a = weights_of(a), *of_b = weights_of(b);
  assert_int_equal(net_state_floats(a), net_state_floats(b));
  assert_floats_near(of_a, of_b, net_state_floats(a), 0, 1e-5);
  free(of_a);
  free(of_b);
}

/* Both engines from the same weights; then each from the other's state after the first epoch. */
static void assert_engines_agree(despur_arch arch, despur_train_options options) {
  const engine *engines[2] = {&engine_cpu, &scalar_engine};
  despur_net *nets[2] = {new_net(engines[0], arch), new_net(engines[1], arch)};
  record *records = scalar_allocate(2, sizeof *records), *rest = scalar_allocate(1, sizeof *rest);
  float *start = weights_of(nets[0]);
  options.epochs = EPOCHS;
  options.batch_size = BATCH;
  options.groups = &groups;
  options.seed = 3;
  engines[1]->restore(nets[1], &(net_state){.weights = start});
  for (size_t i = 0; i < 2; i++) train(nets[i], &options, &records[i]);
  assert_true(records[0].steps > EPOCHS && records[0].steps == records[1].steps);
  for (size_t k = 0; k < records[0].steps; k++)
    assert_near(records[0].losses[k], records[1].losses[k], 1e-5 * records[1].losses[k]);
  for (size_t epoch = 0; epoch < EPOCHS; epoch++)
    for (size_t g = 0; g < MOST_GROUPS; g++)
      assert_near(records[0].group_weights[epoch][g], records[1].group_weights[epoch][g], 1e-5);
  assert_weights_agree(nets[0], nets[1]);
  assert_outputs_agree(nets[0], nets[1], DESPUR_LOGITS);
  assert_outputs_agree(nets[0], nets[1], DESPUR_FEATURES);
  for (size_t i = 0; i < 2; i++) {
    despur_net *net = new_net(engines[i], arch);
    options.resume = &records[1 - i].first;
    train(net, &options, rest);
    assert_weights_agree(net, nets[1]);
    forget(rest);
    *rest = (record){0};
    despur_net_free(net);
  }
  for (size_t i = 0; i < 2; i++) forget(&records[i]), despur_net_free(nets[i]);
  free(start);
  free(records);
  free(rest);
}

static const despur_optimizer_options
    SGD = {.lr = 0.02, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.01},
    ADAM = {.name = DESPUR_ADAM, .lr = 0.002, .betas = {0.9, 0.99}, .eps = 1e-3, .weight_decay = 0.01},
    ADAMW = {.name = DESPUR_ADAMW, .lr = 0.002, .betas = {0.8, 0.95}, .eps = 1e-3, .weight_decay = 0.1};

static void both_engines_train_alike(void **state) {
  (void)state;
  const despur_train_options erm = {.optimizer = SGD, .clip = 0.5, .ema = 0.8};
  assert_engines_agree(DESPUR_LENET, erm);
  assert_engines_agree(DESPUR_MLP, erm);
  assert_engines_agree(DESPUR_ARCH_LINEAR, (despur_train_options){.optimizer = ADAM});
}

static void both_engines_weigh_groups_alike(void **state) {
  (void)state;
  despur_train_options groupdro = {
      .optimizer = ADAM, .method = DESPUR_GROUPDRO, .method_options = {.eta = 0.1}};
  assert_engines_agree(DESPUR_LENET, groupdro);
  groupdro.optimizer = ADAMW;
  groupdro.schedule = (despur_schedule_options){.name = DESPUR_COSINE};
  assert_engines_agree(DESPUR_MLP, groupdro);
}

/* Noise of 5 x 5 pixels, the class in one channel's brightness, so that a residual network of twenty layers
 * is quick in plain C. */
static void replace_by_small_pictures(void) {
  enum { COUNT = 60, CHANNELS = 3, SIDE = 5, SIZE = CHANNELS * SIDE * SIDE };
  static uint8_t pixels[COUNT * SIZE];
  static int64_t labels[COUNT], attributes[COUNT], splits[COUNT];
  random_stream stream = random_open(0, "small pictures", 0);
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = (int64_t)(i % 2);
    attributes[i] = (int64_t)(i / 2 % 2);
    splits[i] = i % 5 < 3 ? DESPUR_TRAIN : DESPUR_TEST;
    for (size_t k = 0; k < SIZE; k++)
      pixels[i * SIZE + k] = (uint8_t)(random_below(&stream, 150) + (k / (SIDE * SIDE) == i % 2 ? 60 : 0));
  }
  const despur_arrays arrays = {.images = pixels,
                                .count = COUNT,
                                .shape = {CHANNELS, SIDE, SIDE},
                                .labels = labels,
                                .attributes = attributes,
                                .splits = splits};
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_groups_true(&groups, dataset, &error));
}

/* Batch norm in training and outside of it, its running averages, sums, strides and shortcuts. */
static void both_engines_train_residual_networks_alike(void **state) {
  (void)state;
  replace_by_small_pictures();
  assert_engines_agree(DESPUR_RESNET20, (despur_train_options){.optimizer = SGD, .ema = 0.8});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_engines_train_alike),
      cmocka_unit_test(both_engines_weigh_groups_alike),
      cmocka_unit_test(both_engines_train_residual_networks_alike),
  };
  return cmocka_run_group_tests(tests, create, release);
}
