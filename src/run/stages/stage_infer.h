/* Inferring groups from the reference network, and what others need of it. */
#ifndef RUN_STAGE_INFER_H
#define RUN_STAGE_INFER_H

#include "run/state/run_state.h"

/* Accuracy of the worst inferred group on validation; NaN when validation examples have none. predictions: in
 * the order of the split. */
double run_worst_inferred_group(const run *r, const uint32_t *predictions);

/* How much of the minority groups of validation the clusters of a reference network find. Some class must
 * judge. */
DESPUR_MUST_USE despur_status run_reference_recall(double *recall, const run *r, despur_net *net,
                                                   despur_error *error);

/* How well the clusters of a reference network are separated: the mean silhouette over the training examples;
 * those of a part with a single cluster count as 0. */
DESPUR_MUST_USE despur_status run_reference_silhouette(double *mean, const run *r, despur_net *net,
                                                       despur_error *error);

/* Clusters of what the network says of the training examples. Free *out with despur_grouping_free. */
DESPUR_MUST_USE despur_status run_fit_grouping(despur_grouping **out, const run *r, despur_net *net,
                                               const despur_grouping_options *options, despur_error *error);

/* As the configuration has them. */
despur_grouping_options run_grouping_options(const run *r);

/* Weighted by their examples, over the parts; a single cluster counts as 0. */
double run_silhouette(const despur_grouping *grouping);

#endif
