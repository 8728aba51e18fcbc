/* Fisher's linear discriminant between a cell and all others, within classes: the direction is S^-1 times the
 * covariance of coordinates (principal components, or the places of a map) with the cell's indicator, both
 * less the means of the class. S, which all cells share, is factored once. */
#include "audit/audit.h"
#include "base/math.h"
#include "base/memory.h"

static const double RIDGE = 1e-3; /* of every variance: directions in which nothing varies say nothing, and
                                     S^-1 would follow them */

struct audit_discriminant {
  const audit_data *data;
  audit_coordinates of;
  double *factor; /* [k, k] lower triangle of Cholesky's factor */
  double *means;  /* [classes, k] */
  double *counts; /* [classes] of the discovery half */
  double count;   /* of all of them */
};

/* NULL: the example has none. */
static const float *row_of(const audit_discriminant *f, size_t example) {
  const audit_coordinates *of = &f->of;
  if (!of->row_of) return of->values + example * of->stride;
  return of->row_of[example] == DESPUR_NO_VALUE ? NULL : of->values + of->row_of[example] * of->stride;
}

static void add_means(audit_discriminant *f) {
  const audit_data *d = f->data;
  const size_t k = f->of.k;
  for (size_t i = 0; i < d->discovery_count; i++)
    if (row_of(f, d->discovery[i])) f->counts[d->labels[d->discovery[i]]]++;
  for (size_t i = 0; i < d->discovery_count; i++) {
    const size_t y = d->labels[d->discovery[i]];
    const float *row = row_of(f, d->discovery[i]);
    for (size_t j = 0; row && j < k; j++) f->means[y * k + j] += (double)row[j] / f->counts[y];
  }
  for (size_t y = 0; y < d->classes; y++) f->count += f->counts[y];
}

static void add_covariance(audit_discriminant *f) {
  const audit_data *d = f->data;
  const size_t k = f->of.k;
  for (size_t i = 0; i < d->discovery_count; i++) {
    const float *row = row_of(f, d->discovery[i]);
    const double *mean = f->means + d->labels[d->discovery[i]] * k;
    for (size_t r = 0; row && r < k; r++)
      for (size_t c = 0; c <= r; c++)
        f->factor[r * k + c] += ((double)row[r] - mean[r]) * ((double)row[c] - mean[c]) / f->count;
  }
}

static void factorise(double *a, size_t k) {
  for (size_t r = 0; r < k; r++) a[r * k + r] += RIDGE * a[r * k + r] + 1e-12;
  for (size_t r = 0; r < k; r++)
    for (size_t c = 0; c <= r; c++) {
      double sum = a[r * k + c];
      for (size_t j = 0; j < c; j++) sum -= a[r * k + j] * a[c * k + j];
      a[r * k + c] = r == c ? math_sqrt(sum > 1e-12 ? sum : 1e-12) : sum / a[c * k + c];
    }
}

static void solve(double *x, const double *factor, size_t k) {
  for (size_t r = 0; r < k; r++) {
    for (size_t j = 0; j < r; j++) x[r] -= factor[r * k + j] * x[j];
    x[r] /= factor[r * k + r];
  }
  for (size_t r = k; r-- > 0;) {
    for (size_t j = r + 1; j < k; j++) x[r] -= factor[j * k + r] * x[j];
    x[r] /= factor[r * k + r];
  }
}

despur_status audit_discriminant_create(audit_discriminant **out, const audit_data *data,
                                        const audit_coordinates *of, despur_error *error) {
  despur_status status = DESPUR_OK;
  audit_discriminant *f = NULL;
  const size_t k = of->k;
  *out = NULL;
  TRY(mem_alloc(&f, 1, sizeof *f, error));
  f->data = data;
  f->of = *of;
  TRY(mem_alloc(&f->factor, k, k * sizeof *f->factor, error));
  TRY(mem_alloc(&f->means, data->classes, k * sizeof *f->means, error));
  TRY(mem_alloc(&f->counts, data->classes, sizeof *f->counts, error));
  add_means(f);
  add_covariance(f);
  factorise(f->factor, k);
  *out = f;
  f = NULL;
cleanup:
  audit_discriminant_free(f);
  return status;
}

despur_status audit_discriminant_score(double *score, const audit_discriminant *f, const uint32_t *of_example,
                                       uint32_t cell, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = f->data;
  const size_t k = f->of.k;
  double *direction = NULL;
  TRY(mem_alloc(&direction, k, sizeof *direction, error));
  for (size_t i = 0; i < d->discovery_count; i++) {
    const size_t e = d->discovery[i];
    const float *row = row_of(f, e);
    if (of_example[e] != cell) continue; /* coordinates less class means add up to 0 over all */
    for (size_t j = 0; row && j < k; j++) direction[j] += (double)row[j] - f->means[d->labels[e] * k + j];
  }
  for (size_t j = 0; j < k; j++) direction[j] /= f->count;
  solve(direction, f->factor, k);
  for (size_t i = 0; i < d->n; i++) {
    const float *row = row_of(f, i);
    score[i] = 0;
    for (size_t j = 0; row && j < k; j++) score[i] += direction[j] * (double)row[j];
  }
cleanup:
  mem_free(direction);
  return status;
}

void audit_discriminant_free(audit_discriminant *f) {
  if (!f) return;
  mem_free(f->factor);
  mem_free(f->means);
  mem_free(f->counts);
  mem_free(f);
}
