/* Scores as JSON: members that lines of results.jsonl, results.json and `despur eval --json` share. Each
 * function names some of the object that is open. */
#ifndef RECORD_SCORES_H
#define RECORD_SCORES_H

#include "despur/eval.h"
#include "record/fields.h"

/* The worst group's name, its accuracy and the ends of its interval. */
void scores_worst_fields(fields *f, despur_scores *scores);

/* Accuracies over all groups. */
void scores_average_fields(fields *f, despur_scores *scores);

void scores_loss_field(fields *f, despur_scores *scores);

/* kept: how many of the correct answers are those of the epoch before, or NULL. trained: the number of
 * training examples is known. */
void scores_group_fields(fields *f, despur_group_score *group, const size_t *kept, bool trained);

#endif
