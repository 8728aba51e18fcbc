/* Selection rules, told of epochs whose accuracies are made up so that every rule likes another one best. */
#include "testing.h"

#include "run/networks/selection_rules.h"

typedef struct told {
  double worst_group, worst_inferred, worst_class, average; /* on validation */
  double test;                                              /* worst group */
} told;

/* The best of each rule stands twice, so that ties are decided; rules_hear keeps the earliest. */
static const told EPOCHS[] = {
    {.worst_group = 0.1, .worst_inferred = 0.2, .worst_class = 0.3, .average = 0.7, .test = 0.30},
    {.worst_group = 0.5, .worst_inferred = 0.2, .worst_class = 0.4, .average = 0.6, .test = 0.31},
    {.worst_group = 0.5, .worst_inferred = 0.6, .worst_class = 0.2, .average = 0.5, .test = 0.36},
    {.worst_group = 0.2, .worst_inferred = 0.6, .worst_class = 0.7, .average = 0.8, .test = 0.32},
    {.worst_group = 0.3, .worst_inferred = 0.1, .worst_class = 0.7, .average = 0.9, .test = 0.33},
    {.worst_group = 0.4, .worst_inferred = 0.3, .worst_class = 0.1, .average = 0.9, .test = 0.34},
};

enum { EPOCH_COUNT = sizeof EPOCHS / sizeof *EPOCHS };

static double likes(int rule, size_t epoch) {
  const told *t = &EPOCHS[epoch - 1];
  const double values[DESPUR_RULES] = {[CONFIG_LAST] = (double)epoch,
                                       [CONFIG_VAL_WORST_GROUP] = t->worst_group,
                                       [CONFIG_VAL_WORST_INFERRED_GROUP] = t->worst_inferred,
                                       [CONFIG_VAL_WORST_CLASS] = t->worst_class,
                                       [CONFIG_VAL_AVERAGE] = t->average};
  return values[rule];
}

static double hear(despur_rule_result *records, size_t epoch, int rule) {
  const told *t = &EPOCHS[epoch - 1];
  const despur_scores val = {.worst_group_accuracy = t->worst_group,
                             .worst_class_accuracy = t->worst_class,
                             .average_accuracy = t->average},
                      test = {.worst_group_accuracy = t->test};
  const epoch_scores scores = {.val = &val, .test = &test, .worst_inferred_group = t->worst_inferred};
  return rules_hear(records, &scores, epoch, rule);
}

static void every_rule_keeps_the_first_of_its_best_epochs(void **state) {
  (void)state;
  static const size_t WANTED[DESPUR_RULES] = {[CONFIG_LAST] = 6,
                                              [CONFIG_VAL_WORST_GROUP] = 2,
                                              [CONFIG_VAL_WORST_INFERRED_GROUP] = 3,
                                              [CONFIG_VAL_WORST_CLASS] = 4,
                                              [CONFIG_VAL_AVERAGE] = 5};
  for (int rule = 0; rule < DESPUR_RULES; rule++) {
    despur_rule_result records[DESPUR_RULES] = {0};
    for (size_t epoch = 1; epoch <= EPOCH_COUNT; epoch++)
      assert_true(hear(records, epoch, rule) == likes(rule, epoch));
    for (int other = 0; other < DESPUR_RULES; other++) {
      const told *kept = &EPOCHS[WANTED[other] - 1];
      assert_int_equal(records[other].epoch, WANTED[other]);
      assert_string_equal(records[other].name, rule_name(other));
      assert_true(records[other].score == likes(other, WANTED[other]));
      assert_true(records[other].val_worst_group_accuracy == kept->worst_group);
      assert_true(records[other].test_worst_group_accuracy == kept->test);
      assert_true(records[other].best_test_worst_group_accuracy == 0.36);
    }
  }
}

static void without_validation_only_the_last_epoch_can_be_kept(void **state) {
  (void)state;
  despur_rule_result records[DESPUR_RULES] = {0};
  const despur_scores test = {.worst_group_accuracy = 0.5};
  const epoch_scores scores = {.test = &test, .worst_inferred_group = (double)NAN};
  for (size_t epoch = 1; epoch <= 2; epoch++) (void)rules_hear(records, &scores, epoch, CONFIG_LAST);
  assert_int_equal(records[CONFIG_LAST].epoch, 2);
  for (int rule = CONFIG_LAST + 1; rule < DESPUR_RULES; rule++) assert_int_equal(records[rule].epoch, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_rule_keeps_the_first_of_its_best_epochs),
      cmocka_unit_test(without_validation_only_the_last_epoch_can_be_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
