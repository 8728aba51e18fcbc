#include "base/memory.h"
#include "base/text.h"
#include "eval/effective.h"

/* By how much the interval of a group is wider than rows alone would make it; 0 where one unit leaves nothing
 * to say. */
static double widening(const despur_group_score *group) {
  despur_interval rows = despur_wilson_interval(group->correct, group->count, 0.95);
  if (group->effective.units < 2) return 0;
  return (group->high - group->low) / (rows.high - rows.low);
}

static despur_status add_widest(text *out, const despur_scores *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_group_score *widest = NULL;
  size_t single = 0;
  for (size_t g = 0; g < s->groups_count; g++) {
    const despur_group_score *group = &s->groups[g];
    single += group->effective.units == 1;
    if (widening(group) > (widest ? widening(widest) : 0)) widest = group;
  }
  if (widest)
    TRY(text_add(out, error,
                 "; design effect up to %.1f in %s: its interval is %.1f times as wide as rows alone would "
                 "make it",
                 (double)widest->count / widest->effective.count, widest->name, widening(widest)));
  if (single > 0)
    TRY(text_add(out, error, "; %zu %s, of which nothing can be said", single,
                 single == 1 ? "group has a single unit" : "groups have a single unit each"));
  if (s->attributes_share_units)
    TRY(text_add(
        out, error,
        "; some have rows in several groups, so differences between these are given as if they erred "
        "in opposite directions there"));
cleanup:
  return status;
}

despur_status despur_units_sentence(char **out, const despur_predicted *p, const despur_scores *scores,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  text words = {0};
  *out = NULL;
  TRY(text_add(&words, error, "%s", ""));
  if (p->units && p->unit)
    TRY(text_add(&words, error, "%zu values of %s, drawn at random", p->units_count, p->unit));
  if (p->units && !p->unit) TRY(text_add(&words, error, "%zu, drawn at random", p->units_count));
  if (p->units && scores) TRY(add_widest(&words, scores, error));
  if (p->units && !scores) TRY(text_add(&words, error, "; intervals and tests hold for these, not for rows"));
  *out = words.data;
  words.data = NULL;
cleanup:
  mem_free(words.data);
  return status;
}
