/* Average against worst group, epoch after epoch: what lifting the worst group costs. */
#include "report/figures/plot.h"
#include "report/figures/plot_series.h"

#include <math.h>
#include <stdio.h>

static size_t count(const report_run *run) {
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  return plot_count(stage, DESPUR_TEST) > 1 || plot_count(stage, DESPUR_VAL) > 1;
}

/* The axis begins at a round number below the lowest value, so that epochs are apart, and ends at 100. */
static void open_scale(scale *s, const plot_points *p, const double *values) {
  s->low = s->high = 100;
  for (size_t i = 0; i < p->count; i++)
    if (isfinite(values[i]) && values[i] < s->low) s->low = values[i];
  scale_round(s, 4);
}

/* A word beside a dot, on the side where there is room. */
static void name_dot(chart *c, double x, double y, const char *word) {
  double at = scale_at(&c->x, x), room = text_width(word) + 13; /* beside the ring around it */
  bool left = at + room > CHART_WIDTH;
  chart_text(c, left ? at - 12 : at + 12, scale_at(&c->y, y) + 4, left ? "end" : "start", "halo", word);
}

static void draw(chart *c, const report_run *run, size_t index) {
  (void)index;
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  despur_split split = plot_count(stage, DESPUR_TEST) > 1 ? DESPUR_TEST : DESPUR_VAL;
  plot_points average = plot_measured(c->m, stage, split, plot_average);
  plot_points worst = plot_measured(c->m, stage, split, plot_worst);
  /* as many as both have: none where there was no memory for one of them, which ends the page */
  size_t epochs = average.count < worst.count ? average.count : worst.count, kept = epochs;
  char title[64], description[160], word[32];
  for (size_t i = 0; i < epochs; i++)
    if (stage->final && stage->final->selected && (size_t)average.x[i] == stage->final->epoch) kept = i;
  snprintf(title, sizeof title, "Worst %s against average, %s, %%", report_group_word(run),
           split == DESPUR_TEST ? "test" : "validation");
  snprintf(description, sizeof description, "A path of %zu epochs%s.", epochs,
           epochs ? "; the curves have the numbers" : "");
  chart_open(c, 260, title, description);
  open_scale(&c->x, &average, average.y);
  open_scale(&c->y, &worst, worst.y);
  ticks x = ticks_linear(c->x.low, c->x.high, 5), y = ticks_linear(c->y.low, c->y.high, 5);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "average");
  chart_line(c, average.y, worst.y, epochs, "thin s-after");
  for (size_t i = 0; i < epochs; i++) chart_dot(c, average.y[i], worst.y[i], 3, "f-after");
  if (kept < epochs) {
    chart_dot(c, average.y[kept], worst.y[kept], 7, "ring");
    snprintf(word, sizeof word, "epoch %zu", stage->final->epoch);
    name_dot(c, average.y[kept], worst.y[kept], word);
  }
  chart_close(c);
  plot_points_release(&average);
  plot_points_release(&worst);
}

const plot plot_tradeoff = {"tradeoff", count, draw, NULL};
