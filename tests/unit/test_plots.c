/* What a reader reads off the charts of groups, of epochs and of numbers of clusters is what the run says. */
#include "picture_testing.h"

/* ---- a run ---- */

enum { GROUPS = 5, EPOCHS = 4 };

typedef struct example_run {
  report_run run;
  despur_group_score groups[REPORT_STAGES][GROUPS];
  report_eval evals[REPORT_STAGES][2 * EPOCHS + 1];
  report_epoch epochs[REPORT_STAGES][EPOCHS];
  double weights[EPOCHS][GROUPS];
  char weight_names[GROUPS][DESPUR_GROUP_NAME];
  report_silhouette search[2][3];
  report_part parts[2];
} example_run;

static const char *const NAMES[GROUPS] = {"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1", "y=2,a=0"};
static const double ACCURACY[REPORT_STAGES][GROUPS] = {{0.9, 0.2, 0.4, 0.95, 0}, {0.8, 0.7, 0.7, 0.85, 0}};
static const size_t SIZES[GROUPS] = {1000, 50, 49, 2000, 0};

/* The accuracies of one stage: in group 4 nothing was measured. */
static despur_scores scores_of(example_run *e, size_t stage) {
  for (size_t g = 0; g < GROUPS; g++) {
    double accuracy = ACCURACY[stage][g];
    e->groups[stage][g] = (despur_group_score){.name = NAMES[g],
                                               .label = (uint32_t)(g / 2),
                                               .attribute = g % 2,
                                               .count = g < 4 ? 100 : 0,
                                               .train_count = SIZES[g],
                                               .accuracy = g < 4 ? accuracy : (double)NAN,
                                               .low = g < 4 ? accuracy - 0.05 : (double)NAN,
                                               .high = g < 4 ? accuracy + 0.04 : (double)NAN};
  }
  return (despur_scores){.groups_count = GROUPS, .groups = e->groups[stage]};
}

static void fill_stage(example_run *e, size_t s) {
  report_stage *stage = &e->run.stages[s];
  snprintf(stage->label, sizeof stage->label, s == REPORT_TRAIN ? "GroupDRO" : "ERM");
  stage->epochs = e->epochs[s];
  stage->epoch_count = EPOCHS;
  stage->evals = e->evals[s];
  stage->eval_count = 2 * EPOCHS + 1;
  for (size_t i = 0; i < EPOCHS; i++) {
    e->epochs[s][i] = (report_epoch){.epoch = i + 1, .loss = 2.0 / (double)(i + 1)};
    for (size_t split = 0; split < 2; split++) {
      despur_scores scores = {.loss = 2.2 / (double)(i + 1) + 0.1,
                              .average_accuracy = 0.5 + 0.1 * (double)i + 0.01 * (double)split,
                              .worst_group_accuracy = 0.3 + 0.12 * (double)i - 0.02 * (double)split};
      e->evals[s][2 * i + split] =
          (report_eval){.epoch = i + 1, .split = split ? DESPUR_TEST : DESPUR_VAL, .scores = scores};
    }
  }
  e->evals[s][2 * EPOCHS] =
      (report_eval){.epoch = 3, .split = DESPUR_TEST, .selected = true, .scores = scores_of(e, s)};
  stage->final = &e->evals[s][2 * EPOCHS];
}

static example_run *make_run(void) {
  static example_run e;
  memset(&e, 0, sizeof e);
  for (size_t s = 0; s <= REPORT_TRAIN; s++) fill_stage(&e, s);
  return &e;
}

/* ---- charts of groups ---- */

/* The lowest first; of equal ones (y=0,a=1 and y=1,a=0) the first. */
static void groups_stand_in_rows_by_accuracy(void **state) {
  (void)state;
  static const size_t ORDER[4] = {1, 2, 0, 3};
  example_run *e = make_run();
  draw(&plot_groups, &e->run, 0);
  axis across = x_axis();
  assert_int_equal(across.ticks, 6);             /* 0, 20, ... 100 */
  assert_int_equal(count_of('c', "f-after"), 5); /* and one in the legend, which comes first */
  assert_int_equal(count_of('c', "o-before"), 5);
  for (size_t i = 0; i < 4; i++) {
    static const char *const DOTS[REPORT_STAGES] = {"o-before", "f-after"}, *const LINES[REPORT_STAGES] = {
                                                                                "line i-before",
                                                                                "line i-after"};
    for (size_t s = 0; s <= REPORT_TRAIN; s++) {
      double accuracy = 100 * ACCURACY[s][ORDER[i]];
      const mark *dot = find('c', DOTS[s], i + 1), *line = find('p', LINES[s], i);
      assert_reads(&across, dot->x, accuracy);
      assert_reads(&across, line->points[0][0], accuracy - 5);
      assert_reads(&across, line->points[1][0], accuracy + 4);
      assert_near(line->points[0][1], dot->y, 0.1);
      assert_near(line->points[1][1], dot->y, 0.1);
      assert_near(words(NAMES[ORDER[i]])->y, dot->y + 4, 0.11); /* a baseline */
    }
    if (i > 0) assert_true(words(NAMES[ORDER[i]])->y >= words(NAMES[ORDER[i - 1]])->y + CHART_TEXT);
  }
  assert_string_equal(seen.description, "A row for each of 4 groups, the lowest first, with its 95 per cent "
                                        "interval, before (ring) and after (dot).");
  e->run.stages[REPORT_REFERENCE].final = NULL;
  draw(&plot_groups, &e->run, 0);
  assert_int_equal(count_of('c', "o-before"), 0);
  assert_null(strstr(seen.description, "before"));
  e->groups[REPORT_TRAIN][0].count = 0;
  e->evals[REPORT_TRAIN][2 * EPOCHS].scores.groups_count = 1; /* no chart of one group */
  assert_int_equal(plot_groups.count(&e->run), 0);
}

/* 50 and 49 training examples are nearly one size: side by side, six pixels apart. */
static void groups_stand_at_their_sizes(void **state) {
  (void)state;
  static const size_t ORDER[5] = {4, 2, 1, 0, 3};
  static const double SHIFT[5] = {0, -3, 3, 0, 0};
  example_run *e = make_run();
  for (size_t s = 0; s <= REPORT_TRAIN; s++) { /* measured, though it has no training examples */
    e->groups[s][4].count = 10;
    e->groups[s][4].accuracy = 0.5, e->groups[s][4].low = 0.3, e->groups[s][4].high = 0.7;
  }
  draw(&plot_sizes, &e->run, 0);
  axis across = read_axis(true, true), up = y_axis();
  for (size_t i = 0; i < 5; i++) {
    const despur_group_score *group = &e->groups[REPORT_TRAIN][ORDER[i]];
    const mark *dot = find('c', "f-after", i + 1), *line = find('p', "i-after", i);
    assert_reads(&across, dot->x - SHIFT[i], group->train_count ? (double)group->train_count : 0.5);
    assert_reads(&up, dot->y, 100 * group->accuracy);
    assert_reads(&up, line->points[0][1], 100 * group->low);
    assert_reads(&up, line->points[1][1], 100 * group->high);
    assert_near(line->points[0][0], dot->x, 0.1);
    assert_near(line->points[1][0], dot->x, 0.1);
  }
  assert_int_equal(count_of('c', "o-before"), 6);
  words("training examples in the group (left end: none)");
  for (size_t s = 0; s <= REPORT_TRAIN; s++) e->groups[s][4].train_count = 10;
  draw(&plot_sizes, &e->run, 0);
  words("training examples in the group");
}

/* ---- charts of epochs ---- */

/* The axis has every epoch that there was and none besides, so that lines are as wide as the plot. */
static void assert_epochs(void) {
  axis across = x_axis();
  assert_int_equal(across.ticks, EPOCHS);
  assert_near(across.values[0], 1, 0);
  assert_near(across.values[1], EPOCHS, 0);
}

static void curves_go_through_what_was_measured(void **state) {
  (void)state;
  example_run *e = make_run();
  double epochs[EPOCHS], losses[EPOCHS], checked[EPOCHS], average[EPOCHS], worst[EPOCHS];
  for (size_t i = 0; i < EPOCHS; i++) {
    epochs[i] = (double)i + 1;
    losses[i] = e->epochs[0][i].loss;
    checked[i] = e->evals[0][2 * i].scores.loss;
    average[i] = 100 * e->evals[0][2 * i].scores.average_accuracy;
    worst[i] = 100 * e->evals[0][2 * i].scores.worst_group_accuracy;
  }
  assert_int_equal(plot_curves.count(&e->run), 6); /* loss, validation and test accuracy of two stages */
  for (size_t s = 0; s <= REPORT_TRAIN; s++) {
    const char *tone = s == REPORT_TRAIN ? "line s-after" : "line s-before";
    draw(&plot_curves, &e->run, 3 * s);
    assert_epochs();
    assert_string_equal(seen.title, s == REPORT_TRAIN ? "GroupDRO: loss" : "ERM: loss");
    assert_string_equal(seen.description, "training: 2 in epoch 1, 0.5 in epoch 4; "
                                          "validation: 2.3 in epoch 1, 0.65 in epoch 4");
    assert_line(find('p', "line s-mute", 0), epochs, losses, EPOCHS);
    assert_line(find('p', tone, 0), epochs, checked, EPOCHS);
    axis across = x_axis(), up = y_axis();
    assert_reads(&across, find('p', "mark", 0)->points[0][0], 3);
    assert_near(words("kept: epoch 3")->x, find('p', "mark", 0)->points[0][0], 0.1);
    assert_reads(&up, words("validation")->y - 4, 0.65);
    assert_true(words("training")->y > words("validation")->y);
    draw(&plot_curves, &e->run, 3 * s + 1);
    assert_string_equal(seen.title, s == REPORT_TRAIN ? "GroupDRO: validation accuracy, %"
                                                      : "ERM: validation accuracy, %");
    assert_line(find('p', "line s-mute", 0), epochs, average, EPOCHS);
    assert_line(find('p', tone, 0), epochs, worst, EPOCHS);
    draw(&plot_curves, &e->run, 3 * s + 2);
    assert_non_null(strstr(seen.title, "test accuracy"));
    for (size_t i = 0; i < EPOCHS; i++) {
      up = y_axis();
      assert_reads(&up, find('p', tone, 0)->points[i][1], worst[i] - 2);
    }
  }
}

/* One point is no curve. */
static void stages_of_one_epoch_have_no_curves(void **state) {
  (void)state;
  example_run *e = make_run();
  for (size_t s = 0; s <= REPORT_TRAIN; s++) {
    e->run.stages[s].epoch_count = 1;
    e->run.stages[s].eval_count = 2; /* of validation and test */
  }
  assert_int_equal(plot_curves.count(&e->run), 0);
  assert_int_equal(plot_tradeoff.count(&e->run), 0);
  e->run.stages[REPORT_TRAIN].epoch_count = 2;
  assert_int_equal(plot_curves.count(&e->run), 1);
}

/* Losses that span more than a factor of thirty need a logarithmic axis, which begins at the least. */
static void small_losses_are_told_apart(void **state) {
  (void)state;
  example_run *e = make_run();
  for (size_t i = 0; i < EPOCHS; i++) e->epochs[0][i].loss = i == 1 ? (double)NAN : 2 * pow(0.1, (double)i);
  draw(&plot_curves, &e->run, 0);
  axis across = x_axis(), up = read_axis(false, true);
  const mark *line = find('p', "line s-mute", 0);
  assert_int_equal(line->count, 3); /* what is no number is left out */
  for (size_t k = 0; k < 3; k++) {
    size_t i = k ? k + 1 : 0;
    assert_reads(&across, line->points[k][0], (double)i + 1);
    assert_reads(&up, line->points[k][1], e->epochs[0][i].loss);
  }
  e->run.stages[0].final = NULL; /* nothing was kept */
  draw(&plot_curves, &e->run, 0);
  assert_null(find('p', "mark", 0));
}

static void the_path_of_average_and_worst_group_is_drawn(void **state) {
  (void)state;
  example_run *e = make_run();
  double average[EPOCHS], worst[EPOCHS];
  for (size_t i = 0; i < EPOCHS; i++) {
    average[i] = 100 * e->evals[1][2 * i + 1].scores.average_accuracy;
    worst[i] = 100 * e->evals[1][2 * i + 1].scores.worst_group_accuracy;
  }
  draw(&plot_tradeoff, &e->run, 0);
  assert_string_equal(seen.title, "Worst group against average, test, %");
  assert_string_equal(seen.description, "A path of 4 epochs; the curves have the numbers.");
  assert_line(find('p', "line thin s-after", 0), average, worst, EPOCHS);
  axis across = x_axis(), up = y_axis();
  assert_true(across.values[0] >= 40 && across.values[0] <= 51); /* below the lowest, and no further */
  assert_near(across.values[1], 100, 0);
  for (size_t i = 0; i < EPOCHS; i++) {
    assert_reads(&across, find('c', "f-after", i)->x, average[i]);
    assert_reads(&up, find('c', "f-after", i)->y, worst[i]);
  }
  assert_reads(&across, find('c', "ring", 0)->x, average[2]);
  assert_reads(&up, find('c', "ring", 0)->y, worst[2]);
  assert_near(words("epoch 3")->y - 4, find('c', "ring", 0)->y, 0.11);
  assert_true(words("epoch 3")->x >= find('c', "ring", 0)->x + 7); /* beside the ring */
  e->evals[1][5].scores.average_accuracy = 1;
  draw(&plot_tradeoff, &e->run, 0); /* where there is no room to the right */
  assert_true(words("epoch 3")->x <= find('c', "ring", 0)->x - 7);
  assert_string_equal(words("epoch 3")->anchor, "end");
}

static void weights_of_groups_have_lines_and_the_heaviest_names(void **state) {
  (void)state;
  example_run *e = make_run();
  double epochs[EPOCHS], weights[GROUPS][EPOCHS];
  e->run.stages[REPORT_TRAIN].weight_count = GROUPS;
  e->run.stages[REPORT_TRAIN].weight_names = e->weight_names;
  for (size_t g = 0; g < GROUPS; g++) snprintf(e->weight_names[g], DESPUR_GROUP_NAME, "%s", NAMES[g]);
  for (size_t i = 0; i < EPOCHS; i++) {
    epochs[i] = (double)i + 1;
    for (size_t g = 0; g < GROUPS; g++)
      weights[g][i] = e->weights[i][g] = 0.2 + 0.03 * (double)i * ((double)g - 2);
    e->epochs[REPORT_TRAIN][i].weights = e->weights[i];
  }
  draw(&plot_weights, &e->run, 0);
  assert_epochs();
  assert_int_equal(count_of('p', "line thin s-mute"), GROUPS);
  for (size_t g = 0; g < GROUPS; g++)
    assert_line(find('p', "line thin s-mute", g), epochs, weights[g], EPOCHS);
  for (size_t k = 0; k < 4; k++) {
    char class[24];
    snprintf(class, sizeof class, "line s-k%zu", k);
    assert_line(find('p', class, 0), epochs, weights[4 - k], EPOCHS);
    snprintf(class, sizeof class, "t-k%zu", k);
    assert_string_equal(words(NAMES[4 - k])->class, class);
  }
  assert_null(strstr(seen.description, NAMES[0]));
  assert_non_null(strstr(seen.description, "y=2,a=0 0.380, y=1,a=1 0.290, y=1,a=0 0.200, y=0,a=1 0.110."));
  e->epochs[REPORT_TRAIN][0].weights = e->epochs[REPORT_TRAIN][1].weights = NULL;
  assert_int_equal(plot_weights.count(&e->run), 1);
  e->epochs[REPORT_TRAIN][2].weights = NULL; /* one epoch is no line */
  assert_int_equal(plot_weights.count(&e->run), 0);
}

/* ---- the number of clusters ---- */

static void silhouettes_are_drawn_for_each_number_of_clusters(void **state) {
  (void)state;
  static const double SILHOUETTES[2][3] = {{0.4, 0.72, 0.5}, {0.3, 0.2, -0.1}}, X[3] = {2, 3, 4};
  example_run *e = make_run();
  for (size_t p = 0; p < 2; p++) {
    e->parts[p] = (report_part){.clusters = p ? 2 : 3, .search = e->search[p], .search_count = 3};
    snprintf(e->parts[p].name, sizeof e->parts[p].name, "y=%zu", p);
    for (size_t i = 0; i < 3; i++) e->search[p][i] = (report_silhouette){i + 2, SILHOUETTES[p][i]};
  }
  e->run.inference.parts = e->parts;
  e->run.inference.part_count = 2;
  draw(&plot_silhouette, &e->run, 0);
  axis across = x_axis(), up = y_axis();
  assert_int_equal(across.ticks, 3);
  for (size_t p = 0; p < 2; p++) {
    assert_line(find('p', p ? "line s-k1" : "line s-k0", 0), X, SILHOUETTES[p], 3);
    const mark *dot = find('c', p ? "k1" : "k0", 0); /* the number that was taken */
    assert_reads(&across, dot->x, p ? 2 : 3);
    assert_reads(&up, dot->y, p ? 0.3 : 0.72);
    assert_reads(&up, words(p ? "y=1" : "y=0")->y - 4, SILHOUETTES[p][2]);
  }
  for (size_t i = 0; i < 3; i++) e->search[1][i].silhouette += 0.5; /* the axis begins at 0 all the same */
  draw(&plot_silhouette, &e->run, 0);
  assert_near(y_axis().values[0], 0, 0);
  e->parts[0].search_count = 0;
  assert_int_equal(plot_silhouette.count(&e->run), 1);
  e->parts[1].search_count = 1; /* nothing was compared */
  assert_int_equal(plot_silhouette.count(&e->run), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groups_stand_in_rows_by_accuracy),
      cmocka_unit_test(groups_stand_at_their_sizes),
      cmocka_unit_test(curves_go_through_what_was_measured),
      cmocka_unit_test(stages_of_one_epoch_have_no_curves),
      cmocka_unit_test(small_losses_are_told_apart),
      cmocka_unit_test(the_path_of_average_and_worst_group_is_drawn),
      cmocka_unit_test(weights_of_groups_have_lines_and_the_heaviest_names),
      cmocka_unit_test(silhouettes_are_drawn_for_each_number_of_clusters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
