/* How much examples weigh, from a column of a table. */
#ifndef EVAL_PREDICTED_WEIGHTS_H
#define EVAL_PREDICTED_WEIGHTS_H

#include "base/text.h"
#include "despur/examples.h"
#include "despur/measures.h"
#include "io/table.h"

/* Checks the column before anything else is made of the rows, and leaves out those that weigh nothing, which
 * *note then says (release with mem_free). DESPUR_BAD_INPUT names the first weight that is none. */
DESPUR_MUST_USE despur_status weights_settle(text *note, table *t, const table_column *column,
                                             despur_error *error);

/* Takes the weights; none where all rows weigh alike, which *note then says. */
DESPUR_MUST_USE despur_status weights_take(despur_predicted *out, text *note, table_column *column,
                                           despur_error *error);

/* The same of examples, whose rows stay where they are: those that weigh nothing, too, if `zeros` may be.
 * DESPUR_BAD_INPUT names the first row that weighs nothing where none may. */
DESPUR_MUST_USE despur_status weights_take_examples(despur_examples *out, text_list *notes, const table *t,
                                                    table_column *column, bool zeros, despur_error *error);

#endif
