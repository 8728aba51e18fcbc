/* The members of a record, named once: a function that names them, with where each is kept, writes the record
 * as JSON, reads it, or lists its numbers, as the fields that it is given say.
 *
 *   static void rule_fields(fields *f, result_rule *rule) {
 *     field_text(f, "rule", &rule->name);
 *     field_count(f, "epoch", &rule->epoch);
 *   }
 */
#ifndef RECORD_FIELDS_H
#define RECORD_FIELDS_H

#include "base/json_write.h"

#include "base/json_read.h"
#include "despur/groups.h"

/* Memory of a record that is read. */
typedef struct fields_memory {
  void **blocks;
  size_t count;
  despur_status status; /* the first failure; then nothing more is read */
  despur_error *error;
} fields_memory;

/* Is told every number. element: what the element of a list that it is in is called, or NULL. */
typedef void (*fields_number)(void *context, const char *name, const char *element, double value);

typedef struct fields {
  json_writer *out;     /* where to write, or NULL */
  const json_value *in; /* the object to read from; NULL: absent, and so is all that it has */
  fields_memory *memory;
  fields_number number; /* what is told the numbers, or NULL */
  void *context;
  const char *element; /* the text of the member "name" */
} fields;

/* Absent texts are NULL, absent real numbers NaN, absent counts 0. Texts that are read stay those of the
 * object. */
void field_text(fields *f, const char *name, const char **value);
void field_real(fields *f, const char *name, double *value);
void field_count(fields *f, const char *name, size_t *value);
void field_flag(fields *f, const char *name, bool *value);

/* Members that are written only where they are there. A code is no number that anything is made of, so none
 * is told; absent: DESPUR_NO_CODE. */
void field_optional_text(fields *f, const char *name, const char **value);
void field_code(fields *f, const char *name, uint32_t *value);

/* An object; field_end ends it. */
fields field_object(fields *f, const char *name);
void field_end(const fields *object);

/* A list of *count objects, *items of so many bytes each; field_end ends the list and each element. */
fields field_list(fields *f, const char *name, size_t *count, void *items, size_t bytes);
fields field_element(fields *list, size_t i);

/* Lists of plain values. field_codes: written only where all are there, and *items is NULL where they are not
 * there, or are not *count. */
void field_texts(fields *f, const char *name, size_t *count, const char *const **items);
void field_reals(fields *f, const char *name, size_t *count, const double **items);
void field_counts(fields *f, const char *name, size_t *count, const size_t **items);
void field_flags(fields *f, const char *name, size_t *count, const bool **items);
void field_codes(fields *f, const char *name, size_t count, const uint32_t **items);

/* A list of square tables of numbers, values: [count, side, side]. Tables of other sizes count as absent. */
void field_squares(fields *f, const char *name, size_t *count, size_t *side, const double **values);

/* A table of counts [rows, columns], of which the sizes are known. DESPUR_BAD_INPUT, which says what was
 * expected, when it is another's. */
void field_table(fields *f, const char *name, size_t rows, size_t columns, const size_t **cells);

void fields_release(fields_memory *memory);

#endif
