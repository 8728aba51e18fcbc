#include "report/interval.h"

#include "base/math.h"

#include <math.h>

interval interval_share(size_t correct, size_t count, double z) {
  if (count == 0) return (interval){(double)NAN, (double)NAN};
  double n = (double)count, p = (double)correct / n, z2 = z * z;
  double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  double half = z / (1 + z2 / n) * math_sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  /* at 0 and 1 the interval ends there; rounding must not leave 1e-17 */
  return (interval){correct == 0 ? 0 : centre - half, correct == count ? 1 : centre + half};
}

interval interval_difference(size_t correct1, size_t count1, size_t correct2, size_t count2, double z) {
  if (count1 == 0 || count2 == 0) return (interval){(double)NAN, (double)NAN};
  double p1 = (double)correct1 / (double)count1, p2 = (double)correct2 / (double)count2;
  interval a = interval_share(correct1, count1, z), b = interval_share(correct2, count2, z);
  double down = math_sqrt((p1 - a.low) * (p1 - a.low) + (b.high - p2) * (b.high - p2));
  double up = math_sqrt((a.high - p1) * (a.high - p1) + (p2 - b.low) * (p2 - b.low));
  return (interval){p1 - p2 - down, p1 - p2 + up};
}
