/* A checkpoint: where a run stands after an epoch or a stage, and the file that keeps it.
 *
 * The file is a line that names the format, the fields of the structure in their order (numbers of 8 bytes,
 * little endian; texts and arrays behind their lengths), and the SHA-256 of all that. It is read on the kind
 * of machine that wrote it or not at all. */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "despur/run.h"
#include "despur/train.h"
#include "io/file.h"
#include "run/state/history.h"

#include <stdbool.h>

/* Its name in the directory of a run that is not finished. */
#define CHECKPOINT_FILE "last.ckpt"

/* What is known of a network before it is measured on the evaluation split. */
typedef struct checkpoint_stage {
  size_t epochs, selected_epoch;
  double seconds;
  despur_rule_result rules[DESPUR_RULES]; /* without names */
} checkpoint_stage;

enum { CHECKPOINT_STREAMS = 3 };

typedef struct checkpoint {
  char *version;                           /* of despur */
  char *config;                            /* as in config.yaml */
  char *inputs;                            /* JSON: the SHA-256 of every input by its name */
  char *finished;                          /* JSON: the SHA-256 of every output that is done */
  char *timing;                            /* JSON: what timing.json will say of finished stages */
  double seconds;                          /* that the run has taken so far */
  size_t only_infer;                       /* 0 or 1 */
  char *stage;                             /* the name of what comes next, or goes on */
  size_t stage_count;                      /* of networks that are or will be measured */
  checkpoint_stage *stages;                /* [stage_count], in their order; zero before they begin */
  file_extent streams[CHECKPOINT_STREAMS]; /* what has been written of files that grow; sha256 "" of those
                                               that do not exist */
  /* after inference, else 0 and NULL: */
  size_t examples, groups;
  uint32_t *group_of_example;             /* [examples] */
  char (*group_names)[DESPUR_GROUP_NAME]; /* [groups] */
  uint32_t *group_labels;                 /* [groups] */
  size_t val_examples;
  uint32_t *val_groups; /* [val_examples], or NULL */
  size_t classes;
  double *powers; /* [classes], or NULL */
  /* inside a stage, else zero: */
  despur_train_state state;
  run_history history;
} checkpoint;

/* Replaces the file at path, or leaves it as it was. */
DESPUR_MUST_USE despur_status checkpoint_write(const checkpoint *c, const char *path, despur_error *error);

/* DESPUR_BAD_INPUT for a file that is damaged or of another format. Lengths agree with each other and names
 * end; whether they fit a run is the caller's to check. Release with checkpoint_release, also after an error.
 */
DESPUR_MUST_USE despur_status checkpoint_read(checkpoint *c, const char *path, despur_error *error);

/* Likewise from memory; the name is for messages. */
DESPUR_MUST_USE despur_status checkpoint_decode(checkpoint *c, const char *data, size_t bytes,
                                                const char *name, despur_error *error);

/* Whether a file is one, of any version, and not another program's of that name. */
bool checkpoint_is_one(const char *path);

void checkpoint_release(checkpoint *c);

#endif
