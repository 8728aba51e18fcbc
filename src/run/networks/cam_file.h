/* What Grad-CAM sees in the trained networks, in the run's files. */
#ifndef RUN_CAM_FILE_H
#define RUN_CAM_FILE_H

#include "run/state/run_state.h"

/* what Grad-CAM sees in the trained networks; nothing when none has a convolution. */
DESPUR_MUST_USE despur_status run_write_cam(run *r, despur_error *error);

/* Grad-CAM of the first examples of each group, in networks that have a convolution: what each stage looks
 * at, as cam/GROUP of the event file. Nothing when there is no event file. */
DESPUR_MUST_USE despur_status run_write_cam_events(run *r, despur_error *error);

#endif
