/* The table of measures over all groups. */
#include "report/figures/group_table.h"

#include <math.h>

static void heading_cells(markup *m, const group_table *t) {
  for (size_t s = 0; s < t->count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", page_tone(s, t->count),
                 page_is_long(t->labels[s]) ? " long" : "", t->labels[s]);
}

static void measure_row(markup *m, const char *title, const group_table *t, despur_score_kind kind) {
  bool known = false;
  for (size_t s = 0; s < t->count; s++) known |= !isnan(despur_score_value(t->scores[s], kind));
  if (!known) return;
  markup_print(m, "<tr><th scope=\"row\">%s</th>", title);
  for (size_t s = 0; s < t->count; s++)
    page_share_cell(m, despur_score_value(t->scores[s], kind), (double)NAN, (double)NAN);
  markup_raw(m, "</tr>\n");
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
  for (despur_score_kind kind = 0; kind < DESPUR_SCORE_KINDS; kind++) {
    const char *title = despur_score_describe(kind)->titles[!t->attributes];
    if (kind == DESPUR_SCORE_WORST_GROUP)
      worst_row(m, title, t);
    else if (title)
      measure_row(m, title, t, kind);
  }
}

void page_table_close(markup *m) {
  markup_raw(m, "</tbody>\n</table>\n");
}
