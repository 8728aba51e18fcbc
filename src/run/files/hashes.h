/* The SHA-256 of what a run reads and writes. */
#ifndef RUN_HASHES_H
#define RUN_HASHES_H

#include "run/state/run_state.h"

/* Adds the SHA-256 of the files of the data set, of all inputs, of one output when it is there, or of every
 * output that is there. */
DESPUR_MUST_USE despur_status run_hash_data(const run *r, text_pairs *inputs, despur_error *error);
DESPUR_MUST_USE despur_status run_hash_inputs(const run *r, text_pairs *inputs, despur_error *error);
DESPUR_MUST_USE despur_status run_hash_output(const run *r, text_pairs *outputs, const char *name,
                                              despur_error *error);
DESPUR_MUST_USE despur_status run_hash_outputs(const run *r, text_pairs *outputs, despur_error *error);

/* DESPUR_BAD_INPUT that names the first of the inputs found that is not what was kept of it. */
DESPUR_MUST_USE despur_status run_compare_inputs(const run *r, const text_pairs *found,
                                                 const text_pairs *kept, despur_error *error);

#endif
