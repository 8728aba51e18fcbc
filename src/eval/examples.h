/* Inside of examples. */
#ifndef EVAL_EXAMPLES_H
#define EVAL_EXAMPLES_H

#include "base/error.h"
#include "despur/examples.h"

/* A row for each example: its id or number, split, label and attribute, as far as they are known. */
DESPUR_MUST_USE despur_status examples_write_table(const despur_examples *examples, const char *path,
                                                   despur_error *error);

#endif
