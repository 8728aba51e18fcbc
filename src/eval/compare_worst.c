/* The hypothesis is that both minima over groups are equal. Exchanging the models' answers would test another
 * one, that the models are the same, and reject it where only the groups differ in which they are bad. So
 * there is one procedure: the intervals of both minima combined (MOVER, Zou and Donner 2008), the decision is
 * whether the result leaves out 0, and the p-value is the level at which it would just do so.
 *
 * MOVER wants the correlation of both estimates. Answers to the same examples go together, which narrows the
 * interval, but only if both minima are those of the same group. Where several groups may be the worst nobody
 * knows, and the group that looks worst in both models is there by selection: taking its correlation rejects
 * true hypotheses in up to 17 % instead of 5. So a positive correlation counts only when no other group may
 * be the worst of either model. Groups that share units may depend on each other in any way: where several
 * may be the worst, the correlation is then taken to be -1. */
#include "eval/compare_worst.h"

#include "base/memory.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/minimum.h"

#include <math.h>
#include <stdbool.h>

/* From the p-value 1e-5 on nobody reads on, and the tails of binomials from small groups mean little. */
static const double FARTHEST = 4.4171734134690221, NEAREST = 0.01, PRECISION = 1e-3;

/* One model. */
typedef struct side {
  size_t *correct, *count;     /* [groups] */
  despur_effective *effective; /* [groups] */
  minimum_test test;
  double smallest;
  size_t group;
} side;

typedef struct contest {
  side first, second;
  const despur_group_comparison *groups;
  size_t groups_count;
  bool units; /* examples come from units, which several groups may share */
  bool shared;
} contest;

static despur_status side_create(side *out, const despur_group_comparison *groups, size_t groups_count,
                                 bool second, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (side){.smallest = (double)NAN, .group = groups_count};
  TRY(mem_alloc(&out->correct, groups_count, 2 * sizeof *out->correct, error));
  TRY(mem_alloc(&out->effective, groups_count, sizeof *out->effective, error));
  out->count = out->correct + groups_count;
  for (size_t g = 0; g < groups_count; g++) {
    const despur_pairs *pairs = &groups[g].pairs;
    double here = second ? groups[g].second : groups[g].first;
    out->effective[g] = second ? groups[g].of_second : groups[g].of_first;
    out->correct[g] = pairs->both + (second ? pairs->only_second : pairs->only_first);
    out->count[g] = pairs->both + pairs->only_first + pairs->only_second + pairs->neither;
    if (out->count[g] == 0 || (out->group < groups_count && here >= out->smallest)) continue;
    out->smallest = here;
    out->group = g;
  }
  TRY(minimum_test_create(&out->test, out->correct, out->count, out->effective, groups_count, error));
cleanup:
  return status;
}

static void side_release(side *s) {
  mem_free(s->correct);
  mem_free(s->effective);
  minimum_test_release(&s->test);
}

static bool may_be_worst(const side *s, size_t g, double high, double confidence) {
  const despur_group_score group = {
      .correct = s->correct[g], .count = s->count[g], .effective = s->effective[g]};
  return s->count[g] > 0 && group_interval(&group, confidence).low <= high;
}

/* What may be taken for the correlation of both minima, whose intervals end at these. */
static double correlation(const contest *c, double first_high, double second_high, double confidence) {
  size_t candidates = 0;
  double least = 1;
  for (size_t g = 0; g < c->groups_count; g++) {
    bool first = may_be_worst(&c->first, g, first_high, confidence),
         second = may_be_worst(&c->second, g, second_high, confidence);
    if (!first && !second) continue;
    double together = c->units ? c->groups[g].correlation : pairs_correlation(&c->groups[g].pairs);
    double here = first && second ? together : 0;
    if (here < least) least = here;
    candidates++;
  }
  if (candidates > 1 && c->shared) return -1; /* groups may depend on each other in any way */
  return candidates > 1 && least > 0 ? 0 : least;
}

static despur_interval interval_at(contest *c, double level) {
  despur_interval first = {minimum_low(&c->first.test, level), minimum_high(&c->first.test, level)};
  despur_interval second = {minimum_low(&c->second.test, level), minimum_high(&c->second.test, level)};
  double together = correlation(c, first.high, second.high, 1 - level);
  /* at low confidence the interval of a minimum need not hold the observed one, which is too small by chance
   */
  first = (despur_interval){fmin(first.low, c->first.smallest), fmax(first.high, c->first.smallest)};
  second = (despur_interval){fmin(second.low, c->second.smallest), fmax(second.high, c->second.smallest)};
  return difference_interval(c->first.smallest, first, c->second.smallest, second, together);
}

/* How far the interval whose ends lie z standard errors apart from the difference stays away from 0; negative
 * when it holds it. */
static double distance_from_zero(contest *c, double z) {
  despur_interval interval = interval_at(c, 2 * normal_below(-z));
  return c->second.smallest > c->first.smallest ? interval.low : -interval.high;
}

/* The z at which the interval just reaches 0, from inside out: regula falsi (Illinois), which needs a handful
 * of steps because intervals grow almost linearly with z. left: known to leave out 0; right: to hold it. */
static double where_zero_is_reached(contest *c, double left, double right) {
  double at_left = distance_from_zero(c, left), at_right = distance_from_zero(c, right);
  for (int step = 0; step < 40 && right - left > PRECISION; step++) {
    double z = left + (right - left) * at_left / (at_left - at_right);
    if (step % 4 == 3 || !(z > left && z < right)) z = 0.5 * (left + right);
    double here = distance_from_zero(c, z);
    if (here > 0) {
      left = z;
      at_left = here;
      at_right *= 0.5;
    } else {
      right = z;
      at_right = here;
      at_left *= 0.5;
    }
  }
  return left;
}

static double p_value(contest *c, double level, bool distinguishable) {
  double decision = normal_quantile(1 - 0.5 * level);
  if (c->first.smallest == c->second.smallest) return 1;
  if (!distinguishable && (decision <= NEAREST || distance_from_zero(c, NEAREST) <= 0)) return 1;
  if (distinguishable && (decision >= FARTHEST || distance_from_zero(c, FARTHEST) > 0))
    return fmin(level, 2 * normal_below(-FARTHEST));
  double z = distinguishable ? where_zero_is_reached(c, decision, FARTHEST)
                             : where_zero_is_reached(c, NEAREST, decision);
  double p = 2 * normal_below(-z);
  return distinguishable ? fmin(p, level) : p;
}

static despur_status contest_create(contest *out, const despur_group_comparison *groups, size_t count,
                                    bool shared, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (contest){.groups = groups, .groups_count = count, .shared = shared};
  for (size_t g = 0; g < count; g++) out->units |= groups[g].of_first.units > 0;
  TRY(side_create(&out->first, groups, count, false, error));
  TRY(side_create(&out->second, groups, count, true, error));
  out->first.test.dependent = out->second.test.dependent = shared;
cleanup:
  return status;
}

static void contest_release(contest *c) {
  side_release(&c->first);
  side_release(&c->second);
}

despur_status compare_worst_differ(int *out, const despur_group_comparison *groups, size_t count, bool shared,
                                   double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  contest c;
  TRY(contest_create(&c, groups, count, shared, error));
  despur_interval interval = interval_at(&c, 1 - confidence);
  *out = interval.low > 0 || interval.high < 0;
cleanup:
  contest_release(&c);
  return status;
}

despur_status compare_worst(despur_worst_comparison *out, const despur_group_comparison *groups, size_t count,
                            bool shared, double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  contest c;
  double level = 1 - confidence;
  TRY(contest_create(&c, groups, count, shared, error));
  *out = (despur_worst_comparison){.group_first = c.first.group,
                                   .group_second = c.second.group,
                                   .first = c.first.smallest,
                                   .second = c.second.smallest,
                                   .difference = c.second.smallest - c.first.smallest,
                                   .low = (double)NAN,
                                   .high = (double)NAN,
                                   .p_value = (double)NAN};
  if (isnan(out->difference)) goto cleanup;
  despur_interval interval = interval_at(&c, level);
  out->low = interval.low;
  out->high = interval.high;
  out->distinguishable = interval.low > 0 || interval.high < 0;
  out->p_value = p_value(&c, level, out->distinguishable);
cleanup:
  contest_release(&c);
  return status;
}
