/* Columns of metadata beside the features: is a column readable from them within each class, does it alone
 * say the label, and what is lost where a value was not seen in training. Heads are fitted to examples of the
 * discovery half and asked about the confirmation half, of whose units one example each is counted. */
#include "audit/audit.h"
#include "audit/head.h"
#include "audit/tally.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "eval/statistics/distribution.h"
#include "eval/statistics/wilson.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 5000, MOST_VALUES = 20, STATEMENTS = 3 };
static const double PENALTY = 0.03; /* of heads that read a value */

/* Examples of one half that heads see, by chance where there are many. */
typedef struct sample {
  uint32_t *rows; /* [count] */
  size_t count;
  float *x; /* [count, columns]; NULL without features */
} sample;

typedef struct reader {
  const audit_data *data;
  const despur_audit_options *options;
  sample fitted, asked;
  uint32_t *labels;  /* [fitted.count] scratch: what a head is fitted to */
  double *weights;   /* [fitted.count] scratch */
  double *logits[2]; /* [asked.count, most classes] scratch */
  bool *seen;        /* [classes] scratch: those that a head without a value has seen */
  double z;          /* quantile of each interval */
  double confidence; /* the same */
} reader;

/* ---- shares ---- */

/* The mean of several shares, with Wilson's intervals squared and added (Newcombe 1998). */
typedef struct mean_share {
  double sum, below, above;
  size_t count;
} mean_share;

static void add_share(mean_share *m, const audit_tally *right, double z) {
  double share = tally_share(right);
  despur_interval interval = wilson_interval(share, tally_effective(right), z);
  m->sum += share;
  m->below += (share - interval.low) * (share - interval.low);
  m->above += (interval.high - share) * (interval.high - share);
  m->count++;
}

static despur_audit_share share_of(const mean_share *m, double chance) {
  if (m->count == 0) return (despur_audit_share){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
  double n = (double)m->count;
  return (despur_audit_share){.value = m->sum / n,
                              .low = (m->sum - math_sqrt(m->below)) / n,
                              .high = (m->sum + math_sqrt(m->above)) / n,
                              .chance = chance};
}

/* ---- can it be read? ---- */

/* Examples of class y by their values. */
static void count_values(audit_tally out[MOST_VALUES], const sample *of, const reader *r,
                         const despur_example_column *by, uint32_t y) {
  memset(out, 0, MOST_VALUES * sizeof *out);
  for (size_t i = 0; i < of->count; i++) {
    uint32_t e = of->rows[i];
    if (r->data->labels[e] == y && by->codes[e] != DESPUR_NO_VALUE)
      tally_add(&out[by->codes[e]], audit_weight(r->data, e), false);
  }
}

/* Which values both halves have enough of in class y, numbered; how many. */
static size_t number_values(uint32_t place[MOST_VALUES], audit_tally fitted[MOST_VALUES], const reader *r,
                            const despur_example_column *by, uint32_t y) {
  audit_tally asked[MOST_VALUES];
  size_t found = 0;
  count_values(fitted, &r->fitted, r, by, y);
  count_values(asked, &r->asked, r, by, y);
  for (size_t v = 0; v < MOST_VALUES; v++)
    place[v] =
        fitted[v].count >= AUDIT_LEAST && asked[v].count >= AUDIT_LEAST ? (uint32_t)found++ : DESPUR_NO_VALUE;
  return found;
}

static uint32_t place_of(const uint32_t place[MOST_VALUES], const despur_example_column *by, uint32_t e) {
  return by->codes[e] == DESPUR_NO_VALUE ? DESPUR_NO_VALUE : place[by->codes[e]];
}

static void count_read(mean_share *m, const reader *r, const despur_example_column *by,
                       const uint32_t place[MOST_VALUES], size_t values, uint32_t y) {
  audit_tally right[MOST_VALUES] = {{0}};
  for (size_t i = 0; i < r->asked.count; i++) {
    uint32_t e = r->asked.rows[i], value = place_of(place, by, e);
    if (r->data->labels[e] != y || value == DESPUR_NO_VALUE) continue;
    tally_add(&right[value], audit_weight(r->data, e),
              head_largest(r->logits[0] + i * values, values, DESPUR_NO_VALUE) == value);
  }
  for (size_t v = 0; v < values; v++) add_share(m, &right[v], r->z);
}

/* Values of a class count equally, so that a head gains nothing by saying the most frequent one. */
static despur_status read_class(mean_share *m, double *chance, reader *r, const despur_example_column *by,
                                uint32_t y, despur_error *error) {
  uint32_t place[MOST_VALUES];
  audit_tally fitted[MOST_VALUES];
  size_t values = number_values(place, fitted, r, by, y);
  if (values < 2) return DESPUR_OK;
  for (size_t i = 0; i < r->fitted.count; i++) {
    uint32_t e = r->fitted.rows[i], value = place_of(place, by, e);
    bool counts = r->data->labels[e] == y && value != DESPUR_NO_VALUE;
    r->labels[i] = counts ? value : 0;
    r->weights[i] = counts ? audit_weight(r->data, e) / fitted[by->codes[e]].whole : 0;
  }
  const head_problem problem = {.x = r->fitted.x,
                                .rows = r->fitted.count,
                                .columns = r->data->columns,
                                .labels = r->labels,
                                .classes = values,
                                .l2 = PENALTY,
                                .threads = r->options->threads,
                                .watch = watch_quiet(&r->options->watch)};
  despur_status status = head_fit(r->logits[0], r->asked.x, r->asked.count, &problem, r->weights, error);
  if (status == DESPUR_OK) count_read(m, r, by, place, values, y);
  *chance += 1; /* of `values` shares, 1 / values each */
  return status;
}

static despur_status read_column(despur_audit_column *out, reader *r, const despur_example_column *by,
                                 despur_error *error) {
  mean_share m = {0};
  double chance = 0;
  for (uint32_t y = 0; y < r->data->classes; y++) {
    despur_status status = read_class(&m, &chance, r, by, y, error);
    if (status != DESPUR_OK) return status;
  }
  out->read = share_of(&m, chance / (double)m.count);
  return DESPUR_OK;
}

/* ---- does it say the label? ---- */

/* The label whose share has the value most often for its size. */
static despur_status say_label(despur_audit_column *out, const reader *r, const despur_example_column *by,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = r->data;
  double *counts = NULL, *sizes = NULL;
  audit_tally *right = NULL;
  size_t classes = d->classes;
  mean_share m = {0};
  TRY(mem_alloc(&counts, MOST_VALUES, classes * sizeof *counts, error));
  TRY(mem_alloc(&sizes, classes, sizeof *sizes, error));
  TRY(mem_alloc(&right, classes, sizeof *right, error));
  for (size_t i = 0; i < d->discovery_count; i++) {
    size_t e = d->discovery[i];
    if (by->codes[e] == DESPUR_NO_VALUE) continue;
    counts[by->codes[e] * classes + d->labels[e]] += audit_weight(d, e);
    sizes[d->labels[e]] += audit_weight(d, e);
  }
  for (size_t i = 0; i < d->judged_count; i++) {
    size_t e = d->judged[i];
    if (by->codes[e] == DESPUR_NO_VALUE) continue;
    const double *of_value = counts + by->codes[e] * classes;
    uint32_t said = 0;
    for (uint32_t y = 1; y < classes; y++)
      if (of_value[y] * sizes[said] > of_value[said] * sizes[y]) said = y;
    tally_add(&right[d->labels[e]], audit_weight(d, e), said == d->labels[e]);
  }
  for (uint32_t y = 0; y < classes; y++)
    if (right[y].count > 0) add_share(&m, &right[y], r->z);
  out->says = share_of(&m, 1 / (double)m.count);
cleanup:
  mem_free(counts);
  mem_free(sizes);
  mem_free(right);
  return status;
}

/* ---- what is lost where a value was held out? ---- */

/* Logits of a head that is fitted to the rows with a weight. */
static despur_status fit_labels(double *logits, reader *r, despur_error *error) {
  for (size_t i = 0; i < r->fitted.count; i++) r->labels[i] = r->data->labels[r->fitted.rows[i]];
  const head_problem problem = {.x = r->fitted.x,
                                .rows = r->fitted.count,
                                .columns = r->data->columns,
                                .labels = r->labels,
                                .classes = r->data->classes,
                                .l2 = r->options->l2 > 0 ? r->options->l2 : PENALTY,
                                .threads = r->options->threads,
                                .watch = watch_quiet(&r->options->watch)};
  return head_fit(logits, r->asked.x, r->asked.count, &problem, r->weights, error);
}

/* How heads without a value and with it fared on the examples that have one. */
typedef struct paired {
  double both, only_first, only_second, neither; /* weights */
  audit_tally all;
} paired;

/* As many pairs as would weigh alike, in whole numbers. */
static despur_pairs whole_pairs(const paired *p) {
  double alike = tally_kish(&p->all) / p->all.whole;
  return (despur_pairs){.both = (size_t)(p->both * alike + 0.5),
                        .only_first = (size_t)(p->only_first * alike + 0.5),
                        .only_second = (size_t)(p->only_second * alike + 0.5),
                        .neither = (size_t)(p->neither * alike + 0.5)};
}

static void add_pairs(paired *pairs, const reader *r, const despur_example_column *by, uint32_t value) {
  size_t classes = r->data->classes;
  for (size_t i = 0; i < r->asked.count; i++) {
    uint32_t e = r->asked.rows[i], label = r->data->labels[e];
    if (by->codes[e] != value || !r->seen[label]) continue;
    bool without = head_largest(r->logits[0] + i * classes, classes, DESPUR_NO_VALUE) == label;
    bool with = head_largest(r->logits[1] + i * classes, classes, DESPUR_NO_VALUE) == label;
    *(without ? with ? &pairs->both : &pairs->only_first
      : with  ? &pairs->only_second
              : &pairs->neither) += audit_weight(r->data, e);
    tally_add(&pairs->all, audit_weight(r->data, e), false);
  }
}

/* A head without the value, beside one that is fitted to as many rows of all values: the sample is in random
 * order, so its first ones are these. Of a class that has this value only, no head without it could know. */
static despur_status hold_out(paired *pairs, reader *r, const despur_example_column *by, uint32_t value,
                              despur_error *error) {
  size_t kept = 0, asked = 0;
  despur_status status = DESPUR_OK;
  memset(r->seen, 0, r->data->classes * sizeof *r->seen);
  for (size_t i = 0; i < r->asked.count; i++) asked += by->codes[r->asked.rows[i]] == value;
  for (size_t i = 0; i < r->fitted.count; i++) {
    bool other = by->codes[r->fitted.rows[i]] != value;
    r->weights[i] = other ? audit_weight(r->data, r->fitted.rows[i]) : 0;
    kept += other;
    if (other) r->seen[r->data->labels[r->fitted.rows[i]]] = true;
  }
  if (asked < AUDIT_LEAST || kept < AUDIT_HALF || kept == r->fitted.count) return DESPUR_OK;
  TRY(fit_labels(r->logits[0], r, error));
  for (size_t i = 0; i < r->fitted.count; i++)
    r->weights[i] = i < kept ? audit_weight(r->data, r->fitted.rows[i]) : 0;
  TRY(fit_labels(r->logits[1], r, error));
  add_pairs(pairs, r, by, value);
cleanup:
  return status;
}

static despur_status hold_out_all(despur_audit_column *out, reader *r, const despur_example_column *by,
                                  despur_error *error) {
  paired all = {0};
  for (uint32_t v = 0; v < by->values_count; v++) {
    despur_status status = hold_out(&all, r, by, v, error);
    if (status != DESPUR_OK) return status;
  }
  out->held_out = all.all.count;
  if (out->held_out == 0) return DESPUR_OK;
  const despur_pairs pairs = whole_pairs(&all);
  despur_interval fall = despur_paired_interval(&pairs, r->confidence);
  out->fall =
      (despur_audit_share){(all.only_second - all.only_first) / all.all.whole, fall.low, fall.high, 0};
  return DESPUR_OK;
}

/* ---- all columns ---- */

static despur_status draw_sample(sample *out, const audit_data *d, const size_t *from, size_t count,
                                 const despur_audit_options *o, uint64_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(o->seed, "audit columns", index);
  TRY(mem_alloc(&out->rows, count, sizeof *out->rows, error));
  for (size_t i = 0; i < count; i++) out->rows[i] = (uint32_t)from[i];
  random_shuffle(&stream, out->rows, count);
  out->count = count < MOST_ROWS ? count : MOST_ROWS;
  if (!d->x) goto cleanup;
  TRY(mem_alloc(&out->x, out->count, d->columns * sizeof *out->x, error));
  for (size_t i = 0; i < out->count; i++)
    memcpy(out->x + i * d->columns, d->x + out->rows[i] * d->columns, d->columns * sizeof *out->x);
cleanup:
  return status;
}

static despur_status open_reader(reader *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = r->data;
  size_t most = d->classes > MOST_VALUES ? d->classes : MOST_VALUES;
  TRY(draw_sample(&r->fitted, d, d->discovery, d->discovery_count, r->options, 0, error));
  TRY(draw_sample(&r->asked, d, d->judged, d->judged_count, r->options, 1, error));
  TRY(mem_alloc(&r->labels, r->fitted.count, sizeof *r->labels, error));
  TRY(mem_alloc(&r->weights, r->fitted.count, sizeof *r->weights, error));
  TRY(mem_alloc(&r->seen, d->classes, sizeof *r->seen, error));
  for (size_t k = 0; k < 2; k++)
    TRY(mem_alloc(&r->logits[k], r->asked.count, most * sizeof *r->logits[k], error));
cleanup:
  return status;
}

static void close_reader(reader *r) {
  mem_free(r->fitted.rows);
  mem_free(r->fitted.x);
  mem_free(r->asked.rows);
  mem_free(r->asked.x);
  mem_free(r->labels);
  mem_free(r->weights);
  mem_free(r->seen);
  mem_free(r->logits[0]);
  mem_free(r->logits[1]);
}

static despur_status add_column(despur_audit *a, reader *r, const despur_example_column *by,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  static const despur_audit_share NONE = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
  despur_audit_column *c = &a->columns[a->columns_count++];
  *c = (despur_audit_column){.values = by->values_count, .read = NONE, .says = NONE, .fall = NONE};
  TRY(mem_copy_text(&c->name, by->name, error));
  if (by->values_count < 2 || by->values_count > MOST_VALUES) goto cleanup;
  TRY(say_label(c, r, by, error));
  if (!r->data->x) goto cleanup;
  TRY(read_column(c, r, by, error));
  TRY(hold_out_all(c, r, by, error));
cleanup:
  return status;
}

despur_status audit_ask_columns(despur_audit *a, const audit_data *data, const despur_audit_options *options,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_examples *e = data->examples;
  double alone = (1 - a->confidence) / (double)(STATEMENTS * (e->by_count ? e->by_count : 1));
  reader r = {.data = data, .options = options, .confidence = 1 - alone, .z = -normal_quantile(alone / 2)};
  TRY(mem_alloc(&a->columns, e->by_count, sizeof *a->columns, error));
  if (e->by_count == 0) goto cleanup;
  TRY(open_reader(&r, error));
  for (size_t b = 0; b < e->by_count; b++) TRY(add_column(a, &r, &e->by[b], error));
cleanup:
  close_reader(&r);
  return status;
}
