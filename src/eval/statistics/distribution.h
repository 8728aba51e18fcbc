/* The normal and the binomial distribution in double precision, with the same bits everywhere. */
#ifndef EVAL_DISTRIBUTION_H
#define EVAL_DISTRIBUTION_H

#include <stddef.h>

/* P(Z <= z) for a standard normal Z; its relative error stays small in both tails. */
double normal_below(double z);

/* The z with P(Z <= z) = p; -infinity at 0 and infinity at 1. */
double normal_quantile(double p);

/* X counts successes in n trials that succeed with probability p, each by itself. */
typedef struct binomial_tails {
  double below, equal, above; /* P(X < x), P(X = x), P(X > x) */
} binomial_tails;

/* P(X = x); x <= n, 0 <= p <= 1. */
double binomial_mass(size_t x, size_t n, double p);

/* x <= n, 0 <= p <= 1. */
binomial_tails binomial_at(size_t x, size_t n, double p);

/* P(X < x) + P(X = x) / 2, the "mid-p" tail: on average over x it is uniform on [0, 1], as the tail of a
 * continuous distribution would be (Lancaster 1961). */
double binomial_middle(size_t x, size_t n, double p);

/* ln n! - (n + 1/2) ln n + n - ln(2 pi) / 2: what Stirling's formula leaves out. n >= 1. */
double stirling_rest(double n);

/* x ln(x / m) + m - x without cancellation when x is near m; x > 0, m > 0. */
double deviance_part(double x, double m);

#endif
