/* The table of measures over all groups. */
#include "report/group_table.h"

#include <math.h>

static void heading_cells(markup *m, const group_table *t) {
  for (size_t s = 0; s < t->count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", page_tone(s, t->count),
                 page_is_long(t->labels[s]) ? " long" : "", t->labels[s]);
}

static void measure_row(markup *m, const char *name, const group_table *t,
                        double (*measure)(const despur_scores *)) {
  bool known = false;
  for (size_t s = 0; s < t->count; s++) known |= !isnan(measure(t->scores[s]));
  if (!known) return;
  markup_print(m, "<tr><th scope=\"row\">%s</th>", name);
  for (size_t s = 0; s < t->count; s++) page_share_cell(m, measure(t->scores[s]), (double)NAN, (double)NAN);
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
static void worst_row(markup *m, const char *name, const group_table *t) {
  markup_print(m, "<tr class=\"low\"><th scope=\"row\">%s</th>", name);
  for (size_t s = 0; s < t->count; s++)
    page_share_cell(m, t->scores[s]->worst_group_accuracy, t->scores[s]->worst_group_low,
                    t->scores[s]->worst_group_high);
  markup_raw(m, "</tr>\n");
}

void page_measure_table(markup *m, const group_table *t, const char *caption) {
  markup_raw(m, "<table class=\"narrow\">\n<caption>");
  page_sentence(m, caption);
  markup_raw(m, "</caption>\n<thead><tr><th scope=\"col\">Measure</th>");
  heading_cells(m, t);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  worst_row(m, t->attributes ? "Worst group" : "Worst class", t);
  measure_row(m, "Average over examples", t, average);
  measure_row(m, "Average weighted by training shares", t, weighted);
  measure_row(m, t->attributes ? "Mean over groups" : "Mean over classes", t, balanced);
  if (t->attributes) measure_row(m, "Worst class", t, worst_class);
  measure_row(m, "Tells the attribute", t, attribute);
  measure_row(m, "The same, by chance", t, attribute_chance);
}

void page_table_close(markup *m) {
  markup_raw(m, "</tbody>\n</table>\n");
}
