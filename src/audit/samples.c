/* Which examples of a finding a person should look at: those nearest to the mean of the features of their
 * side, and without features the first. All are of the confirmation half, which no finder has seen. */
#include "audit/audit.h"
#include "base/math.h"
#include "base/memory.h"
#include "io/page_image.h"

#include <stdlib.h>

enum { FINDINGS = 3, SIDES = 3 };

typedef struct near_example {
  double distance; /* squared, from the mean */
  uint32_t example;
} near_example;

static int nearer(const void *a, const void *b) {
  const near_example *x = a, *y = b;
  if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
  return (x->example > y->example) - (x->example < y->example);
}

static size_t collect(near_example *out, const audit_data *d, const despur_audit_candidate *of,
                      const despur_audit_sample *s, size_t cell) {
  size_t count = 0;
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (d->labels[e] != s->class_index || of->of_example[e] == DESPUR_NO_VALUE) continue;
    if ((of->of_example[e] == cell) == s->inside) out[count++] = (near_example){0, (uint32_t)e};
  }
  return count;
}

static despur_status measure(near_example *rows, size_t count, const audit_data *d, despur_error *error) {
  double *mean = NULL;
  size_t k = d->components;
  despur_status status = mem_alloc(&mean, k, sizeof *mean, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < k; j++) mean[j] += (double)d->q[rows[i].example * k + j] / (double)count;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < k; j++) {
      double part = (double)d->q[rows[i].example * k + j] - mean[j];
      rows[i].distance += part * part;
    }
  mem_free(mean);
  return DESPUR_OK;
}

static despur_status add_side(despur_audit *a, const audit_data *d, near_example *rows, size_t cell,
                              uint32_t class_index, int inside, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_audit_cell *c = &a->cells[cell];
  despur_audit_sample *s = &a->samples[a->samples_count];
  *s = (despur_audit_sample){.cell = cell, .class_index = class_index, .inside = inside};
  size_t count = collect(rows, d, &a->candidates[c->candidate], s, c->cell);
  if (count == 0) return DESPUR_OK;
  if (d->q) TRY(measure(rows, count, d, error));
  qsort(rows, count, sizeof *rows, nearer);
  s->examples_count = count < DESPUR_AUDIT_SAMPLE ? count : DESPUR_AUDIT_SAMPLE;
  for (size_t i = 0; i < s->examples_count; i++) s->examples[i] = rows[i].example;
  a->samples_count++;
cleanup:
  return status;
}

/* Whether two findings are about the same examples: they share at least half of what either has. Clusters in
 * two and in three parts often find one thing. */
static bool is_same(const despur_audit *a, const audit_data *d, const despur_audit_cell *x,
                    const despur_audit_cell *y) {
  size_t both = 0, either = 0;
  if (x->class_index != y->class_index) return false;
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (d->labels[e] != x->class_index) continue;
    bool in_x = a->candidates[x->candidate].of_example[e] == x->cell;
    bool in_y = a->candidates[y->candidate].of_example[e] == y->cell;
    both += in_x && in_y;
    either += in_x || in_y;
  }
  return 2 * both >= either;
}

static bool is_shown(const despur_audit *a, const audit_data *d, const despur_audit_cell *c) {
  for (size_t i = 0; i < a->samples_count; i++)
    if (is_same(a, d, &a->cells[a->samples[i].cell], c)) return true;
  return false;
}

despur_status audit_choose_samples(despur_audit *a, const audit_data *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  near_example *rows = NULL;
  size_t findings = 0;
  TRY(mem_alloc(&a->samples, FINDINGS, SIDES * sizeof *a->samples, error));
  TRY(mem_alloc(&rows, d->judged_count, sizeof *rows, error));
  for (size_t i = 0; i < a->candidates_count && findings < FINDINGS; i++) {
    const despur_audit_candidate *of = &a->candidates[i];
    if (of->verdict != DESPUR_LEANS_ON_IT && of->verdict != DESPUR_WEAK_GROUP) break;
    const despur_audit_cell *c = &a->cells[of->best];
    if (is_shown(a, d, c)) continue;
    findings++;
    TRY(add_side(a, d, rows, of->best, c->class_index, 1, error));
    TRY(add_side(a, d, rows, of->best, c->class_index, 0, error));
    if (c->toward != c->class_index) TRY(add_side(a, d, rows, of->best, c->toward, 1, error));
  }
cleanup:
  mem_free(rows);
  return status;
}

size_t despur_audit_sampled(uint32_t *out, const despur_audit *audit) {
  size_t count = 0;
  for (size_t s = 0; s < audit->samples_count; s++)
    for (size_t i = 0; i < audit->samples[s].examples_count; i++, count++)
      if (out) out[count] = audit->samples[s].examples[i];
  return count;
}

/* Bytes of a page that are for pictures. */
enum { PAGE_BYTES = 1200000, LARGEST_SIDE = 224, SMALLEST_SIDE = 64 };

size_t despur_audit_picture_side(const despur_audit *audit) {
  const size_t pictures =
      (audit->looks ? 2 : 1) * despur_audit_sampled(NULL, audit) + despur_audit_shown(NULL, audit);
  if (pictures == 0) return LARGEST_SIDE;
  const double side = math_sqrt(PAGE_BYTES / PAGE_IMAGE_PIXEL_BYTES / (double)pictures);
  return side > LARGEST_SIDE ? LARGEST_SIDE : side < SMALLEST_SIDE ? SMALLEST_SIDE : (size_t)side;
}
