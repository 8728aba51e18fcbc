/* Examples from a table that says what a model predicted of them, guessed as for despur_predicted_read. */
#ifndef EVAL_EXAMPLES_PREDICTED_H
#define EVAL_EXAMPLES_PREDICTED_H

#include "base/text.h"
#include "despur/examples.h"
#include "eval/predictions/columns.h"

/* Labels, predictions and classes of the table at `path`; notes are added to. */
DESPUR_MUST_USE despur_status examples_take_predicted(despur_examples *out, text_list *notes,
                                                      const char *path, const despur_columns *columns,
                                                      despur_error *error);

/* Before the rows are read: every column without another part is metadata. */
void examples_take_all_columns(column_roles *roles, table *t);

/* When they have been read: leaves the columns that divide the examples; notes say which do not. */
DESPUR_MUST_USE despur_status examples_drop_columns(column_roles *roles, text_list *notes,
                                                    despur_error *error);

/* "label: y, score: p, metadata: site, age in 4 parts" */
DESPUR_MUST_USE despur_status examples_describe(char **out, const column_roles *roles,
                                                const despur_examples *examples, despur_error *error);

#endif
