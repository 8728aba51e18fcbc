/* Thresholds alone: the old head with a number added to the logit of each class, by which the worst group (or
 * what else the rule asks for) is as accurate as it can be. One class after the other gets the best number
 * with those of the others held fixed, exactly, until nothing improves; of two classes that is the optimum.
 */
#include "repair/layer.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROUNDS = 10 };

typedef struct crossing {
  double at; /* the number for the class from which on it is predicted */
  uint32_t row;
} crossing;

typedef struct sweep {
  const repair_work *work;
  repair_rows rows;
  size_t classes;
  double *logits, *offsets; /* [rows, classes]; [classes] */
  crossing *crossings;      /* [rows] */
  size_t *right, *count;    /* [parts] */
  size_t parts;
} sweep;

/* The number, and what it gives. */
typedef struct best {
  double offset, worst;
  size_t right;
} best;

static uint32_t part_of(const sweep *s, uint32_t row) {
  if (s->work->options.rule == DESPUR_BY_AVERAGE) return 0;
  return s->work->options.rule == DESPUR_BY_WORST_CLASS ? s->work->data->labels[row] : s->work->groups[row];
}

static int by_place(const void *a, const void *b) {
  const crossing *x = a, *y = b;
  if (x->at != y->at) return x->at < y->at ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

/* The largest logit of the other classes, and whether it is that of the right one. */
static double best_of_others(const sweep *s, size_t i, size_t class, bool *right) {
  double most = -INFINITY;
  for (size_t k = 0; k < s->classes; k++) {
    const double z = s->logits[i * s->classes + k] + s->offsets[k];
    if (k == class || !(z > most)) continue;
    most = z;
    *right = k == s->work->data->labels[s->rows.items[i]];
  }
  return most;
}

static void consider(best *found, const sweep *s, double offset) {
  best now = {.offset = offset, .worst = 2};
  for (size_t p = 0; p < s->parts; p++) {
    now.right += s->right[p];
    if (s->count[p] > 0) now.worst = fmin(now.worst, (double)s->right[p] / (double)s->count[p]);
  }
  if (now.worst > found->worst || (now.worst == found->worst && now.right > found->right)) *found = now;
}

/* The best number for one class. */
static best sweep_class(sweep *s, size_t class) {
  best found = {.worst = -1};
  const size_t n = s->rows.count;
  for (size_t p = 0; p < s->parts; p++) s->right[p] = s->count[p] = 0;
  for (size_t i = 0; i < n; i++) {
    bool right = false;
    const uint32_t part = part_of(s, s->rows.items[i]);
    s->crossings[i] =
        (crossing){best_of_others(s, i, class, &right) - s->logits[i * s->classes + class], (uint32_t)i};
    s->count[part]++;
    s->right[part] += right;
  }
  qsort(s->crossings, n, sizeof *s->crossings, by_place);
  consider(&found, s, s->crossings[0].at - 1);
  for (size_t c = 0; c < n; c++) {
    const uint32_t i = s->crossings[c].row, row = s->rows.items[i], part = part_of(s, row);
    bool right = false;
    best_of_others(s, i, class, &right);
    s->right[part] += s->work->data->labels[row] == class;
    s->right[part] -= right;
    const double here = s->crossings[c].at, next = c + 1 < n ? s->crossings[c + 1].at : here + 2;
    if (next > here) consider(&found, s, here + (next - here) / 2);
  }
  return found;
}

static void search(sweep *s) {
  const size_t first = s->classes == 2 ? 1 : 0;
  best last = {.worst = -1};
  for (size_t round = 0; round < MOST_ROUNDS; round++) {
    best now = last;
    for (size_t k = first; k < s->classes; k++) {
      now = sweep_class(s, k);
      s->offsets[k] = now.offset;
    }
    if (now.worst <= last.worst && now.right <= last.right) return;
    last = now;
  }
}

static despur_status fit(repair_fit *out, const repair_work *work, const repair_ask *ask,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  sweep s = {.work = work, .rows = ask->rows, .classes = work->data->classes};
  s.parts = work->groups_count > s.classes ? work->groups_count : s.classes;
  TRY(mem_alloc(&s.logits, s.rows.count, s.classes * sizeof *s.logits, error));
  TRY(mem_alloc(&s.offsets, s.classes, sizeof *s.offsets, error));
  TRY(mem_alloc(&s.crossings, s.rows.count, sizeof *s.crossings, error));
  TRY(mem_alloc(&s.right, s.parts, sizeof *s.right, error));
  TRY(mem_alloc(&s.count, s.parts, sizeof *s.count, error));
  for (size_t i = 0; i < s.rows.count; i++)
    despur_repair_logits(s.logits + i * s.classes, work->old_weight, work->old_bias, s.classes,
                         work->data->features + s.rows.items[i] * work->data->columns, work->data->columns);
  search(&s);
  despur_logistic_release(&out->head);
  TRY(repair_unfold(&out->head, work, work->old_weight, work->old_bias, error));
  for (size_t k = 0; k < work->outputs; k++) {
    const size_t class = s.classes - work->outputs + k;
    out->head.bias[k] += s.offsets[class];
  }
  out->converged = true;
cleanup:
  mem_free(s.logits);
  mem_free(s.offsets);
  mem_free(s.crossings);
  mem_free(s.right);
  mem_free(s.count);
  return status;
}

const layer layer_offsets = {
    .label = "Thresholds", .needs = LAYER_NEEDS_VAL_GROUPS, .fitted_on = DESPUR_VAL, .refits = 1, .fit = fit};
