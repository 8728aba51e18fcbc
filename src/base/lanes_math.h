/* Exponential and logarithm of lanes of doubles, for the kernels. Only +, -, *, / and integer arithmetic on
 * the bits, so every level gives the same. Errors stay below 2 ulp. */
#ifndef BASE_LANES_MATH_H
#define BASE_LANES_MATH_H

#include "base/lanes.h"

typedef int64_t lvec __attribute__((vector_size(4 * VECTOR), may_alias));
typedef uint64_t uvec __attribute__((vector_size(4 * VECTOR), may_alias)); /* whose sums may wrap around */

/* Added to a double below 2^51 in size, it leaves the nearest whole number in the low bits of the sum. */
#define WHOLE 0x1.8p52

/* exp x = 2^k exp r, |r| <= ln 2 / 2; exp r by its Taylor series to r^13 / 13!. x at most 709; 0 below -708.
 */
INLINE dvec exp_doubles(dvec x) {
  dvec shifted = x * 0x1.71547652b82fep0 + WHOLE, k = shifted - WHOLE;
  dvec r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33;
  dvec sum = splat_double(1);
  UNROLL for (int n = 13; n >= 2; n--) sum = sum * r * (1.0 / n) + 1;
  uvec bits = (uvec)(sum * r + 1) + ((uvec)shifted << 52);
  return (dvec)(bits & (uvec) ~(lvec)(x < -708));
}

/* x = 2^k m, m in [sqrt(1/2), sqrt 2); ln m = 2 atanh(s), s = (m - 1) / (m + 1), by its series in s^2. x
 * normal and positive. */
INLINE dvec log_doubles(dvec x) {
  const int64_t root = 0x3fe6a09e667f3bcd; /* the bits of sqrt(1/2) */
  lvec k = ((lvec)x - root) >> 52;
  dvec m = (dvec)((uvec)x - ((uvec)k << 52)), whole = (dvec)(k + (lvec)splat_double(WHOLE)) - WHOLE;
  dvec f = m - 1, s = f / (f + 2), square = s * s, series = splat_double(0);
  UNROLL for (int n = 23; n >= 3; n -= 2) series = (series + 1.0 / n) * square;
  return whole * 0x1.62e42feep-1 + (f - (s * (f - 2 * series) - whole * 0x1.a39ef35793c76p-33));
}

#endif
