/* The inferred groups of a split's examples, where there are no attributes. */
#ifndef RUN_CELLS_H
#define RUN_CELLS_H

#include "run/state/run_state.h"

/* Whether the data set says an attribute of each example, so that true groups are more than classes. */
bool run_has_attributes(const run *r);

/* Fills in r->cells for a split, or for the training split where only that was divided (r->cells_split says);
 * leaves it empty where there are attributes or nothing was inferred. Needs the reference network. */
DESPUR_MUST_USE despur_status run_find_cells(run *r, despur_split split, despur_error *error);

/* The accuracies of all networks in these groups, into the result and results.jsonl. */
DESPUR_MUST_USE despur_status run_score_cells(run *r, despur_error *error);

/* Names and labels of as many groups as the grouping has; classes by their names, where the data set has
 * some.
 */
void run_describe_groups(despur_groups *groups, const run *r, const despur_grouping *grouping);

/* Classes of inferred groups by their names, where the data set has some. */
void run_name_classes(despur_groups *groups, const run *r);

/* By what pictures are sorted: r->cells, or the true groups. */
const despur_groups *run_shown_groups(const run *r);

/* r->result->agreement: inferred groups against true ones; NaN where these are only the classes. */
DESPUR_MUST_USE despur_status run_compare_groups(run *r, despur_error *error);

#endif
