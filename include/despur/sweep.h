/* Sweeps: a grid of runs, several at a time, never losing a finished one.
 *
 * A sweep is a YAML file:
 *   recipes: [recipes/erm.yaml, recipes/spuco_mnist/george-*.yaml]
 *   seeds: 0-4
 *   grid: {train.optimizer.lr: [0.1, 0.01], train.batch_size: [32, 64]}
 *   set: {data.images: digits}
 *   exclude: [{train.optimizer.lr: 0.1, train.batch_size: 32}]
 * Every combination of a recipe, a value of each key of grid, and a seed is a run, in a directory that is
 * named after what varies: erm,lr-0.1,batch_size-32,seed-0. Values of set and grid are overrides, as on the
 * command line. A run is the same, byte for byte, as one that is carried out alone.
 *
 * Several processes may carry out the same sweep in the same directory at the same time, on one machine or on
 * several that share the file system: each run is claimed by a lock on a file, which the system releases when
 * the process ends, however it ends. */
#ifndef DESPUR_SWEEP_H
#define DESPUR_SWEEP_H

#include "despur/config.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Belongs to one thread at a time. */
typedef struct despur_sweep despur_sweep;

/* Reads a sweep, its recipes included, and checks the configuration of every combination. Relative paths in
 * the file start at the current directory. directory: where the runs are to be; NULL: runs/NAME, where NAME
 * is the file's key `name` or else the file's own without extension. Nothing is written. At most
 * 10,000 runs. Free with despur_sweep_free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_create(despur_sweep **out, const char *path,
                                                             const char *directory, despur_error *error);

DESPUR_API void despur_sweep_free(despur_sweep *sweep); /* NULL is accepted */

DESPUR_API size_t despur_sweep_count(const despur_sweep *sweep); /* of runs, at least 1 */
DESPUR_API const char *despur_sweep_directory(const despur_sweep *sweep);

/* Name of a run's directory below the sweep's. run in 0..count-1, in the order in which they are started: all
 * runs of the first seed come first. NULL when there is no such run, which is DESPUR_BAD_USAGE below. */
DESPUR_API const char *despur_sweep_run_name(const despur_sweep *sweep, size_t run);

/* *out = lines that say which keys of the recipes are left out because the sweep's own values leave them
 * without effect, and of how many runs; NULL when there are none. The caller frees *out with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_notes(char **out, const despur_sweep *sweep,
                                                            despur_error *error);

/* *out = the configuration of a run; free with despur_config_free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_run_config(despur_config **out,
                                                                 const despur_sweep *sweep, size_t run,
                                                                 despur_error *error);

/* *out = the command that carries out this run alone, with the same bytes in another directory, quoted for a
 * shell. The caller frees *out with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_run_command(char **out, const despur_sweep *sweep,
                                                                  size_t run, despur_error *error);

typedef enum despur_sweep_state {
  DESPUR_SWEEP_TO_DO,    /* no directory, or one that a killed or interrupted run has left, or of another
                            configuration */
  DESPUR_SWEEP_RUNNING,  /* claimed by a process */
  DESPUR_SWEEP_COMPLETE, /* complete, with this configuration */
  DESPUR_SWEEP_FAILED    /* failed, with this configuration */
} despur_sweep_state;

/* What lies in the directory now. reason, if not NULL, gets why a run failed, else "". */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_run_state(despur_sweep_state *out,
                                                                const despur_sweep *sweep, size_t run,
                                                                char reason[512], despur_error *error);

typedef struct despur_sweep_progress {
  size_t total;
  size_t complete, failed; /* complete: those found complete at the start included */
  size_t running;          /* by this process */
  size_t elsewhere;        /* claimed by others */
  double seconds_left;     /* estimated from the runs that are finished; NaN as long as there is none */
} despur_sweep_progress;

typedef struct despur_sweep_observer {
  void *context;
  void (*finished)(void *context, size_t run, despur_sweep_state state, double seconds, const char *reason);
  void (*progress)(void *context, const despur_sweep_progress *progress); /* about twice a second */
  int (*stop)(void *context); /* nonzero: stop all runs and return; may be asked at any time */
} despur_sweep_observer;

typedef struct despur_sweep_options {
  int jobs;    /* runs at a time; 0: one for each processor that is left when each has its threads */
  int threads; /* of each run; 0: as many as keep all processors busy, 1 when there are enough runs */
  int alone;   /* do not wait, at the end, for runs that others have claimed */
  despur_sweep_observer observer;
} despur_sweep_options;

typedef struct despur_sweep_result {
  size_t kept;     /* found complete */
  size_t complete; /* kept included */
  size_t failed;
  size_t elsewhere; /* left to others; 0 unless alone */
} despur_sweep_result;

/* Carries the sweep out: keeps runs that are complete with the same configuration, starts all others from the
 * beginning, each in a process of its own, and waits for them. A run that fails stops no other; its
 * manifest.json says why, and it is tried again when the sweep is carried out again. DESPUR_OK also when runs
 * failed.
 *
 * The caller should have no other threads: runs are forked processes. When the caller is killed they stop, as
 * they do at SIGTERM. DESPUR_INTERRUPTED when the observer asked to stop. */
DESPUR_API DESPUR_MUST_USE despur_status despur_sweep_run(despur_sweep_result *result,
                                                          const despur_sweep *sweep,
                                                          const despur_sweep_options *options,
                                                          despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
