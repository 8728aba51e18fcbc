/* The state of a run, which the files that carry it out share. */
#ifndef RUN_RUN_STATE_H
#define RUN_RUN_STATE_H

#include "config/config.h"
#include "despur/infer.h"
#include "despur/run.h"
#include "io/file.h"
#include "record/timing.h"
#include "run/state/checkpoint.h"
#include "run/state/history.h"

#include <stdbool.h>

typedef struct stage_kind stage_kind; /* stage.h */

enum { RUN_STAGES = 8 };

/* What a run does, one stage after another; no kind of stage comes twice. */
typedef struct run_plan {
  const stage_kind *stages[RUN_STAGES];
  size_t count;
} run_plan;

typedef struct run {
  const despur_config *config;
  despur_config *own; /* a run that is carried out has its own copy of the configuration */
  const despur_run_options *options;
  despur_run_result *result;
  despur_dataset *dataset;
  despur_groups truth;
  despur_groups cells; /* inferred groups of a split, where there are no attributes; see cells.c */
  despur_split cells_split;
  despur_net *nets[DESPUR_NETWORK_COUNT]; /* NULL: the run has none */
  uint32_t *order;                        /* train.order, or NULL */
  size_t order_length;
  despur_grouping *grouping;   /* NULL until clusters have been inferred */
  uint32_t *val_groups;        /* inferred groups of the validation split's examples, or NULL */
  double *powers;              /* [classes] SPARE's, by the rule of silhouettes, or NULL */
  file_writer *results;        /* NULL until the directory exists */
  file_writer *steps, *events; /* likewise, and when they are not wanted */
  double started;              /* run_seconds; earlier by what a resumed run had taken before */
  record_timing timing;
  bool only_infer;
  run_plan plan;
  size_t place;                    /* in the plan: what comes next, or goes on */
  text_pairs inputs;               /* the SHA-256 of each by its name */
  text_pairs finished;             /* likewise the outputs of finished stages */
  checkpoint resumed;              /* what the run has gone on from, or zero */
  const despur_train_state *state; /* of the stage that goes on, or NULL */
  run_history history;             /* of the stage that goes on */
  bool claimed;                    /* no other process works in the directory, as long as this is locked: */
  int lock;
} run;

void run_release(run *r);

/* Where the run lies: as options say, or runs/NAME-SEED. */
DESPUR_MUST_USE despur_status run_choose_directory(const run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error);

/* The examples of a split, which must have some. */
DESPUR_MUST_USE despur_status run_split(const uint32_t **examples, size_t *count, const run *r,
                                        despur_split split, despur_error *error);

/* What stops training stops other long work. */
despur_watch run_watch(const run *r);

/* Whoever can stop reading from a run, as an observer of it; watch: NULL: nobody. */
despur_observer run_stopped_by(const despur_watch *watch);

/* Tells the observer; a printf format. */
__attribute__((format(printf, 2, 3))) void run_note(const run *r, const char *format, ...);

#endif
