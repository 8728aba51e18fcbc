/* JSON Lines: an object a line (pandas' to_json(orient="records", lines=True)). The members of the first line
 * are the columns; a member that a later line lacks is missing there, one that the first lacks is passed
 * over. A list is a column for each of its elements: "probs": [0.1, 0.9] becomes probs_0 and probs_1. What
 * else is nested is its text. Positions in messages are FILE:LINE:COLUMN. */
#ifndef IO_JSONL_H
#define IO_JSONL_H

#include "io/csv.h"

typedef struct jsonl_reader jsonl_reader;

/* Takes the source, also when it fails. */
DESPUR_MUST_USE despur_status jsonl_open(jsonl_reader **out, byte_source *source, despur_error *error);
void jsonl_close(jsonl_reader *reader); /* NULL is accepted */

/* The names of the columns. */
const char *const *jsonl_names(const jsonl_reader *reader, size_t *count);

/* The next line, a field for each column; *fields is NULL at the end. Fields stay until the next call. What
 * is null or missing is empty. */
DESPUR_MUST_USE despur_status jsonl_next(jsonl_reader *reader, const csv_field **fields, despur_error *error);

#endif
