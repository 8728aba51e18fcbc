/* Sections that are charts with a few words. */
#include "report/page.h"
#include "report/plot.h"

#include <string.h>

/* What each rule of selection would have given. */
static void rules(markup *m, const report_run *run) {
  if (run->rule_count == 0) return;
  markup_raw(
      m,
      "<table>\n<caption>What each rule for choosing the epoch would have given on the test pictures: "
      "accuracy of the "
      "worst group, and how far it stays behind the best epoch, in per cent.</caption>\n<thead><tr>"
      "<th scope=\"col\">Rule</th><th scope=\"col\" class=\"n\">Epoch</th>"
      "<th scope=\"col\" class=\"n\">Worst group</th><th scope=\"col\" class=\"n\">Behind</th></tr></thead>\n"
      "<tbody>\n");
  for (size_t i = 0; i < run->rule_count; i++) {
    const report_rule *rule = &run->rules[i];
    bool used = strcmp(rule->name, report_setting(run, "select.rule")) == 0;
    markup_print(m,
                 "<tr class=\"%s\"><th scope=\"row\" class=\"long\">%s%s</th><td class=\"n\">%zu</td><td "
                 "class=\"n\">%.1f</td>"
                 "<td class=\"n\">%.1f</td></tr>\n",
                 used ? "low" : "other", rule->name, used ? " (used)" : "", rule->epoch,
                 100 * rule->worst_group_accuracy, 100 * rule->regret);
  }
  markup_raw(m, "</tbody>\n</table>\n");
}

void section_curves(markup *m, const report_run *run) {
  if (plot_curves.count(run) == 0) return;
  section_open(m, "Epoch by epoch");
  markup_raw(m, "<div class=\"grid3\">\n");
  plot_figures(m, &plot_curves, run);
  plot_figures(m, &plot_weights, run);
  markup_raw(m, "<div>\n");
  rules(m, run);
  markup_raw(m, "</div>\n</div>\n");
  section_close(m);
}

void section_tradeoff(markup *m, const report_run *run) {
  if (plot_tradeoff.count(run) == 0) return;
  markup_raw(m, "<section class=\"grid3\">\n<div>\n<h2>What the worst group costs the average</h2>\n");
  markup_raw(m, "<p class=\"note\">A dot for each epoch of the final training; the circle is the epoch that "
                "was kept. Up is fair, "
                "right is good on average.</p>\n</div>\n");
  plot_figures(m, &plot_tradeoff, run);
  section_close(m);
}
