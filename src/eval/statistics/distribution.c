/* Probabilities of counts are computed from their deviance (Loader 2000, "Fast and accurate computation of
 * binomial probabilities"), so that a million examples cost no digits; a tail is summed outwards from its
 * largest term. */
#include "eval/statistics/distribution.h"

#include "base/math.h"

#include <math.h>

static const double LOG_TWO_PI = 1.8378770664093454836;

static double normal_density(double z) {
  return math_exp(-0.5 * (z * z + LOG_TWO_PI));
}

/* P(0 < Z < z) = density(z) (z + z^3/3 + z^5/(3 5) + ...), Marsaglia 2004, "Evaluating the normal
 * distribution". */
static double centre_series(double z) {
  double square = z * z, term = z, sum = z;
  for (int k = 3; term > 1e-17 * sum; k += 2) {
    term *= square / k;
    sum += term;
  }
  return normal_density(z) * sum;
}

/* P(Z > z) for z >= 2: density(z) / (z + 1/(z + 2/(z + 3/(z + ...)))), Laplace. */
static double tail_fraction(double z) {
  enum { DEPTH = 60 };
  double fraction = z;
  for (int k = DEPTH; k >= 1; k--) fraction = z + k / fraction;
  return normal_density(z) / fraction;
}

double normal_below(double z) {
  if (isnan(z)) return z;
  if (z > 2) return 1 - tail_fraction(z);
  if (z < -2) return z < -39 ? 0 : tail_fraction(-z);
  return z < 0 ? 0.5 - centre_series(-z) : 0.5 + centre_series(z);
}

/* Starts from Hastings' approximation (Abramowitz and Stegun 26.2.23, error below 4.5e-4) and corrects it
 * twice by Halley's rule. */
double normal_quantile(double p) {
  if (!(p > 0)) return p == 0 ? -HUGE_VAL : (double)NAN;
  if (!(p < 1)) return p == 1 ? HUGE_VAL : (double)NAN;
  double tail = p < 0.5 ? p : 1 - p, t = math_sqrt(-2 * math_log(tail));
  double z =
      (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int step = 0; step < 2; step++) {
    double density = normal_density(z);
    if (!(density > 0)) break;
    double error = (normal_below(z) - tail) / density;
    z -= error / (1 + 0.5 * z * error);
  }
  return p < 0.5 ? z : -z;
}

double stirling_rest(double n) {
  static const double EXACT[16] = {0,
                                   0.08106146679532725822,
                                   0.041340695955409294094,
                                   0.027677925684998339149,
                                   0.020790672103765093112,
                                   0.016644691189821192163,
                                   0.013876128823070747999,
                                   0.011896709945891770095,
                                   0.010411265261972096497,
                                   0.0092554621827127329177,
                                   0.0083305634333628712565,
                                   0.007573675487951840795,
                                   0.0069428401072095298657,
                                   0.0064089941880042070684,
                                   0.0059513701127588477356,
                                   0.005554733551962801371};
  if (n < 16) return EXACT[(int)n];
  double square = n * n;
  return (1.0 / 12 -
          (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) /
         n;
}

/* With v = (x - m) / (x + m) it is (x - m) v + 2 x (v^3/3 + v^5/5 + ...). */
double deviance_part(double x, double m) {
  double difference = x - m, v = difference / (x + m);
  if (fabs(v) > 0.1) return x * math_log(x / m) + m - x;
  double square = v * v, power = 2 * x * v * square, sum = difference * v;
  for (int k = 3;; k += 2) {
    double larger = sum + power / k;
    if (larger == sum) return sum;
    sum = larger;
    power *= square;
  }
}

double binomial_mass(size_t x, size_t n, double p) {
  if (p <= 0) return x == 0;
  if (p >= 1) return x == n;
  double count = (double)n, right = (double)x, wrong = (double)(n - x);
  /* n ln(1 - p) from the deviance: ln(1 - p) itself would lose digits of a small p */
  if (x == 0)
    return math_exp(p < 0.1 ? -deviance_part(count, count * (1 - p)) - count * p : count * math_log(1 - p));
  if (x == n) return math_exp(count * math_log(p));
  double exponent = stirling_rest(count) - stirling_rest(right) - stirling_rest(wrong) -
                    deviance_part(right, count * p) - deviance_part(wrong, count * (1 - p));
  return math_exp(exponent) * math_sqrt(count / (2 * MATH_PI * right * wrong));
}

/* P(X < x) / P(X = x); quick when x lies below the mean. */
static double sum_below(size_t x, size_t n, double odds) {
  double term = 1, sum = 0;
  for (; x > 0 && term > 1e-18 * sum; x--) {
    term *= (double)x / ((double)(n - x + 1) * odds);
    sum += term;
  }
  return sum;
}

static binomial_tails tails_below_mean(size_t x, size_t n, double p, double complement) {
  binomial_tails tails = {.equal = binomial_mass(x, n, p)};
  tails.below = tails.equal * sum_below(x, n, p / complement);
  tails.above = 1 - tails.below - tails.equal;
  if (tails.above < 0) tails.above = 0;
  return tails;
}

binomial_tails binomial_at(size_t x, size_t n, double p) {
  if (p <= 0) return (binomial_tails){.equal = x == 0, .below = x > 0};
  if (p >= 1) return (binomial_tails){.equal = x == n, .above = x < n};
  if ((double)x <= (double)n * p) return tails_below_mean(x, n, p, 1 - p);
  binomial_tails mirrored = tails_below_mean(n - x, n, 1 - p, p);
  return (binomial_tails){.below = mirrored.above, .equal = mirrored.equal, .above = mirrored.below};
}

double binomial_middle(size_t x, size_t n, double p) {
  binomial_tails tails = binomial_at(x, n, p);
  return tails.below + 0.5 * tails.equal;
}
