/* Repairing a last layer: on features of which one is the label in noise and another a shortcut that holds
 * for most training examples. */
#include "testing.h"

#include "despur/repair.h"
#include "repair/layer.h"

enum { ROWS = 1200, COLUMNS = 8, GROUPS = 4, TRAIN = 600, VAL = 900 };

static despur_error error;
static float x[ROWS * COLUMNS];
static uint32_t labels[ROWS], groups[ROWS], splits[ROWS];

static double noise(size_t i) {
  return (double)(uint32_t)(i * 2654435761u) / 2147483648.0 - 1;
}

/* In training the shortcut says the label in nine of ten examples, elsewhere in half of them. */
static int make(void **state) {
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    splits[i] = i < TRAIN ? DESPUR_TRAIN : i < VAL ? DESPUR_VAL : DESPUR_TEST;
    labels[i] = noise(17 * i + 5) > 0;
    const bool usual = noise(29 * i + 11) > (i < TRAIN ? -0.8 : 0);
    const uint32_t attribute = usual ? labels[i] : 1 - labels[i];
    groups[i] = 2 * labels[i] + attribute;
    for (size_t j = 0; j < COLUMNS; j++) x[i * COLUMNS + j] = (float)(10 + noise(1000 + i * COLUMNS + j));
    x[i * COLUMNS] += (float)labels[i];
    x[i * COLUMNS + 1] = (float)(5 + 3 * attribute + 0.5 * noise(90000 + i));
  }
  return 0;
}

static despur_repair_data data(void) {
  return (despur_repair_data){.features = x,
                              .rows = ROWS,
                              .columns = COLUMNS,
                              .labels = labels,
                              .classes = 2,
                              .splits = splits,
                              .groups = groups,
                              .groups_count = GROUPS};
}

static despur_repair_options quick(void) {
  despur_repair_options options = {.threads = 1, .refits = 3, .folds = 3};
  options.l2 = (despur_repair_list){{0.1, 0.01}, 2};
  options.c = (despur_repair_list){{1, 0.1}, 2};
  options.mix = (despur_repair_list){{0.9, 0.7}, 2};
  options.gamma = (despur_repair_list){{2, 4}, 2};
  options.lambda = (despur_repair_list){{0.1}, 1};
  return options;
}

static double worst_on_test(const float *weight, const float *bias) {
  size_t count[GROUPS] = {0}, right[GROUPS] = {0};
  double least = 1;
  for (size_t i = VAL; i < ROWS; i++) {
    double z[2];
    despur_repair_logits(z, weight, bias, 2, x + i * COLUMNS, COLUMNS);
    count[groups[i]]++;
    right[groups[i]] += (z[1] > z[0]) == (labels[i] == 1);
  }
  for (size_t g = 0; g < GROUPS; g++) least = fmin(least, (double)right[g] / (double)count[g]);
  return least;
}

static despur_repair_result repair_all(int threads) {
  const despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result result;
  options.threads = threads;
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++) options.methods[m] = true;
  assert_ok(despur_repair(&result, &of, &options, &error));
  return result;
}

static void methods_that_know_groups_lift_the_worst_one(void **state) {
  (void)state;
  despur_repair_result r = repair_all(1);
  const double before = worst_on_test(r.before_weight, r.before_bias);
  assert_int_equal(r.methods_count, DESPUR_LAST_COUNT);
  assert_true(before < 0.6);
  for (size_t m = 0; m < r.methods_count; m++) {
    const despur_repaired *of = &r.methods[m];
    assert_null(of->skipped);
    assert_true(of->converged);
    assert_true(of->gap <= 1e-6);
    if (strcmp(despur_last_layer_groups(of->method), "none") == 0 || of->method == DESPUR_LAST_OFFSETS)
      continue;
    if (!(worst_on_test(of->weight, of->bias) > before + 0.15))
      fail_msg("%s: %g, before %g", despur_last_layer_label(of->method), worst_on_test(of->weight, of->bias),
               before);
  }
  despur_repair_release(&r);
}

static void threads_and_test_examples_change_no_bit(void **state) {
  (void)state;
  despur_repair_result first = repair_all(1);
  for (size_t i = VAL; i < ROWS; i++) {
    labels[i] = 1 - labels[i];
    groups[i] = GROUPS - 1 - groups[i];
    x[i * COLUMNS + 2] += 100;
  }
  despur_repair_result other = repair_all(3);
  make(NULL);
  assert_int_equal(first.best, other.best);
  for (size_t m = 0; m < first.methods_count; m++) {
    assert_int_equal(first.methods[m].chosen, other.methods[m].chosen);
    assert_memory_equal(first.methods[m].weight, other.methods[m].weight, 2 * COLUMNS * sizeof(float));
    assert_memory_equal(first.methods[m].bias, other.methods[m].bias, 2 * sizeof(float));
  }
  despur_repair_release(&first);
  despur_repair_release(&other);
}

static void candidates_are_judged_by_the_heads_that_they_are(void **state) {
  (void)state;
  const despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  options.methods[DESPUR_LAST_BALANCED] = true;
  options.l2 = (despur_repair_list){{0.05}, 1};
  assert_ok(despur_repair(&r, &of, &options, &error));
  const despur_repaired *balanced = &r.methods[0];
  size_t right[GROUPS] = {0};
  assert_false(balanced->cross_validated);
  assert_near(balanced->optimism, 0, 0); /* of one candidate */
  for (size_t i = TRAIN; i < VAL; i++) {
    double z[2];
    despur_repair_logits(z, balanced->weight, balanced->bias, 2, x + i * COLUMNS, COLUMNS);
    right[groups[i]] += (z[1] > z[0]) == (labels[i] == 1);
  }
  /* candidates are fitted to 1e-3, the chosen one to 1e-6: hardly an example differs */
  for (size_t g = 0; g < GROUPS; g++)
    assert_true(fabs((double)right[g] - (double)balanced->candidates[0].correct[g]) <= 1);
  assert_near(r.dial[DESPUR_DIAL_POINTS - 1].average,
              (double)(right[0] + right[1] + right[2] + right[3]) / (VAL - TRAIN), 1e-12);
  assert_near(r.dial[0].average, r.before.average, 1e-12);
  assert_near(r.dial[0].loss, 0, 0);
  despur_repair_release(&r);
}

/* The slope of the balanced objective in standardised features is minus l2 times the weights. */
static void a_folded_head_is_the_optimum_of_standardised_features(void **state) {
  (void)state;
  const despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  double mean[COLUMNS] = {0}, spread[COLUMNS] = {0}, size[GROUPS] = {0}, slope[COLUMNS] = {0};
  options.methods[DESPUR_LAST_BALANCED] = true;
  options.l2 = (despur_repair_list){{0.05}, 1};
  options.tolerance = 1e-10;
  assert_ok(despur_repair(&r, &of, &options, &error));
  const float *w = r.methods[0].weight, *b = r.methods[0].bias;
  for (size_t i = 0; i < TRAIN; i++)
    for (size_t j = 0; j < COLUMNS; j++) mean[j] += (double)x[i * COLUMNS + j] / TRAIN;
  for (size_t i = 0; i < TRAIN; i++)
    for (size_t j = 0; j < COLUMNS; j++) spread[j] += pow((double)x[i * COLUMNS + j] - mean[j], 2) / TRAIN;
  for (size_t i = 0; i < TRAIN; i++) size[groups[i]]++;
  for (size_t i = 0; i < TRAIN; i++) {
    double z[2];
    despur_repair_logits(z, w, b, 2, x + i * COLUMNS, COLUMNS);
    const double residual = 1 / (1 + exp(z[0] - z[1])) - labels[i];
    for (size_t j = 0; j < COLUMNS; j++)
      slope[j] +=
          residual / size[groups[i]] / GROUPS * ((double)x[i * COLUMNS + j] - mean[j]) / sqrt(spread[j]);
  }
  for (size_t j = 0; j < COLUMNS; j++)
    assert_near(slope[j], -0.05 * (double)(w[COLUMNS + j] - w[j]) * sqrt(spread[j]), 2e-5);
  despur_repair_release(&r);
}

/* Weights are the mean of what two partitions ask for, and candidates are judged by the mean of their worst
 * cells. */
static void several_partitions_are_averaged(void **state) {
  (void)state;
  enum { CELLS = 6 };
  static uint32_t cells[ROWS];
  despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  double mean[COLUMNS] = {0}, spread[COLUMNS] = {0}, size[GROUPS] = {0}, cell_size[CELLS] = {0},
         slope[COLUMNS] = {0}, worst[2] = {1, 1};
  size_t right[2][CELLS] = {{0}}, count[2][CELLS] = {{0}};
  for (size_t i = 0; i < ROWS; i++) cells[i] = 3 * labels[i] + (uint32_t)(i % 7 % 3);
  of.partitions = cells;
  of.partitions_count = 1;
  of.cells = CELLS;
  options.methods[DESPUR_LAST_BALANCED] = true;
  options.l2 = (despur_repair_list){{0.05}, 1};
  options.tolerance = 1e-10;
  assert_ok(despur_repair(&r, &of, &options, &error));
  const float *w = r.methods[0].weight, *b = r.methods[0].bias;
  for (size_t i = 0; i < TRAIN; i++) {
    for (size_t j = 0; j < COLUMNS; j++) mean[j] += (double)x[i * COLUMNS + j] / TRAIN;
    size[groups[i]]++;
    cell_size[cells[i]]++;
  }
  for (size_t i = 0; i < TRAIN; i++)
    for (size_t j = 0; j < COLUMNS; j++) spread[j] += pow((double)x[i * COLUMNS + j] - mean[j], 2) / TRAIN;
  for (size_t i = 0; i < VAL; i++) {
    double z[2];
    despur_repair_logits(z, w, b, 2, x + i * COLUMNS, COLUMNS);
    const double residual = 1 / (1 + exp(z[0] - z[1])) - labels[i];
    const double weight = (1 / size[groups[i]] / GROUPS + 1 / cell_size[cells[i]] / CELLS) / 2;
    for (size_t j = 0; j < COLUMNS && i < TRAIN; j++)
      slope[j] += residual * weight * ((double)x[i * COLUMNS + j] - mean[j]) / sqrt(spread[j]);
    for (size_t p = 0; p < 2 && i >= TRAIN; p++) {
      const uint32_t cell = p ? cells[i] : groups[i];
      count[p][cell]++;
      right[p][cell] += (z[1] > z[0]) == (labels[i] == 1);
    }
  }
  for (size_t j = 0; j < COLUMNS; j++)
    assert_near(slope[j], -0.05 * (double)(w[COLUMNS + j] - w[j]) * sqrt(spread[j]), 2e-5);
  for (size_t p = 0; p < 2; p++)
    for (size_t c = 0; c < (p ? CELLS : GROUPS); c++)
      worst[p] = fmin(worst[p], (double)right[p][c] / (double)count[p][c]);
  /* candidates are fitted to 1e-3, the chosen one to the end */
  assert_near(r.methods[0].candidates[0].worst_group, (worst[0] + worst[1]) / 2, 0.03);
  despur_repair_release(&r);
  cells[5] = CELLS;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_INPUT,
               "repair: partition 1, row 5: expected a cell below 6, found 6");
  of.groups = NULL;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_USAGE,
               "repair: partitions go with groups, which are the first of them");
}

static void balanced_subsets_have_as_many_of_each_group(void **state) {
  (void)state;
  uint32_t rows[TRAIN], subset[TRAIN];
  const despur_repair_data of = data();
  const repair_work work = {.data = &of, .groups = groups, .groups_count = GROUPS};
  double weights[TRAIN];
  size_t count, sizes[GROUPS] = {0}, taken[GROUPS] = {0}, least = TRAIN;
  random_stream stream = random_open(1, "test", 0);
  for (uint32_t i = 0; i < TRAIN; i++) {
    rows[i] = i;
    sizes[groups[i]]++;
  }
  for (size_t g = 0; g < GROUPS; g++) least = sizes[g] < least ? sizes[g] : least;
  assert_ok(
      repair_balanced_subset(subset, weights, &count, &work, (repair_rows){rows, TRAIN}, &stream, &error));
  assert_int_equal(count, GROUPS * least);
  for (size_t i = 0; i < count; i++) taken[groups[subset[i]]]++;
  for (size_t g = 0; g < GROUPS; g++) assert_int_equal(taken[g], least);
  for (size_t i = 0; i < count; i++) assert_true(weights[i] == 1);
}

/* Of rows that weigh, each group has as much weight as the lightest, and only its last row is cut. */
static void balanced_subsets_have_as_much_weight_of_each_group(void **state) {
  (void)state;
  uint32_t rows[TRAIN], subset[TRAIN];
  double own[ROWS], weights[TRAIN], whole[GROUPS] = {0}, taken[GROUPS] = {0}, least = HUGE_VAL;
  size_t count, cut[GROUPS] = {0};
  despur_repair_data of = data();
  const repair_work work = {.data = &of, .groups = groups, .groups_count = GROUPS};
  random_stream stream = random_open(1, "test", 0);
  for (uint32_t i = 0; i < ROWS; i++) own[i] = 1.5 + noise(i + 3);
  of.weights = own;
  for (uint32_t i = 0; i < TRAIN; i++) {
    rows[i] = i;
    whole[groups[i]] += own[i];
  }
  for (size_t g = 0; g < GROUPS; g++) least = fmin(least, whole[g]);
  assert_ok(
      repair_balanced_subset(subset, weights, &count, &work, (repair_rows){rows, TRAIN}, &stream, &error));
  for (size_t i = 0; i < count; i++) {
    taken[groups[subset[i]]] += weights[i];
    cut[groups[subset[i]]] += weights[i] < own[subset[i]];
  }
  for (size_t g = 0; g < GROUPS; g++) {
    assert_near(taken[g], least, 1e-9 * least);
    assert_true(cut[g] <= 1);
  }
}

/* An example of weight 3 is three examples, whatever is fitted and chosen: where folds are the same, so is
 * all that comes out. */
static void weights_are_repeated_examples(void **state) {
  (void)state;
  enum { ONCE = 400, MOST = 4 * ONCE };
  static float repeated[MOST * COLUMNS];
  static uint32_t own[4][MOST]; /* labels, groups, splits, folds */
  uint32_t folds[ONCE], training[ONCE] = {0};
  double weights[ONCE];
  size_t rows = 0;
  for (size_t i = 0; i < ONCE; i++) {
    folds[i] = (uint32_t)(i * 7 % 3);
    weights[i] = (double)(1 + i * 11 % 4);
    for (size_t k = 0; k < 1 + i * 11 % 4; k++, rows++) {
      memcpy(repeated + rows * COLUMNS, x + i * COLUMNS, COLUMNS * sizeof *x);
      own[0][rows] = labels[i];
      own[1][rows] = groups[i];
      own[3][rows] = folds[i];
    }
  }
  const despur_last_layer methods[] = {DESPUR_LAST_ERM, DESPUR_LAST_BALANCED, DESPUR_LAST_GROUPDRO};
  for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
    despur_repair_data one = data(), many = data();
    despur_repair_options options = quick();
    despur_repair_result r[2];
    options.methods[methods[m]] = true;
    options.tolerance = 1e-10;
    one.rows = ONCE;
    one.splits = training;
    one.weights = weights;
    one.folds = folds;
    many.rows = rows;
    many.features = repeated;
    many.labels = own[0];
    many.groups = own[1];
    many.splits = own[2];
    many.folds = own[3];
    one.folds_count = many.folds_count = 3;
    assert_ok(despur_repair(&r[0], &one, &options, &error));
    assert_ok(despur_repair(&r[1], &many, &options, &error));
    const despur_repaired *a = &r[0].methods[0], *b = &r[1].methods[0];
    assert_int_equal(a->chosen, b->chosen);
    for (size_t c = 0; c < a->candidates_count; c++) {
      assert_near(a->candidates[c].worst_group, b->candidates[c].worst_group, 1e-12);
      assert_near(a->candidates[c].average, b->candidates[c].average, 1e-12);
    }
    for (size_t j = 0; j < 2 * COLUMNS; j++) assert_near((double)a->weight[j], (double)b->weight[j], 1e-4);
    despur_repair_release(&r[0]);
    despur_repair_release(&r[1]);
  }
  despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  options.methods[DESPUR_LAST_DPE] = true;
  double none[ROWS] = {1};
  of.weights = none;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_INPUT,
               "repair: row 1: expected a weight above 0, found 0");
  for (size_t i = 0; i < ROWS; i++) none[i] = 1;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_INPUT,
               "DPE: it knows no weights of examples");
  of.weights = NULL;
  of.folds = labels;
  of.folds_count = 1;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_INPUT,
               "expected a fold below 1, found 1");
}

/* No threshold on validation gives a better worst group than the one that is found. */
static void thresholds_are_the_best_there_are(void **state) {
  (void)state;
  const despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  options.methods[DESPUR_LAST_OFFSETS] = true;
  assert_ok(despur_repair(&r, &of, &options, &error));
  double found = 0, best = 0;
  for (int step = -400; step <= 401; step++) {
    const bool own = step == 401;
    size_t count[GROUPS] = {0}, right[GROUPS] = {0};
    double least = 1;
    for (size_t i = TRAIN; i < VAL; i++) {
      double z[2];
      despur_repair_logits(z, own ? r.methods[0].weight : r.before_weight,
                           own ? r.methods[0].bias : r.before_bias, 2, x + i * COLUMNS, COLUMNS);
      count[groups[i]]++;
      right[groups[i]] += (z[1] + (own ? 0 : step * 0.02) > z[0]) == (labels[i] == 1);
    }
    for (size_t g = 0; g < GROUPS; g++) least = fmin(least, (double)right[g] / (double)count[g]);
    *(own ? &found : &best) = own ? least : fmax(best, least);
  }
  assert_true(found >= best - 1e-12);
  despur_repair_release(&r);
}

/* Six examples of a class, of which chance alone would often hold out none. */
/* Labels are noise, so that whatever is chosen is right by chance alone. What the best candidate says of
 * itself is more than that, and choosing again in each fold takes it off. */
static void without_validation_choosing_is_nested(void **state) {
  (void)state;
  double said = 0, nested = 0;
  despur_repair_data of = data();
  despur_repair_options options = quick();
  options.methods[DESPUR_LAST_BALANCED] = true;
  options.l2 = (despur_repair_list){{100, 1, 0.3, 0.1, 0.03, 0.01, 0.001, 0.0001}, 8};
  for (size_t i = 0; i < ROWS; i++) {
    splits[i] = i < 200 ? DESPUR_TRAIN : DESPUR_TEST;
    x[i * COLUMNS] = (float)noise(700 + i), x[i * COLUMNS + 1] = (float)noise(70000 + i);
  }
  for (uint64_t seed = 0; seed < 12; seed++) {
    despur_repair_result r;
    options.seed = seed;
    for (size_t i = 0; i < 200; i++) {
      labels[i] = noise(31 * i + 77 + 1000 * seed) > 0;
      groups[i] = 2 * labels[i] + (noise(37 * i + 99 + 1000 * seed) > 0);
    }
    assert_ok(despur_repair(&r, &of, &options, &error));
    const despur_repaired *balanced = &r.methods[0];
    assert_true(balanced->cross_validated);
    said += balanced->candidates[balanced->chosen].worst_group / 12;
    nested += (balanced->candidates[balanced->chosen].worst_group - balanced->optimism) / 12;
    despur_repair_release(&r);
  }
  make(NULL);
  if (!(nested < said - 0.01)) fail_msg("%g of %g", nested, said);
}

static void afr_holds_out_some_of_every_class(void **state) {
  (void)state;
  despur_repair_data of = data();
  of.groups = NULL;
  for (size_t i = 0; i < TRAIN; i++) labels[i] = i % (TRAIN / 6) == 0;
  for (uint64_t seed = 0; seed < 10; seed++) {
    despur_repair_options options = quick();
    despur_repair_result r;
    options.methods[DESPUR_LAST_AFR] = true;
    options.seed = seed;
    assert_ok(despur_repair(&r, &of, &options, &error));
    despur_repair_release(&r);
  }
  make(NULL);
}

static void what_a_method_needs_is_said(void **state) {
  (void)state;
  despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r;
  options.methods[DESPUR_LAST_GROUPDRO] = true;
  of.groups = NULL;
  assert_fails(despur_repair(&r, &of, &options, &error), DESPUR_BAD_INPUT,
               "GroupDRO: it needs groups of all training examples");
  options.methods[DESPUR_LAST_ERM] = true;
  assert_ok(despur_repair(&r, &of, &options, &error));
  assert_true(r.of_classes && r.groups_count == 2);
  assert_null(r.methods[0].skipped);
  assert_non_null(r.methods[1].skipped);
  assert_int_equal(r.best, 0);
  despur_repair_release(&r);
}

static void wishes_are_granted_on_the_safe_side(void **state) {
  (void)state;
  size_t point;
  despur_repair_result r = repair_all(1);
  assert_int_equal(despur_dial_choose(&point, &r, &(despur_dial_wish){(double)NAN, 0}), DESPUR_DIAL_FOUND);
  assert_int_equal(despur_dial_choose(&point, &r, &(despur_dial_wish){1, (double)NAN}), DESPUR_DIAL_NONE);
  assert_int_equal(despur_dial_choose(&point, &r, &(despur_dial_wish){0.1, (double)NAN}), DESPUR_DIAL_FOUND);
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    assert_true(r.dial[p].worst <= r.dial[point].worst);
    assert_true(r.dial[p].average_low <= r.dial[p].average && r.dial[p].average <= r.dial[p].average_high);
    assert_true(r.dial[p].worst_low <= r.dial[p].worst && r.dial[p].worst <= r.dial[p].worst_high);
  }
  despur_repair_release(&r);
}

static void splits_are_a_half_a_fifth_and_the_rest(void **state) {
  (void)state;
  uint32_t drawn[ROWS], other[ROWS];
  size_t count[DESPUR_SPLITS] = {0};
  despur_repair_draw_splits(drawn, ROWS, 1);
  despur_repair_draw_splits(other, ROWS, 2);
  for (size_t i = 0; i < ROWS; i++) count[drawn[i]]++;
  assert_int_equal(count[DESPUR_TRAIN], ROWS / 2);
  assert_int_equal(count[DESPUR_VAL], ROWS / 5);
  assert_memory_not_equal(drawn, other, sizeof drawn);
}

/* Choosing, the head before and the dial know nothing of it. With hardly a penalty the optimum does not
 * depend on how columns are standardised, so it is that of a repair whose training examples all of these are.
 */
static void what_is_chosen_is_fitted_on_both_if_wanted(void **state) {
  (void)state;
  const despur_repair_data of = data();
  despur_repair_options options = quick();
  despur_repair_result r[3];
  options.methods[DESPUR_LAST_BALANCED] = true;
  options.l2 = (despur_repair_list){{1e-3, 1e-6}, 2};
  for (int both = 0; both < 2; both++) {
    options.fit_on_both = both == 1;
    assert_ok(despur_repair(&r[both], &of, &options, &error));
    assert_int_equal(r[both].methods[0].fitted_on, both ? VAL : TRAIN);
  }
  options.methods[DESPUR_LAST_DFR] = true; /* which is fitted on validation examples anyway */
  assert_ok(despur_repair(&r[2], &of, &options, &error));
  assert_int_equal(r[2].methods_count, 2);
  for (size_t m = 0; m < 2; m++) {
    const bool again = r[2].methods[m].method == DESPUR_LAST_BALANCED;
    assert_int_equal(r[2].methods[m].fitted_on, again ? VAL : VAL - TRAIN);
    assert_int_equal(r[2].methods[m].fitted_on_both, again);
  }
  despur_repair_release(&r[2]);
  options.methods[DESPUR_LAST_DFR] = false;
  assert_memory_equal(r[0].before_weight, r[1].before_weight, 2 * COLUMNS * sizeof(float));
  assert_int_equal(r[0].methods[0].chosen, r[1].methods[0].chosen);
  for (size_t c = 0; c < 2; c++)
    assert_memory_equal(r[0].methods[0].candidates[c].correct, r[1].methods[0].candidates[c].correct,
                        GROUPS * sizeof(size_t));
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++)
    assert_true(fabs(r[0].dial[p].average - r[1].dial[p].average) * (VAL - TRAIN) <=
                1); /* from other starts */
  despur_repair_release(&r[0]);
  despur_repair_release(&r[1]);
  options.l2 = (despur_repair_list){{1e-6}, 1};
  for (int all = 0; all < 2; all++) {
    options.fit_on_both = !all;
    for (size_t i = TRAIN; i < VAL; i++) splits[i] = all ? DESPUR_TRAIN : DESPUR_VAL;
    assert_ok(despur_repair(&r[all], &of, &options, &error));
  }
  for (size_t j = 0; j < COLUMNS; j++)
    assert_near(r[0].methods[0].weight[j], r[1].methods[0].weight[j], 0.01);
  options.fit_on_both = true;
  assert_fails(despur_repair(&r[2], &of, &options, &error), DESPUR_BAD_USAGE, "no validation examples");
  make(NULL);
  despur_repair_release(&r[0]);
  despur_repair_release(&r[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(methods_that_know_groups_lift_the_worst_one),
      cmocka_unit_test(threads_and_test_examples_change_no_bit),
      cmocka_unit_test(candidates_are_judged_by_the_heads_that_they_are),
      cmocka_unit_test(a_folded_head_is_the_optimum_of_standardised_features),
      cmocka_unit_test(several_partitions_are_averaged),
      cmocka_unit_test(balanced_subsets_have_as_many_of_each_group),
      cmocka_unit_test(balanced_subsets_have_as_much_weight_of_each_group),
      cmocka_unit_test(weights_are_repeated_examples),
      cmocka_unit_test(thresholds_are_the_best_there_are),
      cmocka_unit_test(without_validation_choosing_is_nested),
      cmocka_unit_test(afr_holds_out_some_of_every_class),
      cmocka_unit_test(what_a_method_needs_is_said),
      cmocka_unit_test(wishes_are_granted_on_the_safe_side),
      cmocka_unit_test(splits_are_a_half_a_fifth_and_the_rest),
      cmocka_unit_test(what_is_chosen_is_fitted_on_both_if_wanted),
  };
  return cmocka_run_group_tests(tests, make, NULL);
}
