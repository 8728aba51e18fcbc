#include "eval/statistics/effective.h"

#include "base/math.h"
#include "base/memory.h"
#include "eval/predictions/predicted.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/student.h"
#include "eval/statistics/wilson.h"

#include <math.h>

/* ---- from sums ---- */

/* sum (k_u - p n_u)^2, multiplied out: so one pass over the units is enough, before p is known. */
double unit_variance(const unit_sums *s) {
  double n = s->whole, p = s->part / n, m = (double)s->units;
  double squares = s->part_square - 2 * p * s->whole_part + p * p * s->whole_square;
  if (s->units < 2) return (double)NAN;
  /* rounding may leave a hair below zero when all units have the same share */
  return squares > 0 ? m / (m - 1) * squares / (n * n) : 0;
}

/* most: Kish's number, n^2 / sum w^2. More than that can only be luck of the draw. */
despur_effective unit_effective(const unit_sums *s) {
  double n = s->whole, p = s->part / n, v = unit_variance(s), most = n * (n / s->row_square);
  despur_effective of = {.units = s->units, .weighted = s->weighted, .share = s->weighted ? p : 0};
  if (s->units == 0) return of;
  of.count = s->mean * (s->mean / s->mean_square);
  if (s->units == 1 || s->part == 0 || s->part == s->whole) return of;
  of.count = p * (1 - p) / v;
  if (!(of.count < most)) of.count = most;
  return of;
}

double effective_share(despur_effective of, size_t part, size_t whole) {
  return whole == 0 ? (double)NAN : of.weighted ? of.share : (double)part / (double)whole;
}

/* Wilson's interval with n (z / t)^2 in the place of n is the one with t in the place of z: few units say
 * little of their own variance. */
despur_interval effective_interval(double share, despur_effective of, double z) {
  if (of.units == 0) return wilson_interval(share, of.count, z);
  if (of.units == 1) return (despur_interval){0, 1};
  double t = student_of_normal(z, of.units - 1);
  return wilson_interval(share, of.count * (z / t) * (z / t), z);
}

despur_interval despur_effective_interval(size_t correct, size_t count, despur_effective of,
                                          double confidence) {
  bool wrong = count == 0 || correct > count || !(of.count > 0) || !(confidence > 0 && confidence < 1);
  if (of.units == 0) return despur_wilson_interval(correct, count, confidence);
  if (wrong) return (despur_interval){(double)NAN, (double)NAN};
  double share = effective_share(of, correct, count);
  if (!(share >= 0 && share <= 1)) return (despur_interval){(double)NAN, (double)NAN};
  return effective_interval(share, of, normal_quantile(0.5 + 0.5 * confidence));
}

despur_interval group_interval(const despur_group_score *group, double confidence) {
  return despur_effective_interval(group->correct, group->count, group->effective, confidence);
}

despur_interval together_interval(double first, despur_interval of_first, double second,
                                  despur_interval of_second) {
  double down = first - of_first.low + of_second.high - second,
         up = of_first.high - first + second - of_second.low;
  return (despur_interval){first - second - down, first - second + up};
}

double effective_score(double share, despur_effective of, double t) {
  if (of.units == 1 || share == t) return 0;
  double deviation = math_sqrt(t * (1 - t) / of.count);
  if (!(deviation > 0)) return share > t ? HUGE_VAL : -HUGE_VAL;
  return normal_of_student((share - t) / deviation, of.units - 1);
}

/* ---- counting ---- */

static size_t unit_of(const despur_predicted *p, size_t row) {
  size_t examples = predicted_examples(p);
  return p->units ? p->units[row] : row < examples ? row : p->repeated[row - examples];
}

/* A counting sort: first[] is filled two places on, summed, and used up one place on, so that in the end
 * first[u] is where unit u begins. Rows of a unit keep their order, and sums over them their bits. */
despur_status unit_rows_find(unit_rows *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (unit_rows){.units = p->units ? p->units_count : predicted_examples(p)};
  TRY(mem_alloc(&out->rows, p->count, sizeof *out->rows, error));
  TRY(mem_alloc(&out->first, out->units + 2, sizeof *out->first, error));
  for (size_t i = 0; i < p->count; i++) out->first[unit_of(p, i) + 2]++;
  for (size_t u = 0; u < out->units; u++) out->first[u + 2] += out->first[u + 1];
  for (size_t i = 0; i < p->count; i++) out->rows[out->first[unit_of(p, i) + 1]++] = (uint32_t)i;
cleanup:
  if (status != DESPUR_OK) unit_rows_release(out);
  return status;
}

void unit_rows_release(unit_rows *rows) {
  mem_free(rows->rows);
  mem_free(rows->first);
  *rows = (unit_rows){0};
}

bool unit_rows_share(const unit_rows *r, const uint32_t *keys, size_t below) {
  for (size_t u = 0; keys && u < r->units; u++) {
    uint32_t seen = DESPUR_NO_GROUP;
    for (size_t i = r->first[u]; i < r->first[u + 1]; i++) {
      uint32_t here = keys[r->rows[i]];
      if (here >= below) continue;
      if (seen != DESPUR_NO_GROUP && here != seen) return true;
      seen = here;
    }
  }
  return false;
}

double row_weight(const despur_predicted *p, size_t row) {
  return p->weights ? p->weights[row] : 1;
}

despur_status unit_tally_create(unit_tally *out, size_t cells, bool weighted, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (unit_tally){0};
  TRY(mem_alloc(&out->sums, cells, sizeof *out->sums, error));
  TRY(mem_alloc(&out->here, cells, sizeof *out->here, error));
  TRY(mem_alloc(&out->touched, cells, sizeof *out->touched, error));
  for (size_t k = 0; k < cells; k++) out->sums[k].weighted = weighted;
cleanup:
  if (status != DESPUR_OK) unit_tally_release(out);
  return status;
}

void unit_tally_release(unit_tally *tally) {
  mem_free(tally->sums);
  mem_free(tally->here);
  mem_free(tally->touched);
  *tally = (unit_tally){0};
}

void unit_tally_add(unit_tally *t, size_t cell, double weight, bool counts) {
  unit_here *here = &t->here[cell];
  if (here->rows == 0) t->touched[t->touched_count++] = (uint32_t)cell;
  here->rows++;
  here->whole += weight;
  here->squares += weight * weight;
  if (counts) here->part += weight;
}

void unit_tally_end(unit_tally *t) {
  for (size_t i = 0; i < t->touched_count; i++) {
    unit_here *here = &t->here[t->touched[i]];
    unit_sums *s = &t->sums[t->touched[i]];
    double whole = here->whole, part = here->part, mean = whole / (double)here->rows;
    s->units++;
    s->whole += whole;
    s->part += part;
    s->whole_square += whole * whole;
    s->whole_part += whole * part;
    s->part_square += part * part;
    s->row_square += here->squares;
    s->mean += mean;
    s->mean_square += mean * mean;
    *here = (unit_here){0};
  }
  t->touched_count = 0;
}
