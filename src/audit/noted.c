/* What a person notes down of some examples, and what it says.
 *
 * Which to look at: as many that the model got wrong as of the same class that it got right, by chance, of
 * the confirmation half, without those that the page has shown already. Errors are rare, so this tells more
 * than as many examples by chance do; the list does not say which are wrong, so that whoever looks cannot
 * know. Within a class the share of a value among errors is compared with that among right answers (a
 * case-control study): Fisher's exact test holds for examples that were chosen by what came out. Rates of
 * error follow from these shares and from how often the class is wrong (Bayes). */
#include "audit/audit.h"
#include "audit/tally.h"
#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_wrong(const audit_data *d, size_t e) {
  return d->predictions[e] != d->labels[e];
}

/* ---- which to look at ---- */

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static despur_status unseen(uint32_t **out, size_t *count, const despur_audit *a, const audit_data *d,
                            uint64_t seed, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *seen = NULL;
  random_stream stream = random_open(seed, "audit label some", 0);
  *count = 0;
  TRY(mem_alloc(out, d->judged_count, sizeof **out, error));
  TRY(mem_alloc(&seen, d->n, sizeof *seen, error));
  for (size_t s = 0; s < a->samples_count; s++)
    for (size_t i = 0; i < a->samples[s].examples_count; i++) seen[a->samples[s].examples[i]] = true;
  for (size_t i = 0; i < d->judged_count; i++)
    if (!seen[d->judged[i]]) (*out)[(*count)++] = (uint32_t)d->judged[i];
  random_shuffle(&stream, *out, *count);
cleanup:
  mem_free(seen);
  return status;
}

despur_status audit_choose_labelled(despur_audit *a, const audit_data *d, size_t wanted, uint64_t seed,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL;
  size_t *owed = NULL, count, pairs = 0;
  if (wanted == 0 || d->judged_count == 0) return DESPUR_OK;
  TRY(unseen(&order, &count, a, d, seed, error));
  TRY(mem_alloc(&owed, d->classes, sizeof *owed, error)); /* right ones for the wrong ones that were taken */
  TRY(mem_alloc(&a->to_label, wanted, sizeof *a->to_label, error));
  for (size_t i = 0; i < count && pairs < wanted / 2; i++) {
    if (!is_wrong(d, order[i])) continue;
    a->to_label[a->to_label_count++] = order[i];
    owed[d->labels[order[i]]]++;
    pairs++;
  }
  for (size_t i = 0; i < count; i++) {
    uint32_t y = d->labels[order[i]];
    if (is_wrong(d, order[i]) || owed[y] == 0) continue;
    a->to_label[a->to_label_count++] = order[i];
    owed[y]--;
  }
  qsort(a->to_label, a->to_label_count, sizeof *a->to_label, by_number); /* in no telling order */
cleanup:
  mem_free(order);
  mem_free(owed);
  return status;
}

/* ---- what the answers say ---- */

/* Of the examples of a class that were wrong, and of those that were right. */
typedef struct sides {
  audit_tally wrong, right;
} sides;

typedef struct counted {
  const audit_data *data;
  const despur_example_column *noted;
  sides *of;     /* [classes, values] noted examples; marked: they have the value */
  double *taken; /* [classes, values, classes] what errors weigh by what they are taken for */
  double *error; /* [classes] rate in the confirmation half */
} counted;

static despur_status count_noted(counted *c, despur_audit *a, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = c->data;
  size_t values = c->noted->values_count, all = 0;
  audit_tally *classes = NULL;
  TRY(mem_alloc(&c->of, d->classes, values * sizeof *c->of, error));
  TRY(mem_alloc(&c->taken, d->classes * values, d->classes * sizeof *c->taken, error));
  TRY(mem_alloc(&c->error, d->classes, sizeof *c->error, error));
  TRY(mem_alloc(&classes, d->classes, sizeof *classes, error));
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i], y = d->labels[e], v = c->noted->codes[e];
    const double weight = audit_weight(d, e);
    tally_add(&classes[y], weight, is_wrong(d, e));
    if (v == DESPUR_NO_VALUE) continue;
    a->noted_used++;
    for (size_t k = 0; k < values; k++) {
      sides *s = &c->of[y * values + k];
      tally_add(is_wrong(d, e) ? &s->wrong : &s->right, weight, k == v);
    }
    if (is_wrong(d, e)) c->taken[(y * values + v) * d->classes + d->predictions[e]] += weight;
  }
  for (size_t y = 0; y < d->classes; y++)
    if (classes[y].count > 0) c->error[y] = tally_share(&classes[y]);
  for (size_t i = 0; i < d->n; i++) all += c->noted->codes[i] != DESPUR_NO_VALUE;
  a->noted_ignored = all - a->noted_used;
cleanup:
  mem_free(classes);
  return status;
}

/* Of some of which a share has the value: half an example more of either kind, so that none of a few is not
 * taken for none of all (Haldane 1956, Anscombe 1956). */
static double share_with(const audit_tally *t) {
  return (tally_marked(t) + 0.5) / (tally_effective(t) + 1);
}

/* The share of class y that has the value. */
static double share_of(const counted *c, size_t y, size_t v) {
  const sides *s = &c->of[y * c->noted->values_count + v];
  return c->error[y] * share_with(&s->wrong) + (1 - c->error[y]) * share_with(&s->right);
}

static void add_row(despur_audit *a, const counted *c, uint32_t y, size_t v) {
  const size_t values = c->noted->values_count, classes = c->data->classes;
  despur_audit_noted n = {.class_index = y, .toward = y, .value = v};
  const sides *s = &c->of[y * values + v];
  n.wrong = s->wrong.count;
  n.right = s->right.count;
  n.wrong_with = s->wrong.marked;
  n.right_with = s->right.marked;
  if (n.wrong < AUDIT_LEAST || n.right < AUDIT_LEAST || n.wrong_with + n.right_with == 0 ||
      n.wrong_with + n.right_with == n.wrong + n.right)
    return;
  const double *taken = c->taken + (y * values + v) * classes;
  for (uint32_t k = 0; k < classes; k++)
    if (taken[k] > 0 && (n.toward == y || taken[k] > taken[n.toward])) n.toward = k;
  double among = share_with(&s->wrong);
  n.share = share_of(c, y, v);
  n.error_with = c->error[y] * among / n.share;
  n.error_without = c->error[y] * (1 - among) / (1 - n.share);
  n.p = tally_fisher(&s->wrong, &s->right);
  a->noted[a->noted_count++] = n;
}

/* Errors of both classes are more frequent where the value goes with the class that they are taken for. */
static bool answers(const counted *c, const despur_audit_noted *first, const despur_audit_noted *other) {
  return other->class_index == first->toward && other->value != first->value &&
         other->toward == first->class_index &&
         share_of(c, first->toward, first->value) > share_of(c, first->class_index, first->value) &&
         share_of(c, other->toward, other->value) > share_of(c, other->class_index, other->value);
}

static int more_telling(const void *x, const void *y) {
  const despur_audit_noted *a = x, *b = y;
  if (a->p != b->p) return a->p < b->p ? -1 : 1;
  if (a->class_index != b->class_index) return a->class_index < b->class_index ? -1 : 1;
  return (a->value > b->value) - (a->value < b->value);
}

static void decide(despur_audit *a, const counted *c) {
  a->noted_verdict = a->noted_count ? DESPUR_NOTHING_FOUND : DESPUR_TOO_FEW_EXAMPLES;
  for (size_t i = 0; i < a->noted_count; i++) {
    const despur_audit_noted *first = &a->noted[i];
    size_t tests = 0;
    double best = 1;
    if (!first->confirmed) continue;
    if (a->noted_verdict == DESPUR_NOTHING_FOUND) a->noted_verdict = DESPUR_WEAK_GROUP;
    for (size_t k = 0; k < a->noted_count; k++) {
      if (!answers(c, first, &a->noted[k])) continue;
      tests++;
      if (a->noted[k].p < best) best = a->noted[k].p;
    }
    if (tests > 0 && best * (double)tests <= 1 - a->confidence) a->noted_verdict = DESPUR_LEANS_ON_IT;
  }
}

static despur_status correct(despur_audit *a, despur_error *error) {
  double *p;
  despur_status status = mem_alloc(&p, a->noted_count, sizeof *p, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < a->noted_count; i++) p[i] = a->noted[i].p;
  status = despur_holm(p, p, a->noted_count, error);
  for (size_t i = 0; status == DESPUR_OK && i < a->noted_count; i++) {
    a->noted[i].adjusted = p[i];
    a->noted[i].confirmed = p[i] <= 1 - a->confidence;
  }
  mem_free(p);
  return status;
}

despur_status audit_judge_noted(despur_audit *a, const audit_data *d, const despur_example_column *noted,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  counted c = {.data = d, .noted = noted};
  if (!noted || !noted->codes) return DESPUR_OK;
  TRY(mem_copy_text(&a->noted_name, noted->name, error));
  TRY(text_copy_all(&a->noted_values, noted->values, noted->values_count, error));
  TRY(count_noted(&c, a, error));
  TRY(mem_alloc(&a->noted, d->classes, noted->values_count * sizeof *a->noted, error));
  for (uint32_t y = 0; y < d->classes; y++)
    for (size_t v = 0; v < noted->values_count; v++) add_row(a, &c, y, v);
  TRY(correct(a, error));
  qsort(a->noted, a->noted_count, sizeof *a->noted, more_telling);
  decide(a, &c);
cleanup:
  mem_free(c.of);
  mem_free(c.taken);
  mem_free(c.error);
  return status;
}
