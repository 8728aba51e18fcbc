/* Long work is stopped at whatever question it is told to stop, gives back all memory, and comes to the same
 * results whoever watches. */
#include "testing.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "despur/audit.h"
#include "despur/cluster.h"
#include "despur/infer.h"
#include "despur/logistic.h"
#include "despur/repair.h"

enum { N = 600, D = 6, MOST_QUESTIONS = 100000 };

static despur_error error;
static float x[N * D];
static uint32_t labels[N], groups[N], splits[N];

static int make(void **state) {
  (void)state;
  for (size_t i = 0; i < N; i++) {
    random_stream stream = random_open(1, "test watch", i);
    labels[i] = random_below(&stream, 2);
    groups[i] = 2 * labels[i] + (random_below(&stream, 5) == 0 ? 1 - labels[i] : labels[i]);
    splits[i] = (uint32_t)(i % 3);
    for (size_t j = 0; j < D; j++) x[i * D + j] = (float)random_normal(&stream);
    x[i * D] += (float)labels[i];
    x[i * D + 1] += 3 * (float)(groups[i] % 2);
  }
  return 0;
}

/* ---- the work ---- */

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return hash;
}

static despur_status kmeans(uint64_t *hash, despur_watch watch) {
  despur_kmeans_result out;
  const despur_kmeans_options options = {
      .clusters = 5, .starts = 3, .max_iterations = 50, .tolerance = 1e-4, .threads = 2, .watch = watch};
  despur_status status = despur_kmeans(&out, x, N, D, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, out.labels, N * sizeof *out.labels);
  despur_kmeans_release(&out);
  return status;
}

static despur_status kmedoids(uint64_t *hash, despur_watch watch) {
  despur_kmedoids_result out;
  const despur_kmedoids_options options = {
      .clusters = 5, .starts = 2, .max_passes = 20, .threads = 2, .watch = watch};
  despur_status status = despur_kmedoids(&out, x, N, D, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, out.labels, N * sizeof *out.labels);
  despur_kmedoids_release(&out);
  return status;
}

static despur_status mixture(uint64_t *hash, despur_watch watch) {
  despur_mixture_result out;
  const despur_mixture_options options = {.components = 3,
                                          .starts = 2,
                                          .max_iterations = 30,
                                          .tolerance = 1e-4,
                                          .regularisation = 1e-6,
                                          .threads = 2,
                                          .watch = watch};
  despur_status status = despur_mixture_fit(&out, x, N, D, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, out.labels, N * sizeof *out.labels);
  despur_mixture_result_release(&out);
  return status;
}

static despur_status umap(uint64_t *hash, despur_watch watch) {
  despur_umap out;
  const despur_umap_options options = {
      .neighbors = 5, .components = 2, .epochs = 20, .spread = 1, .threads = 2, .watch = watch};
  despur_status status = despur_umap_fit(&out, x, N, D, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, out.embedding, 2 * N * sizeof *out.embedding);
  despur_umap_release(&out);
  return status;
}

static despur_status grouping(uint64_t *hash, despur_watch watch) {
  despur_grouping *out;
  uint32_t found[N];
  const despur_grouping_options options = {.reduction = DESPUR_REDUCE_PCA,
                                           .components = 2,
                                           .algorithm = DESPUR_KMEANS,
                                           .max_clusters = 3,
                                           .overcluster = 2,
                                           .starts = 2,
                                           .silhouette_sample = 300,
                                           .threads = 2,
                                           .watch = watch};
  const despur_grouping_input input = {.outputs = x, .labels = labels, .n = N, .d = D, .classes = 2};
  despur_status status = despur_grouping_fit(&out, &input, &options, &error);
  if (status != DESPUR_OK) return status;
  despur_grouping_training(out, found);
  *hash = hash_of(0, found, sizeof found);
  despur_grouping_free(out);
  return status;
}

static despur_status eiil(uint64_t *hash, despur_watch watch) {
  uint32_t found[N];
  const despur_eiil_options options = {.steps = 100, .lr = 0.01, .threads = 2, .watch = watch};
  const despur_eiil_input input = {x, labels, N, D};
  despur_status status = despur_eiil(found, &input, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, found, sizeof found);
  return status;
}

static despur_status worst_group(uint64_t *hash, despur_watch watch) {
  despur_logistic_fit fit = {0};
  const despur_logistic_problem problem = {
      .x = x, .rows = N, .columns = D, .labels = labels, .classes = 2, .l2 = 0.1};
  const despur_logistic_options options = {.threads = 2, .watch = watch};
  despur_status status = despur_logistic_solve_worst(&fit, NULL, &problem, groups, 4, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, fit.weight, D * sizeof *fit.weight);
  despur_logistic_release(&fit);
  return status;
}

static despur_status audit(uint64_t *hash, despur_watch watch) {
  static const char *const NAMES[] = {"zero", "one"};
  despur_audit *out;
  const despur_examples examples = {.count = N,
                                    .columns = D,
                                    .classes = 2,
                                    .x = x,
                                    .labels = labels,
                                    .class_names = (const char **)(uintptr_t)NAMES};
  const despur_audit_options options = {.threads = 2, .watch = watch};
  despur_status status = despur_audit_run(&out, &examples, &options, &error);
  if (status == DESPUR_OK) *hash = hash_of(0, out->predictions, N * sizeof *out->predictions);
  despur_audit_free(out);
  return status;
}

static despur_status repair(uint64_t *hash, despur_watch watch) {
  despur_repair_result out;
  despur_repair_options options = {.folds = 2, .refits = 2, .threads = 2, .watch = watch};
  options.l2 = options.c = options.mix = options.gamma = options.lambda = (despur_repair_list){{0.1}, 1};
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++) options.methods[m] = true;
  const despur_repair_data data = {.features = x,
                                   .rows = N,
                                   .columns = D,
                                   .labels = labels,
                                   .classes = 2,
                                   .splits = splits,
                                   .groups = groups,
                                   .groups_count = 4};
  despur_status status = despur_repair(&out, &data, &options, &error);
  if (status == DESPUR_OK)
    *hash = hash_of(0, out.methods[out.best].weight, 2 * D * sizeof *out.methods[out.best].weight);
  despur_repair_release(&out);
  return status;
}

/* ---- stopping ---- */

typedef struct counter {
  size_t asked, stop_at, told, most;
  int out_of_order;
} counter;

static int stop(void *context) {
  counter *c = context;
  return ++c->asked >= c->stop_at;
}

static void progress(void *context, const char *stage, size_t done, size_t total) {
  counter *c = context;
  c->told++;
  c->out_of_order |= !stage || done > total || done < c->most;
  c->most = done;
}

static void check(despur_status (*work)(uint64_t *, despur_watch), int has_progress) {
  uint64_t wanted = 0, got = 1;
  assert_ok(work(&wanted, (despur_watch){0}));
  counter all = {.stop_at = MOST_QUESTIONS};
  assert_ok(work(&got, (despur_watch){&all, stop, progress}));
  assert_true(got == wanted);
  assert_true(all.asked > 0 && all.asked < MOST_QUESTIONS && !all.out_of_order);
  assert_int_equal(all.told > 0, has_progress);
  /* the first questions, the last one, and some between */
  for (size_t at = 1; at <= all.asked; at += at < 5 || at + 1 == all.asked ? 1 : all.asked / 8 + 1) {
    counter c = {.stop_at = at};
    const despur_status ended = work(&got, (despur_watch){&c, stop, NULL});
    if (ended == DESPUR_OK) {
      /* a pool asks before each task of the calling thread, of which there may be fewer this time */
      assert_true(at > all.asked / 2);
      continue;
    }
    assert_int_equal(ended, DESPUR_INTERRUPTED);
    assert_true(c.asked < at + 4 && strstr(error.message, "interrupted"));
  }
}

static void clusterings_stop(void **state) {
  (void)state;
  check(kmeans, 1);
  check(kmedoids, 1);
  check(mixture, 1);
  check(umap, 1);
}

static void group_inference_stops(void **state) {
  (void)state;
  check(grouping, 1);
  check(eiil, 1);
}

static void audits_and_repairs_stop(void **state) {
  (void)state;
  check(worst_group, 0);
  check(audit, 1);
  check(repair, 1);
}

static void mark(void *context, size_t task, int thread) {
  (void)thread;
  ((uint8_t *)context)[task] = 1;
}

/* What was not run was not run by any thread, and the pool is as good as new. */
static void a_stopped_loop_leaves_the_rest(void **state) {
  (void)state;
  enum { TASKS = 5000 };
  for (int threads = 1; threads <= 4; threads++) {
    static uint8_t done[TASKS];
    parallel *pool;
    assert_ok(parallel_create(&pool, threads, &error));
    for (size_t at = 1; at < 40; at++) {
      memset(done, 0, sizeof done);
      counter c = {.stop_at = at};
      const despur_status status =
          parallel_for_watched(pool, TASKS, mark, done, &(despur_watch){&c, stop, NULL}, &error);
      size_t count = 0;
      for (size_t i = 0; i < TASKS; i++) count += done[i];
      assert_true(status == DESPUR_INTERRUPTED ? count >= at - 1 : count == TASKS);
      if (threads == 1) assert_true(status == DESPUR_INTERRUPTED && count == at - 1);
      memset(done, 0, sizeof done);
      parallel_for(pool, TASKS, mark, done);
      for (size_t i = 0; i < TASKS; i++) assert_int_equal(done[i], 1);
    }
    parallel_free(pool);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stopped_loop_leaves_the_rest),
      cmocka_unit_test(clusterings_stop),
      cmocka_unit_test(group_inference_stops),
      cmocka_unit_test(audits_and_repairs_stop),
  };
  return cmocka_run_group_tests(tests, make, NULL);
}
