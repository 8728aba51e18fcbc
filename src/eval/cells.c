#include "eval/cells.h"

#include "base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { BITS = 11, DIGIT = 1 << BITS, SPARSE = 8 /* rows for each cell that could be, on average */ };

/* One stable pass over 11 bits of a key (least significant digit first): linear, and no key is special. */
static void sort_digit(uint32_t *to, const uint32_t *from, const uint32_t *keys, size_t count, int shift,
                       size_t places[DIGIT]) {
  size_t sum = 0;
  memset(places, 0, DIGIT * sizeof *places);
  for (size_t i = 0; i < count; i++) places[(keys[from[i]] >> shift) & (DIGIT - 1)]++;
  for (size_t d = 0; d < DIGIT; d++) {
    size_t here = places[d];
    places[d] = sum;
    sum += here;
  }
  for (size_t i = 0; i < count; i++) to[places[(keys[from[i]] >> shift) & (DIGIT - 1)]++] = from[i];
}

/* Sorts rows by keys, keeping the order of equals; the result is in *order, *other is room. */
static void sort_by(uint32_t **order, uint32_t **other, const uint32_t *keys, size_t count, size_t *places) {
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++)
    if (keys[i] > largest) largest = keys[i];
  for (int shift = 0; shift < 32 && largest >> shift; shift += BITS) {
    sort_digit(*other, *order, keys, count, shift, places);
    uint32_t *sorted = *other;
    *other = *order;
    *order = sorted;
  }
}

static uint32_t attribute_of(const despur_predicted *p, size_t row) {
  return p->attributes ? p->attributes[row] : 0;
}

/* Cells come in their order, one or several times each. */
static void add_cell(cells *c, uint32_t label, uint32_t attribute, uint32_t prediction, size_t count) {
  assert(c->parts && c->cells);
  cell_part *part = &c->parts[c->part_count]; /* behind the last */
  cell *last = &c->cells[c->count];
  const bool same = c->part_count > 0 && part[-1].label == label && part[-1].attribute == attribute;
  if (same) {
    part--;
  } else {
    *part = (cell_part){
        .label = label, .attribute = attribute, .first = c->count, .end = c->count, .train = CELLS_UNKNOWN};
    c->part_count++;
  }
  if (same && last[-1].prediction == prediction) {
    last--;
  } else {
    *last = (cell){.label = label, .attribute = attribute, .prediction = prediction};
    c->count++;
    part->end++;
  }
  last->count += count;
  part->count += count;
  part->correct += prediction == label ? count : 0;
}

/* Training sizes belong to groups: they are those of a part where a group is just that part. */
static despur_status find_train_sizes(cells *c, const despur_predicted *p, const uint32_t *order,
                                      despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t *members = NULL, at = 0;
  if (!p->train_sizes) return DESPUR_OK;
  TRY(mem_alloc(&members, p->groups_count, sizeof *members, error));
  for (size_t i = 0; i < p->count; i++)
    if (p->groups[i] != DESPUR_NO_GROUP) members[p->groups[i]]++;
  for (size_t k = 0; k < c->part_count; k++) {
    uint32_t group = p->groups[order[at]];
    size_t end = at + c->parts[k].count;
    bool whole = group != DESPUR_NO_GROUP && members[group] == c->parts[k].count;
    for (; at < end; at++) whole = whole && p->groups[order[at]] == group;
    if (whole) c->parts[k].train = p->train_sizes[group];
  }
cleanup:
  mem_free(members);
  return status;
}

despur_status cells_order(uint32_t **order, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *other = NULL;
  size_t *places = NULL;
  TRY(mem_alloc(order, p->count, sizeof **order, error));
  TRY(mem_alloc(&other, p->count, sizeof *other, error));
  TRY(mem_alloc(&places, DIGIT, sizeof *places, error));
  for (size_t i = 0; i < p->count; i++) (*order)[i] = (uint32_t)i;
  sort_by(order, &other, p->predictions, p->count, places);
  if (p->attributes) sort_by(order, &other, p->attributes, p->count, places);
  sort_by(order, &other, p->labels, p->count, places);
cleanup:
  mem_free(other);
  mem_free(places);
  return status;
}

/* How many there are going to be: far fewer than examples, as a rule. */
static void count_changes(size_t *part_count, size_t *cell_count, const despur_predicted *p,
                          const uint32_t *order) {
  *part_count = *cell_count = 0;
  for (size_t i = 0; i < p->count; i++) {
    uint32_t row = order[i], last = order[i ? i - 1 : 0];
    bool part = i == 0 || p->labels[row] != p->labels[last] || attribute_of(p, row) != attribute_of(p, last);
    *part_count += part;
    *cell_count += part || p->predictions[row] != p->predictions[last];
  }
}

static despur_status count_sorted(cells *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL;
  size_t part_count, cell_count;
  TRY(cells_order(&order, p, error));
  count_changes(&part_count, &cell_count, p, order);
  TRY(mem_alloc(&out->cells, cell_count, sizeof *out->cells, error));
  TRY(mem_alloc(&out->parts, part_count, sizeof *out->parts, error));
  for (size_t i = 0; i < p->count; i++) {
    uint32_t row = order[i];
    add_cell(out, p->labels[row], attribute_of(p, row), p->predictions[row], 1);
  }
  TRY(find_train_sizes(out, p, order, error));
cleanup:
  mem_free(order);
  return status;
}

/* All that could occur, of codes that are this small. */
typedef struct grid {
  size_t labels, attributes, predictions;
} grid;

static grid grid_of(const despur_predicted *p) {
  grid g = {0, 0, 0};
  for (size_t i = 0; i < p->count; i++) {
    if (p->labels[i] >= g.labels) g.labels = p->labels[i] + (size_t)1;
    if (attribute_of(p, i) >= g.attributes) g.attributes = attribute_of(p, i) + (size_t)1;
    if (p->predictions[i] >= g.predictions) g.predictions = p->predictions[i] + (size_t)1;
  }
  return g;
}

/* Without an order of rows, which takes twice as much memory as their labels. */
static despur_status count_grid(cells *out, const despur_predicted *p, grid g, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t all = g.labels * g.attributes * g.predictions;
  size_t *counts = NULL, found = 0;
  TRY(mem_alloc(&counts, all, sizeof *counts, error));
  for (size_t i = 0; i < p->count; i++)
    counts[(p->labels[i] * g.attributes + attribute_of(p, i)) * g.predictions + p->predictions[i]]++;
  for (size_t k = 0; k < all; k++) found += counts[k] > 0;
  TRY(mem_alloc(&out->cells, found, sizeof *out->cells, error));
  TRY(mem_alloc(&out->parts, found, sizeof *out->parts, error));
  for (size_t k = 0; k < all; k++)
    if (counts[k] > 0)
      add_cell(out, (uint32_t)(k / g.predictions / g.attributes),
               (uint32_t)(k / g.predictions % g.attributes), (uint32_t)(k % g.predictions), counts[k]);
cleanup:
  mem_free(counts);
  return status;
}

despur_status cells_count(cells *out, const despur_predicted *p, despur_error *error) {
  const grid g = grid_of(p);
  size_t all;
  *out = (cells){.examples = p->count, .classes = p->classes};
  bool small = !__builtin_mul_overflow(g.labels, g.attributes, &all) &&
               !__builtin_mul_overflow(all, g.predictions, &all) && all <= p->count / SPARSE;
  despur_status status =
      small && !p->train_sizes ? count_grid(out, p, g, error) : count_sorted(out, p, error);
  if (status != DESPUR_OK) cells_release(out);
  return status;
}

void cells_release(cells *c) {
  mem_free(c->cells);
  mem_free(c->parts);
  *c = (cells){0};
}

size_t cells_label_end(const cells *c, size_t first) {
  size_t end = first;
  while (end < c->part_count && c->parts[end].label == c->parts[first].label) end++;
  return end;
}

bool cells_trained(const cells *c, size_t first, size_t end) {
  bool known = true;
  for (size_t k = first; k < end; k++) known = known && c->parts[k].train != CELLS_UNKNOWN;
  return known;
}

size_t cells_usual(const cells *c, size_t first, size_t end) {
  bool trained = cells_trained(c, first, end);
  size_t most = first;
  for (size_t k = first + 1; k < end; k++)
    if (trained ? c->parts[k].train > c->parts[most].train : c->parts[k].count > c->parts[most].count)
      most = k;
  return most;
}
