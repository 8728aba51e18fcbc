/* A better last layer: fitted again on the features that the rest of a network computes, so that its worst
 * group does better. Hyperparameters are chosen on validation examples by a stated rule; test examples are
 * not looked at here. Heads are softmax(W x + b) with W [classes, columns], as float32.
 *
 * Convex problems are solved to a certified optimum (despur/logistic.h). Features are standardised by the
 * training examples first, and what comes out is folded into weights for features as they are. */
#ifndef DESPUR_REPAIR_H
#define DESPUR_REPAIR_H

#include "despur/groups.h"
#include "despur/watch.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every method: its file is src/repair/layer_NAME.c. */
#define DESPUR_LAST_LAYERS(X)                                                                                \
  X(ERM, erm)                                                                                                \
  X(BALANCED, balanced)                                                                                      \
  X(GROUPDRO, groupdro)                                                                                      \
  X(DFR, dfr)                                                                                                \
  X(DFR_TRAIN, dfr_train)                                                                                    \
  X(DISPEL, dispel)                                                                                          \
  X(AFR, afr)                                                                                                \
  X(DPE, dpe)                                                                                                \
  X(OFFSETS, offsets)

#define DESPUR_ENTRY(NAME, name) DESPUR_LAST_##NAME,
typedef enum despur_last_layer { DESPUR_LAST_LAYERS(DESPUR_ENTRY) DESPUR_LAST_COUNT } despur_last_layer;
#undef DESPUR_ENTRY

/* "erm", "balanced" and so on, ending with NULL. */
DESPUR_API extern const char *const despur_last_layer_names[];

/* What a method is called in tables, and what group labels it needs to be fitted: "none", "validation" or
 * "training". "" when there is no such method. */
DESPUR_API const char *despur_last_layer_label(despur_last_layer method);
DESPUR_API const char *despur_last_layer_groups(despur_last_layer method);

/* Whether a setting has an effect on a method: "l2", "c" and so on, the lists of options, "refits", or "fit":
 * fit_on_both. */
DESPUR_API bool despur_last_layer_takes(despur_last_layer method, const char *setting);

/* What a candidate has to be best in, on validation examples: accuracy of the worst group (of the groups that
 * are given, true or inferred; of the classes without them), of the worst class, or of all. */
typedef enum despur_repair_rule {
  DESPUR_BY_WORST_GROUP,
  DESPUR_BY_WORST_CLASS,
  DESPUR_BY_AVERAGE,
  DESPUR_REPAIR_RULES
} despur_repair_rule;

/* "worst_group", "worst_class", "average"; "" when there is no such rule. */
DESPUR_API const char *despur_repair_rule_name(despur_repair_rule rule);

/* Everything is borrowed. */
typedef struct despur_repair_data {
  const float *features; /* [rows, columns], finite */
  size_t rows, columns;
  const uint32_t *labels; /* [rows], below classes */
  size_t classes;         /* at least 2 */
  const uint32_t *splits; /* [rows] of despur_split */
  const uint32_t *groups; /* [rows], below groups_count and within one label each, or DESPUR_NO_GROUP (see
                             groups.h); NULL: none are known */
  size_t groups_count;
  const float *old_weight, *old_bias; /* [classes, columns], [classes] of the head to repair; NULL: ERM's */
  const uint32_t
      *partitions; /* [partitions_count, rows] further groups of the same examples, below cells, each
                      within one label; NULL: none. Group balance weighs an example by its mean over
                      all of them, and worst_group of a candidate is the mean of the worst ones among
                      cells of at least 10 examples; everything else goes by groups */
  size_t partitions_count, cells;
  const double *weights; /* [rows] above 0: as how many examples each counts, in fitting and in accuracies
                            that something is chosen by. Optimism and the dial are of rows, and methods that
                            know no weights are skipped; NULL: 1 each */
  const uint32_t *folds; /* [rows] below folds_count: which fold of cross-validation each is judged in; NULL:
                            they are drawn */
  size_t folds_count;
} despur_repair_data;

enum { DESPUR_REPAIR_LIST = 32, DESPUR_REPAIR_PARAMETERS = 2 };

typedef struct despur_repair_list {
  double values[DESPUR_REPAIR_LIST]; /* above 0 */
  size_t count;                      /* 0: the usual ones */
} despur_repair_list;

/* {0} are the usual ones. */
typedef struct despur_repair_options {
  bool methods[DESPUR_LAST_COUNT]; /* which to fit */
  despur_repair_rule rule;
  uint64_t seed;
  size_t
      folds; /* of cross-validation, where a method is fitted on the examples that it is chosen with; 0: 5 */
  size_t refits;          /* of DFR and DISPEL, members of DPE: on fresh balanced subsets, averaged; 0: 20 */
  despur_repair_list l2;  /* penalties of ERM, group balance and GroupDRO */
  despur_repair_list c;   /* inverse strengths of the l1 penalty of DFR and DISPEL: 1 / (examples * l1) */
  despur_repair_list mix; /* shares s of DISPEL, at most 1 */
  despur_repair_list gamma;     /* of AFR */
  despur_repair_list lambda;    /* of AFR, how strongly it is pulled to the old head */
  despur_repair_list scale;     /* of DPE's logits */
  despur_repair_list diversity; /* of DPE, how strongly prototypes are kept apart */
  bool fit_on_both; /* the chosen parameters of methods that are fitted on training examples are fitted on
                       these and the validation examples; candidates and the dial are as without it */
  bool head_only;   /* nobody asks how good it is: no head before, no optimism and no dial, and where there is
                       nothing to choose no cross-validation; accuracies are NaN then, counts 0 */
  double tolerance; /* of every optimum, relative; 0: 1e-6 */
  int threads;      /* results do not depend on it; 0: 1 */
  despur_watch watch;
} despur_repair_options;

/* Right answers of one candidate on the validation examples. */
typedef struct despur_repair_candidate {
  double parameters[DESPUR_REPAIR_PARAMETERS];
  size_t *correct; /* [groups_count] */
  double worst_group, worst_class, average;
} despur_repair_candidate;

typedef struct despur_repaired {
  despur_last_layer method;
  const char *skipped; /* why it was not fitted, a static sentence; NULL: it was, and the rest is there */
  const char *parameters[DESPUR_REPAIR_PARAMETERS]; /* names; NULL beyond the last */
  despur_repair_candidate *candidates;              /* [candidates_count] */
  size_t candidates_count, chosen;
  bool cross_validated; /* its counts come from folds that it was not fitted on */
  double optimism; /* by how much the chosen one's worst group is too high for having been chosen: by halves
                      of the validation examples, or by nested cross-validation where there are none */
  double gap;      /* largest relative gap of the optima behind the head */
  bool converged;
  size_t fitted_on;     /* examples that the final head was fitted on */
  bool fitted_on_both;  /* those of training and of validation, which the figures above have not seen */
  float *weight, *bias; /* [classes, columns], [classes] */
} despur_repaired;

/* Between the old head (position 0) and the best one (1), on validation examples; intervals hold together for
 * all points and both accuracies at 95 % confidence. */
typedef struct despur_dial_point {
  double position;
  size_t *correct; /* [groups_count] */
  double average, average_low, average_high;
  double worst, worst_low, worst_high;
  double loss, loss_low, loss_high; /* of average accuracy against the old head, example by example */
} despur_dial_point;

enum { DESPUR_DIAL_POINTS = 11 };

/* {0}, that is, NaN for both, asks for nothing: min_average: the average accuracy is surely at least this;
 * max_loss: surely at most so much below the old head's. */
typedef struct despur_dial_wish {
  double min_average, max_loss;
} despur_dial_wish;

typedef enum despur_dial_answer {
  DESPUR_DIAL_FOUND,
  DESPUR_DIAL_UNDECIDED, /* some point may be good enough, but none is surely */
  DESPUR_DIAL_NONE       /* all points surely fail */
} despur_dial_answer;

typedef struct despur_repair_result {
  size_t groups_count;                /* those of the data; of classes without them */
  size_t *group_sizes[DESPUR_SPLITS]; /* [groups_count] */
  bool of_classes;                    /* groups are classes, since none are known */
  size_t judged; /* validation examples with a group, or training ones in folds without any */
  despur_repair_candidate before; /* the old head, or ERM's, without parameters */
  float *before_weight, *before_bias;
  bool before_given; /* it came with the data */
  despur_repaired methods[DESPUR_LAST_COUNT];
  size_t methods_count;
  size_t best; /* of them, by the rule, worst groups less their optimism; SIZE_MAX: all were skipped */
  despur_dial_point dial[DESPUR_DIAL_POINTS];
} despur_repair_result;

/* Splits for who has none: half of the rows, drawn at random, are for training, a fifth for validation, the
 * rest for test. */
DESPUR_API void despur_repair_draw_splits(uint32_t *splits, size_t rows, uint64_t seed);

/* Fits and chooses. DESPUR_BAD_INPUT when the data are not as described, when a class or, for a method that
 * alone was asked for, a group that it needs has no examples. Of several methods those whose needs are not
 * met are skipped. Release with despur_repair_release. Thread-safe; the same bits for any number of threads.
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_repair(despur_repair_result *out,
                                                       const despur_repair_data *data,
                                                       const despur_repair_options *options,
                                                       despur_error *error);

DESPUR_API void despur_repair_release(despur_repair_result *result);

/* The point of the dial with the best worst group among those that surely fulfil a wish. *point is 0 unless
 * one was found. */
DESPUR_API despur_dial_answer despur_dial_choose(size_t *point, const despur_repair_result *result,
                                                 const despur_dial_wish *wish);

/* The head at a position between the old one and the best, weight [classes, columns] and bias [classes]. */
DESPUR_API void despur_dial_head(float *weight, float *bias, const despur_repair_result *result,
                                 const despur_repair_data *data, double position);

/* logits [classes] of one row of features. */
DESPUR_API void despur_repair_logits(double *logits, const float *weight, const float *bias, size_t classes,
                                     const float *x, size_t columns);

#ifdef __cplusplus
}
#endif
#endif
