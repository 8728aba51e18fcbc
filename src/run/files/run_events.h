/* The TensorBoard event file of a run (log.tensorboard): what results.jsonl says, and contact sheets. */
#ifndef RUN_RUN_EVENTS_H
#define RUN_RUN_EVENTS_H

#include "record/results.h"
#include "run/state/run_state.h"

#define RUN_EVENTS_FILE "events.out.tfevents.0.despur"

/* Opens the file in the run's directory, with a contact sheet of the data. */
DESPUR_MUST_USE despur_status run_events_open(run *r, despur_error *error);

/* Every number of one line of results.jsonl as a scalar STAGE/SPLIT/KEY at the step of its epoch; numbers of
 * groups as STAGE/SPLIT/KEY/GROUP. Nothing when there is no event file. */
DESPUR_MUST_USE despur_status run_events_add(run *r, const result_line *line, despur_error *error);

#endif
