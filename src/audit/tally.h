/* Shares of examples that may weigh, as the judge counts them: errors among those of a cell, for one.
 *
 * A weighted share p = sum w e / sum w is as sure as one of n examples that weigh alike, with
 *   n = p (1 - p) (sum w)^2 / sum w^2 (e - p)^2,
 * the variance of a ratio (Cochran 1977, 6.13; as eval/statistics/effective.h has it, without the m / (m - 1)
 * of either side), at most Kish's (sum w)^2 / sum w^2 (1965, 11.7), which is taken where p is 0 or 1. So one
 * error of great weight counts as one error: where errors are rare, n p is Kish's number of the errors
 * themselves, as in the lower limit of Fay and Feuer (1997, "Confidence intervals for directly standardized
 * rates"). Where all weigh alike n is how many there are, and everything is as without weights, to the last
 * bit. */
#ifndef AUDIT_TALLY_H
#define AUDIT_TALLY_H

#include "despur/stats.h"

typedef struct audit_tally {
  size_t count, marked;       /* examples; those of them that count, such as errors */
  double whole, part;         /* what these weigh */
  double square, part_square; /* sums of w^2 */
} audit_tally;

void tally_add(audit_tally *tally, double weight, bool marked);

double tally_share(const audit_tally *tally); /* NaN without examples */

/* Kish's number, which does not depend on what is marked; n; and how many of these are marked. */
double tally_kish(const audit_tally *tally);
double tally_effective(const audit_tally *tally);
double tally_marked(const audit_tally *tally);

/* P-value of "marks are not more frequent in `in` than in `out`": Fisher's exact test, one-sided, of the
 * examples, and of effective numbers, rounded to whole ones; the larger of both. The first has its level
 * whatever weights are, where marks are as frequent among examples; the second where they are in what these
 * stand for. */
double tally_fisher(const audit_tally *in, const audit_tally *out);

/* Of p_in - p_out, each as sure as so many examples (Newcombe 1998). */
despur_interval tally_difference(double p_in, double n_in, double p_out, double n_out, double confidence);

#endif
