/* A column of categories: which of the distinct values each row has, and what these are called.
 *
 * Values are as people write them. Numbers that are equal are one category (1, 1.0, 1e0), called as they were
 * first written, whole ones by their digits. Digits after leading zeros are a code, not a number (01234).
 * Nothing, NA, NaN, null and the like (the words that pandas takes for missing values) are no category. */
#ifndef IO_COLUMN_H
#define IO_COLUMN_H

#include "base/dictionary.h"

static const uint32_t COLUMN_MISSING = UINT32_MAX;

typedef enum column_type { COLUMN_WHOLE, COLUMN_NUMBERS, COLUMN_TRUTH, COLUMN_TEXT } column_type;

typedef struct column_category {
  double number; /* NaN for text */
  bool truth;    /* it is a truth value, of that number */
  size_t line;   /* where it came first */
} column_category;

/* {0} is empty. */
typedef struct value_column {
  uint32_t *codes; /* [rows], COLUMN_MISSING or below categories.count */
  size_t rows, room;
  column_category *about; /* [names.count] */
  size_t about_room;
  dictionary keys;  /* a category's own key: equal for all ways to write it */
  dictionary names; /* what it is called; the same numbers as keys */
  dictionary spellings;
  uint32_t *category_of; /* [spellings.count], or COLUMN_MISSING */
  size_t category_room;
  bool as_spelled; /* to be set before rows: numbers that are written differently are different */
  uint32_t last;   /* spelling of the last row */
  size_t missing, first_missing; /* how many rows, and the line of the first */
} value_column;

/* Adds a row. point: of decimal numbers. DESPUR_BAD_INPUT without a place for text that is not UTF-8. */
DESPUR_MUST_USE despur_status column_add(value_column *c, const char *text, size_t length, size_t line,
                                         char point, despur_error *error);

/* Room for so many rows in all; one that has more is left as it is. */
DESPUR_MUST_USE despur_status column_reserve(value_column *c, size_t rows, despur_error *error);

void column_release(value_column *c); /* leaves it empty */

size_t column_categories(const value_column *c);
const char *column_name(const value_column *c, uint32_t category);

/* Of all its values: the narrowest that holds them. */
column_type column_type_of(const value_column *c);

/* The order in which categories are shown: numbers by size, then text by its bytes.
 * *order = [categories] categories, *rank = [categories] the place of each; one allocation, freed by
 * mem_free(*order). */
DESPUR_MUST_USE despur_status column_order(uint32_t **order, uint32_t **rank, const value_column *c,
                                           despur_error *error);

/* Whether a text stands for a missing value. */
bool column_is_missing(const char *text, size_t length);

#endif
