/* Columns of metadata as they stand: a site, a camera, a patient's sex. */
#include "audit/finder.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 50 };

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

const finder finder_columns = {.name = "columns", .propose = propose};
