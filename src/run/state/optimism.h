/* What choosing an epoch on validation adds to what is said of it. */
#ifndef RUN_OPTIMISM_H
#define RUN_OPTIMISM_H

#include "run/state/run_state.h"

/* Adds an epoch to r->history. predictions: of the validation examples, in their order. */
DESPUR_MUST_USE despur_status run_remember(run *r, const uint32_t *predictions, despur_error *error);

/* *kept = [truth.count], for each true group how many validation examples were right after the last two
 * epochs of r->history; NULL after the first. Free with mem_free. */
DESPUR_MUST_USE despur_status run_kept(size_t **kept, const run *r, despur_error *error);

/* Fills in every rule's optimism, and forgets r->history. */
DESPUR_MUST_USE despur_status run_judge_choice(despur_rule_result *rules, run *r, despur_error *error);

#endif
