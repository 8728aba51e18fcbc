/* One reader of the tables that people have: text between separators or JSON Lines, packed or not, told apart
 * by content, .npz archives, and tables in memory. The header is read first; who opens a table says which
 * columns are wanted and as what, and only these are looked at. */
#ifndef IO_TABLE_H
#define IO_TABLE_H

#include "despur/frame.h"
#include "io/array_columns.h"
#include "io/column.h"
#include "io/jsonl.h"

typedef enum table_use {
  TABLE_UNUSED,
  TABLE_CATEGORIES,
  TABLE_NUMBERS, /* in table.numbers, beside those of other columns */
  TABLE_VALUES,  /* numbers by themselves */
  TABLE_HASHES   /* only whether values are equal matters */
} table_use;

typedef struct table_column {
  const char *name;
  table_use use;
  value_column categories; /* for TABLE_CATEGORIES */
  size_t number;           /* for TABLE_NUMBERS: place in a row of table.numbers */
  double *values;          /* for TABLE_VALUES: [rows], NaN where missing */
  uint64_t *hashes;        /* for TABLE_HASHES: [rows] of the values as they are written */
  size_t missing, first_missing;
} table_column;

/* From this row on each begins in the line behind that of the row before. */
typedef struct table_lines {
  uint32_t row, line;
} table_lines;

typedef struct table {
  char *path;
  csv_reader *reader; /* one of them; the others are NULL */
  jsonl_reader *objects;
  array_columns *arrays;
  const despur_frame *frame; /* borrowed */
  char separator, point;     /* point: what stands before the fraction of a number */
  const char **names;        /* [column_count] */
  table_column *columns;
  size_t column_count, rows, room;
  size_t number_count;
  double *numbers;    /* [rows, number_count], NaN where missing */
  table_lines *lines; /* [lines_count] where rows begin, for table_line */
  size_t lines_count, lines_room;
  size_t decimals; /* the most digits that a number has behind its point */
} table;

/* Reads the header. DESPUR_BAD_INPUT for an empty file. Release with table_close. */
DESPUR_MUST_USE despur_status table_open(table *out, const char *path, csv_form form, despur_error *error);
/* The same of a table in memory, which has to stay until the rows have been read; nothing can be read of it
 * as TABLE_HASHES. */
DESPUR_MUST_USE despur_status table_open_frame(table *out, const despur_frame *frame, despur_error *error);
void table_close(table *t);

const char *table_name(const table *t); /* of the file, for messages */

/* Where a row begins. */
size_t table_line(const table *t, size_t row);

/* The column of that name, or NULL; the first of equals. */
table_column *table_find(table *t, const char *name);

/* DESPUR_BAD_INPUT when there is another column of the same name. */
DESPUR_MUST_USE despur_status table_check_single(const table *t, const table_column *column,
                                                 despur_error *error);

/* Reads all rows into the columns whose use has been set. */
DESPUR_MUST_USE despur_status table_read(table *t, despur_error *error);

/* Says where a row begins that comes behind all others. */
DESPUR_MUST_USE despur_status table_begin_row(table *t, size_t row, size_t line, despur_error *error);

/* What table_read does where there is a frame. */
DESPUR_MUST_USE despur_status table_read_frame(table *t, const size_t *used, size_t used_count,
                                               despur_error *error);

/* When the rows have been read as TABLE_CATEGORIES: of these only whether values are equal, or nothing. */
DESPUR_MUST_USE despur_status table_hash(const table *t, table_column *column, despur_error *error);
void table_forget(table_column *column);

/* Leaves the rows whose category in `column` is `category`. Categories are then those of the rows that are
 * left, numbered as if no others had been there. */
DESPUR_MUST_USE despur_status table_keep(table *t, const table_column *column, uint32_t category,
                                         despur_error *error);
/* The same of any rows: keep[rows]. */
DESPUR_MUST_USE despur_status table_keep_rows(table *t, const bool *keep, despur_error *error);
/* Rows that are not kept stay, with nothing in one column of categories, which are then those of the others.
 */
DESPUR_MUST_USE despur_status table_blank_rows(const table *t, table_column *column, const bool *keep,
                                               despur_error *error);

#endif
