/* Elementary functions in double precision that give the same bits everywhere.
 *
 * The C library's differ between versions and processors; these use only +, -, *, / and square roots, which
 * IEEE 754 fixes to the last bit. Errors stay below 2 ulp (tests/unit/test_base.c), but for powers. */
#ifndef BASE_MATH_H
#define BASE_MATH_H

#include <stddef.h>

#define MATH_PI 3.14159265358979323846

double math_exp(double x); /* 0 below -745, infinity above 709.78 */
double math_log(double x); /* -infinity at 0, NaN below */
double math_sin(double x); /* |x| < 1e5 */
double math_cos(double x); /* |x| < 1e5 */
double math_sqrt(double x);

/* x^n, by squaring: a relative error of at most n * 2^-53, as each product rounds and doubles the errors
 * before it. */
double math_power(double x, size_t n);

/* The nearest float32. A cast there and back is not enough: for two neighbouring numbers gcc 12 leaves both
 * conversions out. */
double math_as_float(double x);

#endif
