/* Training methods: what they draw and how they weigh, against the formulas of their papers. */
#include "tiny_dataset.h"

#include "base/memory.h"
#include "despur/infer.h"
#include "io/file.h"
#include "train/method.h"
#include "train/training_groups.h"

static despur_error error;

/* ---- GroupDRO ---- */

enum { GROUPS = 5, BATCH = 32, STEPS = 200 };

static despur_groups groups_of_sizes(const size_t *sizes, size_t count) {
  despur_groups groups;
  assert_ok(despur_groups_create(&groups, 0, count, &error));
  memcpy(groups.train_sizes, sizes, count * sizeof *sizes);
  return groups;
}

/* The recursion written down directly, in long double. */
static void groupdro_follows_the_closed_form(void **state) {
  (void)state;
  static const size_t SIZES[GROUPS] = {4000, 900, 0, 60, 12};
  static const double C[GROUPS] = {0, 1, 5, 2, 3};
  despur_groups groups = groups_of_sizes(SIZES, GROUPS);
  const despur_method_options options = {.eta = 0.05, .adjustment = C, .adjustments = GROUPS};
  const method_input input = {.groups = &groups, .classes = 2, .options = &options};
  const method *m = method_of(DESPUR_GROUPDRO);
  double q[GROUPS], weights[BATCH];
  long double wanted[GROUPS] = {0.25L, 0.25L, 0, 0.25L, 0.25L};
  random_stream stream = random_open(1, "groupdro test", 0);
  m->start(&input, q);
  for (size_t step = 0; step < 300; step++) {
    double losses[BATCH];
    uint32_t of[BATCH];
    long double sums[GROUPS] = {0}, total = 0, loss = 0;
    size_t members[GROUPS] = {0};
    for (size_t i = 0; i < BATCH; i++) {
      static const uint32_t PRESENT[] = {0, 1, 3, 4, DESPUR_NO_GROUP};
      losses[i] = 3 * random_uniform(&stream);
      of[i] = PRESENT[random_below(&stream, step % 3 ? 5 : 2)]; /* sometimes groups are missing */
      if (of[i] == DESPUR_NO_GROUP) continue;
      sums[of[i]] += (long double)losses[i];
      members[of[i]]++;
    }
    for (size_t g = 0; g < GROUPS; g++) {
      if (members[g])
        wanted[g] *= expl(0.05L * (sums[g] / members[g] + (long double)C[g] / sqrtl((long double)SIZES[g])));
      total += wanted[g];
    }
    for (size_t g = 0; g < GROUPS; g++) {
      wanted[g] /= total;
      if (members[g]) loss += wanted[g] * sums[g] / members[g];
    }
    const method_batch batch = {.count = BATCH, .losses = losses, .groups = of};
    assert_near(m->weigh(&input, q, &batch, weights), (double)loss, 1e-13);
    for (size_t g = 0; g < GROUPS; g++) assert_near(q[g], (double)wanted[g], 1e-13);
    for (size_t i = 0; i < BATCH; i++)
      assert_near(weights[i], of[i] == DESPUR_NO_GROUP ? 0 : (double)(wanted[of[i]] / members[of[i]]), 1e-13);
  }
  despur_groups_release(&groups);
}

/* The last values of an npy file, which is all of them behind its header; int64 or float64. */
static void read_values(void *out, size_t count, const char *name) {
  char path[256], *data;
  size_t bytes;
  snprintf(path, sizeof path, "../shared/golden/groupdro/%s", name);
  assert_ok(file_read(&data, &bytes, path, 1 << 24, &error));
  assert_true(bytes >= count * sizeof(double));
  memcpy(out, data + bytes - count * sizeof(double), count * sizeof(double));
  mem_free(data);
}

/* 200 batches computed with NumPy, when they are at hand. */
static void groupdro_agrees_with_golden_values(void **state) {
  (void)state;
  if (!file_exists("../shared/golden/groupdro/q_C0.npy")) skip();
  static double losses[STEPS * BATCH], q_wanted[STEPS * GROUPS], loss_wanted[STEPS];
  static int64_t of[STEPS * BATCH], sizes[GROUPS];
  read_values(of, STEPS * BATCH, "sample_group.npy");
  read_values(sizes, GROUPS, "group_size.npy");
  read_values(losses, STEPS * BATCH, "sample_loss.npy");
  for (int adjusted = 0; adjusted < 2; adjusted++) {
    const double c = 2 * adjusted;
    size_t train_sizes[GROUPS];
    for (size_t g = 0; g < GROUPS; g++) train_sizes[g] = (size_t)sizes[g];
    despur_groups groups = groups_of_sizes(train_sizes, GROUPS);
    const despur_method_options options = {.eta = 0.01, .adjustment = &c, .adjustments = 1};
    const method_input input = {.groups = &groups, .classes = 2, .options = &options};
    double q[GROUPS], weights[BATCH];
    read_values(q_wanted, STEPS * GROUPS, adjusted ? "q_C2.npy" : "q_C0.npy");
    read_values(loss_wanted, STEPS, adjusted ? "loss_C2.npy" : "loss_C0.npy");
    method_of(DESPUR_GROUPDRO)->start(&input, q);
    for (size_t step = 0; step < STEPS; step++) {
      uint32_t members[BATCH];
      for (size_t i = 0; i < BATCH; i++) members[i] = (uint32_t)of[step * BATCH + i];
      const method_batch batch = {.count = BATCH, .losses = losses + step * BATCH, .groups = members};
      double loss = method_of(DESPUR_GROUPDRO)->weigh(&input, q, &batch, weights);
      assert_near(loss, loss_wanted[step], 1e-12);
      for (size_t g = 0; g < GROUPS; g++) assert_near(q[g], q_wanted[step * GROUPS + g], 1e-12);
    }
    despur_groups_release(&groups);
  }
}

/* ---- SPARE and JTT, as they are drawn ---- */

enum { COUNT = 1200 };

static int64_t labels[COUNT];
static tiny_dataset tiny;
static despur_groups clusters; /* class 0: 700, 150 and 50 examples; class 1: 240 and 60 */

static int create(void **state) {
  (void)state;
  static const size_t SIZES[] = {700, 150, 50, 240, 60};
  for (size_t i = 0; i < COUNT; i++) labels[i] = i >= 900;
  tiny = tiny_dataset_create(COUNT, labels, NULL, NULL);
  assert_ok(despur_groups_create(&clusters, COUNT, 5, &error));
  memcpy(clusters.train_sizes, SIZES, sizeof SIZES);
  for (size_t g = 0, at = 0; g < 5; g++)
    for (size_t i = 0; i < SIZES[g]; i++) clusters.of_example[at++] = (uint32_t)g;
  return 0;
}

static int release(void **state) {
  (void)state;
  despur_groups_release(&clusters);
  tiny_dataset_free(&tiny);
  return 0;
}

/* How often each group is drawn in some epochs, as shares. */
static void draw_shares(double *shares, despur_method name, const despur_method_options *options,
                        const despur_groups *given, size_t epochs) {
  double mass[8] = {0}, total = 0;
  size_t quota[8] = {0};
  uint32_t order[4 * COUNT];
  training_groups p;
  sampler s;
  const method *m = method_of(name);
  assert_ok(training_groups_init(&p, m->needs, tiny.dataset, given, &error));
  assert_true(p.groups->count <= 8);
  const method_input input = {.groups = p.groups, .label_of = p.label_of, .classes = 2, .options = options};
  sampling plan = {.groups = p.groups, .mass = mass, .quota = quota};
  m->sample(&input, &plan);
  assert_ok(sampler_init(&s, tiny.dataset, &plan, 3, 0, &error));
  assert_true(s.length <= 4 * COUNT);
  memset(shares, 0, given->count * sizeof *shares);
  for (size_t epoch = 0; epoch < epochs; epoch++) {
    sampler_draw(&s, epoch, order);
    for (size_t i = 0; i < s.length; i++) shares[given->of_example[order[i]]]++;
    total += (double)s.length;
  }
  for (size_t g = 0; g < given->count; g++) shares[g] /= total;
  sampler_release(&s);
  training_groups_release(&p);
}

/* Five standard deviations of a share of n draws. */
static double tolerance(double share, double n) {
  return 5 * sqrt(share * (1 - share) / n);
}

static void spare_draws_groups_by_a_power_of_their_size_and_classes_equally(void **state) {
  (void)state;
  enum { EPOCHS = 200 };
  static const double POWERS[][2] = {{1, 1}, {2, 2}, {1, 2}, {0, 3}};
  for (size_t k = 0; k < 4; k++) {
    const despur_method_options options = {.power = POWERS[k], .powers = 2};
    double shares[5], wanted[5], total[2] = {0, 0};
    draw_shares(shares, DESPUR_SPARE, &options, &clusters, EPOCHS);
    for (size_t g = 0; g < 5; g++) {
      wanted[g] = pow((double)clusters.train_sizes[g], 1 - POWERS[k][g >= 3]);
      total[g >= 3] += wanted[g];
    }
    for (size_t g = 0; g < 5; g++) {
      double share = 0.5 * wanted[g] / total[g >= 3];
      assert_near(shares[g], share, tolerance(share, (double)COUNT * EPOCHS));
    }
  }
}

/* One cluster over both classes: its examples of either class form a cell of their own. */
static void spare_splits_groups_that_span_classes(void **state) {
  (void)state;
  despur_groups pooled;
  double shares[2];
  const double power = 1;
  const despur_method_options options = {.power = &power, .powers = 1};
  assert_ok(despur_groups_create(&pooled, COUNT, 2, &error));
  for (size_t i = 0; i < COUNT; i++) {
    pooled.of_example[i] = i >= 850; /* 850 of class 0; 50 of class 0 and all 300 of class 1 */
    pooled.train_sizes[i >= 850]++;
  }
  draw_shares(shares, DESPUR_SPARE, &options, &pooled, 100);
  assert_near(shares[0], 0.25, tolerance(0.25, 100.0 * COUNT)); /* half of class 0's half */
  despur_groups_release(&pooled);
}

static void jtt_repeats_what_was_wrong(void **state) {
  (void)state;
  despur_groups right;
  double shares[2];
  uint32_t predictions[COUNT];
  const despur_method_options options = {.repeats = 10};
  for (size_t i = 0; i < COUNT; i++) predictions[i] = (uint32_t)labels[i] ^ (i % 12 == 5);
  assert_ok(despur_infer_errors(&right, tiny.dataset, predictions, &error));
  assert_int_equal(right.train_sizes[0], 1100);
  assert_int_equal(right.train_sizes[1], 100);
  assert_string_equal(right.names[1], "wrong");
  draw_shares(shares, DESPUR_JTT, &options, &right, 1);
  assert_near(shares[1], 1000.0 / 2100, 1e-12);
  despur_groups_release(&right);
}

static void methods_without_their_groups_are_refused(void **state) {
  (void)state;
  training_groups p;
  assert_fails(training_groups_init(&p, METHOD_NEEDS_GROUPS, tiny.dataset, NULL, &error), DESPUR_BAD_USAGE,
               "this method needs groups");
  training_groups_release(&p);
}

static void every_method_has_a_name_a_label_and_a_sample(void **state) {
  (void)state;
  size_t count = 0;
  for (; despur_method_names[count]; count++) {
    assert_non_null(method_of((despur_method)count)->sample);
    assert_true(strlen(despur_method_label((despur_method)count)) > 0);
  }
  assert_string_equal(despur_method_names[DESPUR_JTT], "jtt");
  assert_true(count > DESPUR_JTT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groupdro_follows_the_closed_form),
      cmocka_unit_test(groupdro_agrees_with_golden_values),
      cmocka_unit_test(spare_draws_groups_by_a_power_of_their_size_and_classes_equally),
      cmocka_unit_test(spare_splits_groups_that_span_classes),
      cmocka_unit_test(jtt_repeats_what_was_wrong),
      cmocka_unit_test(methods_without_their_groups_are_refused),
      cmocka_unit_test(every_method_has_a_name_a_label_and_a_sample),
  };
  return cmocka_run_group_tests(tests, create, release);
}
