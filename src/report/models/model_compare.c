/* The page of several models: side by side, group by group. */
#include "base/memory.h"
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/figures/plot.h"
#include "report/models/models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 200 };

static void heading_cell(markup *m, const char *name) {
  markup_print(m, "<th scope=\"col\" class=\"n%s\">%s</th>", page_is_long(name) ? " long" : "", name);
}

/* ---- all groups together ---- */

static void model_row(markup *m, const despur_model *model) {
  const despur_scores *s = &model->scores;
  markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th>", model->label);
  page_share_cell(m, s->worst_group_accuracy, s->worst_group_low, s->worst_group_high);
  page_share_cell(m, s->average_accuracy, (double)NAN, (double)NAN);
  page_share_cell(m, s->balanced_group_accuracy, (double)NAN, (double)NAN);
  page_share_cell(m, s->worst_class_accuracy, (double)NAN, (double)NAN);
  page_share_cell(m, model->measures.all.bins ? model->measures.all.calibration_error : (double)NAN,
                  (double)NAN, (double)NAN);
  markup_print(m, "<td class=\"long\">%s</td></tr>\n",
               s->worst_group < s->groups_count ? s->groups[s->worst_group].name : "");
}

static void section_models(markup *m, const model_page *page) {
  static const char *const HEADINGS[] = {"Worst group", "Average", "Mean of groups", "Worst class",
                                         "Calibration error"};
  section_open(m, "Model by model");
  markup_raw(
      m, "<div class=\"scroll\">\n<table class=\"wide\">\n<caption>Accuracy in per cent; the interval of the "
         "worst group holds for the minimum over all groups.</caption>\n<thead><tr><th "
         "scope=\"col\">Model</th>");
  for (size_t i = 0; i < sizeof HEADINGS / sizeof *HEADINGS; i++) heading_cell(m, HEADINGS[i]);
  markup_raw(m, "<th scope=\"col\">Which group that is</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < page->count; i++) model_row(m, &page->models[i]);
  page_table_close(m);
  markup_raw(m, "</div>\n");
  section_close(m);
}

/* ---- groups ---- */

/* The group of that name, first where it stands in the first model; NULL when there is none. */
static const despur_group_score *find_group(const despur_scores *scores, size_t likely, const char *name) {
  if (likely < scores->groups_count && strcmp(scores->groups[likely].name, name) == 0)
    return &scores->groups[likely];
  for (size_t g = 0; g < scores->groups_count; g++)
    if (strcmp(scores->groups[g].name, name) == 0) return &scores->groups[g];
  return NULL;
}

static bool same_groups(const despur_scores *a, const despur_scores *b) {
  if (a->groups_count != b->groups_count) return false;
  for (size_t g = 0; g < a->groups_count; g++)
    if (strcmp(a->groups[g].name, b->groups[g].name) != 0) return false;
  return true;
}

/* Two models on the same groups, as before and after on the page of a run. */
static void two_models(markup *m, const model_page *page) {
  const despur_model *a = &page->models[0], *b = &page->models[1];
  chart sizes = {.m = m};
  const group_table t = {
      .caption = "Accuracy of every group in per cent, with its 95 % interval (Wilson). Bold: the "
                 "worst group of each model.",
      .what = page->heading,
      .count = 2,
      .labels = {a->label, b->label},
      .scores = {&a->scores, &b->scores},
      .names = page->names,
      .sized = "Count",
      .rest = "results.json",
      .attributes = true,
      .cells = page->cells};
  markup_raw(m, "<div class=\"beside\">\n<div>\n");
  page_draw_sizes_figure(&sizes, &t);
  markup_raw(m, "</div>\n<div>\n");
  page_group_table(m, &t);
  markup_raw(m, "</div>\n</div>\n");
}

static void group_row(markup *m, const model_page *page, size_t g) {
  const despur_group_score *first = &page->models[0].scores.groups[g];
  markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th><td class=\"n\">%s</td>", page->names[g],
               file_grouped(first->count).text);
  for (size_t i = 0; i < page->count; i++) {
    const despur_group_score *group = find_group(&page->models[i].scores, g, first->name);
    if (!group || group->count == 0)
      markup_raw(m, "<td class=\"n none\">\xe2\x80\x93</td>");
    else
      markup_print(m, "<td class=\"n\" style=\"--share:%.3f\">%.1f</td>", 1 - group->accuracy,
                   100 * group->accuracy);
  }
  markup_raw(m, "</tr>\n");
}

static void many_models(markup *m, const model_page *page) {
  const despur_scores *first = &page->models[0].scores;
  size_t *order = page_group_order(m, first);
  markup_print(
      m,
      "<div class=\"scroll\">\n<table class=\"heat\">\n<caption>Accuracy of every group in per cent; the "
      "darker, the lower.</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\" "
      "class=\"n\">Count</th>",
      page->heading);
  for (size_t i = 0; i < page->count; i++) heading_cell(m, page->models[i].label);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  for (size_t i = 0; order && i < first->groups_count && i < MOST_ROWS; i++) group_row(m, page, order[i]);
  page_table_close(m);
  markup_raw(m, "</div>\n");
  if (first->groups_count > MOST_ROWS)
    markup_print(m, "<p class=\"note after\">%zu more groups are in results.json.</p>\n",
                 first->groups_count - MOST_ROWS);
  mem_free(order);
}

static void section_model_groups(markup *m, const model_page *page) {
  bool same = true;
  for (size_t i = 1; i < page->count; i++)
    same &= same_groups(&page->models[0].scores, &page->models[i].scores);
  section_open(m, "Group by group");
  if (!same)
    markup_print(m, "<p class=\"note\">Not all models have the same groups; these are those of %s.</p>\n",
                 page->models[0].label);
  if (page->count == 2 && same)
    two_models(m, page);
  else
    many_models(m, page);
  section_close(m);
}

/* ---- pairs ---- */

static void pair_row(markup *m, const despur_group_comparison *c, const char *name) {
  if (isnan(c->difference)) return;
  markup_print(m,
               "<tr class=\"%s\"><th scope=\"row\" class=\"long\">%s</th><td class=\"n\">%s</td><td "
               "class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%+.1f <span "
               "class=\"to\">%+.1f to %+.1f</span></td><td class=\"n\">%.2g</td></tr>\n",
               c->adjusted < 0.05 ? "low" : "other", name, file_grouped(c->pairs.both).text,
               file_grouped(c->pairs.only_first).text, file_grouped(c->pairs.only_second).text,
               file_grouped(c->pairs.neither).text, 100 * c->difference, 100 * c->low, 100 * c->high,
               c->adjusted);
}

static void pair_table(markup *m, const model_page *page, const despur_comparison *c) {
  const char *first = page->models[0].label, *second = page->models[1].label;
  size_t *order = page_group_order(m, &page->models[0].scores);
  const despur_predicted *p = &page->models[0].predicted;
  bool units = p->units, counts = !p->units && !p->weights; /* each example by itself and like any other */
  markup_print(
      m,
      "<div class=\"scroll\">\n<table class=\"wide\">\n<caption>How many examples of a group both get right, "
      "one only, or neither; the difference of accuracies in points, %s less %s, with its 95\xc2\xa0%% "
      "interval (%s); %s test%s, corrected for the number of groups (Holm). Bold: "
      "below 0.05.</caption>\n<thead><tr><th scope=\"col\">%s</th>",
      second, first,
      units    ? "for units"
      : counts ? "Newcombe"
               : "weighted",
      counts ? "McNemar\xe2\x80\x99s" : "Student\xe2\x80\x99s", units ? " over units" : "", page->heading);
  heading_cell(m, "Both");
  markup_print(
      m, "<th scope=\"col\" class=\"n long\">Only %s</th><th scope=\"col\" class=\"n long\">Only %s</th>",
      first, second);
  heading_cell(m, "Neither");
  heading_cell(m, "Difference");
  heading_cell(m, "p");
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  pair_row(m, &c->all, "All examples");
  for (size_t i = 0; order && i < c->groups_count && i < MOST_ROWS; i++)
    pair_row(m, &c->groups[order[i]], page->names[order[i]]);
  page_table_close(m);
  markup_raw(m, "</div>\n");
  mem_free(order);
}

static void section_pairs(markup *m, const model_page *page) {
  despur_comparison c;
  bool paired = false;
  if (page->count != 2 || !same_groups(&page->models[0].scores, &page->models[1].scores)) return;
  if (m->status == DESPUR_OK)
    m->status = models_compare(&c, &paired, &page->models[0], &page->models[1], 0.95, m->error);
  if (m->status != DESPUR_OK || !paired) return;
  section_open(m, "Example by example");
  pair_table(m, page, &c);
  section_close(m);
  despur_comparison_release(&c);
}

/* ---- the whole ---- */

static void section_doubts(markup *m) {
  section_open(m, "What was not checked");
  markup_raw(
      m,
      "<ul>\n<li>Whether the models were tuned with equal care, and on other examples than these. One that "
      "was "
      "chosen with them looks better than it is.</li>\n"
      "<li>Other trainings of the same models. Intervals only say how far chance in the choice of these "
      "examples may go.</li>\n"
      "<li>Why. Groups of one label may differ in more than these columns: the numbers show for whom a model "
      "is wrong, not what makes it so.</li>\n</ul>\n");
  section_close(m);
}

void page_several_models(markup *m, const model_page *page) {
  const page_extra *extra = page->extra;
  page_open(m, extra ? extra->title : "Models compared");
  markup_print(m, "<p class=\"kicker\"><b>%zu models</b> \xc2\xb7 %s examples", page->count,
               file_grouped(page->models[0].scores.count).text);
  if (page->models[0].predicted.columns) markup_print(m, " \xc2\xb7 %s", page->models[0].predicted.columns);
  markup_raw(m, "</p>\n<h1>");
  page_sentence(m, extra ? extra->sentence : page->said->sentence.data);
  markup_raw(m, "</h1>\n<p class=\"lede\">");
  page_sentence(m, extra ? extra->lede : page->said->reason.data);
  markup_raw(m, "</p>\n");
  for (size_t i = 0; i < page->count; i++) model_units(m, &page->models[i], true);
  section_models(m, page);
  if (extra) extra->sections(m, extra->context);
  section_model_groups(m, page);
  section_pairs(m, page);
  model_spreads(m, page);
  section_doubts(m);
  if (extra)
    extra->again(m);
  else
    model_files(m, page);
  page_close(m, DESPUR_VERSION, extra ? "features" : "predictions");
}
