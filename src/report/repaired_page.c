/* Sections of the page of a repair: what was tried, and the dial. */
#include "report/repaired.h"

#include "report/drawing/chart.h"
#include "report/drawing/page_parts.h"

#include <math.h>
#include <stdio.h>

static const char *worst_word(const despur_repair_view *view) {
  return view->result->of_classes ? "class" : "group";
}

/* ---- methods ---- */

static void method_row(markup *m, const despur_repaired *of, const despur_scores *test, bool best) {
  markup_print(m, "<tr class=\"%s\"><th scope=\"row\" class=\"long\">%s</th><td>%s</td>",
               best ? "low" : "other", despur_last_layer_label(of->method),
               despur_last_layer_groups(of->method));
  if (of->skipped) {
    markup_print(m, "<td class=\"long\" colspan=\"4\">not fitted: %s</td></tr>\n", of->skipped);
    return;
  }
  const despur_repair_candidate *c = &of->candidates[of->chosen];
  page_share_cell(m, c->worst_group, (double)NAN, (double)NAN);
  page_share_cell(m, c->worst_group - of->optimism, (double)NAN, (double)NAN);
  page_share_cell(m, test->worst_group_accuracy, test->worst_group_low, test->worst_group_high);
  page_share_cell(m, test->average_accuracy, (double)NAN, (double)NAN);
  markup_raw(m, "</tr>\n");
}

/* A head that is not the optimum says little of what its method can do. */
static void unfinished(markup *m, const despur_repaired *of) {
  if (of->skipped || of->converged) return;
  markup_print(
      m,
      "<p class=\"note\">%s: the solver stopped before its optimum was certain (relative gap %.2g); the "
      "method may do better than this.</p>\n",
      despur_last_layer_label(of->method), of->gap);
}

/* Else a reader takes the column of validation for that of the head that he gets. */
static void fitted_again(markup *m, const despur_repair_result *r) {
  for (size_t i = 0; i < r->methods_count; i++)
    if (r->methods[i].fitted_on_both) {
      markup_raw(m,
                 "<p class=\"note\">Methods that are fitted on training examples were, once their parameters "
                 "were chosen, fitted again on training and validation examples together. The figures of "
                 "validation are those of heads that had not seen it; those of test are of the final "
                 "heads.</p>\n");
      return;
    }
}

void repaired_methods(markup *m, const despur_repair_outcome *outcome, const despur_repair_view *view) {
  const despur_repair_result *r = view->result;
  section_open(m, "What was tried");
  markup_print(
      m,
      "<div class=\"scroll\">\n<table class=\"wide\">\n<caption>Worst %s in per cent. Parameters, and "
      "the method in bold, were chosen on validation examples by the rule <b>%s</b>; what choosing "
      "among the candidates of a method adds is taken off in the column beside it. Test examples were "
      "looked at afterwards.</caption>\n<thead><tr><th scope=\"col\">Method</th><th "
      "scope=\"col\">Groups it needs</th><th scope=\"col\" class=\"n\">Validation</th><th "
      "scope=\"col\" class=\"n\">Corrected</th><th scope=\"col\" class=\"n\">Test</th><th "
      "scope=\"col\" class=\"n\">Test average</th></tr></thead>\n<tbody>\n",
      worst_word(view), despur_repair_rule_name(view->rule));
  for (size_t i = 0; i < r->methods_count; i++)
    method_row(m, &r->methods[i], &outcome->methods[i], i == r->best);
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
  fitted_again(m, r);
  for (size_t i = 0; i < r->methods_count; i++) unfinished(m, &r->methods[i]);
  section_close(m);
}

/* ---- the dial ---- */

static void draw_dial(chart *c, const despur_repair_view *view) {
  const despur_dial_point *points = view->result->dial;
  double x[DESPUR_DIAL_POINTS], average[DESPUR_DIAL_POINTS], worst[DESPUR_DIAL_POINTS], low = 100;
  const chart_label labels[2] = {
      {.y = 100 * points[DESPUR_DIAL_POINTS - 1].average, .text = "average", .tone = "mute"},
      {.y = 100 * points[DESPUR_DIAL_POINTS - 1].worst,
       .text = view->result->of_classes ? "worst class" : "worst group",
       .tone = "after"}};
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    x[p] = 100 * points[p].position;
    average[p] = 100 * points[p].average;
    worst[p] = 100 * points[p].worst;
    low = fmin(low, fmin(100 * points[p].worst_low, 100 * points[p].average_low));
  }
  chart_open(c, 280, "Accuracy along the dial, %",
             "From the old head (0) to the repaired one (100), on validation examples.");
  chart_label_margin(c, labels, 2);
  c->x.low = 0, c->x.high = 100;
  c->y.low = low, c->y.high = 100;
  scale_round(&c->y, 5);
  const ticks across = ticks_linear(0, 100, 5), up = ticks_linear(c->y.low, c->y.high, 5);
  chart_y_axis(c, &up);
  chart_x_axis(c, &across, "old head (0) to repaired (100)");
  chart_vertical(c, 100 * view->position, "mark");
  for (size_t p = 0; p < DESPUR_DIAL_POINTS; p++) {
    chart_interval(c, x[p], 100 * points[p].average_low, 100 * points[p].average_high, "s-mute");
    chart_interval(c, x[p], 100 * points[p].worst_low, 100 * points[p].worst_high, "s-after");
  }
  chart_line(c, x, average, DESPUR_DIAL_POINTS, "s-mute");
  chart_line(c, x, worst, DESPUR_DIAL_POINTS, "s-after");
  chart_labels(c, labels, 2);
  chart_close(c);
}

void repaired_dial(markup *m, const despur_repair_view *view) {
  chart c = {.m = m};
  section_open(m, "The dial");
  markup_raw(m, "<figure>\n");
  draw_dial(&c, view);
  markup_print(m,
               "<figcaption>What robustness costs: heads between the old one and the repaired one, judged by "
               "validation examples that they were not fitted on. All intervals hold together with 95 %% "
               "confidence. The dotted line: the head that is handed back (%.0f).</figcaption>\n</figure>\n",
               100 * view->position);
  section_close(m);
}

void repaired_again(markup *m) {
  section_open(m, "To get this again");
  markup_print(
      m,
      "<p>config.yaml says what was asked, manifest.json which files it was asked of. <code>despur verify "
      "DIR</code>, where despur %s was started, carries it out once more and compares every file.</p>\n",
      DESPUR_VERSION);
  section_close(m);
}
