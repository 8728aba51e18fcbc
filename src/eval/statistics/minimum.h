/* The test that the interval for a minimum over groups inverts; see minimum.c. */
#ifndef EVAL_MINIMUM_H
#define EVAL_MINIMUM_H

#include "base/error.h"
#include "despur/stats.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct minimum_group minimum_group;

/* Right answers in groups that have examples, and what a test works on. */
typedef struct minimum_test {
  size_t members;        /* groups with examples */
  size_t count;          /* of different pairs of counts */
  minimum_group *groups; /* [count] */
  bool dependent;        /* set by whoever created it: groups share units */
} minimum_test;

/* Groups without examples are left out. effective: [groups], or NULL when examples were drawn by themselves.
 * Release with minimum_test_release. */
DESPUR_MUST_USE despur_status minimum_test_create(minimum_test *out, const size_t *correct,
                                                  const size_t *count, const despur_effective *effective,
                                                  size_t groups, despur_error *error);
void minimum_test_release(minimum_test *test);

/* Two-sided p-value of "the smallest of the groups' true accuracies is t", for at least one group. */
double minimum_p_value(minimum_test *test, double t);

/* The ends of the interval of all t whose p-value is above the level, for at least one group. */
double minimum_low(minimum_test *test, double level);
double minimum_high(minimum_test *test, double level);

/* Both, or NaN when no group has examples. */
DESPUR_MUST_USE despur_status minimum_interval(despur_interval *out, minimum_test *test, double confidence,
                                               despur_error *error);

#endif
