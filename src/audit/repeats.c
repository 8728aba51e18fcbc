/* Whether a finding hangs on the halves: the same audit with others. Predictions stay as they are, for none
 * of them was made by a head that had seen its example. Repeats share their examples, so they are no evidence
 * of their own, but what is found in one half of the examples only may be luck. */
#include "audit/audit.h"
#include "base/memory.h"
#include "base/watch.h"

#include <stdlib.h>

static bool is_in(const despur_audit *a, const despur_audit_cell *c, size_t example) {
  return a->candidates[c->candidate].of_example[example] == c->cell;
}

/* At least half of the examples that are in either cell, which are of one class, are in both. */
static bool is_same(const despur_audit *a, const despur_audit_cell *x, const despur_audit *b,
                    const despur_audit_cell *y, const audit_data *d) {
  size_t both = 0, either = 0;
  if (x->class_index != y->class_index) return false;
  for (size_t i = 0; i < d->n; i++) {
    if (!d->used[i] || d->labels[i] != x->class_index) continue;
    bool in_x = is_in(a, x, i), in_y = is_in(b, y, i);
    both += in_x && in_y;
    either += in_x || in_y;
  }
  return 2 * both >= either;
}

static bool has_finding(const despur_audit *a) {
  return a->verdict == DESPUR_LEANS_ON_IT || a->verdict == DESPUR_WEAK_GROUP;
}

static bool is_found_again(const despur_audit *a, const despur_audit *b, const audit_data *d) {
  const despur_audit_cell *first = &a->cells[a->candidates[0].best];
  for (size_t i = 0; i < b->cells_count; i++)
    if ((b->cells[i].confirmed || b->cells[i].answers) && is_same(a, first, b, &b->cells[i], d)) return true;
  return false;
}

static despur_status repeat_once(despur_audit *a, const audit_data *d, const despur_audit_options *o,
                                 uint64_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  audit_data other = *d;
  despur_audit *b = NULL;
  TRY(audit_halve_again(&other, o, index, error));
  TRY(mem_alloc(&b, 1, sizeof *b, error));
  b->classes = a->classes;
  b->confidence = a->confidence;
  TRY(audit_propose(b, &other, o, error));
  TRY(audit_judge(b, &other, error));
  a->repeats++;
  a->repeats_found += has_finding(b);
  a->repeats_leaning += b->verdict == DESPUR_LEANS_ON_IT;
  if (has_finding(a)) a->repeats_again += is_found_again(a, b, d);
cleanup:
  audit_release_halves(&other);
  despur_audit_free(b);
  return status;
}

despur_status audit_repeat(despur_audit *a, const audit_data *d, const despur_audit_options *options,
                           despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit_options quiet = *options;
  quiet.watch = watch_quiet(&options->watch);
  if (d->discovery_count < AUDIT_HALF) return DESPUR_OK;
  for (size_t r = 0; r < options->repeats; r++) {
    watch_tell(&options->watch, "other halves", r, options->repeats);
    TRY(watch_ask(&options->watch, error));
    TRY(repeat_once(a, d, &quiet, r + 1, error));
  }
cleanup:
  return status;
}
