/* How shares of parts that have examples or units in common depend on each other. */
#ifndef EVAL_TOGETHER_H
#define EVAL_TOGETHER_H

#include "despur/rates.h"
#include "eval/statistics/effective.h"

enum { TOGETHER_MOST = 64 }; /* parts; of more, nothing is computed */

/* Correlations of the rates of parts, 0 where one of them does not vary. {0}: not known. */
typedef struct together {
  size_t parts;
  double *of; /* [DESPUR_RATE_KINDS, parts, parts]; a rate and what it leaves share theirs */
} together;

/* Release with together_release. keys: [rows] the part of each, of which those from `parts` on are not
 * asked about; positive: the class that rates are of. */
DESPUR_MUST_USE despur_status together_find(together *out, size_t parts, const despur_predicted *predicted,
                                            uint32_t positive, const unit_rows *rows, const uint32_t *keys,
                                            despur_error *error);
void together_release(together *t);

/* [parts, parts] of a kind, or NULL when they are not known. */
const double *together_of(const together *t, despur_rate_kind kind);

#endif
