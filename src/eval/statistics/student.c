#include "eval/statistics/student.h"

#include "base/math.h"
#include "eval/statistics/distribution.h"

#include <math.h>

/* P(|T| <= sqrt(n) tan(angle)) for n degrees of freedom, a finite sum over powers of the cosine (Abramowitz
 * and Stegun 1964, 26.7.3 and 26.7.4). */
static double coverage_of(size_t n, double angle) {
  double sine = math_sin(angle), cosine = math_cos(angle);
  size_t odd = n % 2;
  double term = odd ? cosine : 1, sum = 0;
  for (size_t k = odd + 2; k <= n && term > 1e-18; k += 2) {
    sum += term;
    term *= cosine * cosine * (double)(k - 1) / (double)k;
  }
  return odd ? (angle + sine * sum) * 2 / MATH_PI : sine * sum;
}

double student_quantile(size_t degrees, double coverage) {
  double low = 0, high = MATH_PI / 2;
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (coverage_of(degrees, middle) < coverage)
      low = middle;
    else
      high = middle;
  }
  return math_sqrt((double)degrees) * math_sin(low) / math_cos(low);
}

/* From here on series in 1 / n have more digits than are needed. */
enum { MANY = 40 };

/* Cornish and Fisher's expansion (Abramowitz and Stegun 1964, 26.7.5). */
static double quantile_series(double x, double n) {
  double s = x * x, g1 = (s + 1) / 4, g2 = ((5 * s + 16) * s + 3) / 96,
         g3 = (((3 * s + 19) * s + 17) * s - 15) / 384,
         g4 = ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / 92160;
  return x * (1 + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n);
}

/* Hill 1970, "Algorithm 395: Student's t-distribution". */
static double normal_series(double t, double n) {
  double a = n - 0.5, b = 48 * a * a, s = a * math_log(1 + t * t / n), z = math_sqrt(s);
  double rest = ((((-0.4 * s - 3.3) * s - 24) * s - 85.5) / (0.8 * s * s + 100 + b) + s + 3) / b + 1;
  return t < 0 ? -z * rest : z * rest;
}

double student_of_normal(double z, size_t degrees) {
  if (degrees >= MANY) return quantile_series(z, (double)degrees);
  double t = student_quantile(degrees, 1 - 2 * normal_below(-fabs(z)));
  return z < 0 ? -t : t;
}

/* x >= 0. Halves the angle three times, so that a dozen terms of the series are enough. */
static double arc_tangent(double x) {
  double power, square, sum = 0;
  for (int half = 0; half < 3; half++) x = x / (1 + math_sqrt(1 + x * x));
  power = x;
  square = x * x;
  for (int k = 1; k < 27; k += 2) {
    sum += k % 4 == 1 ? power / k : -power / k;
    power *= square;
  }
  return 8 * sum;
}

double normal_of_student(double t, size_t degrees) {
  const double LEAST = 1e-15; /* of what is left of 1 */
  if (degrees >= MANY) return normal_series(t, (double)degrees);
  double angle = arc_tangent(fabs(t) / math_sqrt((double)degrees));
  double z = -normal_quantile(fmax(0.5 - 0.5 * coverage_of(degrees, angle), LEAST));
  return t < 0 ? -z : z;
}
