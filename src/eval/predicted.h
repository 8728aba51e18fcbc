/* Small things that everybody needs who measures predictions. */
#ifndef EVAL_PREDICTED_H
#define EVAL_PREDICTED_H

#include "base/error.h"
#include "despur/measures.h"

/* -ln p, with p taken to be at least 1e-15: files round small probabilities to 0. */
double log_loss(double p);

/* Copies the names of groups. */
DESPUR_MUST_USE despur_status predicted_take_names(despur_predicted *out, const despur_groups *groups,
                                                   despur_error *error);

#endif
