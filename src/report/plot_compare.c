/* Charts of several runs. */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>

enum { TONES = 8 };
static const char *const FILLS[TONES] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};

/* From a round number below the lowest value to 100. */
static void open_scale(scale *s, const comparison *all, size_t data, int measure) {
  s->low = s->high = 100;
  for (size_t i = 0; i < all->directories.count; i++) {
    if (*all->runs[i].left_out || all->runs[i].data != data) continue;
    double value = compare_value(&all->runs[i], measure);
    if (isfinite(value) && value < s->low) s->low = value;
  }
  scale_round(s, 5);
}

void compare_draw_runs(chart *c, const comparison *all, size_t data) {
  enum { ROW = 38 };
  size_t rows = 0, row = 0;
  for (size_t m = 0; m < all->method_count; m++)
    rows += compare_repeats(all, data, m, COMPARE_WORST).count > 0;
  chart_open(c, 30 + ROW * (double)rows + 44, "Worst group, every run, %",
             "For each method a dot for each run and a line at their mean; the table has the numbers.");
  c->left = c->x.from = 8;
  open_scale(&c->x, all, data, COMPARE_WORST);
  c->y = (scale){.low = 0, .high = (double)rows, .from = c->top - 8, .to = c->bottom};
  ticks t = ticks_linear(c->x.low, c->x.high, 5);
  for (size_t i = 0; i < t.count; i++) chart_vertical(c, t.values[i], "grid");
  chart_x_axis(c, &t, "");
  for (size_t m = 0; m < all->method_count; m++) {
    repeats r = compare_repeats(all, data, m, COMPARE_WORST);
    if (r.count == 0) continue;
    double y = (double)row++ + 0.72;
    const double x[2] = {r.mean, r.mean}, ends[2] = {y - 0.2, y + 0.2};
    chart_text(c, 8, scale_at(&c->y, y - 0.34), "start", "halo", text_fit(all->methods[m], 330).text);
    for (size_t i = 0; i < all->directories.count; i++)
      if (compare_counts(all, i, data, m))
        chart_dot(c, compare_value(&all->runs[i], COMPARE_WORST), y, 4, FILLS[m % TONES]);
    chart_line(c, x, ends, 2, "line s-ink");
  }
  chart_close(c);
}

/* Whether no other method is at least as good in both, and better in one. */
static bool on_front(const comparison *all, size_t data, size_t method) {
  double x = compare_repeats(all, data, method, COMPARE_AVERAGE).mean;
  double y = compare_repeats(all, data, method, COMPARE_WORST).mean;
  for (size_t m = 0; m < all->method_count; m++) {
    double other_x = compare_repeats(all, data, m, COMPARE_AVERAGE).mean;
    double other_y = compare_repeats(all, data, m, COMPARE_WORST).mean;
    if (m != method && other_x >= x && other_y >= y && (other_x > x || other_y > y)) return false;
  }
  return true;
}

/* The means that no other beats in both, from left to right. */
static void draw_front(chart *c, const comparison *all, size_t data) {
  double last = -INFINITY, before[2] = {(double)NAN, (double)NAN};
  for (;;) {
    size_t next = all->method_count;
    double least = INFINITY;
    for (size_t m = 0; m < all->method_count; m++) {
      repeats r = compare_repeats(all, data, m, COMPARE_AVERAGE);
      if (r.count > 0 && r.mean > last && r.mean < least && on_front(all, data, m)) next = m, least = r.mean;
    }
    if (next == all->method_count) return;
    double here[2] = {least, compare_repeats(all, data, next, COMPARE_WORST).mean};
    const double x[2] = {before[0], here[0]}, y[2] = {before[1], here[1]};
    if (!isnan(before[0])) chart_line(c, x, y, 2, "mark");
    before[0] = here[0], before[1] = here[1];
    last = least;
  }
}

void compare_draw_front(chart *c, const comparison *all, size_t data) {
  chart_label labels[MOST_LABELS];
  short_text names[MOST_LABELS];
  size_t named = 0;
  chart_open(c, 280, "Worst group against average, %",
             "A small dot for each run, a large one for the mean of each method; a dotted line joins the "
             "means that no other method beats in both.");
  for (size_t m = 0; m < all->method_count && named < MOST_LABELS; m++) {
    repeats x = compare_repeats(all, data, m, COMPARE_AVERAGE),
            y = compare_repeats(all, data, m, COMPARE_WORST);
    if (x.count == 0) continue;
    names[named] = text_fit(all->methods[m], CHART_LABEL);
    labels[named] = (chart_label){
        .y = y.mean, .x = x.mean, .at_point = true, .text = names[named].text, .tone = FILLS[m % TONES]};
    named++;
  }
  chart_label_margin(c, labels, named);
  open_scale(&c->x, all, data, COMPARE_AVERAGE);
  open_scale(&c->y, all, data, COMPARE_WORST);
  ticks x = ticks_linear(c->x.low, c->x.high, 4), y = ticks_linear(c->y.low, c->y.high, 5);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "average");
  draw_front(c, all, data);
  for (size_t i = 0; i < all->directories.count; i++)
    if (!*all->runs[i].left_out && all->runs[i].data == data)
      chart_dot(c, compare_value(&all->runs[i], COMPARE_AVERAGE), compare_value(&all->runs[i], COMPARE_WORST),
                2, FILLS[all->runs[i].method % TONES]);
  for (size_t m = 0; m < all->method_count; m++)
    chart_dot(c, compare_repeats(all, data, m, COMPARE_AVERAGE).mean,
              compare_repeats(all, data, m, COMPARE_WORST).mean, 5, FILLS[m % TONES]);
  chart_labels(c, labels, named);
  chart_close(c);
}
