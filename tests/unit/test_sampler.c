/* Samplers: which examples an epoch visits, how often, and in what order. */
#include "tiny_dataset.h"

#include "base/parallel.h"
#include "train/method.h"

#include <stdbool.h>

enum { COUNT = 160, GROUPS = 4 };

static despur_error error;
static tiny_dataset tiny;
static despur_groups groups; /* of 100, 0, 10 and 1 training examples; 9 more belong to none */

static const size_t SIZES[GROUPS] = {100, 0, 10, 1};

/* Every fourth example is held out; the training examples go round the groups in order of their index. */
static int create(void **state) {
  (void)state;
  static int64_t labels[COUNT], splits[COUNT];
  size_t g = 0, in_group = 0;
  for (size_t i = 0; i < COUNT; i++) {
    labels[i] = i % 2;
    splits[i] = i % 4 == 3 ? DESPUR_VAL : DESPUR_TRAIN;
  }
  tiny = tiny_dataset_create(COUNT, labels, NULL, splits);
  assert_ok(despur_groups_create(&groups, COUNT, GROUPS, &error));
  for (uint32_t i = 0; i < COUNT; i++) {
    while (g < GROUPS && in_group == SIZES[g]) g++, in_group = 0;
    if (g == GROUPS) break;
    groups.of_example[i] = (uint32_t)g; /* held-out examples too: they must not be drawn */
    if (splits[i] != DESPUR_TRAIN) continue;
    groups.train_sizes[g]++;
    in_group++;
  }
  return memcmp(groups.train_sizes, SIZES, sizeof SIZES);
}

static int release(void **state) {
  (void)state;
  despur_groups_release(&groups);
  tiny_dataset_free(&tiny);
  return 0;
}

/* What a method without needs of its own plans over some groups. */
static despur_status plan_and_open(sampler *s, despur_method name, const despur_groups *over, uint64_t seed,
                                   uint64_t stage) {
  double mass[GROUPS] = {0};
  size_t quota[GROUPS] = {0};
  sampling plan = {.groups = over, .mass = mass, .quota = quota};
  const method_input input = {.groups = over, .classes = 2};
  method_of(name)->sample(&input, &plan);
  return sampler_init(s, tiny.dataset, &plan, seed, stage, &error);
}

static sampler open_sampler(despur_method name, uint64_t seed, uint64_t stage) {
  sampler s;
  assert_ok(plan_and_open(&s, name, &groups, seed, stage));
  return s;
}

/* Adds the visits of an epoch to times [COUNT]. */
static void count_visits(const sampler *s, size_t epoch, size_t times[COUNT]) {
  uint32_t order[4 * COUNT];
  assert_true(s->length <= 4 * COUNT);
  sampler_draw(s, epoch, order);
  for (size_t i = 0; i < s->length; i++) {
    assert_true(order[i] < COUNT);
    times[order[i]]++;
  }
}

static bool is_training(size_t example) {
  return example % 4 != 3;
}

static size_t group_of(size_t example) {
  return is_training(example) ? groups.of_example[example] : DESPUR_NO_GROUP;
}

/* ---- shuffle ---- */

static void an_epoch_visits_every_training_example_once(void **state) {
  (void)state;
  sampler s = open_sampler(DESPUR_ERM, 1, 0);
  assert_int_equal(s.length, COUNT * 3 / 4);
  for (size_t epoch = 0; epoch < 50; epoch++) {
    size_t times[COUNT] = {0};
    count_visits(&s, epoch, times);
    for (size_t i = 0; i < COUNT; i++) assert_int_equal(times[i], is_training(i));
  }
  sampler_release(&s);
}

static bool same_order(const sampler *a, size_t epoch_a, const sampler *b, size_t epoch_b) {
  uint32_t x[4 * COUNT], y[4 * COUNT];
  sampler_draw(a, epoch_a, x);
  sampler_draw(b, epoch_b, y);
  return a->length == b->length && memcmp(x, y, a->length * sizeof *x) == 0;
}

static void the_order_depends_on_epoch_seed_and_stage_and_on_nothing_else(void **state) {
  (void)state;
  static const despur_method METHODS[] = {DESPUR_ERM, DESPUR_GROUP_BALANCE, DESPUR_UPSAMPLE};
  for (size_t k = 0; k < 3; k++) {
    sampler s = open_sampler(METHODS[k], 1, 0), same = open_sampler(METHODS[k], 1, 0),
            seed = open_sampler(METHODS[k], 2, 0), stage = open_sampler(METHODS[k], 1, 1);
    assert_false(same_order(&s, 0, &s, 1));
    for (size_t epoch = 10; epoch-- > 0;) { /* backwards: nothing is carried from one to the next */
      assert_true(same_order(&s, epoch, &same, epoch));
      assert_false(same_order(&s, epoch, &seed, epoch));
      assert_false(same_order(&s, epoch, &stage, epoch));
    }
    sampler_release(&s);
    sampler_release(&same);
    sampler_release(&seed);
    sampler_release(&stage);
  }
}

/* The number of a permutation of 0..4 among all 120 (Lehmer code). */
static size_t permutation_number(const uint32_t p[5]) {
  size_t number = 0;
  for (size_t i = 0; i < 5; i++) {
    size_t smaller = 0;
    for (size_t j = i + 1; j < 5; j++) smaller += p[j] < p[i];
    number = number * (5 - i) + smaller;
  }
  return number;
}

static double chi_square(const double *counts, size_t n, double expected) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  return sum;
}

/* The 0.9999 quantile of chi-square with k degrees of freedom (Wilson and Hilferty 1931). */
static double chi_square_limit(double k) {
  double root = 1 - 2 / (9 * k) + 3.719 * sqrt(2 / (9 * k));
  return k * root * root * root;
}

static void every_permutation_is_equally_likely(void **state) {
  (void)state;
  static const int64_t LABELS[5] = {0, 1, 0, 1, 0};
  enum { EPOCHS = 12000 };
  double counts[120] = {0};
  sampler s;
  tiny_dataset five = tiny_dataset_create(5, LABELS, NULL, NULL);
  const sampling plan = {.kind = SAMPLE_SHUFFLE};
  assert_ok(sampler_init(&s, five.dataset, &plan, 3, 0, &error));
  for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
    uint32_t order[5];
    sampler_draw(&s, epoch, order);
    counts[permutation_number(order)]++;
  }
  assert_true(chi_square(counts, 120, EPOCHS / 120.0) < chi_square_limit(119));
  sampler_release(&s);
  tiny_dataset_free(&five);
}

/* ---- group balance ---- */

static void balance_draws_every_group_equally_often_and_every_member_of_a_group(void **state) {
  (void)state;
  enum { EPOCHS = 300 };
  sampler s = open_sampler(DESPUR_GROUP_BALANCE, 5, 0);
  size_t times[COUNT] = {0};
  double of_group[GROUPS] = {0}, of_first[100] = {0}, of_third[10] = {0};
  size_t first = 0, third = 0;
  assert_int_equal(s.length, 111);
  for (size_t epoch = 0; epoch < EPOCHS; epoch++) count_visits(&s, epoch, times);
  for (size_t i = 0; i < COUNT; i++) {
    if (group_of(i) >= GROUPS) {
      assert_int_equal(times[i], 0); /* held out, or in no group */
      continue;
    }
    of_group[group_of(i)] += (double)times[i];
    if (group_of(i) == 0) of_first[first++] = (double)times[i];
    if (group_of(i) == 2) of_third[third++] = (double)times[i];
  }
  const double drawn[3] = {of_group[0], of_group[2], of_group[3]}, each = 111.0 * EPOCHS / 3;
  assert_true(of_group[1] == 0);
  assert_true(chi_square(drawn, 3, each) < chi_square_limit(2));
  assert_true(chi_square(of_first, 100, of_group[0] / 100) < chi_square_limit(99));
  assert_true(chi_square(of_third, 10, of_group[2] / 10) < chi_square_limit(9));
  sampler_release(&s);
}

/* Successive draws of groups are independent: each pair is equally likely. */
static void balance_draws_are_independent(void **state) {
  (void)state;
  enum { EPOCHS = 400 };
  sampler s = open_sampler(DESPUR_GROUP_BALANCE, 6, 0);
  double pairs[16] = {0};
  for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
    uint32_t order[4 * COUNT];
    sampler_draw(&s, epoch, order);
    for (size_t i = 0; i + 1 < s.length; i += 2) pairs[4 * group_of(order[i]) + group_of(order[i + 1])]++;
  }
  const double seen[9] = {pairs[0],  pairs[2],  pairs[3],  pairs[8], pairs[10],
                          pairs[11], pairs[12], pairs[14], pairs[15]};
  assert_true(chi_square(seen, 9, EPOCHS * 55 / 9.0) < chi_square_limit(8));
  sampler_release(&s);
}

/* ---- upsampling and downsampling ---- */

static void upsampling_repeats_each_group_to_the_size_of_the_largest(void **state) {
  (void)state;
  sampler s = open_sampler(DESPUR_UPSAMPLE, 7, 0);
  assert_int_equal(s.length, 300);
  for (size_t epoch = 0; epoch < 5; epoch++) {
    static const size_t REPEATS[GROUPS] = {1, 0, 10, 100};
    size_t times[COUNT] = {0};
    count_visits(&s, epoch, times);
    for (size_t i = 0; i < COUNT; i++)
      assert_int_equal(times[i], group_of(i) < GROUPS ? REPEATS[group_of(i)] : 0);
  }
  sampler_release(&s);
}

static void upsampling_shares_out_what_does_not_divide(void **state) {
  (void)state;
  static const int64_t LABELS[17] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2}; /* 10, 4 and 3 */
  static const size_t SIZE_OF[3] = {10, 4, 3};
  tiny_dataset dataset = tiny_dataset_create(17, LABELS, NULL, NULL);
  despur_groups labels;
  sampler s;
  size_t times[COUNT] = {0}, of_label[3] = {0};
  assert_ok(despur_groups_of_labels(&labels, dataset.dataset, &error));
  size_t quota[3] = {10, 10, 10};
  const sampling plan = {.kind = SAMPLE_LIST, .groups = &labels, .quota = quota};
  assert_ok(sampler_init(&s, dataset.dataset, &plan, 8, 0, &error));
  count_visits(&s, 0, times);
  for (size_t i = 0; i < 17; i++) {
    size_t least = 10 / SIZE_OF[LABELS[i]];
    assert_in_range(times[i], least, least + (10 % SIZE_OF[LABELS[i]] > 0));
    of_label[LABELS[i]] += times[i];
  }
  for (size_t y = 0; y < 3; y++) assert_int_equal(of_label[y], 10);
  sampler_release(&s);
  despur_groups_release(&labels);
  tiny_dataset_free(&dataset);
}

static despur_groups two_groups(size_t first, size_t second) {
  despur_groups two;
  assert_ok(despur_groups_create(&two, COUNT, 3, &error));
  for (size_t i = 0, n = 0; i < COUNT; i++)
    if (is_training(i) && n < first + second) two.of_example[i] = n++ < first ? 0 : 2; /* 1 stays empty */
  two.train_sizes[0] = first;
  two.train_sizes[2] = second;
  return two;
}

static void downsampling_keeps_one_subset_as_large_as_the_smallest_group(void **state) {
  (void)state;
  despur_groups two = two_groups(50, 20);
  sampler s;
  assert_ok(plan_and_open(&s, DESPUR_DOWNSAMPLE, &two, 9, 0));
  size_t first[COUNT] = {0}, of_group[3] = {0};
  assert_int_equal(s.length, 40);
  count_visits(&s, 0, first);
  for (size_t i = 0; i < COUNT; i++) {
    assert_true(first[i] <= 1);
    if (first[i]) of_group[two.of_example[i]]++;
  }
  assert_true(of_group[0] == 20 && of_group[2] == 20);
  for (size_t epoch = 1; epoch < 5; epoch++) {
    size_t times[COUNT] = {0};
    count_visits(&s, epoch, times);
    assert_memory_equal(times, first, sizeof first);
    assert_false(same_order(&s, 0, &s, epoch));
  }
  sampler_release(&s);
  despur_groups_release(&two);
}

static void every_member_is_equally_likely_to_survive_downsampling(void **state) {
  (void)state;
  enum { SEEDS = 2000 };
  despur_groups two = two_groups(50, 20);
  size_t times[COUNT] = {0};
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    sampler s;
    assert_ok(plan_and_open(&s, DESPUR_DOWNSAMPLE, &two, seed, 0));
    count_visits(&s, 0, times);
    sampler_release(&s);
  }
  for (size_t i = 0; i < COUNT; i++) {
    if (two.of_example[i] == 0) assert_near((double)times[i], 0.4 * SEEDS, 5 * sqrt(0.4 * 0.6 * SEEDS));
    if (two.of_example[i] == 2) assert_int_equal(times[i], SEEDS);
  }
  despur_groups_release(&two);
}

/* ---- explicit order ---- */

static void an_explicit_order_is_followed_as_it_stands(void **state) {
  (void)state;
  static const uint32_t ORDER[7] = {5, 5, 0, 159, 3, 12, 0};
  const sampling plan = {.kind = SAMPLE_EXPLICIT, .order = ORDER, .order_length = 7};
  sampler s;
  assert_ok(sampler_init(&s, tiny.dataset, &plan, 1, 0, &error));
  assert_int_equal(s.length, 7);
  for (size_t epoch = 0; epoch < 3; epoch++) {
    uint32_t drawn[7];
    sampler_draw(&s, epoch, drawn);
    assert_memory_equal(drawn, ORDER, sizeof ORDER);
  }
  sampler_release(&s);
}

/* ---- refusals ---- */

static void assert_refused(const sampling *plan, const char *text) {
  sampler s;
  assert_fails(sampler_init(&s, tiny.dataset, plan, 0, 0, &error), DESPUR_BAD_INPUT, text);
  sampler_release(&s);
}

static void impossible_orders_and_groups_are_refused(void **state) {
  (void)state;
  static const uint32_t ORDER[3] = {1, 2, COUNT};
  double nothing[GROUPS] = {0};
  size_t huge[GROUPS] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  sampling plan = {.kind = SAMPLE_EXPLICIT, .order = ORDER, .order_length = 3};
  assert_refused(&plan, "train.order: entry 2 is 160, but there are 160 examples");
  plan.order_length = 0;
  assert_refused(&plan, "train: there are no examples to train on");
  plan = (sampling){.kind = SAMPLE_DRAW, .groups = &groups, .mass = nothing};
  assert_refused(&plan, "train: no group has a positive probability of being drawn");
  plan = (sampling){.kind = SAMPLE_LIST, .groups = &groups, .quota = huge};
  assert_refused(&plan, "train: an epoch would have more than 2^32 visits");
  despur_groups none;
  assert_ok(despur_groups_create(&none, COUNT, 2, &error));
  plan.groups = &none;
  assert_refused(&plan, "train: no training example belongs to a group");
  despur_groups_release(&none);
}

/* ---- threads ---- */

enum { EPOCHS_AT_ONCE = 24 };

typedef struct draws {
  sampler sampler;
  uint32_t order[EPOCHS_AT_ONCE][COUNT];
} draws;

static void draw_epoch(void *context, size_t task, int thread) {
  draws *d = context;
  (void)thread;
  sampler_draw(&d->sampler, task, d->order[task]);
}

static void several_threads_draw_the_same_as_one(void **state) {
  (void)state;
  static draws one, many;
  parallel *pool;
  one.sampler = many.sampler = open_sampler(DESPUR_GROUP_BALANCE, 10, 0);
  for (size_t epoch = 0; epoch < EPOCHS_AT_ONCE; epoch++) draw_epoch(&one, epoch, 0);
  assert_ok(parallel_create(&pool, 3, &error));
  parallel_for(pool, EPOCHS_AT_ONCE, draw_epoch, &many);
  parallel_free(pool);
  assert_memory_equal(one.order, many.order, sizeof one.order);
  sampler_release(&one.sampler);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_epoch_visits_every_training_example_once),
      cmocka_unit_test(the_order_depends_on_epoch_seed_and_stage_and_on_nothing_else),
      cmocka_unit_test(every_permutation_is_equally_likely),
      cmocka_unit_test(balance_draws_every_group_equally_often_and_every_member_of_a_group),
      cmocka_unit_test(balance_draws_are_independent),
      cmocka_unit_test(upsampling_repeats_each_group_to_the_size_of_the_largest),
      cmocka_unit_test(upsampling_shares_out_what_does_not_divide),
      cmocka_unit_test(downsampling_keeps_one_subset_as_large_as_the_smallest_group),
      cmocka_unit_test(every_member_is_equally_likely_to_survive_downsampling),
      cmocka_unit_test(an_explicit_order_is_followed_as_it_stands),
      cmocka_unit_test(impossible_orders_and_groups_are_refused),
      cmocka_unit_test(several_threads_draw_the_same_as_one),
  };
  return cmocka_run_group_tests(tests, create, release);
}
