/* Which column of a table of predictions is what: as it was said, or by the names that people use. */
#ifndef EVAL_COLUMNS_H
#define EVAL_COLUMNS_H

#include "base/text.h"
#include "despur/measures.h"
#include "io/column_cut.h"
#include "io/table.h"

typedef struct column_roles {
  table_column *label, *prediction, *score, *id, *unit, *weight; /* NULL: there is none */
  table_column **by;
  table_column **maybe_labels; /* [maybe_count] that have no part yet: one with the values of `like` is the
                                  label, which is known when they have been read */
  size_t maybe_count;
  table_column *like;  /* what a model said, while the label is not known, and where it was found so */
  column_cut *cuts;    /* [by_count] of numbers that make groups */
  bool overlapping;    /* each of them says whether an example has something */
  size_t by_count;     /* 0: the groups are the classes */
  table_column *split; /* rows of one value are measured, or NULL; guessed so that several are noticed */
  table_column **probabilities;     /* one for each class */
  size_t probability_count, prefix; /* prefix: bytes in front of the names of classes */
} column_roles;

/* Finds the columns and says for what the table is to read them. Release with column_roles_release. */
DESPUR_MUST_USE despur_status column_roles_find(column_roles *out, table *t, const despur_columns *columns,
                                                despur_error *error);
/* The same for examples that need no predictions: only what has been said, a label (labels: one is needed)
 * and an id. A label without a usual name may have the values of a column of predictions, which is looked for
 * then; column_roles_settle_label says so when the values are there. */
DESPUR_MUST_USE despur_status column_roles_find_examples(column_roles *out, table *t,
                                                         const despur_columns *columns, bool labels,
                                                         despur_error *error);
/* The number from which on an example has what an overlapping column says. */
double overlap_threshold(const despur_columns *columns);
void column_roles_release(column_roles *roles);

/* A column that somebody has given another part is not the label. */
void column_roles_not_label(column_roles *roles, const table_column *column);
/* When the table has been read: which of the columns that may be the label has the values of the prediction.
 * DESPUR_BAD_INPUT when none has, or several. Does nothing where the label is known. */
DESPUR_MUST_USE despur_status column_roles_settle_label(column_roles *roles, const table *t,
                                                        despur_error *error);

/* All of that; and leaves the rows of the split that was asked for and cuts the columns that are
 * to be cut. DESPUR_BAD_INPUT where their values do not allow it. A column that nobody has named, and whose
 * values are all the same, tells no groups apart and goes: runs without attributes leave one. */
DESPUR_MUST_USE despur_status column_roles_settle(column_roles *roles, table *t,
                                                  const despur_columns *columns, despur_error *error);

/* Only the second of these. */
DESPUR_MUST_USE despur_status column_roles_cut(const column_roles *roles, const table *t,
                                               despur_error *error);

/* A sentence where nobody has asked for a split and there are several; else nothing. */
DESPUR_MUST_USE despur_status column_roles_note_splits(text *out, const column_roles *roles,
                                                       const despur_columns *columns, despur_error *error);

/* "label: y, prediction: pred": what says how the model did. */
DESPUR_MUST_USE despur_status column_roles_describe_outcomes(text *out, const column_roles *roles,
                                                             despur_error *error);
/* "label: y, prediction: pred, groups: sex x race, within each label". */
DESPUR_MUST_USE despur_status column_roles_describe(text *out, const column_roles *roles,
                                                    const despur_columns *columns, despur_error *error);

#endif
