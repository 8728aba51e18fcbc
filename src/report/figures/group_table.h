/* Tables of one network or two on the same groups, shared by true groups, classes, inferred groups and groups
 * of other people's tables. */
#ifndef REPORT_GROUP_TABLE_H
#define REPORT_GROUP_TABLE_H

#include "report/drawing/chart.h"
#include "report/drawing/page_parts.h"
#include "report/loading/load.h"
#include "report/verdicts/verdict.h"

/* What these tables and the chart beside them need to know. */
typedef struct group_table {
  const char *caption, *what; /* the heading of the names */
  size_t count;               /* of networks, before and after; all have the same groups */
  const char *labels[REPORT_STAGES];
  const despur_scores *scores[REPORT_STAGES];
  const char *const *names; /* of the groups on the page; NULL: as in the scores */
  const char *sized;        /* the heading of how many examples were measured, such as "Test" */
  const char *rest;         /* the file with the groups that are too many for a page */
  bool trained;             /* numbers of training examples are known */
  bool attributes;          /* groups of a class differ in an attribute; else they are the classes */
  const report_cell *cells;
  bool marks_usual, marks_behind; /* the usual group of a class; those surely behind it */
} group_table;

/* "Test", "Valid." or "Seen". */
const char *page_split_heading(despur_split split);

void page_group_table(markup *m, const group_table *t);

/* The order of its rows: few groups as they are, many by accuracy, the worst first. NULL when the markup says
 * why; release with mem_free. */
size_t *page_group_order(markup *m, const despur_scores *scores);

/* The table of measures over all groups, up to where rows of other measures may follow; then
 * page_table_close. */
void page_measure_table(markup *m, const group_table *t, const char *caption);
void page_table_close(markup *m);

/* Accuracy of every group against its number of training examples, or of examples where that is not known. */
void page_draw_sizes(chart *c, const group_table *t);

/* The same as a figure with its caption; nothing where there is one group. */
void page_draw_sizes_figure(chart *c, const group_table *t);

#endif
