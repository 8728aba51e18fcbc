/* Average against worst group, epoch after epoch: what lifting the worst group costs. */
#include "report/plot.h"

#include <math.h>
#include <stdio.h>

static size_t count(const report_run *run) {
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  return plot_count(stage, DESPUR_TEST) > 1 || plot_count(stage, DESPUR_VAL) > 1;
}

static void draw(chart *c, const report_run *run, size_t index) {
  (void)index;
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  despur_split split = plot_count(stage, DESPUR_TEST) > 1 ? DESPUR_TEST : DESPUR_VAL;
  plot_points average = plot_measured(c->m, stage, split, plot_average);
  plot_points worst = plot_measured(c->m, stage, split, plot_worst);
  chart_open(c, 260,
             split == DESPUR_TEST ? "Worst group against average, test, %"
                                  : "Worst group against average, validation, %",
             "A path with one point for each epoch.");
  c->x.low = 0, c->x.high = 100;
  c->y.low = 0, c->y.high = 100;
  ticks t = ticks_linear(0, 100, 5);
  chart_y_axis(c, &t);
  chart_x_axis(c, &t, "average accuracy");
  chart_line(c, average.y, worst.y, average.count, "thin s-after");
  for (size_t i = 0; i < average.count; i++) chart_dot(c, average.y[i], worst.y[i], 3, "f-after");
  chart_close(c);
  plot_points_release(&average);
  plot_points_release(&worst);
}

const plot plot_tradeoff = {"tradeoff", count, draw};
