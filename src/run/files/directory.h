/* The directory of a run: made, claimed, or cleared of an earlier one. */
#ifndef RUN_DIRECTORY_H
#define RUN_DIRECTORY_H

#include "run/state/run_state.h"

/* The directory is made, or what an earlier run has left in it goes: one that ended before anything was
 * finished, or with options.force any. DESPUR_BAD_USAGE when something else is in it. */
DESPUR_MUST_USE despur_status run_open_directory(run *r, despur_error *error);

/* DESPUR_BAD_USAGE when another process works in it. */
DESPUR_MUST_USE despur_status run_claim_directory(run *r, despur_error *error);

#endif
