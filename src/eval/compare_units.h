/* Two models on examples that come from units drawn at random. */
#ifndef EVAL_COMPARE_UNITS_H
#define EVAL_COMPARE_UNITS_H

#include "despur/compare.h"

/* Puts intervals and p-values for units in the place of those for examples. rows[i]: the row of the first
 * that belongs to row i of the second. */
DESPUR_MUST_USE despur_status compare_units(despur_comparison *out, const despur_predicted *first,
                                            const despur_predicted *second, const uint32_t *rows,
                                            despur_error *error);

#endif
