/* The measures in a despur_scores, for those who fill one in from a file. */
#ifndef EVAL_SCORE_KINDS_H
#define EVAL_SCORE_KINDS_H

#include "despur/eval.h"

/* Where the measure is kept. */
double *score_place(despur_scores *scores, despur_score_kind kind);

/* Whether it is an accuracy over all groups: a measure, but neither the worst group's, which has an interval,
 * nor the loss. In files these stand together. */
bool score_is_average(despur_score_kind kind);

#endif
