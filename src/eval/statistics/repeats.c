#include "eval/statistics/repeats.h"

#include "base/math.h"
#include "eval/statistics/student.h"

#include <math.h>

repeats repeats_of(const double *values, size_t count) {
  repeats found = {.mean = (double)NAN, .deviation = (double)NAN};
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) {
    if (isnan(values[i])) continue;
    sum += values[i];
    found.count++;
  }
  if (found.count == 0) return found;
  found.mean = sum / (double)found.count;
  for (size_t i = 0; i < count; i++)
    if (!isnan(values[i])) squares += (values[i] - found.mean) * (values[i] - found.mean);
  if (found.count > 1) found.deviation = math_sqrt(squares / (double)(found.count - 1));
  return found;
}

bool repeats_differ(const repeats *a, const repeats *b) {
  double difference = fabs(a->mean - b->mean);
  double of_a = a->deviation * a->deviation / (double)a->count,
         of_b = b->deviation * b->deviation / (double)b->count, variance = of_a + of_b;
  if (variance <= 0) return difference > 0;
  double degrees =
      variance * variance / (of_a * of_a / (double)(a->count - 1) + of_b * of_b / (double)(b->count - 1));
  size_t whole = degrees < 1 ? 1 : (size_t)(degrees + 1e-9); /* not 38.999... for 39 */
  return difference > student_quantile(whole, 0.95) * math_sqrt(variance);
}
