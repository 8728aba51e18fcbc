/* Weights say how many examples of the population a row stands for, up to a factor. One that is missing or
 * negative has no such meaning; one of zero has, and its row is as if it were not there. */
#include "eval/predicted_weights.h"

#include "base/memory.h"
#include "eval/predicted_examples.h"

#include <math.h>
#include <stdbool.h>

static const double LARGEST = 1e100; /* so that neither squares of sums overflow nor squares vanish */

static despur_status check_weights(size_t *zeros, const table *t, const table_column *column,
                                   despur_error *error) {
  *zeros = 0;
  despur_status status = examples_refuse_missing(t, column, "weights", error);
  if (status != DESPUR_OK) return status;
  for (size_t i = 0; i < t->rows; i++) {
    double weight = column->values[i];
    if (weight < 0)
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%u: column '%.60s': expected a weight of 0 or more, found %.12g", table_name(t),
                       t->lines[i], column->name, weight);
    if (weight > LARGEST || (weight > 0 && weight < 1 / LARGEST))
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%u: column '%.60s': expected a weight between 1e-100 and 1e100, found %.12g",
                       table_name(t), t->lines[i], column->name, weight);
    *zeros += weight == 0;
  }
  if (*zeros == t->rows)
    return error_set(error, DESPUR_BAD_INPUT, "%s: column '%.60s': all %zu weights are 0", table_name(t),
                     column->name, t->rows);
  return DESPUR_OK;
}

despur_status weights_settle(text *note, table *t, const table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *keep = NULL;
  size_t zeros, rows = t->rows;
  TRY(check_weights(&zeros, t, column, error));
  if (zeros == 0) goto cleanup;
  TRY(mem_alloc(&keep, rows, sizeof *keep, error));
  for (size_t i = 0; i < rows; i++) keep[i] = column->values[i] > 0;
  TRY(table_keep_rows(t, keep, error));
  TRY(text_add(note, error, "column '%s': %zu of %zu rows have weight 0 and were left out", column->name,
               zeros, rows));
cleanup:
  mem_free(keep);
  return status;
}

despur_status weights_take(despur_predicted *out, text *note, table_column *column, despur_error *error) {
  double least = HUGE_VAL, most = 0;
  for (size_t i = 0; i < out->count; i++) {
    if (column->values[i] < least) least = column->values[i];
    if (column->values[i] > most) most = column->values[i];
  }
  if (least == most)
    return text_add(note, error, "column '%s': all rows weigh %g, which is as if none did", column->name,
                    least);
  despur_status status = mem_copy_text(&out->weight, column->name, error);
  if (status != DESPUR_OK) return status;
  out->weights = column->values;
  column->values = NULL;
  for (size_t i = 0; i < out->alone_count; i++) out->alone[i].weights = out->weights;
  return DESPUR_OK;
}
