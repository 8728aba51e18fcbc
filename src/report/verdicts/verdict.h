/* The verdict: what the numbers of a run say about the shortcut, and how they say it. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "base/text.h"
#include "despur/report.h"
#include "despur/stats.h"
#include "report/loading/cells.h"
#include "report/loading/load.h"

typedef enum verdict_level {
  VERDICT_NO_ATTRIBUTE, /* no class has two groups with examples: nothing to compare */
  VERDICT_LITTLE,       /* hardly better than guessing, even on the usual groups */
  VERDICT_OPEN,         /* too few examples to say */
  VERDICT_NO_USE,       /* every group is within 5 points of the usual group of its class, or better */
  VERDICT_REVERSED,     /* none is behind, and some group is surely more than 5 points better */
  VERDICT_USES,         /* some group is surely behind the usual group of its class */
  VERDICT_ONLY          /* the answer is the attribute's class, whatever the picture shows */
} verdict_level;

/* What one network's group accuracies say. */
typedef struct verdict_finding {
  verdict_level level;
  size_t comparisons;                /* groups compared with the usual group of their class */
  double usual_correct, usual_count; /* over the usual groups of all classes, or their weights */
  size_t gap_group, gap_peer;        /* the group surely farthest behind, and its class's usual one */
  size_t low_usual;      /* the worst of the usual groups; the number of groups if there is none */
  size_t behind, unseen; /* groups surely behind; groups without examples */
  size_t ahead_group;    /* surely more than 5 points better, most of all; else the number of groups */
  size_t ahead_peer;     /* the usual one of its class */
  despur_interval gap;   /* of their difference, with 95 % confidence for all comparisons together */
} verdict_finding;

/* All groups against the usual one of their class, as the cells say. */
void verdict_find_cells(verdict_finding *out, const despur_scores *scores, const report_cell *cells);

DESPUR_MUST_USE despur_status verdict_find(verdict_finding *out, const despur_scores *scores,
                                           despur_error *error);

/* The same of inferred groups, of which the largest of a class is the usual one. */
DESPUR_MUST_USE despur_status verdict_find_inferred(verdict_finding *out, const despur_scores *scores,
                                                    despur_error *error);

/* Whether a group is surely behind; cells: of report_cells or report_cells_inferred. */
bool verdict_is_behind(const despur_scores *scores, const report_cell *cells, size_t g);

/* One sentence, and a few that say how it is known. Free both with mem_free(text.data). */
typedef struct verdict {
  text sentence, reason;
} verdict;

DESPUR_MUST_USE despur_status verdict_write(verdict *out, const report_run *run, despur_error *error);
void verdict_release(verdict *v);

/* verdict_inferred.c: the same where the data have no attributes. */
DESPUR_MUST_USE despur_status verdict_write_inferred(verdict *out, const report_run *run,
                                                     despur_error *error);

/* verdict_words.c */

/* "0.0 % right in its worst group (y=0,a=1)", the words before the bracket being what; of few pictures also
 * how many they are. */
DESPUR_MUST_USE despur_status verdict_write_worst(text *out, const despur_scores *s, const char *what,
                                                  despur_error *error);

/* Whether a class is behind already in its usual group: no comparison within a class shows that. */
bool verdict_class_is_behind(const despur_scores *s, const verdict_finding *found);

/* Says that a class is behind already in its usual group, if one is: no comparison within a class shows that.
 * usual: what such a group is called. */
DESPUR_MUST_USE despur_status verdict_write_class(text *out, const despur_scores *s,
                                                  const verdict_finding *found, const char *usual,
                                                  despur_error *error);

/* "Measured on 2,000 test pictures.", with the epoch of a network that was not finished. */
DESPUR_MUST_USE despur_status verdict_write_measured(text *out, const despur_scores *measured,
                                                     const report_eval *final, despur_split split,
                                                     despur_error *error);

/* Of a model whose predictions lie in a table; cells: of report_cells_predicted. */
DESPUR_MUST_USE despur_status verdict_write_model(verdict *out, const despur_model *model,
                                                  const report_cell *cells, despur_error *error);

#endif
