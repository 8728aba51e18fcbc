/* The test of equal accuracies is Student's t of their difference over its standard error over units. That
 * error shrinks to nothing where the models have not differed yet, and knows little where few units differ;
 * so the interval reaches as far as t or as MOVER says, whichever is further: the difference is also that of
 * two shares of the same examples, of those that only the second gets right and of those that only the first
 * does, whose intervals from effective numbers are combined with their correlation over units.
 *
 * Few units make t too sure: k units that differ could all have fallen on one side with probability
 * 1 / 2^(k - 1), below which no p-value goes. This is what McNemar's exact test says of k examples. */
#include "eval/compare_units.h"

#include "base/math.h"
#include "base/memory.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/student.h"

#include <math.h>

/* Shares of a group's examples, and the units in which one model is right more often than the other. */
typedef enum share_of { FIRST, SECOND, ONLY_FIRST, ONLY_SECOND, DISCORDANT, SHARES } share_of;

typedef struct group_tally {
  unit_tally shares; /* [groups + 1, SHARES] */
  size_t *differ;    /* [groups + 1] units */
} group_tally;

static void add_row(group_tally *t, size_t group, double weight, bool first, bool second) {
  const bool counts[SHARES] = {[FIRST] = first,
                               [SECOND] = second,
                               [ONLY_FIRST] = first && !second,
                               [ONLY_SECOND] = second && !first,
                               [DISCORDANT] = first != second};
  for (size_t k = 0; k < SHARES; k++) unit_tally_add(&t->shares, group * SHARES + k, weight, counts[k]);
}

static void end_unit(group_tally *t) {
  for (size_t i = 0; i < t->shares.touched_count; i++) {
    uint32_t cell = t->shares.touched[i];
    if (cell % SHARES == FIRST)
      t->differ[cell / SHARES] += t->shares.here[cell + FIRST].part != t->shares.here[cell + SECOND].part;
  }
  unit_tally_end(&t->shares);
}

/* What two shares whose variances are a and b have in common when that of their difference is d. */
static double correlation_of(double a, double b, double d) {
  double r = a > 0 && b > 0 ? (a + b - d) / (2 * math_sqrt(a * b)) : 0;
  return r < -1 ? -1 : r > 1 ? 1 : r;
}

/* Variance of the difference, with the sums of d_u = only_second_u - only_first_u:
 * sum of d_u^2 = 2 (sum of only_first_u^2 + sum of only_second_u^2) - sum of discordant_u^2. */
static double difference_variance(const unit_sums *s) {
  const unit_sums *b = &s[ONLY_FIRST], *c = &s[ONLY_SECOND];
  double n = b->whole, m = (double)b->units, d = (c->part - b->part) / n;
  double squares = 2 * (b->part_square + c->part_square) - s[DISCORDANT].part_square;
  double products = c->whole_part - b->whole_part;
  double sum = squares - 2 * d * products + d * d * b->whole_square;
  return sum > 0 ? m / (m - 1) * sum / (n * n) : 0;
}

static double p_value_of(double difference, double variance, size_t units, size_t differ) {
  double least = 1, z = 0;
  for (size_t k = 1; k < differ && least > 1e-300; k++) least *= 0.5;
  if (difference == 0) return 1;
  if (variance > 0) z = normal_of_student(fabs(difference) / math_sqrt(variance), units - 1);
  return variance > 0 ? fmax(least, 2 * normal_below(-z)) : least;
}

static void take(despur_group_comparison *g, const unit_sums *s, size_t differ, double confidence) {
  size_t units = s[FIRST].units;
  double z = normal_quantile(0.5 + 0.5 * confidence);
  g->of_first = unit_effective(&s[FIRST]);
  g->of_second = unit_effective(&s[SECOND]);
  if (units == 0) return;
  if (s[FIRST].weighted) {
    g->first = g->of_first.share;
    g->second = g->of_second.share;
    g->difference = g->second - g->first;
  }
  if (units == 1) { /* one unit says nothing of others */
    g->low = -1;
    g->high = g->p_value = 1;
    return;
  }
  double variance = difference_variance(s), n = s[FIRST].whole;
  double fewer = s[ONLY_FIRST].part / n, more = s[ONLY_SECOND].part / n;
  despur_interval of_fewer = effective_interval(fewer, unit_effective(&s[ONLY_FIRST]), z);
  despur_interval of_more = effective_interval(more, unit_effective(&s[ONLY_SECOND]), z);
  double r = correlation_of(unit_variance(&s[ONLY_FIRST]), unit_variance(&s[ONLY_SECOND]), variance);
  despur_interval interval = difference_interval(fewer, of_fewer, more, of_more, r);
  double half = student_of_normal(z, units - 1) * math_sqrt(variance);
  g->low = fmax(-1, fmin(interval.low, g->difference - half));
  g->high = fmin(1, fmax(interval.high, g->difference + half));
  g->correlation = correlation_of(unit_variance(&s[FIRST]), unit_variance(&s[SECOND]), variance);
  g->p_value = p_value_of(g->difference, variance, units, differ);
}

/* row_of[i]: the row of the second that belongs to row i of the first. */
static void tally_all(group_tally *t, const despur_predicted *first, const despur_predicted *second,
                      const unit_rows *by_unit, const uint32_t *row_of) {
  for (size_t u = 0; u < by_unit->units; u++) {
    for (size_t i = by_unit->first[u]; i < by_unit->first[u + 1]; i++) {
      uint32_t row = by_unit->rows[i], other = row_of[row], group = first->groups[row];
      bool a = first->predictions[row] == first->labels[row],
           b = second->predictions[other] == second->labels[other];
      if (row < predicted_examples(first)) add_row(t, first->groups_count, row_weight(first, row), a, b);
      if (group != DESPUR_NO_GROUP) add_row(t, group, row_weight(first, row), a, b);
    }
    end_unit(t);
  }
}

despur_status compare_units(despur_comparison *out, const despur_predicted *first,
                            const despur_predicted *second, const uint32_t *rows, despur_error *error) {
  despur_status status = DESPUR_OK;
  unit_rows by_unit = {0};
  group_tally tally = {0};
  uint32_t *row_of = NULL;
  size_t all = first->groups_count;
  TRY(unit_rows_find(&by_unit, first, error));
  TRY(mem_alloc(&row_of, first->count, sizeof *row_of, error));
  TRY(unit_tally_create(&tally.shares, (all + 1) * SHARES, first->weights, error));
  TRY(mem_alloc(&tally.differ, all + 1, sizeof *tally.differ, error));
  for (size_t i = 0; i < second->count; i++) row_of[rows[i]] = (uint32_t)i;
  tally_all(&tally, first, second, &by_unit, row_of);
  for (size_t g = 0; g < all; g++)
    take(&out->groups[g], tally.shares.sums + g * SHARES, tally.differ[g], out->confidence);
  take(&out->all, tally.shares.sums + all * SHARES, tally.differ[all], out->confidence);
  out->all.adjusted = out->all.p_value;
  out->weighted = first->weights;
  if (!first->units) goto cleanup;
  out->units_count = first->units_count;
  out->groups_share_units |= unit_rows_share(&by_unit, first->groups, all - first->groups_aside);
cleanup:
  mem_free(tally.differ);
  mem_free(row_of);
  unit_tally_release(&tally.shares);
  unit_rows_release(&by_unit);
  return status;
}
