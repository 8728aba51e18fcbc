/* Numbers of examples for a given power. */
#include "base/math.h"
#include "despur/stats.h"
#include "eval/statistics/distribution.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static bool within(double x) {
  return x >= 0 && x <= 1;
}

/* Both strictly between 0 and 1. */
static bool are_chances(double confidence, double power) {
  return confidence > 0 && confidence < 1 && power > 0 && power < 1;
}

static const size_t EXACT_MOST = 20000, EXACT_MOST_PAIRED = 200000, MOST = (size_t)1 << 40;

/* A number of examples as a count, from a formula that may give anything. */
static size_t rounded_up(double n) {
  return n < (double)MOST ? (size_t)ceil(n) : MOST;
}

/* The chance that Wilson's interval leaves out the threshold on the side where the accuracy is. It does when
 * the share of right answers is more than z standard errors (under the threshold) away from it. */
static double threshold_power(size_t n, double accuracy, double threshold, double z) {
  if (accuracy < threshold) { /* errors against tolerated errors */
    accuracy = 1 - accuracy;
    threshold = 1 - threshold;
  }
  double count = (double)n, limit = count * threshold + z * math_sqrt(count * threshold * (1 - threshold));
  if (limit >= count) return 0;
  size_t least = (size_t)limit + 1;
  binomial_tails tails = binomial_at(least, n, accuracy);
  return tails.equal + tails.above;
}

size_t despur_plan_threshold(double accuracy, double threshold, double confidence, double power) {
  double difference = fabs(accuracy - threshold), z = normal_quantile(0.5 + 0.5 * confidence);
  if (!(difference > 0) || !within(accuracy) || !within(threshold) || !are_chances(confidence, power))
    return 0;
  double root = z * math_sqrt(threshold * (1 - threshold)) +
                normal_quantile(power) * math_sqrt(accuracy * (1 - accuracy));
  size_t guess = rounded_up(root * root / (difference * difference));
  if (guess > EXACT_MOST) return guess;
  /* power rises in teeth: the answer is behind the last number that has too little */
  size_t n = guess + guess / 2 + 100;
  while (n > 0 && threshold_power(n, accuracy, threshold, z) >= power) n--;
  return n + 1;
}

/* The largest number of discordant examples on one side, of m, for which McNemar's test rejects; -1: never.
 */
static double largest_rejected(size_t m, double alpha) {
  double guess = 0.5 * (double)m + normal_quantile(0.5 * alpha) * 0.5 * math_sqrt((double)m);
  size_t k = guess > 0 ? (size_t)guess : 0;
  while (despur_mcnemar(k, m - k) <= alpha && 2 * (k + 1) <= m) k++;
  while (despur_mcnemar(k, m - k) > alpha) {
    if (k == 0) return -1;
    k--;
  }
  return (double)k;
}

/* Over how many examples are discordant, the chance that few enough of them are on one side. */
static double paired_power(size_t n, double difference, double disagree, double alpha) {
  double mean = (double)n * disagree, spread = 8 * math_sqrt(mean * (1 - disagree)) + 8;
  size_t from = mean > spread ? (size_t)(mean - spread) : 0, to = rounded_up(mean + spread);
  double minority = 0.5 * (1 - difference / disagree), power = 0;
  if (to > n) to = n;
  for (size_t m = from; m <= to; m++) {
    double k = largest_rejected(m, alpha);
    if (k < 0) continue;
    binomial_tails few = binomial_at((size_t)k, m, minority), many = binomial_at(m - (size_t)k, m, minority);
    double rejected = few.below + few.equal;
    if (2 * (size_t)k < m) rejected += many.above + many.equal;
    power += binomial_mass(m, n, disagree) * rejected;
  }
  return power;
}

size_t despur_plan_paired(double first, double second, double disagree, double confidence, double power) {
  double difference = fabs(second - first), alpha = 1 - confidence;
  if (!(difference > 0) || !(disagree <= 1) || !within(first) || !within(second) ||
      !are_chances(confidence, power))
    return 0;
  if (disagree < difference) disagree = difference;
  /* Connor 1987 */
  double root = normal_quantile(0.5 + 0.5 * confidence) * math_sqrt(disagree) +
                normal_quantile(power) * math_sqrt(disagree - difference * difference);
  size_t guess = rounded_up(root * root / (difference * difference));
  if (guess > EXACT_MOST_PAIRED) return guess;
  size_t low = 1, high = 2;
  while (paired_power(high, difference, disagree, alpha) < power) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (paired_power(middle, difference, disagree, alpha) < power)
      low = middle;
    else
      high = middle;
  }
  return high;
}

size_t despur_plan_unpaired(double first, double second, double confidence, double power) {
  double difference = fabs(second - first), mean = 0.5 * (first + second);
  if (!(difference > 0) || !within(first) || !within(second) || !are_chances(confidence, power)) return 0;
  double root = normal_quantile(0.5 + 0.5 * confidence) * math_sqrt(2 * mean * (1 - mean)) +
                normal_quantile(power) * math_sqrt(first * (1 - first) + second * (1 - second));
  return rounded_up(root * root / (difference * difference));
}
