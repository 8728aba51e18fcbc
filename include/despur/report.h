/* Reports: what the files of a run directory say, as a page to read.
 *
 * A page is one HTML file with everything in it: no scripts, nothing from the network. It is made from the
 * files of the directory alone, so equal runs have equal pages, and one made later equals the one that
 * despur_run left. */
#ifndef DESPUR_REPORT_H
#define DESPUR_REPORT_H

#include "despur/audit.h"
#include "despur/compare.h"
#include "despur/measures.h"
#include "despur/model.h"
#include "despur/picture.h"
#include "despur/rates.h"
#include "despur/repair.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_report_options {
  const char *page;  /* the file to write; NULL: none */
  const char *plots; /* directory for every plot as an SVG file, created when it is missing; NULL: none */
  /* What manifest.json is going to say, for who has the directory locked and writes it; NULL: it is read. */
  const char *manifest;
} despur_report_options;

/* Makes the page of a run, or, when there are several directories or one that is no run itself, a page that
 * compares all runs in them, however deep: methods side by side, mean and spread over seeds, and what lifting
 * the worst group costs the average. *verdict, unless verdict is NULL, gets the first sentence: what the
 * network uses and how that is known, or which method is best. The caller frees it with free().
 * DESPUR_BAD_INPUT names the file and line that cannot be read, DESPUR_BAD_USAGE a run that a process is
 * still at work in. In a comparison, runs that cannot be read or did not end well are listed with the reason.
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_report(const char *const *directories, size_t count,
                                                       const despur_report_options *options, char **verdict,
                                                       despur_error *error);

/* What is measured of a network or a model; what is not known is NULL. */
typedef struct despur_measured {
  const char *label;
  const despur_scores *scores;
  const despur_predicted *predicted;
  const despur_measures *measures; /* goes with predicted, like those that follow */
  const despur_scores *alone;      /* [predicted.alone_count] by the groups of one column each */
  const despur_rates *rates;       /* [predicted.alone_count + 1] by these, and last by all of them */
  bool by_group;                   /* calibration within groups of one label, too */
} despur_measured;

/* All of it as one JSON object on one line, as `despur eval --json` prints it: names, scores, and confusion
 * and calibration of every part. DESPUR_BAD_INPUT without scores. The caller frees *json with free().
 * Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_measured_json(char **json, const despur_measured *of,
                                                              despur_error *error);

/* A model as its predictions show it. Texts of the first three members are the caller's and outlive it. */
typedef struct despur_model {
  const char *label;      /* what it is called */
  const char *path;       /* the table that it was read from; NULL: none */
  despur_columns columns; /* which of its columns were asked for */
  despur_predicted predicted;
  despur_scores scores;
  despur_measures measures;
  despur_scores *alone; /* as in despur_measured */
  despur_rates *rates;
} despur_model;

/* Measures predictions that are there, with intervals at 95 % confidence; the model owns them from then on.
 * Release with despur_model_release, not after an error, which releases the predictions, too. */
DESPUR_API DESPUR_MUST_USE despur_status despur_model_measure(despur_model *model, despur_error *error);

/* Reads the predictions of a model (despur_predicted_read) and measures them. columns: NULL: all are guessed.
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_model_read(despur_model *out, const char *label,
                                                           const char *path, const despur_columns *columns,
                                                           despur_error *error);

DESPUR_API void despur_model_release(despur_model *model);

/* What despur_measured_json takes; it borrows from the model. */
DESPUR_API despur_measured despur_model_measured(const despur_model *model, bool by_group);

typedef struct despur_models_options {
  const char *page;          /* the file to write; NULL: none */
  const char *directory;     /* gets report.html, results.json (the verdict and, of each model, what
                                despur_measured_json says), columns.json (which columns were asked for, and what
                                was read as what) and manifest.json; created when it is missing. NULL: none */
  bool force;                /* the directory may hold other files; those of these four names are replaced */
  bool calibration_by_group; /* in results.json, also within groups of one label */
} despur_models_options;

/* Makes the page of a model, or one that sets several side by side. *verdict as for despur_report.
 * DESPUR_BAD_USAGE when the directory is a run's, or holds what is not a page of models and force is not set.
 * Nothing in the page tells where a table lies, so equal tables have equal pages. */
DESPUR_API DESPUR_MUST_USE despur_status despur_report_models(const despur_model *models, size_t count,
                                                              const despur_models_options *options,
                                                              char **verdict, despur_error *error);

/* *svg = the accuracy of every group with its interval, the lowest first, as an SVG file of its own. The
 * caller frees it with free(). DESPUR_BAD_INPUT without scores. Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_plot_groups(char **svg, const despur_model *model,
                                                            despur_error *error);

/* A repair, and how test examples are measured. Everything is borrowed. */
typedef struct despur_repair_view {
  const despur_repair_data *data;
  const despur_repair_result *result;
  despur_repair_rule rule;
  double position;                /* of the dial: 1 is the best head */
  const char *const *class_names; /* [classes] */
  const char *const *ids;         /* [rows] texts that tell examples apart, or NULL: their numbers */
  const char *const *fit_names;   /* [result->groups_count] groups that it was fitted and chosen by */
  const uint32_t *groups;         /* [rows] groups that it is measured by, or DESPUR_NO_GROUP */
  const uint32_t *attributes;     /* [rows] what tells groups of a label apart, or NULL */
  const char *const *group_names; /* [groups_count] */
  size_t groups_count;
  const uint32_t
      *units; /* [rows] below units_count: what was drawn at random; NULL: the examples themselves */
  size_t units_count;
  const char *unit;     /* what makes them: "patient" */
  const char *weight;   /* what says the weights of the data */
  const char *features; /* where these are from, as it was said: FILE or FILE:NAME; NULL: from memory */
  bool groups_given; /* groups are those that it was fitted by, and nobody has checked them: inferred ones */
} despur_repair_view;

/* What a repair came to on the test examples. Before and after are models of it (despur_model_measure). */
typedef struct despur_repair_outcome {
  despur_model models[2]; /* before, after */
  despur_comparison comparison;
  despur_scores *methods; /* [methods_count] as in the result; of methods that were skipped empty */
  size_t methods_count;
  float *weight, *bias; /* of the head that is handed back: [classes, columns], [classes] */
  size_t changed;       /* test examples that are predicted otherwise */
  char *verdict;        /* a sentence: what the intervals allow to say */
  char *caution;        /* what they cannot say, since groups were given; NULL: nothing */
} despur_repair_outcome;

/* Looks at the test examples, once. DESPUR_BAD_INPUT when there are none. Release with
 * despur_repair_outcome_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_repair_measure(despur_repair_outcome *out,
                                                               const despur_repair_view *view,
                                                               despur_error *error);

DESPUR_API void despur_repair_outcome_release(despur_repair_outcome *outcome);

/* A file that a repair was made from. */
typedef struct despur_repair_input {
  const char *name; /* what it is: "features" */
  const char *path; /* FILE, or FILE:NAME */
} despur_repair_input;

typedef struct despur_repair_directory {
  const char *path;
  bool force;         /* it may hold other files; those of a repair are replaced */
  const char *config; /* what config.yaml says: text */
  const despur_repair_input *inputs;
  size_t inputs_count;
  const despur_head *head; /* whose names and type head.safetensors has; NULL: weight and bias, float32 */
  const char *patch;       /* FILE or FILE:NAME, a model of which a copy gets the new head; NULL: none */
} despur_repair_directory;

/* What the logits of all examples are when they are computed once more from a file that was written. */
typedef struct despur_repair_check {
  double difference; /* largest, of a logit; 0 unless the file's type rounds numbers */
  size_t otherwise;  /* examples whose class is another one */
  char patched[32];  /* name of the patched model in the directory, "" without */
} despur_repair_check;

/* What results.json says, as one JSON object on one line. DESPUR_BAD_INPUT where nothing has been measured.
 * The caller frees *json with free(). Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_repair_json(char **json, const despur_repair_outcome *outcome,
                                                            const despur_repair_view *view,
                                                            despur_error *error);

/* Writes report.html, results.json, head.safetensors and head.npz (weight and bias), changes.csv (test
 * examples that are predicted otherwise), config.yaml and manifest.json, and the patched model:
 * model.safetensors, model.pth, model.pt or model.onnx. DESPUR_BAD_USAGE when the directory holds something
 * else and force is not set. */
DESPUR_API DESPUR_MUST_USE despur_status despur_report_repair(const despur_repair_outcome *outcome,
                                                              const despur_repair_view *view,
                                                              const despur_repair_directory *directory,
                                                              despur_repair_check *check,
                                                              despur_error *error);

/* Writes the page of an audit. command: how to get it again, as a person would type it. thumbnails: of the
 * examples that despur_audit_sampled names, in their order, and behind them of what despur_audit_shown names;
 * NULL, or an empty one: no picture. */
DESPUR_API DESPUR_MUST_USE despur_status despur_report_audit(const despur_audit *audit, const char *command,
                                                             const despur_thumbnail *thumbnails,
                                                             const char *path, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
