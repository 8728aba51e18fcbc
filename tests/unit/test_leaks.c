/* What the library allocates it frees: after a run of every inference nothing is left. The linker sends the
 * library's calls of malloc and free through the functions below (see tests/CMakeLists.txt), which know every
 * block that is out. */
#include "testing.h"

#include "despur/run.h"

#include <pthread.h>
#include <stdbool.h>

static despur_error error;

enum { SLOTS = 1 << 16 };

/* Open addressing; a slot that was freed stays a tombstone. */
static void *slots[SLOTS];
static char tombstone;
static size_t out;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

static size_t first_slot(const void *memory) {
  return (size_t)(((uintptr_t)memory >> 4) * UINT64_C(11400714819323198485) >> 48) % SLOTS;
}

static void *took(void *memory) {
  pthread_mutex_lock(&lock);
  size_t at = first_slot(memory);
  while (memory && slots[at] && slots[at] != &tombstone) at = (at + 1) % SLOTS;
  if (memory) slots[at] = memory, out++;
  pthread_mutex_unlock(&lock);
  return memory;
}

/* Blocks of other libraries, which despur frees for them, are not known. */
static void gave(const void *memory) {
  pthread_mutex_lock(&lock);
  size_t at = first_slot(memory);
  while (memory && slots[at] && slots[at] != memory) at = (at + 1) % SLOTS;
  if (memory && slots[at]) slots[at] = &tombstone, out--;
  pthread_mutex_unlock(&lock);
}

void *__wrap_malloc(size_t size) {
  return took(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return took(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size) {
  gave(memory);
  return took(__real_realloc(memory, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return took(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *memory) {
  gave(memory);
  __real_free(memory);
}

static void run_once(const char *const *overrides, size_t count) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = "run", .force = 1, .threads = 2};
  assert_ok(despur_config_create(&config, &error));
  for (size_t i = 0; i < count; i++) assert_ok(despur_config_set(config, overrides[i], &error));
  assert_ok(despur_run(&result, config, &options, &error));
  despur_run_result_release(&result);
  despur_config_free(config);
}

static void every_inference_frees_what_it_takes(void **state) {
  (void)state;
  static const char *const INFERENCES[] = {
      "infer={method: cluster, algorithm: kmeans, overcluster: 2}",
      "infer={method: cluster, algorithm: kmedoids, max_clusters: 3}",
      "infer={method: cluster, algorithm: gmm, on: features, scale: standard, reduce: {method: pca}}",
      "infer={method: cluster, algorithm: gmm_diagonal, on: features, reduce: {method: hardness}}",
      "infer={method: george}",
      "infer={method: spare}",
      "infer={method: jtt}",
      "infer={method: eiil, eiil: {steps: 10}}"};
  char directory[128];
  temporary_directory(directory);
  assert_int_equal(chdir(directory), 0);
  for (size_t i = 0; i < sizeof INFERENCES / sizeof *INFERENCES; i++) {
    const char *const overrides[] = {
        "data={images: digits, digits_train: 60, digits_test: 20, strength: 0.6}",
        "data.classes=[[0,1,2,3,4],[5,6,7,8,9]]", "reference.epochs=1", INFERENCES[i],
        "reference.select=val_recall"};
    size_t before = out;
    bool clusters = i < 6; /* others have no clusters to judge an epoch by */
    run_once(overrides, clusters ? 5 : 4);
    if (out != before) fail_msg("%s: %zu blocks were not freed", INFERENCES[i], out - before);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_inference_frees_what_it_takes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
