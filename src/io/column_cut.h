/* Columns of numbers cut into ranges, so that they can make groups. */
#ifndef IO_COLUMN_CUT_H
#define IO_COLUMN_CUT_H

#include "io/column.h"

enum { COLUMN_MOST_PARTS = 20 };

/* "4": parts of nearly equal size; "18,35,65": a range begins at each of these. {0}: not cut. */
typedef struct column_cut {
  size_t parts;  /* 0: at the edges */
  double *edges; /* [count], ascending */
  char **names;  /* [count] the edges as they were written */
  size_t count;
} column_cut;

/* Reads numbers with commas between them. One whole number from 2 to COLUMN_MOST_PARTS is a number of parts.
 * DESPUR_BAD_USAGE, without a place, for anything else. Release with column_cut_release. */
DESPUR_MUST_USE despur_status column_cut_parse(column_cut *out, const char *given, despur_error *error);
void column_cut_release(column_cut *cut);

/* The values become ranges: "under 18", "18 to under 35", "65 and over", in this order; missing ones stay
 * missing. With parts, range k of K begins at the least value that has at least k / K of the rows below it:
 * equal values stay together, so there may be fewer. DESPUR_BAD_INPUT, without a place, when a value is no
 * number. */
DESPUR_MUST_USE despur_status column_cut_apply(value_column *c, const column_cut *cut, despur_error *error);

#endif
