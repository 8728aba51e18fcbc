/* The table of measures and the table of groups, before and after. */
#include "base/memory.h"
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/figures/plot.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The stages that were measured, in their order. Those of one run have the same groups; of a file that says
 * otherwise, what does not go with its last stage is left out. */
static size_t measured(const report_stage *out[REPORT_STAGES], const report_run *run) {
  const report_stage *last = report_last_stage(run);
  size_t count = 0;
  for (size_t s = 0; s < REPORT_STAGES; s++) {
    const report_eval *final = run->stages[s].final;
    if (final && final->scores.groups_count == last->final->scores.groups_count)
      out[count++] = &run->stages[s];
  }
  return count;
}

static void choice_row(markup *m, const char *name, size_t count, double value) {
  markup_print(m, "<tr><th scope=\"row\">%s</th>", name);
  for (size_t s = 0; s + 1 < count; s++) markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  markup_print(m, "<td class=\"n\">%.1f</td></tr>\n", 100 * value);
}

/* What validation says of the repaired network, and what that is worth. */
static void repair_rows(markup *m, const report_run *run, size_t count) {
  const report_repair *repair = &run->repair;
  if (isnan(repair->val_worst_group_accuracy)) return;
  choice_row(m, repair->cross_validated ? "Worst group on validation, in folds" : "Worst group on validation",
             count, repair->val_worst_group_accuracy);
  if (!isnan(repair->optimism))
    choice_row(m, "The same, less the choice of parameters", count,
               repair->val_worst_group_accuracy - repair->optimism);
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

static void measures(markup *m, const report_run *run, const group_table *t) {
  char caption[160];
  snprintf(caption, sizeof caption,
           "All %s together, in per cent. The interval of the worst %s holds for the minimum over all.",
           t->attributes ? "groups" : "classes", t->attributes ? "group" : "class");
  page_measure_table(m, t, caption);
  if (run->repair.present)
    repair_rows(m, run, t->count);
  else
    choice_rows(m, run, t->count);
  page_table_close(m);
}

/* How the last layer came to be. */
static void repaired(markup *m, const report_run *run) {
  const report_repair *repair = &run->repair;
  if (!repair->present) return;
  markup_print(
      m,
      "<p class=\"note\">%s: the last layer of the network before it, fitted again on its features of %s "
      "examples by %s%s%s.",
      report_last_stage(run)->label, file_grouped(repair->fitted_on).text, repair->method,
      *repair->parameters ? " with " : "", repair->parameters);
  if (repair->candidates > 1)
    markup_print(m, " That was the best of %zu settings on validation%s.", repair->candidates,
                 repair->cross_validated ? ", in folds" : "");
  if (!isnan(repair->gap))
    markup_print(m,
                 " The solver stopped before its optimum was certain (relative gap %.2g): the method may do "
                 "better than this.",
                 repair->gap);
  markup_raw(m, "</p>\n");
}

static void caption_of(char *out, size_t room, bool attributes, despur_split split) {
  const char *what = attributes ? "group" : "class";
  snprintf(
      out, room,
      "Accuracy of every %s on the %s examples, in per cent, with its 95 %% interval (Wilson). Bold: the "
      "worst %s.%s",
      what, despur_split_word(split), what,
      attributes ? " \xe2\x97\x86: the usual group of its class, which has most training examples." : "");
}

void section_groups(markup *m, const report_run *run) {
  const report_stage *stages[REPORT_STAGES];
  report_cell *cells = NULL;
  char caption[320];
  size_t count = measured(stages, run);
  bool attributes = report_has_attributes(run);
  if (count == 0) return;
  despur_split split = stages[count - 1]->final->split;
  if (m->status == DESPUR_OK) m->status = report_cells(&cells, &stages[count - 1]->final->scores, m->error);
  if (m->status == DESPUR_OK) {
    group_table t = {.caption = caption,
                     .what = attributes ? "Group" : "Class",
                     .count = count,
                     .sized = page_split_heading(split),
                     .rest = "results.jsonl",
                     .trained = true,
                     .attributes = attributes,
                     .cells = cells,
                     .marks_usual = attributes};
    for (size_t s = 0; s < count; s++) {
      t.labels[s] = stages[s]->label;
      t.scores[s] = &stages[s]->final->scores;
    }
    caption_of(caption, sizeof caption, attributes, split);
    section_open(m, attributes ? "Group by group" : "Class by class");
    repaired(m, run);
    markup_raw(m, "<div class=\"beside\">\n<div>\n");
    measures(m, run, &t);
    markup_raw(m, "</div>\n<div>\n");
    page_group_table(m, &t);
    markup_raw(m, "</div>\n<div>\n");
    plot_figures(m, &plot_sizes, run);
    markup_raw(m, "</div>\n</div>\n");
    section_close(m);
  }
  mem_free(cells);
}
