/* Weights say how many examples of the population a row stands for, up to a factor. One that is missing or
 * negative has no such meaning; one of zero has, and its row is as if it were not there. */
#include "eval/predictions/predicted_weights.h"

#include "base/memory.h"
#include "eval/predictions/predicted_examples.h"

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
                       "%s:%zu: column '%.60s': expected a weight of 0 or more, found %.12g", table_name(t),
                       table_line(t, i), column->name, weight);
    if (weight > LARGEST || (weight > 0 && weight < 1 / LARGEST))
      return error_set(error, DESPUR_BAD_INPUT,
                       "%s:%zu: column '%.60s': expected a weight between 1e-100 and 1e100, found %.12g",
                       table_name(t), table_line(t, i), column->name, weight);
    *zeros += weight == 0;
  }
  if (*zeros == t->rows)
    return error_set(error, DESPUR_BAD_INPUT, "%s: column '%.60s': all %zu weights are 0", table_name(t),
                     column->name, t->rows);
  return DESPUR_OK;
}

static despur_status note_zeros(text *note, const table *t, const table_column *column, size_t zeros,
                                despur_error *error) {
  return text_add(note, error, "column '%s': %zu of %zu rows have weight 0 and were left out", column->name,
                  zeros, t->rows);
}

/* *alike: of those that weigh something, which the note then says. */
static despur_status note_alike(text *note, bool *alike, const table_column *column, size_t rows,
                                despur_error *error) {
  double least = HUGE_VAL, most = 0;
  for (size_t i = 0; i < rows; i++) {
    if (column->values[i] > 0 && column->values[i] < least) least = column->values[i];
    if (column->values[i] > most) most = column->values[i];
  }
  *alike = least == most;
  if (!*alike) return DESPUR_OK;
  return text_add(note, error, "column '%s': all rows weigh %g, which is as if none did", column->name,
                  least);
}

despur_status weights_settle(text *note, table *t, const table_column *column, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool *keep = NULL;
  size_t zeros;
  TRY(check_weights(&zeros, t, column, error));
  if (zeros == 0) goto cleanup;
  TRY(mem_alloc(&keep, t->rows, sizeof *keep, error));
  for (size_t i = 0; i < t->rows; i++) keep[i] = column->values[i] > 0;
  TRY(note_zeros(note, t, column, zeros, error));
  TRY(table_keep_rows(t, keep, error));
cleanup:
  mem_free(keep);
  return status;
}

despur_status weights_take(despur_predicted *out, text *note, table_column *column, despur_error *error) {
  bool alike;
  despur_status status = note_alike(note, &alike, column, out->count, error);
  if (status == DESPUR_OK && !alike) status = mem_copy_text(&out->weight, column->name, error);
  if (status != DESPUR_OK || alike) return status;
  out->weights = column->values;
  column->values = NULL;
  for (size_t i = 0; i < out->alone_count; i++) out->alone[i].weights = out->weights;
  return DESPUR_OK;
}

static despur_status refuse_zero(const table *t, const table_column *column, despur_error *error) {
  size_t i = 0;
  while (column->values[i] > 0) i++;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s:%zu: column '%.60s': expected a weight above 0, found 0 (leave such rows out)",
                   table_name(t), table_line(t, i), column->name);
}

static despur_status add_note(text_list *notes, text *note, despur_error *error) {
  despur_status status = note->length > 0 ? text_list_add(notes, note->data, error) : DESPUR_OK;
  note->length = 0;
  return status;
}

despur_status weights_take_examples(despur_examples *out, text_list *notes, const table *t,
                                    table_column *column, bool zeros, despur_error *error) {
  despur_status status = DESPUR_OK;
  text note = {0};
  size_t found;
  bool alike;
  TRY(check_weights(&found, t, column, error));
  if (found > 0 && !zeros) TRY(refuse_zero(t, column, error));
  if (found > 0) TRY(note_zeros(&note, t, column, found, error));
  TRY(add_note(notes, &note, error));
  TRY(note_alike(&note, &alike, column, t->rows, error));
  TRY(add_note(notes, &note, error));
  if (alike && found == 0) goto cleanup;
  TRY(mem_copy_text(&out->weight, column->name, error));
  out->weights = column->values;
  column->values = NULL;
cleanup:
  mem_free(note.data);
  return status;
}
