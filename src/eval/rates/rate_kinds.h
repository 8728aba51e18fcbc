/* Which examples a rate is of. */
#ifndef EVAL_RATE_KINDS_H
#define EVAL_RATE_KINDS_H

#include "despur/rates.h"

#include <stdbool.h>

/* Kinds of which others are what is left (or the same): as sure as these, and together with others as often.
 */
#define RATE_KINDS_COUNTED 6
extern const despur_rate_kind rate_kinds_counted[RATE_KINDS_COUNTED];
despur_rate_kind rate_kind_counted(despur_rate_kind kind); /* the one of these that says all of it */

/* What a row is: of the positive class, predicted so, and right. */
typedef struct rate_row {
  bool label, prediction, right;
} rate_row;

/* Whether a row has a part in a rate that is counted, and whether it adds to it. */
bool rate_counts(bool *hit, despur_rate_kind kind, rate_row row);

#endif
