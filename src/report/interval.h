/* Intervals for shares, and for differences of shares. */
#ifndef REPORT_INTERVAL_H
#define REPORT_INTERVAL_H

#include <stddef.h>

typedef struct interval {
  double low, high; /* NaN for a share of nothing */
} interval;

/* Wilson (1927). z: standard normal quantile, 1.96 for 95 %. */
interval interval_share(size_t correct, size_t count, double z);

/* first - second, from their Wilson intervals (Newcombe 1998, method 10). */
interval interval_difference(size_t correct1, size_t count1, size_t correct2, size_t count2, double z);

#endif
