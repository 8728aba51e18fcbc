/* How far several shares are apart, from those of different examples. */
#ifndef EVAL_SPREAD_H
#define EVAL_SPREAD_H

#include "despur/rates.h"

#include <stdbool.h>

/* Shares of parts, and an interval of each at the confidence that spread_quantile says. */
typedef struct spread_side {
  double value, low, high;
  size_t part;
} spread_side;

/* The quantile of the normal distribution in whose place simultaneous intervals for all pairs of count parts
 * have that of the studentized range; count at least 2. */
double spread_quantile(size_t count, double confidence);

/* The same where all that is known is how much the intervals of each pair depend on each other, or nothing
 * is: those of all pairs, or those of all parts, hold at once (Bonferroni). */
double spread_quantile_of_pairs(size_t count, double confidence);
double spread_quantile_of_any(size_t count, double confidence);

/* Of count >= 2 parts, which it brings into another order; lowest and highest are parts. dependent: an
 * interval of a pair holds whenever those of both parts do. */
void spread_measure(despur_spread *out, spread_side *sides, size_t count, bool dependent);

/* The same with the correlation of any two parts: [parts, parts]. */
void spread_measure_together(despur_spread *out, spread_side *sides, size_t count, const double *correlations,
                             size_t parts);

#endif
