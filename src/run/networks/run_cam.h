/* Grad-CAM of a run's networks, for those who have them in memory. */
#ifndef RUN_RUN_CAM_H
#define RUN_RUN_CAM_H

#include "despur/run_cam.h"
#include "run/state/run_state.h"

typedef struct run_cam_network {
  despur_network network;
  despur_net *net;
  char label[DESPUR_GROUP_NAME];
} run_cam_network;

/* The networks that the run has trained and that have a convolution; returns how many. */
size_t run_cam_networks(run_cam_network networks[DESPUR_NETWORK_COUNT], const run *r);

/* despur_run_cam of some networks; r->dataset and r->truth are needed, options->chosen, network and threads
 * are not looked at. */
DESPUR_MUST_USE despur_status run_cam_compute(despur_run_cam_result *out, run *r,
                                              const run_cam_network *networks, size_t count,
                                              const despur_run_cam_options *options, despur_error *error);

#endif
