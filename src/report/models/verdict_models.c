/* The verdict on several models: which of them is best for its worst group, and whether that is more than
 * chance. */
#include "base/memory.h"
#include "report/models/models.h"
#include "report/verdicts/model_words.h"

#include <math.h>
#include <string.h>

enum { FEW = 30 };

/* Rows of one table are the same examples; those of two are matched by what tells them apart, if anything
 * does. */
static bool are_paired(const despur_model *a, const despur_model *b) {
  bool one = a->path && b->path && strcmp(a->path, b->path) == 0;
  return one || (a->predicted.ids && b->predicted.ids);
}

despur_status models_compare(despur_comparison *out, bool *paired, const despur_model *a,
                             const despur_model *b, double confidence, despur_error *error) {
  *paired = false;
  if (!are_paired(a, b)) return DESPUR_OK;
  despur_status status = despur_compare(out, &a->predicted, &b->predicted, confidence, error);
  if (status == DESPUR_BAD_INPUT) return DESPUR_OK; /* of other examples */
  *paired = status == DESPUR_OK;
  return status;
}

/* Whether the worst group of a is surely better than that of b. */
static despur_status is_surely_better(bool *out, const despur_model *a, const despur_model *b,
                                      double confidence, despur_error *error) {
  bool paired;
  despur_comparison c;
  *out = a->scores.worst_group_low > b->scores.worst_group_high;
  despur_status status = models_compare(&c, &paired, a, b, confidence, error);
  if (status != DESPUR_OK || !paired) return status;
  *out = c.worst.distinguishable && c.worst.difference < 0;
  despur_comparison_release(&c);
  return DESPUR_OK;
}

static bool has_worst(const despur_model *m) {
  return m->scores.worst_group < m->scores.groups_count && m->scores.degenerate.kind == DESPUR_NOT_DEGENERATE;
}

/* "12.5 % of Female x Black where income is >50K" */
static despur_status write_worst(text *out, const despur_model *m, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_group_score *worst = &m->scores.groups[m->scores.worst_group];
  TRY(text_add(out, error, "%.1f %% of ", 100 * (1 - worst->accuracy)));
  TRY(words_of_group(out, worst->name, !m->columns.whole_groups, error));
cleanup:
  return status;
}

/* A share of a handful says nothing; how few they are, says why. */
static despur_status write_few(text *out, const despur_model *m, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_group_score *worst = &m->scores.groups[m->scores.worst_group];
  TRY(text_add(out, error, "These examples cannot say which model is best for its worst group: that of %s, ",
               m->label));
  TRY(words_of_group(out, worst->name, !m->columns.whole_groups, error));
  TRY(text_add(out, error, ", has only %zu %s.", worst->count, worst->count == 1 ? "example" : "examples"));
cleanup:
  return status;
}

/* Models of which nothing can be said are named first. */
static despur_status write_degenerate(text *out, const model_page *page, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < page->count; i++) {
    char what[256];
    if (despur_degenerate_sentence(what, &page->models[i].scores.degenerate) == 0) continue;
    TRY(text_add(out, error, "%s cannot be judged by its accuracies: %s. ", page->models[i].label, what));
  }
cleanup:
  return status;
}

static size_t find_best(const model_page *page) {
  size_t best = page->count;
  for (size_t i = 0; i < page->count; i++)
    if (has_worst(&page->models[i]) &&
        (best == page->count ||
         page->models[i].scores.worst_group_accuracy > page->models[best].scores.worst_group_accuracy))
      best = i;
  return best;
}

/* Of the others, the one that comes next; page->count if there is none. *sure: the best is surely better than
 * all. */
static despur_status find_next(size_t *next, bool *sure, const model_page *page, size_t best,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  /* the best was found among all: one that only looks so is to beat the true best in 5 % of cases at most */
  double confidence = 1 - 0.05 / (double)(page->count > 1 ? page->count - 1 : 1);
  *next = page->count;
  *sure = true;
  for (size_t i = 0; i < page->count; i++) {
    bool better;
    if (i == best || !has_worst(&page->models[i])) continue;
    TRY(is_surely_better(&better, &page->models[best], &page->models[i], confidence, error));
    *sure &= better;
    if (*next == page->count ||
        page->models[i].scores.worst_group_accuracy > page->models[*next].scores.worst_group_accuracy)
      *next = i;
  }
cleanup:
  return status;
}

static despur_status write_best(text *out, const model_page *page, size_t best, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t next;
  bool sure;
  TRY(find_next(&next, &sure, page, best, error));
  if (next == page->count) {
    TRY(text_add(out, error, "%s is wrong for ", page->models[best].label));
    TRY(write_worst(out, &page->models[best], error));
    TRY(text_add(out, error, ", its worst group."));
    goto cleanup;
  }
  if (!sure && page->models[best].scores.groups[page->models[best].scores.worst_group].count < FEW)
    return write_few(out, &page->models[best], error);
  TRY(text_add(out, error,
               sure ? "%s is best for its worst group: wrong for "
                    : "These examples cannot say which model is best for its worst group: %s is wrong for ",
               page->models[best].label));
  TRY(write_worst(out, &page->models[best], error));
  TRY(text_add(out, error, ", %s for ", page->models[next].label));
  TRY(write_worst(out, &page->models[next], error));
  TRY(text_add(out, error, "."));
cleanup:
  return status;
}

/* Whether all are measured on the same examples, and whether anything tells which these are. */
static despur_status find_pairing(bool *paired, bool *known, const model_page *page, despur_error *error) {
  despur_status status = DESPUR_OK;
  *paired = *known = true;
  for (size_t i = 1; i < page->count; i++) {
    despur_comparison c;
    bool same;
    *known &= are_paired(&page->models[0], &page->models[i]);
    TRY(models_compare(&c, &same, &page->models[0], &page->models[i], 0.95, error));
    if (same) despur_comparison_release(&c);
    *paired &= same;
  }
cleanup:
  return status;
}

/* Where all of many are, and what being the best of them takes. */
static despur_status write_many(text *out, const model_page *page, size_t best, despur_error *error) {
  despur_status status = DESPUR_OK;
  double lowest = page->models[best].scores.worst_group_accuracy, highest = lowest;
  for (size_t i = 0; i < page->count; i++) {
    if (!has_worst(&page->models[i])) continue;
    double here = page->models[i].scores.worst_group_accuracy;
    if (here < lowest) lowest = here;
  }
  TRY(text_add(out, error,
               " The worst groups of the %zu models are right in %.1f to %.1f %%; one is called best when it "
               "is surely "
               "better than each of the others, at 95 %% confidence for all comparisons together.",
               page->count, 100 * lowest, 100 * highest));
cleanup:
  return status;
}

despur_status verdict_write_models(verdict *out, const model_page *page, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t best = find_best(page);
  bool paired, known;
  *out = (verdict){0};
  TRY(write_degenerate(&out->sentence, page, error));
  if (best < page->count)
    TRY(write_best(&out->sentence, page, best, error));
  else
    TRY(text_add(&out->sentence, error, "No model has a group by which it could be judged."));
  TRY(find_pairing(&paired, &known, page, error));
  TRY(text_add(&out->reason, error,
               paired ? "All models are measured on the same examples, so that what is easy or hard for %s "
                        "does not blur their %s."
               : known
                   ? "The tables do not hold the same examples with the same labels and groups: part of a "
                     "difference may be that of the examples."
                   : "Nothing tells which rows of the tables are the same example (--id), so that models are "
                     "compared as if measured on different ones: smaller differences are not found.",
               page->count == 2 ? "both" : "all", page->count == 2 ? "difference" : "differences"));
  if (page->count > 2 && best < page->count) TRY(write_many(&out->reason, page, best, error));
cleanup:
  return status;
}
