/* The networks of a run: made, kept in their files, and taken from there. */
#ifndef RUN_NETWORKS_H
#define RUN_NETWORKS_H

#include "run/state/run_state.h"

/* r->nets[network], with its initial weights. */
DESPUR_MUST_USE despur_status run_create_net(run *r, despur_network network, despur_error *error);
/* All that the run has. */
DESPUR_MUST_USE despur_status run_create_nets(run *r, despur_error *error);

/* The last one in the order of stages; NULL when there is none. */
despur_net *run_last_net(const run *r);

/* Weights to and from the network's file in the run's directory. Loading creates the network first, where it
 * is missing. */
DESPUR_MUST_USE despur_status run_save_net(const run *r, despur_network network, despur_error *error);
DESPUR_MUST_USE despur_status run_load_net(run *r, despur_network network, despur_error *error);

/* The next entry of r->result->stages, which its stage fills in; it counts once run_close_result is called.
 */
despur_stage_result *run_open_result(const run *r);
void run_close_result(run *r, despur_network network, const char *label);

/* Of a finished stage: its network from its file, whose scores follow from it. The rest of the result is
 * there. */
DESPUR_MUST_USE despur_status run_restore_net(run *r, despur_network network, const char *label,
                                              despur_error *error);

#endif
