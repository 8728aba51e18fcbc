/* Training: one loop for all methods. A method is a choice of sampler, objective and selection rule over some
 * groups. */
#ifndef DESPUR_TRAIN_H
#define DESPUR_TRAIN_H

#include "despur/groups.h"
#include "despur/net.h"
#include "despur/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which training examples an epoch visits. Those that balance need groups. */
typedef enum despur_sampler {
  DESPUR_SHUFFLE,       /* each once, in random order */
  DESPUR_GROUP_BALANCE, /* as many draws as examples, with replacement, every group equally likely */
  DESPUR_UPSAMPLE,      /* each group repeated to the size of the largest, then shuffled */
  DESPUR_DOWNSAMPLE,    /* a random subset of each group as large as the smallest, the same in every epoch,
                           shuffled */
  DESPUR_EXPLICIT       /* the examples of options.order, as they stand */
} despur_sampler;

/* Which epoch's weights to keep. Scores come from the caller; of equal ones the earliest wins. */
typedef enum despur_selection { DESPUR_SELECT_LAST, DESPUR_SELECT_BEST } despur_selection;

typedef struct despur_epoch {
  size_t epoch, epochs; /* finished, 1..epochs */
  size_t steps;         /* so far */
  double loss;          /* mean over the epoch's examples */
} despur_epoch;

/* Everything that a caller may want to know or decide while training runs. Any function may be NULL. They are
 * called from the thread that called despur_train. */
typedef struct despur_train_hooks {
  void *context;
  void (*step)(void *context, size_t step, double loss, size_t examples);
  /* After each epoch: *score is what DESPUR_SELECT_BEST maximises. A status other than DESPUR_OK ends
   * training. */
  despur_status (*epoch)(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                         despur_error *error);
  /* Asked before each step; nonzero ends training with DESPUR_INTERRUPTED. */
  int (*stop)(void *context);
} despur_train_hooks;

typedef struct despur_train_options {
  size_t epochs, batch_size; /* batch_size at most that of the network */
  despur_optimizer_options optimizer;
  despur_schedule_options schedule;
  double clip; /* largest global norm of the gradient; 0: unlimited */
  despur_sampler sampler;
  const despur_groups *groups; /* for samplers that need them, else NULL */
  const uint32_t *order;       /* DESPUR_EXPLICIT */
  size_t order_length;
  despur_selection selection;
  uint64_t seed;  /* of the order of examples */
  uint64_t stage; /* tells several trainings under one seed apart */
} despur_train_options;

typedef struct despur_train_result {
  size_t selected_epoch; /* 1..epochs; 0: the initial weights */
  size_t steps;
} despur_train_result;

/* Trains net on the training split and leaves the selected weights in it. When the loss or a weight
 * stops being finite, training ends with DESPUR_BAD_INPUT and a message that names the step, and the network
 * has the weights of the last finished epoch; when it is interrupted, likewise with DESPUR_INTERRUPTED. */
DESPUR_API DESPUR_MUST_USE despur_status despur_train(despur_net *net, const despur_dataset *dataset,
                                                      const despur_train_options *options,
                                                      const despur_train_hooks *hooks,
                                                      despur_train_result *result, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
