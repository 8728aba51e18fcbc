/* Predictions counted: how many examples have a label, an attribute and a prediction. What a predictor leans
 * on is asked of these counts, so that its price does not depend on how examples lie or what codes they
 * have. */
#ifndef EVAL_CELLS_H
#define EVAL_CELLS_H

#include "despur/measures.h"

#include <stdbool.h>

typedef struct cell {
  uint32_t label, attribute, prediction;
  size_t count;
} cell;

/* Examples of one label and attribute. */
typedef struct cell_part {
  uint32_t label, attribute;
  size_t first, end; /* its cells */
  size_t count, correct;
  size_t train; /* training examples, or CELLS_UNKNOWN */
  /* With units: how sure its accuracy is, and, where the attribute may be the usual one of the label
   * (cells_usual), that of the label's other examples together, and its own share of the label. */
  despur_effective effective, others, share;
} cell_part;

#define CELLS_UNKNOWN SIZE_MAX

/* Without attributes every example has attribute 0. */
typedef struct cells {
  size_t examples, classes;
  cell *cells; /* those that occur, by label, attribute and prediction */
  size_t count;
  cell_part *parts; /* by label and attribute */
  size_t part_count;
  size_t units;                               /* drawn at random; 0: examples were */
  bool labels_share_units, parts_share_units; /* whether one has examples of several labels, of several
                                                 attributes */
  double kappa_deviation;                     /* standard deviation of Cohen's kappa over units */
} cells;

/* Release with cells_release. */
DESPUR_MUST_USE despur_status cells_count(cells *out, const despur_predicted *predicted, despur_error *error);
void cells_release(cells *c);

/* The parts of one label are neighbours: the index behind the last one that has the label of part `first`. */
size_t cells_label_end(const cells *c, size_t first);

/* The part of a label's parts first..end that may be the usual one: that with most training examples, or with
 * most examples where these are not known of all. */
size_t cells_usual(const cells *c, size_t first, size_t end);

/* Whether training examples are known of all these. */
bool cells_trained(const cells *c, size_t first, size_t end);

/* Rows in the order of labels, of attributes where there are some, and of predictions: *order is released
 * with mem_free. */
DESPUR_MUST_USE despur_status cells_order(uint32_t **order, const despur_predicted *predicted,
                                          despur_error *error);

/* Fills in what there is to know of units; p has some. degenerate_units.c */
DESPUR_MUST_USE despur_status cells_add_units(cells *c, const despur_predicted *p, despur_error *error);

/* How well predictions tell the attribute of an example whose label is known. */
typedef struct cells_told {
  double accuracy; /* see despur_scores.attribute_accuracy */
  double chance;   /* its mean when predictions are dealt out anew among the examples of each label */
  double p_value;  /* share of such deals, and of what was observed, that tell at least as much */
} cells_told;

/* All NaN when no label has two attributes. */
DESPUR_MUST_USE despur_status cells_tell_attribute(cells_told *out, const cells *c, despur_error *error);

/* Whether one example of each unit, drawn at random, tells the attribute as told.p_value says: examples of
 * one unit cannot be dealt out one by one. Puts that in its place, and NaN for chance. */
DESPUR_MUST_USE despur_status cells_tell_by_unit(cells_told *told, const despur_predicted *p,
                                                 despur_error *error);

/* Whether they come from a degenerate predictor; constant: whether all have the same probabilities. */
DESPUR_MUST_USE despur_status cells_degenerate(despur_degenerate *out, const cells *c, const cells_told *told,
                                               bool constant, despur_error *error);

/* Both, of predictions; told: NULL when nobody wants it. */
DESPUR_MUST_USE despur_status predicted_judge(despur_degenerate *out, cells_told *told,
                                              const despur_predicted *predicted, despur_error *error);

#endif
