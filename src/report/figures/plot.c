#include "report/figures/plot.h"

const plot *const plots[] = {
    &plot_groups,     &plot_sizes,    &plot_curves,      &plot_weights, &plot_embedding,
    &plot_silhouette, &plot_tradeoff, &plot_reliability, &plot_cam,     NULL};

void plot_draw(markup *m, const plot *kind, const report_run *run, size_t index, bool standalone) {
  chart c = {.m = m, .standalone = standalone};
  kind->draw(&c, run, index);
}

void plot_figures(markup *m, const plot *kind, const report_run *run) {
  for (size_t i = 0; i < kind->count(run); i++) {
    markup_raw(m, "<figure>\n");
    plot_draw(m, kind, run, i, false);
    if (kind->caption) markup_print(m, "<figcaption>%s</figcaption>\n", kind->caption);
    markup_raw(m, "</figure>\n");
  }
}
