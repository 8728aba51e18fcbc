/* How far several shares are apart, from those of different examples. */
#ifndef EVAL_SPREAD_H
#define EVAL_SPREAD_H

#include "despur/rates.h"

/* Shares of parts, and an interval of each at the confidence that spread_quantile says. */
typedef struct spread_side {
  double value, low, high;
  size_t part;
} spread_side;

/* The quantile of the normal distribution in whose place simultaneous intervals for all pairs of count parts
 * have that of the studentized range; count at least 2. */
double spread_quantile(size_t count, double confidence);

/* Of count >= 2 parts, which it brings into another order; lowest and highest are parts. */
void spread_measure(despur_spread *out, spread_side *sides, size_t count);

#endif
