/* What runs print: news and progress on stderr while they go on, tables or JSON on stdout at the end. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli.h"
#include "emit.h"

#include "despur/report.h"
#include "despur/run.h"

/* How the run in a directory ended. Says before anything else that it did not end well, if so: on stdout, or
 * on stderr where stdout is for JSON. */
DESPUR_MUST_USE despur_status report_warn_outcome(despur_run_end *out, const char *directory, bool json,
                                                  despur_error *error);

/* "outcome" and, of a run that did not end well, why; null when it has not ended. */
void report_emit_outcome(emit *j, const despur_run_end *end);

/* The state of the progress line; lives as long as the observer. */
typedef struct report {
  bool quiet, terminal; /* terminal: stderr is one, so the line is drawn over and over */
  bool drawn;           /* a progress line stands on the terminal */
  double epoch_started, last_drawn;
  size_t epoch;
  const char *stage;
} report;

/* Progress and news on stderr, and stopping at Ctrl-C (SIGINT) and SIGTERM. */
despur_observer report_observer(report *r, bool quiet);

/* The progress line, if any, gives way to what comes next. */
void report_clear(report *r);

void report_print_run(const despur_run_result *result);
DESPUR_MUST_USE despur_status report_print_run_json(const despur_run_result *result, despur_error *error);

/* What validation said of the epoch that was chosen on it, and what that is worth; nothing when none was.
 * tested: whether the numbers beside it are those of a test split; classes: whether groups are classes. */
void report_print_choice(const despur_rule_result *rule, bool tested, bool classes);

/* "DEGENERATE predictions OF: ..." when they are; of: such as " of ERM", or "". */
void report_print_degenerate(const despur_degenerate *degenerate, const char *of);

/* {"kind", "sentence"}, or null when they are not. */
void report_emit_degenerate(emit *j, const char *name, const despur_degenerate *degenerate);

/* The order in which groups are listed: as they are, and more than ten by their accuracy, worst first; NaN
 * last. Free it; NULL when there is no memory. */
size_t *report_worst_first(const double *accuracies, size_t count);

/* What is told of one network or table. NULL: unknown, or there is none. */
typedef struct report_measured {
  const despur_model *model;
  const char *label;
  const despur_rule_result *choice; /* as for report_print_choice */
  const despur_run_end *end;        /* of the run that left the network */
  bool by_group;                    /* calibration by group as well where groups have one label each */
} report_measured;

void report_print_predicted(const report_measured *of);

/* An object for one; for several an object with a list of them, "models". */
DESPUR_MUST_USE despur_status report_print_predicted_json(const report_measured *of, size_t count,
                                                          despur_error *error);

#endif
