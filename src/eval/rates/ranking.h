/* How well scores rank two classes: the area under the ROC curve. */
#ifndef EVAL_RANKING_H
#define EVAL_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An example in eight bytes. score: from 0 to 1; one: it is of the second class. */
uint64_t ranking_key(double score, bool one);

/* Sorts keys[count] and returns the share of pairs of one example of each class in which the second class's
 * has the higher score, ties counting half; NaN without such pairs. scratch: room for as many keys. */
double ranking_area(uint64_t *keys, uint64_t *scratch, size_t count);

#endif
