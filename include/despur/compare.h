/* Two models on the same examples: which groups they differ in, and whether their worst groups do.
 * Thread-safe: what is given is only read. */
#ifndef DESPUR_COMPARE_H
#define DESPUR_COMPARE_H

#include "despur/measures.h"
#include "despur/stats.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of one group, or of all examples. Differences are second - first. */
typedef struct despur_group_comparison {
  const char *name; /* in despur_comparison.names */
  despur_pairs pairs;
  double first, second;         /* accuracies; NaN, like all that follows, when there are no examples */
  double difference, low, high; /* despur_paired_interval */
  double p_value;               /* despur_mcnemar */
  /* With units or weights: of both accuracies, and how much these go together. Then the interval is one of
   * effective numbers, and p_value that of Student's t over units, at least 1 / 2^(k - 1) where k of them
   * differ. */
  despur_effective of_first, of_second;
  double correlation;
  double adjusted; /* corrected for the number of groups (despur_holm); of all examples the same as p_value */
} despur_group_comparison;

/* The worst groups, which need not be the same one. */
typedef struct despur_worst_comparison {
  size_t group_first, group_second; /* indices */
  double first, second;             /* accuracies */
  double difference, low, high;     /* the intervals of both minima combined (Zou and Donner 2008) */
  int distinguishable;              /* whether that interval leaves out 0 */
  double p_value; /* of equal minima: the level at which the interval would just leave out 0, to three
                     digits and at least 1e-5. At most 1 - confidence if and only if distinguishable */
} despur_worst_comparison;

typedef struct despur_comparison {
  double confidence;       /* of the intervals */
  bool by_id;              /* rows were matched by ids, not as they stand */
  bool weighted;           /* examples weigh: shares are weighted, pairs are counted */
  size_t units_count;      /* units drawn at random, for which all this holds; 0: for examples */
  bool groups_share_units; /* whether one has examples in several groups */
  size_t groups_count;
  size_t groups_aside;             /* the last of them, which cannot be the worst */
  despur_group_comparison *groups; /* [groups_count] */
  const char **names;              /* [groups_count], one allocation with its texts */
  despur_group_comparison all;
  despur_worst_comparison worst;
  despur_degenerate degenerate_first, degenerate_second; /* see eval.h: then no comparison means anything */
} despur_comparison;

/* Compares predictions for the same examples: matched by their ids where both have them, else row by row;
 * then columns without a part (despur_columns.others) that both have in another order are an error.
 * DESPUR_BAD_INPUT when examples, labels or groups differ. Release with despur_comparison_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_compare(despur_comparison *out, const despur_predicted *first,
                                                        const despur_predicted *second, double confidence,
                                                        despur_error *error);

DESPUR_API void despur_comparison_release(despur_comparison *comparison);

#ifdef __cplusplus
}
#endif
#endif
