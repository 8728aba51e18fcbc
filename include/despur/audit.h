/* Does a classifier lean on something that nobody labelled? Finders propose partitions of the examples from
 * one half of them, the discovery half; the judge, who does not know how a partition came about, tests it on
 * the other, the confirmation half. docs/audit.md explains every number. */
#ifndef DESPUR_AUDIT_H
#define DESPUR_AUDIT_H

#include "despur/examples.h"
#include "despur/picture_model.h"
#include "despur/stats.h"
#include "despur/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_audit_options {
  double l2;         /* penalty of the head that is fitted where there are no predictions; 0: 0.03 */
  size_t folds;      /* of that; 0: 5 */
  double confidence; /* of all statements together; 0: 0.95 */
  uint64_t seed;
  int threads;    /* the result does not depend on it */
  int trained_on; /* the features come from a network that was trained on these examples */
  int in_place;   /* examples->x may be overwritten: it is standardised where it lies, which saves a copy */
  const char *finders;                /* names with commas between; "all"; NULL: the usual ones */
  size_t repeats;                     /* how often to look again with other halves */
  size_t label_some;                  /* how many examples a person would note something of */
  const despur_example_column *noted; /* [examples] what was noted of some of those; NULL: nothing */
  const despur_picture_model *model;  /* whose pictures the examples are, to look into and to ask again; NULL:
                                         there is none */
  despur_watch watch;
} despur_audit_options;

/* Of a class with fewer examples nothing can be said. */
enum { DESPUR_AUDIT_RARE = 20 };

typedef enum despur_audit_verdict {
  DESPUR_NOTHING_FOUND,
  DESPUR_WEAK_GROUP,      /* more errors than the rest of the class */
  DESPUR_LEANS_ON_IT,     /* goes with the label, and errors of several classes follow it */
  DESPUR_TOO_FEW_EXAMPLES /* too little data */
} despur_audit_verdict;

/* "nothing found", "weak group", "leans on it", "too little data": in files, and for people. */
DESPUR_API const char *despur_audit_verdict_word(despur_audit_verdict verdict);

/* One cell of a partition within one class, on the confirmation half. */
typedef struct despur_audit_cell {
  size_t candidate, cell;
  uint32_t class_index, toward; /* where most of its errors go; class_index when there are none */
  size_t count, wrong, rest_count, rest_wrong; /* examples, whatever they weigh */
  double error, rest_error;                    /* rates of error, weighted */
  double effective,
      rest_effective; /* examples that weigh alike and would be as sure; the counts where all do */
  double weight;      /* what its examples weigh, 1 on average of all; the count */
  double p;           /* Fisher's, one-sided: as many errors as in the rest of the class */
  double p_left; /* the same for the part of the cell that the model's margin does not say; NaN: not asked */
  double adjusted;          /* the larger of the two, corrected for everything that was tested (Holm) */
  double excess, low, high; /* difference of error rates; simultaneous interval */
  double left;              /* what of the excess the margin does not say; NaN: not asked */
  int confirmed;            /* adjusted is small */
  int determined;           /* the margin nearly says which examples are in it */
  int answers;              /* it is the other direction of a finding that leans */
  int leans;                /* the verdict of its candidate */
  int disguised;            /* more errors, but nothing beyond the model's own margin is left of it */
} despur_audit_cell;

typedef struct despur_audit_candidate {
  char *finder, *name;
  size_t cells;
  char **cell_names;        /* [cells] */
  uint32_t *of_example;     /* [examples], below cells, or DESPUR_NO_VALUE */
  int from_features;        /* cut from the features, which the model sees, too */
  int from_labels;          /* made by labels or predictions of the discovery half, which it may repeat */
  uint32_t of_map;          /* cut from the maps of this class, or DESPUR_NO_VALUE */
  despur_association label; /* how it goes with the label */
  despur_common_odds
      follows; /* of its best cell: predictions of the class that goes with it, within classes */
  despur_audit_verdict verdict;
  double fit;  /* how much better its cells tell the errors than classes do alone: twice the log-likelihood
                  ratio, less log n for each further share (Schwarz 1978) */
  size_t best; /* its best cell, in despur_audit.cells; SIZE_MAX: none could be tested */
} despur_audit_candidate;

/* The least excess of errors that a group of this share of a class would have been found with, with 80 %
 * probability, had a finder proposed it; NaN where none would. */
typedef struct despur_audit_limit {
  uint32_t class_index;
  double share, excess;
} despur_audit_limit;

/* A share, with an interval that holds for all columns together, and what it would be by chance; NaN: not
 * known. */
typedef struct despur_audit_share {
  double value, low, high, chance;
} despur_audit_share;

/* Examples of one side of a finding to look at: of a class, inside its best cell or outside. */
enum { DESPUR_AUDIT_SAMPLE = 8 };
typedef struct despur_audit_sample {
  size_t cell; /* in despur_audit.cells */
  uint32_t class_index;
  int inside;
  size_t examples_count;
  uint32_t examples[DESPUR_AUDIT_SAMPLE]; /* of the confirmation half, the most typical first */
} despur_audit_sample;

/* A column of metadata. */
typedef struct despur_audit_column {
  char *name;
  size_t values;           /* of more than 20 nothing is said */
  despur_audit_share read; /* how often a head says its value from the features, within classes; the mean of
                              all values and classes */
  despur_audit_share says; /* how often it alone says the label; the mean of all classes */
  despur_audit_share fall; /* of the accuracy on examples whose value was left out in training */
  size_t held_out;         /* how many these are */
} despur_audit_column;

/* A value that a person has noted down, in one class: as many examples that the model got wrong as it got
 * right were looked at. */
typedef struct despur_audit_noted {
  uint32_t class_index, toward; /* where most errors with this value go; class_index when there are none */
  size_t value;                 /* in noted_values */
  size_t wrong, wrong_with, right, right_with;
  double share;                     /* of the class that has it */
  double error_with, error_without; /* rates of error that follow */
  double p, adjusted; /* Fisher's, one-sided: it is as frequent among errors; and Holm's correction */
  int confirmed;
} despur_audit_noted;

/* A picture with a region of another one over it, and, for comparison, with a region of the same size from
 * somewhere else in that one. */
typedef struct despur_audit_pasted {
  size_t paste; /* in despur_audit.pastes */
  uint32_t into, from;
  despur_region elsewhere;
  uint32_t after, after_elsewhere; /* predictions; `into` was predicted rightly before */
} despur_audit_pasted;

/* What the region that tells a class best, by where the model looks, does in pictures of other classes: how
 * many predictions follow, that is, become the class. Pictures of the confirmation half. */
typedef struct despur_audit_paste {
  uint32_t class_index; /* whose pictures the region is cut from */
  despur_region region; /* pixels of the picture as the model sees it */
  double share; /* of what tells the class from others in the maps of the discovery half, that lies there */
  size_t count, followed, followed_elsewhere, followed_both;
  double difference, low, high; /* of the shares that follow; simultaneous interval */
  double p, adjusted;           /* McNemar's exact test, two-sided; Holm's correction */
  int confirmed;                /* adjusted is small, and more follow the region */
} despur_audit_paste;

typedef struct despur_audit {
  despur_audit_verdict verdict; /* of the first candidate that has one */
  size_t examples, classes, used, discovery, confirmation, units, duplicates, constant_columns;
  const char **class_names; /* [classes] */
  size_t *class_sizes;      /* [classes] examples that are used */
  double confidence, error; /* error rate on the confirmation half, weighted */
  char *weight;             /* what says how much an example counts; NULL: all weigh alike */
  double effective;         /* as how many that weigh alike those of the confirmation half count (Kish) */
  int own_head, trained_on; /* whether the head was fitted here */
  size_t cells_count;
  despur_audit_cell *cells; /* everything that was tested: what the verdict names, then the most telling */
  size_t candidates_count;
  despur_audit_candidate *candidates; /* the most telling first */
  size_t limits_count;
  despur_audit_limit *limits;
  size_t columns_count;
  despur_audit_column *columns;            /* of metadata */
  uint32_t *splits, *labels, *predictions; /* [examples] */
  uint32_t *halves;                        /* [examples] 0 discovery, 1 confirmation, or DESPUR_NO_VALUE */
  uint32_t *attributes; /* [examples] codes, for measuring only: nothing else looks at them; NULL: unknown */
  float *map;           /* [examples, 2] along the first two principal components; NULL without features */
  const char **ids;     /* [examples] what they are called; NULL: by their numbers */
  size_t repeats, repeats_found, repeats_leaning; /* with other halves; anything was found, it leans */
  size_t repeats_again; /* a confirmed cell shares half of its examples with the first finding's best one */
  size_t to_label_count;
  uint32_t *to_label; /* examples that a person would gain most from noting something of */
  char *noted_name;   /* NULL: nothing was noted */
  const char **noted_values;
  size_t noted_used, noted_ignored; /* examples; those of the discovery half are of no use */
  size_t noted_count;
  despur_audit_noted *noted; /* the most telling first */
  despur_audit_verdict noted_verdict;
  size_t notes_count;
  const char **notes; /* sentences on what was not looked at, such as a column with too many values */
  size_t samples_count;
  despur_audit_sample *samples;     /* of the first findings */
  size_t model_height, model_width; /* of pictures as the model sees them; 0 without maps */
  size_t model_shorter;             /* despur_picture_model.shorter */
  size_t pastes_count;
  despur_audit_paste *pastes; /* by class */
  size_t map_rows, map_columns;
  float *looks; /* [despur_audit_sampled, map_rows, map_columns] where the model looks: what each place of a
                   sampled picture adds to the logit of the class that is predicted, more than to a mean
                   class's; NaN where it was not asked; NULL without maps */
  int looks_fitted; /* by a last layer that was fitted to the discovery half, not by the model's own */
  double *evidence; /* [pastes_count, map_rows, map_columns]: as despur_audit_paste.share, of each place */
  size_t pasted_count;
  despur_audit_pasted *pasted; /* all pictures that were made, those of a class after another */
} despur_audit;

/* Without predictions a head is fitted in folds, so that none has seen the examples it is asked about. With
 * splits, training examples are used, or, with predictions, all others. DESPUR_BAD_INPUT when there are
 * neither features nor predictions; a constant head is no error. Too few examples give the verdict
 * DESPUR_TOO_FEW_EXAMPLES. Free with despur_audit_free. Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_audit_run(despur_audit **out, const despur_examples *examples,
                                                          const despur_audit_options *options,
                                                          despur_error *error);

DESPUR_API void despur_audit_free(despur_audit *audit); /* NULL is accepted */

/* What was found, in a sentence; the caller frees it with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_audit_sentence(char **out, const despur_audit *audit,
                                                               despur_error *error);

/* What that sentence cannot know, in another one, or NULL: features that were learned from these labels show
 * a shortcut and what truly looks like another class alike. The caller frees it with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_audit_caution(char **out, const despur_audit *audit,
                                                              despur_error *error);

/* What audit.json says, as one JSON object on one line. The caller frees *json with free(). Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_audit_json(char **json, const despur_audit *audit,
                                                           despur_error *error);

/* How a cell is called where it stands by itself, in three parts to print one after the other: "cell 2",
 * " of ", "3 clusters of all examples". A cell that bears its candidate's name, as a conjunction does, is
 * called by that alone. */
typedef struct despur_audit_cell_words {
  const char *cell, *between, *candidate;
} despur_audit_cell_words;
DESPUR_API despur_audit_cell_words despur_audit_words_of(const despur_audit *audit,
                                                         const despur_audit_cell *cell);

/* How many examples the samples have together; out: gets them one after the other, NULL: only counts. */
DESPUR_API size_t despur_audit_sampled(uint32_t *out, const despur_audit *audit);

/* Pixels of the longer side of a picture on the page: 224 where there are few, and fewer where there are
 * many, so that all fit. */
DESPUR_API size_t despur_audit_picture_side(const despur_audit *audit);

/* How many pictures show what pasting does, for a page: of each test up to four that followed, or else did
 * not, three pictures each: the one that is pasted into, the one that is pasted from, and the result. out:
 * gets them one after the other, NULL: only counts. */
DESPUR_API size_t despur_audit_shown(despur_pasted *out, const despur_audit *audit);

/* Writes audit.json, candidates.csv (every cell that was tested), groups.csv (example, split, y, a, group,
 * group_name, prediction, and attribute where there are any: a is the cell of the first finding; 0 everywhere
 * when there is none) and attributes.npy (the same cells as int64, for data.attributes) and partitions.npy
 * (int64, a column for each candidate with the cell of every example, and a last one with its half; -1:
 * none) and, where there are features, clusters.npy (those of the candidates that are clusters of all
 * examples, which a repair takes as several partitions), and to_label.csv
 * (example, id where there are any, label, and an empty attribute) where there is anything to label, and
 * pasted.csv (a row for each pair of pictures that were made: which is pasted into, which from, where, and
 * the classes predicted before, after, and with a region from elsewhere) where there was a paste test. The
 * directory is created when it is missing. */
DESPUR_API DESPUR_MUST_USE despur_status despur_audit_write(const despur_audit *audit, const char *directory,
                                                            despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
