/* The list of stages that a configuration stands for. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "run/state/run_state.h"

/* r->plan, in the order in which stages are carried out. DESPUR_BAD_USAGE when one needs another that the run
 * does not have. */
DESPUR_MUST_USE despur_status run_make_plan(run *r, despur_error *error);

#endif
