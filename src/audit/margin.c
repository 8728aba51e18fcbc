/* Whether a cell is more than the model's own margin in disguise.
 *
 * Within the class, how much an example looks like the cell is regressed on the margin; as many examples as
 * the cell has, those with the largest residuals, stand for the cell, and their errors are counted. Where a
 * class is one cloud (elliptical), residuals know nothing of errors. Where some examples go against what the
 * model goes by, they lie apart, no straight line takes them out, and errors remain.
 *
 * A cell that the margin nearly determines leaves no residuals to speak of. It is more than the margin only
 * when it is a cloud of its own: when it and the rest of the class lie further apart than two parts of one
 * normal distribution would. */
#include "audit/margin.h"
#include "base/math.h"
#include "despur/stats.h"
#include "eval/distribution.h"

#include <math.h>
#include <stdlib.h>

/* From this chance on that an example of the cell has a smaller margin than one of the rest, the margin
 * determines the cell. */
static const double DETERMINED = 0.95;

static int falling(const void *a, const void *b) {
  double x = ((const margin_row *)a)->sorted, y = ((const margin_row *)b)->sorted;
  return (x < y) - (x > y);
}

/* ---- residuals ---- */

static void take_line_out(margin_row *rows, size_t count) {
  double mean_score = 0, mean_margin = 0, both = 0, square = 0;
  for (size_t i = 0; i < count; i++) {
    mean_score += rows[i].score / (double)count;
    mean_margin += rows[i].margin / (double)count;
  }
  for (size_t i = 0; i < count; i++) {
    double margin = rows[i].margin - mean_margin;
    both += margin * (rows[i].score - mean_score);
    square += margin * margin;
  }
  double slope = square > 0 ? both / square : 0;
  for (size_t i = 0; i < count; i++)
    rows[i].sorted = rows[i].score - mean_score - slope * (rows[i].margin - mean_margin);
}

/* Examples with the same residual as the last one that is taken are taken as well. */
static void test_residuals(despur_audit_cell *cell, margin_row *rows, size_t count) {
  size_t taken = 0, wrong = 0, rest_wrong = 0;
  take_line_out(rows, count);
  qsort(rows, count, sizeof *rows, falling);
  while (taken < count && rows[taken].sorted >= rows[cell->count - 1].sorted) wrong += rows[taken++].wrong;
  for (size_t i = taken; i < count; i++) rest_wrong += rows[i].wrong;
  cell->p_left = despur_fisher_greater(wrong, taken, rest_wrong, count - taken);
  if (taken < count)
    cell->left = (double)wrong / (double)taken - (double)rest_wrong / (double)(count - taken);
}

/* ---- cells that the margin determines ---- */

/* The chance that an example of the cell has a smaller margin than one of the rest; equal ones count half. */
static double chance_of_smaller(margin_row *rows, size_t count, double in, double out) {
  double sum = 0, out_above = 0;
  for (size_t i = 0; i < count; i++) rows[i].sorted = rows[i].margin;
  qsort(rows, count, sizeof *rows, falling);
  for (size_t from = 0, to; from < count; from = to) {
    double in_here = 0, out_here = 0;
    for (to = from; to < count && rows[to].sorted == rows[from].sorted; to++) {
      in_here += rows[to].in;
      out_here += !rows[to].in;
    }
    sum += in_here * (out_above + 0.5 * out_here);
    out_above += out_here;
  }
  return sum / (in * out);
}

/* P-value of "the cell is cut from one normal cloud": its scores lie no further from the rest's than those
 * beyond a quantile do. The standard error counts the spread of both parts and of the deviation. */
static double p_of_one_cloud(const margin_row *rows, size_t count, double in, double out) {
  double mean_in = 0, mean_out = 0, in_square = 0, out_square = 0, fourth = 0, n = in + out;
  for (size_t i = 0; i < count; i++)
    *(rows[i].in ? &mean_in : &mean_out) += rows[i].score / (rows[i].in ? in : out);
  double mean = (in * mean_in + out * mean_out) / n;
  for (size_t i = 0; i < count; i++) {
    double part = rows[i].score - (rows[i].in ? mean_in : mean_out), whole = rows[i].score - mean;
    *(rows[i].in ? &in_square : &out_square) += part * part;
    fourth += whole * whole * whole * whole / n;
  }
  double share = in / n, variance = (in_square + out_square) / n +
                                    share * (1 - share) * (mean_in - mean_out) * (mean_in - mean_out);
  if (!(variance > 0)) return 1;
  double gap = (mean_in - mean_out) / math_sqrt(variance), z = normal_quantile(share);
  double usual = math_exp(-0.5 * z * z) / math_sqrt(2 * MATH_PI) / (share * (1 - share));
  double error = in_square / (in * in) / variance + out_square / (out * out) / variance +
                 0.25 * gap * gap * (fourth / (variance * variance) - 1) / n;
  return error > 0 ? normal_below((usual - gap) / math_sqrt(error)) : gap > usual ? 0 : 1;
}

void margin_test(despur_audit_cell *cell, margin_row *rows) {
  size_t count = cell->count + cell->rest_count;
  double in = (double)cell->count, out = (double)cell->rest_count;
  test_residuals(cell, rows, count);
  if (chance_of_smaller(rows, count, in, out) >= DETERMINED)
    cell->p_left = p_of_one_cloud(rows, count, in, out);
}
