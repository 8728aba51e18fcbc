/* Wilson's interval for a share, from the quantile of the normal distribution that it uses. */
#ifndef EVAL_WILSON_H
#define EVAL_WILSON_H

#include "despur/stats.h"

/* share of count, which need not be whole; NaN when count is not above 0. */
despur_interval wilson_interval(double share, double count, double z);

#endif
