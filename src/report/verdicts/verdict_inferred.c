/* The verdict where the data have no attributes. Which shortcut a network uses nobody can say then; what can
 * be said is in which of the inferred groups it errs. These were divided by what a network computes, so that
 * a group may be nothing but its errors: they are examples to look at, and no proof. */
#include "base/memory.h"
#include "report/verdicts/verdict.h"

/* What comparisons within classes say: ", and surely errs more in 2 of them than in the largest of their
 * class (y=0,k=1 the most: 0.0 % right against 99.8 %)". */
static despur_status write_comparison(text *out, const despur_scores *s, const verdict_finding *found,
                                      despur_error *error) {
  const despur_group_score *group = &s->groups[found->gap_group], *peer = &s->groups[found->gap_peer];
  switch (found->level) {
  case VERDICT_NO_ATTRIBUTE:
    return text_add(out, error, ", and has no two of them in one class to compare");
  case VERDICT_LITTLE:
    return text_add(out, error, ", and is hardly better than guessing over the largest of all classes");
  case VERDICT_OPEN:
    return text_add(
        out, error,
        ", and surely errs more in none of them than in the largest of its class, but they are too "
        "small to rule it out");
  case VERDICT_NO_USE:
    return text_add(out, error,
                    ", and is in none of them more than 5 points behind the largest of its class");
  case VERDICT_REVERSED:
    group = &s->groups[found->ahead_group];
    return text_add(out, error,
                    ", and errs less in %s than in the largest of its class (%.1f %% right against %.1f %%)",
                    group->name, 100 * group->accuracy, 100 * s->groups[found->ahead_peer].accuracy);
  default:
    return text_add(out, error,
                    ", and surely errs more in %zu of them than in the largest of their class (%s the most: "
                    "%.1f %% right against %.1f %%)",
                    found->behind, group->name, 100 * group->accuracy, 100 * peer->accuracy);
  }
}

/* The worst group comes first: it may be the largest of its class, which no comparison names. */
static despur_status write_finding(text *out, const despur_scores *s, const verdict_finding *found,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(out, error, "gets "));
  TRY(verdict_write_worst(out, s, "the worst of them", error));
  TRY(text_add(out, error, " and %.1f %% on average", 100 * s->average_accuracy));
  TRY(write_comparison(out, s, found, error));
cleanup:
  return status;
}

static despur_status write_groups(verdict *out, const report_run *run, const report_stage *last,
                                  const verdict_finding *after, despur_error *error) {
  despur_status status = DESPUR_OK;
  const report_stage *reference = &run->stages[REPORT_REFERENCE];
  bool both = last != reference && reference->inferred.groups_count == last->inferred.groups_count;
  verdict_finding before;
  TRY(text_add(&out->sentence, error,
               "Which shortcut this network uses nobody can say without attribute labels; %zu groups were "
               "inferred to look at. ",
               last->inferred.groups_count));
  if (both) {
    TRY(verdict_find_inferred(&before, &reference->inferred, error));
    TRY(text_add(&out->sentence, error, "Trained as usual (%s), it ", reference->label));
    TRY(write_finding(&out->sentence, &reference->inferred, &before, error));
    TRY(text_add(&out->sentence, error, "; with %s, it ", last->label));
  } else {
    TRY(text_add(&out->sentence, error, "%s ", last->label));
  }
  TRY(write_finding(&out->sentence, &last->inferred, after, error));
  TRY(text_add(&out->sentence, error, "."));
cleanup:
  return status;
}

static despur_status write_limits(text *out, const report_run *run, const report_stage *last,
                                  const verdict_finding *after, despur_error *error) {
  despur_status status = DESPUR_OK;
  const report_stage *reference = &run->stages[REPORT_REFERENCE];
  TRY(verdict_write_measured(out, &last->inferred, last->final, last->inferred_split, error));
  if (last->inferred_split == DESPUR_TRAIN)
    TRY(text_add(out, error,
                 " Only the training examples were divided into groups: accuracies there are higher than on "
                 "new examples."));
  TRY(verdict_write_class(out, &last->inferred, after, "largest", error));
  TRY(text_add(
      out, error,
      " The groups were divided by what %s computes, and have no names. What can be concluded: "
      "examples of a group that is behind are harder for the network, and looking at them may show what "
      "they have in common. What cannot: that this is a shortcut, for a group may be nothing but the "
      "errors of %s; and that there is none where no group is behind, for examples may differ in what "
      "did not divide them. The worst group by an attribute that nobody has noted may be worse than "
      "every number here.",
      reference->label, reference->label));
cleanup:
  return status;
}

static despur_status write_classes(verdict *out, const report_stage *last, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *s = &last->final->scores;
  TRY(text_add(&out->sentence, error,
               "Nothing here says which shortcut this network uses: no attribute is "
               "known and no groups were inferred. "));
  if (s->worst_group < s->groups_count)
    TRY(text_add(&out->sentence, error,
                 "%s gets %.1f %% right in its worst class (%s) and %.1f %% on average.", last->label,
                 100 * s->worst_group_accuracy, s->groups[s->worst_group].name, 100 * s->average_accuracy));
  TRY(verdict_write_measured(&out->reason, s, last->final, last->final->split, error));
  TRY(text_add(&out->reason, error,
               " A shortcut shows in the groups of a class that have it and those that do not. Where no "
               "attribute divides them, groups can be inferred (infer.method) and looked at."));
cleanup:
  return status;
}

despur_status verdict_write_inferred(verdict *out, const report_run *run, despur_error *error) {
  despur_status status = DESPUR_OK;
  const report_stage *last = report_last_stage(run);
  verdict_finding after;
  if (last->inferred.groups_count == 0) return write_classes(out, last, error);
  TRY(verdict_find_inferred(&after, &last->inferred, error));
  TRY(write_groups(out, run, last, &after, error));
  TRY(write_limits(&out->reason, run, last, &after, error));
cleanup:
  return status;
}
