#include "despur/check.h"

#include "base/format.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "eval/check_words.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/difference.h"
#include "eval/statistics/effective.h"
#include "eval/statistics/minimum.h"

#include <math.h>
#include <stdbool.h>

static const double POWER = 0.8; /* of what `needed` promises */

void despur_check_name(const despur_check *check, char name[DESPUR_CHECK_NAME]) {
  const char *rate = despur_rate_word(check->rate), *baseline = check->baseline ? check->baseline : "before",
             *what;
  char class[64]; /* " (bird)", or nothing */
  size_t room = DESPUR_CHECK_NAME;
  double bound = check->bound;
  class[0] = 0;
  if (check->positive) format_text(class, sizeof class, " (%.40s)", check->positive);
  switch (check->condition) {
  case DESPUR_WORST_GROUP_AT_LEAST:
    format_text(name, room, "worst group at least %g", bound);
    break;
  case DESPUR_AVERAGE_AT_LEAST:
    format_text(name, room, "average at least %g", bound);
    break;
  case DESPUR_GAP_AT_MOST:
    format_text(name, room, "gap at most %g", bound);
    break;
  case DESPUR_RATE_AT_LEAST:
    format_text(name, room, "%s%s of every group at least %g", rate, class, bound);
    break;
  case DESPUR_RATE_AT_MOST:
    format_text(name, room, "%s%s of every group at most %g", rate, class, bound);
    break;
  case DESPUR_DIFFERENCE_AT_MOST:
    format_text(name, room, "difference of %s%s at most %g", rate, class, bound);
    break;
  case DESPUR_RATIO_AT_LEAST:
    format_text(name, room, "ratio of %s%s at least %g", rate, class, bound);
    break;
  case DESPUR_WORST_GROUP_NO_WORSE:
  case DESPUR_AVERAGE_NO_WORSE:
    what = check->condition == DESPUR_AVERAGE_NO_WORSE ? "average" : "worst group";
    if (bound > 0)
      format_text(name, room, "%s at most %g worse than %.60s", what, bound, baseline);
    else
      format_text(name, room, "%s no worse than %.60s", what, baseline);
    break;
  default:
    name[0] = 0;
  }
}

static despur_answer answer(const despur_check *check) {
  double bound = check->bound;
  switch (check->condition) {
  case DESPUR_GAP_AT_MOST:
  case DESPUR_RATE_AT_MOST:
  case DESPUR_DIFFERENCE_AT_MOST:
    return check->high <= bound ? DESPUR_HOLDS : check->low > bound ? DESPUR_DOES_NOT_HOLD : DESPUR_UNDECIDED;
  case DESPUR_WORST_GROUP_NO_WORSE:
  case DESPUR_AVERAGE_NO_WORSE:
    bound = -bound;
    break;
  default:
    break;
  }
  /* what does not exist is NaN, and decides nothing */
  return check->low >= bound ? DESPUR_HOLDS : check->high < bound ? DESPUR_DOES_NOT_HOLD : DESPUR_UNDECIDED;
}

static void take(despur_check *check, double value, double low, double high) {
  check->value = value;
  check->low = low;
  check->high = high;
}

static void measure_scores(despur_check *check, const despur_scores *scores, despur_interval worst,
                           double confidence) {
  const despur_group_score all = {
      .correct = scores->correct, .count = scores->count, .effective = scores->effective};
  despur_interval average = group_interval(&all, confidence), gap;
  double of_worst = scores->worst_group_accuracy, of_all = scores->average_accuracy;
  if (check->condition != DESPUR_AVERAGE_AT_LEAST) check->group = scores->groups[scores->worst_group].name;
  switch (check->condition) {
  case DESPUR_WORST_GROUP_AT_LEAST:
    take(check, of_worst, worst.low, worst.high);
    break;
  case DESPUR_AVERAGE_AT_LEAST:
    take(check, of_all, average.low, average.high);
    break;
  default:
    /* the worst group is a part of all, which only narrows it, unless others make up for it in its units */
    gap = scores->units_count > 0 ? together_interval(of_all, average, of_worst, worst)
                                  : difference_interval(of_worst, worst, of_all, average, 0);
    take(check, of_all - of_worst, gap.low, gap.high);
  }
}

/* ---- rates ---- */

/* J is the least of shares where F1 = 2 J / (1 + J) is. */
static double of_share(despur_rate_kind kind, double share) {
  return kind == DESPUR_F1 ? 2 * share / (1 + share) : share;
}

/* The least rate of all groups, or the largest as what is left of the least remainder. */
static despur_status measure_rate(despur_check *check, const despur_rates *rates, double confidence,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_class_rates *of = &rates->classes[check->class_slot];
  size_t *part = NULL, *whole, among = rates->parts_count - rates->parts_aside;
  despur_effective *effective = NULL;
  minimum_test test = {0};
  bool most = check->condition == DESPUR_RATE_AT_MOST;
  despur_interval ends;
  TRY(mem_alloc(&part, among, 2 * sizeof *part, error));
  TRY(mem_alloc(&effective, among, sizeof *effective, error));
  whole = part + among;
  for (size_t k = 0; k < among; k++) {
    despur_rate rate = despur_rates_rate(&of->parts[k], check->rate, confidence);
    part[k] = most ? rate.whole - rate.part : rate.part;
    whole[k] = rate.whole;
    if (of->parts[k].effective) effective[k] = of->parts[k].effective[check->rate];
    if (most) effective[k].share = 1 - effective[k].share;
    if (rate.whole == 0) continue;
    if (check->group && (most ? rate.value <= check->value : rate.value >= check->value)) continue;
    check->value = rate.value;
    check->group = of->parts[k].name;
  }
  TRY(minimum_test_create(&test, part, whole, effective, among, error));
  test.dependent = rates->share_units;
  TRY(minimum_interval(&ends, &test, confidence, error));
  if (most) ends = (despur_interval){1 - ends.high, 1 - ends.low};
  take(check, check->value, of_share(check->rate, ends.low), of_share(check->rate, ends.high));
cleanup:
  minimum_test_release(&test);
  mem_free(effective);
  mem_free(part);
  return status;
}

static void measure_spread(despur_check *check, const despur_rates *rates) {
  const despur_spread *s = &rates->classes[check->class_slot].spreads[check->rate];
  if (check->condition == DESPUR_DIFFERENCE_AT_MOST)
    take(check, s->difference, s->difference_low, s->difference_high);
  else
    take(check, s->ratio, s->ratio_low, s->ratio_high);
  if (s->lowest == s->highest) return; /* none, or all alike */
  check->group = rates->names[s->lowest];
  check->other = rates->names[s->highest];
}

static despur_status measure_rates(despur_check *check, const despur_rates *rates, double confidence,
                                   despur_error *error) {
  bool spread = check->condition == DESPUR_DIFFERENCE_AT_MOST || check->condition == DESPUR_RATIO_AT_LEAST;
  if (!rates || rates->confidence != confidence || check->class_slot >= rates->classes_count ||
      check->rate >= (spread ? DESPUR_SPREAD_KINDS : DESPUR_RATE_KINDS))
    return error_set(error, DESPUR_BAD_INPUT,
                     "check: a condition about rates wants these, at its confidence");
  if (!spread) return measure_rate(check, rates, confidence, error);
  measure_spread(check, rates);
  return DESPUR_OK;
}

/* ---- a baseline ---- */

static despur_status measure_change(despur_check *check, const despur_comparison *c, double confidence,
                                    despur_error *error) {
  if (!c || c->confidence != confidence)
    return error_set(error, DESPUR_BAD_INPUT, "check: a baseline wants a comparison, at its confidence");
  if (check->condition == DESPUR_AVERAGE_NO_WORSE) {
    take(check, c->all.difference, c->all.low, c->all.high);
    return DESPUR_OK;
  }
  take(check, c->worst.difference, c->worst.low, c->worst.high);
  if (c->worst.group_second < c->groups_count) check->group = c->groups[c->worst.group_second].name;
  return DESPUR_OK;
}

/* ---- all of them ---- */

static despur_status measure(despur_check *check, const despur_check_subject *of, despur_interval worst,
                             double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  check->needed = 0;
  check->degenerate = of->scores->degenerate;
  check->group = check->other = NULL;
  take(check, (double)NAN, (double)NAN, (double)NAN);
  if (check->condition <= DESPUR_GAP_AT_MOST)
    measure_scores(check, of->scores, worst, confidence);
  else if (check->condition <= DESPUR_RATIO_AT_LEAST)
    TRY(measure_rates(check, of->rates, confidence, error));
  else
    TRY(measure_change(check, of->comparison, confidence, error));
  check->answer = answer(check);
  if (check->answer == DESPUR_UNDECIDED && check->condition < DESPUR_GAP_AT_MOST &&
      of->scores->effective.units == 0)
    check->needed = despur_plan_threshold(check->value, check->bound, confidence, POWER);
cleanup:
  return status;
}

static despur_status name_groups(text *out, const despur_check *check, despur_error *error) {
  if (!check->group) return DESPUR_OK;
  if (check->other) return text_add(out, error, ", lowest %s, highest %s", check->group, check->other);
  if (check->condition == DESPUR_RATE_AT_LEAST) return text_add(out, error, ", lowest %s", check->group);
  if (check->condition == DESPUR_RATE_AT_MOST) return text_add(out, error, ", highest %s", check->group);
  return text_add(out, error, ", worst group %s", check->group);
}

despur_status check_explain(text *out, const despur_check *check, despur_error *error) {
  static const char *const WORDS[] = {"holds", "does not hold", "undecided: too little data"};
  despur_status status = DESPUR_OK;
  char name[DESPUR_CHECK_NAME], sentence[256];
  despur_check_name(check, name);
  TRY(text_add(out, error, "%s: %s", name, WORDS[check->answer]));
  if (isnan(check->value))
    TRY(text_add(out, error, "; no two groups have it"));
  else
    TRY(text_add(out, error, "; it is %.4f (%.4f to %.4f)", check->value, check->low, check->high));
  TRY(name_groups(out, check, error));
  if (check->needed > 0)
    TRY(text_add(out, error, "; %zu examples%s would probably tell", check->needed,
                 check->condition == DESPUR_WORST_GROUP_AT_LEAST ? " of the worst group" : ""));
  if (despur_degenerate_sentence(sentence, &check->degenerate) > 0)
    TRY(text_add(out, error, "; DEGENERATE predictions: %s", sentence));
cleanup:
  return status;
}

despur_status despur_check_all(despur_check *checks, size_t count, const despur_check_subject *of,
                               double confidence, despur_error *error) {
  despur_status status = DESPUR_OK, verdict = DESPUR_OK;
  const despur_scores *scores = of->scores;
  despur_interval worst;
  text words = {0};
  size_t groups = 0;
  for (size_t g = 0; g + scores->groups_aside < scores->groups_count; g++)
    groups += scores->groups[g].count > 0;
  TRY(check_confidence(confidence, error));
  for (size_t i = 0; i < count; i++)
    if ((unsigned)checks[i].condition > DESPUR_AVERAGE_NO_WORSE)
      FAIL(error, DESPUR_BAD_USAGE, "check: no condition has the number %u", (unsigned)checks[i].condition);
  if (groups == 0) FAIL(error, DESPUR_BAD_INPUT, "check: no group has an example");
  TRY(scores_worst_interval(&worst, scores, confidence, error));
  for (size_t i = 0; i < count; i++) {
    despur_status one[] = {DESPUR_OK, DESPUR_GATE_FAILED, DESPUR_TOO_LITTLE_DATA};
    TRY(measure(&checks[i], of, worst, confidence, error));
    if (checks[i].answer == DESPUR_HOLDS || verdict == DESPUR_GATE_FAILED) continue;
    if (verdict == DESPUR_TOO_LITTLE_DATA && checks[i].answer == DESPUR_UNDECIDED) continue;
    mem_free(words.data);
    words = (text){0};
    TRY(check_explain(&words, &checks[i], error));
    verdict = error_set(error, one[checks[i].answer], "%s", words.data);
  }
  status = verdict;
cleanup:
  mem_free(words.data);
  return status;
}
