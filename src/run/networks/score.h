/* How right a network is on a split. */
#ifndef RUN_SCORE_H
#define RUN_SCORE_H

#include "run/state/run_state.h"

/* logits (NULL unless wanted) get [count, classes]; free with mem_free. */
DESPUR_MUST_USE despur_status run_score(despur_scores *scores, float **logits, uint32_t **predictions,
                                        despur_net *net, const despur_dataset *dataset,
                                        const despur_groups *groups, despur_split split, despur_error *error);

#endif
