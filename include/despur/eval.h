/* Measures: the error of every group and of the worst one, each average by its full name, and how well
 * inferred groups match true ones. All accuracies are fractions; a group without examples has no accuracy
 * (NaN here, null in files). A network belongs to one thread at a time; the rest is thread-safe. */
#ifndef DESPUR_EVAL_H
#define DESPUR_EVAL_H

#include "despur/groups.h"
#include "despur/net.h"
#include "despur/stats.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_output { DESPUR_LOGITS, DESPUR_PROBABILITIES, DESPUR_FEATURES } despur_output;

/* Runs examples through a network without dropout. out: [count, classes], or [count, features] for
 * DESPUR_FEATURES. DESPUR_BAD_INPUT when the network is made for images of another shape, when an example is
 * not in the data set, or when an output is infinite or NaN, which names the first such example. */
DESPUR_API DESPUR_MUST_USE despur_status despur_outputs(despur_net *net, const despur_dataset *dataset,
                                                        const uint32_t *examples, size_t count,
                                                        despur_output what, float *out, despur_error *error);

/* Predictions (the largest logit, the first of equals) from logits [count, classes], and the mean cross
 * entropy against the labels of these examples. The caller guarantees finite logits, as despur_outputs gives
 * them, examples that are in the data set and labels below classes. */
DESPUR_API double despur_predictions(const float *logits, const despur_dataset *dataset,
                                     const uint32_t *examples, size_t count, size_t classes,
                                     uint32_t *predictions);

typedef struct despur_group_score {
  const char *name;          /* in despur_scores.names */
  uint32_t label, attribute; /* of all its examples, as in despur_groups; DESPUR_NO_CODE: not known */
  size_t count, correct;
  size_t train_count;         /* training examples of this group */
  double accuracy;            /* NaN when count is 0 */
  double low, high;           /* Wilson's interval for it at 95 % confidence; NaN when count is 0 */
  double weight;              /* of all its examples; count where they weigh alike */
  despur_effective effective; /* of the accuracy; all 0 when examples were drawn by themselves */
} despur_group_score;

/* Predictors whose accuracy by group says nothing of what it seems to say. The first that applies. */
typedef enum despur_degenerate_kind {
  DESPUR_NOT_DEGENERATE,
  DESPUR_CONSTANT_SCORES, /* all examples have the same probabilities, to 1e-6 */
  DESPUR_ONE_CLASS,       /* all other classes together are predicted less than a hundredth as often as they
                             occur */
  DESPUR_INVERTED,    /* right on surely less than half of the examples whose attribute is the usual one of
                         their class, and on the others surely at least 10 points more (means over classes).
                         Usual: most training examples; where these are not known, surely more than half of
                         the class's examples */
  DESPUR_CHANCE,      /* predictions tell neither the attribute within a class nor the label: Cohen's kappa
                         is surely within 0.05 of 0, or may be 0 and is surely below 0.5 */
  DESPUR_BELOW_CHANCE /* the same with a kappa surely below 0: classes that are numbered otherwise? */
} despur_degenerate_kind;

/* "Surely" is at 95 % confidence. Data with examples of one class only say nothing of this. */
typedef struct despur_degenerate {
  despur_degenerate_kind kind;
  uint32_t predicted_class; /* the most frequent prediction, and its share of all predictions */
  char class_name[64];      /* what it is called, perhaps cut; "" when it has only a number */
  double share;
  double accuracy, expected; /* chance, below chance: over all examples, and what the same predictions would
                                get on average if they were dealt out at random; inverted: on the usual and on
                                the other examples. NaN where they have no meaning */
} despur_degenerate;

/* "one_class", as in results.jsonl; NULL for DESPUR_NOT_DEGENERATE. */
DESPUR_API const char *despur_degenerate_name(despur_degenerate_kind kind);

/* One sentence without a full stop, such as "one class only: 100 % of all predictions are class 1, ...", and
 * its length; empty and 0 for DESPUR_NOT_DEGENERATE. */
DESPUR_API int despur_degenerate_sentence(char text[256], const despur_degenerate *degenerate);

typedef struct despur_scores {
  size_t count, correct; /* examples, with or without a group */
  size_t groups_count;
  size_t
      groups_aside;   /* the last of them: those that no minimum and no mean over groups takes into account */
  size_t least_count; /* those of them with fewer examples are too small to say; 0: none is */
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
  double
      attribute_accuracy;  /* how well predictions tell the attribute within a class: the share of attributes
                              that is guessed right from label and prediction, when every attribute of a class
                              counts alike (mean over classes); from chance up to 1. It does not depend on how
                              attributes or classes are numbered. NaN when no class has two attributes */
  double attribute_chance; /* what predictions that know nothing of the attribute would give; NaN with units,
                              where dealing out examples one by one would tell too little */
  double loss;             /* mean cross entropy; NaN when not given */
  bool weighted;           /* examples weigh: accuracies and loss are weighted means, counts are not */
  size_t units_count;      /* units drawn at random, for which all intervals hold; 0: for examples */
  /* Whether a unit has examples in several of those that are not set aside. Then comparisons between them
   * take the worst correlation there can be. */
  bool groups_share_units, attributes_share_units;
  bool overlapping;             /* examples are in several groups, which is as if these shared units */
  despur_effective effective;   /* of average_accuracy */
  despur_degenerate degenerate; /* whether the numbers above can be taken at all */
} despur_scores;

/* The measures over all groups in a despur_scores. */
typedef enum despur_score_kind {
  DESPUR_SCORE_WORST_GROUP,
  DESPUR_SCORE_AVERAGE,
  DESPUR_SCORE_TRAIN_WEIGHTED,
  DESPUR_SCORE_BALANCED,
  DESPUR_SCORE_WORST_CLASS,
  DESPUR_SCORE_ATTRIBUTE,
  DESPUR_SCORE_ATTRIBUTE_CHANCE,
  DESPUR_SCORE_LOSS,
  DESPUR_SCORE_KINDS
} despur_score_kind;

/* What a measure is called. titles and lines: [1] where the groups are the classes; NULL: it says nothing of
 * its own there, or is no row of tables at all. */
typedef struct despur_score_words {
  const char *name;   /* its member in despur_scores, in every file and option: "balanced_group_accuracy" */
  const char *phrase; /* inside a sentence: "mean accuracy over groups" */
  const char *titles[2]; /* of a row on a page: "Mean over groups" */
  const char *lines[2];  /* of a row on a terminal, at most 28 columns: "mean over groups" */
} despur_score_words;

/* NULL for what is no kind. */
DESPUR_API const despur_score_words *despur_score_describe(despur_score_kind kind);

/* NaN for what is no kind. */
DESPUR_API double despur_score_value(const despur_scores *scores, despur_score_kind kind);

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
