/* Runs: one configuration carried out, from data to a directory with everything that is needed to read it.
 * Thread-safe: a directory is locked while a run is in it, and another run there fails, of this process or of
 * another one. */
#ifndef DESPUR_RUN_H
#define DESPUR_RUN_H

#include "despur/config.h"
#include "despur/examples.h"
#include "despur/measures.h"
#include "despur/picture_model.h"
#include "despur/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The release, such as "0.1.0", and what was compiled in, such as "curl". */
DESPUR_API const char *despur_version(void);
DESPUR_API const char *despur_version_features(void);

/* The number of processors that this process may use, at least 1: by its affinity mask, and by the quota of
 * its control groups, as a container has one (versions 1 and 2; rounded up). */
DESPUR_API int despur_processors(void);

typedef struct despur_progress {
  const char *stage; /* the stage that trains: "reference" or "train" */
  size_t epoch, epochs;
  size_t done, total; /* examples of this epoch */
  double loss;        /* of the last step */
} despur_progress;

/* What a caller may want to hear while a run goes on; any function may be NULL. All are called from the
 * calling thread. */
typedef struct despur_observer {
  void *context;
  void (*note)(void *context, const char *line); /* one finished piece of news, without line break */
  void (*progress)(void *context, const despur_progress *progress); /* after every step */
  int (*stop)(void *context);                                       /* nonzero: stop as soon as possible */
} despur_observer;

typedef struct despur_run_options {
  const char *directory; /* to create; NULL: runs/NAME-SEED */
  int force;             /* replace the run that is in the directory; without it, only one that ended before
                            anything was finished */
  int resume;            /* go on with the unfinished run in the directory; with force as well, start again
                            where that cannot be done */
  int threads;
  int only_infer; /* stop after group inference */
  despur_observer observer;
} despur_run_options;

/* What a selection rule (select.rule) would have kept. Its regret is best_test_worst_group_accuracy -
 * test_worst_group_accuracy. */
typedef struct despur_rule_result {
  char name[DESPUR_GROUP_NAME];
  size_t epoch; /* 1 and up; 0: the rule had nothing to judge by, and all else is NaN or 0 */
  double score; /* what it maximises */
  double val_worst_group_accuracy; /* of that epoch, by the true groups; NaN without validation */
  double optimism; /* by how much that is too high for the epoch having been chosen by this rule
                      (despur_selection_optimism); 0 for the last epoch, NaN until the stage has ended */
  double test_worst_group_accuracy;      /* of that epoch; NaN without a test split */
  double best_test_worst_group_accuracy; /* of the best epoch, which nobody can know */
} despur_rule_result;

enum { DESPUR_RULES = 5 };

/* One network and its measures on the evaluation split. */
typedef struct despur_stage_result {
  despur_network network;
  char label[DESPUR_GROUP_NAME]; /* "ERM", "group balance", ... */
  despur_scores scores;
  despur_scores inferred; /* by inferred group, where there are any and no attributes; else no groups */
  size_t selected_epoch, epochs;
  double seconds;                         /* of training, without evaluation */
  despur_rule_result rules[DESPUR_RULES]; /* in the order of select.rule's values */
  int rule; /* index of the one that chose selected_epoch; 0: the last epoch; -1: reference.select */
} despur_stage_result;

typedef struct despur_run_result {
  char directory[1024];
  size_t stage_count;                               /* of the networks that were measured */
  despur_stage_result stages[DESPUR_NETWORK_COUNT]; /* in the order of despur_network */
  despur_split split;                               /* evaluated: test, or what there is */
  int attributes; /* whether the data have any; else the true groups are the classes */
  int inferred;   /* whether groups were inferred; if so: */
  despur_groups groups;
  despur_agreement agreement;  /* with the true groups; NaN where the data have no attributes */
  despur_split inferred_split; /* of stages[].inferred: as split, or train where only that was divided */
  char *verdict; /* what the network uses, in one sentence (see despur_report); NULL after an error */
} despur_run_result;

/* Carries a configuration out. Nothing is written before the configuration, the data and all other inputs
 * have been checked. When the run is interrupted (DESPUR_INTERRUPTED) or its loss stops being finite, the
 * directory holds what there was and its manifest.json says so.
 *
 * After every epoch the directory gets a checkpoint, last.ckpt, which is removed when the run is complete.
 * From it options.resume goes on after an interruption, a full disk, or the end of the process, and leaves
 * the same bytes as a run without that; DESPUR_BAD_INPUT when it was made by another version of despur, with
 * another configuration or other data, or when a file has changed since. only_infer is then what it was.
 *
 * Release the result with despur_run_result_release, also after an error. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run(despur_run_result *result, const despur_config *config,
                                                    const despur_run_options *options, despur_error *error);

/* *out = the network that the run would train last (see despur_net_describe). Reads the data, for their shape
 * and number of classes, and trains and writes nothing. Free with free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_describe_network(char **out, const despur_config *config,
                                                                     despur_error *error);

DESPUR_API void despur_run_result_release(despur_run_result *result);

typedef struct despur_verify_options {
  int quick; /* hashes only */
  int threads;
  despur_observer observer; /* of the run that is done again */
} despur_verify_options;

typedef struct despur_verify_result {
  size_t inputs, outputs; /* files that are what manifest.json says of them */
  size_t repeated;        /* files that came out with the same bytes; 0 when the run was not done again */
  char difference[1024];  /* the first one: which file, and where in it; "" when there is none */
} despur_verify_result;

/* Compares the inputs of a complete run with their hashes, then its outputs, which must be all that such a
 * run makes and nothing else, then carries it out once more in a temporary directory and compares all files.
 * A difference is no error. The same of a directory that despur_report_models has left, whose tables are read
 * once more; of one that despur_report_repair has left the outputs only. */
DESPUR_API DESPUR_MUST_USE despur_status despur_verify(despur_verify_result *result, const char *directory,
                                                       const despur_verify_options *options,
                                                       despur_error *error);

typedef struct despur_assign_options {
  const char *const *overrides; /* "KEY=VALUE" of data.* and seeds.*, for other data than the run's */
  size_t count;
  int threads;
  despur_observer observer; /* its note hears which keys of the run overrides have left without effect */
} despur_assign_options;

/* Assigns every example of a data set to one of the groups that a run has inferred by clustering, and writes
 * them to a CSV file (example, split, y, a, group, group_name; the last two empty where the class had no
 * training examples). */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_assign(const char *directory, const char *path,
                                                           const despur_assign_options *options,
                                                           despur_error *error);

/* The selection rule by which a finished run has chosen its epoch on validation, and what that adds (only
 * epoch, val_worst_group_accuracy, optimism and name are filled in); epoch 0 when it kept the last one. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_choice(despur_rule_result *out, const char *directory,
                                                           despur_error *error);

/* How the run in a directory ended: outcome is "complete", "interrupted" or "failed", "" without
 * manifest.json; message says why, shortened to its room. */
typedef struct despur_run_end {
  char outcome[16], message[512];
} despur_run_end;

DESPUR_API DESPUR_MUST_USE despur_status despur_run_outcome(despur_run_end *out, const char *directory,
                                                            despur_error *error);

/* What the network that a finished run left in its directory says of a split, by the true groups. watch:
 * NULL: nobody; it can stop this. Release with despur_predicted_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_predict(despur_predicted *out, const char *directory,
                                                            despur_split split, int threads,
                                                            const despur_watch *watch, despur_error *error);

/* All examples of a finished run as its network sees them: features before the last layer, labels, splits,
 * and attributes where there are any. watch: NULL: nobody; it can stop this. Release with
 * despur_examples_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_examples(despur_examples *out, const char *directory,
                                                             int threads, const despur_watch *watch,
                                                             despur_error *error);

/* out [count]: some examples of a finished run as its network sees them, where they are images of 1 or 3
 * channels, the longer side of each `side` pixels at most; else all stay empty. Release with
 * despur_thumbnails_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_thumbnails(despur_thumbnail *out, const char *directory,
                                                               const uint32_t *examples, size_t count,
                                                               size_t side, despur_error *error);

/* The last network of a finished run, with its data, to look into and to ask again (despur/picture_model.h):
 * maps are Grad-CAM's of the last convolution before what is below 0 is cut off, less the mean of all
 * classes. A network without a convolution has none (rows = 0), and without says so. Close with
 * despur_picture_model_close. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_look(despur_picture_model *out, const char *directory,
                                                         int threads, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
