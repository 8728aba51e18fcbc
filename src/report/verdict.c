/* Groups of one class differ in their attribute. If the network did not use it, they would be equally right;
 * so every group is compared with the usual group of its class (the one with most training examples), by an
 * interval for the difference that holds for all comparisons together (Bonferroni). */
#include "report/verdict.h"

#include "base/math.h"
#include "base/memory.h"
#include "despur/stats.h"
#include "io/file.h"
#include "report/partition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double NEAR = 0.05;   /* differences below do not count as use */
static const double WHOLLY = 0.95; /* answers that follow the attribute, from here on "nothing else" */
static const double CONFIDENCE = 0.95;

/* Whether the classes' usual attributes are the classes' own numbers, so that "predicts the attribute" means
 * following it. */
static bool attribute_is_class(const report_cell *cells, size_t count) {
  for (size_t g = 0; g < count; g++)
    if (cells[g].known && cells[g].usual && cells[g].label != cells[g].attribute) return false;
  return true;
}

/* first - second, from their Wilson intervals (Newcombe 1998, method 10). */
static despur_interval difference(const despur_group_score *first, const despur_group_score *second,
                                  double confidence) {
  despur_interval a = despur_wilson_interval(first->correct, first->count, confidence);
  despur_interval b = despur_wilson_interval(second->correct, second->count, confidence);
  double p = first->accuracy, q = second->accuracy;
  double down = math_sqrt((p - a.low) * (p - a.low) + (b.high - q) * (b.high - q));
  double up = math_sqrt((a.high - p) * (a.high - p) + (q - b.low) * (q - b.low));
  return (despur_interval){p - q - down, p - q + up};
}

/* Whether accuracy on the usual groups is surely less than half again as good as guessing. */
static bool is_guessing(const verdict_finding *found, const report_cell *cells, size_t count) {
  size_t classes = 0;
  for (size_t g = 0; g < count; g++) classes += cells[g].known && cells[g].usual;
  return despur_wilson_interval(found->usual_correct, found->usual_count, CONFIDENCE).high <
         1.5 / (double)classes;
}

static bool compared(const report_cell *cells, const despur_scores *scores, size_t g) {
  return cells[g].known && !cells[g].usual && scores->groups[g].count > 0 &&
         scores->groups[cells[g].peer].count > 0;
}

despur_status verdict_find(verdict_finding *out, const despur_scores *scores, despur_error *error) {
  despur_status status = DESPUR_OK;
  report_cell *cells = NULL;
  size_t other_correct = 0, other_count = 0;
  double most = -1;
  *out = (verdict_finding){.gap = {(double)NAN, (double)NAN}};
  TRY(report_partition(&cells, scores, error));
  for (size_t g = 0; g < scores->groups_count; g++) {
    const despur_group_score *group = &scores->groups[g];
    if (cells[g].known && cells[g].usual) {
      out->usual_correct += group->correct;
      out->usual_count += group->count;
    }
    if (!compared(cells, scores, g)) continue;
    out->comparisons++;
    other_correct += group->correct;
    other_count += group->count;
  }
  if (out->comparisons == 0) goto cleanup;
  double confidence = 1 - (1 - CONFIDENCE) / (double)out->comparisons;
  for (size_t g = 0; g < scores->groups_count; g++) {
    if (!compared(cells, scores, g)) continue;
    despur_interval gap = difference(&scores->groups[cells[g].peer], &scores->groups[g], confidence);
    if (gap.high > most) most = gap.high;
    if (!isnan(out->gap.low) && gap.low <= out->gap.low) continue;
    out->gap = gap;
    out->gap_group = g;
    out->gap_peer = cells[g].peer;
  }
  bool guessing = is_guessing(out, cells, scores->groups_count);
  out->level = out->gap.low > 0 ? VERDICT_USES
               : guessing       ? VERDICT_LITTLE
               : most < NEAR    ? VERDICT_NO_USE
                                : VERDICT_OPEN;
  if (out->level == VERDICT_USES && attribute_is_class(cells, scores->groups_count) &&
      scores->attribute_accuracy >= WHOLLY &&
      despur_wilson_interval(other_correct, other_count, CONFIDENCE).high <= 1 - WHOLLY)
    out->level = VERDICT_ONLY;
cleanup:
  mem_free(cells);
  return status;
}

/* Whether the attribute has nothing to do with what else a picture of a class shows. */
static bool attribute_is_random(const report_run *run) {
  return strcmp(report_setting(run, "data.source"), "spuco_mnist") == 0;
}

/* What the attribute is called. */
static const char *attribute_of(const report_run *run) {
  return attribute_is_random(run) ? "background" : "attribute";
}

static double percent(size_t correct, size_t count) {
  return count ? 100 * (double)correct / (double)count : (double)NAN;
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
  case VERDICT_NO_USE:
    return text_add(out, error,
                    random ? "%s shows no use of the %s" : "%s shows no sign of leaning on the %s", subject,
                    attribute);
  case VERDICT_LITTLE:
    return text_add(out, error, "%s has learned hardly anything", subject);
  case VERDICT_OPEN:
    return text_add(out, error, "%s may or may not use the %s: there are too few examples to say", subject,
                    attribute);
  default:
    return text_add(out, error, "Nothing here says what %s uses", subject);
  }
}

static despur_status write_evidence(text *out, const report_stage *stage, const verdict_finding *found,
                                    const char *attribute, despur_error *error) {
  double worst = 100 * stage->final->scores.worst_group_accuracy;
  if (found->level == VERDICT_NO_ATTRIBUTE)
    return text_add(out, error, ", for no class has two groups to compare; its worst group is %.1f %% right",
                    worst);
  return text_add(out, error,
                  ": it gets %.1f %% right where the %s is the usual one and %.1f %% in its worst group",
                  percent(found->usual_correct, found->usual_count), attribute, worst);
}

/* "; GEORGE lifts the worst group to 74.3 %, where ..." */
static despur_status write_change(text *out, const report_stage *before, const report_stage *after,
                                  const verdict_finding *found, const char *attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *b = &before->final->scores, *a = &after->final->scores;
  const char *name = a->groups[found->gap_group].name;
  double worst = 100 * a->worst_group_accuracy;
  if (a->worst_group_low > b->worst_group_high)
    TRY(text_add(out, error, "; %s lifts the worst group to %.1f %%", after->label, worst));
  else if (a->worst_group_high < b->worst_group_low)
    TRY(text_add(out, error, "; with %s the worst group falls to %.1f %%", after->label, worst));
  else
    TRY(text_add(out, error, "; the worst group of %s, %.1f %%, cannot be told from that", after->label,
                 worst));
  if (found->level >= VERDICT_USES && found->gap_group == a->worst_group)
    TRY(text_add(out, error, ", where the %s still costs at least %.0f points", attribute,
                 floor(100 * found->gap.low)));
  else if (found->level >= VERDICT_USES)
    TRY(text_add(out, error, ", and the %s still costs at least %.0f points in %s", attribute,
                 floor(100 * found->gap.low), name));
  else if (found->level == VERDICT_NO_USE)
    TRY(text_add(out, error, ", and no group is more than %.0f points behind the usual one of its class",
                 100 * NEAR));
  else if (found->level == VERDICT_LITTLE)
    TRY(text_add(out, error, ", but it has learned hardly anything"));
  else if (found->level == VERDICT_OPEN)
    TRY(text_add(out, error, ", and whether it still uses the %s these numbers cannot say", attribute));
cleanup:
  return status;
}

/* What was measured, and why a difference between groups may be laid to the attribute, or may not. */
static despur_status write_ground(text *out, const report_run *run, const report_eval *final,
                                  verdict_level level, despur_error *error) {
  static const char *const SPLITS[DESPUR_SPLITS] = {"training", "validation", "test"};
  despur_status status = DESPUR_OK;
  size_t pictures = 0;
  for (size_t g = 0; g < final->scores.groups_count; g++) pictures += final->scores.groups[g].count;
  TRY(text_add(out, error, "Measured on %s %s pictures", file_grouped(pictures).text, SPLITS[final->split]));
  if (!final->selected) TRY(text_add(out, error, " after epoch %zu, the last that there was", final->epoch));
  if (level == VERDICT_NO_ATTRIBUTE)
    TRY(text_add(
        out, error,
        ". No attribute is known for them, so that a shortcut could only be seen in groups that somebody "
        "names."));
  else if (attribute_is_random(run))
    TRY(text_add(
        out, error,
        ". Backgrounds are painted on without regard to what else a picture shows, so that groups of one "
        "class differ in nothing but the background."));
  else
    TRY(text_add(
        out, error,
        ". Groups of one class may differ in more than the attribute: the numbers show that accuracy goes "
        "with it, not why."));
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
      " Under %s the group surely farthest behind the usual one of its class is %s: %.1f %% against %.1f "
      "%%, a difference of %.1f to %.1f points (95 %% confidence for all %zu comparisons together).",
      stage->label, group->name, 100 * group->accuracy, 100 * peer->accuracy, 100 * found->gap.low,
      100 * found->gap.high, found->comparisons);
}

despur_status verdict_write(verdict *out, const report_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  char subject[DESPUR_GROUP_NAME + 64] = "this network";
  const char *attribute = attribute_of(run);
  const report_stage *stages = run->stages, *last = report_last_stage(run);
  const report_stage *first = stages[REPORT_REFERENCE].final ? &stages[REPORT_REFERENCE] : last;
  verdict_finding before, after;
  *out = (verdict){0};
  if (!last) {
    TRY(text_add(&out->sentence, error, "Nothing was measured."));
    TRY(text_add(&out->reason, error, "The run ended before its first measurement."));
    goto cleanup;
  }
  TRY(verdict_find(&before, &first->final->scores, error));
  TRY(verdict_find(&after, &last->final->scores, error));
  if (first != last) snprintf(subject, sizeof subject, "trained as usual (%s), this network", first->label);
  TRY(write_claim(&out->sentence, subject, before.level, run, error));
  out->sentence.data[0] = (char)(out->sentence.data[0] == 't' ? 'T' : out->sentence.data[0]);
  TRY(write_evidence(&out->sentence, first, &before, attribute, error));
  if (first != last) TRY(write_change(&out->sentence, first, last, &after, attribute, error));
  TRY(text_add(&out->sentence, error, "."));
  TRY(write_ground(&out->reason, run, last->final, after.level, error));
  TRY(write_gap(&out->reason, last, &after, error));
cleanup:
  return status;
}

void verdict_release(verdict *v) {
  mem_free(v->sentence.data);
  mem_free(v->reason.data);
  *v = (verdict){0};
}
