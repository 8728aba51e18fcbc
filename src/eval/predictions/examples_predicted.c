#include "eval/predictions/examples_predicted.h"

#include "base/memory.h"
#include "despur/measures.h"

enum { MOST_VALUES = 50 }; /* of a column of text that nobody asked for */

despur_status examples_take_predicted(despur_examples *out, text_list *notes, const char *path,
                                      const despur_columns *columns, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted p = {0};
  despur_columns wanted = *columns;
  wanted.by = wanted.split = wanted.weight = NULL;
  TRY(despur_predicted_read(&p, path, &wanted, error));
  for (size_t i = 0; i < p.notes_count; i++) TRY(text_list_add(notes, p.notes[i], error));
  out->count = p.count;
  out->classes = p.classes;
  out->labels = p.labels;
  out->predictions = p.predictions;
  out->class_names = p.class_names;
  p.labels = p.predictions = NULL;
  p.class_names = NULL;
cleanup:
  despur_predicted_release(&p);
  return status;
}

static bool may_be_label(const column_roles *roles, const table_column *column) {
  for (size_t i = 0; i < roles->maybe_count; i++)
    if (roles->maybe_labels[i] == column) return true;
  return false;
}

void examples_take_all_columns(column_roles *roles, table *t) {
  for (size_t i = 0; i < t->column_count; i++) {
    table_column *column = &t->columns[i];
    if (column->use != TABLE_UNUSED && !may_be_label(roles, column)) continue;
    column->use = TABLE_CATEGORIES;
    roles->by[roles->by_count++] = column;
  }
}

/* Not the same everywhere, and not a text of its own in nearly every row. */
static bool divides(const value_column *c) {
  column_type type = column_type_of(c);
  size_t values = column_categories(c);
  return values > 1 && (values <= MOST_VALUES || type == COLUMN_WHOLE || type == COLUMN_NUMBERS);
}

despur_status examples_drop_columns(column_roles *roles, text_list *notes, despur_error *error) {
  despur_status status = DESPUR_OK;
  text note = {0};
  size_t left = 0;
  for (size_t i = 0; i < roles->by_count; i++) {
    const value_column *c = &roles->by[i]->categories;
    size_t values = column_categories(c);
    if (roles->by[i] == roles->label) continue;
    if (divides(c)) {
      roles->by[left++] = roles->by[i];
      continue;
    }
    note.length = 0;
    TRY(text_add(&note, error, "column '%s' has %zu value%s and was not looked at", roles->by[i]->name,
                 values, values == 1 ? "" : "s"));
    TRY(text_list_add(notes, note.data, error));
  }
  roles->by_count = left;
cleanup:
  mem_free(note.data);
  return status;
}

despur_status examples_describe(char **out, const column_roles *roles, const despur_examples *examples,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  text said = {0};
  TRY(column_roles_describe_outcomes(&said, roles, error));
  if (examples->attribute.name) TRY(text_add(&said, error, ", attribute: %s", examples->attribute.name));
  for (size_t i = 0; i < examples->by_count; i++)
    TRY(text_add(&said, error, "%s%s", i ? ", " : ", metadata: ", examples->by[i].name));
  if (examples->splits) TRY(text_add(&said, error, ", split: %s", roles->split->name));
  if (roles->id)
    TRY(text_add(&said, error, ", id: %s", *roles->id->name ? roles->id->name : "(first column)"));
  if (examples->unit.name) TRY(text_add(&said, error, ", unit: %s", examples->unit.name));
  if (examples->weight) TRY(text_add(&said, error, ", weight: %s", examples->weight));
  *out = said.data;
  said.data = NULL;
cleanup:
  mem_free(said.data);
  return status;
}
