/* What was found, in words. */
#include "base/memory.h"
#include "base/text.h"
#include "despur/audit.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

const char *despur_audit_verdict_word(despur_audit_verdict verdict) {
  static const char *const WORDS[] = {"nothing found", "weak group", "leans on it", "too little data"};
  const size_t at = (size_t)verdict;
  return at < sizeof WORDS / sizeof *WORDS ? WORDS[at] : NULL;
}

/* Of a slice there is one cell that bears its name; the other one is what does not belong to it. */
static bool is_slice(const despur_audit_candidate *c) {
  for (size_t k = 0; k < c->cells; k++)
    if (strcmp(c->cell_names[k], c->name) == 0) return true;
  return false;
}

despur_audit_cell_words despur_audit_words_of(const despur_audit *a, const despur_audit_cell *cell) {
  const despur_audit_candidate *c = &a->candidates[cell->candidate];
  const char *name = c->cell_names[cell->cell];
  if (strcmp(name, c->name) == 0) return (despur_audit_cell_words){name, "", ""};
  return (despur_audit_cell_words){name, is_slice(c) ? " than " : " of ", c->name};
}

/* The limit that is told: of the largest class, the smallest share of it that anything can be said of. */
static const despur_audit_limit *told_limit(const despur_audit *a) {
  const despur_audit_limit *best = NULL;
  for (size_t i = 0; i < a->limits_count; i++) {
    const despur_audit_limit *l = &a->limits[i];
    if (isnan(l->excess)) continue;
    if (!best || l->share < best->share || (l->share == best->share && l->excess > best->excess)) best = l;
  }
  return best;
}

static despur_status add_limit(text *out, const despur_audit *a, despur_error *error) {
  const despur_audit_limit *l = told_limit(a);
  if (!l) return DESPUR_OK;
  return text_add(out, error,
                  "; a known group of %.0f %% of class %s with %.0f points more errors would have been found "
                  "with 80 %% probability",
                  100 * l->share, a->class_names[l->class_index], ceil(100 * l->excess));
}

static despur_status add_finding(text *out, const despur_audit *a, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_audit_candidate *c = &a->candidates[0];
  const despur_audit_cell *best = &a->cells[c->best];
  const despur_audit_cell_words words = despur_audit_words_of(a, best);
  TRY(text_add(out, error, "%s: %s%s%s", despur_audit_verdict_word(c->verdict), words.cell, words.between,
               words.candidate));
  if (c->verdict == DESPUR_LEANS_ON_IT)
    TRY(text_add(out, error, ", which goes with class %s", a->class_names[best->toward]));
  TRY(text_add(out, error, ": of class %s %.1f %% errors there against %.1f %% in the rest of the class",
               a->class_names[best->class_index], 100 * best->error, 100 * best->rest_error));
  TRY(text_add(out, error, " (%.0f to %.0f points more, %.0f %% confidence for all that was tested)",
               100 * best->low, 100 * best->high, 100 * a->confidence));
cleanup:
  return status;
}

despur_status despur_audit_sentence(char **out, const despur_audit *audit, despur_error *error) {
  despur_status status = DESPUR_OK;
  text sentence = {0};
  *out = NULL;
  switch (audit->verdict) {
  case DESPUR_LEANS_ON_IT:
  case DESPUR_WEAK_GROUP:
    TRY(add_finding(&sentence, audit, error));
    break;
  case DESPUR_TOO_FEW_EXAMPLES:
    TRY(text_add(&sentence, error,
                 "too little data: %zu examples in the confirmation half say nothing of any group",
                 audit->confirmation));
    break;
  case DESPUR_NOTHING_FOUND:
    TRY(text_add(&sentence, error, "nothing found in %zu candidates", audit->candidates_count));
    TRY(add_limit(&sentence, audit, error));
    break;
  }
  *out = sentence.data;
  sentence.data = NULL;
cleanup:
  mem_free(sentence.data);
  return status;
}

/* A network parts the classes that it learns, so that an example of one class that looks like another one
 * lies among that one's, whether a shortcut takes it there or what the classes mean. Who gives predictions
 * gives, as a rule, features of the model that made them. */
despur_status despur_audit_caution(char **out, const despur_audit *audit, despur_error *error) {
  despur_status status = DESPUR_OK;
  text caution = {0};
  *out = NULL;
  if (audit->verdict != DESPUR_LEANS_ON_IT && audit->verdict != DESPUR_WEAK_GROUP) return DESPUR_OK;
  const despur_audit_candidate *first = &audit->candidates[0];
  if (!first->from_features || (audit->own_head && !audit->trained_on)) return DESPUR_OK;
  TRY(text_add(&caution, error,
               "%s the features were learned from these labels, examples that merely look like class %s lie "
               "there, too: look at them.",
               audit->trained_on ? "Since" : "If", audit->class_names[audit->cells[first->best].toward]));
  *out = caution.data;
  caution.data = NULL;
cleanup:
  mem_free(caution.data);
  return status;
}
