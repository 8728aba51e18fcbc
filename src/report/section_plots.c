/* Sections that are charts with a few words. */
#include "report/figures/plot.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

/* What each rule of selection would have given. */
static void rules(markup *m, const report_run *run) {
  if (run->rule_count == 0) return;
  const char *what = report_group_word(run);
  markup_print(
      m,
      "<div>\n<table>\n"
      "<caption>What each rule for choosing the epoch would have given on the test examples: accuracy "
      "of the worst %s, and how far it stays behind the best epoch, in per cent.</caption>\n"
      "<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">Epoch</th><th scope=\"col\" "
      "class=\"n\">Worst %s</th><th scope=\"col\" class=\"n\">Behind</th></tr></thead>\n<tbody>\n",
      what, what);
  for (size_t i = 0; i < run->rule_count; i++) {
    const report_rule *rule = &run->rules[i];
    bool used = strcmp(rule->name, report_setting(run, "select.rule")) == 0;
    markup_print(m,
                 "<tr class=\"%s\"><th scope=\"row\" class=\"long\">%s%s</th><td class=\"n\">%zu</td><td "
                 "class=\"n\">%.1f</td><td class=\"n\">%.1f</td></tr>\n",
                 used ? "low" : "other", rule->name, used ? " (used)" : "", rule->epoch,
                 100 * rule->worst_group_accuracy, 100 * rule->regret);
  }
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
}

void section_curves(markup *m, const report_run *run) {
  if (plot_curves.count(run) == 0) return;
  section_open(m, "Epoch by epoch");
  markup_raw(m, "<div class=\"grid3\">\n");
  plot_figures(m, &plot_curves, run);
  plot_figures(m, &plot_weights, run);
  rules(m, run);
  markup_raw(m, "</div>\n");
  section_close(m);
}

/* The number by which the epoch was chosen, beside what it is worth. */
static void choice(markup *m, const report_run *run) {
  const report_rule *rule = report_used_rule(run);
  if (!rule || strcmp(rule->name, "last") == 0 || isnan(rule->optimism)) return;
  double found = 100 * rule->val_worst_group_accuracy, added = 100 * rule->optimism;
  markup_print(
      m,
      "<p class=\"note\">Epoch %zu was chosen on the validation examples, where its worst %s has "
      "%.1f\xc2\xa0%%. Choosing the best of %zu epochs adds about %.1f points to that: fresh examples "
      "would give about %.1f\xc2\xa0%%.%s</p>\n",
      rule->epoch, report_group_word(run), found, run->stages[REPORT_TRAIN].epoch_count, added, found - added,
      run->stages[REPORT_TRAIN].final && run->stages[REPORT_TRAIN].final->split == DESPUR_TEST
          ? " Nothing was chosen on the test examples, and their numbers need no such correction."
          : "");
}

void section_tradeoff(markup *m, const report_run *run) {
  bool path = plot_tradeoff.count(run) > 0, sure = plot_reliability.count(run) > 0;
  if (!path && !sure) return;
  markup_raw(m, "<section>\n<h2>What it costs, and what the network knows of itself</h2>\n");
  if (path)
    markup_print(m,
                 "<p class=\"note\">Left: a dot for each epoch, a circle around the one that was kept; up "
                 "is better for the worst %s, right for the average.</p>\n",
                 report_group_word(run));
  choice(m, run);
  if (sure)
    markup_print(m,
                 "<p class=\"note\">Confidence is the probability that the final network gives its answer. "
                 "Its calibration error is %.1f points over all examples.</p>\n",
                 100 * run->measures.all.calibration_error);
  markup_raw(m, "<div class=\"grid3\">\n");
  plot_figures(m, &plot_tradeoff, run);
  plot_figures(m, &plot_reliability, run);
  markup_raw(m, "</div>\n");
  section_close(m);
}
