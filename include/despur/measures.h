/* What a model said of examples, wherever it was trained, and how good that was: accuracy, calibration and
 * confusion, group by group. */
#ifndef DESPUR_MEASURES_H
#define DESPUR_MEASURES_H

#include "despur/eval.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Predictions for some examples, with what is known of these. Whoever fills one in owns its arrays; those
 * that despur_predicted_read and despur_run_predict fill in are released with despur_predicted_release. */
typedef struct despur_predicted {
  size_t count, classes, groups_count;
  uint32_t *labels, *predictions; /* [count], below classes */
  uint32_t *groups;               /* [count], below groups_count, or DESPUR_NO_GROUP */
  uint32_t *attributes;           /* [count], or NULL when there are none */
  uint32_t *examples;             /* [count] numbers that tell examples apart, or NULL */
  double *probabilities;          /* [count, classes], or NULL */
  const char **names;             /* [groups_count] of any length, UTF-8; one allocation with its texts */
  size_t *train_sizes;            /* [groups_count] training examples, or NULL */
  double loss;                    /* mean cross entropy if known from elsewhere; NaN: from probabilities */
} despur_predicted;

/* Reads a CSV file, or DIRECTORY/predictions.csv of a run. Columns are found by their names in the first
 * line, in any order, and others are passed over: y (the class, 0 and up), a (the attribute, 0 and up) or
 * group (any text, which takes the place of y and a together), prediction or prob_0, prob_1, ... for every
 * class, or both, and example. With probabilities only, the most likely class is the prediction, the first of
 * equals. DESPUR_BAD_INPUT names file, line and column of what cannot be read. */
DESPUR_API DESPUR_MUST_USE despur_status despur_predicted_read(despur_predicted *out, const char *path,
                                                               despur_error *error);

DESPUR_API void despur_predicted_release(despur_predicted *predicted);

/* The scores of predictions; see eval.h. Release with despur_scores_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_predicted_scores(despur_scores *out,
                                                                 const despur_predicted *predicted,
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
