#include "io/column_cut.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LARGEST_WHOLE = 1e15; /* that is spelled by its digits */

/* ---- what was asked for ---- */

static despur_status reserve(column_cut *out, size_t room, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&out->edges, room, sizeof *out->edges, error));
  TRY(mem_alloc(&out->names, room, sizeof *out->names, error));
cleanup:
  return status;
}

static despur_status add_edge(column_cut *out, double value, const char *name, despur_error *error) {
  despur_status status = mem_copy_text(&out->names[out->count], name, error);
  if (status == DESPUR_OK) out->edges[out->count++] = value;
  return status;
}

static despur_status parse_edge(column_cut *out, const char *at, size_t length, number_form *form,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  text word = {0};
  double value;
  TRY(text_add(&word, error, "%.*s", (int)length, at));
  if (!number_read(&value, word.data, '.', form) || !isfinite(value))
    FAIL(error, DESPUR_BAD_USAGE, "expected a number to cut at, found '%.60s'", word.data);
  if (out->count > 0 && value <= out->edges[out->count - 1])
    FAIL(error, DESPUR_BAD_USAGE, "expected numbers that increase, found %.60s after %.60s", word.data,
         out->names[out->count - 1]);
  if (form->whole && fabs(value) < LARGEST_WHOLE) { /* "20.0" is called 20 */
    word.length = 0;
    TRY(text_add(&word, error, "%.0f", value));
  }
  TRY(add_edge(out, value, word.data, error));
cleanup:
  mem_free(word.data);
  return status;
}

despur_status column_cut_parse(column_cut *out, const char *given, despur_error *error) {
  despur_status status = DESPUR_OK;
  number_form form = {0};
  size_t room = 1;
  *out = (column_cut){0};
  for (const char *at = given; (at = strchr(at, ',')); at++) room++;
  TRY(reserve(out, room, error));
  for (const char *at = given; at;) {
    const char *comma = strchr(at, ',');
    TRY(parse_edge(out, at, comma ? (size_t)(comma - at) : strlen(at), &form, error));
    at = comma ? comma + 1 : NULL;
  }
  /* "20.0" is a cut at twenty */
  if (out->count == 1 && form.whole && !strchr(given, '.') && out->edges[0] >= 2 &&
      out->edges[0] <= COLUMN_MOST_PARTS)
    out->parts = (size_t)out->edges[0];
cleanup:
  return status;
}

void column_cut_release(column_cut *cut) {
  for (size_t i = 0; i < cut->count; i++) mem_free(cut->names[i]);
  mem_free(cut->names);
  mem_free(cut->edges);
  *cut = (column_cut){0};
}

/* ---- ranges ---- */

static despur_status refuse_text(const value_column *c, despur_error *error) {
  for (uint32_t i = 0; i < column_categories(c); i++)
    if (isnan(c->about[i].number) || c->about[i].truth)
      return error_set(error, DESPUR_BAD_INPUT, "expected numbers to cut, found '%.60s' in line %zu",
                       column_name(c, i), c->about[i].line);
  return DESPUR_OK;
}

/* Where parts of nearly equal size begin. */
static despur_status find_edges(column_cut *out, const value_column *c, size_t parts, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL, *rank;
  size_t *rows = NULL, below = 0, next = 1, count = column_categories(c), known = c->rows - c->missing;
  TRY(column_order(&order, &rank, c, error));
  TRY(mem_alloc(&rows, count, sizeof *rows, error));
  TRY(reserve(out, parts, error));
  for (size_t i = 0; i < c->rows; i++)
    if (c->codes[i] != COLUMN_MISSING) rows[c->codes[i]]++;
  for (size_t i = 0; i < count; below += rows[order[i++]]) {
    if (below * parts < next * known || below == 0) continue;
    TRY(add_edge(out, c->about[order[i]].number, column_name(c, order[i]), error));
    while (below * parts >= next * known) next++;
  }
cleanup:
  mem_free(order);
  mem_free(rows);
  return status;
}

static despur_status add_name(text_list *out, const column_cut *edges, size_t range, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *const *names = edges->names;
  text name = {0};
  if (edges->count == 0)
    TRY(text_add(&name, error, "any number"));
  else if (range == 0)
    TRY(text_add(&name, error, "under %s", names[0]));
  else if (range == edges->count)
    TRY(text_add(&name, error, "%s and over", names[range - 1]));
  else
    TRY(text_add(&name, error, "%s to under %s", names[range - 1], names[range]));
  TRY(text_list_add(out, name.data, error));
cleanup:
  mem_free(name.data);
  return status;
}

static size_t range_of(const column_cut *edges, double value) {
  size_t range = 0;
  while (range < edges->count && value >= edges->edges[range]) range++;
  return range;
}

/* Every row's range in place of its value, in the column `out`. */
static despur_status replace(value_column *out, const value_column *c, const column_cut *edges,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list names = {0};
  for (size_t range = 0; range <= edges->count; range++) TRY(add_name(&names, edges, range, error));
  for (size_t i = 0; i < c->rows; i++) {
    if (c->codes[i] == COLUMN_MISSING) {
      TRY(column_add(out, "", 0, c->first_missing, '.', error));
      continue;
    }
    const column_category *about = &c->about[c->codes[i]];
    size_t range = range_of(edges, about->number), before = column_categories(out);
    TRY(column_add(out, names.items[range], strlen(names.items[range]), about->line, '.', error));
    /* what it is ordered by */
    if (column_categories(out) > before)
      out->about[before].number = range > 0 ? edges->edges[range - 1] : -(double)INFINITY;
  }
cleanup:
  text_list_release(&names);
  return status;
}

despur_status column_cut_apply(value_column *c, const column_cut *cut, despur_error *error) {
  despur_status status = DESPUR_OK;
  value_column ranges = {0};
  column_cut found = {0};
  TRY(refuse_text(c, error));
  if (cut->parts > 0) TRY(find_edges(&found, c, cut->parts, error));
  TRY(replace(&ranges, c, cut->parts > 0 ? &found : cut, error));
  column_release(c);
  *c = ranges;
  ranges = (value_column){0};
cleanup:
  column_release(&ranges);
  column_cut_release(&found);
  return status;
}
