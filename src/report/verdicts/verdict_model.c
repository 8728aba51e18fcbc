/* The verdict on a model of which nothing is known but its predictions: for whom it is wrong, in the words of
 * the table. */
#include "base/memory.h"
#include "io/file.h"
#include "report/verdicts/model_words.h"
#include "report/verdicts/verdict.h"

#include <math.h>
#include <stdlib.h>

enum { FEW = 30 }; /* examples below which a share says little, so that their number stands beside it */

/* A model and what is known of its groups. */
typedef struct subject {
  const despur_model *model;
  const report_cell *cells;
  bool by_label; /* groups hold one label each */
  bool named;    /* their names say which, and the attribute behind it */
  verdict_finding found;
} subject;

static const despur_group_score *group_of(const subject *s, size_t g) {
  return &s->model->scores.groups[g];
}

static double wrong(double correct, double count) {
  return 100 * (1 - correct / count);
}

static double right_weight(const despur_group_score *group) {
  return group->effective.weighted ? group->accuracy * group->weight : (double)group->correct;
}

/* "44.1 % of Female x Black", and of how many where these are few; with its label if wanted. */
static despur_status write_share(text *out, const subject *s, size_t g, bool label, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_group_score *group = group_of(s, g);
  TRY(text_add(out, error, "%.1f %% of ", wrong(right_weight(group), group->weight)));
  if (s->named && !label)
    TRY(words_of_attribute(out, group->name, error));
  else
    TRY(words_of_group(out, group->name, s->named, error));
  if (group->count < FEW)
    TRY(text_add(out, error, " (%zu %s)", group->count, group->count == 1 ? "example" : "examples"));
cleanup:
  return status;
}

/* "Where income is >50K, this model is wrong for 44.1 % of Female x Black and 21.3 % of Male x White" */
static despur_status write_pair(text *out, const subject *s, size_t g, size_t peer, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (s->named) {
    TRY(text_add(out, error, "Where "));
    TRY(words_of_label(out, group_of(s, g)->name, error));
    TRY(text_add(out, error, ", "));
  }
  TRY(text_add(out, error, "%s model is wrong for ", s->named ? "this" : "This"));
  TRY(write_share(out, s, g, false, error));
  TRY(text_add(out, error, " and "));
  TRY(write_share(out, s, peer, false, error));
cleanup:
  return status;
}

/* "wrong for 15.2 % over all, and for 44.1 % of Female x Black where income is >50K, its worst group"; a
 * share of a handful says nothing, so then there is only how few they are. */
static despur_status write_extent(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *scores = &s->model->scores;
  if (scores->correct == scores->count)
    return text_add(out, error, "wrong for none of %s examples", file_grouped(scores->count).text);
  TRY(text_add(out, error, "wrong for %.1f %% over all", 100 * (1 - scores->average_accuracy)));
  if (scores->worst_group >= scores->groups_count) goto cleanup;
  const despur_group_score *worst = group_of(s, scores->worst_group);
  if (worst->count < FEW) {
    TRY(text_add(out, error, ", and its worst group, "));
    TRY(words_of_group(out, worst->name, s->named, error));
    TRY(text_add(out, error, ", has only %zu %s", worst->count, worst->count == 1 ? "example" : "examples"));
  } else {
    TRY(text_add(out, error, ", and for "));
    TRY(write_share(out, s, scores->worst_group, true, error));
    TRY(text_add(out, error, ", its worst group"));
  }
cleanup:
  return status;
}

static despur_status write_sentence(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const verdict_finding *found = &s->found;
  switch (found->level) {
  case VERDICT_USES:
  case VERDICT_ONLY:
    TRY(write_pair(out, s, found->gap_group, found->gap_peer, error));
    break;
  case VERDICT_REVERSED:
    TRY(write_pair(out, s, found->ahead_peer, found->ahead_group, error));
    break;
  case VERDICT_NO_USE:
    TRY(text_add(out, error, "No group is more than 5 points behind the largest%s: this model is ",
                 s->by_label ? " of its label" : ""));
    TRY(write_extent(out, s, error));
    break;
  case VERDICT_LITTLE:
    TRY(text_add(out, error, "This model is hardly better than guessing: it is "));
    TRY(write_extent(out, s, error));
    break;
  case VERDICT_OPEN:
    TRY(text_add(out, error,
                 "There are too few examples to say whether this model is worse for some groups; it is "));
    TRY(write_extent(out, s, error));
    break;
  default:
    TRY(text_add(out, error, "This model is "));
    TRY(write_extent(out, s, error));
  }
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}

/* ---- how it is known ---- */

static despur_status write_gap(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const verdict_finding *found = &s->found;
  if (found->comparisons == 0)
    return text_add(out, error,
                    s->by_label ? " No label has two groups to compare."
                                : " There are no two groups to compare.");
  if (found->behind > 0)
    TRY(text_add(out, error, " %zu of %zu groups %s surely behind the largest%s; farthest ", found->behind,
                 found->comparisons, found->behind == 1 ? "is" : "are",
                 !s->by_label         ? ""
                 : found->behind == 1 ? " of its label"
                                      : " of their label"));
  else
    TRY(text_add(out, error, " No group is surely behind the largest%s; the one that may be farthest is ",
                 s->by_label ? " of its label" : ""));
  TRY(words_of_group(out, group_of(s, found->gap_group)->name, s->named, error));
  TRY(text_add(out, error, ", by %.1f to %.1f points (95 %% confidence", 100 * found->gap.low,
               100 * found->gap.high));
  if (found->comparisons > 1)
    TRY(text_add(out, error, " for all %zu comparisons together", found->comparisons));
  TRY(text_add(out, error, ")."));
cleanup:
  return status;
}

/* The worst group, where the sentence speaks of another one. */
static despur_status write_worst(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *scores = &s->model->scores;
  bool told = s->found.level != VERDICT_USES && s->found.level != VERDICT_REVERSED;
  size_t worst = scores->worst_group;
  if (told || worst >= scores->groups_count) return DESPUR_OK;
  if (s->found.level == VERDICT_USES ? worst == s->found.gap_group : worst == s->found.ahead_peer)
    return DESPUR_OK;
  TRY(text_add(out, error, " Its worst group is another: wrong for "));
  TRY(write_share(out, s, worst, true, error));
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}

/* A label may be poor in all its groups: comparisons within it do not show that. */
static despur_status write_label(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const verdict_finding *found = &s->found;
  if (!s->by_label || !verdict_class_is_behind(&s->model->scores, found)) return DESPUR_OK;
  if (found->level == VERDICT_REVERSED && found->low_usual == found->ahead_peer) return DESPUR_OK; /* told */
  TRY(text_add(out, error,
               " One label is harder than others already in its largest group: it is wrong for "));
  TRY(write_share(out, s, found->low_usual, true, error));
  TRY(text_add(out, error, ", and for %.1f %% of the largest groups of all labels together.",
               wrong(found->usual_correct, found->usual_count)));
cleanup:
  return status;
}

/* An attribute over all labels. */
typedef struct total {
  unsigned attribute;
  size_t group; /* one that has it, for its name */
  size_t count;
  double correct, weight;
} total;

static int by_attribute(const void *left, const void *right) {
  const total *a = left, *b = right;
  if (a->attribute != b->attribute) return a->attribute < b->attribute ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

/* The groups with one attribute become one. Returns how many there are. */
static size_t add_up(total *totals, const subject *s) {
  size_t count = 0, kept = 0;
  for (size_t g = 0; g < s->model->scores.groups_count; g++) {
    const despur_group_score *group = group_of(s, g);
    if (s->cells[g].known)
      totals[count++] = (total){s->cells[g].attribute, g, group->count, right_weight(group), group->weight};
  }
  qsort(totals, count, sizeof *totals, by_attribute);
  for (size_t i = 0; i < count; i++) {
    if (kept > 0 && totals[kept - 1].attribute == totals[i].attribute) {
      totals[kept - 1].correct += totals[i].correct;
      totals[kept - 1].count += totals[i].count;
      totals[kept - 1].weight += totals[i].weight;
    } else {
      totals[kept++] = totals[i];
    }
  }
  return kept;
}

static double share_wrong(const total *t) {
  return wrong(t->correct, t->weight);
}

static despur_status write_total(text *out, const subject *s, const total *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(out, error, "%.1f %% of ", share_wrong(t)));
  TRY(words_of_attribute(out, group_of(s, t->group)->name, error));
cleanup:
  return status;
}

/* All labels together, as people count first: another order of groups may come out, and each is true. */
static despur_status write_totals(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  total *totals = NULL;
  const total *most = NULL, *least = NULL;
  size_t count, small = 0;
  if (!s->named) return DESPUR_OK;
  TRY(mem_alloc(&totals, s->model->scores.groups_count, sizeof *totals, error));
  count = add_up(totals, s);
  for (size_t i = 0; i < count; i++) {
    const total *t = &totals[i];
    small += t->count < FEW;
    if (t->count < FEW) continue;
    if (!most || share_wrong(t) > share_wrong(most)) most = t;
    if (!least || share_wrong(t) < share_wrong(least)) least = t;
  }
  if (!most || most == least) goto cleanup;
  TRY(text_add(out, error, " With all labels together it is wrong for "));
  TRY(write_total(out, s, most, error));
  TRY(text_add(out, error, " (most) and "));
  TRY(write_total(out, s, least, error));
  TRY(text_add(out, error, " (least%s), which also depends on how often each label occurs there.",
               small ? ", of those with 30 examples" : ""));
cleanup:
  mem_free(totals);
  return status;
}

static despur_status write_reason(text *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_scores *scores = &s->model->scores;
  TRY(text_add(out, error, "Measured on %s examples", file_grouped(scores->count).text));
  if (scores->units_count > 0)
    TRY(text_add(out, error, " of %s units", file_grouped(scores->units_count).text));
  TRY(text_add(out, error, scores->weighted ? ", weighted." : "."));
  TRY(write_gap(out, s, error));
  TRY(write_worst(out, s, error));
  TRY(write_label(out, s, error));
  TRY(write_totals(out, s, error));
  if (!s->by_label)
    TRY(text_add(out, error,
                 " Groups hold several labels here, so that errors on one label may hide behind others."));
cleanup:
  return status;
}

/* What the accuracies seem to say is not said at all. */
static despur_status write_degenerate(verdict *out, const subject *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  char what[256];
  despur_degenerate_sentence(what, &s->model->scores.degenerate);
  TRY(text_add(&out->sentence, error, "This model cannot be judged by its accuracies: %s.", what));
  TRY(text_add(&out->reason, error,
               "Measured on %s examples. Such a model has high accuracies in some groups and low ones in "
               "others, or equal ones in all, and neither says anything of how it treats them.",
               file_grouped(s->model->scores.count).text));
cleanup:
  return status;
}

despur_status verdict_write_model(verdict *out, const despur_model *model, const report_cell *cells,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  subject s = {.model = model,
               .cells = cells,
               .by_label = model->measures.groups_have_one_label,
               .named = !model->columns.whole_groups};
  *out = (verdict){0};
  if (model->scores.degenerate.kind != DESPUR_NOT_DEGENERATE) return write_degenerate(out, &s, error);
  verdict_find_cells(&s.found, &model->scores, cells);
  TRY(write_sentence(&out->sentence, &s, error));
  TRY(write_reason(&out->reason, &s, error));
cleanup:
  return status;
}
