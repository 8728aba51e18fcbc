#include "base/math.h"
#include "despur/stats.h"
#include "eval/distribution.h"

#include <math.h>

despur_interval despur_wilson_interval(size_t correct, size_t count, double confidence) {
  if (count == 0 || correct > count || !(confidence > 0 && confidence < 1))
    return (despur_interval){(double)NAN, (double)NAN};
  double n = (double)count, share = (double)correct / n, z = normal_quantile(0.5 + 0.5 * confidence);
  double square = z * z / n, scale = 1 / (1 + square), centre = (share + 0.5 * square) * scale;
  double half = z * math_sqrt((share * (1 - share) + 0.25 * square) / n) * scale;
  /* rounding must not leave a sliver below 0 or above 1 */
  return (despur_interval){correct == 0 ? 0 : centre - half, correct == count ? 1 : centre + half};
}
