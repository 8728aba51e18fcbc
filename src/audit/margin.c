/* Whether a cell is more than the model's own margin in disguise.
 *
 * Within the class, how much an example looks like the cell is regressed on the margin; as many examples as
 * the cell has, those with the largest residuals, stand for the cell, and their errors are counted. Where a
 * class is one cloud (elliptical), residuals know nothing of errors. Where some examples go against what the
 * model goes by, they lie apart, no straight line takes them out, and errors remain.
 *
 * A cell that the margin nearly determines leaves no residuals to speak of. It is more than the margin only
 * when it is a cloud of its own: when it and the rest of the class lie further apart than two parts of one
 * normal distribution would, and than tails of the same size on the other side of the class, and on this side
 * of the class that errors go to, do; and when there is a valley in front of it (valley.c). */
#include "audit/margin.h"
#include "audit/tally.h"
#include "base/math.h"
#include "eval/statistics/distribution.h"

#include <math.h>
#include <stdlib.h>

/* From this chance on that an example of the cell has a smaller margin than one of the rest, the margin
 * determines the cell. */
static const double DETERMINED = 0.95;

enum { LEAST_OTHERS = 20 };

static const double ROUNDING = 1e-9; /* of sums of weights */

static int falling(const void *a, const void *b) {
  double x = ((const margin_row *)a)->sorted, y = ((const margin_row *)b)->sorted;
  return (x < y) - (x > y);
}

static double larger(double a, double b) {
  return a > b ? a : b;
}

static double weight_of(const margin_row *rows, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += rows[i].weight;
  return sum;
}

/* ---- residuals ---- */

static void take_line_out(margin_row *rows, size_t count) {
  double mean_score = 0, mean_margin = 0, both = 0, square = 0, whole = weight_of(rows, count);
  for (size_t i = 0; i < count; i++) {
    mean_score += rows[i].weight * rows[i].score / whole;
    mean_margin += rows[i].weight * rows[i].margin / whole;
  }
  for (size_t i = 0; i < count; i++) {
    double margin = rows[i].margin - mean_margin;
    both += rows[i].weight * (margin * (rows[i].score - mean_score));
    square += rows[i].weight * (margin * margin);
  }
  double slope = square > 0 ? both / square : 0;
  for (size_t i = 0; i < count; i++)
    rows[i].sorted = rows[i].score - mean_score - slope * (rows[i].margin - mean_margin);
}

/* Errors of the examples with the largest residuals that together weigh `most` at least, and of the others:
 * those with the same residual as the last are taken as well. */
static void count_residuals(audit_tally *taken, audit_tally *rest, margin_row *rows, size_t count,
                            double most) {
  size_t i = 0;
  take_line_out(rows, count);
  qsort(rows, count, sizeof *rows, falling);
  for (; i < count && (taken->whole < most || rows[i].sorted >= rows[i - 1].sorted); i++)
    tally_add(taken, rows[i].weight, rows[i].wrong);
  for (; i < count; i++) tally_add(rest, rows[i].weight, rows[i].wrong);
}

static void test_residuals(despur_audit_cell *cell, margin_row *rows) {
  audit_tally taken = {0}, rest = {0};
  count_residuals(&taken, &rest, rows, cell->count + cell->rest_count, cell->weight * (1 - ROUNDING));
  cell->p_left = tally_fisher(&taken, &rest);
  if (rest.count > 0) cell->left = tally_share(&taken) - tally_share(&rest);
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
      *(rows[to].in ? &in_here : &out_here) += rows[to].weight;
    }
    sum += in_here * (out_above + 0.5 * out_here);
    out_above += out_here;
  }
  return sum / (in * out);
}

/* How far apart the means of two parts lie, in deviations of the whole, and the variance of that, which
 * counts the spread of both parts and of the deviation. */
typedef struct distance {
  double gap, variance;
} distance;

/* Of the examples with `part` and those without. {NaN} where all scores are equal. */
static distance distance_of(const margin_row *rows, size_t count) {
  double mean_in = 0, mean_out = 0, in_square = 0, out_square = 0, in_spread = 0, out_spread = 0, fourth = 0;
  audit_tally all = {0};
  for (size_t i = 0; i < count; i++) tally_add(&all, rows[i].weight, rows[i].part);
  double n = all.whole, in = all.part, out = n - in, share = in / n;
  for (size_t i = 0; i < count; i++)
    *(rows[i].part ? &mean_in : &mean_out) += rows[i].weight * rows[i].score / (rows[i].part ? in : out);
  double mean = (in * mean_in + out * mean_out) / n;
  for (size_t i = 0; i < count; i++) {
    double w = rows[i].weight, part = rows[i].score - (rows[i].part ? mean_in : mean_out),
           whole = rows[i].score - mean;
    *(rows[i].part ? &in_square : &out_square) += w * (part * part);
    *(rows[i].part ? &in_spread : &out_spread) += w * (w * (part * part));
    fourth += w * (whole * whole * whole * whole) / n;
  }
  double variance =
      (in_square + out_square) / n + share * (1 - share) * (mean_in - mean_out) * (mean_in - mean_out);
  if (!(variance > 0)) return (distance){(double)NAN, 0};
  double gap = (mean_in - mean_out) / math_sqrt(variance);
  return (distance){gap, in_spread / (in * in) / variance + out_spread / (out * out) / variance +
                             0.25 * gap * gap * (fourth / (variance * variance) - 1) / tally_kish(&all)};
}

/* The examples with the largest scores, or the smallest (sign -1), that make a share, against the others. */
static distance tail_distance(margin_row *rows, size_t count, double share, double sign) {
  double before = 0, most = share * weight_of(rows, count);
  for (size_t i = 0; i < count; i++) rows[i].sorted = sign * rows[i].score;
  qsort(rows, count, sizeof *rows, falling);
  for (size_t i = 0; i < count; i++) {
    rows[i].part = i == 0 || (i + 1 < count && before + 0.5 * rows[i].weight <= most);
    before += rows[i].weight;
  }
  distance found = distance_of(rows, count);
  found.gap *= sign;
  return found;
}

/* P-value of "it is no further than usual". */
static double p_of_distance(distance own, distance usual) {
  double variance = own.variance + usual.variance, more = own.gap - usual.gap;
  if (isnan(more)) return 1;
  return variance > 0 ? normal_below(-more / math_sqrt(variance)) : more > 0 ? 0 : 1;
}

/* P-value of "the cell is cut from one cloud". */
static double p_of_one_cloud(margin_row *rows, size_t count, double share, margin_row *others,
                             size_t others_count) {
  for (size_t i = 0; i < count; i++) rows[i].part = rows[i].in;
  distance own = distance_of(rows, count);
  double z = normal_quantile(share);
  distance cut = {math_exp(-0.5 * z * z) / math_sqrt(2 * MATH_PI) / (share * (1 - share)), 0};
  double p = larger(p_of_distance(own, cut), p_of_distance(own, tail_distance(rows, count, share, -1)));
  if (others_count < LEAST_OTHERS) return p;
  return larger(p, p_of_distance(own, tail_distance(others, others_count, share, 1)));
}

void margin_test(despur_audit_cell *cell, margin_row *rows, margin_row *others, size_t others_count) {
  size_t count = cell->count + cell->rest_count;
  double in = cell->weight, out = weight_of(rows, count) - in;
  test_residuals(cell, rows);
  cell->determined = chance_of_smaller(rows, count, in, out) >= DETERMINED;
  if (cell->determined) cell->p_left = p_of_one_cloud(rows, count, in / (in + out), others, others_count);
}
