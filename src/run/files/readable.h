/* The limits of the readers of what a run writes. */
#ifndef RUN_READABLE_H
#define RUN_READABLE_H

#include "run/state/run_state.h"

/* DESPUR_BAD_INPUT when the run would write what is beyond the limits of its own readers. */
DESPUR_MUST_USE despur_status run_check_readable(const run *r, despur_error *error);

#endif
