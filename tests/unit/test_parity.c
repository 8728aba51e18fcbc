/* Small runs of PyTorch on the built-in digits, replayed. */
#include "parity_testing.h"

#include "base/level.h"

static void lenet_with_nesterov_momentum_and_weight_decay_trains_as_in_pytorch(void **state) {
  (void)state;
  check_run(&(parity_case){
      .root = "tests/golden",
      .network = "lenet",
      .images = "images.npy",
      .arch = DESPUR_LENET,
      .batch = 25,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.02, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.001},
      .late = 1e-4,
      .logits = 1e-4});
}

static void mlp_with_adamw_trains_as_in_pytorch(void **state) {
  (void)state;
  check_run(&(parity_case){
      .root = "tests/golden",
      .network = "mlp",
      .images = "mlp/images.npy",
      .arch = DESPUR_MLP,
      .batch = 25,
      .optimizer =
          {.name = DESPUR_ADAMW, .lr = 0.001, .weight_decay = 0.05, .betas = {0.9, 0.99}, .eps = 1e-8},
      .late = 1e-4,
      .logits = 1e-4});
}

/* 20 steps: with batch norm in training, and its running averages at the end. */
static void resnet_trains_as_in_pytorch(void **state) {
  (void)state;
  check_run(&(parity_case){
      .root = "tests/golden",
      .network = "resnet20",
      .images = "resnet20/images.npy",
      .arch = DESPUR_RESNET20,
      .batch = 24,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.0003, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .logits = 2e-5});
}

/* The same of images of 14 x 14, where more convolutions go by Winograd's products: those of the second
 * stage, too.
 */
static void larger_images_train_as_in_pytorch(void **state) {
  (void)state;
  check_run(&(parity_case){
      .root = "tests/golden",
      .network = "resnet20_14",
      .images = "resnet20_14/images.npy",
      .arch = DESPUR_RESNET20,
      .batch = 24,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.0003, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .logits = 2e-5});
}

/* Two steps of it, kept: weights and running averages. */
static size_t after_two_steps(float **kept, const char *level) {
  replay r = replay_open(&(parity_case){
      .root = "tests/golden",
      .network = "resnet20_14",
      .images = "resnet20_14/images.npy",
      .arch = DESPUR_RESNET20,
      .batch = 24,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.0003, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .steps = 2});
  const size_t floats = net_state_floats(r.net);
  assert_string_equal(r.net->kernels->level, level);
  train(&r);
  assert_int_equal(r.steps, 2);
  *kept = calloc(floats, sizeof **kept);
  memcpy(*kept, r.net->parameters, floats * sizeof **kept);
  replay_close(&r);
  return floats;
}

/* Winograd's products, gradients over rows of channels, strided convolutions, sums and batch norm: all that
 * the other networks of the same test for every instruction set (cli.same_bytes_cpu) do not have. */
static void a_resnet_has_the_same_bytes_on_every_level(void **state) {
  (void)state;
  static const char *const LEVELS[] = {"baseline", "v3", "v4"};
  float *first = NULL, *kept;
  for (size_t level = 0; level < level_count(); level++) {
    setenv("DESPUR_CPU", LEVELS[level], 1);
    const size_t floats = after_two_steps(&kept, LEVELS[level]);
    if (level == 0) first = kept;
    assert_memory_equal(kept, first, floats * sizeof *kept);
    if (level > 0) free(kept);
  }
  unsetenv("DESPUR_CPU");
  free(first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lenet_with_nesterov_momentum_and_weight_decay_trains_as_in_pytorch),
      cmocka_unit_test(mlp_with_adamw_trains_as_in_pytorch),
      cmocka_unit_test(resnet_trains_as_in_pytorch),
      cmocka_unit_test(larger_images_train_as_in_pytorch),
      cmocka_unit_test(a_resnet_has_the_same_bytes_on_every_level),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
