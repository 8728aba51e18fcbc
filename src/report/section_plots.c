/* Sections that are charts with a few words. */
#include "report/page.h"
#include "report/plot.h"

static void section(markup *m, const report_run *run, const char *heading, const char *note,
                    const plot *kind) {
  if (kind->count(run) == 0) return;
  section_open(m, heading);
  markup_print(m, "<p class=\"note\">%s</p>\n<div class=\"grid3\">\n", note);
  plot_figures(m, kind, run);
  markup_raw(m, "</div>\n");
  section_close(m);
}

void section_sizes(markup *m, const report_run *run) {
  section(m, run, "Small groups suffer most",
          "Rings: before; dots: after. Groups of about the same size are set side by side.", &plot_sizes);
}

void section_curves(markup *m, const report_run *run) {
  section(m, run, "Epoch by epoch", "The average hides what the worst group shows.", &plot_curves);
}

void section_tradeoff(markup *m, const report_run *run) {
  section(m, run, "What the average pays", "Each dot is an epoch.", &plot_tradeoff);
}
