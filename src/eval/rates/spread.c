/* The largest difference and the smallest ratio of several shares, with intervals that take into account that
 * they are the most extreme of many.
 *
 * If intervals for all pairs hold at once, the largest true difference lies between the largest of their
 * lower ends and the largest of their upper ends. Simultaneous intervals for pairs of proportions are those
 * that Agresti, Bini, Bertaccini and Ryu 2008 ("Simultaneous confidence intervals for comparing binomial
 * parameters") recommend: intervals from scores with the studentized range's quantile, over the root of 2, in
 * the place of the normal one. A pair's is Newcombe's (1998, method 10). For the ratio it is what the same
 * rule says of a - r b = 0 (Newcombe 2016, "MOVER-R confidence intervals for ratios and products of two
 * independently estimated quantities"), so that both lead to the same conclusion. For two parts all this is
 * Newcombe's interval.
 *
 * Parts that share examples or units are not independent. Their correlation r is estimated (together.c), and
 * a pair's interval takes 2 r times the product of both distances into account, as for paired proportions
 * (Newcombe 1998, method 10; Zou and Donner 2008); all pairs hold at once by Bonferroni's rule, for what is
 * proved of the studentized range is proved for independent parts. Of very many parts the pairs are too
 * many: there the intervals of all parts hold at once, and then so do the differences and ratios of their
 * ends, whatever the dependence. */
#include "eval/rates/spread.h"

#include "base/math.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/range.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double spread_quantile(size_t count, double confidence) {
  if (count == 2) return normal_quantile(0.5 + 0.5 * confidence);
  return range_quantile(count, confidence) / math_sqrt(2);
}

double spread_quantile_of_pairs(size_t count, double confidence) {
  return normal_quantile(1 - (1 - confidence) / ((double)count * (double)(count - 1)));
}

double spread_quantile_of_any(size_t count, double confidence) {
  return normal_quantile(1 - (1 - confidence) / (2 * (double)count));
}

static double root(double x) {
  return math_sqrt(x > 0 ? x : 0);
}

/* Of a - b; r: their correlation. */
static double low_difference(const spread_side *a, const spread_side *b, double r) {
  double down = a->value - a->low, up = b->high - b->value;
  return a->value - b->value - root(down * down + up * up - 2 * r * down * up);
}

static double high_difference(const spread_side *a, const spread_side *b, double r) {
  double up = a->high - a->value, down = b->value - b->low;
  return a->value - b->value + root(up * up + down * down - 2 * r * up * down);
}

/* The ends of a / b: where a - x b, less or more its distance to the end, is 0. */
static double low_ratio(const spread_side *a, const spread_side *b, double r) {
  double both = a->value * b->value - r * (a->value - a->low) * (b->high - b->value),
         of_a = a->low * (2 * a->value - a->low), of_b = b->high * (2 * b->value - b->high),
         below = both + root(both * both - of_a * of_b);
  return below > 0 ? of_a / below : 0;
}

static double high_ratio(const spread_side *a, const spread_side *b, double r) {
  double both = a->value * b->value - r * (a->high - a->value) * (b->value - b->low),
         of_a = a->high * (2 * a->value - a->high), of_b = b->low * (2 * b->value - b->low);
  return of_b > 0 ? (both + root(both * both - of_a * of_b)) / of_b : HUGE_VAL;
}

static int by_value(const void *a, const void *b) {
  const spread_side *x = a, *y = b;
  if (x->value != y->value) return x->value < y->value ? -1 : 1;
  if (x->low != y->low) return x->low < y->low ? -1 : 1;
  if (x->high != y->high) return x->high < y->high ? -1 : 1;
  return (x->part > y->part) - (x->part < y->part);
}

static bool same_side(const spread_side *a, const spread_side *b) {
  return a->value == b->value && a->low == b->low && a->high == b->high;
}

/* Of parts with equal values and intervals two say all that many do. sides are sorted. */
static size_t drop_thirds(spread_side *sides, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept > 1 && same_side(&sides[kept - 1], &sides[i]) && same_side(&sides[kept - 2], &sides[i]))
      continue;
    sides[kept++] = sides[i];
  }
  return kept;
}

/* All pairs, except those that cannot be the extreme: the lower end of a - b is at most a.low - b.value and
 * at most a.value - b.high, its upper end at most a.high - b.low; and so for ratios. */
static void bound_all(despur_spread *out, const spread_side *sides, size_t count) {
  double least = sides[0].value, lowest = 1, low = 0, high = 0, low_r = 1, high_r = 1;
  for (size_t i = 0; i < count; i++)
    if (sides[i].low < lowest) lowest = sides[i].low;
  for (size_t i = count; i-- > 0;) { /* from the largest */
    const spread_side *a = &sides[i];
    bool rises = a->low - least > low, reaches = a->high - lowest > high;
    for (size_t k = 0; k < count; k++) {
      const spread_side *b = &sides[k];
      if (k == i) continue;
      if (rises && a->value - b->high > low) low = fmax(low, low_difference(a, b, 0));
      if (reaches && a->high - b->low > high) high = fmax(high, high_difference(a, b, 0));
      if (b->low < low_r * a->high) low_r = fmin(low_r, low_ratio(b, a, 0));
      if (b->high < high_r * a->value && b->value < high_r * a->low)
        high_r = fmin(high_r, high_ratio(b, a, 0));
    }
  }
  out->difference_low = low;
  out->difference_high = high < 1 ? high : 1;
  out->ratio_low = low_r;
  out->ratio_high = high_r;
}

/* From ends alone: the largest share is at least the largest lower end, and so on. */
static void bound_ends(despur_spread *out, const spread_side *sides, size_t count) {
  double lows[2] = {1, 0}, highs[2] = {1, 0}; /* the least and the largest */
  for (size_t i = 0; i < count; i++) {
    lows[0] = fmin(lows[0], sides[i].low);
    lows[1] = fmax(lows[1], sides[i].low);
    highs[0] = fmin(highs[0], sides[i].high);
    highs[1] = fmax(highs[1], sides[i].high);
  }
  out->difference_low = fmax(0, lows[1] - highs[0]);
  out->difference_high = highs[1] - lows[0];
  out->ratio_low = lows[0] / highs[1];
  out->ratio_high = lows[1] > 0 ? fmin(1, highs[0] / lows[1]) : 1;
}

/* All pairs: nothing can be left out where correlations make intervals narrower. */
static void bound_together(despur_spread *out, const spread_side *sides, size_t count,
                           const double *correlations, size_t parts) {
  double low = 0, high = 0, low_r = 1, high_r = 1;
  for (const spread_side *a = sides; a < sides + count; a++)
    for (const spread_side *b = sides; b < sides + count; b++) {
      if (a == b) continue;
      double r = correlations[a->part * parts + b->part];
      low = fmax(low, low_difference(a, b, r));
      high = fmax(high, high_difference(a, b, r));
      low_r = fmin(low_r, low_ratio(a, b, r));
      high_r = fmin(high_r, high_ratio(a, b, r));
    }
  out->difference_low = low;
  out->difference_high = high < 1 ? high : 1;
  out->ratio_low = low_r;
  out->ratio_high = high_r;
}

static void find_extremes(despur_spread *out, spread_side *sides, size_t count) {
  qsort(sides, count, sizeof *sides, by_value);
  spread_side first = sides[0], last = sides[count - 1];
  for (size_t i = 0; i < count; i++) { /* the first of equals, by part */
    if (sides[i].value == first.value && sides[i].part < first.part) first = sides[i];
    if (sides[i].value == last.value && sides[i].part < last.part) last = sides[i];
  }
  out->lowest = first.part;
  out->highest = last.part;
  out->difference = last.value - first.value;
  out->ratio = last.value > 0 ? first.value / last.value : (double)NAN;
}

void spread_measure(despur_spread *out, spread_side *sides, size_t count, bool dependent) {
  find_extremes(out, sides, count);
  if (dependent)
    bound_ends(out, sides, count);
  else
    bound_all(out, sides, drop_thirds(sides, count));
  if (isnan(out->ratio)) out->ratio_low = out->ratio_high = (double)NAN;
}

void spread_measure_together(despur_spread *out, spread_side *sides, size_t count, const double *correlations,
                             size_t parts) {
  find_extremes(out, sides, count);
  bound_together(out, sides, count, correlations, parts);
  if (isnan(out->ratio)) out->ratio_low = out->ratio_high = (double)NAN;
}
