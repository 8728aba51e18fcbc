/* Two or three conditions on metadata at once, such as site=north and age=65 and over: the slices with the
 * highest score among all that are large enough (Sagadeeva and Boehm 2021, "SliceLine", equation 2, with
 * errors beyond those usual in their class, so that a hard class is no slice). All are scored, so the list is
 * exact. */
#include "audit/finder.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CONDITIONS = 80, LEAST = 20, KEPT = 5 };
static const double ERRORS_AGAINST_SIZE = 0.95;

typedef struct condition {
  size_t column;
  uint32_t value;
  uint64_t *rows; /* a bit for each of the discovery half */
} condition;

typedef struct slice {
  double score;
  size_t conditions[3], count; /* indices */
} slice;

typedef struct search {
  const finder_view *view;
  condition conditions[MOST_CONDITIONS];
  size_t count, left_out, words;
  double *excess;      /* [discovery_count] error less the class's error rate, weighted */
  double error, whole; /* mean; what all weigh */
  slice best[KEPT];
  size_t kept;
} search;

static despur_status collect(search *s, despur_error *error) {
  const finder_view *v = s->view;
  for (size_t b = 0; b < v->by_count; b++)
    for (uint32_t value = 0; value < v->by[b].values_count; value++) {
      size_t rows = 0;
      for (size_t i = 0; i < v->discovery_count; i++) rows += v->by[b].codes[v->discovery[i]] == value;
      if (rows < LEAST) continue;
      if (s->count == MOST_CONDITIONS) {
        s->left_out++;
        continue;
      }
      condition *c = &s->conditions[s->count];
      *c = (condition){.column = b, .value = value};
      despur_status status = mem_alloc(&c->rows, s->words, sizeof *c->rows, error);
      if (status != DESPUR_OK) return status;
      s->count++;
      for (size_t i = 0; i < v->discovery_count; i++)
        if (v->by[b].codes[v->discovery[i]] == value) c->rows[i / 64] |= UINT64_C(1) << i % 64;
    }
  return DESPUR_OK;
}

static despur_status measure_errors(search *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  const finder_view *v = s->view;
  double(*classes)[2] = NULL;
  TRY(mem_alloc(&classes, v->classes, sizeof *classes, error));
  TRY(mem_alloc(&s->excess, v->discovery_count, sizeof *s->excess, error));
  for (size_t i = 0; i < v->discovery_count; i++) {
    size_t e = v->discovery[i];
    bool wrong = v->predictions[e] != v->labels[e];
    classes[v->labels[e]][0] += v->weights[e];
    classes[v->labels[e]][1] += wrong ? v->weights[e] : 0;
    s->whole += v->weights[e];
  }
  for (size_t i = 0; i < v->discovery_count; i++) {
    size_t e = v->discovery[i];
    bool wrong = v->predictions[e] != v->labels[e];
    s->error += (wrong ? v->weights[e] : 0) / s->whole;
    s->excess[i] = v->weights[e] * (wrong - classes[v->labels[e]][1] / classes[v->labels[e]][0]);
  }
cleanup:
  mem_free(classes);
  return status;
}

/* The rows of a slice; its size. */
static size_t meet(uint64_t *rows, const uint64_t *a, const uint64_t *b, size_t words) {
  size_t count = 0;
  for (size_t w = 0; w < words; w++) {
    rows[w] = a[w] & b[w];
    count += (size_t)__builtin_popcountll(rows[w]);
  }
  return count;
}

static void consider(search *s, slice found, const uint64_t *rows) {
  const finder_view *v = s->view;
  double sum = 0, size = 0;
  for (size_t i = 0; i < v->discovery_count; i++) {
    if (!(rows[i / 64] >> i % 64 & 1)) continue;
    sum += s->excess[i];
    size += v->weights[v->discovery[i]];
  }
  found.score =
      ERRORS_AGAINST_SIZE * sum / (size * s->error) - (1 - ERRORS_AGAINST_SIZE) * (s->whole / size - 1);
  if (!(found.score > 0)) return;
  size_t place = s->kept;
  while (place > 0 && s->best[place - 1].score < found.score) place--;
  if (place == KEPT) return;
  if (s->kept < KEPT) s->kept++;
  memmove(&s->best[place + 1], &s->best[place], (s->kept - place - 1) * sizeof *s->best);
  s->best[place] = found;
}

static void search_third(search *s, const uint64_t *pair, size_t a, size_t b, uint64_t *rows) {
  for (size_t c = b + 1; c < s->count; c++) {
    if (s->conditions[c].column == s->conditions[b].column) continue;
    size_t size = meet(rows, pair, s->conditions[c].rows, s->words);
    if (size >= LEAST) consider(s, (slice){.conditions = {a, b, c}, .count = 3}, rows);
  }
}

/* Conditions stand column by column, so a later one is of another column or of the same. */
static void search_all(search *s, uint64_t *pair, uint64_t *rows) {
  for (size_t a = 0; a < s->count; a++)
    for (size_t b = a + 1; b < s->count; b++) {
      if (s->conditions[a].column == s->conditions[b].column) continue;
      size_t size = meet(pair, s->conditions[a].rows, s->conditions[b].rows, s->words);
      if (size < LEAST) continue;
      consider(s, (slice){.conditions = {a, b}, .count = 2}, pair);
      search_third(s, pair, a, b, rows);
    }
}

static despur_status add(proposals *out, const search *s, const slice *found, despur_error *error) {
  despur_status status = DESPUR_OK;
  const finder_view *v = s->view;
  despur_audit_candidate *c;
  char name[512] = "";
  for (size_t k = 0; k < found->count; k++) {
    const condition *one = &s->conditions[found->conditions[k]];
    const despur_example_column *column = &v->by[one->column];
    size_t used = strlen(name);
    snprintf(name + used, sizeof name - used, "%s%.80s=%.80s", k ? " and " : "", column->name,
             column->values[one->value]);
  }
  TRY(proposals_add(&c, out, &finder_conjunctions, v->n, 2, "%s", name));
  TRY(proposals_name_cell(c, 0, "all others", error));
  TRY(proposals_name_cell(c, 1, name, error));
  for (size_t i = 0; i < v->n; i++) {
    c->of_example[i] = 1;
    for (size_t k = 0; k < found->count; k++) {
      const condition *one = &s->conditions[found->conditions[k]];
      if (v->by[one->column].codes[i] != one->value) c->of_example[i] = 0;
    }
  }
cleanup:
  return status;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  search s = {.view = v, .words = v->discovery_count / 64 + 1};
  uint64_t *pair = NULL, *rows = NULL;
  if (v->by_count < 2) return DESPUR_OK;
  TRY(mem_alloc(&pair, s.words, sizeof *pair, error));
  TRY(mem_alloc(&rows, s.words, sizeof *rows, error));
  TRY(collect(&s, error));
  if (s.left_out > 0)
    TRY(proposals_note(out, "conjunctions were made of %d conditions; %zu later ones were left out",
                       MOST_CONDITIONS, s.left_out));
  TRY(measure_errors(&s, error));
  if (s.error > 0) search_all(&s, pair, rows);
  for (size_t i = 0; i < s.kept; i++) TRY(add(out, &s, &s.best[i], error));
cleanup:
  for (size_t i = 0; i < s.count; i++) mem_free(s.conditions[i].rows);
  mem_free(s.excess);
  mem_free(pair);
  mem_free(rows);
  return status;
}

const finder finder_conjunctions = {.name = "conjunctions", .from_columns = true, .propose = propose};
