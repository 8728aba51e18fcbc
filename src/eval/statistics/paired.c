/* Comparing two classifiers by counts. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/distribution.h"

#include <math.h>
#include <stdlib.h>

/* Each end is as far from the difference as the distances to the two ends that make it, squared and added; a
 * correlation takes away twice its share of their product (Newcombe 1998, method 10; Zou and Donner
 * 2008). With Wilson's intervals it holds where shares are near 0 or 1, and Wald's does not. */
despur_interval difference_interval(double first, despur_interval of_first, double second,
                                    despur_interval of_second, double correlation) {
  double difference = second - first;
  double down = second - of_second.low, up = of_second.high - second; /* of the second */
  double first_up = of_first.high - first, first_down = first - of_first.low;
  double low = down * down - 2 * correlation * down * first_up + first_up * first_up;
  double high = up * up - 2 * correlation * up * first_down + first_down * first_down;
  /* rounding may leave a hair below zero when the correlation is 1 */
  return (despur_interval){difference - math_sqrt(low > 0 ? low : 0),
                           difference + math_sqrt(high > 0 ? high : 0)};
}

despur_interval despur_difference_interval(size_t correct1, size_t count1, size_t correct2, size_t count2,
                                           double confidence) {
  if (count1 == 0 || count2 == 0 || correct1 > count1 || correct2 > count2 ||
      !(confidence > 0 && confidence < 1))
    return (despur_interval){(double)NAN, (double)NAN};
  return difference_interval(
      (double)correct1 / (double)count1, despur_wilson_interval(correct1, count1, confidence),
      (double)correct2 / (double)count2, despur_wilson_interval(correct2, count2, confidence), 0);
}

/* Phi of the 2 x 2 table. */
double pairs_correlation(const despur_pairs *pairs) {
  double a = (double)pairs->both, b = (double)pairs->only_first, c = (double)pairs->only_second,
         d = (double)pairs->neither, n = a + b + c + d;
  double margins = (a + b) * (c + d) * (a + c) * (b + d), excess = a * d - b * c;
  if (!(margins > 0)) return 0;
  if (excess > 0) excess = excess > 0.5 * n ? excess - 0.5 * n : 0; /* method 10's continuity correction */
  return excess / math_sqrt(margins);
}

despur_interval despur_paired_interval(const despur_pairs *pairs, double confidence) {
  size_t first = pairs->both + pairs->only_first, second = pairs->both + pairs->only_second;
  size_t count = first + pairs->only_second + pairs->neither;
  if (count == 0 || !(confidence > 0 && confidence < 1)) return (despur_interval){(double)NAN, (double)NAN};
  return difference_interval((double)first / (double)count, despur_wilson_interval(first, count, confidence),
                             (double)second / (double)count,
                             despur_wilson_interval(second, count, confidence), pairs_correlation(pairs));
}

/* Exact: pairs that agree say nothing, and of the others each side has as many by chance (McNemar 1947).
 * Twice the smaller tail, at most 1, where both tails hold the middle. */
double despur_mcnemar(size_t only_first, size_t only_second) {
  size_t fewer = only_first < only_second ? only_first : only_second;
  binomial_tails tails = binomial_at(fewer, only_first + only_second, 0.5);
  double p = 2 * (tails.below + tails.equal);
  return p < 1 ? p : 1;
}

typedef struct ranked_p {
  double p;
  size_t index;
} ranked_p;

static int by_p(const void *a, const void *b) {
  double x = ((const ranked_p *)a)->p, y = ((const ranked_p *)b)->p;
  return (x > y) - (x < y);
}

/* Holm 1979: the p-value of rank r, counted from 0, times the number of hypotheses not smaller than it. */
despur_status despur_holm(double *adjusted, const double *p, size_t count, despur_error *error) {
  ranked_p *order;
  size_t tests = 0;
  despur_status status = mem_alloc(&order, count, sizeof *order, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < count; i++)
    if (p[i] < 0 || p[i] > 1) {
      mem_free(order);
      return error_set(error, DESPUR_BAD_INPUT, "p-value %zu: expected a number from 0 to 1, found %g", i,
                       p[i]);
    }
  for (size_t i = 0; i < count; i++) {
    adjusted[i] = p[i];
    if (!isnan(p[i])) order[tests++] = (ranked_p){p[i], i};
  }
  qsort(order, tests, sizeof *order, by_p);
  double least = 0; /* adjusted values never fall behind those of smaller p */
  for (size_t rank = 0; rank < tests; rank++) {
    double value = (double)(tests - rank) * order[rank].p;
    if (value > least) least = value < 1 ? value : 1;
    adjusted[order[rank].index] = least;
  }
  mem_free(order);
  return DESPUR_OK;
}
