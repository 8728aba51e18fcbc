/* A way to fit a last layer: one file for each, layer_NAME.c, and one line in DESPUR_LAST_LAYERS. What is
 * common to them is in fit.c; choose.c finds their parameters. */
#ifndef REPAIR_LAYER_H
#define REPAIR_LAYER_H

#include "base/error.h"
#include "base/random.h"
#include "despur/logistic.h"
#include "despur/repair.h"

/* What all methods work on. */
typedef struct repair_work {
  const despur_repair_data *data;
  despur_repair_options options; /* every default filled in */
  const uint32_t *groups;        /* [rows]: the data's, or the labels */
  size_t groups_count;
  uint32_t *rows[DESPUR_SPLITS]; /* of each split, ascending */
  size_t counts[DESPUR_SPLITS];
  double *mean, *spread; /* [columns] of the training rows; spread is 1 where a column is constant */
  size_t outputs;
  const float *old_weight, *old_bias; /* the head to repair; NULL while ERM's is not yet there */
  double erm_l2;                      /* the penalty that was chosen for ERM; 0 with a head that came */
  double tolerance;                   /* of optima: looser while candidates are tried */
  size_t most_passes;
  bool nested; /* without validation examples optimism is that of nested cross-validation */
} repair_work;

/* Rows that something is fitted on, or judged by. */
typedef struct repair_rows {
  const uint32_t *items;
  size_t count;
} repair_rows;

/* What comes of fitting: logits W (x - mean) / spread + b. */
typedef struct repair_fit {
  despur_logistic_fit head;
  double gap; /* the largest of all optima, relative */
  bool converged;
} repair_fit;

/* As how many examples a row counts. */
static inline double repair_row_weight(const repair_work *work, uint32_t row) {
  return work->data->weights ? work->data->weights[row] : 1;
}

/* How a fit is meant. */
typedef struct repair_ask {
  const double *parameters; /* [DESPUR_REPAIR_PARAMETERS] */
  repair_rows rows;
  size_t refits; /* of methods that average */
} repair_ask;

/* Which groups must be known for it to be fitted. */
typedef enum layer_needs { LAYER_NEEDS_NONE, LAYER_NEEDS_VAL_GROUPS, LAYER_NEEDS_TRAIN_GROUPS } layer_needs;

typedef struct layer {
  const char *label;
  layer_needs needs;
  despur_split fitted_on; /* DESPUR_TRAIN, or DESPUR_VAL, where it is then judged by cross-validation */
  size_t refits;          /* 1; 0: those of the options */
  bool weighs;            /* it knows weights of examples */
  size_t trial_refits;    /* of a candidate, at most as many as of the options; 0: 1 */
  const char *parameters[DESPUR_REPAIR_PARAMETERS]; /* names of the lists of options whose values are tried */

  /* fit->head is where to begin, if it has weights and the method can use it. */
  despur_status (*fit)(repair_fit *fit, const repair_work *work, const repair_ask *ask, despur_error *error);
} layer;

const layer *layer_of(despur_last_layer method); /* NULL: there is none */

/* The list of options with that name. */
const despur_repair_list *repair_list(const despur_repair_options *options, const char *name);

/* How many refits a candidate is worth. */
static inline size_t repair_trial_refits(const layer *method, const repair_work *work) {
  const size_t wanted = method->trial_refits ? method->trial_refits : 1;
  return wanted < work->options.refits ? wanted : work->options.refits;
}

/* ---- what layers are made of ---- */

/* A problem of logistic regression on standardised rows. Release with repair_problem_release, also after an
 * error. */
typedef struct repair_problem {
  despur_logistic_problem of;
  float *x, *offsets;        /* offsets [rows, outputs]: NULL until a layer makes some */
  uint32_t *labels, *groups; /* [rows] */
  double *weights;           /* [rows]; those of the data */
} repair_problem;

DESPUR_MUST_USE despur_status repair_problem_create(repair_problem *out, const repair_work *work,
                                                    repair_rows rows, despur_error *error);
void repair_problem_release(repair_problem *problem);

/* Solves it by fit->head, from where that is, and notes the gap. */
DESPUR_MUST_USE despur_status repair_solve(repair_fit *fit, const repair_work *work,
                                           const repair_problem *problem, despur_error *error);
void repair_note(repair_fit *fit); /* the gap of fit->head, and whether it converged */

/* One of the ways to divide the examples: the groups, then the partitions. */
typedef struct repair_partition {
  const uint32_t *of_row; /* [rows] */
  size_t count;
} repair_partition;

static inline repair_partition repair_partition_of(const repair_work *work, size_t p) {
  const despur_repair_data *data = work->data;
  return p == 0 ? (repair_partition){work->groups, work->groups_count}
                : (repair_partition){data->partitions + (p - 1) * data->rows, data->cells};
}

/* Weights by which every group of the problem, whose rows these are, counts the same; of several partitions
 * their mean. */
DESPUR_MUST_USE despur_status repair_balance(repair_problem *problem, const repair_work *work,
                                             repair_rows rows, despur_error *error);

/* As many rows of each group as the smallest has, drawn without replacement. subset: room for all rows. Where
 * rows weigh it is as much weight of each: rows in random order, the last one of a group in part; weights:
 * room for all rows. */
DESPUR_MUST_USE despur_status repair_balanced_subset(uint32_t *subset, double *weights, size_t *count,
                                                     const repair_work *work, repair_rows rows,
                                                     random_stream *stream, despur_error *error);

/* The mean of `refits` fits, each on what `draw` makes of a stream of its own. Between two calls with the
 * same rows the streams are the same. */
typedef struct repair_average {
  despur_status (*draw)(repair_problem *out, const repair_work *work, const repair_ask *ask,
                        random_stream *stream, despur_error *error);
  double c; /* 1 / (examples * l1) */
} repair_average;

DESPUR_MUST_USE despur_status repair_fit_average(repair_fit *fit, const repair_work *work,
                                                 const repair_ask *ask, const repair_average *average,
                                                 despur_error *error);

/* A head for features as they are, float32 [classes, columns] and [classes]; of two classes both have half of
 * the one output. And back. */
void repair_fold(float *weight, float *bias, const repair_work *work, const despur_logistic_fit *fit);
DESPUR_MUST_USE despur_status repair_unfold(despur_logistic_fit *fit, const repair_work *work,
                                            const float *weight, const float *bias, despur_error *error);

/* The class that a head predicts for a row. */
uint32_t repair_predict(const repair_work *work, const float *weight, const float *bias, uint32_t row,
                        double *scratch);

/* ---- choosing ---- */

/* Parts of the data that a method is fitted on and judged by, apart from each other: one pair where it is
 * fitted on training and judged on validation examples, else one for each fold. */
typedef struct repair_folds {
  size_t count;
  repair_rows judged; /* all of them, fold after fold */
  uint32_t *rows;     /* of judged */
  size_t *begin;      /* [count + 1] of folds in judged */
  uint32_t *rest;     /* room for what is fitted on */
  repair_rows train;  /* what is fitted on when there is one pair */
} repair_folds;

DESPUR_MUST_USE despur_status repair_folds_create(repair_folds *out, const repair_work *work,
                                                  despur_split fitted_on, despur_error *error);
void repair_folds_release(repair_folds *folds);
repair_rows repair_fold_fitted(const repair_folds *folds, size_t fold); /* until the next call */
repair_rows repair_fold_judged(const repair_folds *folds, size_t fold);

/* Accuracies of a candidate from right [judged], and its counts, which are allocated. */
DESPUR_MUST_USE despur_status repair_count(despur_repair_candidate *out, const repair_work *work,
                                           repair_rows judged, const uint8_t *right, despur_error *error);

/* A candidate's worth by the rule of the options. */
double repair_score(const repair_work *work, const despur_repair_candidate *candidate);

/* Frees what is in it. */
void repair_release_one(despur_repaired *of);

/* Tries all parameters of a method, fits the best ones on all its examples, and fills in the rest of *out. */
DESPUR_MUST_USE despur_status repair_choose(despur_repaired *out, const repair_work *work,
                                            despur_error *error);

/* The points between the old head and a chosen one. */
DESPUR_MUST_USE despur_status repair_dial(despur_dial_point points[DESPUR_DIAL_POINTS],
                                          const repair_work *work, const despur_repaired *best,
                                          despur_error *error);

#endif
