/* Student's t distribution. */
#ifndef EVAL_STUDENT_H
#define EVAL_STUDENT_H

#include <stddef.h>

/* The t that |T| exceeds with probability 1 - coverage; degrees at least 1, coverage in (0, 1). Time grows
 * with the degrees. */
double student_quantile(size_t degrees, double coverage);

#endif
