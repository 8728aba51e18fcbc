/* Whether cells that the margin determines are clouds of their own, or the tail of their class.
 *
 * Where a class is one cloud (log-concave: normal, logistic and exponential tails are), examples become rarer
 * towards its tail at least as fast the further out they are. So of four stretches of equal length, the first
 * around the middle of the cell and the last around the middle of the rest, along what tells both apart, the
 * outermost holds at most as many for each example of its neighbour as the third does for each of the fourth.
 * The odds of all such cells of a partition are compared together (Cochran-Mantel-Haenszel). */
#include "audit/margin.h"
#include "audit/tally.h"
#include "base/memory.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median score inside the cell or outside; there is one of these at least. */
static double middle_of(double *scratch, const margin_row *rows, size_t count, bool inside) {
  size_t found = 0;
  for (size_t i = 0; i < count; i++)
    if (rows[i].in == inside) scratch[found++] = rows[i].score;
  qsort(scratch, found, sizeof *scratch, ascending);
  return 0.5 * (scratch[(found - 1) / 2] + scratch[found / 2]);
}

despur_status valley_count(double table[VALLEY_STRETCHES], const margin_row *rows, size_t count,
                           despur_error *error) {
  double *scratch = NULL;
  despur_status status = mem_alloc(&scratch, count, sizeof *scratch, error);
  if (status != DESPUR_OK) return status;
  double inner = middle_of(scratch, rows, count, true), outer = middle_of(scratch, rows, count, false);
  mem_free(scratch);
  double width = (inner - outer) / (VALLEY_STRETCHES - 1);
  for (size_t k = 0; k < VALLEY_STRETCHES; k++) table[k] = 0;
  if (!(width > 0)) return DESPUR_OK;
  audit_tally all = {0};
  for (size_t i = 0; i < count; i++) {
    double place = (inner - rows[i].score) / width + 0.5;
    tally_add(&all, rows[i].weight, false);
    if (place >= 0 && place < VALLEY_STRETCHES) table[(size_t)place] += rows[i].weight;
  }
  double alike = tally_kish(&all) / all.whole;
  for (size_t k = 0; k < VALLEY_STRETCHES; k++) table[k] *= alike;
  return DESPUR_OK;
}

double valley_p(const double (*tables)[VALLEY_STRETCHES], size_t count) {
  despur_common_odds odds = despur_mantel_haenszel(tables, count);
  return odds.z > 0 ? odds.p / 2 : 1 - odds.p / 2;
}
