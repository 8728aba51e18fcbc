/* Small things that everybody needs who measures predictions. */
#ifndef EVAL_PREDICTED_H
#define EVAL_PREDICTED_H

#include "base/error.h"
#include "despur/measures.h"

/* -ln p, with p taken to be at least 1e-15: files round small probabilities to 0. */
double log_loss(double p);

/* The rows that are no repeats, which come first. */
size_t predicted_examples(const despur_predicted *predicted);

/* Classes and groups in range, probabilities from 0 to 1 (which NaN is not), arrays there; DESPUR_BAD_INPUT
 * names the first row where it is not so. */
DESPUR_MUST_USE despur_status predicted_check(const despur_predicted *predicted, despur_error *error);

/* A fraction strictly between 0 and 1. */
DESPUR_MUST_USE despur_status check_confidence(double confidence, despur_error *error);

/* Copies the names of groups. */
DESPUR_MUST_USE despur_status predicted_take_names(despur_predicted *out, const despur_groups *groups,
                                                   despur_error *error);

/* Frees what depends on how examples are divided into groups. */
void predicted_release_groups(despur_predicted *predicted);

#endif
