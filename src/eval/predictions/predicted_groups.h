/* Groups from the columns of a table: those that occur, in an order that does not depend on that of rows. */
#ifndef EVAL_PREDICTED_GROUPS_H
#define EVAL_PREDICTED_GROUPS_H

#include "eval/predictions/columns.h"

/* Fills in groups, names, groups_aside and attributes; labels and class_names are there. */
DESPUR_MUST_USE despur_status predicted_make_groups(despur_predicted *out, const column_roles *roles,
                                                    const despur_columns *columns, despur_error *error);

/* The same of groups that overlap: codes[rows] say which of the columns makes the row's group, or, with their
 * number, that none does; such groups are set aside. Takes codes. */
DESPUR_MUST_USE despur_status predicted_name_overlapping(despur_predicted *out, const column_roles *roles,
                                                         const despur_columns *columns, uint32_t *codes,
                                                         despur_error *error);

#endif
