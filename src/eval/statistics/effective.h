/* Shares of examples that come from units drawn at random, such as the visits of patients: examples of one
 * unit resemble each other, so a share of n of them is only as sure as one of fewer drawn by themselves.
 *
 * v, the variance of a share p = k / n over m units with n_u examples, k_u of them counted, is that of a
 * ratio (Cochran 1977, 6.13): m / (m - 1) sum_u (k_u - p n_u)^2 / n^2. Wilson's interval takes in place of n
 * the effective number p (1 - p) / v, at most n, times (z / t)^2 with Student's t of m - 1 degrees (Korn and
 * Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data"). Where p is 0 or 1 nothing is known of v: then it is the number of units, as
 * if examples of one unit were all alike. Of a single unit nothing can be said: 0 to 1.
 *
 * Where examples weigh, n, n_u and k_u are sums of weights w, and examples without a unit are units of their
 * own. The effective number is at most Kish's (sum w)^2 / sum w^2 (1965, 11.7), which is n where all weigh
 * alike; where p is 0 or 1 it is Kish's of the mean weights of units. */
#ifndef EVAL_EFFECTIVE_H
#define EVAL_EFFECTIVE_H

#include "despur/eval.h"
#include "despur/rates.h"

#include <stdbool.h>

/* Over the units that have examples. Without weights all are whole numbers, so that no order of rows changes
 * a bit (as long as squares stay below 2^53: a unit of 94 million rows). */
typedef struct unit_sums {
  size_t units;
  bool weighted;
  double whole, part;                           /* n, k */
  double whole_square, whole_part, part_square; /* sums of n_u^2, n_u k_u and k_u^2 */
  double row_square;                            /* sum of w^2 over examples */
  double mean, mean_square; /* sums over units of the mean weight of their examples, and of its square */
} unit_sums;

/* v; NaN for fewer than two units. */
double unit_variance(const unit_sums *sums);

despur_effective unit_effective(const unit_sums *sums);

/* The share itself: part of whole, unless examples weigh. NaN without examples. */
double effective_share(despur_effective of, size_t part, size_t whole);

/* z: of the normal distribution, as wilson_interval has it; for units Student's t takes its place. NaN
 * without examples. */
despur_interval effective_interval(double share, despur_effective of, double z);

/* Of the accuracy of a group. */
despur_interval group_interval(const despur_group_score *group, double confidence);

/* Of the worst group's accuracy. */
DESPUR_MUST_USE despur_status scores_worst_interval(despur_interval *out, const despur_scores *scores,
                                                    double confidence, despur_error *error);

/* Of one and the same difference first - second of two shares whose examples may share units: nothing is
 * known of their correlation, which is taken to be the worst there can be. */
despur_interval together_interval(double first, despur_interval of_first, double second,
                                  despur_interval of_second);

/* Where a score test has its Student's t: the z that is as far out, for a true share t. Of a single unit
 * always 0. */
double effective_score(double share, despur_effective of, double t);

/* ---- counting ---- */

/* Of a row; 1 where all weigh alike. */
double row_weight(const despur_predicted *predicted, size_t row);

/* Rows of predictions, unit by unit; each example is a unit, with its repeats, where there are none. */
typedef struct unit_rows {
  uint32_t *rows; /* [count] */
  size_t *first;  /* [units + 1] where those of each begin */
  size_t units;
} unit_rows;

/* Release with unit_rows_release. */
DESPUR_MUST_USE despur_status unit_rows_find(unit_rows *out, const despur_predicted *predicted,
                                             despur_error *error);
void unit_rows_release(unit_rows *rows);

/* Whether some unit has rows with different keys below `below`: others stand for what is set aside, and is
 * compared with nothing. keys: [count], or NULL. */
bool unit_rows_share(const unit_rows *rows, const uint32_t *keys, size_t below);

/* Sums of several cells at once: rows are added unit by unit. */
typedef struct unit_here {
  size_t rows;
  double whole, part, squares; /* weights of its examples, of those that count, and their squares */
} unit_here;

typedef struct unit_tally {
  unit_sums *sums;   /* [cells] */
  unit_here *here;   /* [cells] of this unit */
  uint32_t *touched; /* [touched_count] cells that have any */
  size_t touched_count;
} unit_tally;

/* Release with unit_tally_release. */
DESPUR_MUST_USE despur_status unit_tally_create(unit_tally *out, size_t cells, bool weighted,
                                                despur_error *error);
void unit_tally_release(unit_tally *tally);
void unit_tally_add(unit_tally *tally, size_t cell, double weight, bool counts);
void unit_tally_end(unit_tally *tally); /* the unit */

#endif
