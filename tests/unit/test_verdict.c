/* What may be concluded from the accuracies of groups, and what may not. */
#include "testing.h"

#include "report/verdicts/verdict.h"

static despur_error error;

/* Two classes, two attributes; training counts say which group is the usual one of its class. */
static verdict_finding find(const size_t correct[4], size_t count, double attribute_accuracy) {
  despur_group_score groups[4] = {{.name = "y=0,a=0", .label = 0, .attribute = 0, .train_count = 500},
                                  {.name = "y=0,a=1", .label = 0, .attribute = 1, .train_count = 10},
                                  {.name = "y=1,a=0", .label = 1, .attribute = 0, .train_count = 10},
                                  {.name = "y=1,a=1", .label = 1, .attribute = 1, .train_count = 500}};
  despur_scores scores = {.groups_count = 4, .groups = groups, .attribute_accuracy = attribute_accuracy};
  for (size_t g = 0; g < 4; g++) {
    groups[g].count = count;
    groups[g].correct = correct[g];
    groups[g].accuracy = count ? (double)correct[g] / (double)count : (double)NAN;
  }
  verdict_finding found;
  assert_ok(verdict_find(&found, &scores, &error));
  return found;
}

static void answers_that_follow_the_attribute_use_nothing_else(void **state) {
  (void)state;
  verdict_finding found = find((const size_t[]){500, 0, 2, 499}, 500, 0.998);
  assert_int_equal(found.level, VERDICT_ONLY);
  assert_int_equal(found.comparisons, 2);
  assert_int_equal(found.usual_correct, 999);
  /* wrong in another way than by the attribute's class: use, but not of nothing else */
  assert_int_equal(find((const size_t[]){500, 0, 2, 499}, 500, 0.7).level, VERDICT_USES);
}

static void one_group_behind_is_enough(void **state) {
  (void)state;
  verdict_finding found = find((const size_t[]){490, 485, 400, 490}, 500, 0.5);
  assert_int_equal(found.level, VERDICT_USES);
  assert_int_equal(found.gap_group, 2);
  assert_int_equal(found.gap_peer, 3);
  assert_true(found.gap.low > 0.1 && found.gap.low < 0.18 && found.gap.high > 0.18);
}

static void few_examples_leave_it_open(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){10, 8, 9, 10}, 10, 0.5).level, VERDICT_OPEN);
}

static void no_use_needs_every_group_near(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){4900, 4890, 4880, 4900}, 5000, 0.5).level, VERDICT_NO_USE);
  /* the same shares in small groups do not show it */
  assert_int_equal(find((const size_t[]){49, 49, 49, 49}, 50, 0.5).level, VERDICT_OPEN);
}

static void minorities_that_do_better_are_no_use(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){4500, 4700, 4800, 4500}, 5000, 0.5).level, VERDICT_NO_USE);
}

static void a_constant_answer_is_no_proof_of_fairness(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){5000, 5000, 0, 0}, 5000, 0.5).level, VERDICT_LITTLE);
}

static void groups_without_examples_are_not_compared(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){0, 0, 0, 0}, 0, (double)NAN).level, VERDICT_NO_ATTRIBUTE);
}

/* ---- sets of results that have misled ---- */

static despur_scores scores_of(despur_group_score *groups, size_t count) {
  despur_scores s = {
      .groups_count = count, .groups = groups, .worst_group = count, .attribute_accuracy = 0.5};
  double correct = 0;
  for (size_t g = 0; g < count; g++) {
    groups[g].accuracy = groups[g].count ? (double)groups[g].correct / (double)groups[g].count : (double)NAN;
    s.count += groups[g].count;
    correct += (double)groups[g].correct;
    bool lower = s.worst_group == count || groups[g].accuracy < s.worst_group_accuracy;
    if (groups[g].count == 0 || !lower) continue;
    s.worst_group = g;
    s.worst_group_accuracy = groups[g].accuracy;
  }
  s.average_accuracy = s.worst_class_accuracy = correct / (double)s.count;
  return s;
}

/* The verdict on one network, called GEORGE, with these scores by true or inferred group. */
static verdict verdict_on(const despur_scores *scores, const despur_scores *inferred) {
  report_eval final = {.split = DESPUR_TEST, .selected = true, .scores = *scores};
  report_run run = {0};
  verdict v;
  snprintf(run.stages[REPORT_TRAIN].label, sizeof run.stages[REPORT_TRAIN].label, "GEORGE");
  run.stages[REPORT_TRAIN].final = &final;
  if (inferred) run.stages[REPORT_TRAIN].inferred = *inferred;
  run.stages[REPORT_TRAIN].inferred_split = DESPUR_TEST;
  assert_ok(verdict_write(&v, &run, &error));
  return v;
}

static void assert_says(const text *found, const char *words) {
  if (!strstr(found->data, words)) fail_msg("'%s' is not in: %s", words, found->data);
}

static void one_class_in_unbalanced_data_is_not_called_fair(void **state) {
  (void)state;
  despur_group_score groups[4] = {
      {.name = "y=0,a=0", .label = 0, .attribute = 0, .train_count = 900, .count = 900, .correct = 900},
      {.name = "y=0,a=1", .label = 0, .attribute = 1, .train_count = 100, .count = 800, .correct = 800},
      {.name = "y=1,a=0", .label = 1, .attribute = 0, .train_count = 10, .count = 50, .correct = 0},
      {.name = "y=1,a=1", .label = 1, .attribute = 1, .train_count = 90, .count = 50, .correct = 0}};
  despur_scores scores = scores_of(groups, 4);
  verdict_finding found;
  assert_ok(verdict_find(&found, &scores, &error));
  assert_int_equal(found.level, VERDICT_LITTLE);
  scores.degenerate = (despur_degenerate){.kind = DESPUR_ONE_CLASS, .predicted_class = 0, .share = 1};
  verdict v = verdict_on(&scores, NULL);
  assert_says(
      &v.sentence,
      "GEORGE cannot be judged by its accuracies: one class only: 100 % of all predictions are class 0");
  assert_null(strstr(v.sentence.data, "points behind"));
  verdict_release(&v);
}

static void groups_that_do_better_where_the_attribute_is_unusual_are_not_free_of_it(void **state) {
  (void)state;
  despur_group_score groups[4] = {
      {.name = "y=0,a=0", .label = 0, .attribute = 0, .train_count = 900, .count = 500, .correct = 300},
      {.name = "y=0,a=1", .label = 0, .attribute = 1, .train_count = 10, .count = 500, .correct = 480},
      {.name = "y=1,a=0", .label = 1, .attribute = 0, .train_count = 10, .count = 500, .correct = 480},
      {.name = "y=1,a=1", .label = 1, .attribute = 1, .train_count = 900, .count = 500, .correct = 470}};
  despur_scores scores = scores_of(groups, 4);
  verdict v = verdict_on(&scores, NULL);
  assert_says(&v.sentence,
              "This network does worse where the attribute is the usual one: it gets 60.0 % right in "
              "its worst group (y=0,a=0)");
  verdict_release(&v);
}

static void a_tiny_group_has_its_size_beside_its_accuracy(void **state) {
  (void)state;
  despur_group_score groups[4] = {
      {.name = "y=0,a=0", .label = 0, .attribute = 0, .train_count = 900, .count = 500, .correct = 490},
      {.name = "y=0,a=1", .label = 0, .attribute = 1, .train_count = 10, .count = 3, .correct = 0},
      {.name = "y=1,a=0", .label = 1, .attribute = 0, .train_count = 10, .count = 0},
      {.name = "y=1,a=1", .label = 1, .attribute = 1, .train_count = 900, .count = 500, .correct = 490}};
  despur_scores scores = scores_of(groups, 4);
  verdict v = verdict_on(&scores, NULL);
  assert_says(&v.sentence, "0.0 % right in its worst group (y=0,a=1, of which there are only 3)");
  assert_says(&v.reason, "1 of 4 groups have no examples there: nothing is known of it.");
  verdict_release(&v);
}

static void a_class_that_is_not_learned_is_named_beside_groups_that_are_equal(void **state) {
  (void)state;
  despur_group_score groups[6];
  for (size_t g = 0; g < 6; g++)
    groups[g] = (despur_group_score){
        .name = (const char *const[]){"y=0,a=0", "y=0,a=1", "y=1,a=0", "y=1,a=1", "y=2,a=0", "y=2,a=1"}[g],
        .label = (uint32_t)(g / 2),
        .attribute = g % 2,
        .train_count = g % 2 ? 10 : 1000,
        .count = 5000,
        .correct = g < 4 ? 4900 : 50};
  despur_scores scores = scores_of(groups, 6);
  scores.worst_class_accuracy = 0.01;
  verdict v = verdict_on(&scores, NULL);
  assert_says(&v.sentence,
              "shows no sign of leaning on the attribute: it gets 1.0 % right in its worst group");
  assert_says(
      &v.reason,
      "A class is behind already in its usual group: y=2,a=0 gets 1.0 %, where the usual groups of all "
      "classes together get 65.7 %.");
  verdict_release(&v);
}

static void without_attributes_inferred_groups_are_to_be_looked_at_and_no_proof(void **state) {
  (void)state;
  despur_group_score classes[2] = {{.name = "y=0",
                                    .label = 0,
                                    .attribute = DESPUR_NO_CODE,
                                    .train_count = 900,
                                    .count = 500,
                                    .correct = 400},
                                   {.name = "y=1",
                                    .label = 1,
                                    .attribute = DESPUR_NO_CODE,
                                    .train_count = 900,
                                    .count = 500,
                                    .correct = 480}};
  despur_group_score cells[4] = {{.name = "y=0,k=0",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 800,
                                  .count = 400,
                                  .correct = 390},
                                 {.name = "y=0,k=1",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 100,
                                  .count = 100,
                                  .correct = 10},
                                 {.name = "y=1,k=0",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 700,
                                  .count = 300,
                                  .correct = 290},
                                 {.name = "y=1,k=1",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 200,
                                  .count = 200,
                                  .correct = 190}};
  despur_scores scores = scores_of(classes, 2), inferred = scores_of(cells, 4);
  verdict v = verdict_on(&scores, &inferred);
  assert_string_equal(
      v.sentence.data,
      "Which shortcut this network uses nobody can say without attribute labels; 4 groups were "
      "inferred to look at. GEORGE gets 10.0 % right in the worst of them (y=0,k=1) and 88.0 % on average, "
      "and surely errs more in 1 of them than in the largest of their class (y=0,k=1 the most: 10.0 % right "
      "against 97.5 %).");
  assert_null(strstr(v.reason.data, "A class is behind"));
  assert_says(&v.reason, "Measured on 1,000 test examples.");
  assert_says(&v.reason, "What cannot: that this is a shortcut");
  verdict_release(&v);
  v = verdict_on(&scores, NULL);
  assert_says(&v.sentence,
              "no attribute is known and no groups were inferred. GEORGE gets 80.0 % right in its worst "
              "class (y=0) and 88.0 % on average.");
  verdict_release(&v);
}

static void assert_inferred_says(despur_group_score cells[4], const char *sentence, const char *reason) {
  despur_group_score classes[2] = {{.name = "y=0",
                                    .label = 0,
                                    .attribute = DESPUR_NO_CODE,
                                    .train_count = 900,
                                    .count = 1000,
                                    .correct = 800},
                                   {.name = "y=1",
                                    .label = 1,
                                    .attribute = DESPUR_NO_CODE,
                                    .train_count = 900,
                                    .count = 1000,
                                    .correct = 960}};
  despur_scores scores = scores_of(classes, 2), inferred = scores_of(cells, 4);
  verdict v = verdict_on(&scores, &inferred);
  assert_says(&v.sentence, sentence);
  assert_says(&v.reason, reason);
  verdict_release(&v);
}

/* No comparison within a class names a group that is the largest of its own. */
static void the_worst_inferred_group_is_named_though_it_is_the_largest_of_its_class(void **state) {
  (void)state;
  despur_group_score cells[4] = {{.name = "y=0,k=0",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 900,
                                  .count = 1000,
                                  .correct = 77},
                                 {.name = "y=0,k=1",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 100,
                                  .count = 100,
                                  .correct = 50},
                                 {.name = "y=1,k=0",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 800,
                                  .count = 1000,
                                  .correct = 991},
                                 {.name = "y=1,k=1",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 200,
                                  .count = 250,
                                  .correct = 183}};
  assert_inferred_says(
      cells,
      "GEORGE gets 7.7 % right in the worst of them (y=0,k=0) and 55.4 % on average, and surely "
      "errs more in 1 of them than in the largest of their class (y=1,k=1 the most: 73.2 % "
      "right against 99.1 %).",
      "A class is behind already in its largest group: y=0,k=0 gets 7.7 %, where the largest "
      "groups of all classes together get 53.4 %.");
  cells[3].correct = 247; /* answers that hardly change are not called right or wrong "in any of them" */
  assert_inferred_says(
      cells,
      "GEORGE gets 7.7 % right in the worst of them (y=0,k=0) and 58.1 % on average, and is hardly "
      "better than guessing over the largest of all classes.",
      "y=0,k=0 gets 7.7 %");
}

static void no_inferred_group_is_behind_the_largest_where_that_is_the_worst(void **state) {
  (void)state;
  despur_group_score cells[4] = {{.name = "y=0,k=0",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 900,
                                  .count = 1000,
                                  .correct = 300},
                                 {.name = "y=0,k=1",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 100,
                                  .count = 100,
                                  .correct = 80},
                                 {.name = "y=1,k=0",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 800,
                                  .count = 1000,
                                  .correct = 991},
                                 {.name = "y=1,k=1",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 200,
                                  .count = 250,
                                  .correct = 247}};
  assert_inferred_says(
      cells,
      "GEORGE gets 30.0 % right in the worst of them (y=0,k=0) and 68.9 % on average, and errs "
      "less in y=0,k=1 than in the largest of its class (80.0 % right against 30.0 %).",
      "y=0,k=0 gets 30.0 %");
}

static void a_worst_inferred_group_in_a_class_that_is_behind_brings_both(void **state) {
  (void)state;
  despur_group_score cells[4] = {{.name = "y=0,k=0",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 900,
                                  .count = 1000,
                                  .correct = 400},
                                 {.name = "y=0,k=1",
                                  .label = 0,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 100,
                                  .count = 100,
                                  .correct = 13},
                                 {.name = "y=1,k=0",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 800,
                                  .count = 1000,
                                  .correct = 960},
                                 {.name = "y=1,k=1",
                                  .label = 1,
                                  .attribute = DESPUR_NO_CODE,
                                  .train_count = 200,
                                  .count = 20,
                                  .correct = 18}};
  assert_inferred_says(
      cells,
      "GEORGE gets 13.0 % right in the worst of them (y=0,k=1) and 65.6 % on average, and surely "
      "errs more in 1 of them than in the largest of their class (y=0,k=1 the most: 13.0 % "
      "right against 40.0 %).",
      "y=0,k=0 gets 40.0 %, where the largest groups of all classes together get 68.0 %.");
}

/* A shortcut that costs one group does not hide a class that is lost beside it. */
static void a_class_that_is_behind_is_told_beside_a_group_that_is(void **state) {
  (void)state;
  despur_group_score groups[4] = {
      {.name = "y=0,a=0", .label = 0, .attribute = 0, .train_count = 900, .count = 1000, .correct = 300},
      {.name = "y=0,a=1", .label = 0, .attribute = 1, .train_count = 10, .count = 1000, .correct = 320},
      {.name = "y=1,a=0", .label = 1, .attribute = 0, .train_count = 10, .count = 1000, .correct = 700},
      {.name = "y=1,a=1", .label = 1, .attribute = 1, .train_count = 900, .count = 1000, .correct = 990}};
  despur_scores scores = scores_of(groups, 4);
  verdict v = verdict_on(&scores, NULL);
  assert_says(&v.sentence, "it gets 30.0 % right in its worst group (y=0,a=0)");
  assert_says(&v.reason, "A class is behind already in its usual group: y=0,a=0 gets 30.0 %");
  verdict_release(&v);
}

static void two_classes_at_63_per_cent_are_better_than_guessing(void **state) {
  (void)state;
  assert_int_equal(find((const size_t[]){3150, 3140, 3170, 3150}, 5000, 0.5).level, VERDICT_NO_USE);
  assert_int_equal(find((const size_t[]){2550, 2540, 2500, 2550}, 5000, 0.5).level, VERDICT_LITTLE);
}

/* Two comparisons share the 5 % of error. The limits are statsmodels' confint_proportions_2indep(490, 500,
 * 478, 500, method="newcomb", alpha=0.025); with alpha=0.05, as for one comparison, the lower one would be
 * 0.0019. */
static void two_comparisons_are_held_to_more_than_one(void **state) {
  (void)state;
  verdict_finding found = find((const size_t[]){490, 489, 478, 490}, 500, 0.5);
  assert_int_equal(found.comparisons, 2);
  assert_int_equal(found.gap_group, 2);
  assert_near(found.gap.low, -0.0015149903195708983, 1e-9);
  assert_near(found.gap.high, 0.05137406131011929, 1e-9);
  assert_int_equal(found.level, VERDICT_OPEN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_that_follow_the_attribute_use_nothing_else),
      cmocka_unit_test(one_group_behind_is_enough),
      cmocka_unit_test(two_comparisons_are_held_to_more_than_one),
      cmocka_unit_test(few_examples_leave_it_open),
      cmocka_unit_test(no_use_needs_every_group_near),
      cmocka_unit_test(minorities_that_do_better_are_no_use),
      cmocka_unit_test(a_constant_answer_is_no_proof_of_fairness),
      cmocka_unit_test(groups_without_examples_are_not_compared),
      cmocka_unit_test(one_class_in_unbalanced_data_is_not_called_fair),
      cmocka_unit_test(groups_that_do_better_where_the_attribute_is_unusual_are_not_free_of_it),
      cmocka_unit_test(a_tiny_group_has_its_size_beside_its_accuracy),
      cmocka_unit_test(a_class_that_is_not_learned_is_named_beside_groups_that_are_equal),
      cmocka_unit_test(without_attributes_inferred_groups_are_to_be_looked_at_and_no_proof),
      cmocka_unit_test(the_worst_inferred_group_is_named_though_it_is_the_largest_of_its_class),
      cmocka_unit_test(no_inferred_group_is_behind_the_largest_where_that_is_the_worst),
      cmocka_unit_test(a_worst_inferred_group_in_a_class_that_is_behind_brings_both),
      cmocka_unit_test(a_class_that_is_behind_is_told_beside_a_group_that_is),
      cmocka_unit_test(two_classes_at_63_per_cent_are_better_than_guessing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
