/* Measures: the error of every group and of the worst one, each average by its full name, and how well
 * inferred groups match true ones. All accuracies are fractions; a group without examples has no accuracy
 * (NaN here, null in files). */
#ifndef DESPUR_EVAL_H
#define DESPUR_EVAL_H

#include "despur/groups.h"
#include "despur/net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_output { DESPUR_LOGITS, DESPUR_PROBABILITIES, DESPUR_FEATURES } despur_output;

/* Runs examples through a network without dropout. out: [count, classes], or [count, features] for
 * DESPUR_FEATURES. */
DESPUR_API void despur_outputs(despur_net *net, const despur_dataset *dataset, const uint32_t *examples,
                               size_t count, despur_output what, float *out);

/* Predictions (the largest logit, the first of equals) from logits [count, classes], and the mean cross
 * entropy against the labels of these examples. */
DESPUR_API double despur_predictions(const float *logits, const despur_dataset *dataset,
                                     const uint32_t *examples, size_t count, size_t classes,
                                     uint32_t *predictions);

typedef struct despur_group_score {
  const char *name; /* in despur_scores.names */
  size_t count, correct;
  size_t train_count; /* training examples of this group */
  double accuracy;    /* NaN when count is 0 */
  double low, high;   /* Wilson's interval for it at 95 % confidence; NaN when count is 0 */
} despur_group_score;

typedef struct despur_scores {
  size_t count, correct; /* examples, with or without a group */
  size_t groups_count;
  despur_group_score *groups;  /* [groups_count] */
  const char **names;          /* [groups_count], one allocation with its texts */
  size_t worst_group;          /* index; groups_count when all groups are empty. First of equals */
  double worst_group_accuracy; /* minimum over groups that have examples */
  double worst_group_low, worst_group_high; /* despur_minimum_interval at 95 % confidence */
  double average_accuracy;                  /* over examples */
  double train_weighted_average;  /* group accuracies weighted by training group shares (WILDS: adj_acc_avg);
                                     over groups  that have examples, shares renormalised */
  double balanced_group_accuracy; /* unweighted mean over groups that have examples */
  size_t worst_class;             /* the number of classes when there are no examples. First of equals */
  double worst_class_accuracy;
  double attribute_accuracy; /* share of examples whose prediction equals their attribute; NaN without
                                attributes */
  double loss;               /* mean cross entropy; NaN when not given */
} despur_scores;

/* examples: [count] indices into the data set; predictions: [count] classes. Release with
 * despur_scores_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_scores_compute(
    despur_scores *out, const despur_dataset *dataset, const despur_groups *groups, const uint32_t *examples,
    const uint32_t *predictions, size_t count, despur_error *error);

DESPUR_API void despur_scores_release(despur_scores *scores);

/* How inferred groups match true ones, over the examples that belong to both partitions. */
typedef struct despur_agreement {
  size_t inferred, truth; /* numbers of groups */
  size_t *contingency;    /* [inferred, truth] counts */
  double adjusted_rand;   /* Hubert and Arabie 1985; 1 for equal partitions, 0 expected by chance, NaN when no
                             example belongs   to both */
  double minority_precision, minority_recall; /* see despur_agreement_compute; NaN when undefined */
} despur_agreement;

/* Minority: within each class the true groups other than the largest, and the inferred groups other than the
 * largest (for each label); of equally large groups the first counts as the largest. Precision and recall
 * count examples over all classes: NaN when there is no inferred, or no true, minority. Release with
 * despur_agreement_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_agreement_compute(despur_agreement *out,
                                                                  const despur_dataset *dataset,
                                                                  const despur_groups *inferred,
                                                                  const despur_groups *truth,
                                                                  despur_error *error);

DESPUR_API void despur_agreement_release(despur_agreement *agreement);

#ifdef __cplusplus
}
#endif
#endif
