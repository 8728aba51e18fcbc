/* What a table says of examples beside labels, predictions and groups. */
#ifndef EVAL_PREDICTED_EXAMPLES_H
#define EVAL_PREDICTED_EXAMPLES_H

#include "despur/measures.h"
#include "io/table.h"

/* DESPUR_BAD_INPUT when some rows have no value: "3 of 100 labels are missing, the first in line 7". */
DESPUR_MUST_USE despur_status examples_refuse_missing(const table *t, const table_column *column,
                                                      const char *what, despur_error *error);

/* Texts that tell examples apart; no two may be alike. */
DESPUR_MUST_USE despur_status examples_take_ids(despur_predicted *out, const table *t,
                                                const table_column *column, despur_error *error);

/* Units, numbered in the order of their names, of which there must be several. */
DESPUR_MUST_USE despur_status examples_take_units(despur_predicted *out, const table *t, table_column *column,
                                                  despur_error *error);

/* Hashes of the columns that have no part. */
DESPUR_MUST_USE despur_status examples_take_others(despur_predicted *out, table *t, despur_error *error);

#endif
