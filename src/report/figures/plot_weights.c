/* GroupDRO's weights: which groups the training came to care about. */
#include "base/format.h"
#include "report/figures/plot.h"
#include "report/figures/plot_series.h"

#include <math.h>
#include <stdio.h>

enum { NAMED = 4 }; /* lines with a colour and a name; the others are grey */

static size_t count(const report_run *run) {
  size_t epochs = 0;
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  for (size_t i = 0; i < stage->epoch_count; i++) epochs += stage->epochs[i].weights != NULL;
  return epochs > 1;
}

static double final_weight(const report_stage *stage, size_t g) {
  const double *weights = stage->epochs[stage->epoch_count - 1].weights;
  return weights && isfinite(weights[g]) ? weights[g] : 0;
}

/* The groups with the largest weights at the end, the largest first. */
static size_t list_heaviest(size_t out[NAMED], const report_stage *stage) {
  size_t listed = 0;
  for (size_t g = 0; g < stage->weight_count; g++) {
    size_t at = listed < NAMED ? listed++ : NAMED;
    for (; at > 0 && final_weight(stage, g) > final_weight(stage, out[at - 1]); at--)
      if (at < NAMED) out[at] = out[at - 1];
    if (at < NAMED) out[at] = g;
  }
  return listed;
}

static void draw_group(chart *c, const report_stage *stage, size_t g, const char *class) {
  plot_points p = plot_room(c->m, stage->epoch_count);
  for (size_t i = 0; p.y && i < stage->epoch_count; i++) {
    if (!stage->epochs[i].weights) continue;
    p.x[p.count] = (double)stage->epochs[i].epoch;
    p.y[p.count++] = stage->epochs[i].weights[g];
  }
  chart_line(c, p.x, p.y, p.count, class);
  plot_points_release(&p);
}

static void describe(char *out, size_t room, const report_stage *stage, const size_t *heaviest,
                     size_t named) {
  int used =
      snprintf(out, room, "Weights of %zu groups over the epochs; largest at the end:", stage->weight_count);
  for (size_t i = 0; i < named && used > 0 && (size_t)used < room; i++)
    used += format_text(out + used, room - (size_t)used, " %s %.3f%s", stage->weight_names[heaviest[i]],
                        final_weight(stage, heaviest[i]), i + 1 < named ? "," : ".");
}

static void draw(chart *c, const report_run *run, size_t index) {
  static const char *const TONES[NAMED] = {"k0", "k1", "k2", "k3"};
  static const char *const LINES[NAMED] = {"s-k0", "s-k1", "s-k2", "s-k3"};
  (void)index;
  const report_stage *stage = &run->stages[REPORT_TRAIN];
  size_t heaviest[NAMED], named = list_heaviest(heaviest, stage);
  chart_label labels[NAMED];
  short_text names[NAMED];
  char description[512];
  describe(description, sizeof description, stage, heaviest, named);
  chart_open(c, 230, "GroupDRO: weight of each group", description);
  for (size_t i = 0; i < named; i++) {
    names[i] = text_fit(stage->weight_names[heaviest[i]], CHART_LABEL);
    labels[i] = (chart_label){.y = final_weight(stage, heaviest[i]), .text = names[i].text, .tone = TONES[i]};
  }
  chart_label_margin(c, labels, named);
  c->x.low = (double)stage->epochs[0].epoch, c->x.high = (double)stage->epochs[stage->epoch_count - 1].epoch;
  for (size_t i = 0; i < stage->epoch_count; i++)
    for (size_t g = 0; stage->epochs[i].weights && g < stage->weight_count; g++)
      if (stage->epochs[i].weights[g] > c->y.high) c->y.high = stage->epochs[i].weights[g];
  if (!(c->y.high > 0)) c->y.high = 1;
  scale_round(&c->y, 5);
  ticks y = ticks_linear(c->y.low, c->y.high, 5), x = ticks_whole(c->x.low, c->x.high);
  chart_y_axis(c, &y);
  chart_x_axis(c, &x, "epoch");
  for (size_t g = 0; g < stage->weight_count; g++) draw_group(c, stage, g, "thin s-mute");
  for (size_t i = named; i-- > 0;) draw_group(c, stage, heaviest[i], LINES[i]);
  chart_labels(c, labels, named);
  chart_close(c);
}

const plot plot_weights = {
    "weights", count, draw,
    "The four groups with the largest weights at the end have names; the others are grey."};
