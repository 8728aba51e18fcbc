/* Student's t distribution. */
#ifndef EVAL_STUDENT_H
#define EVAL_STUDENT_H

#include <stddef.h>

/* The t that |T| exceeds with probability 1 - coverage; degrees at least 1, coverage in (0, 1). Time grows
 * with the degrees. */
double student_quantile(size_t degrees, double coverage);

/* The t that is as far out as z is in the standard normal distribution, and the other way round: to five
 * digits, in time that does not grow with the degrees, of which there is at least 1. */
double student_of_normal(double z, size_t degrees);
double normal_of_student(double t, size_t degrees);

#endif
