/* Features and what is known of each row, as despur_examples_read takes them back. */
#include "base/memory.h"
#include "despur/dataset.h"
#include "eval/predictions/examples.h"
#include "io/csv_write.h"
#include "io/npy.h"

#include <string.h>

static despur_status add_row(text *out, const despur_examples *e, size_t i, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_example_column *a = &e->attribute;
  if (e->ids)
    TRY(csv_add_field(out, e->ids[i], ",", error));
  else
    TRY(text_add(out, error, "%zu,", i));
  if (e->splits) TRY(text_add(out, error, "%s,", despur_split_name((despur_split)e->splits[i])));
  TRY(csv_add_field(out, e->class_names[e->labels[i]], a->codes ? "," : "\n", error));
  if (a->codes)
    TRY(csv_add_field(out, a->codes[i] == DESPUR_NO_VALUE ? "" : a->values[a->codes[i]], "\n", error));
cleanup:
  return status;
}

despur_status examples_write_table(const despur_examples *e, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  text rows = {0};
  TRY(text_add(&rows, error, "%s%s,y%s\n", e->ids ? "filename" : "example", e->splits ? ",split" : "",
               e->attribute.codes ? ",a" : ""));
  for (size_t i = 0; i < e->count; i++) TRY(add_row(&rows, e, i, error));
  TRY(file_write_text(path, rows.data, error));
cleanup:
  mem_free(rows.data);
  return status;
}

despur_status despur_examples_write(const despur_examples *e, const char *features, despur_error *error) {
  despur_status status = DESPUR_OK;
  static const char ENDING[] = ".npy";
  const size_t length = strlen(features), end = strlen(ENDING), shape[2] = {e->count, e->columns};
  text lines = {0};
  if (length < end || strcmp(features + length - end, ENDING) != 0)
    FAIL(error, DESPUR_BAD_USAGE, "%s: expected the name of a .npy file to write", features);
  if (!e->x || !e->labels || !e->class_names)
    FAIL(error, DESPUR_BAD_USAGE, "examples: expected features and labels, found none");
  TRY(npy_write_marked(features, NPY_F32, 2, shape, e->x, error));
  TRY(text_add(&lines, error, "%s.csv", features));
  TRY(examples_write_table(e, lines.data, error));
cleanup:
  mem_free(lines.data);
  return status;
}
