/* Does the network know when it is right? Accuracy against confidence: over the usual groups and the others,
 * and group by group. */
#include "base/memory.h"
#include "report/figures/plot.h"
#include "report/figures/reliability.h"
#include "report/loading/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST = 10, NAMED = 3 }; /* examples that a bin must have to be drawn; groups with a name */

static size_t count(const report_run *run) {
  return run->measures.all.bins != NULL && report_final_stage(run) ? 2 : 0;
}

void reliability_add(reliability *sums, const despur_group_measures *group) {
  for (size_t b = 0; group->bins && b < DESPUR_RELIABILITY_BINS; b++) {
    double n = (double)group->bins[b].count;
    if (group->bins[b].count == 0) continue;
    sums->count[b] += n;
    sums->correct[b] += (double)group->bins[b].correct;
    sums->confidence[b] += n * group->bins[b].confidence;
  }
}

static size_t bin_points(const reliability *sums, double *x, double *y) {
  size_t n = 0;
  for (size_t b = 0; b < DESPUR_RELIABILITY_BINS; b++) {
    if (sums->count[b] < LEAST) continue;
    x[n] = 100 * sums->confidence[b] / sums->count[b];
    y[n++] = 100 * sums->correct[b] / sums->count[b];
  }
  return n;
}

/* Mean confidence and accuracy of a group, in per cent. */
static bool group_point(const despur_group_measures *group, double *x, double *y) {
  reliability sums = {0};
  double n = 0, confidence = 0, correct = 0;
  reliability_add(&sums, group);
  for (size_t b = 0; b < DESPUR_RELIABILITY_BINS; b++)
    n += sums.count[b], confidence += sums.confidence[b], correct += sums.correct[b];
  if (n == 0) return false;
  *x = 100 * confidence / n;
  *y = 100 * correct / n;
  return true;
}

/* The groups of predictions.csv and those of results.jsonl have the same names. */
static const report_cell *cell_of(const report_cell *cells, const despur_scores *scores, const char *name) {
  for (size_t g = 0; g < scores->groups_count; g++)
    if (strcmp(scores->groups[g].name, name) == 0) return &cells[g];
  return NULL;
}

static void axes(chart *c) {
  const double ends[2] = {c->x.low, c->x.high};
  ticks x = ticks_linear(c->x.low, c->x.high, 5), y = ticks_linear(c->y.low, c->y.high, 5);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "mean confidence");
  chart_line(c, ends, ends, 2, "mark");
}

void reliability_draw(chart *c, const char *title, const reliability_line *lines, size_t count, bool zoom) {
  double low = 90;
  double x[RELIABILITY_LINES][DESPUR_RELIABILITY_BINS], y[RELIABILITY_LINES][DESPUR_RELIABILITY_BINS];
  size_t n[RELIABILITY_LINES], named = 0;
  chart_label labels[RELIABILITY_LINES];
  chart_open(c, 280, title,
             "Bins of equal width; a network that knows when it is right lies on the dotted diagonal.");
  for (size_t i = 0; i < count; i++) {
    n[i] = bin_points(&lines[i].sums, x[i], y[i]);
    for (size_t b = 0; b < n[i]; b++) low = fmin(low, fmin(x[i][b], y[i][b]));
    if (n[i] > 0)
      labels[named++] = (chart_label){.y = y[i][n[i] - 1], .text = lines[i].name, .tone = lines[i].tone};
  }
  chart_label_margin(c, labels, named);
  c->x.low = c->y.low = zoom ? 10 * floor(low / 10) : 0;
  c->x.high = c->y.high = 100;
  axes(c);
  for (size_t i = 0; i < count; i++) chart_line(c, x[i], y[i], n[i], lines[i].line);
  for (size_t i = 0; i < count; i++)
    for (size_t b = 0; b < n[i]; b++) chart_dot(c, x[i][b], y[i][b], 2.5, lines[i].dot);
  chart_labels(c, labels, named);
  chart_close(c);
}

static void draw_pools(chart *c, const report_run *run) {
  const despur_scores *scores = &report_final_stage(run)->final->scores;
  report_cell *cells = NULL;
  reliability_line lines[2] = {{.name = "usual groups", .tone = "mute", .line = "s-mute", .dot = "f-mute"},
                               {.name = report_has_attributes(run) ? "other groups" : "all examples",
                                .tone = "after",
                                .line = "s-after",
                                .dot = "f-after"}};
  if (c->m->status == DESPUR_OK) c->m->status = report_cells(&cells, scores, c->m->error);
  if (c->m->status != DESPUR_OK) return;
  for (size_t g = 0; g < run->measures.groups_count; g++) {
    const report_cell *cell = cell_of(cells, scores, run->predicted.names[g]);
    reliability_add(&lines[cell && cell->usual ? 0 : 1].sums, &run->measures.groups[g]);
  }
  mem_free(cells);
  reliability_draw(c, "Accuracy by confidence, %", lines, 2, false);
}

/* The groups whose confidence exceeds their accuracy most. */
static size_t list_worst(size_t out[NAMED], const report_run *run) {
  double gaps[NAMED];
  size_t listed = 0;
  for (size_t g = 0; g < run->measures.groups_count; g++) {
    double x, y;
    if (!group_point(&run->measures.groups[g], &x, &y)) continue;
    size_t at = listed < NAMED ? listed++ : NAMED;
    for (; at > 0 && x - y > gaps[at - 1]; at--)
      if (at < NAMED) out[at] = out[at - 1], gaps[at] = gaps[at - 1];
    if (at < NAMED) out[at] = g, gaps[at] = x - y;
  }
  return listed;
}

static void draw_groups(chart *c, const report_run *run) {
  size_t worst[NAMED], named = list_worst(worst, run);
  short_text names[NAMED];
  chart_label labels[NAMED];
  double low = 100, x, y;
  for (size_t i = 0; i < named; i++) {
    group_point(&run->measures.groups[worst[i]], &x, &y);
    names[i] = text_fit(run->predicted.names[worst[i]], CHART_LABEL);
    labels[i] = (chart_label){.y = y, .x = x, .at_point = true, .text = names[i].text, .tone = "mute"};
  }
  for (size_t g = 0; g < run->measures.groups_count; g++)
    if (group_point(&run->measures.groups[g], &x, &y)) low = fmin(low, fmin(x, y));
  chart_open(c, 280, "Accuracy and confidence of each group, %",
             "A dot for each group; below the dotted diagonal the network is surer than it is right.");
  chart_label_margin(c, labels, named);
  c->x.low = low, c->x.high = 100;
  scale_round(&c->x, 4);
  c->y.low = c->x.low, c->y.high = c->x.high;
  axes(c);
  for (size_t g = 0; g < run->measures.groups_count; g++)
    if (group_point(&run->measures.groups[g], &x, &y)) chart_dot(c, x, y, 3.5, "f-after");
  chart_labels(c, labels, named);
  chart_close(c);
}

static void draw(chart *c, const report_run *run, size_t index) {
  if (index == 0)
    draw_pools(c, run);
  else
    draw_groups(c, run);
}

const plot plot_reliability = {"reliability", count, draw, NULL};
