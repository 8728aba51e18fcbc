/* The verdict: what the numbers of a run say about the shortcut, and how they say it. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "base/text.h"
#include "despur/stats.h"
#include "report/load.h"

typedef enum verdict_level {
  VERDICT_NO_ATTRIBUTE, /* no class has two groups with examples: nothing to compare */
  VERDICT_LITTLE,       /* hardly better than guessing, even on the usual groups */
  VERDICT_OPEN,         /* too few examples to say */
  VERDICT_NO_USE,       /* every group is within 5 points of the usual group of its class */
  VERDICT_USES,         /* some group is surely behind the usual group of its class */
  VERDICT_ONLY          /* the answer is the attribute's class, whatever the picture shows */
} verdict_level;

/* What one network's group accuracies say. */
typedef struct verdict_finding {
  verdict_level level;
  size_t comparisons;                /* groups compared with the usual group of their class */
  size_t usual_correct, usual_count; /* over the usual groups of all classes */
  size_t gap_group, gap_peer;        /* the group surely farthest behind, and its class's usual one */
  despur_interval gap; /* of their difference, with 95 % confidence for all comparisons together */
} verdict_finding;

DESPUR_MUST_USE despur_status verdict_find(verdict_finding *out, const despur_scores *scores,
                                           despur_error *error);

/* One sentence, and a few that say how it is known. Free both with mem_free(text.data). */
typedef struct verdict {
  text sentence, reason;
} verdict;

DESPUR_MUST_USE despur_status verdict_write(verdict *out, const report_run *run, despur_error *error);
void verdict_release(verdict *v);

#endif
