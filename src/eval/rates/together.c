/* Two shares p_g = sum of w k over the examples in g, divided by the sum of their weights w, vary together by
 * what the blocks add to both that were drawn at random: units, or examples with all their memberships.
 * The covariance of two such ratios is sum_u r_gu r_hu / (w_g w_h), where r_gu = sum over u in g of w (k -
 * p_g) (Cochran 1977, 6.13, whose variance it is for g = h; so do statsmodels' errors that are robust to
 * clusters). For examples that are their own units it says how often those in both groups are right together.
 * What does not depend on the pair cancels in the correlation. */
#include "eval/rates/together.h"

#include "base/math.h"
#include "base/memory.h"
#include "eval/rates/rate_kinds.h"

#include <stdbool.h>

/* Of one block. */
typedef struct residuals {
  double of[TOGETHER_MOST];
  bool has[TOGETHER_MOST];
  uint32_t parts[TOGETHER_MOST]; /* [count] that have any */
  size_t count;
} residuals;

/* Rows of one kind of rate. */
typedef struct reader {
  const despur_predicted *p;
  const uint32_t *keys;
  uint32_t positive;
  size_t parts;
  despur_rate_kind kind;
} reader;

/* Whether a row has a part in the rate of one of the parts, and whether it adds to it. */
static bool reads(bool *hit, const reader *r, uint32_t row) {
  const uint32_t label = r->p->labels[row], said = r->p->predictions[row];
  return r->keys[row] < r->parts &&
         rate_counts(hit, r->kind, (rate_row){label == r->positive, said == r->positive, label == said});
}

static void find_shares(double *shares, const reader *r) {
  double whole[TOGETHER_MOST] = {0};
  for (size_t g = 0; g < r->parts; g++) shares[g] = 0;
  for (uint32_t i = 0; i < r->p->count; i++) {
    bool hit;
    if (!reads(&hit, r, i)) continue;
    whole[r->keys[i]] += row_weight(r->p, i);
    shares[r->keys[i]] += hit ? row_weight(r->p, i) : 0;
  }
  for (size_t g = 0; g < r->parts; g++)
    if (whole[g] > 0) shares[g] /= whole[g];
}

static void add_row(residuals *r, uint32_t part, double residual) {
  if (!r->has[part]) {
    r->has[part] = true;
    r->of[part] = 0;
    r->parts[r->count++] = part;
  }
  r->of[part] += residual;
}

static void end_block(double *products, residuals *r, size_t parts) {
  for (size_t i = 0; i < r->count; i++)
    for (size_t k = 0; k <= i; k++) {
      uint32_t a = r->parts[i], b = r->parts[k];
      double product = r->of[a] * r->of[b];
      products[a * parts + b] += product;
      if (a != b) products[b * parts + a] += product;
    }
  for (size_t i = 0; i < r->count; i++) r->has[r->parts[i]] = false;
  r->count = 0;
}

/* From products to correlations. */
static void divide(double *of, size_t parts) {
  double deviations[TOGETHER_MOST];
  for (size_t g = 0; g < parts; g++) deviations[g] = math_sqrt(of[g * parts + g]);
  for (size_t g = 0; g < parts; g++)
    for (size_t h = 0; h < parts; h++) {
      double *r = &of[g * parts + h], both = deviations[g] * deviations[h];
      *r = g == h ? 1 : both > 0 ? *r / both : 0;
      if (*r > 1 || *r < -1) *r = *r > 1 ? 1 : -1; /* by a rounding */
    }
}

static void multiply(double *products, const reader *r, const unit_rows *rows) {
  double shares[TOGETHER_MOST];
  residuals here = {.count = 0};
  find_shares(shares, r);
  for (size_t u = 0; u < rows->units; u++) {
    for (size_t i = rows->first[u]; i < rows->first[u + 1]; i++) {
      const uint32_t row = rows->rows[i];
      bool hit;
      if (reads(&hit, r, row))
        add_row(&here, r->keys[row], row_weight(r->p, row) * (hit - shares[r->keys[row]]));
    }
    end_block(products, &here, r->parts);
  }
}

despur_status together_find(together *out, size_t parts, const despur_predicted *p, uint32_t positive,
                            const unit_rows *rows, const uint32_t *keys, despur_error *error) {
  despur_status status = DESPUR_OK;
  reader r = {.p = p, .keys = keys, .positive = positive, .parts = parts};
  *out = (together){0};
  if (parts > TOGETHER_MOST) return DESPUR_OK;
  TRY(mem_alloc(&out->of, DESPUR_RATE_KINDS * parts * parts, sizeof *out->of, error));
  out->parts = parts;
  for (size_t k = 0; k < RATE_KINDS_COUNTED; k++) {
    r.kind = rate_kinds_counted[k];
    double *of = out->of + (size_t)r.kind * parts * parts;
    multiply(of, &r, rows);
    divide(of, parts);
  }
cleanup:
  return status;
}

void together_release(together *t) {
  mem_free(t->of);
  *t = (together){0};
}

const double *together_of(const together *t, despur_rate_kind kind) {
  return t->of ? t->of + (size_t)rate_kind_counted(kind) * t->parts * t->parts : NULL;
}
