/* Reports: what the files of a run directory say, as a page to read.
 *
 * A page is one HTML file with everything in it: no scripts, nothing from the network. It is made from the
 * files of the directory alone, so equal runs have equal pages, and one made later equals the one that
 * despur_run left. */
#ifndef DESPUR_REPORT_H
#define DESPUR_REPORT_H

#include "despur/audit.h"
#include "despur/measures.h"
#include "despur/rates.h"

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

/* Writes the page of an audit. command: how to get it again, as a person would type it. */
DESPUR_API DESPUR_MUST_USE despur_status despur_report_audit(const despur_audit *audit, const char *command,
                                                             const char *path, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
