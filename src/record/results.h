/* results.jsonl: one object a line for each thing that was measured, in the order of events. What a run
 * writes there, and what reports and tables read. */
#ifndef RECORD_RESULTS_H
#define RECORD_RESULTS_H

#include "despur/eval.h"
#include "record/fields.h"

typedef enum result_kind {
  RESULT_OTHER,    /* none that this program knows */
  RESULT_EPOCH,    /* an epoch of training */
  RESULT_SCORES,   /* a measurement by true groups */
  RESULT_INFERRED, /* a measurement by inferred groups */
  RESULT_RULES,    /* what rules of model selection would have given */
  RESULT_GROUPS,   /* the groups that were inferred */
  RESULT_REPAIR    /* how the last layer was fitted again */
} result_kind;

/* The stages of lines that no training makes. */
#define RESULT_STAGE_INFERRED "inferred_groups"
#define RESULT_STAGE_GROUPS   "infer"

typedef struct result_weight {
  const char *name; /* of the group */
  double weight;
} result_weight;

typedef struct result_rule {
  const char *name;
  size_t epoch;
  double test_worst_group_accuracy, regret, val_worst_group_accuracy, optimism;
} result_rule;

/* A number of clusters that was tried. */
typedef struct result_candidate {
  size_t clusters;
  double silhouette;
} result_candidate;

/* Clusters of one class, or of all ("all"). */
typedef struct result_part {
  const char *name;
  size_t examples, clusters;
  double silhouette;
  size_t search_count;
  result_candidate *search;
} result_part;

/* A parameter of the last layer that was fitted again. */
typedef struct result_parameter {
  const char *name;
  double value;
} result_parameter;

/* Values of these parameters that were tried, and accuracies on validation. */
typedef struct result_attempt {
  size_t values_count;
  const double *values;
  double worst_group, worst_class, average;
} result_attempt;

/* All that a line can say; a line of one kind has some of it. Texts and arrays are borrowed: from whoever
 * writes the line, or from the object that it was read from. */
typedef struct result_line {
  result_kind kind;
  const char *stage, *network, *split;
  const char *label; /* what the network is called, when it is the one that was kept; else NULL */
  size_t epoch;
  bool selected; /* of the weights that were kept, at the end of a stage */
  double loss;
  size_t steps;
  size_t weights_count;
  result_weight *weights;
  despur_scores scores; /* as read it has the numbers of the line, and none that follow from them */
  const size_t *kept;   /* [groups_count] correct answers that are those of the epoch before, or NULL */
  size_t rules_count;
  result_rule *rules;
  size_t parts_count, powers_count;
  result_part *parts; /* NULL: nothing was clustered */
  const double *powers;
  double adjusted_rand, minority_precision, minority_recall;
  size_t inferred_count, true_count;
  const char *const *inferred_names, *const *true_names;
  const uint32_t *inferred_labels, *true_labels, *true_attributes; /* NULL: not known */
  const size_t *contingency;                                       /* [inferred_count, true_count] */
  const char *method, *select; /* last layers and rules as the configuration names them */
  size_t parameters_count, attempts_count, fitted_on;
  result_parameter *parameters; /* those that were taken */
  result_attempt *attempts;
  double gap, val_worst_group_accuracy, optimism;
  bool converged, cross_validated;
  fields_memory memory; /* of arrays that were read */
} result_line;

void result_line_write(json_writer *j, const result_line *line);

/* A line as JSON. An object that was not written by result_line_write gives RESULT_OTHER or has members that
 * are absent. The object has to live as long as the line, which result_line_release releases, also after an
 * error. */
DESPUR_MUST_USE despur_status result_line_read(result_line *out, const json_value *object,
                                               despur_error *error);

/* Every number of the line by its name. */
void result_line_numbers(const result_line *line, fields_number number, void *context);

void result_line_release(result_line *line);

#endif
