/* What to try after a repair that has failed. */
#ifndef RUN_ADVICE_H
#define RUN_ADVICE_H

#include "run/state/run_state.h"

/* Notes, after the last stage, whether a repair by inferred clusters has failed, what was inferred, and what
 * to try. */
DESPUR_MUST_USE despur_status run_advise(const run *r, despur_error *error);

#endif
