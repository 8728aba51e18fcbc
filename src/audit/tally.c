#include "audit/tally.h"

#include "eval/statistics/difference.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/wilson.h"

#include <math.h>

static const double ROUNDING = 1e-9; /* of sums of weights */

void tally_add(audit_tally *t, double weight, bool marked) {
  t->count++;
  t->whole += weight;
  t->square += weight * weight;
  if (!marked) return;
  t->marked++;
  t->part += weight;
  t->part_square += weight * weight;
}

/* Then they differ in nothing from examples without weights. */
static bool weigh_alike(const audit_tally *t) {
  return t->whole * t->whole >= (double)t->count * t->square * (1 - ROUNDING);
}

double tally_share(const audit_tally *t) {
  if (t->count == 0) return (double)NAN;
  if (t->marked == t->count) return 1;
  return weigh_alike(t) ? (double)t->marked / (double)t->count : t->part / t->whole;
}

double tally_kish(const audit_tally *t) {
  return weigh_alike(t) ? (double)t->count : t->whole * (t->whole / t->square);
}

double tally_effective(const audit_tally *t) {
  double kish = tally_kish(t), p = tally_share(t);
  if (t->marked == 0 || t->marked == t->count || weigh_alike(t)) return kish;
  double squares = (1 - p) * (1 - p) * t->part_square + p * p * (t->square - t->part_square);
  double n = p * (1 - p) * t->whole * (t->whole / squares);
  return n < kish ? n : kish;
}

double tally_marked(const audit_tally *t) {
  return weigh_alike(t) ? (double)t->marked : tally_share(t) * tally_effective(t);
}

/* Adds what weighs 1 on average. */
static void add_scaled(audit_tally *sum, const audit_tally *t) {
  const double scale = (double)t->count / t->whole;
  sum->count += t->count;
  sum->marked += t->marked;
  sum->whole += scale * t->whole;
  sum->part += scale * t->part;
  sum->square += scale * scale * t->square;
  sum->part_square += scale * scale * t->part_square;
}

/* Of few marks that weigh much `out` may have none, and look as sure as many examples: it is not surer than
 * both together are, for its size. */
static double rest_effective(const audit_tally *in, const audit_tally *out) {
  audit_tally both = {0};
  add_scaled(&both, in);
  add_scaled(&both, out);
  const double own = tally_effective(out),
               most = (double)out->count * (tally_effective(&both) / (double)both.count);
  return own < most ? own : most;
}

static size_t nearest(double x) {
  return (size_t)floor(x + 0.5);
}

double tally_fisher(const audit_tally *in, const audit_tally *out) {
  if (in->count == 0 || out->count == 0) return 1;
  double n = rest_effective(in, out);
  double counted = despur_fisher_greater(in->marked, in->count, out->marked, out->count);
  double weighed = despur_fisher_greater(nearest(tally_marked(in)), nearest(tally_effective(in)),
                                         nearest(tally_share(out) * n), nearest(n));
  return counted > weighed ? counted : weighed;
}

despur_interval tally_difference(double p_in, double n_in, double p_out, double n_out, double confidence) {
  double z = normal_quantile(0.5 + 0.5 * confidence);
  return difference_interval(p_out, wilson_interval(p_out, n_out, z), p_in, wilson_interval(p_in, n_in, z),
                             0);
}
