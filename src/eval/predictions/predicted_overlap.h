/* Groups that overlap: an example is in the group of everything that it has. */
#ifndef EVAL_PREDICTED_OVERLAP_H
#define EVAL_PREDICTED_OVERLAP_H

#include "base/text.h"
#include "eval/predictions/columns.h"

/* When all else is known of the examples: adds a row for each further group that one is in, and makes the
 * groups. *note says how far they overlap (release with mem_free). DESPUR_BAD_INPUT for a column that says
 * nothing of having. */
DESPUR_MUST_USE despur_status overlap_make_groups(despur_predicted *out, text *note, const table *t,
                                                  const column_roles *roles, const despur_columns *columns,
                                                  despur_error *error);

#endif
