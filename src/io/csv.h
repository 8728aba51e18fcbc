/* Tables as text, one record at a time: fields between separators, quotes around those that need them (RFC
 * 4180), and whatever ends a line (LF, CR LF, CR). Blanks around a field, a byte-order mark, empty lines and
 * a final Ctrl-Z are passed over. Memory does not grow with the file.
 *
 * Positions in messages are FILE:LINE:COLUMN; a column is a byte of the line, from 1. */
#ifndef IO_CSV_H
#define IO_CSV_H

#include "io/source.h"

#include <stdbool.h>
#include <stdint.h>

enum { CSV_MOST_FIELDS = 16384, CSV_MOST_BYTES = 1 << 22 }; /* of a record */

typedef struct csv_field {
  const char *text; /* without its quotes, NUL-terminated; without a NUL byte inside */
  size_t length;
  size_t line, column; /* where it begins */
} csv_field;

typedef struct csv_reader csv_reader;

/* What does not follow from the file, or is not to. 0: the separator (comma, semicolon, tab or bar) that the
 * first lines suggest; no comments. Lines that begin with the comment character are passed over. */
typedef struct csv_form {
  char separator, comment;
} csv_form;

/* path: a file, packed or not, or "-". csv_open_source takes the source, also when it fails. */
DESPUR_MUST_USE despur_status csv_open(csv_reader **out, const char *path, csv_form form,
                                       despur_error *error);
DESPUR_MUST_USE despur_status csv_open_source(csv_reader **out, byte_source *source, csv_form form,
                                              despur_error *error);
void csv_close(csv_reader *reader); /* NULL is accepted */

char csv_separator(const csv_reader *reader); /* the one that was given or found */

/* How many records a file has of which these have been read, if the others are as long; 0 where that is not
 * known. */
size_t csv_expected(const csv_reader *reader, size_t read);

/* The next record; *count is 0 at the end. The fields stay until the next call. */
DESPUR_MUST_USE despur_status csv_next(csv_reader *reader, const csv_field **fields, size_t *count,
                                       despur_error *error);

/* A field read as a number from 0 to most, or a decimal number that is finite. what says in the message what
 * was expected there, such as "column 'y'". csv_whole also takes "3.0", which is how tables with gaps
 * write 3. */
DESPUR_MUST_USE despur_status csv_whole(uint32_t *out, const csv_reader *reader, const csv_field *field,
                                        const char *what, uint32_t most, despur_error *error);
DESPUR_MUST_USE despur_status csv_number(double *out, const csv_reader *reader, const csv_field *field,
                                         const char *what, despur_error *error);

/* "FILE:LINE:COLUMN: " and a message, with DESPUR_BAD_INPUT. */
__attribute__((format(printf, 4, 5))) despur_status csv_fail(const csv_reader *reader, const csv_field *field,
                                                             despur_error *error, const char *format, ...);

#endif
