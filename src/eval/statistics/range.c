#include "eval/statistics/range.h"

#include "base/math.h"
#include "eval/statistics/distribution.h"

static const double REACH = 8.5; /* what lies further out is below the last digit */
enum { STEPS = 272 };

static double density(double z) {
  return 0.39894228040143267794 * math_exp(-0.5 * z * z);
}

/* P(range <= q) = k int f(z) (F(z) - F(z - q))^(k - 1) dz with the largest at z, and its derivative. The rule
 * of equal steps is as good as any for what vanishes so quickly on both sides. */
static double below_and_slope(double *slope, double q, size_t count) {
  double sum = 0, change = 0, step = 2 * REACH / STEPS, k = (double)count;
  for (int i = 0; i <= STEPS; i++) {
    double z = -REACH + i * step, between = normal_below(z) - normal_below(z - q);
    double others = density(z) * math_power(between, count - 2);
    sum += others * between;
    change += others * density(z - q);
  }
  *slope = k * (k - 1) * change * step;
  return k * sum * step;
}

double range_below(double q, size_t count) {
  double slope;
  return q > 0 ? below_and_slope(&slope, q, count) : 0;
}

/* Newton's rule, between bounds of which the upper one is Bonferroni's for all pairs. */
double range_quantile(size_t count, double coverage) {
  double pairs = 0.5 * (double)count * (double)(count - 1), root = math_sqrt(2);
  double low = 0, high = -root * normal_quantile(0.5 * (1 - coverage) / pairs), q = high;
  if (count == 2) return high;
  for (int i = 0; i < 60; i++) {
    double slope, off = below_and_slope(&slope, q, count) - coverage;
    *(off > 0 ? &high : &low) = q;
    double next = q - off / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    double moved = next > q ? next - q : q - next;
    q = next;
    if (moved < 1e-10 * q) break;
  }
  return q;
}
