/* How the number of clusters was found: the mean silhouette for every number that was tried, a line for each
 * class. */
#include "report/figures/plot.h"
#include "report/figures/plot_series.h"

#include <math.h>
#include <stdio.h>

enum { MOST_LINES = 8 };

static size_t count(const report_run *run) {
  for (size_t p = 0; p < run->inference.part_count; p++)
    if (run->inference.parts[p].search_count > 1) return 1;
  return 0;
}

static void draw_part(chart *c, const report_part *part, const char *line, const char *dot) {
  plot_points p = plot_room(c->m, part->search_count);
  for (; p.y && p.count < part->search_count; p.count++) {
    p.x[p.count] = (double)part->search[p.count].clusters;
    p.y[p.count] = part->search[p.count].silhouette;
  }
  chart_line(c, p.x, p.y, p.count, line);
  for (size_t i = 0; p.y && i < p.count; i++)
    if (part->search[i].clusters == part->clusters) chart_dot(c, p.x[i], p.y[i], 4, dot);
  plot_points_release(&p);
}

static void set_scales(chart *c, const report_inference *inference) {
  c->x.low = c->y.low = INFINITY, c->x.high = c->y.high = -INFINITY;
  for (size_t p = 0; p < inference->part_count; p++)
    for (size_t i = 0; i < inference->parts[p].search_count; i++) {
      report_silhouette point = inference->parts[p].search[i];
      if ((double)point.clusters < c->x.low) c->x.low = (double)point.clusters;
      if ((double)point.clusters > c->x.high) c->x.high = (double)point.clusters;
      if (point.silhouette < c->y.low) c->y.low = point.silhouette;
      if (point.silhouette > c->y.high) c->y.high = point.silhouette;
    }
  if (c->y.low > 0) c->y.low = 0;
  scale_round(&c->y, 5);
}

static void draw(chart *c, const report_run *run, size_t index) {
  static const char *const LINES[MOST_LINES] = {"s-k0", "s-k1", "s-k2", "s-k3",
                                                "s-k4", "s-k5", "s-k6", "s-k7"};
  static const char *const TONES[MOST_LINES] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
  (void)index;
  const report_inference *inference = &run->inference;
  chart_label labels[MOST_LINES];
  short_text names[MOST_LINES];
  size_t named = 0;
  for (size_t p = 0; p < inference->part_count && p < MOST_LINES; p++) {
    const report_part *part = &inference->parts[p];
    if (part->search_count == 0) continue;
    names[named] = text_fit(part->name, CHART_LABEL);
    labels[named] = (chart_label){
        .y = part->search[part->search_count - 1].silhouette, .text = names[named].text, .tone = TONES[p]};
    named++;
  }
  chart_open(c, 230, "Silhouette by number of clusters",
             "A line for each part that was clustered; dots mark the numbers that were taken.");
  chart_label_margin(c, labels, named);
  set_scales(c, inference);
  ticks y = ticks_linear(c->y.low, c->y.high, 5), x = ticks_whole(c->x.low, c->x.high);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "clusters");
  for (size_t p = 0; p < inference->part_count; p++)
    draw_part(c, &inference->parts[p], LINES[p % MOST_LINES], TONES[p % MOST_LINES]);
  chart_labels(c, labels, named);
  chart_close(c);
}

const plot plot_silhouette = {"silhouette", count, draw, "Dots mark the numbers that were taken."};
