/* Small runs of PyTorch on the built-in digits, replayed. */
#include "parity_testing.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lenet_with_nesterov_momentum_and_weight_decay_trains_as_in_pytorch),
      cmocka_unit_test(mlp_with_adamw_trains_as_in_pytorch),
      cmocka_unit_test(resnet_trains_as_in_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
