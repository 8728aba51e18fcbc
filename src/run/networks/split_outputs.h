/* What a network says of the examples of a split, and their labels. */
#ifndef RUN_SPLIT_OUTPUTS_H
#define RUN_SPLIT_OUTPUTS_H

#include "run/state/run_state.h"

typedef struct split_outputs {
  float *values; /* [count, width] */
  size_t count, width;
  uint32_t *labels; /* [count] */
} split_outputs;

/* Release with split_outputs_release, which accepts half-built ones. */
DESPUR_MUST_USE despur_status split_outputs_get(split_outputs *out, const run *r, despur_net *net,
                                                despur_split split, despur_output what, despur_error *error);
void split_outputs_release(split_outputs *outputs);

#endif
