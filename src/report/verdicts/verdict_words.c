/* What verdicts with and without attributes say in the same words. */
#include "eval/statistics/effective.h"
#include "io/file.h"
#include "report/verdicts/verdict.h"

despur_status verdict_write_worst(text *out, const despur_scores *s, const char *what, despur_error *error) {
  enum { FEW = 30 };
  if (s->worst_group >= s->groups_count) return text_add(out, error, "nothing in any group");
  const despur_group_score *worst = &s->groups[s->worst_group];
  if (worst->count >= FEW)
    return text_add(out, error, "%.1f %% right in %s (%s)", 100 * worst->accuracy, what, worst->name);
  return text_add(out, error, "%.1f %% right in %s (%s, of which there %s only %zu)", 100 * worst->accuracy,
                  what, worst->name, worst->count == 1 ? "is" : "are", worst->count);
}

despur_status verdict_write_measured(text *out, const despur_scores *measured, const report_eval *final,
                                     despur_split split, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t examples = 0;
  for (size_t g = 0; g < measured->groups_count; g++) examples += measured->groups[g].count;
  TRY(text_add(out, error, "Measured on %s %s examples", file_grouped(examples).text,
               despur_split_word(split)));
  if (!final->selected) TRY(text_add(out, error, " after epoch %zu, the last that there was", final->epoch));
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}

bool verdict_class_is_behind(const despur_scores *s, const verdict_finding *found) {
  const double FAR = 0.1;
  if (found->low_usual >= s->groups_count) return false;
  const despur_group_score *low = &s->groups[found->low_usual];
  double all = found->usual_correct / found->usual_count;
  return low->accuracy < all - FAR && group_interval(low, 0.95).high < all;
}

/* A class may be poor whatever the attribute: that is no doing of it, and no group need be behind its peer.
 */
despur_status verdict_write_class(text *out, const despur_scores *s, const verdict_finding *found,
                                  const char *usual, despur_error *error) {
  if (!verdict_class_is_behind(s, found)) return DESPUR_OK;
  const despur_group_score *low = &s->groups[found->low_usual];
  double all = found->usual_correct / found->usual_count;
  return text_add(out, error,
                  " A class is behind already in its %s group: %s gets %.1f %%, where the %s groups of all "
                  "classes together get %.1f %%. Comparisons within a class do not show that.",
                  usual, low->name, 100 * low->accuracy, usual, 100 * all);
}
