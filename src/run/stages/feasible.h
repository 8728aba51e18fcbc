/* What cannot work with a configuration and its data, said before the first step. */
#ifndef RUN_FEASIBLE_H
#define RUN_FEASIBLE_H

#include "run/state/run_state.h"

/* What cannot work with this configuration and these data: before the first step, and before anything is
 * written. Data, true groups and networks are there. */
DESPUR_MUST_USE despur_status run_check_feasible(const run *r, despur_error *error);

/* How many classes have training examples: guessing is right once in so many. */
size_t run_classes_to_guess(const run *r);

/* *out = [classes], which ones run_reference_recall can judge by: those with training examples, and with more
 * than one attribute in validation; *count of them. Free *out with mem_free. */
DESPUR_MUST_USE despur_status run_mark_judges(bool **out, size_t *count, const run *r, despur_error *error);

#endif
