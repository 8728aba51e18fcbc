/* Loss, average and worst group, epoch by epoch, with the chosen epoch marked. */
#include "base/format.h"
#include "base/memory.h"
#include "report/figures/plot.h"
#include "report/figures/plot_series.h"

#include <math.h>
#include <stdio.h>

/* What a chart shows: losses of a stage, or its accuracies on a split. */
typedef struct panel {
  const report_stage *stage;
  bool loss;
  despur_split split;
} panel;

enum { MOST_PANELS = 3 * REPORT_STAGES };

static size_t list_panels(panel out[MOST_PANELS], const report_run *run) {
  size_t count = 0;
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    const report_stage *stage = &run->stages[s];
    if (stage->epoch_count > 1) out[count++] = (panel){stage, true, DESPUR_TRAIN};
    if (plot_count(stage, DESPUR_VAL) > 1) out[count++] = (panel){stage, false, DESPUR_VAL};
    if (plot_count(stage, DESPUR_TEST) > 1) out[count++] = (panel){stage, false, DESPUR_TEST};
  }
  return count;
}

static size_t count(const report_run *run) {
  panel panels[MOST_PANELS];
  return list_panels(panels, run);
}

/* A line with its name. */
typedef struct series {
  plot_points points;
  const char *text, *tone;
} series;

static plot_points trained(markup *m, const report_stage *stage) {
  plot_points p = plot_room(m, stage->epoch_count);
  for (; p.x && p.y && p.count < stage->epoch_count; p.count++) {
    p.x[p.count] = (double)stage->epochs[p.count].epoch;
    p.y[p.count] = stage->epochs[p.count].loss;
  }
  return p;
}

static void widen(scale *s, const double *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(values[i])) continue;
    if (values[i] < s->low) s->low = values[i];
    if (values[i] > s->high) s->high = values[i];
  }
}

/* Losses that span more than a factor of thirty are shown on a logarithmic axis. */
static void loss_scale(chart *c, const series *lines, size_t n) {
  double least = INFINITY;
  c->y.low = 0;
  for (size_t i = 0; i < n; i++) {
    const plot_points *p = &lines[i].points;
    widen(&c->y, p->y, p->count);
    for (size_t k = 0; k < p->count; k++)
      if (isfinite(p->y[k]) && p->y[k] < least) least = p->y[k];
  }
  if (!(c->y.high > 0)) c->y.high = 1;
  c->y.logarithmic = least > 0 && c->y.high > 30 * least;
  if (c->y.logarithmic)
    c->y.low = least;
  else
    scale_round(&c->y, 5);
}

/* The epoch whose weights were kept, on a line of its own above the plot. */
static void mark_chosen(chart *c, const report_stage *stage) {
  char words[48];
  if (!stage->final || !stage->final->selected || stage->final->epoch == 0) return;
  double epoch = (double)stage->final->epoch;
  snprintf(words, sizeof words, "kept: epoch %zu", stage->final->epoch);
  double half = text_width(words) / 2, at = scale_at(&c->x, epoch);
  if (at < c->left + half) at = c->left + half;
  if (at > CHART_WIDTH - half) at = CHART_WIDTH - half;
  chart_vertical(c, epoch, "mark");
  chart_text(c, at, c->top - 6, "middle", "mute", words);
}

static void draw_line(chart *c, const series *line) {
  char class[24];
  snprintf(class, sizeof class, "s-%s", line->tone);
  chart_line(c, line->points.x, line->points.y, line->points.count, class);
}

static void draw_lines(chart *c, const report_stage *stage, const series *lines, size_t n) {
  chart_label labels[2];
  size_t shown = 0;
  for (size_t i = 0; i < n; i++) {
    const plot_points *p = &lines[i].points;
    if (p->count > 0)
      labels[shown++] = (chart_label){.y = p->y[p->count - 1], .text = lines[i].text, .tone = lines[i].tone};
  }
  chart_label_margin(c, labels, shown);
  c->x.low = INFINITY, c->x.high = -INFINITY;
  for (size_t i = 0; i < n; i++) widen(&c->x, lines[i].points.x, lines[i].points.count);
  ticks y = c->y.logarithmic ? ticks_logarithmic(c->y.low, c->y.high) : ticks_linear(c->y.low, c->y.high, 5);
  ticks x = ticks_whole(c->x.low, c->x.high);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "epoch");
  mark_chosen(c, stage);
  for (size_t i = 0; i < n; i++) draw_line(c, &lines[i]);
  chart_labels(c, labels, shown);
}

/* The text alternative: where every line begins and ends. */
static void describe(char *out, size_t room, const series *lines, size_t n) {
  size_t used = 0;
  out[0] = 0;
  for (size_t i = 0; i < n && used < room; i++) {
    const plot_points *p = &lines[i].points;
    if (p->count == 0) continue;
    int added =
        format_text(out + used, room - used, "%s%s: %.4g in epoch %g, %.4g in epoch %g", i ? "; " : "",
                    lines[i].text, p->y[0], p->x[0], p->y[p->count - 1], p->x[p->count - 1]);
    if (added > 0) used += (size_t)added;
  }
}

static void draw(chart *c, const report_run *run, size_t index) {
  panel panels[MOST_PANELS];
  list_panels(panels, run);
  const report_stage *stage = panels[index].stage;
  despur_split split = panels[index].split;
  series lines[2] = {{.tone = "mute"}, {.tone = stage == &run->stages[REPORT_TRAIN] ? "after" : "before"}};
  char title[128], description[256];
  const char *what = panels[index].loss    ? "loss"
                     : split == DESPUR_VAL ? "validation accuracy, %"
                                           : "test accuracy, %";
  if (panels[index].loss) {
    lines[0].text = "training", lines[0].points = trained(c->m, stage);
    lines[1].text = "validation", lines[1].points = plot_measured(c->m, stage, DESPUR_VAL, plot_loss);
  } else {
    lines[0].text = "average", lines[0].points = plot_measured(c->m, stage, split, plot_average);
    lines[1].text = report_has_attributes(run) ? "worst group" : "worst class",
    lines[1].points = plot_measured(c->m, stage, split, plot_worst);
  }
  snprintf(title, sizeof title, "%s: %s", text_fit(stage->label, 130).text, what);
  describe(description, sizeof description, lines, 2);
  chart_open(c, 230, title, description);
  if (panels[index].loss)
    loss_scale(c, lines, 2);
  else
    c->y.low = 0, c->y.high = 100;
  draw_lines(c, stage, lines, 2);
  chart_close(c);
  for (size_t i = 0; i < 2; i++) plot_points_release(&lines[i].points);
}

const plot plot_curves = {"curves", count, draw, NULL};
