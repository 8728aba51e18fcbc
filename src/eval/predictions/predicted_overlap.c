/* Everything that measures groups goes by rows with one group each. An example in three groups is three rows:
 * one of the examples, and two repeats behind all examples, which whoever measures all examples leaves out.
 * Groups then depend on each other as those that share units do: the interval of the worst is made to hold
 * whatever that is (Bonferroni's inequality needs no independence), those of differences by what the groups
 * have in common (together.c). */
#include "eval/predictions/predicted_overlap.h"

#include "base/memory.h"
#include "eval/predictions/predicted_groups.h"

#include <string.h>

/* Which examples have what. */
typedef struct overlap {
  bool **has; /* [columns] by category, NULL for a column without any */
  const column_roles *roles;
  size_t several, none, repeats;
} overlap;

static bool has(const overlap *o, size_t column, size_t row) {
  uint32_t code = o->roles->by[column]->categories.codes[row];
  return code != COLUMN_MISSING && o->has[column][code];
}

/* Numbers and truth values say whether; text does not. */
static despur_status judge_values(bool **out, const table *t, const table_column *column, double threshold,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  const value_column *c = &column->categories;
  size_t count = column_categories(c);
  TRY(mem_alloc(out, count, sizeof **out, error));
  for (uint32_t k = 0; k < count; k++) {
    double number = c->about[k].number;
    if (!(number == number))
      FAIL(error, DESPUR_BAD_INPUT,
           "%s:%zu: column '%.60s': expected a number or a truth value, found '%.60s'", table_name(t),
           c->about[k].line, column->name, column_name(c, k));
    (*out)[k] = number >= threshold;
  }
cleanup:
  return status;
}

static void count_examples(overlap *o, size_t rows) {
  for (size_t i = 0; i < rows; i++) {
    size_t groups = 0;
    for (size_t k = 0; k < o->roles->by_count; k++) groups += has(o, k, i);
    o->none += groups == 0;
    o->several += groups > 1;
    o->repeats += groups > 1 ? groups - 1 : 0;
  }
}

static despur_status make_room(despur_predicted *p, size_t repeats, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t n = p->count, all = n + repeats, k = p->classes;
  if (all >= UINT32_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "predictions: expected fewer than %u memberships in groups", UINT32_MAX);
  TRY(mem_alloc(&p->repeated, repeats, sizeof *p->repeated, error));
  TRY(mem_grow(&p->labels, n, all, sizeof *p->labels, error));
  TRY(mem_grow(&p->predictions, n, all, sizeof *p->predictions, error));
  if (p->probabilities) TRY(mem_grow(&p->probabilities, n * k, all * k, sizeof *p->probabilities, error));
  if (p->units) TRY(mem_grow(&p->units, n, all, sizeof *p->units, error));
  if (p->weights) TRY(mem_grow(&p->weights, n, all, sizeof *p->weights, error));
cleanup:
  return status;
}

static void copy_row(despur_predicted *p, size_t to, size_t from) {
  size_t k = p->classes;
  p->labels[to] = p->labels[from];
  p->predictions[to] = p->predictions[from];
  if (p->units) p->units[to] = p->units[from];
  if (p->weights) p->weights[to] = p->weights[from];
  if (p->probabilities)
    memcpy(p->probabilities + to * k, p->probabilities + from * k, k * sizeof *p->probabilities);
}

/* codes: the first column that each example has, then, column by column, those that it has as well. */
static void add_repeats(despur_predicted *p, const overlap *o, uint32_t *codes) {
  size_t examples = p->count, columns = o->roles->by_count;
  for (size_t i = 0; i < examples; i++) {
    codes[i] = 0;
    while (codes[i] < columns && !has(o, codes[i], i)) codes[i]++;
  }
  for (size_t k = 0; k < columns; k++)
    for (size_t i = 0; i < examples; i++) {
      if (codes[i] >= k || !has(o, k, i)) continue;
      p->repeated[p->repeats++] = (uint32_t)i;
      codes[p->count] = (uint32_t)k;
      copy_row(p, p->count++, i);
    }
}

despur_status overlap_make_groups(despur_predicted *out, text *note, const table *t,
                                  const column_roles *roles, const despur_columns *columns,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  overlap o = {.roles = roles};
  uint32_t *codes = NULL;
  size_t examples = out->count;
  TRY(mem_alloc(&o.has, roles->by_count, sizeof *o.has, error));
  for (size_t k = 0; k < roles->by_count; k++)
    TRY(judge_values(&o.has[k], t, roles->by[k], overlap_threshold(columns), error));
  count_examples(&o, examples);
  if (o.none == examples)
    FAIL(error, DESPUR_BAD_INPUT, "%s: no example is in any of these groups, from %g on", table_name(t),
         overlap_threshold(columns));
  TRY(make_room(out, o.repeats, error));
  TRY(mem_alloc(&codes, examples + o.repeats, sizeof *codes, error));
  add_repeats(out, &o, codes);
  TRY(text_add(
      note, error,
      "groups overlap: %zu of %zu examples are in several, %zu in none; intervals of the worst group and of "
      "differences between groups take that into account",
      o.several, examples, o.none));
  status = predicted_name_overlapping(out, roles, columns, codes, error);
  codes = NULL;
cleanup:
  for (size_t k = 0; o.has && k < roles->by_count; k++) mem_free(o.has[k]);
  mem_free(o.has);
  mem_free(codes);
  return status;
}
