/* Rates that people are asked for, by group, whatever the labels: true and false positive and negative rates,
 * precision, F1, selection rate, and how far groups are apart (demographic parity, equalised odds). Groups
 * here are the values of the attributes (despur_predicted.attributes), not these within each label: among
 * examples of one label most of these rates do not exist. Thread-safe: what is given is only read. */
#ifndef DESPUR_RATES_H
#define DESPUR_RATES_H

#include "despur/measures.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the words of one class, "positive" against all others. Values agree with scikit-learn and fairlearn,
 * except that a rate of no examples does not exist, where these say 0. */
typedef enum despur_rate_kind {
  DESPUR_ACCURACY, /* right predictions of all; of all classes, whichever is positive */
  DESPUR_ERROR,
  DESPUR_TRUE_POSITIVE, /* of the positive examples; also recall, sensitivity */
  DESPUR_FALSE_NEGATIVE,
  DESPUR_FALSE_POSITIVE, /* of the examples that are not positive */
  DESPUR_TRUE_NEGATIVE,
  DESPUR_PRECISION, /* right ones of the positive predictions */
  DESPUR_F1,        /* harmonic mean of precision and true positive rate */
  DESPUR_SELECTION, /* positive predictions of all examples */
  DESPUR_RATE_KINDS,
  /* The larger one of the differences of true and of false positive rates, and the smaller one of their
   * ratios. It has spreads, no values. */
  DESPUR_EQUALISED_ODDS = DESPUR_RATE_KINDS,
  DESPUR_SPREAD_KINDS
} despur_rate_kind;

/* "accuracy", "error", "tpr", "fnr", "fpr", "tnr", "precision", "f1", "selection", "odds"; "" for no kind. */
DESPUR_API const char *despur_rate_word(despur_rate_kind kind);

/* The kind of that name, or DESPUR_SPREAD_KINDS. */
DESPUR_API despur_rate_kind despur_rate_of_word(const char *word);

/* Examples with one value of the attribute, or all. */
typedef struct despur_rates_part {
  const char *name;                  /* in despur_rates.names */
  size_t count, correct;             /* examples; right predictions, of any class */
  size_t positive, selected, hits;   /* examples of the class, predictions of it, and both */
  const despur_effective *effective; /* [DESPUR_RATE_KINDS], of F1 that of J; NULL: examples were drawn by
                                        themselves */
} despur_rates_part;

/* part of whole with the ends of its interval: Wilson's. F1 = 2 J / (1 + J) where J, which has part and
 * whole, is the share of examples that are positive and predicted so among those that are either; given how
 * many these are, that is a share like any other. All NaN when whole is 0. */
typedef struct despur_rate {
  size_t part, whole;
  double value, low, high;
} despur_rate;

DESPUR_API despur_rate despur_rates_rate(const despur_rates_part *part, despur_rate_kind kind,
                                         double confidence);

/* How far parts are apart in one rate, over those that have it and are not set aside. NaN, and both parts
 * parts_count, when there are not two.
 *
 * The intervals hold for the largest of all differences and the smallest of all ratios at once: they come
 * from simultaneous intervals for all pairs of parts (src/eval/rates/spread.c). Neither is ever estimated
 * without bias: parts that are all alike do not look so. When the difference is surely above 0, the ratio is
 * surely below 1, and the other way round. */
typedef struct despur_spread {
  size_t lowest, highest; /* parts; the first of equals */
  double difference, difference_low, difference_high;
  double ratio, ratio_low, ratio_high; /* lowest / highest; NaN when both are 0 */
} despur_spread;

typedef struct despur_class_rates {
  uint32_t class_index; /* the positive one */
  despur_rates_part all;
  despur_rates_part *parts; /* [parts_count] */
  despur_spread spreads[DESPUR_SPREAD_KINDS];
} despur_class_rates;

typedef struct despur_rates {
  double confidence;
  size_t parts_count;   /* 0 without attributes */
  size_t parts_aside;   /* the last of them, which have no part in spreads */
  const char **names;   /* [parts_count] */
  bool share_units;     /* whether a unit has examples in several of them, or an example is in several; then
                           spreads take correlations (src/eval/rates/together.c), of more than 64 the worst */
  size_t classes_count; /* one when a positive class is known or there are two; else all, each against the
                           others; 0 when that would be more than DESPUR_MOST_RATES parts */
  despur_class_rates *classes; /* [classes_count] */
  despur_effective *effective; /* what parts point into */
} despur_rates;

enum { DESPUR_MOST_RATES = 1 << 20 };

/* Release with despur_rates_release. Errors are those of despur_predicted_scores, and DESPUR_BAD_INPUT for a
 * positive class that is none. */
DESPUR_API DESPUR_MUST_USE despur_status despur_rates_compute(despur_rates *out,
                                                              const despur_predicted *predicted,
                                                              double confidence, despur_error *error);

DESPUR_API void despur_rates_release(despur_rates *rates);

#ifdef __cplusplus
}
#endif
#endif
