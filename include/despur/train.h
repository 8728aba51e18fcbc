/* Training: one loop for all methods. A method says over some groups which examples an epoch visits and how
 * much each counts. Thread-safe: what changes is the network, which belongs to one thread at a time. */
#ifndef DESPUR_TRAIN_H
#define DESPUR_TRAIN_H

#include "despur/augment.h"
#include "despur/groups.h"
#include "despur/net.h"
#include "despur/optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every method: its enumerator here, its name in recipes, and its file src/train/method_NAME.c. */
#define DESPUR_METHODS(METHOD)                                                                               \
  METHOD(ERM, erm)                     /* every example alike */                                             \
  METHOD(GROUP_BALANCE, group_balance) /* every group drawn equally often */                                 \
  METHOD(CLASS_BALANCE, class_balance) /* every class drawn equally often */                                 \
  METHOD(UPSAMPLE, upsample)           /* groups repeated to the size of the largest */                      \
  METHOD(DOWNSAMPLE, downsample)       /* groups cut to the size of the smallest */                          \
  METHOD(GROUPDRO, groupdro)           /* group weights that grow with the groups' losses */                 \
  METHOD(SPARE, spare)                 /* within classes, small groups drawn more often */                   \
  METHOD(JTT, jtt)                     /* what the reference got wrong, repeated */

#define DESPUR_METHOD_ENUMERATOR(NAME, name) DESPUR_##NAME,
typedef enum despur_method { DESPUR_METHODS(DESPUR_METHOD_ENUMERATOR) } despur_method;
#undef DESPUR_METHOD_ENUMERATOR

/* Names in recipes by enumerator, and NULL at the end. */
DESPUR_API extern const char *const despur_method_names[];

/* What tables call it, such as "GroupDRO"; "" for no method. */
DESPUR_API const char *despur_method_label(despur_method method);

/* Whether it needs groups beyond the labels. */
DESPUR_API int despur_method_needs_groups(despur_method method);

/* How GroupDRO draws its batches; the other methods bring their own way. */
typedef enum despur_sampler { DESPUR_SAMPLE_BALANCED, DESPUR_SAMPLE_SHUFFLED } despur_sampler;

/* What only some methods read. Arrays are borrowed. */
typedef struct despur_method_options {
  despur_sampler sampler;   /* groupdro */
  double eta;               /* groupdro: step of the group weights; 0.01 is usual */
  const double *adjustment; /* groupdro: C of the generalisation adjustment C / sqrt(n_g): one number, or one
                               for each group */
  size_t adjustments;       /* 0: none */
  const double *power;      /* spare: lambda, one number or one for each class */
  size_t powers;            /* 0: 1 for all */
  size_t repeats;           /* jtt: visits of an example of group 1 in an epoch */
} despur_method_options;

/* Which epoch's weights to keep. Scores come from the caller; of equal ones the earliest wins. */
typedef enum despur_selection { DESPUR_SELECT_LAST, DESPUR_SELECT_BEST } despur_selection;

typedef struct despur_epoch {
  size_t epoch, epochs;        /* finished, 1..epochs */
  size_t steps;                /* so far */
  double loss;                 /* mean over the epoch's examples, as the method weighs them */
  double example_loss;         /* the same with every visit counted alike: log(classes) for guessing */
  const despur_groups *groups; /* those that the method trains on; NULL when it needs none */
  const double *group_weights; /* [groups->count] of methods that keep them (GroupDRO's q), else NULL */
} despur_epoch;

/* Where a training stands after an epoch: everything that the epochs after it depend on. Whoever keeps it,
 * ends, and begins again with it in options.resume gets the weights of a training that was never interrupted.
 */
typedef struct despur_train_state {
  size_t epoch, step;      /* finished so far */
  size_t selected_epoch;   /* 0: the initial weights */
  double selected_score;   /* -infinity before the first epoch */
  size_t parameters;       /* of the network */
  size_t buffers;          /* what it learns without gradients, such as the running averages of batch norm */
  float *weights;          /* [parameters + buffers] */
  float *average;          /* [parameters + buffers] their moving average, NULL without options.ema */
  float *selected;         /* [parameters + buffers]; NULL when they are what this epoch ended with */
  float *moments[2];       /* [parameters] of the optimiser; NULL what it does not have */
  double moment_powers[2]; /* beta^step of Adam */
  size_t groups;
  double *group_weights; /* [groups] of methods that keep them, else NULL and 0 groups */
} despur_train_state;

/* Everything that a caller may want to know or decide while training runs. Any function may be NULL. They are
 * called from the thread that called despur_train. */
typedef struct despur_train_hooks {
  void *context;
  void (*step)(void *context, size_t step, double loss, size_t examples);
  /* After each epoch: *score is what DESPUR_SELECT_BEST maximises; an epoch with NaN is never selected, and
   * it is DESPUR_BAD_INPUT when all are. A status other than DESPUR_OK ends training. */
  despur_status (*epoch)(void *context, despur_net *net, const despur_epoch *epoch, double *score,
                         despur_error *error);
  /* After that. The arrays of state are the training's own: they change with the next step. */
  despur_status (*state)(void *context, const despur_train_state *state, despur_error *error);
  /* Asked before each step; nonzero ends training with DESPUR_INTERRUPTED. */
  int (*stop)(void *context);
} despur_train_hooks;

typedef struct despur_train_options {
  size_t epochs, batch_size; /* batch_size at most that of the network */
  despur_optimizer_options optimizer;
  despur_schedule_options schedule;
  double clip; /* largest global norm of the gradient; 0: unlimited */
  double ema;  /* in [0, 1): keep an exponential moving average of the weights with this decay, and hand it to
                  the hooks, to selection and to the caller in place of the weights (Polyak and Juditsky 1992);
                  the first steps, 1 / (1 - ema) of them, count alike. 0: none */
  despur_method method;
  despur_method_options method_options;
  const despur_groups *groups; /* for methods that need them, else ignored */
  const uint32_t *order; /* [order_length] the examples of every epoch as they stand, in place of the method's
                            own choice; NULL: none */
  size_t order_length;
  despur_augmentation augment; /* random changes of the images; {0}: none */
  despur_selection selection;
  uint64_t seed;                    /* of the order of examples and of their changes */
  uint64_t stage;                   /* tells several trainings under one seed apart */
  const despur_train_state *resume; /* go on from here, with options otherwise the same; NULL: begin */
} despur_train_options;

typedef struct despur_train_result {
  size_t selected_epoch; /* 1..epochs; 0: the initial weights */
  size_t steps;
} despur_train_result;

/* Trains net on the training split and leaves the selected weights in it. When the loss or a weight
 * stops being finite, training ends with DESPUR_BAD_INPUT and a message that names the step, and the network
 * has the weights of the last finished epoch; when it is interrupted, likewise with DESPUR_INTERRUPTED. When
 * hooks.epoch fails, it has those that were selected before.
 * DESPUR_BAD_USAGE for options that do not fit the network, the data set or the groups. */
DESPUR_API DESPUR_MUST_USE despur_status despur_train(despur_net *net, const despur_dataset *dataset,
                                                      const despur_train_options *options,
                                                      const despur_train_hooks *hooks,
                                                      despur_train_result *result, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
