/* Runs of PyTorch on coloured MNIST, replayed when they lie beside the project. */
#include "parity_testing.h"

static const char SHARED[] = "../shared/golden";

static void lenet_trains_on_coloured_mnist_as_in_pytorch(void **state) {
  (void)state;
  if (!file_exists("../shared/golden/lenet_sgd/losses.csv")) skip();
  check_run(&(parity_case){
      .root = SHARED,
      .network = "lenet_sgd",
      .images = "images.npy",
      .final = "final.safetensors",
      .arch = DESPUR_LENET,
      .batch = 64,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.01, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .late = 2e-3,
      .logits = 1e-2});
}

static void mlp_with_adam_trains_on_coloured_mnist_as_in_pytorch(void **state) {
  (void)state;
  if (!file_exists("../shared/golden/mlp_adam/losses.csv")) skip();
  check_run(
      &(parity_case){.root = SHARED,
                     .network = "mlp_adam",
                     .images = "images.npy",
                     .final = "final.safetensors",
                     .arch = DESPUR_MLP,
                     .batch = 50,
                     .optimizer = {.name = DESPUR_ADAM, .lr = 0.001, .betas = {0.9, 0.999}, .eps = 1e-8},
                     .late = 1e-3,
                     .logits = 1e-3});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lenet_trains_on_coloured_mnist_as_in_pytorch),
      cmocka_unit_test(mlp_with_adam_trains_on_coloured_mnist_as_in_pytorch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
