/* The table of measures and the table of groups, before and after. */
#include "base/memory.h"
#include "io/file.h"
#include "report/page.h"
#include "report/partition.h"
#include "report/plot.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 200 };

/* The stages that were measured, in their order. */
static size_t measured(const report_stage *out[REPORT_STAGES], const report_run *run) {
  size_t count = 0;
  for (size_t s = 0; s < REPORT_STAGES; s++)
    if (run->stages[s].final) out[count++] = &run->stages[s];
  return count;
}

/* Colours and shapes: a stage that is alone, or last, is "after". */
static const char *tone(size_t stage, size_t count) {
  return stage + 1 < count ? "before" : "after";
}

static void heading_cells(markup *m, const report_stage *const *stages, size_t count) {
  for (size_t s = 0; s < count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", tone(s, count),
                 page_is_long(stages[s]->label) ? " long" : "", stages[s]->label);
}

static void measure_row(markup *m, const char *name, const report_stage *const *stages, size_t count,
                        double (*measure)(const despur_scores *)) {
  markup_print(m, "<tr><th scope=\"row\">%s</th>", name);
  for (size_t s = 0; s < count; s++) {
    double value = measure(&stages[s]->final->scores);
    if (isnan(value))
      markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
    else
      markup_print(m, "<td class=\"n\">%.1f</td>", 100 * value);
  }
  markup_raw(m, "</tr>\n");
}

static double average(const despur_scores *s) {
  return s->average_accuracy;
}
static double weighted(const despur_scores *s) {
  return s->train_weighted_average;
}
static double balanced(const despur_scores *s) {
  return s->balanced_group_accuracy;
}
static double worst_class(const despur_scores *s) {
  return s->worst_class_accuracy;
}
static double attribute(const despur_scores *s) {
  return s->attribute_accuracy;
}
static double attribute_chance(const despur_scores *s) {
  return s->attribute_chance;
}

/* The worst group's interval is one for the minimum: wider than that of the group that happens to be worst.
 */
static void worst_row(markup *m, const report_stage *const *stages, size_t count) {
  markup_raw(m, "<tr class=\"low\"><th scope=\"row\">Worst group</th>");
  for (size_t s = 0; s < count; s++) {
    const despur_scores *scores = &stages[s]->final->scores;
    markup_print(m, "<td class=\"n\">%.1f", 100 * scores->worst_group_accuracy);
    if (!isnan(scores->worst_group_low))
      markup_print(m, " <span class=\"to\">%.0f\xe2\x80\x93%.0f</span>", 100 * scores->worst_group_low,
                   100 * scores->worst_group_high);
    markup_raw(m, "</td>");
  }
  markup_raw(m, "</tr>\n");
}

static void choice_row(markup *m, const char *name, size_t count, double value) {
  markup_print(m, "<tr><th scope=\"row\">%s</th>", name);
  for (size_t s = 0; s + 1 < count; s++) markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  markup_print(m, "<td class=\"n\">%.1f</td></tr>\n", 100 * value);
}

/* What validation says of the final network, of which it chose the epoch, and what that is worth. */
static void choice_rows(markup *m, const report_run *run, size_t count) {
  const report_rule *rule = report_used_rule(run);
  if (!run->stages[REPORT_TRAIN].final || !rule || strcmp(rule->name, "last") == 0 || isnan(rule->optimism))
    return;
  choice_row(m, "Worst group on validation", count, rule->val_worst_group_accuracy);
  choice_row(m, "The same, less the choice of epoch", count, rule->val_worst_group_accuracy - rule->optimism);
}

static void measures(markup *m, const report_run *run, const report_stage *const *stages, size_t count) {
  markup_raw(m, "<table class=\"narrow\">\n"
                "<caption>All groups together, in per cent. The interval of the worst group holds for the "
                "minimum over all.</caption>\n<thead><tr><th scope=\"col\">Measure</th>");
  heading_cells(m, stages, count);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  worst_row(m, stages, count);
  measure_row(m, "Average over examples", stages, count, average);
  measure_row(m, "Average weighted by training shares", stages, count, weighted);
  measure_row(m, "Mean over groups", stages, count, balanced);
  measure_row(m, "Worst class", stages, count, worst_class);
  measure_row(m, "Tells the attribute", stages, count, attribute);
  measure_row(m, "The same, by chance", stages, count, attribute_chance);
  choice_rows(m, run, count);
  markup_raw(m, "</tbody>\n</table>\n");
}

/* A group's accuracy and interval on a line from 0 to 100 %; a ring before, a dot after. */
static void range_mark(markup *m, const despur_group_score *group, const char *tone_name, bool ring,
                       double y) {
  if (group->count == 0) return;
  markup_print(m, "<line class=\"i-%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%g\" y2=\"%g\"/>", tone_name,
               100 * group->low, 100 * group->high, y, y);
  markup_print(m, "<circle class=\"%s-%s\" cx=\"%.2f%%\" cy=\"%g\" r=\"%g\"/>", ring ? "o" : "f", tone_name,
               100 * group->accuracy, y, ring ? 3.5 : 4.0);
}

static void range_cell(markup *m, const report_stage *const *stages, size_t count, size_t g) {
  markup_raw(m, "<td class=\"range\"><svg aria-hidden=\"true\"><line class=\"grid\" x1=\"0\" x2=\"100%\" "
                "y1=\"9\" y2=\"9\"/>");
  for (size_t s = 0; s < count; s++)
    range_mark(m, &stages[s]->final->scores.groups[g], tone(s, count), s + 1 < count, 9);
  markup_raw(m, "</svg></td>");
}

static void group_row(markup *m, const report_stage *const *stages, size_t count, size_t g, bool usual) {
  const despur_group_score *group = &stages[count - 1]->final->scores.groups[g];
  markup_print(m,
               "<tr><th scope=\"row\" class=\"%s\">%s%s</th><td class=\"n\">%s</td><td class=\"n\">%s</td>",
               page_is_long(group->name) ? "long" : "name", group->name, usual ? " \xe2\x97\x86" : "",
               file_grouped(group->train_count).text, file_grouped(group->count).text);
  for (size_t s = 0; s < count; s++) {
    const despur_scores *scores = &stages[s]->final->scores;
    const despur_group_score *score = &scores->groups[g];
    if (score->count == 0) {
      markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
      continue;
    }
    markup_print(m, "<td class=\"n%s\">%.1f <span class=\"to\">%.0f\xe2\x80\x93%.0f</span></td>",
                 g == scores->worst_group ? " low" : "", 100 * score->accuracy, 100 * score->low,
                 100 * score->high);
  }
  range_cell(m, stages, count, g);
  markup_raw(m, "</tr>\n");
}

static void groups(markup *m, const report_stage *const *stages, size_t count, const report_cell *cells) {
  static const char *const SPLITS[DESPUR_SPLITS] = {"training", "validation", "test"};
  const report_eval *final = stages[count - 1]->final;
  size_t rows = final->scores.groups_count;
  markup_print(
      m,
      "<table class=\"wide\">\n"
      "<caption>Accuracy of every group on the %s pictures, in per cent, with its 95\xc2\xa0%% interval "
      "(Wilson). Bold: the worst group. \xe2\x97\x86: the usual group of its class, which has most "
      "training pictures.</caption>\n",
      SPLITS[final->split]);
  markup_print(m,
               "<thead><tr><th scope=\"col\">Group</th><th scope=\"col\" class=\"n\">Train</th><th "
               "scope=\"col\" class=\"n\">%s</th>",
               final->split == DESPUR_TEST  ? "Test"
               : final->split == DESPUR_VAL ? "Valid."
                                            : "Seen");
  heading_cells(m, stages, count);
  markup_raw(m, "<th scope=\"col\" class=\"range\"><svg role=\"img\" aria-label=\"0 to 100 per "
                "cent\"><text x=\"0\" y=\"14\">0</text><text class=\"half\" x=\"50%\" y=\"14\" "
                "text-anchor=\"middle\">50</text><text x=\"100%\" y=\"14\" "
                "text-anchor=\"end\">100</text></svg></th></tr></thead>\n<tbody>\n");
  for (size_t g = 0; g < rows && g < MOST_ROWS; g++) group_row(m, stages, count, g, cells[g].usual);
  markup_raw(m, "</tbody>\n</table>\n");
  if (rows > MOST_ROWS)
    markup_print(m, "<p class=\"note\">%zu more groups are in results.jsonl.</p>\n", rows - MOST_ROWS);
}

void section_groups(markup *m, const report_run *run) {
  const report_stage *stages[REPORT_STAGES];
  report_cell *cells = NULL;
  size_t count = measured(stages, run);
  if (count == 0) return;
  /* two stages of one run have the same groups; a file that says otherwise is shown by its last stage */
  if (count == 2 && stages[0]->final->scores.groups_count != stages[1]->final->scores.groups_count)
    stages[0] = stages[1], count = 1;
  if (m->status == DESPUR_OK)
    m->status = report_partition(&cells, &stages[count - 1]->final->scores, m->error);
  if (m->status == DESPUR_OK) {
    section_open(m, "Group by group");
    markup_raw(m, "<div class=\"beside\">\n<div>\n");
    measures(m, run, stages, count);
    markup_raw(m, "</div>\n<div>\n");
    groups(m, stages, count, cells);
    markup_raw(m, "</div>\n<div>\n");
    plot_figures(m, &plot_sizes, run);
    markup_raw(m, "</div>\n</div>\n");
    section_close(m);
  }
  mem_free(cells);
}
