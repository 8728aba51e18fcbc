/* The table of measures and the table of groups, before and after. */
#include "base/memory.h"
#include "report/group_table.h"
#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The stages that were measured, in their order. */
static size_t measured(const report_stage *out[REPORT_STAGES], const report_run *run) {
  size_t count = 0;
  for (size_t s = 0; s < REPORT_STAGES; s++)
    if (run->stages[s].final) out[count++] = &run->stages[s];
  return count;
}

static void heading_cells(markup *m, const report_stage *const *stages, size_t count) {
  for (size_t s = 0; s < count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", page_tone(s, count),
                 page_is_long(stages[s]->label) ? " long" : "", stages[s]->label);
}

static void measure_row(markup *m, const char *name, const report_stage *const *stages, size_t count,
                        double (*measure)(const despur_scores *)) {
  bool known = false;
  for (size_t s = 0; s < count; s++) known |= !isnan(measure(&stages[s]->final->scores));
  if (!known) return;
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
static void worst_row(markup *m, const char *name, const report_stage *const *stages, size_t count) {
  markup_print(m, "<tr class=\"low\"><th scope=\"row\">%s</th>", name);
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
  choice_row(m, report_has_attributes(run) ? "Worst group on validation" : "Worst class on validation", count,
             rule->val_worst_group_accuracy);
  choice_row(m, "The same, less the choice of epoch", count, rule->val_worst_group_accuracy - rule->optimism);
}

static void measures(markup *m, const report_run *run, const report_stage *const *stages, size_t count) {
  bool attributes = report_has_attributes(run);
  const char *what = attributes ? "group" : "class";
  markup_print(m,
               "<table class=\"narrow\">\n"
               "<caption>All %s together, in per cent. The interval of the worst %s holds for the "
               "minimum over all.</caption>\n<thead><tr><th scope=\"col\">Measure</th>",
               attributes ? "groups" : "classes", what);
  heading_cells(m, stages, count);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  worst_row(m, attributes ? "Worst group" : "Worst class", stages, count);
  measure_row(m, "Average over examples", stages, count, average);
  measure_row(m, "Average weighted by training shares", stages, count, weighted);
  measure_row(m, attributes ? "Mean over groups" : "Mean over classes", stages, count, balanced);
  if (attributes) measure_row(m, "Worst class", stages, count, worst_class);
  measure_row(m, "Tells the attribute", stages, count, attribute);
  measure_row(m, "The same, by chance", stages, count, attribute_chance);
  choice_rows(m, run, count);
  markup_raw(m, "</tbody>\n</table>\n");
}

static void groups(markup *m, const report_run *run, const report_stage *const *stages, size_t count,
                   const report_cell *cells) {
  char caption[320];
  despur_split split = stages[count - 1]->final->split;
  bool attributes = report_has_attributes(run);
  snprintf(
      caption, sizeof caption,
      "Accuracy of every %s on the %s examples, in per cent, with its 95 %% interval (Wilson). Bold: the "
      "worst %s.%s",
      attributes ? "group" : "class", despur_split_word(split), attributes ? "group" : "class",
      attributes ? " \xe2\x97\x86: the usual group of its class, which has most training examples." : "");
  group_table t = {.caption = caption,
                   .what = attributes ? "Group" : "Class",
                   .count = count,
                   .split = split,
                   .cells = cells,
                   .marks_usual = attributes};
  for (size_t s = 0; s < count; s++) {
    t.labels[s] = stages[s]->label;
    t.scores[s] = &stages[s]->final->scores;
  }
  page_group_table(m, &t);
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
    section_open(m, report_has_attributes(run) ? "Group by group" : "Class by class");
    markup_raw(m, "<div class=\"beside\">\n<div>\n");
    measures(m, run, stages, count);
    markup_raw(m, "</div>\n<div>\n");
    groups(m, run, stages, count, cells);
    markup_raw(m, "</div>\n<div>\n");
    plot_figures(m, &plot_sizes, run);
    markup_raw(m, "</div>\n</div>\n");
    section_close(m);
  }
  mem_free(cells);
}
