/* The state of a run, shared by the files that carry it out: run.c (the order of events), stages.c (training
 * and inference), run_files.c (what is written). */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "config/config.h"
#include "despur/infer.h"
#include "despur/report.h"
#include "despur/run.h"
#include "despur/train.h"
#include "run/checkpoint.h"
#include "run/clock.h"
#include "run/history.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct run {
  const despur_config *config;
  despur_config *own; /* a run that is carried out has its own copy of the configuration */
  const despur_run_options *options;
  despur_run_result *result;
  despur_dataset *dataset;
  despur_groups truth;
  despur_groups cells; /* inferred groups of a split, where there are no attributes; see cells.c */
  despur_split cells_split;
  despur_net *reference, *net; /* reference: NULL when there is none */
  uint32_t *order;             /* train.order, or NULL */
  size_t order_length;
  despur_grouping *grouping;   /* NULL until clusters have been inferred */
  uint32_t *val_groups;        /* inferred groups of the validation split's examples, or NULL */
  double *powers;              /* [classes] SPARE's, by the rule of silhouettes, or NULL */
  file_writer *results;        /* NULL until the directory exists */
  file_writer *steps, *events; /* likewise, and when they are not wanted */
  double started;              /* run_seconds; earlier by what a resumed run had taken before */
  json_t *timing;
  bool only_infer;
  run_place place;                 /* what comes next, or goes on */
  json_t *inputs;                  /* the SHA-256 of each by its name */
  json_t *finished;                /* likewise the outputs of finished stages */
  checkpoint resumed;              /* what the run has gone on from, or zero */
  const despur_train_state *state; /* of the stage that goes on, or NULL */
  run_history history;             /* of the stage that goes on */
  bool claimed;                    /* no other process works in the directory, as long as this is locked: */
  int lock;
} run;

/* run.c */
DESPUR_MUST_USE despur_status run_create_net(despur_net **out, const run *r, const stage_config *config,
                                             uint64_t stage, despur_error *error);
/* r->reference and r->net, those that the run has. */
DESPUR_MUST_USE despur_status run_create_nets(run *r, despur_error *error);
void run_release(run *r);

/* run_data.c: r->dataset by the configuration that a run has left; when its files are not where they were,
 * the error says where they have been looked for. */
DESPUR_MUST_USE despur_status run_create_dataset(run *r, despur_error *error);

/* *config = the configuration of the run in options->directory; r->config points to it. The caller frees it.
 */
DESPUR_MUST_USE despur_status run_read_config(run *r, despur_config **config, despur_error *error);

/* Relative paths of a run's own file start where timing says that it was made. */
void run_set_base(despur_config *config, const json_t *timing);

/* Reads config.yaml of the finished run in r->options->directory, and its data and true groups;
 * DESPUR_BAD_INPUT when the data are not those of the run. r->config is *config, which the caller frees after
 * run_release, also after an error. */
DESPUR_MUST_USE despur_status run_reopen(run *r, despur_config **config, despur_error *error);

/* DESPUR_BAD_INPUT when a file of the data set has another hash than in the manifest. A run that has left no
 * manifest is not held against anything. */
DESPUR_MUST_USE despur_status run_check_data(const run *r, despur_error *error);

/* The examples of a split, which must have some. */
DESPUR_MUST_USE despur_status run_split(const uint32_t **examples, size_t *count, const run *r,
                                        despur_split split, despur_error *error);

/* stages.c. Each evaluates on validation after every epoch and on the evaluation split at the end. */
DESPUR_MUST_USE despur_status run_reference_stage(run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_train_stage(run *r, despur_error *error);

/* logits (NULL unless wanted) get [count, classes]; free with mem_free. */
DESPUR_MUST_USE despur_status run_score(despur_scores *scores, float **logits, uint32_t **predictions,
                                        despur_net *net, const despur_dataset *dataset,
                                        const despur_groups *groups, despur_split split, despur_error *error);

/* choice.c: what choosing an epoch on validation adds to what is said of it. */

/* Adds an epoch to r->history. predictions: of the validation examples, in their order. */
DESPUR_MUST_USE despur_status run_remember(run *r, const uint32_t *predictions, despur_error *error);
/* *kept = [truth.count], for each true group how many validation examples were right after the last two
 * epochs of r->history; NULL after the first. Free with mem_free. */
DESPUR_MUST_USE despur_status run_kept(size_t **kept, const run *r, despur_error *error);
/* Fills in every rule's optimism, and forgets r->history. */
DESPUR_MUST_USE despur_status run_judge_choice(despur_rule_result *rules, run *r, despur_error *error);

/* infer_stage.c */
DESPUR_MUST_USE despur_status run_infer_stage(run *r, despur_error *error);
/* Accuracy of the worst inferred group on validation; NaN when validation examples have none. predictions: in
 * the order of the split. */
double run_worst_inferred_group(const run *r, const uint32_t *predictions);
/* How much of the minority groups of validation the clusters of a reference network find. Some class must
 * judge. */
DESPUR_MUST_USE despur_status run_reference_recall(double *recall, const run *r, despur_net *net,
                                                   despur_error *error);

/* How well the clusters of a reference network are separated: the mean silhouette over the training examples;
 * those of a part with a single cluster count as 0. */
DESPUR_MUST_USE despur_status run_reference_silhouette(double *mean, const run *r, despur_net *net,
                                                       despur_error *error);
/* Clusters of what the network says of the training examples. Free *out with despur_grouping_free. */
DESPUR_MUST_USE despur_status run_fit_grouping(despur_grouping **out, const run *r, despur_net *net,
                                               const despur_grouping_options *options, despur_error *error);
/* As the configuration has them. */
despur_grouping_options run_grouping_options(const run *r);
/* Weighted by their examples, over the parts; a single cluster counts as 0. */
double run_silhouette(const despur_grouping *grouping);

/* advice.c */

/* Notes, after the last stage, whether a repair by inferred clusters has failed, what was inferred, and what
 * to try. */
DESPUR_MUST_USE despur_status run_advise(const run *r, despur_error *error);

/* feasible.c */

/* What cannot work with this configuration and these data: before the first step, and before anything is
 * written. Data, true groups and networks are there. */
DESPUR_MUST_USE despur_status run_check_feasible(const run *r, despur_error *error);
/* *out = [classes], which ones run_reference_recall can judge by: those with training examples, and with more
 * than one attribute in validation; *count of them. Free *out with mem_free. */
DESPUR_MUST_USE despur_status run_mark_judges(bool **out, size_t *count, const run *r, despur_error *error);

/* readable.c: DESPUR_BAD_INPUT when the run would write what is beyond the limits of its own readers. */
DESPUR_MUST_USE despur_status run_check_readable(const run *r, despur_error *error);

/* cells.c: the inferred groups of a split's examples, where there are no attributes. */

/* Whether the data set says an attribute of each example, so that true groups are more than classes. */
bool run_has_attributes(const run *r);
/* Fills in r->cells for a split, or for the training split where only that was divided (r->cells_split says);
 * leaves it empty where there are attributes or nothing was inferred. Needs r->reference. */
DESPUR_MUST_USE despur_status run_find_cells(run *r, despur_split split, despur_error *error);
/* The accuracies of all networks in these groups, into the result and results.jsonl. */
DESPUR_MUST_USE despur_status run_score_cells(run *r, despur_error *error);
/* By what pictures are sorted: r->cells, or the true groups. */
const despur_groups *run_shown_groups(const run *r);
/* r->result->agreement: inferred groups against true ones; NaN where these are only the classes. */
DESPUR_MUST_USE despur_status run_compare_groups(run *r, despur_error *error);

/* directory.c */

/* The directory is made, or what an earlier run has left in it goes: one that ended before anything was
 * finished, or with options.force any. DESPUR_BAD_USAGE when something else is in it. */
DESPUR_MUST_USE despur_status run_open_directory(run *r, despur_error *error);
/* DESPUR_BAD_USAGE when another process works in it. */
DESPUR_MUST_USE despur_status run_claim_directory(run *r, despur_error *error);

/* run_files.c */

/* Everything that a run may leave, but for the checkpoint, the manifest and timing.json; and whether this run
 * does when it is complete. The networks are there. */
extern const char *const run_output_names[];
extern const size_t run_output_count;
bool run_makes_output(const run *r, const char *name);

/* Files that grow: results, steps, events. */
extern const char *const run_stream_names[CHECKPOINT_STREAMS];

DESPUR_MUST_USE despur_status run_open_stream(file_writer **writer, const run *r, const char *name,
                                              despur_error *error);
/* Adds the SHA-256 of the files of the data set, of all inputs, or of every output that is there to an
 * object. */
DESPUR_MUST_USE despur_status run_hash_data(const run *r, json_t *inputs, despur_error *error);
DESPUR_MUST_USE despur_status run_hash_inputs(const run *r, json_t *inputs, despur_error *error);
DESPUR_MUST_USE despur_status run_hash_outputs(const run *r, json_t *outputs, despur_error *error);
/* DESPUR_BAD_INPUT that names the first of the inputs found that is not what was kept of it. */
DESPUR_MUST_USE despur_status run_compare_inputs(const run *r, const json_t *found, const json_t *kept,
                                                 despur_error *error);
/* Removes everything that a run may leave. */
DESPUR_MUST_USE despur_status run_remove_all(const run *r, despur_error *error);
/* Removes what an interrupted run has left beside its finished files, streams and checkpoint. */
DESPUR_MUST_USE despur_status run_remove_unfinished(const run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_remove_output(const run *r, const char *name, despur_error *error);
DESPUR_MUST_USE despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error);
DESPUR_MUST_USE despur_status run_write_epoch(run *r, const char *stage, const despur_epoch *epoch,
                                              despur_error *error);
/* selected: at the end of a stage, of the weights that were kept, what the network is called; else NULL. */
DESPUR_MUST_USE despur_status run_write_scores(run *r, const char *stage, size_t epoch, despur_split split,
                                               const despur_scores *scores, const char *selected,
                                               despur_error *error);
DESPUR_MUST_USE despur_status run_write_rules(run *r, const char *stage, const despur_rule_result *rules,
                                              despur_error *error);
/* The scores of a network in the inferred groups; network is "reference" or "train". */
DESPUR_MUST_USE despur_status run_write_cells(run *r, const char *network, const despur_stage_result *stage,
                                              despur_error *error);
DESPUR_MUST_USE despur_status run_write_inference(run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_write_embedding(run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_write_predictions(run *r, const uint32_t *predictions, const float *logits,
                                                    despur_error *error);
DESPUR_MUST_USE despur_status run_write_groups(run *r, despur_error *error);
DESPUR_MUST_USE despur_status run_write_json(const run *r, const char *name, json_t *object,
                                             despur_error *error);
/* cam_file.c: what Grad-CAM sees in the trained networks; nothing when none has a convolution. */
DESPUR_MUST_USE despur_status run_write_cam(run *r, despur_error *error);
/* Finishes the streams and writes manifest.json and timing.json. outcome is "complete", "interrupted" or
 * "failed"; message says why, or is "". */
DESPUR_MUST_USE despur_status run_close_directory(run *r, const char *outcome, const char *message,
                                                  despur_error *error);

/* Tells the observer; a printf format. */
__attribute__((format(printf, 2, 3))) void run_note(const run *r, const char *format, ...);

#endif
