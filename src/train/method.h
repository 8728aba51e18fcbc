/* A training method: which groups it needs, which examples it visits, and how much each example of a batch
 * counts.
 *
 * One file for each, method_NAME.c, and one line in DESPUR_METHODS (despur/train.h); docs/adding-a-method.md
 * shows the way. The loop in loop.c does everything else. */
#ifndef TRAIN_METHOD_H
#define TRAIN_METHOD_H

#include "despur/train.h"
#include "train/sampler.h"

/* What training groups a method is given. */
typedef enum method_needs {
  METHOD_NEEDS_NOTHING, /* none: input.groups is NULL */
  METHOD_NEEDS_LABELS,  /* one group for each label */
  METHOD_NEEDS_GROUPS,  /* options.groups */
  METHOD_NEEDS_CELLS    /* options.groups, those that span several labels split by label */
} method_needs;

/* What a method knows when training begins; all of it stays while training lasts. */
typedef struct method_input {
  const despur_groups *groups; /* of which some may have no training examples */
  const uint32_t *label_of;    /* [groups] METHOD_NEEDS_CELLS: the label of each */
  size_t classes;
  const despur_method_options *options;
} method_input;

/* Examples of a step, as a method sees them. */
typedef struct method_batch {
  size_t count;
  const double *losses;   /* [count] cross entropy of each example */
  const uint32_t *groups; /* [count], or DESPUR_NO_GROUP; NULL for METHOD_NEEDS_NOTHING */
} method_batch;

typedef struct method {
  const char *label; /* in tables: "GroupDRO" */
  method_needs needs;

  /* Chooses plan->kind and fills plan->mass or plan->quota [groups], which are there and zero. */
  void (*sample)(const method_input *input, sampling *plan);

  /* A number for each group that lives as long as training and is written to results after each epoch as the
   * group's weight. NULL: the method keeps none. */
  void (*start)(const method_input *input, double *state);

  /* Writes weights [count]: the step follows the gradient of the sum of weights[i] * losses[i], with weights
   * held fixed. Returns the loss to report. NULL: every example counts 1 / count. */
  double (*weigh)(const method_input *input, double *state, const method_batch *batch, double *weights);
} method;

const method *method_of(despur_method name); /* NULL: there is none */

#endif
