/* The stages in which a network is trained. Each evaluates on validation after every epoch and on the
 * evaluation split at the end. */
#ifndef RUN_STAGES_H
#define RUN_STAGES_H

#include "run/run_state.h"

DESPUR_MUST_USE despur_status run_reference_stage(run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_train_stage(run *r, despur_error *error);

#endif
