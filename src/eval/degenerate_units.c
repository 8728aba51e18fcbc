/* What degenerate.c has to know of predictions whose examples come from units. */
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "eval/cells.h"
#include "eval/statistics/effective.h"

#include <math.h>

/* ---- accuracies ---- */

static size_t part_of(const cells *c, uint32_t label, uint32_t attribute) {
  size_t low = 0, high = c->part_count;
  while (low + 1 < high) {
    size_t middle = low + (high - low) / 2;
    const cell_part *part = &c->parts[middle];
    if (part->label < label || (part->label == label && part->attribute <= attribute))
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Three cells for each part: its own examples, the others of its label, and whether these are its own. */
static void tally_row(unit_tally *t, const size_t *usual, size_t part, bool right) {
  unit_tally_add(t, 3 * part, 1, right);
  unit_tally_add(t, 3 * usual[part] + 2, 1, part == usual[part]);
  if (part != usual[part]) unit_tally_add(t, 3 * usual[part] + 1, 1, right);
}

/* ---- kappa ---- */

/* How much an example of a label with a prediction moves kappa, times the number of examples. */
typedef struct influence {
  double *labels, *predictions; /* [classes] shares */
  double observed, expected;
} influence;

static despur_status influence_create(influence *out, const cells *c, despur_error *error) {
  despur_status status = DESPUR_OK;
  double n = (double)c->examples;
  size_t correct = 0;
  *out = (influence){0};
  TRY(mem_alloc(&out->labels, 2 * c->classes, sizeof *out->labels, error));
  out->predictions = out->labels + c->classes;
  for (size_t j = 0; j < c->count; j++) {
    out->labels[c->cells[j].label] += (double)c->cells[j].count;
    out->predictions[c->cells[j].prediction] += (double)c->cells[j].count;
    if (c->cells[j].label == c->cells[j].prediction) correct += c->cells[j].count;
  }
  for (size_t y = 0; y < c->classes; y++) {
    out->labels[y] /= n;
    out->predictions[y] /= n;
    out->expected += out->labels[y] * out->predictions[y];
  }
  out->observed = (double)correct / n;
cleanup:
  return status;
}

static double influence_of(const influence *f, uint32_t label, uint32_t prediction) {
  double room = 1 - f->expected, right = label == prediction;
  double chance = f->predictions[label] + f->labels[prediction] - 2 * f->expected;
  return ((right - f->observed) * room - (1 - f->observed) * chance) / (room * room);
}

/* ---- both ---- */

/* Rows unit by unit, and within one in an order that does not depend on theirs: sums keep their bits. */
static despur_status order_rows(unit_rows *out, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL;
  size_t *next = NULL;
  TRY(unit_rows_find(out, p, error));
  TRY(cells_order(&order, p, error));
  TRY(mem_alloc(&next, p->units_count, sizeof *next, error));
  for (size_t u = 0; u < p->units_count; u++) next[u] = out->first[u];
  for (size_t i = 0; i < p->count; i++) out->rows[next[p->units[order[i]]]++] = order[i];
cleanup:
  mem_free(next);
  mem_free(order);
  return status;
}

static void find_usual(size_t *usual, const cells *c) {
  for (size_t first = 0, end; first < c->part_count; first = end) {
    end = cells_label_end(c, first);
    for (size_t k = first; k < end; k++) usual[k] = cells_usual(c, first, end);
  }
}

despur_status cells_add_units(cells *c, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  unit_rows rows = {0};
  unit_tally tally = {0};
  influence f = {0};
  size_t *usual = NULL;
  double squares = 0, m = (double)p->units_count, n = (double)p->count;
  c->units = p->units_count;
  TRY(order_rows(&rows, p, error));
  TRY(unit_tally_create(&tally, 3 * c->part_count, false, error));
  TRY(influence_create(&f, c, error));
  TRY(mem_alloc(&usual, c->part_count, sizeof *usual, error));
  find_usual(usual, c);
  for (size_t u = 0; u < rows.units; u++) {
    double moved = 0;
    for (size_t i = rows.first[u]; i < rows.first[u + 1]; i++) {
      uint32_t row = rows.rows[i], label = p->labels[row], prediction = p->predictions[row];
      size_t part = part_of(c, label, p->attributes ? p->attributes[row] : 0);
      tally_row(&tally, usual, part, label == prediction);
      moved += influence_of(&f, label, prediction);
    }
    squares += moved * moved;
    unit_tally_end(&tally);
  }
  for (size_t k = 0; k < c->part_count; k++) {
    c->parts[k].effective = unit_effective(&tally.sums[3 * k]);
    c->parts[k].others = unit_effective(&tally.sums[3 * k + 1]);
    c->parts[k].share = unit_effective(&tally.sums[3 * k + 2]);
  }
  c->labels_share_units = unit_rows_share(&rows, p->labels, DESPUR_NO_GROUP);
  c->parts_share_units = unit_rows_share(&rows, p->attributes, DESPUR_NO_GROUP);
  c->kappa_deviation = c->units > 1 ? math_sqrt(m / (m - 1) * squares) / n : HUGE_VAL;
cleanup:
  mem_free(usual);
  mem_free(f.labels);
  unit_tally_release(&tally);
  unit_rows_release(&rows);
  return status;
}

despur_status cells_tell_by_unit(cells_told *told, const despur_predicted *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  random_stream stream = random_open(0, "unit", 0);
  unit_rows rows = {0};
  cells counted = {0};
  cells_told of_drawn;
  despur_predicted drawn = {.classes = p->classes};
  TRY(order_rows(&rows, p, error));
  TRY(mem_alloc(&drawn.labels, rows.units, sizeof *drawn.labels, error));
  TRY(mem_alloc(&drawn.predictions, rows.units, sizeof *drawn.predictions, error));
  if (p->attributes) TRY(mem_alloc(&drawn.attributes, rows.units, sizeof *drawn.attributes, error));
  for (size_t u = 0; u < rows.units; u++) {
    size_t size = rows.first[u + 1] - rows.first[u];
    if (size == 0) continue;
    uint32_t row = rows.rows[rows.first[u] + random_below(&stream, (uint32_t)size)];
    drawn.labels[drawn.count] = p->labels[row];
    drawn.predictions[drawn.count] = p->predictions[row];
    if (p->attributes) drawn.attributes[drawn.count] = p->attributes[row];
    drawn.count++;
  }
  TRY(cells_count(&counted, &drawn, error));
  TRY(cells_tell_attribute(&of_drawn, &counted, error));
  told->p_value = of_drawn.p_value;
  told->chance = (double)NAN;
cleanup:
  cells_release(&counted);
  mem_free(drawn.labels);
  mem_free(drawn.predictions);
  mem_free(drawn.attributes);
  unit_rows_release(&rows);
  return status;
}
