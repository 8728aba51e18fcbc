
#include "run/networks/selection_rules.h"
#include "config/schema.h"

#include <math.h>
#include <stdio.h>

const char *rule_name(int rule) {
  return schema_rows[schema_find("select.rule")].choices[rule];
}

/* What a rule maximises. */
static double value_of(int rule, const epoch_scores *scores, size_t epoch) {
  if (rule == CONFIG_LAST) return (double)epoch;
  if (!scores->val) return (double)NAN;
  switch (rule) {
  case CONFIG_VAL_WORST_GROUP:
    return scores->val->worst_group_accuracy;
  case CONFIG_VAL_WORST_INFERRED_GROUP:
    return scores->worst_inferred_group;
  case CONFIG_VAL_WORST_CLASS:
    return scores->val->worst_class_accuracy;
  default:
    return scores->val->average_accuracy;
  }
}

/* Of equal epochs the earliest wins, as in despur_train. */
double rules_hear(despur_rule_result *records, const epoch_scores *scores, size_t epoch, int rule) {
  double test = scores->test ? scores->test->worst_group_accuracy : (double)NAN;
  double val = scores->val ? scores->val->worst_group_accuracy : (double)NAN;
  for (int i = 0; i < DESPUR_RULES; i++) {
    despur_rule_result *record = &records[i];
    double value = value_of(i, scores, epoch);
    if (epoch == 1) {
      snprintf(record->name, sizeof record->name, "%s", rule_name(i));
      record->best_test_worst_group_accuracy = test;
    }
    if (test > record->best_test_worst_group_accuracy) record->best_test_worst_group_accuracy = test;
    if (isnan(value) || (record->epoch > 0 && !(value > record->score))) continue;
    record->score = value;
    record->epoch = epoch;
    record->val_worst_group_accuracy = val;
    record->optimism = (double)NAN;
    record->test_worst_group_accuracy = test;
  }
  return value_of(rule, scores, epoch);
}
