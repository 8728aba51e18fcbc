/* The plots of a run. Each kind draws as many charts as the run has data for; sections of the page and
 * --plots take them from here. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "report/drawing/chart.h"
#include "report/loading/load.h"

typedef struct plot {
  const char *name; /* of its files: "curves" gives curves-1.svg, curves-2.svg, ... */
  size_t (*count)(const report_run *run);
  void (*draw)(chart *c, const report_run *run, size_t index);
  const char *caption; /* under each of them; NULL: none */
} plot;

extern const plot plot_groups, plot_sizes, plot_curves, plot_weights, plot_silhouette, plot_tradeoff,
    plot_cam, plot_cam_region, plot_embedding, plot_reliability;

/* All of them but plot_cam_region, which is plot_cam with other words; NULL-terminated. */
extern const plot *const plots[];

/* One chart. */
void plot_draw(markup *m, const plot *kind, const report_run *run, size_t index, bool standalone);

/* All charts of a kind as figures, with a caption under each when the kind has one. */
void plot_figures(markup *m, const plot *kind, const report_run *run);

#endif
