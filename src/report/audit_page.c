/* The page of an audit: the verdict, the cells behind it, where they lie, what would have been found, and
 * what was not looked at. */
#include "base/math.h"
#include "base/memory.h"
#include "despur/report.h"
#include "io/file.h"
#include "report/audit_gallery.h"
#include "report/audit_pastes.h"
#include "report/drawing/chart.h"
#include "report/drawing/page_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CELLS = 30, MOST_POINTS = 2000, TONES = 8, HEIGHT = 320, MARGIN = 12 };

static bool is_finding(const despur_audit *a) {
  return a->verdict == DESPUR_LEANS_ON_IT || a->verdict == DESPUR_WEAK_GROUP;
}

/* ---- cells ---- */

static const char *standing(const despur_audit_cell *c) {
  if (c->confirmed) return "confirmed";
  if (c->answers) return "the other direction";
  return c->disguised ? "the margin in disguise" : "not confirmed";
}

static void cell_row(markup *m, const despur_audit *a, const despur_audit_cell *c) {
  const despur_audit_cell_words words = despur_audit_words_of(a, c);
  markup_print(m, "<tr><th scope=\"row\">%s</th><td>%s%s%s</td><td class=\"n\">%s</td>",
               a->class_names[c->class_index], words.cell, words.between, words.candidate,
               file_grouped(c->count).text);
  if (a->weight) markup_print(m, "<td class=\"n\">%.1f</td>", c->effective);
  markup_print(m, "<td class=\"n\">%.1f</td><td class=\"n\">%.1f</td>", 100 * c->error, 100 * c->rest_error);
  markup_print(m, "<td class=\"n\">%.1f <span class=\"to\">%.0f to %.0f</span></td>", 100 * c->excess,
               100 * c->low, 100 * c->high);
  markup_print(m, "<td>%s</td><td>%s</td></tr>\n",
               c->toward == c->class_index ? "\xe2\x80\x93" : a->class_names[c->toward], standing(c));
}

static void cells(markup *m, const despur_audit *a) {
  section_open(m, "Where errors are more frequent");
  if (a->cells_count == 0) markup_raw(m, "<p>No cell had enough examples to be tested.</p>\n");
  if (a->cells_count > 0) {
    markup_print(
        m,
        "<p>The most telling of %zu tests, on the confirmation half. Errors in per cent; points more "
        "than in the rest of the class, with an interval that holds for all tests at once.</p>\n",
        a->cells_count);
    markup_raw(m, "<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Class</th><th "
                  "scope=\"col\">Cell</th><th scope=\"col\" class=\"n\">Examples</th>");
    if (a->weight) markup_raw(m, "<th scope=\"col\" class=\"n\">Worth</th>");
    markup_raw(m, "<th scope=\"col\" "
                  "class=\"n\">Errors</th><th scope=\"col\" class=\"n\">Rest</th><th scope=\"col\" "
                  "class=\"n\">Points more</th><th scope=\"col\">Errors go to</th><th "
                  "scope=\"col\">Standing</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < a->cells_count && i < MOST_CELLS; i++) cell_row(m, a, &a->cells[i]);
    markup_raw(m, "</tbody>\n</table>\n</div>\n");
    if (a->weight)
      markup_raw(m, "<p class=\"note\">Errors and points are weighted. Worth: how many examples that weigh "
                    "alike would be as sure of the errors there; intervals are of these, p-values the larger "
                    "one of these and of counts.</p>\n");
    markup_raw(m, "<p class=\"note\">The margin in disguise: whoever looks where a model is unsure finds "
                  "errors. Nothing is left of these cells among examples of equal margin.</p>\n");
  }
  section_close(m);
}

/* ---- figures ---- */

/* By comparisons: gcc 12 for ARM breaks off at loops of fmin and fmax. */
static void widen(scale *s, double value) {
  if (value < s->low) s->low = value;
  if (value > s->high) s->high = value;
}

static void set_scales(chart *c, const despur_audit *a) {
  c->x.low = c->y.low = INFINITY, c->x.high = c->y.high = -INFINITY;
  for (size_t i = 0; i < a->examples; i++) {
    const double x = (double)a->map[2 * i], y = (double)a->map[2 * i + 1];
    widen(&c->x, x);
    widen(&c->y, y);
  }
  if (!(c->x.high > c->x.low)) c->x.high = c->x.low + 1;
  if (!(c->y.high > c->y.low)) c->y.high = c->y.low + 1;
}

/* One path of dots for each colour. */
static void draw_map(chart *c, const despur_audit *a) {
  static const char *const CLOUDS[TONES] = {"s-k0", "s-k1", "s-k2", "s-k3", "s-k4", "s-k5", "s-k6", "s-k7"};
  const despur_audit_candidate *of = is_finding(a) ? &a->candidates[0] : NULL;
  size_t step = a->examples / MOST_POINTS + 1;
  chart_open(c, HEIGHT, of ? "Cells of the first finding" : "Classes",
             "Examples along the first two principal components of the features, a dot for each.");
  c->x.from = MARGIN, c->x.to = CHART_WIDTH - MARGIN;
  c->y.from = c->height - MARGIN, c->y.to = 24 + MARGIN;
  set_scales(c, a);
  for (size_t tone = 0; tone < TONES; tone++) {
    bool any = false;
    for (size_t i = 0; i < a->examples; i += step) {
      uint32_t value = of ? of->of_example[i] : a->labels[i];
      if (value % TONES != tone) continue;
      if (!any) markup_print(c->m, "<path class=\"cloud %s\" d=\"", CLOUDS[tone]);
      markup_print(c->m, "M%.1f %.1fh0", scale_at(&c->x, (double)a->map[2 * i]),
                   scale_at(&c->y, (double)a->map[2 * i + 1]));
      any = true;
    }
    if (any) markup_raw(c->m, "\"/>\n");
  }
  chart_close(c);
}

enum { MOST_CURVES = 6, MOST_SHARES = 16 };

/* The points of a class's curve, in per cent. */
static size_t curve_of(double x[MOST_SHARES], double y[MOST_SHARES], const despur_audit *a, uint32_t class) {
  size_t count = 0;
  for (size_t i = 0; i < a->limits_count && count < MOST_SHARES; i++) {
    const despur_audit_limit *l = &a->limits[i];
    if (l->class_index != class || isnan(l->excess)) continue;
    x[count] = 100 * l->share;
    y[count++] = 100 * l->excess;
  }
  return count;
}

static void draw_limits(chart *c, const despur_audit *a) {
  static const char *const LINES[MOST_CURVES] = {"s-k0", "s-k1", "s-k2", "s-k3", "s-k4", "s-k5"};
  double x[MOST_SHARES], y[MOST_SHARES];
  chart_label labels[MOST_CURVES];
  char names[MOST_CURVES][64];
  size_t curves = 0;
  chart_open(c, 260, "Detection limit, points more errors",
             "The least excess of errors of a known group that would have been found with 80 % probability.");
  c->x.low = 0, c->x.high = 30, c->y.low = 0, c->y.high = 10;
  for (uint32_t k = 0; k < a->classes && curves < MOST_CURVES; k++) {
    size_t count = curve_of(x, y, a, k);
    if (count == 0) continue;
    for (size_t i = 0; i < count; i++) widen(&c->y, y[i]);
    snprintf(names[curves], sizeof names[curves], "%s", text_fit(a->class_names[k], CHART_LABEL).text);
    labels[curves] = (chart_label){.y = y[count - 1], .text = names[curves], .tone = LINES[curves] + 2};
    curves++;
  }
  scale_round(&c->y, 5);
  chart_label_margin(c, labels, curves);
  ticks across = ticks_linear(0, 30, 6), up = ticks_linear(c->y.low, c->y.high, 5);
  chart_y_axis(c, &up);
  chart_x_axis(c, &across, "group, % of its class");
  curves = 0;
  for (uint32_t k = 0; k < a->classes && curves < MOST_CURVES; k++) {
    size_t count = curve_of(x, y, a, k);
    if (count > 0) chart_line(c, x, y, count, LINES[curves++]);
  }
  chart_labels(c, labels, curves);
  chart_close(c);
}

static void figures(markup *m, const despur_audit *a) {
  chart limits = {.m = m}, map = {.m = m};
  section_open(m, "What would have been found");
  markup_raw(m, "<p>The curve holds for groups that a column states. A group that a finder has to find first "
                "needs more; one that nothing in the features or columns tells apart cannot be found.</p>\n");
  markup_raw(m, "<figure>\n");
  draw_limits(&limits, a);
  markup_raw(m, "</figure>\n");
  section_close(m);
  if (!a->map) return;
  section_open(m, "Where examples lie");
  markup_raw(m, "<figure>\n");
  draw_map(&map, a);
  markup_raw(m, "</figure>\n");
  section_close(m);
}

/* ---- columns of metadata ---- */

static void share_cell(markup *m, const despur_audit_share *s, bool chance) {
  if (isnan(s->value)) {
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
    return;
  }
  markup_print(m, "<td class=\"n\">%.1f <span class=\"to\">%.0f to %.0f</span>", 100 * s->value, 100 * s->low,
               100 * s->high);
  if (chance) markup_print(m, " <span class=\"to\">(chance %.0f)</span>", 100 * s->chance);
  markup_raw(m, "</td>");
}

static void metadata(markup *m, const despur_audit *a) {
  if (a->columns_count == 0) return;
  section_open(m, "Columns of metadata");
  markup_raw(
      m, "<p>In per cent, with intervals that hold for all columns together. Read: how often the value is "
         "right that "
         "a head says from the features, within classes, all values counted equally. Says the label: how "
         "often the "
         "value alone does, all classes counted equally. Lost: how much less often a head is right on "
         "examples whose value was left out of its training than one with as many examples of all "
         "values.</p>\n<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Column</th><th "
         "scope=\"col\" "
         "class=\"n\">Values</th><th scope=\"col\" class=\"n\">Read from the features</th><th scope=\"col\" "
         "class=\"n\">Says the label</th><th scope=\"col\" class=\"n\">Lost where held "
         "out</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < a->columns_count; i++) {
    const despur_audit_column *c = &a->columns[i];
    markup_print(m, "<tr><th scope=\"row\">%s</th><td class=\"n\">%zu</td>", c->name, c->values);
    share_cell(m, &c->read, true);
    share_cell(m, &c->says, true);
    share_cell(m, &c->fall, false);
    markup_raw(m, "</tr>\n");
  }
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
  section_close(m);
}

/* ---- what a person has noted ---- */

static void noted(markup *m, const despur_audit *a) {
  if (!a->noted_name) return;
  section_open(m, "What was noted");
  markup_print(
      m,
      "<p>Of %zu examples of the confirmation half%s. As many that the model got wrong as it got right "
      "were looked at, by somebody who could not know which. Share of the class, and errors with the "
      "value and without it, follow from these; in per cent.</p>\n",
      a->noted_used,
      a->noted_verdict == DESPUR_LEANS_ON_IT        ? ": the model leans on it"
      : a->noted_verdict == DESPUR_WEAK_GROUP       ? ": errors go with it"
      : a->noted_verdict == DESPUR_TOO_FEW_EXAMPLES ? ": too few to say anything"
                                                    : ": errors do not surely go with it");
  if (a->noted_count > 0)
    markup_raw(m, "<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Class</th><th "
                  "scope=\"col\">Noted</th><th scope=\"col\" class=\"n\">Share</th><th scope=\"col\" "
                  "class=\"n\">Of the wrong</th><th scope=\"col\" class=\"n\">Of the right</th><th "
                  "scope=\"col\" class=\"n\">Errors with it</th><th scope=\"col\" "
                  "class=\"n\">Without</th><th scope=\"col\" class=\"n\">p, "
                  "corrected</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < a->noted_count && i < MOST_CELLS; i++) {
    const despur_audit_noted *n = &a->noted[i];
    markup_print(m, "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"n\">%.1f</td>",
                 a->class_names[n->class_index], a->noted_values[n->value], 100 * n->share);
    markup_print(m, "<td class=\"n\">%zu of %zu</td><td class=\"n\">%zu of %zu</td>", n->wrong_with, n->wrong,
                 n->right_with, n->right);
    markup_print(m, "<td class=\"n\">%.1f</td><td class=\"n\">%.1f</td><td class=\"n\">%.2g</td></tr>\n",
                 100 * n->error_with, 100 * n->error_without, n->adjusted);
  }
  if (a->noted_count > 0) markup_raw(m, "</tbody>\n</table>\n</div>\n");
  section_close(m);
}

/* ---- the rest ---- */

static void basis(markup *m, const despur_audit *a) {
  section_open(m, "What this rests on");
  markup_print(
      m,
      "<p>%s examples to find candidates, %s others to test them, in %s units. Error there: %.1f\xc2\xa0%%",
      file_grouped(a->discovery).text, file_grouped(a->confirmation).text, file_grouped(a->units).text,
      100 * a->error);
  markup_raw(m, a->own_head
                    ? " of a last layer that was fitted here, in folds: none has seen the examples it "
                      "is asked about.</p>\n"
                    : " of the predictions that were given.</p>\n");
  if (a->weight)
    markup_print(
        m,
        "<p>Examples weigh what %s says. Those that test candidates, one of each unit, are worth %.1f "
        "that weigh alike (Kish).</p>\n",
        a->weight, a->effective);
  if (a->repeats > 0 && is_finding(a))
    markup_print(m,
                 "<p>With %zu other halves a cell that shares half of its examples with this one was "
                 "confirmed in %zu; the model leans on something in %zu.</p>\n",
                 a->repeats, a->repeats_again, a->repeats_leaning);
  if (a->repeats > 0 && !is_finding(a))
    markup_print(m, "<p>With %zu other halves something was found in %zu.</p>\n", a->repeats,
                 a->repeats_found);
  if (a->duplicates > 0)
    markup_print(m, "<p>%zu rows are equal to others; they are on one side, and counted once.</p>\n",
                 a->duplicates);
  for (size_t k = 0; k < a->classes; k++)
    if (a->class_sizes[k] < DESPUR_AUDIT_RARE)
      markup_print(m, "<p>Class %s has %zu examples: too few to say anything of it.</p>\n", a->class_names[k],
                   a->class_sizes[k]);
  if (a->trained_on)
    markup_raw(m, "<p>The features come from a network that was trained on these examples. It errs less on "
                  "them than on new ones, so finding nothing says less.</p>\n");
  section_close(m);
}

static void unseen(markup *m, const despur_audit *a) {
  section_open(m, "What was not looked at");
  markup_raw(m, "<ul>\n");
  for (size_t i = 0; i < a->notes_count; i++) markup_print(m, "<li>%s.</li>\n", a->notes[i]);
  if (a->pastes_count == 0)
    markup_raw(m, "<li>Whether the model uses what tells a cell apart: that takes an intervention on the "
                  "examples.</li>\n");
  markup_raw(m, "<li>Groups that neither features nor columns tell apart.</li>\n<li>Labels: they "
                "are taken for the truth. Cells with many wrong labels look like weak groups.</li>\n");
  if (a->repeats == 0)
    markup_raw(m, "<li>Other halves: --repeats divides the examples in other ways.</li>\n");
  markup_raw(m, "</ul>\n");
  section_close(m);
}

despur_status despur_report_audit(const despur_audit *audit, const char *command,
                                  const despur_thumbnail *thumbnails, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  markup m = {.error = error};
  char *sentence = NULL, *caution = NULL;
  TRY(despur_audit_sentence(&sentence, audit, error));
  TRY(despur_audit_caution(&caution, audit, error));
  page_open(&m, "Audit");
  markup_raw(&m, "<p class=\"kicker\">Audit</p>\n<h1>");
  page_sentence(&m, sentence);
  markup_raw(&m, "</h1>\n");
  if (caution) markup_print(&m, "<p class=\"lede\">%s</p>\n", caution);
  noted(&m, audit);
  audit_gallery(&m, audit, thumbnails);
  audit_pastes(&m, audit, thumbnails ? thumbnails + despur_audit_sampled(NULL, audit) : NULL);
  cells(&m, audit);
  metadata(&m, audit);
  figures(&m, audit);
  basis(&m, audit);
  unseen(&m, audit);
  section_open(&m, "To get this again");
  markup_print(&m, "<p><code>%s</code></p>\n", command);
  section_close(&m);
  page_close(&m, DESPUR_VERSION, "an audit");
  TRY(m.status);
  TRY(file_write_text(path, m.text.data, error));
cleanup:
  mem_free(sentence);
  mem_free(caution);
  mem_free(m.text.data);
  return status;
}
