/* The range of several independent standard normal variables, largest less smallest: Tukey's studentized
 * range with a known variance. */
#ifndef EVAL_RANGE_H
#define EVAL_RANGE_H

#include <stddef.h>

/* P(range of count <= q); count at least 2. */
double range_below(double q, size_t count);

/* The q with P(range of count <= q) = coverage; coverage in (0, 1), count at least 2. */
double range_quantile(size_t count, double coverage);

#endif
