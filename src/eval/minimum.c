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
 * tests/unit/slow_coverage.c measures the coverage. */
#include "eval/minimum.h"

#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/distribution.h"

#include <math.h>

enum { NODES = 13, EM_STEPS = 30 };

static const double NODE_STEP = 0.5;    /* standard errors between nodes: distances 0, 0.5, ..., 6 */
static const double FAR = 6;            /* from here on a distance makes no difference */
static const double PRIOR_GROUPS = 0.3; /* how many groups the prior counts for */
static const double PRIOR_AT_T = 0.7;   /* its share at distance 0 */

struct minimum_group {
  size_t correct, count;
  double evidence;      /* u_g */
  double weight[NODES]; /* posterior of the distance above t */
};

despur_status minimum_test_create(minimum_test *out, const size_t *correct, const size_t *count,
                                  size_t groups, despur_error *error) {
  *out = (minimum_test){0};
  despur_status status = mem_alloc(&out->groups, groups, sizeof *out->groups, error);
  if (status != DESPUR_OK) return status;
  for (size_t g = 0; g < groups; g++)
    if (count[g] > 0) out->groups[out->count++] = (minimum_group){.correct = correct[g], .count = count[g]};
  return DESPUR_OK;
}

void minimum_test_release(minimum_test *test) {
  mem_free(test->groups);
  *test = (minimum_test){0};
}

/* Sets u_g for t; returns the index of the smallest. */
static size_t weigh_evidence(minimum_test *test, double t) {
  size_t smallest = 0;
  for (size_t g = 0; g < test->count; g++) {
    minimum_group *group = &test->groups[g];
    group->evidence = binomial_middle(group->correct, group->count, t);
    if (group->evidence < test->groups[smallest].evidence) smallest = g;
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
  double scale = 1 / (PRIOR_GROUPS + (double)test->count);
  for (int j = 0; j < NODES; j++) shared[j] = prior[j] = j ? (1 - PRIOR_AT_T) / (NODES - 1) : PRIOR_AT_T;
  for (size_t g = 0; g < test->count; g++) set_likelihood(&test->groups[g], test->groups[g].weight);
  for (int step = 0; step < EM_STEPS; step++) {
    for (int j = 0; j < NODES; j++) next[j] = PRIOR_GROUPS * prior[j];
    for (size_t g = 0; g < test->count; g++) {
      double weight[NODES];
      for (int j = 0; j < NODES; j++) weight[j] = test->groups[g].weight[j] * shared[j];
      normalise(weight);
      for (int j = 0; j < NODES; j++) next[j] += weight[j];
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

/* Average of P(Z <= z - distance) over the posterior distances; direction -1 for + distance. */
static double average_shifted(const minimum_group *group, double z, double direction) {
  double sum = 0;
  for (int j = 0; j < NODES; j++)
    if (group->weight[j] > 1e-12) sum += group->weight[j] * normal_below(z - direction * j * NODE_STEP);
  return sum;
}

double minimum_p_value(minimum_test *test, double t) {
  size_t smallest = weigh_evidence(test, t);
  double least = test->groups[smallest].evidence, c = least < 0.5 ? least : 1 - least;
  if (c >= 0.5) return 1;
  if (c <= 0) return 0;
  estimate_distances(test);
  double none_low = 1, all_high = 1;
  for (size_t g = 0; g < test->count; g++) {
    const minimum_group *group = &test->groups[g];
    double low = chance_of_evidence(c, group->count, t), high = chance_of_evidence(c, group->count, 1 - t);
    if (g != smallest) {
      low = average_shifted(group, normal_quantile(low), 1);
      high = average_shifted(group, normal_quantile(high), -1);
    }
    none_low *= 1 - low;
    all_high *= high;
  }
  return 1 - none_low + all_high;
}

/* The t at which min u_g falls to a value. */
static double where_evidence_is(minimum_test *test, double value) {
  double low = 0, high = 1;
  for (int step = 0; step < 40; step++) {
    double middle = 0.5 * (low + high);
    if (test->groups[weigh_evidence(test, middle)].evidence > value)
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

despur_status despur_minimum_interval(despur_interval *out, const size_t *correct, const size_t *count,
                                      size_t groups, double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  minimum_test test = {0};
  *out = (despur_interval){(double)NAN, (double)NAN};
  TRY(minimum_test_create(&test, correct, count, groups, error));
  if (test.count == 0) goto cleanup;
  double level = 1 - confidence, surely = level / (4 * (double)test.count);
  double centre = where_evidence_is(&test, 0.5);
  double lowest = minimum_p_value(&test, 0) > level ? 0 : where_evidence_is(&test, 1 - surely);
  double highest = minimum_p_value(&test, 1) > level ? 1 : where_evidence_is(&test, surely);
  out->low = outermost(&test, lowest, centre, level);
  out->high = outermost(&test, highest, centre, level);
cleanup:
  minimum_test_release(&test);
  return status;
}
