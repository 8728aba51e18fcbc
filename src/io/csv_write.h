/* Writing CSV: fields in quotes where they have to be. */
#ifndef IO_CSV_WRITE_H
#define IO_CSV_WRITE_H

#include "base/text.h"

/* Appends a field, in quotes where it has to be, and what comes behind it: "," or "\n". */
DESPUR_MUST_USE despur_status csv_add_field(text *out, const char *words, const char *end,
                                            despur_error *error);

#endif
