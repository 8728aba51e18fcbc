/* The files of a run directory. */
#ifndef RUN_RUN_FILES_H
#define RUN_RUN_FILES_H

#include "run/state/run_state.h"

/* Everything that a run may leave, but for the checkpoint, the manifest and timing.json; and whether this run
 * does when it is complete. The networks are there. */
extern const char *const run_output_names[];
extern const size_t run_output_count;
bool run_makes_output(const run *r, const char *name);

/* Files that grow: results, steps, events. */
extern const char *const run_stream_names[CHECKPOINT_STREAMS];

DESPUR_MUST_USE despur_status run_open_stream(file_writer **writer, const run *r, const char *name,
                                              despur_error *error);

/* Writes a text as the file of that name. */
DESPUR_MUST_USE despur_status run_write_text(const run *r, const char *name, const char *content,
                                             despur_error *error);

DESPUR_MUST_USE despur_status run_write_groups(run *r, despur_error *error);

DESPUR_MUST_USE despur_status run_write_predictions(run *r, const uint32_t *predictions, const float *logits,
                                                    despur_error *error);

/* Removes everything that a run may leave. */
DESPUR_MUST_USE despur_status run_remove_all(const run *r, despur_error *error);

/* Removes what an interrupted run has left beside its finished files, streams and checkpoint. */
DESPUR_MUST_USE despur_status run_remove_unfinished(const run *r, despur_error *error);

DESPUR_MUST_USE despur_status run_remove_output(const run *r, const char *name, despur_error *error);

#endif
