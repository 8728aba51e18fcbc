#include "despur/compare.h"

#include "base/memory.h"
#include "base/text.h"
#include "eval/difference.h"
#include "eval/draw.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXCHANGES = 10000 };

/* ---- the same examples ---- */

typedef struct numbered {
  uint32_t number, row;
} numbered;

static int by_number(const void *a, const void *b) {
  uint32_t x = ((const numbered *)a)->number, y = ((const numbered *)b)->number;
  return (x > y) - (x < y);
}

static despur_status sorted_numbers(numbered **out, const despur_predicted *p, const char *which,
                                    despur_error *error) {
  despur_status status = mem_alloc(out, p->count, sizeof **out, error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < p->count; i++) (*out)[i] = (numbered){p->examples[i], (uint32_t)i};
  qsort(*out, p->count, sizeof **out, by_number);
  for (size_t i = 1; i < p->count; i++)
    if ((*out)[i].number == (*out)[i - 1].number)
      return error_set(error, DESPUR_BAD_INPUT, "the %s predictions have example %u twice", which,
                       (*out)[i].number);
  return DESPUR_OK;
}

/* rows[i]: the row of second that belongs to row i of first. */
static despur_status match_rows(uint32_t *rows, const despur_predicted *first, const despur_predicted *second,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  numbered *a = NULL, *b = NULL;
  if (first->count != second->count)
    FAIL(error, DESPUR_BAD_INPUT, "the first predictions are of %zu examples, the second of %zu",
         first->count, second->count);
  if (!first->examples || !second->examples) {
    for (size_t i = 0; i < first->count; i++) rows[i] = (uint32_t)i;
    return DESPUR_OK;
  }
  TRY(sorted_numbers(&a, first, "first", error));
  TRY(sorted_numbers(&b, second, "second", error));
  for (size_t i = 0; i < first->count; i++) {
    if (a[i].number != b[i].number)
      FAIL(error, DESPUR_BAD_INPUT, "example %u is in one of the predictions only",
           a[i].number < b[i].number ? a[i].number : b[i].number);
    rows[a[i].row] = b[i].row;
  }
cleanup:
  mem_free(a);
  mem_free(b);
  return status;
}

static const char *group_name(const despur_predicted *p, size_t row) {
  return p->groups[row] == DESPUR_NO_GROUP ? "none" : p->names[p->groups[row]];
}

/* Counts who is right, after checking that both speak of the same thing. */
static despur_status count_pairs(despur_comparison *out, const despur_predicted *first,
                                 const despur_predicted *second, const uint32_t *rows, despur_error *error) {
  for (size_t i = 0; i < first->count; i++) {
    uint32_t row = rows[i], label = first->labels[i];
    if (label != second->labels[row])
      return error_set(
          error, DESPUR_BAD_INPUT,
          "row %zu of the first predictions is of class %u, row %u of the second of %u (other data?)", i + 1,
          label, row + 1, second->labels[row]);
    if (strcmp(group_name(first, i), group_name(second, row)) != 0)
      return error_set(
          error, DESPUR_BAD_INPUT,
          "row %zu of the first predictions is of group %s, row %u of the second of %s (other data?)", i + 1,
          group_name(first, i), row + 1, group_name(second, row));
    bool a = first->predictions[i] == label, b = second->predictions[row] == label;
    despur_pairs one = {a && b, a && !b, b && !a, !a && !b}, *sums[] = {&out->all.pairs, NULL};
    if (first->groups[i] != DESPUR_NO_GROUP) sums[1] = &out->groups[first->groups[i]].pairs;
    for (size_t s = 0; s < 2 && sums[s]; s++) {
      sums[s]->both += one.both;
      sums[s]->only_first += one.only_first;
      sums[s]->only_second += one.only_second;
      sums[s]->neither += one.neither;
    }
  }
  return DESPUR_OK;
}

/* ---- groups ---- */

static size_t pairs_count(const despur_pairs *p) {
  return p->both + p->only_first + p->only_second + p->neither;
}

static void compare_group(despur_group_comparison *g, double confidence) {
  double count = (double)pairs_count(&g->pairs);
  despur_interval interval = despur_paired_interval(&g->pairs, confidence);
  g->first = (double)(g->pairs.both + g->pairs.only_first) / count; /* 0 / 0 is NaN, which is meant */
  g->second = (double)(g->pairs.both + g->pairs.only_second) / count;
  g->difference = g->second - g->first;
  g->low = interval.low;
  g->high = interval.high;
  g->p_value = g->adjusted =
      count > 0 ? despur_mcnemar(g->pairs.only_first, g->pairs.only_second) : (double)NAN;
}

static despur_status compare_groups(despur_comparison *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  double *p = NULL;
  TRY(mem_alloc(&p, out->groups_count, sizeof *p, error));
  for (size_t g = 0; g < out->groups_count; g++) {
    compare_group(&out->groups[g], out->confidence);
    p[g] = out->groups[g].p_value;
  }
  TRY(despur_holm(p, p, out->groups_count, error));
  for (size_t g = 0; g < out->groups_count; g++) out->groups[g].adjusted = p[g];
cleanup:
  mem_free(p);
  return status;
}

/* ---- the worst group ---- */

/* The difference of minima after exchanging answers at random. Of a group's discordant examples each goes to
 * either side with probability one half, so their number on one side is binomial: no example need be looked
 * at. */
static double exchanged(const despur_comparison *c, random_stream *stream) {
  double first = 1, second = 1;
  for (size_t g = 0; g < c->groups_count; g++) {
    const despur_pairs *pairs = &c->groups[g].pairs;
    size_t count = pairs_count(pairs), discordant = pairs->only_first + pairs->only_second;
    if (count == 0) continue;
    size_t drawn = draw_binomial(stream, discordant, 0.5);
    first = fmin(first, (double)(pairs->both + drawn) / (double)count);
    second = fmin(second, (double)(pairs->both + discordant - drawn) / (double)count);
  }
  return second - first;
}

static double exchange_test(const despur_comparison *c) {
  random_stream stream = random_open(0, "exchange", 0);
  size_t as_large = 1; /* what was observed is one of the exchanges */
  double observed = fabs(c->worst.difference) - 1e-12;
  for (size_t i = 0; i < EXCHANGES; i++) as_large += fabs(exchanged(c, &stream)) >= observed;
  return (double)as_large / (EXCHANGES + 1);
}

/* The smallest accuracy of one side, its group and its interval. side: 0 first, 1 second. */
static despur_status smallest(double *accuracy, size_t *group, despur_interval *interval,
                              const despur_comparison *c, int side, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *correct = NULL;
  TRY(mem_alloc(&correct, 2 * c->groups_count, sizeof *correct, error));
  size_t *count = correct + c->groups_count;
  *accuracy = (double)NAN;
  *group = c->groups_count;
  for (size_t g = 0; g < c->groups_count; g++) {
    const despur_group_comparison *of = &c->groups[g];
    double here = side ? of->second : of->first;
    count[g] = pairs_count(&of->pairs);
    correct[g] = of->pairs.both + (side ? of->pairs.only_second : of->pairs.only_first);
    if (count[g] == 0 || (*group < c->groups_count && here >= *accuracy)) continue;
    *accuracy = here;
    *group = g;
  }
  TRY(despur_minimum_interval(interval, correct, count, c->groups_count, c->confidence, error));
cleanup:
  mem_free(correct);
  return status;
}

static despur_status compare_worst(despur_comparison *out, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_worst_comparison *w = &out->worst;
  despur_interval first, second;
  TRY(smallest(&w->first, &w->group_first, &first, out, 0, error));
  TRY(smallest(&w->second, &w->group_second, &second, out, 1, error));
  w->difference = w->second - w->first;
  w->low = w->high = w->p_value = (double)NAN;
  if (isnan(w->difference)) goto cleanup;
  double correlation =
      w->group_first == w->group_second ? pairs_correlation(&out->groups[w->group_first].pairs) : 0;
  despur_interval interval = difference_interval(w->first, first, w->second, second, correlation);
  w->low = interval.low;
  w->high = interval.high;
  w->p_value = exchange_test(out);
cleanup:
  return status;
}

despur_status despur_compare(despur_comparison *out, const despur_predicted *first,
                             const despur_predicted *second, double confidence, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *rows = NULL;
  *out = (despur_comparison){.confidence = confidence, .groups_count = first->groups_count};
  TRY(mem_alloc(&rows, first->count, sizeof *rows, error));
  TRY(mem_alloc(&out->groups, first->groups_count, sizeof *out->groups, error));
  TRY(text_copy_all(&out->names, first->names, first->groups_count, error));
  for (size_t g = 0; g < first->groups_count; g++) out->groups[g].name = out->names[g];
  out->all.name = "all examples";
  TRY(match_rows(rows, first, second, error));
  TRY(count_pairs(out, first, second, rows, error));
  TRY(compare_groups(out, error));
  compare_group(&out->all, confidence);
  TRY(compare_worst(out, error));
cleanup:
  mem_free(rows);
  if (status != DESPUR_OK) despur_comparison_release(out);
  return status;
}

void despur_comparison_release(despur_comparison *comparison) {
  mem_free(comparison->groups);
  mem_free(comparison->names);
  *comparison = (despur_comparison){0};
}
