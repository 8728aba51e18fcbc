/* Statistics of counts: how far a measured accuracy may lie from the true one, and what two sets of counts
 * say about each other. Nothing here knows networks or data sets. All functions are thread-safe and give the
 * same bits on every machine. Confidences are fractions in (0, 1), such as 0.95. What
 * cannot be (more right answers than examples, a confidence of 1) is DESPUR_BAD_INPUT, or NaN where there is
 * no status, or no examples needed, 0. */
#ifndef DESPUR_STATS_H
#define DESPUR_STATS_H

#include "despur/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_interval {
  double low, high;
} despur_interval;

/* How sure a share is whose examples come from units drawn at random (despur_predicted.units), or weigh
 * (despur_predicted.weights). */
typedef struct despur_effective {
  double count;  /* examples drawn by themselves, all of one weight, that would be as sure */
  size_t units;  /* that have such examples, each a unit of its own where only weights are given; 0: examples
                    were drawn by themselves and weigh alike */
  bool weighted; /* then the share is not that of the counts but */
  double share;
} despur_effective;

/* Wilson's score interval for the probability behind `correct` of `count` (Wilson 1927; recommended by Brown,
 * Cai and DasGupta 2001). NaN for both ends when count is 0. */
DESPUR_API despur_interval despur_wilson_interval(size_t correct, size_t count, double confidence);

/* The same for examples that come from units drawn at random: `correct` of `count` with the effective number
 * of examples, and Student's t in place of the normal distribution (Korn and Graubard 1998). 0 to 1 for a
 * single unit; despur_wilson_interval where there are no units. */
DESPUR_API despur_interval despur_effective_interval(size_t correct, size_t count, despur_effective effective,
                                                     double confidence);

/* An interval for the smallest of the true accuracies of several groups: correct[g] of count[g] examples,
 * groups independent of each other. It is not the Wilson interval of the group that happens to look worst:
 * with many groups that one has had bad luck. Groups without examples are left out; NaN when none has any.
 *
 * Coverage is within one point of the confidence when the groups near the worst one are equal, or further
 * apart than about three standard errors; in between, where data cannot tell whether one group is the worst
 * or several are, it is higher: up to 97 % for two groups and 99 % for twenty-five, at a confidence of 95 %.
 * Where a single count decides (a worst group of ten examples) it oscillates around this with the true
 * accuracy, as that of every interval from counts does; with true accuracies of 0 or 1 it is certain.
 * src/eval/statistics/minimum.c says how it is constructed. */
DESPUR_API DESPUR_MUST_USE despur_status despur_minimum_interval(despur_interval *out, const size_t *correct,
                                                                 const size_t *count, size_t groups,
                                                                 double confidence, despur_error *error);

/* Difference of two accuracies measured on different examples, second - first, from their Wilson intervals
 * (Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10). NaN
 * when one has no examples. */
DESPUR_API despur_interval despur_difference_interval(size_t correct1, size_t count1, size_t correct2,
                                                      size_t count2, double confidence);

/* How two classifiers fared on the same examples. */
typedef struct despur_pairs {
  size_t both, only_first, only_second, neither; /* examples that they got right */
} despur_pairs;

/* Difference of their accuracies, second - first: Wilson's intervals combined with regard to their
 * correlation (Newcombe 1998, "Improved confidence intervals for the difference between binomial proportions
 * based on paired data", method 10). NaN without examples. */
DESPUR_API despur_interval despur_paired_interval(const despur_pairs *pairs, double confidence);

/* Two-sided p-value of "both are equally accurate": McNemar's test with exact binomial tails, conditional on
 * the examples on which one of them is right. 1 when there are none. */
DESPUR_API double despur_mcnemar(size_t only_first, size_t only_second);

/* P-values of several hypotheses corrected for their number (Holm 1979): those at most alpha may be rejected,
 * and with probability 1 - alpha no true hypothesis is. adjusted: [count], may be p. NaN stays NaN and does
 * not count. */
DESPUR_API DESPUR_MUST_USE despur_status despur_holm(double *adjusted, const double *p, size_t count,
                                                     despur_error *error);

/* Right answers of a network after each of several epochs, on the same validation examples, in cells: groups,
 * or parts of groups where epochs were not chosen by these. */
typedef struct despur_epoch_counts {
  size_t epochs, cells;
  const size_t *count;   /* [cells] examples */
  const size_t *correct; /* [epochs, cells] */
  const size_t
      *kept; /* [epochs, cells] right after this epoch and after the one before (the first row is not read);
                NULL: epochs are taken for independent, which overstates what choosing among them gains */
  const size_t
      *group; /* [cells] the group, below cells, whose accuracy is spoken of; NULL: each cell is one */
  const size_t *chosen; /* [cells] the part, below cells, by the worst of which the epoch was chosen; NULL:
                           each cell is one; all 0: the average. In both DESPUR_NO_CELL counts for nothing */
} despur_epoch_counts;

#define DESPUR_NO_CELL SIZE_MAX

/* By how much the worst-group accuracy of the best epoch (the first of equals) is too high for having been
 * chosen: what a fresh validation set of the same size would probably show is lower by *optimism. Examples
 * are split in halves at random, again and again: the epoch that is best on one half is looked up on the
 * other, both ways round (count by count, as hypergeometric numbers: Neufeld et al. 2024, "Data thinning for
 * convolution-closed distributions"); epochs follow each other as a Markov chain. Half the examples make
 * chance sqrt(2) times as large, which is divided out. 0 for a single epoch. DESPUR_BAD_INPUT for counts that
 * cannot be. */
DESPUR_API DESPUR_MUST_USE despur_status despur_selection_optimism(double *optimism,
                                                                   const despur_epoch_counts *counts,
                                                                   despur_error *error);

/* P-value of "marks are not more frequent in the first sample than in the second", marked1 of count1 against
 * marked2 of count2: Fisher's exact test, one-sided. 1 where a sample is empty; NaN for counts that cannot
 * be. */
DESPUR_API double despur_fisher_greater(size_t marked1, size_t count1, size_t marked2, size_t count2);

/* How strongly two partitions of the same examples go together. */
typedef struct despur_association {
  double v;         /* Cramer's V: 0 not at all, 1 one says the other */
  double low, high; /* ends of its interval, from the noncentral chi-squared distribution (Smithson 2003) */
  double p;         /* of "not at all", by the chi-squared test */
} despur_association;

/* counts: [rows, columns], of 0 or more, which need not be whole: examples that weigh may be worth a
 * fraction. All NaN where fewer than two rows or columns have examples, and for a confidence that is none. */
DESPUR_API despur_association despur_cramer(const double *counts, size_t rows, size_t columns,
                                            double confidence);

typedef struct despur_common_odds {
  double odds_ratio; /* Mantel and Haenszel 1959 */
  double z;          /* above 0: more in the first cell than by chance */
  double p;          /* two-sided, of "1 in every table", without continuity correction */
} despur_common_odds;

/* Tables of two by two, {a, b, c, d} with the rows a b and c d, one for each stratum, of counts as above:
 * Cochran-Mantel-Haenszel. An odds ratio of NaN and p = 1 where no table says anything. */
DESPUR_API despur_common_odds despur_mantel_haenszel(const double (*tables)[4], size_t count);

/* How many examples one needs. All give the least number for which a real difference is found with
 * probability `power`, and 0 when there is no difference to find.
 *
 * A group with this true accuracy against a threshold: found when Wilson's interval leaves the threshold out.
 * Exact binomial power for up to 20,000 examples, beyond that its normal approximation. */
DESPUR_API size_t despur_plan_threshold(double accuracy, double threshold, double confidence, double power);

/* Two classifiers on the same examples, of which `disagree` is the share on which exactly one of them is
 * right (at least the difference of their accuracies): found by despur_mcnemar. Exact power for up to
 * 200,000 examples, beyond that its normal approximation (Connor 1987). */
DESPUR_API size_t despur_plan_paired(double first, double second, double disagree, double confidence,
                                     double power);

/* Two classifiers, each on that many examples of its own: normal approximation (Fleiss, Levin and Paik 2003,
 * "Statistical Methods for Rates and Proportions", formula 4.14). */
DESPUR_API size_t despur_plan_unpaired(double first, double second, double confidence, double power);

#ifdef __cplusplus
}
#endif
#endif
