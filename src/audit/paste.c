/* The paste test. Where the model looks, on the discovery half, says which region tells a class best. On the
 * confirmation half this region of a picture of the class is laid over pictures of other classes, and beside
 * it, for comparison, a region of the same size from somewhere else in the same picture. Whether predictions
 * follow is an intervention: what they follow, they depend on, whatever the examples have in common. */
#include "audit/audit.h"
#include "audit/head.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/watch.h"
#include "despur/stats.h"

#include <string.h>

enum { ASKED = 300 /* of a class, as they are */, PASTED = 200, SHOWN = 4, CHUNK = 32 };

/* A part of the maps, in places. */
typedef struct window {
  size_t row, column, rows, columns;
} window;

/* ---- which region ---- */

/* A quarter of a side, at least one place. */
static size_t quarter(size_t places) {
  return places < 4 ? 1 : (places + 2) / 4;
}

/* out [places] = how much more each place adds to the logit of class y in examples of the class than in
 * others, on average; 0 where one of both has no maps. */
static void tell_apart(double *out, const audit_data *d, uint32_t y) {
  const view_maps *m = d->maps;
  const size_t places = m->rows * m->columns;
  size_t count[2] = {0};
  for (size_t i = 0; i < d->discovery_count; i++)
    if (m->row_of[d->discovery[i]] != DESPUR_NO_VALUE) count[d->labels[d->discovery[i]] != y]++;
  for (size_t i = 0; i < d->discovery_count && count[0] > 0 && count[1] > 0; i++) {
    const size_t e = d->discovery[i], other = d->labels[e] != y;
    if (m->row_of[e] == DESPUR_NO_VALUE) continue;
    const float *map = m->values + (m->row_of[e] * d->classes + y) * places;
    for (size_t p = 0; p < places; p++) out[p] += (other ? -1 : 1) * (double)map[p] / (double)count[other];
  }
}

/* The window that adds most, which is what pasting it should move the logit by. shares [places], zero before:
 * what of the whole difference lies in each place; *share: in the window, 0 where none adds anything. */
static void find_window(window *out, double *share, double *shares, const audit_data *d, uint32_t y) {
  const view_maps *m = d->maps;
  double best = 0, all = 0;
  window w = {.rows = quarter(m->rows), .columns = quarter(m->columns)};
  tell_apart(shares, d, y);
  for (size_t p = 0; p < m->rows * m->columns; p++) all += shares[p];
  for (w.row = 0; w.row + w.rows <= m->rows; w.row++)
    for (w.column = 0; w.column + w.columns <= m->columns; w.column++) {
      double sum = 0;
      for (size_t p = 0; p < w.rows * w.columns; p++)
        sum += shares[(w.row + p / w.columns) * m->columns + w.column + p % w.columns];
      if (!(sum > best)) continue;
      best = sum;
      *out = w;
    }
  *share = best > 0 && all > 0 ? best / all : 0;
  for (size_t p = 0; p < m->rows * m->columns && all > 0; p++) shares[p] /= all;
}

static bool overlaps(const window *a, const window *b) {
  return a->row < b->row + b->rows && b->row < a->row + a->rows && a->column < b->column + b->columns &&
         b->column < a->column + a->columns;
}

/* A window of the same size that shares nothing with it, by chance; false where there is none. */
static bool find_elsewhere(window *out, const window *from, const view_maps *m, random_stream *stream) {
  uint32_t free_count = 0, wanted = 0;
  for (int pass = 0; pass < 2; pass++) {
    uint32_t at = 0;
    if (pass == 1) wanted = random_below(stream, free_count);
    window w = *from;
    for (w.row = 0; w.row + w.rows <= m->rows; w.row++)
      for (w.column = 0; w.column + w.columns <= m->columns; w.column++) {
        if (overlaps(&w, from)) continue;
        if (pass == 1 && at == wanted) *out = w;
        at++;
      }
    free_count = at;
    if (free_count == 0) return false;
  }
  return true;
}

/* In pixels: where it begins is rounded down, and its size is that of every window. */
static despur_region region_of(const window *w, const view_maps *m, const despur_picture_model *model) {
  return (despur_region){.left = w->column * model->width / m->columns,
                         .top = w->row * model->height / m->rows,
                         .width = w->columns * model->width / m->columns,
                         .height = w->rows * model->height / m->rows};
}

/* ---- asking the model ---- */

typedef struct paster {
  despur_audit *audit;
  const audit_data *d;
  const despur_audit_options *options;
  uint32_t *right; /* [right_count] examples that the model is right about, in an order by chance */
  size_t right_count;
} paster;

/* predictions [count] of pictures as they are made. */
static despur_status ask(uint32_t *predictions, const paster *p, const despur_pasted *pasted, size_t count,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_picture_model *m = p->options->model;
  const size_t classes = p->d->classes;
  const despur_linear_layer *layer = m->own_layer ? NULL : &p->d->head;
  float *logits = NULL;
  TRY(mem_alloc(&logits, CHUNK, classes * sizeof *logits, error));
  for (size_t at = 0; at < count; at += CHUNK) {
    const size_t some = count - at < CHUNK ? count - at : CHUNK;
    watch_tell(&p->options->watch, "pasting", at, count);
    TRY(watch_ask(&p->options->watch, error));
    TRY(m->logits(m->self, logits, layer, pasted + at, some, error));
    for (size_t i = 0; i < some; i++) {
      uint32_t best = 0;
      for (uint32_t c = 1; c < classes; c++)
        if (logits[i * classes + c] > logits[i * classes + best]) best = c;
      predictions[at + i] = best;
    }
  }
  watch_tell(&p->options->watch, "pasting", count, count);
cleanup:
  mem_free(logits);
  return status;
}

/* Some of each class of the confirmation half, one of each unit, that the model is right about. */
static despur_status find_right(paster *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  const audit_data *d = p->d;
  random_stream stream = random_open(p->options->seed, "audit paste", 0);
  uint32_t *order = NULL, *predictions = NULL;
  size_t *taken = NULL, count = 0;
  despur_pasted *plain = NULL;
  TRY(mem_alloc(&order, d->judged_count, sizeof *order, error));
  TRY(mem_alloc(&p->right, d->judged_count, sizeof *p->right, error));
  TRY(mem_alloc(&predictions, d->judged_count, sizeof *predictions, error));
  TRY(mem_alloc(&plain, d->judged_count, sizeof *plain, error));
  TRY(mem_alloc(&taken, d->classes, sizeof *taken, error));
  for (size_t i = 0; i < d->judged_count; i++) order[i] = (uint32_t)d->judged[i];
  random_shuffle(&stream, order, d->judged_count);
  for (size_t i = 0; i < d->judged_count; i++)
    if (taken[d->labels[order[i]]]++ < ASKED) plain[count++] = (despur_pasted){.into = order[i]};
  TRY(ask(predictions, p, plain, count, error));
  for (size_t i = 0; i < count; i++)
    if (predictions[i] == d->labels[plain[i].into]) p->right[p->right_count++] = plain[i].into;
cleanup:
  mem_free(order);
  mem_free(predictions);
  mem_free(taken);
  mem_free(plain);
  return status;
}

/* ---- one class ---- */

/* Each picture of another class gets one of the class, which are taken by turns. */
static size_t pair_up(despur_audit_pasted *out, const paster *p, uint32_t y, size_t *givers_count,
                      uint32_t *givers) {
  size_t count = 0;
  *givers_count = 0;
  for (size_t i = 0; i < p->right_count; i++)
    if (p->d->labels[p->right[i]] == y) givers[(*givers_count)++] = p->right[i];
  for (size_t i = 0; i < p->right_count && count<PASTED && * givers_count> 0; i++)
    if (p->d->labels[p->right[i]] != y) {
      out[count] = (despur_audit_pasted){
          .paste = p->audit->pastes_count, .into = p->right[i], .from = givers[count % *givers_count]};
      count++;
    }
  return count;
}

static void count_followers(despur_audit_paste *out, const despur_audit_pasted *pasted, size_t count) {
  out->count = count;
  for (size_t i = 0; i < count; i++) {
    const bool follows = pasted[i].after == out->class_index;
    const bool follows_elsewhere = pasted[i].after_elsewhere == out->class_index;
    out->followed += follows;
    out->followed_elsewhere += follows_elsewhere;
    out->followed_both += follows && follows_elsewhere;
  }
  out->p = despur_mcnemar(out->followed - out->followed_both, out->followed_elsewhere - out->followed_both);
}

static despur_status test_class(paster *p, uint32_t y, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_audit *a = p->audit;
  const view_maps *m = p->d->maps;
  despur_audit_paste test = {.class_index = y};
  despur_audit_pasted *pairs = a->pasted + a->pasted_count;
  despur_pasted *made = NULL;
  uint32_t *givers = NULL, *predictions = NULL;
  size_t givers_count;
  window suspected = {0}, elsewhere = {0};
  double *shares = a->evidence + a->pastes_count * m->rows * m->columns;
  memset(shares, 0, m->rows * m->columns * sizeof *shares);
  find_window(&suspected, &test.share, shares, p->d, y);
  if (test.share == 0) return DESPUR_OK;
  test.region = region_of(&suspected, m, p->options->model);
  TRY(mem_alloc(&givers, p->right_count, sizeof *givers, error));
  TRY(mem_alloc(&made, PASTED, 2 * sizeof *made, error));
  TRY(mem_alloc(&predictions, PASTED, 2 * sizeof *predictions, error));
  const size_t count = pair_up(pairs, p, y, &givers_count, givers);
  if (count < AUDIT_LEAST || givers_count < AUDIT_LEAST) goto cleanup;
  for (size_t i = 0; i < count; i++) {
    random_stream stream = random_open(p->options->seed, "audit elsewhere", pairs[i].into);
    if (!find_elsewhere(&elsewhere, &suspected, m, &stream)) goto cleanup;
    pairs[i].elsewhere = region_of(&elsewhere, m, p->options->model);
    made[2 * i] = (despur_pasted){pairs[i].into, pairs[i].from, test.region};
    made[2 * i + 1] = (despur_pasted){pairs[i].into, pairs[i].from, pairs[i].elsewhere};
  }
  TRY(ask(predictions, p, made, 2 * count, error));
  for (size_t i = 0; i < count; i++) {
    pairs[i].after = predictions[2 * i];
    pairs[i].after_elsewhere = predictions[2 * i + 1];
  }
  count_followers(&test, pairs, count);
  a->pasted_count += count;
  a->pastes[a->pastes_count++] = test;
cleanup:
  mem_free(givers);
  mem_free(made);
  mem_free(predictions);
  return status;
}

/* All tests together: Holm's correction, and intervals at Bonferroni's confidence. */
static despur_status correct(despur_audit *a, despur_error *error) {
  despur_status status = DESPUR_OK;
  const double confidence = 1 - (1 - a->confidence) / (double)a->pastes_count;
  double *p = NULL;
  TRY(mem_alloc(&p, a->pastes_count, sizeof *p, error));
  for (size_t i = 0; i < a->pastes_count; i++) p[i] = a->pastes[i].p;
  TRY(despur_holm(p, p, a->pastes_count, error));
  for (size_t i = 0; i < a->pastes_count; i++) {
    despur_audit_paste *t = &a->pastes[i];
    const despur_pairs pairs = {.both = t->followed_both,
                                .only_first = t->followed_elsewhere - t->followed_both,
                                .only_second = t->followed - t->followed_both,
                                .neither = t->count + t->followed_both - t->followed - t->followed_elsewhere};
    const despur_interval interval = despur_paired_interval(&pairs, confidence);
    t->adjusted = p[i];
    t->difference = ((double)t->followed - (double)t->followed_elsewhere) / (double)t->count;
    t->low = interval.low;
    t->high = interval.high;
    t->confirmed = t->difference > 0 && t->adjusted <= 1 - a->confidence;
  }
cleanup:
  mem_free(p);
  return status;
}

despur_status audit_paste(despur_audit *a, const audit_data *d, const despur_audit_options *options,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  paster p = {.audit = a, .d = d, .options = options};
  if (!d->maps || d->maps->without) return DESPUR_OK;
  TRY(mem_alloc(&a->evidence, d->classes, a->map_rows * a->map_columns * sizeof *a->evidence, error));
  TRY(mem_alloc(&a->pastes, d->classes, sizeof *a->pastes, error));
  TRY(mem_alloc(&a->pasted, d->classes, PASTED * sizeof *a->pasted, error));
  TRY(find_right(&p, error));
  for (uint32_t y = 0; y < d->classes; y++) TRY(test_class(&p, y, error));
  if (a->pastes_count > 0) TRY(correct(a, error));
cleanup:
  mem_free(p.right);
  return status;
}

/* ---- what a page shows ---- */

static bool follows(const despur_audit *a, const despur_audit_pasted *p) {
  return p->after == a->pastes[p->paste].class_index;
}

size_t despur_audit_shown(despur_pasted *out, const despur_audit *a) {
  size_t count = 0;
  for (size_t t = 0; t < a->pastes_count; t++) {
    size_t shown = 0;
    for (int wanted = 1; wanted >= 0; wanted--)
      for (size_t i = 0; i < a->pasted_count && shown < SHOWN; i++) {
        const despur_audit_pasted *p = &a->pasted[i];
        if (p->paste != t || follows(a, p) != (wanted == 1)) continue;
        shown++;
        if (out) {
          out[count] = (despur_pasted){.into = p->into};
          out[count + 1] = (despur_pasted){.into = p->from};
          out[count + 2] = (despur_pasted){p->into, p->from, a->pastes[t].region};
        }
        count += 3;
      }
  }
  return count;
}
