#include "base/memory.h"
#include "base/text.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/effective.h"
#include "eval/units_words.h"

#include <math.h>

/* By how much the interval of a group is wider than rows alone would make it; 0 where one unit leaves nothing
 * to say. */
static double widening(const despur_group_score *group) {
  if (group->effective.units < 2) return 0;
  despur_effective alike = {.count = (double)group->count};
  double z = normal_quantile(0.975), share = effective_share(group->effective, group->correct, group->count);
  despur_interval rows = effective_interval(share, alike, z);
  return (group->high - group->low) / (rows.high - rows.low);
}

despur_status units_add_effect(text *out, const despur_scores *s, despur_error *error) {
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
                 s->units_count == 0
                     ? (single == 1 ? "group has a single example" : "groups have a single example each")
                 : single == 1 ? "group has a single unit"
                               : "groups have a single unit each"));
  if (s->attributes_share_units && s->units_count > 0)
    TRY(text_add(out, error,
                 "; some have rows in several groups, which intervals of differences between these take into "
                 "account"));
cleanup:
  return status;
}

/* "weights of wt, from 0.2 to 31: worth 812 of 2000 examples that weigh alike" */
static despur_status add_weights(text *out, const despur_predicted *p, const despur_scores *scores,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  double least = HUGE_VAL, most = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < predicted_examples(p); i++) {
    if (p->weights[i] < least) least = p->weights[i];
    if (p->weights[i] > most) most = p->weights[i];
    sum += p->weights[i];
    squares += p->weights[i] * p->weights[i];
  }
  TRY(text_add(out, error, "%s", out->length > 0 ? "; " : ""));
  TRY(text_add(
      out, error,
      "weights%s%s, the largest %.3g times the smallest: %zu rows are worth %.1f that weigh alike (Kish)",
      p->weight ? " of " : "", p->weight ? p->weight : "", most / least, predicted_examples(p),
      sum * (sum / squares)));
  if (!scores && !p->units) TRY(text_add(out, error, "; accuracies and rates are weighted"));
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
  if (p->weights) TRY(add_weights(&words, p, scores, error));
  if ((p->units || p->weights) && scores) TRY(units_add_effect(&words, scores, error));
  if (p->units && !scores) TRY(text_add(&words, error, "; intervals and tests hold for these, not for rows"));
  *out = words.data;
  words.data = NULL;
cleanup:
  mem_free(words.data);
  return status;
}
