/* Keeping a run's checkpoint, and going on from it. */
#ifndef RUN_RESUME_H
#define RUN_RESUME_H

#include "run/state/run_state.h"

/* Writes where the run stands: in the middle of the stage at r->place with a state, before it begins without
 * one. The streams are on the disk when the checkpoint is. */
DESPUR_MUST_USE despur_status run_save(run *r, const despur_train_state *state, despur_error *error);

/* Reads the checkpoint of options.directory into r->resumed and claims the directory. DESPUR_BAD_INPUT with
 * the reason when there is none, or when it is of another version or configuration; nothing has changed then.
 */
DESPUR_MUST_USE despur_status run_find_checkpoint(run *r, despur_error *error);

/* In place of run_open_directory: once the data set is there, checks it and the files of the directory, and
 * puts the run where r->resumed says. DESPUR_BAD_INPUT when they are not those of the checkpoint; then the
 * files are as they were. */
DESPUR_MUST_USE despur_status run_continue(run *r, despur_error *error);

#endif
