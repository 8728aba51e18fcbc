/* A training that goes on from any of its states ends as one that was never interrupted: the same bytes. */
#include "testing.h"

#include "base/math.h"
#include "nn/net.h"

#include "despur/train.h"

enum { COUNT = 60, SIDE = 6, VALUES = SIDE * SIDE, CLASSES = 3, ATTRIBUTES = 2, EPOCHS = 5, BATCH = 7 };

static despur_error error;
static despur_dataset *dataset;
static despur_groups groups;

/* Class c is bright in rows 2c and 2c + 1; the attribute, usual in four of five, says which half is dimmer.
 */
static int create(void **state) {
  (void)state;
  static uint8_t images[COUNT * VALUES];
  static int64_t labels[COUNT], attributes[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = (int64_t)(i % CLASSES);
    attributes[i] = (int64_t)(i % 5 == 0 ? (i + 1) % 2 : i % CLASSES == 0);
    for (size_t p = 0; p < VALUES; p++)
      images[i * VALUES + p] = (uint8_t)((p / SIDE / 2 == i % CLASSES ? 160 : 20) + (i * 31 + p * 17) % 80 -
                                         (p % 2 == (size_t)attributes[i] ? 15 : 0));
  }
  despur_arrays arrays = {
      .images = images, .count = COUNT, .shape = {1, SIDE, SIDE}, .labels = labels, .attributes = attributes};
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_groups_true(&groups, dataset, &error));
  return 0;
}

static int release(void **state) {
  (void)state;
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
  return 0;
}

static despur_arch arch = DESPUR_MLP; /* of all networks */

static despur_net *new_net(void) {
  despur_net *net;
  despur_net_options options = {.arch = arch,
                                .input = {1, SIDE, SIDE},
                                .classes = CLASSES,
                                .batch = 16,
                                .dropout = 0.3,
                                .seed = 1,
                                .threads = 1};
  assert_ok(despur_net_create(&net, &options, &error));
  return net;
}

static void *copy_of(const void *data, size_t bytes) {
  if (!data) return NULL;
  void *copy = malloc(bytes);
  assert_non_null(copy);
  return memcpy(copy, data, bytes);
}

/* The states after every epoch, and what the scores are. */
typedef struct keeper {
  const double *scores;
  despur_train_state states[EPOCHS];
  size_t count;
} keeper;

static despur_status score_epoch(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                                 despur_error *failure) {
  (void)net;
  (void)failure;
  *score = ((const keeper *)context)->scores[epoch->epoch - 1];
  return DESPUR_OK;
}

static despur_status keep_state(void *context, const despur_train_state *state, despur_error *failure) {
  (void)failure;
  keeper *k = context;
  size_t bytes = (state->parameters + state->buffers) * sizeof(float);
  despur_train_state *copy = &k->states[k->count++];
  *copy = *state;
  copy->weights = copy_of(state->weights, bytes);
  copy->average = copy_of(state->average, bytes);
  copy->selected = copy_of(state->selected, bytes);
  for (int i = 0; i < 2; i++)
    copy->moments[i] = copy_of(state->moments[i], state->parameters * sizeof(float));
  copy->group_weights = copy_of(state->group_weights, state->groups * sizeof(double));
  return DESPUR_OK;
}

static void forget(keeper *k) {
  for (size_t i = 0; i < k->count; i++) {
    free(k->states[i].weights);
    free(k->states[i].average);
    free(k->states[i].selected);
    free(k->states[i].moments[0]);
    free(k->states[i].moments[1]);
    free(k->states[i].group_weights);
  }
}

static const double RISING[EPOCHS] = {0.1, 0.2, 0.3, 0.4, 0.5}, EARLY[EPOCHS] = {0.3, 0.9, 0.2, 0.9, 0.1},
                    LATE[EPOCHS] = {(double)NAN, (double)NAN, (double)NAN, (double)NAN, 0.5};

/* From every state on, a network whose own weights are nonsense ends with the same weights and choice, and
 * passes through the same states. */
static void assert_resumes(despur_train_options options, const double *scores) {
  keeper whole = {.scores = scores};
  despur_train_hooks hooks = {.context = &whole, .epoch = score_epoch, .state = keep_state};
  despur_net *net = new_net();
  despur_train_result wanted, found;
  options.epochs = EPOCHS;
  options.batch_size = BATCH;
  options.groups = &groups;
  options.seed = 4;
  assert_ok(despur_train(net, dataset, &options, &hooks, &wanted, &error));
  assert_int_equal(whole.count, EPOCHS);
  for (size_t from = 0; from < EPOCHS; from++) {
    keeper rest = {.scores = scores};
    despur_net *other = new_net();
    for (size_t i = 0; i < net_state_floats(other); i++) other->parameters[i] = (float)i;
    hooks.context = &rest;
    options.resume = &whole.states[from];
    assert_ok(despur_train(other, dataset, &options, &hooks, &found, &error));
    assert_int_equal(rest.count, EPOCHS - 1 - from);
    assert_int_equal(found.selected_epoch, wanted.selected_epoch);
    assert_int_equal(found.steps, wanted.steps);
    assert_memory_equal(other->parameters, net->parameters, net_state_floats(net) * sizeof(float));
    for (size_t i = 0; i < rest.count; i++) {
      const despur_train_state *a = &rest.states[i], *b = &whole.states[from + 1 + i];
      assert_int_equal(a->step, b->step);
      assert_memory_equal(&a->selected_score, &b->selected_score, sizeof(double));
      assert_memory_equal(a->moments[0], b->moments[0], net->slab * sizeof(float));
      assert_memory_equal(a->moment_powers, b->moment_powers, sizeof a->moment_powers);
      if (a->groups) assert_memory_equal(a->group_weights, b->group_weights, a->groups * sizeof(double));
    }
    forget(&rest);
    despur_net_free(other);
  }
  forget(&whole);
  despur_net_free(net);
}

static despur_train_options sgd(void) {
  return (despur_train_options){.optimizer = {.name = DESPUR_SGD, .lr = 0.02, .momentum = 0.9},
                                .method = DESPUR_ERM};
}

static void every_optimizer_resumes(void **state) {
  (void)state;
  static const despur_optimizer NAMES[] = {DESPUR_SGD, DESPUR_ADAM, DESPUR_ADAMW};
  for (size_t i = 0; i < 3; i++) {
    despur_train_options options = sgd();
    options.optimizer = (despur_optimizer_options){.name = NAMES[i],
                                                   .lr = 0.004,
                                                   .momentum = 0.8,
                                                   .weight_decay = 0.01,
                                                   .betas = {0.9, 0.99},
                                                   .eps = 1e-8};
    options.clip = 0.7;
    assert_resumes(options, RISING);
  }
}

static void every_schedule_resumes(void **state) {
  (void)state;
  static const despur_schedule NAMES[] = {DESPUR_CONSTANT, DESPUR_STEP, DESPUR_COSINE, DESPUR_LINEAR};
  for (size_t i = 0; i < 4; i++) {
    despur_train_options options = sgd();
    options.schedule =
        (despur_schedule_options){.name = NAMES[i], .every = 2, .gamma = 0.3, .final_share = 0.1};
    assert_resumes(options, RISING);
  }
}

static void every_method_resumes(void **state) {
  (void)state;
  static const double POWER = 2;
  for (int method = 0; despur_method_names[method]; method++) {
    despur_train_options options = sgd();
    options.method = (despur_method)method;
    options.method_options = (despur_method_options){.eta = 0.1, .power = &POWER, .powers = 1, .repeats = 3};
    assert_resumes(options, RISING);
  }
}

static void random_changes_of_images_resume(void **state) {
  (void)state;
  static const despur_augmentation PADDED = {.flip = 1, .crop = DESPUR_CROP_PADDED, .pad = 2},
                                   RESIZED = {.crop = DESPUR_CROP_RESIZED,
                                              .scale = {0.3, 1},
                                              .ratio = {0.75, 1.5},
                                              .brightness = 0.4,
                                              .contrast = 0.5};
  despur_train_options options = sgd();
  options.augment = PADDED;
  assert_resumes(options, RISING);
  options.augment = RESIZED;
  options.method = DESPUR_GROUP_BALANCE;
  assert_resumes(options, RISING);
}

static void selection_remembers_what_it_has_seen(void **state) {
  (void)state;
  despur_train_options options = sgd();
  options.selection = DESPUR_SELECT_BEST;
  assert_resumes(options, RISING);
  assert_resumes(options, EARLY);
}

static void averages_resume(void **state) {
  (void)state;
  despur_train_options options = sgd();
  options.ema = 0.9; /* its first epoch averages all steps alike, the others do not */
  assert_resumes(options, RISING);
  options.selection = DESPUR_SELECT_BEST;
  assert_resumes(options, RISING);
  assert_resumes(options, EARLY);
  assert_resumes(options, LATE);
}

/* Until a rule has something to judge by, it keeps the initial weights, which only the state knows. */
static void a_rule_that_has_not_chosen_yet_resumes(void **state) {
  (void)state;
  despur_train_options options = sgd();
  options.selection = DESPUR_SELECT_BEST;
  assert_resumes(options, LATE);
}

/* Running means and variances are part of what goes on, of what is averaged and of what is selected. */
static void batch_norm_resumes(void **state) {
  (void)state;
  despur_train_options options = sgd();
  arch = DESPUR_RESNET20;
  options.ema = 0.9;
  options.selection = DESPUR_SELECT_BEST;
  assert_resumes(options, EARLY);
  arch = DESPUR_MLP;
}

static void a_state_that_does_not_fit_is_refused(void **state) {
  (void)state;
  keeper whole = {.scores = RISING};
  despur_train_hooks hooks = {.context = &whole, .epoch = score_epoch, .state = keep_state};
  despur_net *net = new_net();
  despur_train_options options = sgd(), other;
  despur_train_state wrong;
  options.epochs = 2;
  options.batch_size = BATCH;
  options.groups = &groups;
  assert_ok(despur_train(net, dataset, &options, &hooks, NULL, &error));
  options.resume = &wrong;
  wrong = whole.states[1];
  wrong.parameters--;
  assert_fails(despur_train(net, dataset, &options, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "buffers, the network has");
  wrong = whole.states[1];
  wrong.step++;
  assert_fails(despur_train(net, dataset, &options, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "train: the state is after 2 epochs and 19 steps, but 2 epochs have 9 steps each");
  wrong = whole.states[1];
  other = options;
  other.epochs = 1;
  assert_fails(despur_train(net, dataset, &other, NULL, NULL, &error), DESPUR_BAD_INPUT, "but 1 epochs have");
  other = options;
  other.optimizer.name = DESPUR_ADAM;
  assert_fails(despur_train(net, dataset, &other, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "of another optimizer");
  other = options;
  other.ema = 0.9;
  assert_fails(despur_train(net, dataset, &other, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "has no moving average of the weights");
  other = options;
  other.method = DESPUR_GROUPDRO;
  assert_fails(despur_train(net, dataset, &other, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "has weights of 0 groups, the method 6");
  forget(&whole);
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_optimizer_resumes),
      cmocka_unit_test(every_schedule_resumes),
      cmocka_unit_test(every_method_resumes),
      cmocka_unit_test(random_changes_of_images_resume),
      cmocka_unit_test(selection_remembers_what_it_has_seen),
      cmocka_unit_test(averages_resume),
      cmocka_unit_test(batch_norm_resumes),
      cmocka_unit_test(a_rule_that_has_not_chosen_yet_resumes),
      cmocka_unit_test(a_state_that_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, create, release);
}
