/* EIIL: its gradient and its optimiser against a direct reading of the paper, and what it finds. */
#include "tiny_dataset.h"

#include "base/random.h"
#include "despur/infer.h"
#include "infer/eiil_kernels.h"

static despur_error error;

enum { N = 300, CLASSES = 3 };

typedef struct example_set {
  int64_t labels[N];
  float logits[N * CLASSES];
} example_set;

static example_set make_examples(void) {
  example_set set = {0};
  random_stream stream = random_open(5, "eiil test", 0);
  for (size_t i = 0; i < N; i++) {
    set.labels[i] = (int64_t)random_below(&stream, CLASSES);
    for (size_t c = 0; c < CLASSES; c++) set.logits[i * CLASSES + c] = (float)(2 * random_normal(&stream));
    if (i % 10) set.logits[i * CLASSES + (size_t)set.labels[i]] += 4; /* nine in ten are right */
  }
  return set;
}

/* dl_i/ds at s = 1 by central differences of the cross entropy of s * logits. */
static double slope(const float *logits, int64_t label) {
  double losses[2];
  for (int side = 0; side < 2; side++) {
    double s = side ? 1 + 1e-5 : 1 - 1e-5, sum = 0;
    for (size_t c = 0; c < CLASSES; c++) sum += exp(s * (double)logits[c]);
    losses[side] = log(sum) - s * (double)logits[label];
  }
  return (losses[1] - losses[0]) / 2e-5;
}

/* The paper's objective, maximised by plain Adam with gradients by differences of the objective itself: no
 * closed form. */
static double objective(const double *w, const double *g) {
  double a = 0, b = 0;
  for (size_t i = 0; i < N; i++) {
    double q = 1 / (1 + exp(-w[i]));
    a += q * g[i] / N;
    b += (1 - q) * g[i] / N;
  }
  return -(a * a + b * b) / 2;
}

static void few_steps_agree_with_adam_on_differences_of_the_objective(void **state) {
  (void)state;
  enum { FEW = 12 };
  example_set set = make_examples();
  tiny_dataset tiny = tiny_dataset_create(N, set.labels, NULL, NULL);
  double w[N], g[N], first[N] = {0}, second[N] = {0};
  random_stream stream = random_open(9, "eiil", 0);
  for (size_t i = 0; i < N; i++) w[i] = random_normal(&stream);
  for (size_t i = 0; i < N; i++) g[i] = slope(set.logits + i * CLASSES, set.labels[i]);
  for (int step = 1; step <= FEW; step++) {
    double gradient[N];
    for (size_t i = 0; i < N; i++) {
      double kept = w[i];
      w[i] = kept + 1e-3;
      double up = objective(w, g);
      w[i] = kept - 1e-3;
      gradient[i] = (up - objective(w, g)) / 2e-3;
      w[i] = kept;
    }
    for (size_t i = 0; i < N; i++) {
      first[i] = 0.9 * first[i] + 0.1 * gradient[i];
      second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
      double m = first[i] / (1 - pow(0.9, step)), v = second[i] / (1 - pow(0.999, step));
      w[i] -= 0.1 * m / (sqrt(v) + 1e-8);
    }
  }
  despur_groups groups;
  const despur_eiil_options options = {.steps = FEW, .lr = 0.1, .pooled = 1, .seed = 9, .threads = 2};
  assert_ok(despur_infer_eiil(&groups, tiny.dataset, set.logits, &options, &error));
  size_t same = 0, near = 0;
  for (size_t i = 0; i < N; i++) {
    same += (w[i] > 0) == (groups.of_example[i] == 1);
    near += fabs(w[i]) < 1e-3; /* too close to call for differences */
  }
  assert_true(near < 3);
  assert_true(same >= N - near || same <= near); /* the names of the two may be exchanged */
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

/* More examples than one task takes: the same steps by the formula in infer_eiil.c, which the test above
 * holds against differences of the objective. */
static void problems_of_several_tasks_take_the_same_steps(void **state) {
  (void)state;
  enum { MANY = 5003, STEPS = 8 };
  static int64_t labels[MANY];
  static float logits[MANY * CLASSES];
  static double w[MANY], g[MANY], first[MANY], second[MANY];
  random_stream stream = random_open(6, "eiil test", 0), weights = random_open(4, "eiil", 0);
  for (size_t i = 0; i < MANY; i++) {
    labels[i] = (int64_t)random_below(&stream, CLASSES);
    for (size_t c = 0; c < CLASSES; c++) logits[i * CLASSES + c] = (float)random_normal(&stream);
    g[i] = slope(logits + i * CLASSES, labels[i]);
    w[i] = random_normal(&weights);
  }
  for (int step = 1; step <= STEPS; step++) {
    double difference = 0;
    for (size_t i = 0; i < MANY; i++) difference += (2 / (1 + exp(-w[i])) - 1) * g[i] / MANY;
    for (size_t i = 0; i < MANY; i++) {
      double q = 1 / (1 + exp(-w[i])), gradient = -difference * g[i] * q * (1 - q) / MANY;
      first[i] = 0.9 * first[i] + 0.1 * gradient;
      second[i] = 0.999 * second[i] + 0.001 * gradient * gradient;
      double m = first[i] / (1 - pow(0.9, step)), v = second[i] / (1 - pow(0.999, step));
      w[i] -= 0.1 * m / (sqrt(v) + 1e-8);
    }
  }
  tiny_dataset tiny = tiny_dataset_create(MANY, labels, NULL, NULL);
  despur_groups groups;
  const despur_eiil_options options = {.steps = STEPS, .lr = 0.1, .pooled = 1, .seed = 4, .threads = 2};
  assert_ok(despur_infer_eiil(&groups, tiny.dataset, logits, &options, &error));
  size_t same = 0, near = 0;
  for (size_t i = 0; i < MANY; i++) {
    same += (w[i] > 0) == (groups.of_example[i] == 1);
    near += fabs(w[i]) < 1e-4;
  }
  assert_true(near < 5);
  assert_true(same >= MANY - near || same <= near);
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
}

/* Many steps drive every example to the side of its slope's sign (see the formula in infer_eiil.c). */
static void in_the_end_environment_1_holds_what_falls_short(void **state) {
  (void)state;
  example_set set = make_examples();
  tiny_dataset tiny = tiny_dataset_create(N, set.labels, NULL, NULL);
  for (int pooled = 0; pooled < 2; pooled++)
    for (uint64_t seed = 0; seed < 6; seed++) {
      despur_groups groups;
      const despur_eiil_options options = {
          .steps = 3000, .lr = 0.05, .pooled = pooled, .seed = seed, .threads = 1 + (int)(seed % 3)};
      assert_ok(despur_infer_eiil(&groups, tiny.dataset, set.logits, &options, &error));
      assert_int_equal(groups.count, pooled ? 2 : 2 * CLASSES);
      for (size_t i = 0; i < N; i++) {
        uint32_t falls_short = slope(set.logits + i * CLASSES, set.labels[i]) > 0;
        assert_int_equal(groups.of_example[i], falls_short + (pooled ? 0 : 2 * (uint32_t)set.labels[i]));
      }
      despur_groups_release(&groups);
    }
  tiny_dataset_free(&tiny);
}

/* All examples but the first fall short, some by more, and one step leaves the assignment as it was drawn,
 * with sides of different sizes: the side that falls short by more on average is environment 1, also where
 * the other one has the larger sum. */
static void environment_1_falls_short_by_more_on_average(void **state) {
  (void)state;
  enum { FEW = 9 };
  float logits[FEW * CLASSES];
  int64_t labels[FEW];
  size_t misled = 0;
  for (size_t i = 0; i < FEW; i++) labels[i] = i == 0 ? 2 : (int64_t)i % 2;
  for (size_t i = 0; i < FEW; i++)
    for (size_t c = 0; c < CLASSES; c++) logits[i * CLASSES + c] = c == 2 && i > 0 ? (float)(3 + i) / 4 : 0;
  tiny_dataset tiny = tiny_dataset_create(FEW, labels, NULL, NULL);
  for (uint64_t seed = 0; seed < 30; seed++) {
    despur_groups groups;
    const despur_eiil_options options = {.steps = 1, .lr = 0.001, .pooled = 1, .seed = seed, .threads = 1};
    double sums[2] = {0, 0};
    assert_ok(despur_infer_eiil(&groups, tiny.dataset, logits, &options, &error));
    for (size_t i = 0; i < FEW; i++) sums[groups.of_example[i]] += slope(logits + i * CLASSES, labels[i]);
    const size_t *sizes = groups.train_sizes;
    if (sizes[0] && sizes[1]) {
      assert_true(sums[1] / (double)sizes[1] >= sums[0] / (double)sizes[0]);
      misled += sums[1] < sums[0];
    }
    despur_groups_release(&groups);
  }
  assert_true(misled > 3); /* sums would say otherwise */
  tiny_dataset_free(&tiny);
}

/* One example of each class has no other side to be compared with: its own slope says where it belongs. */
static void an_example_alone_is_judged_by_its_slope(void **state) {
  (void)state;
  static const int64_t LABELS[2] = {0, 1};
  static const float LOGITS[4] = {0, 0.5F, 0, 0.5F}; /* wrong, right */
  tiny_dataset tiny = tiny_dataset_create(2, LABELS, NULL, NULL);
  for (uint64_t seed = 0; seed < 50; seed++) {
    despur_groups groups;
    const despur_eiil_options options = {.steps = 1, .lr = 0.001, .pooled = 0, .seed = seed, .threads = 1};
    assert_ok(despur_infer_eiil(&groups, tiny.dataset, LOGITS, &options, &error));
    assert_int_equal(groups.of_example[0], 1);
    assert_int_equal(groups.of_example[1], 2);
    despur_groups_release(&groups);
  }
  tiny_dataset_free(&tiny);
}

static void results_do_not_depend_on_threads(void **state) {
  (void)state;
  example_set set = make_examples();
  tiny_dataset tiny = tiny_dataset_create(N, set.labels, NULL, NULL);
  despur_groups one, many;
  despur_eiil_options options = {.steps = 50, .lr = 0.01, .pooled = 1, .seed = 3, .threads = 1};
  assert_ok(despur_infer_eiil(&one, tiny.dataset, set.logits, &options, &error));
  options.threads = 5;
  assert_ok(despur_infer_eiil(&many, tiny.dataset, set.logits, &options, &error));
  assert_memory_equal(one.of_example, many.of_example, N * sizeof *one.of_example);
  despur_groups_release(&one);
  despur_groups_release(&many);
  tiny_dataset_free(&tiny);
}

/* Every level takes the same steps, to the last bit; assignments far out on either side do not overflow. */
static void all_levels_take_the_same_steps(void **state) {
  (void)state;
  enum { SIZE = 5 * LANES, ARRAYS = 6 };
  _Alignas(64) static double first[ARRAYS][SIZE], found[ARRAYS][SIZE], wanted[ARRAYS][SIZE];
  double sums[2], wanted_sums[2];
  random_stream stream = random_open(2, "eiil kernels", 0);
  for (size_t i = 0; i < SIZE; i++) {
    first[0][i] = i % 9 ? random_normal(&stream) : 0;         /* g */
    first[1][i] = random_normal(&stream) * (i % 4 ? 1 : 600); /* w */
    first[2][i] = 1 / (1 + exp(-first[1][i]));
  }
  for (size_t level = 0; eiil_table_available(level); level++) {
    const eiil_table *table = eiil_table_available(level);
    memcpy(found, first, sizeof found);
    eiil_job job = {.n = SIZE,
                    .g = found[0],
                    .w = found[1],
                    .q = found[2],
                    .first = found[3],
                    .second = found[4],
                    .scratch = found[5],
                    .lr = 0.1,
                    .a = &sums[0],
                    .b = &sums[1]};
    for (int step = 1; step <= 30; step++) {
      job.slope = 0.3 / step;
      job.correction1 = 1 - pow(0.9, step);
      job.correction2 = 1 - pow(0.999, step);
      table->step(&job);
    }
    for (size_t i = 0; i < SIZE; i++)
      assert_near(found[2][i], 1 / (1 + exp(-found[1][i])), 1e-15 * (1 + fabs(found[1][i])));
    if (level == 0) memcpy(wanted, found, sizeof found), memcpy(wanted_sums, sums, sizeof sums);
    assert_memory_equal(found, wanted, sizeof found);
    assert_memory_equal(sums, wanted_sums, sizeof sums);
  }
}

static void what_has_no_answer_is_refused(void **state) {
  (void)state;
  example_set set = make_examples();
  tiny_dataset tiny = tiny_dataset_create(N, set.labels, NULL, NULL);
  despur_groups groups;
  despur_eiil_options options = {.steps = 1, .lr = 0.01, .threads = 1};
  set.logits[16] = INFINITY;
  assert_fails(despur_infer_eiil(&groups, tiny.dataset, set.logits, &options, &error), DESPUR_BAD_INPUT,
               "logit 1 of training example 5");
  assert_null(groups.of_example);
  options.lr = NAN;
  assert_fails(despur_infer_eiil(&groups, tiny.dataset, set.logits, &options, &error), DESPUR_BAD_USAGE,
               "positive learning rate");
  tiny_dataset_free(&tiny);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(few_steps_agree_with_adam_on_differences_of_the_objective),
      cmocka_unit_test(problems_of_several_tasks_take_the_same_steps),
      cmocka_unit_test(in_the_end_environment_1_holds_what_falls_short),
      cmocka_unit_test(environment_1_falls_short_by_more_on_average),
      cmocka_unit_test(an_example_alone_is_judged_by_its_slope),
      cmocka_unit_test(results_do_not_depend_on_threads),
      cmocka_unit_test(all_levels_take_the_same_steps),
      cmocka_unit_test(what_has_no_answer_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
