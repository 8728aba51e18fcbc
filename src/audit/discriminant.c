/* Fisher's linear discriminant between a cell and all others, within classes: the direction is
 * S^-1 times the covariance of principal components with the cell's indicator, both less the means of the
 * class. S, which all cells share, is factored once. */
#include "audit/audit.h"
#include "base/math.h"
#include "base/memory.h"

static const double RIDGE = 1e-3; /* of every variance: directions in which nothing varies say nothing, and
                                     S^-1 would follow them */

struct audit_discriminant {
  const audit_data *data;
  double *factor; /* [k, k] lower triangle of Cholesky's factor */
  double *means;  /* [classes, k] */
  double *counts; /* [classes] of the discovery half */
};

static void add_means(audit_discriminant *f) {
  const audit_data *d = f->data;
  size_t k = d->components;
  for (size_t i = 0; i < d->discovery_count; i++) f->counts[d->labels[d->discovery[i]]]++;
  for (size_t i = 0; i < d->discovery_count; i++) {
    size_t e = d->discovery[i], y = d->labels[e];
    for (size_t j = 0; j < k; j++) f->means[y * k + j] += (double)d->q[e * k + j] / f->counts[y];
  }
}

static void add_covariance(audit_discriminant *f) {
  const audit_data *d = f->data;
  size_t k = d->components;
  for (size_t i = 0; i < d->discovery_count; i++) {
    size_t e = d->discovery[i];
    const double *mean = f->means + d->labels[e] * k;
    for (size_t r = 0; r < k; r++)
      for (size_t c = 0; c <= r; c++)
        f->factor[r * k + c] += ((double)d->q[e * k + r] - mean[r]) * ((double)d->q[e * k + c] - mean[c]) /
                                (double)d->discovery_count;
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
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  audit_discriminant *f = NULL;
  size_t k = data->components;
  *out = NULL;
  TRY(mem_alloc(&f, 1, sizeof *f, error));
  f->data = data;
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
  size_t k = d->components;
  double *direction = NULL;
  TRY(mem_alloc(&direction, k, sizeof *direction, error));
  for (size_t i = 0; i < d->discovery_count; i++) {
    size_t e = d->discovery[i];
    if (of_example[e] != cell) continue; /* components less class means add up to 0 over all */
    for (size_t j = 0; j < k; j++) direction[j] += (double)d->q[e * k + j] - f->means[d->labels[e] * k + j];
  }
  for (size_t j = 0; j < k; j++) direction[j] /= (double)d->discovery_count;
  solve(direction, f->factor, k);
  for (size_t i = 0; i < d->n; i++) {
    score[i] = 0;
    for (size_t j = 0; j < k; j++) score[i] += direction[j] * (double)d->q[i * k + j];
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
