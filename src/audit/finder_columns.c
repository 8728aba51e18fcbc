/* Columns of metadata as they stand: a site, a camera, a patient's sex. */
#include "audit/finder.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 50 };

typedef uint32_t target(const finder_view *v, size_t example);

static uint32_t label_of(const finder_view *v, size_t example) {
  return v->labels[example];
}

static uint32_t prediction_of(const finder_view *v, size_t example) {
  return v->predictions[example];
}

static uint32_t error_of(const finder_view *v, size_t example) {
  return v->labels[example] != v->predictions[example];
}

/* Whether no value of the column goes with two values of the target, which varies. */
static bool says(const finder_view *v, const despur_example_column *column, target *of) {
  uint32_t said[MOST_VALUES];
  bool seen[MOST_VALUES] = {false}, varies = false;
  const uint32_t first = of(v, v->discovery[0]);
  for (size_t i = 0; i < v->discovery_count; i++) {
    const uint32_t code = column->codes[v->discovery[i]], value = of(v, v->discovery[i]);
    varies |= value != first;
    if (code == DESPUR_NO_VALUE) continue;
    if (seen[code] && said[code] != value) return false;
    seen[code] = true;
    said[code] = value;
  }
  return varies;
}

/* What a column repeats is found in it again, which says nothing of the model. */
static despur_status note_repetition(proposals *out, const finder_view *v,
                                     const despur_example_column *column) {
  static const struct {
    target *of;
    const char *note;
  } REPEATED[] = {
      {label_of, "says the label of every example: it is the label under another name, or stands for it"},
      {prediction_of, "says every prediction: it is the prediction, or all that the model goes by"},
      {error_of, "says which predictions are wrong: that its cells have more errors says nothing"}};
  for (size_t k = 0; k < sizeof REPEATED / sizeof *REPEATED; k++)
    if (says(v, column, REPEATED[k].of))
      return proposals_note(out, "column '%.200s' %s", column->name, REPEATED[k].note);
  return DESPUR_OK;
}

static despur_status propose(proposals *out, const finder_view *v, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t b = 0; b < v->by_count; b++) {
    const despur_example_column *column = &v->by[b];
    despur_audit_candidate *c;
    char name[256];
    if (column->values_count > MOST_VALUES)
      TRY(proposals_note(out, "column '%.200s' has %zu values, more than %d: none of them was tested",
                         column->name, column->values_count, MOST_VALUES));
    if (column->values_count < 2 || column->values_count > MOST_VALUES) continue;
    TRY(note_repetition(out, v, column));
    TRY(proposals_add(&c, out, &finder_columns, v->n, column->values_count, "column %s", column->name));
    memcpy(c->of_example, column->codes, v->n * sizeof *c->of_example);
    for (size_t k = 0; k < column->values_count; k++) {
      snprintf(name, sizeof name, "%s=%s", column->name, column->values[k]);
      TRY(proposals_name_cell(c, k, name, error));
    }
  }
cleanup:
  return status;
}

const finder finder_columns = {.name = "columns", .from_columns = true, .propose = propose};
