/* Several runs side by side: their methods, repeated with several seeds, on one data set or more. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "base/text.h"
#include "eval/statistics/repeats.h"
#include "report/drawing/chart.h"
#include "report/loading/load.h"

enum { COMPARE_NAME = 256 };

typedef struct compare_run {
  report_run run;
  const char *directory;
  char left_out[640]; /* why it does not count, or "" */
  size_t method, data;
} compare_run;

/* What is compared, each measured on the kept weights of the last stage: accuracies on test; the worst group
 * on validation, where their epoch was chosen, and that less what choosing adds. */
enum {
  COMPARE_WORST,
  COMPARE_AVERAGE,
  COMPARE_WEIGHTED,
  COMPARE_BALANCED,
  COMPARE_CHOSEN,
  COMPARE_CORRECTED,
  COMPARE_MEASURES
};

typedef struct comparison {
  text_list directories;
  compare_run *runs; /* [directories.count] */
  double *values;    /* [directories.count], scratch of compare_repeats */
  size_t method_count, data_count;
  char (*methods)[COMPARE_NAME]; /* in the order in which they are first met */
  char (*data)[COMPARE_NAME];
} comparison;

/* Runs in directories, or below them. Those that did not end well, or that repeat another byte for byte, are
 * listed and do not count. DESPUR_BAD_INPUT when there is none in one of them, or none counts. Release with
 * compare_release, also after an error. */
DESPUR_MUST_USE despur_status compare_load(comparison *out, const char *const *directories, size_t count,
                                           despur_error *error);
void compare_release(comparison *c);

/* A measure of a run, in per cent; NaN where the run does not say. */
double compare_value(const compare_run *run, int measure);

/* Whether the run counts, for that method on that data set. */
bool compare_counts(const comparison *c, size_t run, size_t data, size_t method);

/* A measure over the runs of a method on a data set. */
repeats compare_repeats(const comparison *c, size_t data, size_t method, int measure);

/* The method with the largest mean worst group on a data set; *surely: every other one differs from it by
 * more than chance explains. */
size_t compare_best(const comparison *c, size_t data, bool *surely);

/* What the runs say, in one sentence. */
DESPUR_MUST_USE despur_status compare_verdict(text *out, const comparison *c, despur_error *error);

/* The charts of a data set: every run by its worst group, and worst group against average with the front. */
void compare_draw_runs(chart *c, const comparison *all, size_t data);
void compare_draw_front(chart *c, const comparison *all, size_t data);

void page_comparison(markup *m, const comparison *c, const char *sentence);

#endif
