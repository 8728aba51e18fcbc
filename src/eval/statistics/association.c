/* What counts in cells say of two things that may go together. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/statistics/distribution.h"

#include <math.h>

/* ---- one table of two by two ---- */

/* P(X = x) of a hypergeometric X as three binomial probabilities, which lose no digits (Loader 2000). */
static double hypergeometric_mass(size_t x, size_t drawn, size_t marked, size_t all) {
  double share = (double)drawn / (double)all;
  return binomial_mass(x, marked, share) * binomial_mass(drawn - x, all - marked, share) /
         binomial_mass(drawn, all, share);
}

/* Terms smaller than this part of their sum add nothing. */
static const double NOTHING = 1e-18;

/* P(X >= x) for an x from the mean on: terms fall from there. */
static double hypergeometric_from(size_t x, size_t drawn, size_t marked, size_t all) {
  size_t most = marked < drawn ? marked : drawn;
  double sum = 0, term = hypergeometric_mass(x, drawn, marked, all);
  for (; term > NOTHING * sum; x++) {
    sum += term;
    if (x == most) break;
    term *= (double)(marked - x) * (double)(drawn - x) /
            ((double)(x + 1) * (double)(all - marked + x + 1 - drawn));
  }
  return sum;
}

/* P(X < x) for an x up to the mean. */
static double hypergeometric_below(size_t x, size_t drawn, size_t marked, size_t all) {
  size_t least = drawn > all - marked ? drawn - (all - marked) : 0;
  if (x <= least) return 0;
  double sum = 0, term = hypergeometric_mass(--x, drawn, marked, all);
  for (; term > NOTHING * sum; x--) {
    sum += term;
    if (x == least) break;
    term *=
        (double)x * (double)(all - marked + x - drawn) / ((double)(marked - x + 1) * (double)(drawn - x + 1));
  }
  return sum;
}

/* From the side on which terms fall: the first one may be too small for a number, and all that follow are
 * smaller still. */
double despur_fisher_greater(size_t marked1, size_t count1, size_t marked2, size_t count2) {
  if (marked1 > count1 || marked2 > count2) return (double)NAN;
  size_t marked = marked1 + marked2, all = count1 + count2;
  if (count1 == 0 || count2 == 0 || marked == 0 || marked == all) return 1;
  double mean = (double)count1 * (double)marked / (double)all;
  double p = (double)marked1 <= mean ? 1 - hypergeometric_below(marked1, count1, marked, all)
                                     : hypergeometric_from(marked1, count1, marked, all);
  return p < 1 ? p : 1;
}

/* ---- Cramer's V ---- */

enum { NORMAL_FROM = 2000 };

/* P(X <= x) of a noncentral chi-squared X: sums of Poisson weights; where both are large, its normal
 * approximation. */
static double noncentral_below(double x, size_t degrees, double excess) {
  if (x > NORMAL_FROM)
    return normal_below((x - (double)degrees - excess) / math_sqrt(2 * ((double)degrees + 2 * excess)));
  const double half = x / 2, mean = excess / 2;
  double above = degrees % 2 ? 2 * normal_below(-math_sqrt(x)) : math_exp(-half);
  double k = degrees % 2 ? 0.5 : 1; /* above: of 2 k degrees of freedom; log_term of what the next two add */
  double log_term =
      (degrees % 2 ? 0.5 * math_log(half) - 0.5 * math_log(MATH_PI) + math_log(2.0) : math_log(half)) - half;
  double log_weight = -mean, below = 0, weights = 0;
  while (2 * k < (double)degrees) {
    above += math_exp(log_term);
    k += 1;
    log_term += math_log(half / k);
  }
  for (size_t j = 0; weights < 1 - 1e-12 && j < 100000; j++) {
    double weight = math_exp(log_weight);
    weights += weight;
    below += weight * (above < 1 ? 1 - above : 0);
    above += math_exp(log_term);
    k += 1;
    log_term += math_log(half / k);
    log_weight += mean > 0 ? math_log(mean / (double)(j + 1)) : -HUGE_VAL;
  }
  return below;
}

/* The excess with P(X <= x) = share; 0 when none makes it so small. */
static double excess_of(double x, size_t degrees, double share) {
  double low = 0, high = 2 * x + 100;
  if (noncentral_below(x, degrees, 0) <= share) return 0;
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (noncentral_below(x, degrees, middle) > share)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static double chi_squared(size_t *rows_used, size_t *columns_used, double *total, const double *counts,
                          size_t rows, size_t columns) {
  double sum = 0;
  *rows_used = *columns_used = 0;
  *total = 0;
  for (size_t i = 0; i < rows * columns; i++) *total += counts[i];
  for (size_t c = 0; c < columns; c++) {
    double column = 0;
    for (size_t r = 0; r < rows; r++) column += counts[r * columns + c];
    *columns_used += column > 0;
  }
  for (size_t r = 0; r < rows; r++) {
    double row = 0;
    for (size_t c = 0; c < columns; c++) row += counts[r * columns + c];
    if (row == 0) continue;
    ++*rows_used;
    for (size_t c = 0; c < columns; c++) {
      double column = 0, found = counts[r * columns + c];
      for (size_t i = 0; i < rows; i++) column += counts[i * columns + c];
      double expected = row * column / *total;
      if (expected > 0) sum += (found - expected) * (found - expected) / expected;
    }
  }
  return sum;
}

despur_association despur_cramer(const double *counts, size_t rows, size_t columns, double confidence) {
  size_t rows_used, columns_used;
  double total, chi = chi_squared(&rows_used, &columns_used, &total, counts, rows, columns);
  size_t least = rows_used < columns_used ? rows_used : columns_used;
  if (least < 2 || !(confidence > 0 && confidence < 1))
    return (despur_association){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
  size_t degrees = (rows_used - 1) * (columns_used - 1);
  double scale = total * (double)(least - 1), tail = 0.5 - 0.5 * confidence;
  double high = math_sqrt(excess_of(chi, degrees, tail) / scale);
  double p = 1 - noncentral_below(chi, degrees, 0);
  return (despur_association){.v = math_sqrt(chi / scale),
                              .low = math_sqrt(excess_of(chi, degrees, 1 - tail) / scale),
                              .high = high < 1 ? high : 1,
                              .p = p > 0 ? p : 0};
}

/* ---- several tables of two by two ---- */

despur_common_odds despur_mantel_haenszel(const double (*tables)[4], size_t count) {
  double difference = 0, variance = 0, with = 0, against = 0;
  for (size_t s = 0; s < count; s++) {
    double a = tables[s][0], b = tables[s][1], c = tables[s][2], d = tables[s][3], n = a + b + c + d;
    if (n < 2) continue;
    difference += a - (a + b) * (a + c) / n;
    variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1));
    with += a * d / n;
    against += b * c / n;
  }
  if (!(variance > 0)) return (despur_common_odds){(double)NAN, 0, 1};
  double z = difference / math_sqrt(variance);
  return (despur_common_odds){against > 0 ? with / against : HUGE_VAL, z, 2 * normal_below(z < 0 ? z : -z)};
}
