/* Carrying a sweep out: what sweep_state.c does for sweep_run.c and sweep_job.c. */
#ifndef SWEEP_SWEEP_RUN_H
#define SWEEP_SWEEP_RUN_H

#include "sweep/sweep.h"

#include <sys/types.h>
#include <time.h>

/* ---- sweep_state.c ---- */

/* Creates what is missing; *now is the time by the clock of the file system. */
DESPUR_MUST_USE despur_status sweep_prepare_directory(const despur_sweep *sweep, struct timespec *now,
                                                      despur_error *error);

/* Takes the lock of a run: a descriptor, whose closing (by all processes that share it) releases it; -1 when
 * another process has it. */
DESPUR_MUST_USE despur_status sweep_claim(int *lock, const despur_sweep *sweep, size_t run,
                                          despur_error *error);

/* As despur_sweep_run_state, but for the lock: never DESPUR_SWEEP_RUNNING. */
DESPUR_MUST_USE despur_status sweep_look(despur_sweep_state *out, char reason[512], const despur_sweep *sweep,
                                         size_t run, despur_error *error);

/* *out = the configuration as the run will keep it. Free with despur_config_free. */
DESPUR_MUST_USE despur_status sweep_resolved_config(despur_config **out, const despur_sweep *sweep,
                                                    size_t run, despur_error *error);

/* Whether the run has ended, in whatever way, after that. */
bool sweep_ended_after(const despur_sweep *sweep, size_t run, struct timespec since);

/* Whether the directory holds a run that has ended, and that is of another configuration. */
DESPUR_MUST_USE despur_status sweep_is_foreign(bool *foreign, const despur_sweep *sweep, size_t run,
                                               despur_error *error);

/* ---- sweep_job.c: one run in a process of its own ---- */

typedef struct sweep_job {
  size_t run;
  pid_t pid; /* 0: this place is free */
  int lock, pipe;
  double started; /* run_seconds */
} sweep_job;

/* Starts a claimed run, whose lock becomes the job's. others: the places of all jobs, this one among them;
 * the child closes what it has inherited of them. */
DESPUR_MUST_USE despur_status sweep_job_start(sweep_job *job, const despur_sweep *sweep, size_t run, int lock,
                                              int threads, const sweep_job *others, size_t count,
                                              despur_error *error);

/* Waits for the end of a job, whose pipe has something to read or is closed, and frees its place. outcome is
 * DESPUR_SWEEP_COMPLETE, or DESPUR_SWEEP_FAILED (reason says why, and so does the manifest), or
 * DESPUR_SWEEP_TO_DO when it was stopped. */
DESPUR_MUST_USE despur_status sweep_job_finish(sweep_job *job, const despur_sweep *sweep,
                                               despur_sweep_state *outcome, char reason[512],
                                               despur_error *error);

#endif
