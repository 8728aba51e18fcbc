/* columns.json: which columns of which table were asked for, and what was read as what. */
#ifndef REPORT_MODEL_COLUMNS_H
#define REPORT_MODEL_COLUMNS_H

#include "base/json_write.h"
#include "despur/report.h"

#include "base/json_read.h"

/* Of one model, with the path of its table or without: an element of a list. */
void model_columns_write(json_writer *j, const despur_model *model, bool with_table);

/* What was asked for, back from there. Texts stay those of the object. DESPUR_BAD_INPUT names path where it
 * says what no table can be read by. */
DESPUR_MUST_USE despur_status model_columns_read(despur_columns *out, const char **label, const char **table,
                                                 const json_value *object, const char *path,
                                                 despur_error *error);

#endif
