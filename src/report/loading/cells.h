/* Groups by class, and which of a class is the usual one. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "report/loading/load.h"

typedef struct report_cell {
  unsigned label, attribute;
  bool known;  /* the group can be compared with others of its class */
  bool usual;  /* the largest training group of its class, the first of equals */
  size_t peer; /* index of the usual group of its class; itself when unknown */
} report_cell;

/* By class and attribute; groups without an attribute are not known. *out: [groups of scores]; free with
 * mem_free. */
DESPUR_MUST_USE despur_status report_cells(report_cell **out, const despur_scores *scores,
                                           despur_error *error);

/* Inferred groups, by their class ("y=0,k=1"); those of several ("k=1", "wrong") count as of one class. */
DESPUR_MUST_USE despur_status report_cells_inferred(report_cell **out, const despur_scores *scores,
                                                    despur_error *error);

/* Groups of predictions, each of one label, by what their rows say; the largest of a label is the usual one.
 * Where some group holds several labels (by_label: false) all count as of one class. Those set aside are not
 * known. */
DESPUR_MUST_USE despur_status report_cells_predicted(report_cell **out, const despur_predicted *predicted,
                                                     const despur_scores *scores, bool by_label,
                                                     despur_error *error);

#endif
