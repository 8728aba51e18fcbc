/* The verdict in words, where groups differ in an attribute. */
#include "base/memory.h"
#include "config/source.h"
#include "io/file.h"
#include "report/verdicts/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether the attribute has nothing to do with what else a picture of a class shows. */
static bool attribute_is_random(const report_run *run) {
  const data_source *source = source_named(report_setting(run, "data.source"));
  return source && source->attribute_is_random;
}

/* What the attribute is called. */
static const char *attribute_of(const report_run *run) {
  return attribute_is_random(run) ? "background" : "attribute";
}

static double percent(double correct, double count) {
  return count > 0 ? 100 * correct / count : (double)NAN;
}

/* "uses the background and nothing else", for a network called subject. Only where the attribute was given to
 * pictures at random is a difference its doing; else it may be that of what goes with it. */
static despur_status write_claim(text *out, const char *subject, verdict_level level, const report_run *run,
                                 despur_error *error) {
  bool random = attribute_is_random(run);
  const char *attribute = attribute_of(run);
  switch (level) {
  case VERDICT_ONLY:
    return text_add(out, error, "%s %s the %s and nothing else", subject, random ? "uses" : "follows",
                    attribute);
  case VERDICT_USES:
    return text_add(out, error, random ? "%s uses the %s" : "%s leans on the %s, or on what goes with it",
                    subject, attribute);
  case VERDICT_REVERSED:
    return text_add(out, error, "%s does worse where the %s is the usual one", subject, attribute);
  case VERDICT_NO_USE:
    return text_add(out, error,
                    random ? "%s shows no use of the %s" : "%s shows no sign of leaning on the %s", subject,
                    attribute);
  case VERDICT_LITTLE:
    return text_add(out, error, "%s is hardly better than guessing", subject);
  default:
    return text_add(out, error, "%s may or may not use the %s: there are too few examples to say", subject,
                    attribute);
  }
}

static despur_status write_evidence(text *out, const despur_scores *s, const verdict_finding *found,
                                    const char *attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(out, error, ": it gets "));
  TRY(verdict_write_worst(out, s, "its worst group", error));
  TRY(text_add(out, error, " and %.1f %% where the %s is the usual one",
               percent(found->usual_correct, found->usual_count), attribute));
cleanup:
  return status;
}

/* "at least 6 points"; a difference below one point is not rounded down to nothing. */
static despur_status write_points(text *out, double share, despur_error *error) {
  double points = 100 * share;
  return text_add(out, error, points >= 1 ? "at least %.0f points" : "at least %.2g points",
                  points >= 1 ? floor(points) : points);
}

static despur_status write_state(text *out, const despur_scores *s, const verdict_finding *found,
                                 const char *attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  switch (found->level) {
  case VERDICT_USES:
  case VERDICT_ONLY:
    TRY(text_add(out, error, "%s the %s still costs ",
                 found->gap_group == s->worst_group ? ", where" : ", and", attribute));
    TRY(write_points(out, found->gap.low, error));
    if (found->gap_group != s->worst_group)
      TRY(text_add(out, error, " in %s", s->groups[found->gap_group].name));
    break;
  case VERDICT_REVERSED:
    TRY(text_add(out, error, ", but it is now worse where the %s is the usual one", attribute));
    break;
  case VERDICT_NO_USE:
    TRY(text_add(out, error, ", and no group is more than 5 points behind the usual one of its class"));
    break;
  case VERDICT_LITTLE:
    TRY(text_add(out, error, ", but it is hardly better than guessing"));
    break;
  case VERDICT_OPEN:
    TRY(text_add(out, error, ", and whether it still uses the %s these numbers cannot say", attribute));
    break;
  default:
    break;
  }
cleanup:
  return status;
}

/* "; GEORGE lifts the worst group to 74.3 % (y=3,a=1), where ..." */
static despur_status write_change(text *out, const report_stage *before, const report_stage *after,
                                  const verdict_finding *found, const char *attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *b = &before->final->scores, *a = &after->final->scores;
  const char *worst = a->worst_group < a->groups_count ? a->groups[a->worst_group].name : "none";
  double accuracy = 100 * a->worst_group_accuracy;
  if (a->worst_group_low > b->worst_group_high)
    TRY(text_add(out, error, "; %s lifts the worst group to %.1f %% (%s)", after->label, accuracy, worst));
  else if (a->worst_group_high < b->worst_group_low)
    TRY(text_add(out, error, "; with %s the worst group falls to %.1f %% (%s)", after->label, accuracy,
                 worst));
  else
    TRY(text_add(out, error, "; the worst group of %s, %.1f %% (%s), cannot be told from that", after->label,
                 accuracy, worst));
  TRY(write_state(out, a, found, attribute, error));
cleanup:
  return status;
}

/* What was measured, and why a difference between groups may be laid to the attribute, or may not. */
static despur_status write_ground(text *out, const report_run *run, const report_eval *final,
                                  const verdict_finding *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(verdict_write_measured(out, &final->scores, final, final->split, error));
  if (attribute_is_random(run))
    TRY(text_add(out, error,
                 " Backgrounds are painted on without regard to what else a picture shows, so that groups of "
                 "one class differ in nothing but the background."));
  else
    TRY(text_add(out, error,
                 " Groups of one class may differ in more than the attribute: the numbers show that accuracy "
                 "goes with it, not why."));
  if (found->unseen > 0)
    TRY(text_add(out, error, " %zu of %zu groups have no examples there: nothing is known of %s.",
                 found->unseen, final->scores.groups_count, found->unseen == 1 ? "it" : "them"));
cleanup:
  return status;
}

static despur_status write_gap(text *out, const report_stage *stage, const verdict_finding *found,
                               despur_error *error) {
  const despur_scores *s = &stage->final->scores;
  if (found->comparisons == 0) return DESPUR_OK;
  const despur_group_score *group = &s->groups[found->gap_group], *peer = &s->groups[found->gap_peer];
  return text_add(
      out, error,
      " Under %s the group %s behind the usual one of its class is %s: %.1f %% against %.1f "
      "%%, a difference of %.1f to %.1f points (95 %% confidence for all %zu comparisons together).",
      stage->label, found->gap.low > 0 ? "surely farthest" : "that may be farthest", group->name,
      100 * group->accuracy, 100 * peer->accuracy, 100 * found->gap.low, 100 * found->gap.high,
      found->comparisons);
}

static despur_status write_nothing(verdict *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(&out->sentence, error, "Nothing was measured."));
  TRY(text_add(&out->reason, error, "The run ended before its first measurement."));
cleanup:
  return status;
}

/* There are attributes, but no class has examples with two of them. */
static despur_status write_incomparable(verdict *out, const report_stage *last, const verdict_finding *found,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(
      &out->sentence, error,
      "Nothing here says what this network uses, because no class has two groups to compare: %s gets ",
      last->label));
  TRY(verdict_write_worst(&out->sentence, &last->final->scores, "its worst group", error));
  TRY(text_add(&out->sentence, error, " and %.1f %% on average.",
               100 * last->final->scores.average_accuracy));
  TRY(verdict_write_measured(&out->reason, &last->final->scores, last->final, last->final->split, error));
  if (found->unseen > 0)
    TRY(text_add(&out->reason, error, " %zu of %zu groups have no examples there.", found->unseen,
                 last->final->scores.groups_count));
cleanup:
  return status;
}

static bool is_degenerate(const report_stage *stage) {
  return stage->final->scores.degenerate.kind != DESPUR_NOT_DEGENERATE;
}

/* "GEORGE cannot be judged by its accuracies: one class only: ..." */
static despur_status write_degenerate(text *out, const char *subject, const report_stage *stage,
                                      despur_error *error) {
  char what[256];
  despur_degenerate_sentence(what, &stage->final->scores.degenerate);
  return text_add(out, error, "%s cannot be judged by its accuracies: %s", subject, what);
}

/* What its accuracies seem to say is not said at all where the last network is degenerate. */
static despur_status write_collapse(verdict *out, const report_stage *first, const report_stage *last,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *s = &last->final->scores;
  TRY(write_degenerate(&out->sentence, last->label, last, error));
  TRY(text_add(&out->sentence, error, "."));
  if (first != last && is_degenerate(first)) {
    TRY(text_add(&out->sentence, error, " Before, "));
    TRY(write_degenerate(&out->sentence, first->label, first, error));
    TRY(text_add(&out->sentence, error, "."));
  } else if (first != last) {
    TRY(text_add(&out->sentence, error, " Before, %s was ", first->label));
    TRY(verdict_write_worst(&out->sentence, &first->final->scores, "its worst group", error));
    TRY(text_add(&out->sentence, error, " and %.1f %% on average.",
                 100 * first->final->scores.average_accuracy));
  }
  TRY(verdict_write_measured(&out->reason, s, last->final, last->final->split, error));
  TRY(text_add(
      &out->reason, error,
      " Such a network has high accuracies in some groups and low ones in others, or equal ones in "
      "all, and neither says anything of a shortcut. Settings that train it better come first: a lower "
      "learning rate, more epochs, another seed."));
cleanup:
  return status;
}

/* Whether a stage is plain training: the reference network, or the final one by train.method erm. */
static bool is_usual(const report_run *run, const report_stage *stage) {
  return stage == &run->stages[REPORT_REFERENCE] || strcmp(report_setting(run, "train.method"), "erm") == 0;
}

despur_status verdict_write(verdict *out, const report_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  char subject[DESPUR_GROUP_NAME + 64] = "This network";
  const char *attribute = attribute_of(run);
  const report_stage *first = report_first_stage(run), *last = report_last_stage(run);
  verdict_finding before, after;
  *out = (verdict){0};
  if (!last) return write_nothing(out, error);
  if (is_degenerate(last)) return write_collapse(out, first, last, error);
  if (!report_has_attributes(run)) return verdict_write_inferred(out, run, error);
  TRY(verdict_find(&before, &first->final->scores, error));
  TRY(verdict_find(&after, &last->final->scores, error));
  if (after.comparisons == 0) return write_incomparable(out, last, &after, error);
  if (first != last)
    snprintf(subject, sizeof subject, "Trained %s (%s), this network",
             is_usual(run, first) ? "as usual" : "first", first->label);
  if (is_degenerate(first)) {
    TRY(write_degenerate(&out->sentence, subject, first, error));
  } else {
    TRY(write_claim(&out->sentence, subject, before.level, run, error));
    TRY(write_evidence(&out->sentence, &first->final->scores, &before, attribute, error));
  }
  if (first != last) TRY(write_change(&out->sentence, first, last, &after, attribute, error));
  TRY(text_add(&out->sentence, error, "."));
  TRY(write_ground(&out->reason, run, last->final, &after, error));
  TRY(write_gap(&out->reason, last, &after, error));
  TRY(verdict_write_class(&out->reason, &last->final->scores, &after, "usual", error));
cleanup:
  return status;
}
