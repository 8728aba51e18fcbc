#include "base/math.h"
#include "despur/stats.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/wilson.h"

#include <math.h>

despur_interval wilson_interval(double share, double count, double z) {
  if (!(count > 0)) return (despur_interval){(double)NAN, (double)NAN};
  double square = z * z / count, scale = 1 / (1 + square), centre = (share + 0.5 * square) * scale;
  double half = z * math_sqrt((share * (1 - share) + 0.25 * square) / count) * scale;
  /* rounding must not leave a sliver below 0 or above 1 */
  return (despur_interval){share <= 0 ? 0 : centre - half, share >= 1 ? 1 : centre + half};
}

despur_interval despur_wilson_interval(size_t correct, size_t count, double confidence) {
  if (count == 0 || correct > count || !(confidence > 0 && confidence < 1))
    return (despur_interval){(double)NAN, (double)NAN};
  return wilson_interval((double)correct / (double)count, (double)count,
                         normal_quantile(0.5 + 0.5 * confidence));
}
