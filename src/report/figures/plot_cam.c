/* How much of what a network looks at is background: a row for each minority group, before and after. */
#include "report/figures/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 40, ROW = 15 };

static bool shown(const report_cam *cam, size_t g) {
  return cam->groups[g].minority && !isnan(cam->groups[g].background[cam->stage_count - 1].mean);
}

static size_t rows(const report_cam *cam) {
  size_t count = 0;
  for (size_t g = 0; cam->scored && cam->stage_count > 0 && g < cam->group_count; g++) count += shown(cam, g);
  return count < MOST_ROWS ? count : MOST_ROWS;
}

static size_t count(const report_run *run) {
  return rows(&run->cam) > 0;
}

static void draw_share(chart *c, const report_share *share, double row, const char *line, const char *dot) {
  if (isnan(share->mean)) return;
  const double x[2] = {100 * share->low, 100 * share->high}, y[2] = {row, row};
  if (isfinite(share->low)) chart_line(c, x, y, 2, line);
  chart_dot(c, 100 * share->mean, row, 3.5, dot);
}

static void set_scale(chart *c, const report_cam *cam) {
  c->x.low = 100, c->x.high = 0;
  for (size_t g = 0; g < cam->group_count; g++)
    for (size_t s = 0; shown(cam, g) && s < cam->stage_count; s++) {
      const report_share *share = &cam->groups[g].background[s];
      if (isnan(share->mean)) continue;
      double low = isfinite(share->low) ? share->low : share->mean,
             high = isfinite(share->high) ? share->high : share->mean;
      if (100 * low < c->x.low) c->x.low = 100 * low;
      if (100 * high > c->x.high) c->x.high = 100 * high;
    }
  if (100 * cam->background_area > c->x.high) c->x.high = 100 * cam->background_area;
  scale_round(&c->x, 5);
}

static void draw(chart *c, const report_run *run, size_t index) {
  (void)index;
  const report_cam *cam = &run->cam;
  size_t n = rows(cam), row = 0;
  double widest = 0;
  char description[256];
  snprintf(description, sizeof description,
           "For each of %zu groups the share of the maps' energy that lies %s, with its 95 "
           "per cent interval%s.",
           n, cam->region ? "in the region" : "beside the digit",
           cam->stage_count > 1 ? ", before (ring) and after (dot)" : "");
  chart_open(c, 50 + ROW * (double)n + 44,
             cam->region ? "Energy of the maps in the region, %" : "Energy of the maps on the background, %",
             description);
  for (size_t g = 0; g < cam->group_count; g++)
    if (shown(cam, g)) widest = fmax(widest, text_width(text_fit(cam->groups[g].name, 110).text));
  c->top = 54; /* below the legend */
  chart_legend(c, cam->stage_count > 1 ? cam->stages[0] : NULL, cam->stages[cam->stage_count - 1]);
  c->left = c->x.from = widest + 10;
  set_scale(c, cam);
  c->y = (scale){.low = 0, .high = (double)n, .from = c->top - 8, .to = c->bottom};
  ticks t = ticks_linear(c->x.low, c->x.high, 5);
  for (size_t i = 0; i < t.count; i++) chart_vertical(c, t.values[i], "grid");
  chart_x_axis(c, &t, "");
  if (isfinite(cam->background_area)) chart_vertical(c, 100 * cam->background_area, "mark");
  for (size_t g = 0; g < cam->group_count && row < n; g++) {
    if (!shown(cam, g)) continue;
    double y = (double)row++ + 0.5;
    chart_text(c, c->left - 8, scale_at(&c->y, y) + 4, "end", "", text_fit(cam->groups[g].name, 110).text);
    if (cam->stage_count > 1) draw_share(c, &cam->groups[g].background[0], y, "i-before", "o-before");
    draw_share(c, &cam->groups[g].background[cam->stage_count - 1], y, "i-after", "f-after");
  }
  chart_close(c);
}

const plot plot_cam = {"cam", count, draw,
                       "Lines: 95 per cent intervals. A map without any preference would lie on the dotted "
                       "line, the background's share of the area."};

const plot plot_cam_region = {"cam", count, draw,
                              "Lines: 95 per cent intervals. A map without any preference would lie on the "
                              "dotted line, the region's share of the area."};
