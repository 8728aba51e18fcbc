/* An interval for the smallest of several true accuracies, by inverting a test.
 *
 * For a value t the evidence of group g is the mid-p tail u_g = P(X < x_g) + P(X = x_g) / 2 of its right
 * answers under accuracy t. Both kinds of evidence against "the minimum is t" lie in M = min u_g: a small M
 * says that some group is worse than t (union-intersection), a large M that all groups are better
 * (intersection-union, Berger 1982). With c = min(M, 1 - M), and groups being independent,
 *
 *     p(t) = 1 - prod (1 - P(u_g <= c)) + prod P(u_g >= 1 - c),
 *
 * exact binomial tails, if one knew how far above t the other groups are. One does not, and no test of
 * sensible shape has the same size for all answers. Assuming all of them at t (Bonferroni, Sidak) is much too
 * cautious when one group is clearly the worst, and taking the observed distances for the true ones is too
 * bold when all are equal. So the group with the smallest u_g is put at t, and the distances of the others,
 * in standard errors, are averaged over their posterior distribution. Its prior is estimated from all groups
 * (empirical Bayes, by EM), starting from one pseudo-group that is half at t. Estimating the nuisance
 * parameter anew for every t is the hybrid resampling of Chuang and Lai 2000; letting data say which groups
 * matter is the adaptive inequality selection of Chernozhukov, Lee and Rosen 2013.
 *
 * Where examples come from units drawn at random there are no counts of independent examples: u_g is then the
 * tail of Student's t at the score of the effective number (effective.h), and continuous. Groups that share
 * units are not independent either: the two probabilities become the sum of the P(u_g <= c) (Bonferroni) and
 * that of the group at t alone, which hold whatever the dependence.
 *
 * tests/unit/slow_coverage.c and slow_unit_coverage.c measure the coverage. */
#include "eval/statistics/minimum.h"

#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"

#include <math.h>
#include <stdlib.h>

enum { NODES = 13, EM_STEPS = 30 };

static const double NODE_STEP = 0.5;    /* standard errors between nodes: distances 0, 0.5, ..., 6 */
static const double FAR = 6;            /* from here on a distance makes no difference */
static const double PRIOR_GROUPS = 0.3; /* how many groups the prior counts for */
static const double PRIOR_AT_T = 0.7;   /* its share at distance 0 */

/* Groups with the same counts are one, so that there are far fewer than groups when groups are many: examples
 * can be shared out among at most about (3 n)^(2/3) / 2 different pairs of counts. */
struct minimum_group {
  size_t correct, count, many;
  despur_effective effective;
  double evidence;      /* u_g */
  double weight[NODES]; /* posterior of the distance above t */
};

static int by_counts(const void *a, const void *b) {
  const minimum_group *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? -1 : 1;
  if (x->correct != y->correct) return x->correct < y->correct ? -1 : 1;
  if (x->effective.units != y->effective.units) return x->effective.units < y->effective.units ? -1 : 1;
  if (x->effective.share != y->effective.share) return x->effective.share < y->effective.share ? -1 : 1;
  return (x->effective.count > y->effective.count) - (x->effective.count < y->effective.count);
}

despur_status minimum_test_create(minimum_test *out, const size_t *correct, const size_t *count,
                                  const despur_effective *effective, size_t groups, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t present = 0;
  *out = (minimum_test){0};
  TRY(mem_alloc(&out->groups, groups, sizeof *out->groups, error));
  for (size_t g = 0; g < groups; g++)
    if (count[g] > 0)
      out->groups[present++] = (minimum_group){.correct = correct[g],
                                               .count = count[g],
                                               .many = 1,
                                               .effective = effective ? effective[g] : (despur_effective){0}};
  qsort(out->groups, present, sizeof *out->groups, by_counts);
  for (size_t g = 0; g < present; g++) {
    minimum_group *last = out->count ? &out->groups[out->count - 1] : NULL;
    if (last && by_counts(last, &out->groups[g]) == 0)
      last->many++;
    else
      out->groups[out->count++] = out->groups[g];
  }
  out->members = present;
cleanup:
  return status;
}

void minimum_test_release(minimum_test *test) {
  mem_free(test->groups);
  *test = (minimum_test){0};
}

/* u_g for t. */
static double evidence_of(const minimum_group *group, double t) {
  if (group->effective.units == 0) return binomial_middle(group->correct, group->count, t);
  double share = effective_share(group->effective, group->correct, group->count);
  return normal_below(effective_score(share, group->effective, t));
}

/* Sets u_g for t; returns the index of the smallest. */
static size_t weigh_evidence(minimum_test *test, double t) {
  size_t smallest = 0;
  for (size_t g = 0; g < test->count; g++) {
    minimum_group *group = &test->groups[g];
    group->evidence = evidence_of(group, t);
    if (group->evidence < test->groups[smallest].evidence) smallest = g;
  }
  return smallest;
}

/* The smallest u_g alone. Most groups cannot have it: where more is right than t, P(X >= x) is at most
 * exp(-deviance) (Chernoff), so that u_g is at least 1 less that. */
static double smallest_evidence(const minimum_test *test, double t) {
  double smallest = 1;
  for (size_t g = 0; g < test->count; g++) {
    const minimum_group *group = &test->groups[g];
    double n = (double)group->count, x = (double)group->correct;
    if (group->effective.units == 0 && smallest < 0.9 && x > n * t && t > 0 && t < 1) {
      double deviance = deviance_part(x, n * t);
      if (x < n)
        deviance += deviance_part(n - x, n * (1 - t));
      else
        deviance += n * (1 - t);
      if (deviance > 2.31) continue; /* exp(-2.31) < 0.1 */
    }
    double evidence = evidence_of(group, t);
    if (evidence < smallest) smallest = evidence;
  }
  return smallest;
}

/* Likelihood of the distances up to a factor: with z = quantile(u_g) it is exp(z d - d^2 / 2). */
static void set_likelihood(minimum_group *group, double likelihood[NODES]) {
  double z = normal_quantile(group->evidence);
  if (!(z > -FAR)) z = -FAR;
  if (z > FAR) z = FAR;
  for (int j = 0; j < NODES; j++) likelihood[j] = math_exp(j * NODE_STEP * (z - 0.5 * j * NODE_STEP));
}

static void normalise(double weight[NODES]) {
  double sum = 0;
  for (int j = 0; j < NODES; j++) sum += weight[j];
  for (int j = 0; j < NODES; j++) weight[j] /= sum;
}

/* Posterior distances: EM for the weights of the nodes, which all groups share. */
static void estimate_distances(minimum_test *test) {
  double prior[NODES], shared[NODES], next[NODES];
  double scale = 1 / (PRIOR_GROUPS + (double)test->members);
  for (int j = 0; j < NODES; j++) shared[j] = prior[j] = j ? (1 - PRIOR_AT_T) / (NODES - 1) : PRIOR_AT_T;
  for (size_t g = 0; g < test->count; g++) set_likelihood(&test->groups[g], test->groups[g].weight);
  for (int step = 0; step < EM_STEPS; step++) {
    for (int j = 0; j < NODES; j++) next[j] = PRIOR_GROUPS * prior[j];
    for (size_t g = 0; g < test->count; g++) {
      double weight[NODES], many = (double)test->groups[g].many;
      for (int j = 0; j < NODES; j++) weight[j] = test->groups[g].weight[j] * shared[j];
      normalise(weight);
      for (int j = 0; j < NODES; j++) next[j] += many * weight[j];
    }
    for (int j = 0; j < NODES; j++) shared[j] = next[j] * scale;
  }
  for (size_t g = 0; g < test->count; g++) {
    for (int j = 0; j < NODES; j++) test->groups[g].weight[j] *= shared[j];
    normalise(test->groups[g].weight);
  }
}

/* P(u < c) + P(u = c) / 2 for the mid-p tail u of a group of n whose accuracy is t. u takes n + 1 values
 * only: for a tiny group that is far from c. */
static double chance_of_evidence(double c, size_t n, double t) {
  if (c < 1e-9) return c; /* rejected anyhow, and below the digits of the sums */
  double guess = (double)n * t + normal_quantile(c) * math_sqrt((double)n * t * (1 - t));
  size_t x = guess > 0 ? (size_t)guess : 0;
  if (x > n) x = n;
  binomial_tails at = binomial_at(x, n, t);
  double odds = t / (1 - t), below = at.below, equal = at.equal, slack = 1e-9 * c;
  while (x > 0 && below + 0.5 * equal >= c - slack) { /* to the last x with u < c, if there is one */
    equal *= (double)x / ((double)(n - x + 1) * odds);
    below -= equal;
    x--;
  }
  if (below < 0 || x == 0) below = 0;
  while (below + 0.5 * equal < c - slack) { /* to the first x with u >= c */
    if (x == n) return 1;
    below += equal;
    equal *= (double)(n - x) * odds / (double)(x + 1);
    x++;
  }
  return below + 0.5 * equal <= c + slack ? c : below;
}

/* P(u <= c) and P(u >= 1 - c) for groups of n examples, at distance 0 and, by the normal approximation, at
 * all others. They depend on the counts by n alone. */
typedef struct chances {
  double low, high;
  double low_at[NODES], high_at[NODES];
} chances;

static void set_chances(chances *out, double c, const minimum_group *of, double t) {
  bool lattice = of->effective.units == 0;
  out->low = lattice ? chance_of_evidence(c, of->count, t) : c;
  out->high = lattice ? chance_of_evidence(c, of->count, 1 - t) : c;
  double low = normal_quantile(out->low), high = normal_quantile(out->high);
  for (int j = 0; j < NODES; j++) {
    out->low_at[j] = normal_below(low - j * NODE_STEP);
    out->high_at[j] = normal_below(high + j * NODE_STEP);
  }
}

static double average(const double weight[NODES], const double at[NODES]) {
  double sum = 0;
  for (int j = 0; j < NODES; j++) sum += weight[j] * at[j];
  return sum;
}

double minimum_p_value(minimum_test *test, double t) {
  size_t smallest = weigh_evidence(test, t);
  double least = test->groups[smallest].evidence, c = least < 0.5 ? least : 1 - least;
  if (c >= 0.5) return 1;
  if (c <= 0) return 0;
  estimate_distances(test);
  double none_low = 1, all_high = 1, any_low = 0, own_high = 1;
  chances of_size;
  for (size_t g = 0; g < test->count; g++) { /* in the order of their sizes */
    const minimum_group *group = &test->groups[g];
    /* a continuous tail has the same chances for all sizes */
    bool other = group->effective.units == 0 && g > 0 && group->count != test->groups[g - 1].count;
    if (g == 0 || other) set_chances(&of_size, c, group, t);
    size_t others = group->many - (g == smallest);
    double low = average(group->weight, of_size.low_at);
    any_low += (double)others * low;
    none_low *= math_power(1 - low, others);
    all_high *= math_power(average(group->weight, of_size.high_at), others);
    if (g != smallest) continue;
    any_low += of_size.low;
    none_low *= 1 - of_size.low;
    all_high *= of_size.high;
    own_high = of_size.high;
  }
  return test->dependent ? any_low + own_high : 1 - none_low + all_high;
}

/* The t at which min u_g falls to a value. */
static double where_evidence_is(const minimum_test *test, double value) {
  double low = 0, high = 1;
  for (int step = 0; step < 40; step++) {
    double middle = 0.5 * (low + high);
    if (smallest_evidence(test, middle) > value)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

/* The outermost value between `outside` and `inside` that is not rejected. Counts make p(t) jump, so that it
 * may cross the level more than once: scan, then bisect. */
static double outermost(minimum_test *test, double outside, double inside, double level) {
  enum { SCAN = 24, BISECTIONS = 18 };
  double rejected = outside, kept = inside;
  if (minimum_p_value(test, outside) > level) return outside;
  for (int step = 1; step < SCAN; step++) {
    double t = outside + (inside - outside) * step / SCAN;
    if (minimum_p_value(test, t) > level) {
      kept = t;
      break;
    }
    rejected = t;
  }
  for (int step = 0; step < BISECTIONS; step++) {
    double middle = 0.5 * (kept + rejected);
    if (minimum_p_value(test, middle) > level)
      kept = middle;
    else
      rejected = middle;
  }
  return kept;
}

/* No bound lies beyond where the smallest u_g alone is this far out. */
static double surely(const minimum_test *test, double level) {
  return level / (4 * (double)test->members);
}

double minimum_low(minimum_test *test, double level) {
  double lowest = minimum_p_value(test, 0) > level ? 0 : where_evidence_is(test, 1 - surely(test, level));
  return outermost(test, lowest, where_evidence_is(test, 0.5), level);
}

double minimum_high(minimum_test *test, double level) {
  double highest = minimum_p_value(test, 1) > level ? 1 : where_evidence_is(test, surely(test, level));
  return outermost(test, highest, where_evidence_is(test, 0.5), level);
}

despur_status minimum_interval(despur_interval *out, minimum_test *test, double confidence,
                               despur_error *error) {
  *out = (despur_interval){(double)NAN, (double)NAN};
  despur_status status = check_confidence(confidence, error);
  if (status != DESPUR_OK || test->count == 0) return status;
  *out = (despur_interval){minimum_low(test, 1 - confidence), minimum_high(test, 1 - confidence)};
  return DESPUR_OK;
}

despur_status despur_minimum_interval(despur_interval *out, const size_t *correct, const size_t *count,
                                      size_t groups, double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  minimum_test test = {0};
  *out = (despur_interval){(double)NAN, (double)NAN};
  TRY(check_confidence(confidence, error));
  for (size_t g = 0; g < groups; g++)
    if (correct[g] > count[g])
      FAIL(error, DESPUR_BAD_INPUT, "group %zu: %zu right answers to %zu examples", g, correct[g], count[g]);
  TRY(minimum_test_create(&test, correct, count, NULL, groups, error));
  TRY(minimum_interval(out, &test, confidence, error));
cleanup:
  minimum_test_release(&test);
  return status;
}
