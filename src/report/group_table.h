/* The table of groups of a page, shared by true groups, classes and inferred groups. */
#ifndef REPORT_GROUP_TABLE_H
#define REPORT_GROUP_TABLE_H

#include "report/page.h"

typedef struct group_table {
  const char *caption, *what; /* the heading of the names */
  size_t count;               /* of networks, before and after; all have the same groups */
  const char *labels[REPORT_STAGES];
  const despur_scores *scores[REPORT_STAGES];
  despur_split split;
  const report_cell *cells;
  bool marks_usual, marks_behind; /* the usual group of a class; those surely behind it */
} group_table;

void page_group_table(markup *m, const group_table *t);

#endif
