/* Inside of examples. */
#ifndef EVAL_EXAMPLES_H
#define EVAL_EXAMPLES_H

#include "base/error.h"
#include "despur/examples.h"
#include "io/table.h"

/* The values of a column that has been read as TABLE_CATEGORIES. Release with despur_example_column_release.
 */
DESPUR_MUST_USE despur_status examples_take_column(despur_example_column *out, const table_column *column,
                                                   despur_error *error);

/* A row for each example: its id or number, split, label and attribute, as far as they are known. */
DESPUR_MUST_USE despur_status examples_write_table(const despur_examples *examples, const char *path,
                                                   despur_error *error);

#endif
