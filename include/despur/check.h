/* Conditions on accuracies, such as "every group at least 80 %", and whether the data show that they hold,
 * that they do not, or neither. */
#ifndef DESPUR_CHECK_H
#define DESPUR_CHECK_H

#include "despur/measures.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_condition {
  DESPUR_WORST_GROUP_AT_LEAST,
  DESPUR_AVERAGE_AT_LEAST, /* over examples */
  DESPUR_GAP_AT_MOST       /* average over examples less worst group */
} despur_condition;

typedef enum despur_answer { DESPUR_HOLDS, DESPUR_DOES_NOT_HOLD, DESPUR_UNDECIDED } despur_answer;

typedef struct despur_check {
  despur_condition condition; /* given */
  double bound;               /* given */
  double value, low, high;    /* measured, and its interval */
  const char *group;    /* the worst group, whose name the scores own; NULL: the condition is not about it */
  despur_answer answer; /* the interval lies on the right side of the bound, on the wrong one, or on both */
  despur_degenerate degenerate; /* of the scores: see eval.h */
  size_t needed; /* examples of the worst group (at its accuracy now) or of all that would probably decide; 0:
                    undecided */
} despur_check;

/* Fills in what was measured. DESPUR_OK when all conditions hold, DESPUR_GATE_FAILED when one does not,
 * DESPUR_TOO_LITTLE_DATA when none fails but one is undecided; error says which. */
DESPUR_API DESPUR_MUST_USE despur_status despur_check_scores(despur_check *checks, size_t count,
                                                             const despur_scores *scores, double confidence,
                                                             despur_error *error);

/* "worst group at least 0.8" into text. */
DESPUR_API void despur_check_name(const despur_check *check, char text[64]);

/* JUnit's XML, as continuous integration reads it: one test case for each condition; undecided ones are
 * errors. subject names what was checked. */
DESPUR_API DESPUR_MUST_USE despur_status despur_check_write_junit(const despur_check *checks, size_t count,
                                                                  const char *subject, const char *path,
                                                                  despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
