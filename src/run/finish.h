/* The end of a run: its page, manifest and times. */
#ifndef RUN_FINISH_H
#define RUN_FINISH_H

#include "run/state/run_state.h"

/* Finishes the streams and writes report.html, manifest.json and timing.json. outcome is "complete",
 * "interrupted" or "failed"; message says why, or is "". */
DESPUR_MUST_USE despur_status run_close_directory(run *r, const char *outcome, const char *message,
                                                  despur_error *error);

#endif
