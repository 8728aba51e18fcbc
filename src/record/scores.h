/* Scores as JSON: members that results.jsonl, results.json and `despur eval --json` share. Each function adds
 * some to the object that is open. */
#ifndef RECORD_SCORES_H
#define RECORD_SCORES_H

#include "base/json_write.h"
#include "despur/eval.h"

/* The worst group's name, its accuracy and the ends of its interval. */
void scores_write_worst(json_writer *j, const despur_scores *scores);

/* Accuracies over all groups. */
void scores_write_averages(json_writer *j, const despur_scores *scores);

void scores_write_loss(json_writer *j, const despur_scores *scores);

/* kept: how many of the correct answers are those of the epoch before, or NULL. trained: the number of
 * training examples is known. */
void scores_write_group(json_writer *j, const despur_group_score *group, const size_t *kept, bool trained);

#endif
