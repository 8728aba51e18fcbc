/* One number measured several times, such as with several seeds. */
#ifndef EVAL_REPEATS_H
#define EVAL_REPEATS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct repeats {
  size_t count;
  double mean;      /* NaN when there is none */
  double deviation; /* of the sample: n - 1; NaN below two */
} repeats;

/* Of the values that are not NaN. */
repeats repeats_of(const double *values, size_t count);

/* Whether two means differ by more than chance explains: Welch's 95 % interval of their difference leaves out
 * 0 (Welch 1947; degrees of freedom rounded down). Both have at least two values. */
bool repeats_differ(const repeats *a, const repeats *b);

#endif
