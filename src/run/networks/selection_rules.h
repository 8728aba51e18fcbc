/* Selection rules: which epoch each of them would keep, and what that is worth on test. */
#ifndef RUN_SELECTION_RULES_H
#define RUN_SELECTION_RULES_H

#include "config/config.h"
#include "despur/run.h"

/* What is known of an epoch's network; NULL or NaN where a split or groups are missing. */
typedef struct epoch_scores {
  const despur_scores *val, *test;
  double worst_inferred_group; /* accuracy on validation */
} epoch_scores;

/* Tells every rule of an epoch, and returns how much `rule` likes it; NaN when it cannot say. records:
 * [DESPUR_RULES], zero at first. */
double rules_hear(despur_rule_result *records, const epoch_scores *scores, size_t epoch, int rule);

/* Names of the rules by enumerator (config_select). */
const char *rule_name(int rule);

#endif
