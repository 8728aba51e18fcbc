/* What a model said of examples, wherever it was trained, and how good that was: accuracy, calibration and
 * confusion, group by group. Thread-safe: what is given is only read. */
#ifndef DESPUR_MEASURES_H
#define DESPUR_MEASURES_H

#include "despur/eval.h"
#include "despur/frame.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A column that has no part in the predictions, by hashes of its values as they are written. */
typedef struct despur_other_column {
  char *name;
  uint64_t *hashes; /* [count] */
} despur_other_column;

/* Predictions for some examples, with what is known of these. Whoever fills one in owns its arrays; those
 * that despur_predicted_read, despur_predicted_from_frame and despur_run_predict fill in are released with
 * despur_predicted_release. Names are UTF-8 of any length, one allocation for each list; what is not needed
 * may be NULL or 0. */
typedef struct despur_predicted {
  size_t count, classes, groups_count;
  size_t least_count; /* of them with fewer examples it is said that they are too small to say; 0: of none */
  size_t repeats; /* the last of the rows: examples once more, each for another group that it is also in; what
                     is said of all examples is of the rows before these. 0 where no groups overlap */
  uint32_t *repeated;  /* [repeats] the row that each of them repeats, or NULL */
  size_t groups_aside; /* the last of the groups: those that cannot be the worst, since a value that
                          makes them is missing or they are too small */
  uint32_t *labels, *predictions; /* [count], below classes */
  uint32_t *groups;               /* [count], below groups_count, or DESPUR_NO_GROUP */
  uint32_t *attributes; /* [count] what tells groups of one label apart, any codes; NULL: nothing does */
  const char **attribute_names; /* [attributes_count] of the codes 0, 1, ..., which then all occur, such as
                                   "sex=Male,race=White"; NULL: the names of groups say */
  size_t attributes_count, attributes_aside; /* with names; the last ones are like these */
  const char **ids;                          /* [count] texts that tell examples apart, or NULL */
  uint32_t *units; /* [count] what was drawn at random, such as a patient, below units_count;
                      NULL: the examples themselves */
  size_t units_count;
  const char **unit_names;  /* [units_count]; NULL: numbers */
  char *unit;               /* what makes the units: "patient" */
  double *weights;          /* [count] above 0, of any scale; NULL: all weigh alike. Accuracies and rates are
                               weighted; counts, calibration and confusion are those of rows */
  char *weight;             /* what says them: "wt" */
  double *probabilities;    /* [count, classes], or NULL */
  const char **names;       /* [groups_count] */
  const char **class_names; /* [classes], or NULL: 0, 1, ... */
  size_t *train_sizes;      /* [groups_count] training examples, or NULL */
  double loss;              /* mean cross entropy if known from elsewhere; NaN: from probabilities */
  despur_other_column *others; /* [others_count] */
  size_t others_count;
  char *columns;      /* what was read as what: "label: y, prediction: pred, groups: ..."; NULL */
  const char **notes; /* [notes_count] sentences on what a reader of the numbers should know */
  size_t notes_count;
  bool positive_known; /* the class that rates call positive is `positive`; else the last of two classes, and
                          of more each */
  uint32_t positive;
  /* [alone_count] the same examples with the attributes and groups of one column each, where several columns
   * make the groups. What does not depend on groups belongs to the whole. */
  struct despur_predicted *alone;
  size_t alone_count;
  char *attribute; /* what makes the attributes: "sex x race"; NULL when nobody knows */
} despur_predicted;

/* Which column of a table is what. {0}, like NULL in place of it: everything is guessed from usual names.
 * Columns that have no part in it are not looked at. */
typedef struct despur_columns {
  const char *label, *prediction;
  const char *score;         /* the probability of one of two classes */
  const char *positive;      /* that class, which is also the one that rates call positive; NULL: true, or 1
                                where the other one is 0 or -1 */
  double threshold;          /* of the score, from which on the prediction is that class; 0: 0.5 */
  const char *probabilities; /* what the names of the columns with a probability begin with; the rest is the
                                name of the class */
  const char *by;            /* the columns that make groups, with commas between. Numbers can be cut: "age:4"
                                into parts of nearly equal size, at most 20; "age:18,35,65" at these */
  const char *split;         /* "COLUMN=VALUE": only the rows where it is that; NULL: all */
  const char *overlapping;   /* in place of by: columns with commas between, each of which says whether an
                                example has something; it can have several, and is in the group of each */
  double at;                 /* from which number on it does; 0: 0.5 */
  const char *id;            /* of the examples */
  const char *unit;          /* what was drawn at random, such as a patient with several examples, for which
                                intervals and tests then hold; NULL: the examples themselves */
  const char *weight;        /* how much each example counts: of a survey, of importance sampling. Rows that
                                weigh nothing are left out, and said; NULL: all count alike */
  char separator, comment;   /* between fields; of lines to pass over. 0: found in the file; none */
  bool from_scores;          /* no column of predictions is guessed: scores or probabilities say them */
  const char *not_label;     /* a column that is not the label whatever its values, or several with commas
                                between, such as those of other models' predictions; NULL: none */
  bool whole_groups;         /* groups are what `by` says, not that within each label */
  bool ungrouped;    /* without `by` the groups are the labels: no columns that make any are guessed */
  bool with_missing; /* groups with missing values can be the worst, too */
  size_t min_count;  /* groups with fewer examples cannot be the worst: too small to say */
  bool others;       /* columns without a part are wanted, for despur_compare */
  bool ids;          /* they are wanted; without `id` they are guessed, and NULL when there are none */
} despur_columns;

/* Reads a table: a file, "-" for standard input, or a run's directory, which stands for its predictions.csv.
 *
 * Text with the names of its columns in the first line, between commas, semicolons (then a comma may stand
 * for a decimal point), tabs or bars; packed with gzip or not. Values of label, prediction and groups are any
 * text or numbers. With probabilities only, the most likely class is the prediction, the first of equals.
 * Classes and groups are those that occur, in the order of their numbers or of their bytes; a group is what
 * the columns `by` say, within each label: "y=0,a=1". Missing values there are a value of their own,
 * "(missing)"; missing labels and predictions are an error.
 *
 * DESPUR_BAD_INPUT names file, line and column of what cannot be read. */
DESPUR_API DESPUR_MUST_USE despur_status despur_predicted_read(despur_predicted *out, const char *path,
                                                               const despur_columns *columns,
                                                               despur_error *error);

/* The same of a table in memory, whose rows count from 1 in messages. `others` needs a file. */
DESPUR_API DESPUR_MUST_USE despur_status despur_predicted_from_frame(despur_predicted *out,
                                                                     const despur_frame *frame,
                                                                     const despur_columns *columns,
                                                                     despur_error *error);

DESPUR_API void despur_predicted_release(despur_predicted *predicted);

/* The scores of predictions; see eval.h. Release with despur_scores_release. DESPUR_BAD_INPUT names the first
 * row whose class or group is out of range or whose probabilities are not numbers from 0 to 1; so do
 * despur_measures_compute and despur_compare. */
DESPUR_API DESPUR_MUST_USE despur_status despur_predicted_scores(despur_scores *out,
                                                                 const despur_predicted *predicted,
                                                                 despur_error *error);

/* "212 values of patient, drawn at random; design effect up to 3.1 in y=1,a=0: its interval is 1.8 times as
 * wide as rows alone would make it": what was drawn at random, and where examples of one unit resemble each
 * other most; and what weights make of it. scores: of these predictions, or NULL. *text is released with
 * free; "" without units and weights. */
DESPUR_API DESPUR_MUST_USE despur_status despur_units_sentence(char **text, const despur_predicted *predicted,
                                                               const despur_scores *scores,
                                                               despur_error *error);

/* Examples whose predicted class has a probability in one of the equally wide bins of [0, 1]: bin b of B
 * holds those above b / B and up to (b + 1) / B, the first one also 0. */
typedef struct despur_reliability_bin {
  size_t count, correct;
  double confidence; /* mean probability of the predicted class; NaN when count is 0 */
} despur_reliability_bin;

/* Of one group, or of all examples. What needs probabilities is NaN without them. */
typedef struct despur_group_measures {
  size_t count;
  size_t *confusion; /* [classes, classes]: label, prediction; NULL when it was too large for all groups */
  despur_reliability_bin *bins; /* [bins], or NULL without probabilities */
  double calibration_error; /* mean over examples of |accuracy - confidence| of their bin (Guo et al. 2017,
                               ECE) */
  double brier;             /* mean of sum_c (p_c - [c = label])^2, 0 to 2 (Brier 1950) */
  double log_loss;          /* mean of -ln p_label, with probabilities taken to be at least 1e-15 */
  double auroc; /* two classes: chance that an example of class 1 has a higher prob_1 than one of class 0,
                   ties one half; NaN for other numbers of classes and when a class is missing */
} despur_group_measures;

enum { DESPUR_RELIABILITY_BINS = 15 };

typedef struct despur_measures {
  size_t groups_count, classes, bins;
  despur_group_measures all;
  despur_group_measures *groups; /* [groups_count] */
  /* Calibration is a promise about predictions: of those with probability 0.8 four in five are right. Whoever
   * looks at examples of one label only sees a perfect predictor break it, always. So where groups have one
   * label each, these are the parts to look at; their confusion is NULL. */
  int groups_have_one_label;
  size_t attributes_count;            /* that occur; 0 without attributes */
  despur_group_measures *attributes;  /* [attributes_count] by ascending code */
  const char **attribute_names;       /* [attributes_count] "a=1": what groups' names say beside the label */
  despur_group_measures *predictions; /* [classes] examples with this prediction; no auroc */
} despur_measures;

/* Release with despur_measures_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_measures_compute(despur_measures *out,
                                                                 const despur_predicted *predicted,
                                                                 despur_error *error);

DESPUR_API void despur_measures_release(despur_measures *measures);

#ifdef __cplusplus
}
#endif
#endif
