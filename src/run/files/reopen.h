/* Runs that are read, not carried out. */
#ifndef RUN_REOPEN_H
#define RUN_REOPEN_H

#include "run/state/run_state.h"

/* *config = the configuration of the run in options->directory; r->config points to it. The caller frees it.
 */
DESPUR_MUST_USE despur_status run_read_config(run *r, despur_config **config, despur_error *error);

/* Relative paths of a run's own file start where timing says that it was made. */
void run_set_base(despur_config *config, const record_timing *timing);

/* Reads config.yaml of the finished run in r->options->directory, and its data and true groups;
 * DESPUR_BAD_INPUT when the data are not those of the run. r->config is *config, which the caller frees after
 * run_release, also after an error. */
DESPUR_MUST_USE despur_status run_reopen(run *r, despur_config **config, despur_error *error);

/* DESPUR_BAD_INPUT when a file of the data set has another hash than in the manifest. A run that has left no
 * manifest is not held against anything. */
DESPUR_MUST_USE despur_status run_check_data(const run *r, despur_error *error);

#endif
