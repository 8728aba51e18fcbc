/* A step of training allocates nothing, whatever the method, the network and the number of threads. The
 * linker sends every call of malloc and its kin in the library through the counters below (see
 * tests/CMakeLists.txt). */
#include "testing.h"

#include "despur/train.h"

#include <stdatomic.h>

static despur_error error;
static atomic_size_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size) {
  atomic_fetch_add(&allocations, 1);
  return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  atomic_fetch_add(&allocations, 1);
  return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
  atomic_fetch_add(&allocations, 1);
  return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  atomic_fetch_add(&allocations, 1);
  return __real_aligned_alloc(alignment, size);
}

enum { BATCH = 24 };

static despur_dataset *digits(void) {
  static const double STRENGTH = 0.8;
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = 5,
                                        .difficulty = DESPUR_VARIANCE_HIGH,
                                        .strength = &STRENGTH,
                                        .strengths = 1,
                                        .label_noise = 0.1,
                                        .core_feature_noise = 0.1,
                                        .digits_train = 400,
                                        .digits_test = 50};
  despur_dataset *dataset;
  assert_ok(despur_dataset_create_spuco_mnist(&dataset, &options, &error));
  return dataset;
}

/* The number of allocations before the first step, and what has been added since. */
typedef struct watch {
  size_t at_first, since, steps;
} watch;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  (void)step;
  (void)loss;
  (void)examples;
  watch *w = context;
  w->since = atomic_load(&allocations) - w->at_first;
  w->steps++;
}

/* Asked before each step: the first time, everything has been set up. */
static int before_step(void *context) {
  watch *w = context;
  if (w->steps == 0) w->at_first = atomic_load(&allocations);
  return 0;
}

static void check(const despur_dataset *dataset, const despur_groups *groups, despur_arch arch,
                  despur_method method, despur_optimizer optimizer, int threads) {
  const double power = 1;
  watch w = {0};
  despur_net *net;
  const despur_net_options shape = {.arch = arch,
                                    .input = despur_dataset_shape(dataset),
                                    .classes = 5,
                                    .batch = BATCH,
                                    .dropout = 0.3,
                                    .threads = threads};
  const despur_train_options options = {
      .epochs = 2,
      .batch_size = BATCH,
      .optimizer = {.name = optimizer, .lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
      .clip = 1,
      .method = method,
      .method_options = {.eta = 0.01, .power = &power, .powers = 1, .repeats = 2},
      .groups = groups};
  const despur_train_hooks hooks = {.context = &w, .step = after_step, .stop = before_step};
  assert_ok(despur_net_create(&net, &shape, &error));
  assert_ok(despur_train(net, dataset, &options, &hooks, NULL, &error));
  assert_true(w.steps > 2);
  if (w.since != 0)
    fail_msg("%s, architecture %d, %d threads: %zu allocations in %zu steps", despur_method_label(method),
             (int)arch, threads, w.since, w.steps);
  despur_net_free(net);
}

static void a_step_allocates_nothing(void **state) {
  (void)state;
  static const despur_optimizer OPTIMIZERS[] = {DESPUR_SGD, DESPUR_ADAM, DESPUR_ADAMW};
  despur_dataset *dataset = digits();
  despur_groups groups;
  assert_ok(despur_groups_true(&groups, dataset, &error));
  for (int method = 0; despur_method_names[method]; method++)
    for (int threads = 1; threads <= 2; threads++)
      check(dataset, &groups, DESPUR_LENET, (despur_method)method, OPTIMIZERS[method % 3], threads);
  check(dataset, &groups, DESPUR_MLP, DESPUR_ERM, DESPUR_ADAM, 2);
  check(dataset, &groups, DESPUR_MLP, DESPUR_GROUPDRO, DESPUR_SGD, 1);
  despur_groups_release(&groups);
  despur_dataset_free(dataset);
}

static void the_counter_counts(void **state) {
  (void)state;
  size_t before = atomic_load(&allocations);
  despur_dataset *dataset = digits();
  assert_true(atomic_load(&allocations) > before + 3);
  despur_dataset_free(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_counter_counts),
      cmocka_unit_test(a_step_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
