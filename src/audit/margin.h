#ifndef AUDIT_MARGIN_H
#define AUDIT_MARGIN_H

#include "despur/audit.h"

#include <stdbool.h>

/* An example of the class at hand. */
typedef struct margin_row {
  double score, margin; /* how much it looks like the cell; how sure the model is of the label */
  double sorted;        /* scratch */
  bool in, wrong;       /* whether it is in the cell, and predicted wrongly */
} margin_row;

/* Fills p_left and left of a cell whose counts are there. rows: [count + rest_count], which it sorts. */
void margin_test(despur_audit_cell *cell, margin_row *rows);

#endif
