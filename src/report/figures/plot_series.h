/* Numbers of a run as the points of a line. */
#ifndef REPORT_PLOT_SERIES_H
#define REPORT_PLOT_SERIES_H

#include "report/drawing/markup.h"
#include "report/loading/load.h"

/* Points of a line; {0} has none. */
typedef struct plot_points {
  double *x, *y;
  size_t count;
} plot_points;

/* Room for that many; on failure the markup says why and x or y is NULL. */
plot_points plot_room(markup *m, size_t room);
void plot_points_release(plot_points *p);

/* A measure after each epoch, over epochs. The measurement of the kept weights repeats one of them and is
 * left out. */
size_t plot_count(const report_stage *stage, despur_split split);
plot_points plot_measured(markup *m, const report_stage *stage, despur_split split,
                          double (*measure)(const despur_scores *));
double plot_loss(const despur_scores *s);
double plot_average(const despur_scores *s); /* per cent */
double plot_worst(const despur_scores *s);

#endif
