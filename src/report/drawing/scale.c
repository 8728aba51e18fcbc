/* From values to pixels, and round numbers for axes. */
#include "base/math.h"
#include "report/drawing/chart.h"

#include <math.h>

double scale_at(const scale *s, double value) {
  double low = s->low, high = s->high;
  if (s->logarithmic) value = math_log(value), low = math_log(low), high = math_log(high);
  double share = high > low ? (value - low) / (high - low) : 0.5;
  return s->from + share * (s->to - s->from);
}

/* 10^exponent without the C library, whose last bits differ. */
static double power_of_ten(int exponent) {
  double power = 1;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); i++) power *= 10;
  return exponent < 0 ? 1 / power : power;
}

/* The largest e with 10^e <= value. */
static int exponent_of(double value) {
  int e = (int)floor(math_log(value) / math_log(10));
  while (power_of_ten(e + 1) <= value) e++;
  while (power_of_ten(e) > value) e--;
  return e;
}

/* The smallest of 1, 2, 5 times a power of ten that is at least the value; *decimals tells its multiples
 * apart. */
static double round_step(double value, int *decimals) {
  static const double STEPS[] = {1, 2, 5, 10};
  int e = exponent_of(value), i = 0;
  while (STEPS[i] * power_of_ten(e) < value * (1 - 1e-9)) i++;
  int digits = i == 3 ? -e - 1 : -e;
  *decimals = digits > 0 ? digits : 0;
  return STEPS[i] * power_of_ten(e);
}

ticks ticks_linear(double low, double high, size_t about) {
  ticks t = {0};
  if (!(high > low)) {
    t.values[t.count++] = low;
    return t;
  }
  double step = round_step((high - low) / (double)about, &t.decimals);
  const double first = ceil(low / step - 1e-9);
  for (; t.count < MOST_TICKS; t.count++) {
    const double value = (first + (double)t.count) * step;
    if (value > high + 1e-9 * step) break;
    t.values[t.count] = value + 0.0; /* not -0 */
  }
  return t;
}

ticks ticks_whole(double low, double high) {
  double span = high - low;
  ticks all = ticks_linear(low, high, span < 8 ? (size_t)span + 1 : 8), whole = {0};
  for (size_t i = 0; i < all.count; i++)
    if (floor(all.values[i] + 1e-9) + 1e-9 >= all.values[i]) whole.values[whole.count++] = all.values[i];
  return whole;
}

ticks ticks_logarithmic(double low, double high) {
  static const double FEW[] = {1, 2, 5};
  ticks t = {0};
  int first = exponent_of(low), last = exponent_of(high);
  bool few = last - first < 3;
  t.decimals = -1;
  for (int e = first; e <= last; e++)
    for (size_t i = 0; i < (few ? 3 : 1); i++) {
      double value = FEW[i] * power_of_ten(e);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9) && t.count < MOST_TICKS)
        t.values[t.count++] = value;
    }
  return t;
}

void scale_round(scale *s, size_t about) {
  int decimals;
  if (!(s->high > s->low)) return;
  double step = round_step((s->high - s->low) / (double)about, &decimals);
  s->low = floor(s->low / step + 1e-9) * step + 0.0;
  s->high = ceil(s->high / step - 1e-9) * step;
}
