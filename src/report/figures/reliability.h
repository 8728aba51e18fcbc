/* Accuracy against confidence: lines over bins of confidence. */
#ifndef REPORT_RELIABILITY_H
#define REPORT_RELIABILITY_H

#include "despur/measures.h"
#include "report/drawing/chart.h"

/* Sums over the bins of one part or several. */
typedef struct reliability {
  double correct[DESPUR_RELIABILITY_BINS], confidence[DESPUR_RELIABILITY_BINS],
      count[DESPUR_RELIABILITY_BINS];
} reliability;

void reliability_add(reliability *sums, const despur_group_measures *part);

typedef struct reliability_line {
  const char *name;              /* at its right end */
  const char *tone, *line, *dot; /* "after", and the classes of line and dots: "s-after", "f-after" */
  reliability sums;
} reliability_line;

enum { RELIABILITY_LINES = 6 };

/* At most that many lines, one over the other; bins with few examples are left out. The axes begin at 0, or,
 * with zoom, below the lowest point. */
void reliability_draw(chart *c, const char *title, const reliability_line *lines, size_t count, bool zoom);

#endif
