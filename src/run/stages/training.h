/* Training one network of a run: measured on validation after every epoch and on the evaluation split at the
 * end, and kept in the checkpoint. */
#ifndef RUN_TRAINING_H
#define RUN_TRAINING_H

#include "run/state/run_state.h"

/* What selects among the epochs besides the rules (reference.select). */
enum { TRAINING_BY_RECALL = -1, TRAINING_BY_SILHOUETTE = -2 };

typedef struct run_training {
  despur_network network;
  const char *label;
  int rule; /* config_select, or one of those above */
  despur_train_options options;
} run_training;

/* Of a network on the evaluation split. */
typedef struct run_outputs {
  float *logits;         /* [examples, classes] */
  uint32_t *predictions; /* [examples] */
} run_outputs;

/* As the configuration has them; number tells the random streams of trainings apart. */
despur_train_options training_options(const run *r, const stage_config *config, uint64_t number);

/* What despur_stage_result says of a rule. */
int training_rule(int rule);

/* From the beginning, or from options.resume, to an entry of r->result->stages. Release the outputs with
 * run_outputs_release, also after an error. */
DESPUR_MUST_USE despur_status run_train(run *r, const run_training *what, run_outputs *outputs,
                                        despur_error *error);

void run_outputs_release(run_outputs *outputs);

#endif
