/* The data set of a run. */
#ifndef RUN_RUN_DATA_H
#define RUN_RUN_DATA_H

#include "run/state/run_state.h"

/* r->dataset by the configuration that a run has left; when its files are not where they were,
 * the error says where they have been looked for. */
DESPUR_MUST_USE despur_status run_create_dataset(run *r, despur_error *error);

#endif
