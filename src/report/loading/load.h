/* What a run directory says, read once. Every section of a page and every plot looks here and nowhere else,
 * so a page made at the end of a run and one made later are the same bytes.
 *
 * Files that a run did not leave give empty lists; keys that a line does not have give NaN, 0 or "". */
#ifndef REPORT_LOAD_H
#define REPORT_LOAD_H

#include "base/text.h"
#include "despur/config.h"
#include "despur/measures.h"
#include "record/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPORT_RESULTS_MOST = 256 << 20 }; /* bytes of results.jsonl */

/* One measurement: a line of results.jsonl with groups. */
typedef struct report_eval {
  size_t epoch;
  despur_split split;
  bool selected; /* of the weights that were kept, at the end of a stage */
  despur_scores scores;
} report_eval;

/* One epoch of training. */
typedef struct report_epoch {
  size_t epoch;
  double loss;
  double *weights; /* [weight_count of the stage], GroupDRO's q; NULL when there is none */
} report_epoch;

typedef struct report_stage {
  char label[DESPUR_GROUP_NAME]; /* "ERM", "GroupDRO", ... */
  report_epoch *epochs;
  size_t epoch_count;
  report_eval *evals;
  size_t eval_count;
  const report_eval *final; /* of the kept weights on the evaluation split; of a stage that did not end its
                               last measurement; NULL when there is none */
  despur_scores inferred;   /* by inferred group, where the data have no attributes; else no groups */
  despur_split inferred_split;
  size_t weight_count;
  char (*weight_names)[DESPUR_GROUP_NAME];
} report_stage;

/* By despur_network: REPORT_REFERENCE and so on. */
#define REPORT_ENTRY(NAME, name) REPORT_##NAME,
enum { DESPUR_NETWORKS(REPORT_ENTRY) REPORT_STAGES };
#undef REPORT_ENTRY

/* What a rule of model selection would have given. */
typedef struct report_rule {
  char name[DESPUR_GROUP_NAME];
  size_t epoch;
  double worst_group_accuracy, regret;       /* on test */
  double val_worst_group_accuracy, optimism; /* on validation; how much too high that is for the choice */
} report_rule;

/* The last layer that was fitted again. */
typedef struct report_repair {
  bool present;
  char method[DESPUR_GROUP_NAME];
  char parameters[DESPUR_GROUP_NAME]; /* "c = 0.1" */
  size_t fitted_on, candidates;
  bool cross_validated;
  double val_worst_group_accuracy, optimism; /* as in report_rule */
  double gap; /* relative, to the optimum, where the solver did not get there; else NaN */
} report_repair;

typedef struct report_silhouette {
  size_t clusters;
  double silhouette;
} report_silhouette;

/* Clusters of one class, or of all ("all"). */
typedef struct report_part {
  char name[DESPUR_GROUP_NAME];
  size_t clusters;
  double silhouette;
  report_silhouette *search; /* every number of clusters that was tried */
  size_t search_count;
} report_part;

typedef struct report_inference {
  bool present;
  double adjusted_rand, minority_precision, minority_recall;
  report_part *parts;
  size_t part_count;
  size_t inferred, truth; /* numbers of groups */
  char (*inferred_names)[DESPUR_GROUP_NAME], (*true_names)[DESPUR_GROUP_NAME];
  uint32_t *inferred_labels;               /* [inferred] DESPUR_NO_CODE: of several classes */
  uint32_t *true_labels, *true_attributes; /* [truth] DESPUR_NO_CODE: none */
  size_t *contingency;                     /* [inferred, truth] */
} report_inference;

/* How much of the energy of a group's maps lies beside the digit, under one network. */
typedef struct report_share {
  double mean, low, high; /* 95 % interval; NaN when nothing is known */
  size_t count, empty;    /* maps, and those among them that are zero */
} report_share;

enum {
  REPORT_CAM_EXAMPLES = 4,
  REPORT_GRID = 4
}; /* pictures of a group; covered regions on a side, at most */

typedef struct report_cam_group {
  char name[DESPUR_GROUP_NAME];
  bool minority;
  size_t examples[REPORT_CAM_EXAMPLES];
  long predictions[REPORT_CAM_EXAMPLES][REPORT_STAGES];
  size_t example_count;
  report_share background[REPORT_STAGES];
  double covered[REPORT_STAGES][REPORT_GRID][REPORT_GRID]; /* what covering a region costs; NaN: not known */
  bool is_jpeg;                                            /* else PNG */
  char
      *picture; /* in base64: a row for each example, in it the image and the map of each stage; NULL: none */
  size_t width, height;
} report_cam_group;

/* Grad-CAM. */
typedef struct report_cam {
  char layer[DESPUR_GROUP_NAME];
  bool scored, partly;    /* partly: the spurious colour covers only a part of the background */
  bool region;            /* what is called background here is a region that somebody has named */
  double background_area; /* mean over all measured examples; what a map without preference has */
  size_t stage_count;
  char stages[REPORT_STAGES][DESPUR_GROUP_NAME];
  report_cam_group *groups;
  size_t group_count;
} report_cam;

/* One clustered example in two dimensions. */
typedef struct report_point {
  double x, y;
  uint32_t example, label, attribute;
  bool known;      /* label and attribute were found */
  size_t inferred; /* index into report_inference.inferred_names, or that list's length */
} report_point;

typedef struct report_run {
  char *directory; /* as it was given; never on a run's own page, which must not depend on where it lies */
  char *config;    /* config.yaml as it is */
  text_pairs keys; /* its values by dotted key */
  record_manifest manifest; /* without manifest.json of empty texts and lists */
  report_stage stages[REPORT_STAGES];
  report_rule *rules;
  size_t rule_count;
  report_inference inference;
  report_repair repair;
  /* what report_load_details adds */
  report_cam cam;
  report_point *points; /* ascending by example */
  size_t point_count;
  despur_predicted predicted; /* of the final network on the evaluation split; count 0: nothing */
  despur_measures measures;   /* of these, group by group */
} report_run;

/* Configuration, results and manifest. manifest: what manifest.json says; NULL: it is read. DESPUR_BAD_INPUT
 * names the file and line that cannot be read. Release with report_run_release, also after an error. */
DESPUR_MUST_USE despur_status report_load(report_run *out, const char *directory, const char *manifest,
                                          despur_error *error);

/* Keeps runs from beginning in a directory while a page of it is made: they wait until *hold is closed (it is
 * -1 after an error). DESPUR_BAD_USAGE where a run is at work in it, whose files do not go together yet and
 * whose page is its own to make. */
DESPUR_MUST_USE despur_status report_hold(int *hold, const char *directory, despur_error *error);

/* What only the page of a single run shows: Grad-CAM, the clustered examples, predictions. */
DESPUR_MUST_USE despur_status report_load_details(report_run *run, despur_error *error);

void report_run_release(report_run *run);

/* Whether a directory is a run's: config.yaml is the first file of a run, and stays when it fails. */
DESPUR_MUST_USE despur_status report_is_run(bool *found, const char *directory, despur_error *error);

/* Adds the directory when it is a run's, else the runs below it, in the order of their names.
 * DESPUR_BAD_INPUT when there is none. */
DESPUR_MUST_USE despur_status report_find_runs(text_list *out, const char *directory, despur_error *error);

/* The value of a key of the configuration such as "train.method", or "". */
const char *report_setting(const report_run *run, const char *key);

/* The rule that chose the epoch of the final network, "last" included; NULL when results.jsonl does not say.
 */
const report_rule *report_used_rule(const report_run *run);

/* The first and the last stage that was measured; NULL when none was. */
const report_stage *report_first_stage(const report_run *run);
const report_stage *report_last_stage(const report_run *run);

/* The last one unless it is the reference network: what the run was for. */
const report_stage *report_final_stage(const report_run *run);

/* Whether the data have attributes: whether a group that was measured says one. */
bool report_has_attributes(const report_run *run);

/* "group"; without attributes "class", because these are the groups then. */
const char *report_group_word(const report_run *run);

/* Parts of the loader, one for each file. */
DESPUR_MUST_USE despur_status report_load_results(report_run *out, const char *path, despur_error *error);
DESPUR_MUST_USE despur_status report_load_cam(report_run *out, const char *path, despur_error *error);
DESPUR_MUST_USE despur_status report_load_points(report_run *out, const char *embedding, const char *groups,
                                                 despur_error *error);
DESPUR_MUST_USE despur_status report_load_config(report_run *out, const char *path, despur_error *error);

#endif
