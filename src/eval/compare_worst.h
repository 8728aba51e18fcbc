/* The difference of two models' worst groups. */
#ifndef EVAL_COMPARE_WORST_H
#define EVAL_COMPARE_WORST_H

#include "despur/compare.h"

#include <stdbool.h>

/* shared: whether units have examples in several groups. */
DESPUR_MUST_USE despur_status compare_worst(despur_worst_comparison *out,
                                            const despur_group_comparison *groups, size_t count, bool shared,
                                            double confidence, despur_error *error);

/* Whether they are distinguishable, without the p-value, which takes ten times as long. At least one group
 * has examples. */
DESPUR_MUST_USE despur_status compare_worst_differ(int *out, const despur_group_comparison *groups,
                                                   size_t count, bool shared, double confidence,
                                                   despur_error *error);

#endif
