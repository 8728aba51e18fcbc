#include "base/math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double LN2_HIGH = 0x1.62e42feep-1; /* ln 2 to 32 bits: times an exponent it is exact */
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double HALF_PI_HIGH = 0x1.921fb544p0; /* pi/2 to 33 bits */
static const double HALF_PI_MIDDLE = 0x1.0b4611a6p-34;
static const double HALF_PI_LOW = 0x1.3198a2e037073p-69;

double math_sqrt(double x) {
  return sqrt(x); /* correctly rounded by IEEE 754 */
}

/* x = k ln 2 + r, |r| <= ln 2 / 2; exp r by its Taylor series to r^13 / 13!, exp x = 2^k exp r. */
double math_exp(double x) {
  if (isnan(x)) return x;
  if (x > 709.782712893384) return HUGE_VAL;
  if (x < -745.2) return 0;
  double k = floor(x / 0x1.62e42fefa39efp-1 + 0.5);
  double r = (x - k * LN2_HIGH) - k * LN2_LOW;
  double sum = 1;
  for (int n = 13; n >= 2; n--) sum = 1 + sum * r * (1.0 / n);
  return ldexp(1 + sum * r, (int)k);
}

/* x = 2^k m, m in [sqrt(1/2), sqrt 2); ln m = 2 atanh(s), s = (m - 1) / (m + 1), by its series in s^2. */
double math_log(double x) {
  if (isnan(x) || x < 0) return (double)NAN;
  if (x == 0) return -HUGE_VAL;
  if (isinf(x)) return x;
  int k;
  double m = frexp(x, &k);
  if (m < 0x1.6a09e667f3bcdp-1) {
    m *= 2;
    k--;
  }
  double f = m - 1, s = f / (2 + f), square = s * s;
  double series = 0;
  for (int n = 23; n >= 3; n -= 2) series = (series + 1.0 / n) * square;
  /* 2s = f - s f, so that the leading term f is exact */
  return k * LN2_HIGH + (f - (s * (f - 2 * series) - k * LN2_LOW));
}

/* x = quadrant pi/2 + high + low, |high| <= pi/4. One double is not enough: its rounding alone would cost an
 * ulp. */
typedef struct reduced {
  int quadrant;
  double high, low;
} reduced;

static reduced reduce(double x) {
  double q = floor(x / (MATH_PI / 2) + 0.5);
  double a = x - q * HALF_PI_HIGH, b = q * HALF_PI_MIDDLE; /* both exact for |q| < 2^20 */
  /* difference + lost = a - b exactly (Knuth's two-sum) */
  double difference = a - b, taken = difference - a;
  double lost = (a - (difference - taken)) - (b + taken);
  double rest = q * HALF_PI_LOW - lost, high = difference - rest;
  return (reduced){(int)((int64_t)q & 3), high, (difference - high) - rest};
}

/* sin(high + low) = sin high + low cos high, with cos high = 1 - high^2 / 2 */
static double sine_series(reduced r) {
  double square = r.high * r.high, sum = 0;
  for (int n = 17; n >= 3; n -= 2) sum = -(1 + sum) * square / ((n - 1) * n);
  return r.high + (r.high * sum + r.low * (1 - square / 2));
}

/* cos(high + low) = cos high - low sin high, with sin high = high */
static double cosine_series(reduced r) {
  double square = r.high * r.high, sum = 0;
  for (int n = 18; n >= 4; n -= 2) sum = -(1 + sum) * square / ((n - 1) * n);
  return 1 - ((square / 2) * (1 + sum) + r.high * r.low);
}

double math_sin(double x) {
  reduced r = reduce(x);
  double value = r.quadrant & 1 ? cosine_series(r) : sine_series(r);
  return r.quadrant & 2 ? -value : value;
}

double math_cos(double x) {
  reduced r = reduce(x);
  double value = r.quadrant & 1 ? sine_series(r) : cosine_series(r);
  return r.quadrant == 1 || r.quadrant == 2 ? -value : value;
}

double math_as_float(double x) {
  const volatile float rounded = (float)x;
  return (double)rounded;
}

double math_power(double x, size_t n) {
  double result = 1;
  for (; n > 0; n >>= 1) {
    if (n & 1) result *= x;
    x *= x;
  }
  return result;
}
