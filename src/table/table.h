/* A table over runs: table_read.c finds and reads them, table.c arranges them in cells and compares,
 * table_print.c writes. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "base/text.h"
#include "config/config.h"
#include "despur/eval.h"
#include "despur/table.h"
#include "eval/statistics/repeats.h"

enum { TABLE_TEXT = 256 };

typedef struct table_measure {
  despur_score_kind score;    /* what it is of the scores; DESPUR_SCORE_KINDS: something else of the run */
  const char *name, *heading; /* NULL: those of the score */
  double scale;               /* from what is stored to what is shown */
  int decimals;
  int better;      /* 1: more is better, -1: less, 0: neither */
  bool validation; /* about validation, and nothing else */
} table_measure;

typedef struct table_run {
  const char *directory; /* in despur_table.directories */
  despur_config *config; /* NULL when it cannot be read */
  char outcome[16], version[32];
  char left_out[640]; /* why the run does not count, or "" */
  double value;       /* of the measure; NaN when it does not have one */
} table_run;

/* A row or column: one value of a key. Sorted by order, then by text. */
typedef struct table_entry {
  char text[TABLE_TEXT];
  double order;
} table_entry;

typedef struct table_side {
  const char *key;
  table_entry *entries;
  size_t count;
} table_side;

typedef struct table_cell {
  repeats value; /* over the runs that have one */
  bool best;
} table_cell;

struct despur_table {
  table_measure measure;
  char measure_name[64]; /* the same name, or "rule.NAME" */
  int rule;              /* of rule.NAME, which stands in the place of each run's own; else -1 */
  const char *split;
  despur_split split_index;
  text_list directories;
  table_run *runs; /* [directories.count] */
  table_side rows, columns;
  char (*needs)[64], (*rules)[64]; /* [rows]: group labels, selection rule */
  table_cell *cells;               /* [rows, columns] */
  bool any_best;
  text_list notes;
};

/* table_read.c */
DESPUR_MUST_USE despur_status table_read_run(table_run *run, const despur_table *table, despur_error *error);

/* table_cells.c */
DESPUR_MUST_USE despur_status table_arrange(despur_table *table, despur_error *error);

#endif
