/* Conditions on accuracies and rates, such as "every group at least 80 %", and whether the data show that
 * they hold, that they do not, or neither. Thread-safe: what is given is only read. */
#ifndef DESPUR_CHECK_H
#define DESPUR_CHECK_H

#include "despur/compare.h"
#include "despur/measures.h"
#include "despur/rates.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_condition {
  DESPUR_WORST_GROUP_AT_LEAST,
  DESPUR_AVERAGE_AT_LEAST,     /* over examples */
  DESPUR_GAP_AT_MOST,          /* average over examples less worst group */
  DESPUR_RATE_AT_LEAST,        /* of every group by attribute: see rates.h */
  DESPUR_RATE_AT_MOST,         /* the same */
  DESPUR_DIFFERENCE_AT_MOST,   /* of a rate, between any two groups by attribute */
  DESPUR_RATIO_AT_LEAST,       /* the same */
  DESPUR_WORST_GROUP_NO_WORSE, /* than that of a baseline, or worse by at most the bound */
  DESPUR_AVERAGE_NO_WORSE      /* the same, over examples */
} despur_condition;

typedef enum despur_answer { DESPUR_HOLDS, DESPUR_DOES_NOT_HOLD, DESPUR_UNDECIDED } despur_answer;

enum { DESPUR_CHECK_NAME = 160 };

typedef struct despur_check {
  despur_condition condition; /* given */
  double bound;               /* given */
  despur_rate_kind rate;      /* given where the condition is about one: with values, or with spreads */
  size_t class_slot;          /* given with rate: which of despur_rates.classes */
  const char *positive;       /* given with rate: what that class is called; NULL: it goes without saying */
  const char *baseline;       /* given where there is one: its name */
  double value, low, high;    /* measured, and its interval; NaN where it does not exist */
  const char *group, *other;  /* the worst group, or the lowest and the highest one, whose names what is
                                 checked  owns; NULL: the condition is not about it */
  despur_answer answer; /* the interval lies on the right side of the bound, on the wrong one, or on both */
  despur_degenerate degenerate; /* of the scores: see eval.h */
  size_t needed; /* examples of the worst group (at its accuracy now) or of all that would probably decide; 0:
                    nobody knows, or it is decided */
} despur_check;

/* What is checked. */
typedef struct despur_check_subject {
  const char *name; /* of the file or run, for what is written */
  const despur_scores *scores;
  const despur_rates *rates;           /* NULL when no condition is about rates */
  const despur_comparison *comparison; /* with the baseline as the first; NULL when there is none */
} despur_check_subject;

/* Fills in what was measured. DESPUR_OK when all conditions hold, DESPUR_GATE_FAILED when one does not,
 * DESPUR_TOO_LITTLE_DATA when none fails but one is undecided; error says which. The confidence of rates and
 * comparison must be the same; DESPUR_BAD_INPUT when it is not, or when they are missing. */
DESPUR_API DESPUR_MUST_USE despur_status despur_check_all(despur_check *checks, size_t count,
                                                          const despur_check_subject *subject,
                                                          double confidence, despur_error *error);

/* "worst group at least 0.8" into text. */
DESPUR_API void despur_check_name(const despur_check *check, char text[DESPUR_CHECK_NAME]);

/* JUnit's XML, as continuous integration reads it: one test case for each condition; undecided ones are
 * errors. */
DESPUR_API DESPUR_MUST_USE despur_status despur_check_write_junit(const despur_check *checks, size_t count,
                                                                  const despur_check_subject *subject,
                                                                  const char *path, despur_error *error);

/* The same as a table in Markdown, for a pull request: *text is released with free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_check_markdown(char **text, const despur_check *checks,
                                                               size_t count,
                                                               const despur_check_subject *subject,
                                                               double confidence, despur_error *error);

DESPUR_API DESPUR_MUST_USE despur_status despur_check_write_markdown(const despur_check *checks, size_t count,
                                                                     const despur_check_subject *subject,
                                                                     double confidence, const char *path,
                                                                     despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
