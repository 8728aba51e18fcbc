#include "eval/student.h"

#include "base/math.h"

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
