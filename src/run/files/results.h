/* The lines of results.jsonl. */
#ifndef RUN_RESULTS_H
#define RUN_RESULTS_H

#include "despur/repair.h"
#include "run/state/run_state.h"

DESPUR_MUST_USE despur_status run_write_epoch(run *r, const char *stage, const despur_epoch *epoch,
                                              despur_error *error);

/* selected: at the end of a stage, of the weights that were kept, what the network is called; else NULL. */
DESPUR_MUST_USE despur_status run_write_scores(run *r, const char *stage, size_t epoch, despur_split split,
                                               const despur_scores *scores, const char *selected,
                                               despur_error *error);

DESPUR_MUST_USE despur_status run_write_rules(run *r, const char *stage, const despur_rule_result *rules,
                                              despur_error *error);

/* The scores of a network in the inferred groups. */
DESPUR_MUST_USE despur_status run_write_cells(run *r, const despur_stage_result *stage, despur_error *error);

/* What the repair has tried, and what of that it took. */
DESPUR_MUST_USE despur_status run_write_repair(run *r, const despur_repair_result *found,
                                               despur_error *error);

DESPUR_MUST_USE despur_status run_write_inference(run *r, despur_error *error);

#endif
