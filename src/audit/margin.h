#ifndef AUDIT_MARGIN_H
#define AUDIT_MARGIN_H

#include "base/error.h"
#include "despur/audit.h"

#include <stdbool.h>

/* An example of the class at hand. */
typedef struct margin_row {
  double score, margin; /* how much it looks like the cell; how sure the model is of the label */
  double weight;
  double sorted;  /* scratch */
  bool part;      /* scratch */
  bool in, wrong; /* whether it is in the cell, and predicted wrongly */
} margin_row;

/* Fills p_left, left and determined of a cell whose counts are there. rows: [count + rest_count]; others:
 * [others_count] examples of the class that errors go to, of which `in` and `wrong` need not be known. Sorts
 * both. */
void margin_test(despur_audit_cell *cell, margin_row *rows, margin_row *others, size_t others_count);

/* Of the examples of a class, how many lie in each of four stretches from the middle of the cell to that of
 * the rest, the outermost first; of examples that weigh, how many that weigh alike (Kish). */
enum { VALLEY_STRETCHES = 4 };
DESPUR_MUST_USE despur_status valley_count(double table[VALLEY_STRETCHES], const margin_row *rows,
                                           size_t count, despur_error *error);

/* P-value of "these cells are tails of their classes". */
double valley_p(const double (*tables)[VALLEY_STRETCHES], size_t count);

#endif
