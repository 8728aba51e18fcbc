/* A .npy file as a table: the fields of a structured array are columns of their names, the columns of one of
 * two dimensions are called 0, 1, ...; and the members of an .npz archive as the columns of a table: one of
 * one dimension is a column of its name, one of two dimensions a column for each of its own, "probs_0",
 * "probs_1" and so on. All have as many rows. */
#ifndef IO_ARRAY_COLUMNS_H
#define IO_ARRAY_COLUMNS_H

#include "io/csv.h"

typedef struct array_columns array_columns;

/* Whether a path names such a file. */
bool array_columns_is_meant(const char *path);

DESPUR_MUST_USE despur_status array_columns_open(array_columns **out, const char *path, despur_error *error);
void array_columns_close(array_columns *columns); /* NULL is accepted */

const char *const *array_columns_names(const array_columns *columns, size_t *count);

/* The next row as text, a field for each column, of which those in used[0..count-1] are filled in; *fields is
 * NULL at the end. Numbers have as many digits as tell them apart. Fields stay until the next call. */
void array_columns_next(array_columns *columns, const size_t *used, size_t count, const csv_field **fields);

#endif
