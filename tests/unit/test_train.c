/* The training loop: that it learns, which weights it leaves behind, and how it stops. */
#include "testing.h"

#include "nn/net.h"

#include "despur/eval.h"
#include "despur/train.h"

#include <stdbool.h>

enum { COUNT = 45, SIDE = 6, VALUES = SIDE * SIDE, CLASSES = 3, BATCH = 10, STEPS = 5 };

static despur_error error;
static despur_dataset *dataset;

/* Class c is bright in rows 2c and 2c + 1, with some disorder; every tenth example is held out. */
static int create(void **state) {
  (void)state;
  static uint8_t images[COUNT * VALUES];
  static int64_t labels[COUNT], splits[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = (int64_t)(i % CLASSES);
    splits[i] = i % 10 == 9 ? DESPUR_VAL : DESPUR_TRAIN;
    for (size_t p = 0; p < VALUES; p++)
      images[i * VALUES + p] = (uint8_t)((p / SIDE / 2 == i % CLASSES ? 160 : 20) + (i * 31 + p * 17) % 80);
  }
  despur_arrays arrays = {
      .images = images, .count = COUNT, .shape = {1, SIDE, SIDE}, .labels = labels, .splits = splits};
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  return 0;
}

static int release(void **state) {
  (void)state;
  despur_dataset_free(dataset);
  return 0;
}

static despur_net *new_net(int threads) {
  despur_net *net;
  despur_net_options options = {.arch = DESPUR_MLP,
                                .input = {1, SIDE, SIDE},
                                .classes = CLASSES,
                                .batch = 32,
                                .dropout = 0.3,
                                .seed = 1,
                                .threads = threads};
  assert_ok(despur_net_create(&net, &options, &error));
  return net;
}

static despur_train_options ordinary_options(void) {
  return (despur_train_options){.epochs = 6,
                                .batch_size = BATCH,
                                .optimizer = {.name = DESPUR_SGD, .lr = 0.02, .momentum = 0.9},
                                .method = DESPUR_ERM,
                                .seed = 4};
}

static float *copy_weights(const despur_net *net) {
  float *copy = malloc(net->slab * sizeof *copy);
  assert_non_null(copy);
  return memcpy(copy, net->parameters, net->slab * sizeof *copy);
}

static bool has_weights(const despur_net *net, const float *weights) {
  return memcmp(net->parameters, weights, net->slab * sizeof *weights) == 0;
}

static bool is_finite(const despur_net *net) {
  for (size_t i = 0; i < net->slab; i++)
    if (!isfinite(net->parameters[i])) return false;
  return true;
}

/* ---- what the hooks are told ---- */

enum { MOST_EPOCHS = 16 };

/* Scores that it hands out, and what it has heard. */
typedef struct witness {
  double scores[MOST_EPOCHS];
  size_t stop_before; /* the step before which to stop; 0: never */
  size_t fail_after;  /* the epoch after which to fail; 0: never */
  size_t steps, epochs, examples;
  double losses[MOST_EPOCHS * STEPS], epoch_loss[MOST_EPOCHS];
  float *weights[MOST_EPOCHS + 1]; /* after each epoch; [0] is set by the test */
} witness;

static void hear_step(void *context, size_t step, double loss, size_t examples) {
  witness *w = context;
  assert_int_equal(step, w->steps);
  w->losses[w->steps++] = loss;
  w->examples += examples;
}

static despur_status hear_epoch(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                                despur_error *failure) {
  witness *w = context;
  assert_int_equal(epoch->epoch, w->epochs + 1);
  assert_int_equal(epoch->steps, w->steps);
  *score = w->scores[w->epochs];
  w->epoch_loss[w->epochs++] = epoch->loss;
  w->weights[w->epochs] = copy_weights(net);
  if (w->epochs != w->fail_after) return DESPUR_OK;
  failure->status = DESPUR_NO_RESOURCES;
  snprintf(failure->message, sizeof failure->message, "no more");
  return DESPUR_NO_RESOURCES;
}

static int wants_to_stop(void *context) {
  const witness *w = context;
  return w->stop_before && w->steps == w->stop_before;
}

static despur_status train(despur_net *net, const despur_train_options *options, witness *w,
                           despur_train_result *result) {
  despur_train_hooks hooks = {.context = w, .step = hear_step, .epoch = hear_epoch, .stop = wants_to_stop};
  w->weights[0] = copy_weights(net);
  return despur_train(net, dataset, options, &hooks, result, &error);
}

static void forget(witness *w) {
  for (size_t i = 0; i <= MOST_EPOCHS; i++) free(w->weights[i]);
  *w = (witness){0};
}

/* ---- learning ---- */

static void the_loss_falls_and_the_network_becomes_right(void **state) {
  (void)state;
  witness w = {0};
  despur_train_result result;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.epochs = 12;
  assert_ok(train(net, &options, &w, &result));
  assert_int_equal(result.steps, 12 * STEPS);
  assert_int_equal(result.selected_epoch, 12);
  assert_near(w.losses[0], log(CLASSES), 0.3); /* a new network knows nothing */
  assert_true(w.epoch_loss[11] < 0.1 * w.epoch_loss[0]);
  float logits[COUNT * CLASSES];
  uint32_t predictions[COUNT];
  size_t count;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_VAL, &count);
  assert_ok(despur_outputs(net, dataset, examples, count, DESPUR_LOGITS, logits, &error));
  double loss = despur_predictions(logits, dataset, examples, count, CLASSES, predictions);
  assert_true(loss < 0.1);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(predictions[i], despur_dataset_labels(dataset)[examples[i]]);
  forget(&w);
  despur_net_free(net);
}

/* 41 examples make four batches of 10 and one of 1, which weighs a tenth. */
static void the_loss_of_an_epoch_is_the_mean_over_its_examples(void **state) {
  (void)state;
  witness w = {0};
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  assert_ok(train(net, &options, &w, NULL));
  assert_int_equal(w.epochs, 6);
  assert_int_equal(w.steps, 6 * STEPS);
  assert_int_equal(w.examples, 6 * 41);
  for (size_t epoch = 0; epoch < 6; epoch++) {
    const double *loss = w.losses + epoch * STEPS;
    double mean = (10 * (loss[0] + loss[1] + loss[2] + loss[3]) + loss[4]) / 41;
    assert_near(w.epoch_loss[epoch], mean, 1e-12);
  }
  forget(&w);
  despur_net_free(net);
}

static void hooks_may_be_left_out(void **state) {
  (void)state;
  despur_net *net = new_net(1), *other = new_net(1);
  despur_train_options options = ordinary_options();
  witness w = {0};
  assert_ok(despur_train(net, dataset, &options, NULL, NULL, &error));
  assert_ok(train(other, &options, &w, NULL));
  assert_true(has_weights(net, other->parameters)); /* listening changes nothing */
  forget(&w);
  despur_net_free(net);
  despur_net_free(other);
}

static void no_epochs_leave_the_initial_weights(void **state) {
  (void)state;
  witness w = {0};
  despur_train_result result = {99, 99};
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.epochs = 0;
  assert_ok(train(net, &options, &w, &result));
  assert_true(has_weights(net, w.weights[0]));
  assert_int_equal(result.selected_epoch, 0);
  assert_int_equal(result.steps, 0);
  assert_int_equal(w.epochs, 0);
  forget(&w);
  despur_net_free(net);
}

/* ---- selection ---- */

static void assert_selects(despur_selection rule, const double *scores, size_t epochs, size_t wanted) {
  witness w = {0};
  despur_train_result result;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.epochs = epochs;
  options.selection = rule;
  memcpy(w.scores, scores, epochs * sizeof *scores);
  assert_ok(train(net, &options, &w, &result));
  assert_int_equal(result.selected_epoch, wanted);
  for (size_t epoch = 0; epoch <= epochs; epoch++)
    assert_int_equal(has_weights(net, w.weights[epoch]), epoch == wanted);
  forget(&w);
  despur_net_free(net);
}

static void selection_keeps_the_weights_of_its_epoch(void **state) {
  (void)state;
  static const double MIDDLE[] = {0.1, 0.5, 0.7, 0.3, 0.6}, TIED[] = {0.2, 0.7, 0.7, 0.1, 0.7},
                      FALLING[] = {0, -1, -2, -3, -4}, RISING[] = {-5, -4, -3, -2, -1}, EQUAL[5] = {0};
  assert_selects(DESPUR_SELECT_LAST, MIDDLE, 5, 5);
  assert_selects(DESPUR_SELECT_BEST, MIDDLE, 5, 3);
  assert_selects(DESPUR_SELECT_BEST, TIED, 5, 2); /* of equal ones the earliest */
  assert_selects(DESPUR_SELECT_BEST, FALLING, 5, 1);
  assert_selects(DESPUR_SELECT_BEST, RISING, 5, 5);
  assert_selects(DESPUR_SELECT_BEST, EQUAL, 5, 1);
}

static void a_score_that_does_not_exist_never_wins(void **state) {
  (void)state;
  static const double HOLES[] = {(double)NAN, 0.3, (double)NAN, 0.2};
  assert_selects(DESPUR_SELECT_BEST, HOLES, 4, 2);
}

/* Otherwise the initial weights would be handed out as a trained network. */
static void scores_that_never_exist_are_an_error(void **state) {
  (void)state;
  witness w = {.scores = {(double)NAN, (double)NAN}};
  despur_train_result result;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.epochs = 2;
  options.selection = DESPUR_SELECT_BEST;
  assert_int_equal(train(net, &options, &w, &result), DESPUR_BAD_INPUT);
  forget(&w);
  despur_net_free(net);
}

/* ---- stopping ---- */

static void assert_stops(size_t before, size_t finished_epochs) {
  witness w = {.stop_before = before};
  char wanted[128];
  despur_train_result result;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  snprintf(wanted, sizeof wanted, "interrupted in epoch %zu of 6, before step %zu", finished_epochs + 1,
           before);
  assert_fails(train(net, &options, &w, &result), DESPUR_INTERRUPTED, wanted);
  assert_int_equal(w.epochs, finished_epochs);
  assert_int_equal(result.steps, before);
  assert_true(has_weights(net, w.weights[finished_epochs]));
  forget(&w);
  despur_net_free(net);
}

static void an_interrupted_training_leaves_the_last_finished_epoch(void **state) {
  (void)state;
  assert_stops(3, 0);
  assert_stops(STEPS, 1);
  assert_stops(2 * STEPS + 4, 2);
}

static void a_hook_that_fails_ends_training_with_its_error(void **state) {
  (void)state;
  witness w = {.fail_after = 2};
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  assert_fails(train(net, &options, &w, NULL), DESPUR_NO_RESOURCES, "no more");
  assert_int_equal(w.epochs, 2);
  assert_true(has_weights(net, w.weights[1]));
  forget(&w);
  despur_net_free(net);
}

/* ---- losses that are not finite ---- */

static size_t number_after(const char *message, const char *words) {
  const char *found = strstr(message, words);
  if (!found) fail_msg("'%s' does not say '%s'", message, words);
  return strtoul(found + strlen(words), NULL, 10);
}

static void a_diverging_training_names_the_step_and_leaves_finite_weights(void **state) {
  (void)state;
  witness w = {0};
  despur_train_result result;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.optimizer.lr = 1e6;
  assert_fails(train(net, &options, &w, &result), DESPUR_BAD_INPUT,
               "; a smaller learning rate or train.clip may help");
  assert_int_equal(number_after(error.message, "step "), w.steps);
  assert_int_equal(number_after(error.message, "(epoch "), w.epochs + 1);
  assert_int_equal(result.steps, w.steps);
  for (size_t i = 0; i < w.steps; i++) assert_true(isfinite(w.losses[i]));
  assert_true(has_weights(net, w.weights[w.epochs]));
  assert_true(is_finite(net));
  forget(&w);
  despur_net_free(net);
}

/* The step that spoils the weights may be the last of its epoch: no loss sees it before the epoch ends. */
static void weights_spoiled_by_the_last_step_of_an_epoch_are_not_kept(void **state) {
  (void)state;
  static const double RATES[] = {1e30, 1e38, 1e200};
  for (size_t i = 0; i < 3; i++) {
    witness w = {0};
    despur_net *net = new_net(1);
    despur_train_options options = ordinary_options();
    static const uint32_t ORDER[BATCH] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10};
    options.order = ORDER; /* one step in an epoch */
    options.order_length = BATCH;
    options.epochs = 3;
    options.optimizer.lr = RATES[i];
    options.optimizer.weight_decay = 100;
    assert_fails(train(net, &options, &w, NULL), DESPUR_BAD_INPUT, "(epoch ");
    assert_true(number_after(error.message, "step ") <= w.steps);
    assert_int_equal(number_after(error.message, "(epoch "), w.epochs + 1);
    assert_true(has_weights(net, w.weights[w.epochs]));
    assert_true(is_finite(net));
    forget(&w);
    despur_net_free(net);
  }
}

static void a_network_that_is_spoiled_from_the_start_is_noticed(void **state) {
  (void)state;
  witness w = {0};
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  net->parameters[7] = NAN; /* in the first layer */
  assert_fails(train(net, &options, &w, NULL), DESPUR_BAD_INPUT, "epoch 1 of 6");
  assert_int_equal(w.epochs, 0);
  forget(&w);
  despur_net_free(net);
}

/* ---- the moving average ---- */

/* With one step in an epoch the hooks of a plain training see the weights after each step. */
static void the_average_is_of_all_steps_at_first_and_then_moves(void **state) {
  (void)state;
  enum { EPOCHS = 12 };
  static const uint32_t ORDER[BATCH] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10};
  witness plain = {0}, averaged = {0};
  despur_train_options options = ordinary_options();
  options.epochs = EPOCHS;
  options.order = ORDER;
  options.order_length = BATCH;
  despur_net *net = new_net(1), *other = new_net(1);
  assert_ok(train(net, &options, &plain, NULL));
  options.ema = 0.75; /* the first four steps count alike */
  assert_ok(train(other, &options, &averaged, NULL));
  for (size_t i = 0; i < net->slab; i += 11) {
    double average = 0;
    for (size_t step = 1; step <= EPOCHS; step++) {
      double weight = (double)plain.weights[step][i];
      average = step <= 4 ? average + (weight - average) / (double)step : 0.75 * average + 0.25 * weight;
      assert_near(averaged.weights[step][i], average, 1e-6);
    }
  }
  assert_memory_equal(averaged.losses, plain.losses, sizeof plain.losses); /* steps go on from the weights */
  assert_true(has_weights(other, averaged.weights[EPOCHS]));
  forget(&plain);
  forget(&averaged);
  despur_net_free(net);
  despur_net_free(other);
}

/* ---- same bytes ---- */

static void assert_same_for_any_threads(despur_arch arch, despur_optimizer optimizer) {
  float *first = NULL;
  for (int threads = 1; threads <= 3; threads++) {
    despur_net *net;
    despur_net_options wanted = {.arch = arch,
                                 .input = {1, 28, 28},
                                 .classes = 5,
                                 .batch = 50, /* three blocks of sixteen and two examples */
                                 .dropout = 0.5,
                                 .seed = 2,
                                 .threads = threads};
    despur_train_options options = ordinary_options();
    despur_dataset *digits;
    assert_ok(despur_dataset_create_digits(&digits, 100, 10, 1, 2, &error));
    wanted.classes = despur_dataset_classes(digits);
    assert_ok(despur_net_create(&net, &wanted, &error));
    options.epochs = 1;
    options.batch_size = 50;
    options.optimizer = (despur_optimizer_options){
        .name = optimizer, .lr = 0.003, .momentum = 0.9, .betas = {0.9, 0.999}, .eps = 1e-8};
    options.clip = 1;
    assert_ok(despur_train(net, digits, &options, NULL, NULL, &error));
    if (!first) first = copy_weights(net);
    assert_true(has_weights(net, first));
    despur_net_free(net);
    despur_dataset_free(digits);
  }
  free(first);
}

static void weights_are_the_same_bytes_for_any_number_of_threads(void **state) {
  (void)state;
  assert_same_for_any_threads(DESPUR_LENET, DESPUR_SGD);
  assert_same_for_any_threads(DESPUR_LENET, DESPUR_ADAM);
  assert_same_for_any_threads(DESPUR_MLP, DESPUR_SGD);
}

static void seed_and_stage_give_another_order(void **state) {
  (void)state;
  float *first = NULL;
  for (uint64_t i = 0; i < 3; i++) {
    despur_net *net = new_net(1);
    despur_train_options options = ordinary_options();
    options.epochs = 1;
    options.seed += i == 1;
    options.stage += i == 2;
    assert_ok(despur_train(net, dataset, &options, NULL, NULL, &error));
    if (first)
      assert_false(has_weights(net, first));
    else
      first = copy_weights(net);
    despur_net_free(net);
  }
  free(first);
}

/* ---- refusals ---- */

static void what_does_not_fit_the_network_is_refused(void **state) {
  (void)state;
  despur_net *net = new_net(1);
  despur_train_options options = ordinary_options();
  options.batch_size = 33;
  assert_fails(despur_train(net, dataset, &options, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "train: batch size 33, but the network takes from 1 to 32");
  options.batch_size = 0;
  assert_fails(despur_train(net, dataset, &options, NULL, NULL, &error), DESPUR_BAD_USAGE, "batch size 0");
  despur_dataset *digits;
  assert_ok(despur_dataset_create_digits(&digits, 50, 10, 1, 2, &error));
  options = ordinary_options();
  assert_fails(despur_train(net, digits, &options, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "train: the data set has 10 classes, the network 3");
  despur_dataset_free(digits);
  static const uint8_t IMAGES[4 * 35] = {0};
  static const int64_t TWO[4] = {0, 1, 0, 1};
  despur_dataset *narrow;
  despur_arrays arrays = {.images = IMAGES, .count = 4, .shape = {1, 5, 7}, .labels = TWO};
  assert_ok(despur_dataset_create_from_arrays(&narrow, &arrays, &error));
  assert_fails(despur_train(net, narrow, &options, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "train: the images have 1 x 5 x 7 values, the network takes 1 x 6 x 6");
  despur_dataset_free(narrow);
  despur_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_loss_falls_and_the_network_becomes_right),
      cmocka_unit_test(the_loss_of_an_epoch_is_the_mean_over_its_examples),
      cmocka_unit_test(hooks_may_be_left_out),
      cmocka_unit_test(no_epochs_leave_the_initial_weights),
      cmocka_unit_test(selection_keeps_the_weights_of_its_epoch),
      cmocka_unit_test(a_score_that_does_not_exist_never_wins),
      cmocka_unit_test(scores_that_never_exist_are_an_error),
      cmocka_unit_test(an_interrupted_training_leaves_the_last_finished_epoch),
      cmocka_unit_test(a_hook_that_fails_ends_training_with_its_error),
      cmocka_unit_test(a_diverging_training_names_the_step_and_leaves_finite_weights),
      cmocka_unit_test(weights_spoiled_by_the_last_step_of_an_epoch_are_not_kept),
      cmocka_unit_test(a_network_that_is_spoiled_from_the_start_is_noticed),
      cmocka_unit_test(the_average_is_of_all_steps_at_first_and_then_moves),
      cmocka_unit_test(weights_are_the_same_bytes_for_any_number_of_threads),
      cmocka_unit_test(seed_and_stage_give_another_order),
      cmocka_unit_test(what_does_not_fit_the_network_is_refused),
  };
  return cmocka_run_group_tests(tests, create, release);
}
