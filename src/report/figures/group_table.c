/* The table of groups: sizes, and the accuracy of each under one network or two, with intervals. */
#include "report/figures/group_table.h"

#include "base/memory.h"
#include "io/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 200, MOST_IN_THEIR_ORDER = 10, MOST_UNBROKEN = 14 /* bytes of a name */ };

/* A group's accuracy and interval on a line from 0 to 100 %; a ring before, a dot after. */
static void range_mark(markup *m, const despur_group_score *group, const char *tone_name, bool ring,
                       double y) {
  if (group->count == 0) return;
  markup_print(m, "<line class=\"i-%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%g\" y2=\"%g\"/>", tone_name,
               100 * group->low, 100 * group->high, y, y);
  markup_print(m, "<circle class=\"%s-%s\" cx=\"%.2f%%\" cy=\"%g\" r=\"%g\"/>", ring ? "o" : "f", tone_name,
               100 * group->accuracy, y, ring ? 3.5 : 4.0);
}

static void range_cell(markup *m, const group_table *t, size_t g) {
  markup_raw(m, "<td class=\"range\"><svg aria-hidden=\"true\"><line class=\"grid\" x1=\"0\" x2=\"100%\" "
                "y1=\"9\" y2=\"9\"/>");
  for (size_t s = 0; s < t->count; s++)
    range_mark(m, &t->scores[s]->groups[g], page_tone(s, t->count), s + 1 < t->count, 9);
  markup_raw(m, "</svg></td>");
}

static void accuracy_cell(markup *m, const group_table *t, size_t s, size_t g) {
  const despur_group_score *score = &t->scores[s]->groups[g];
  if (score->count == 0) {
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
    return;
  }
  bool behind = t->marks_behind && verdict_is_behind(t->scores[s], t->cells, g);
  markup_print(m, "<td class=\"n%s\">%.1f%s <span class=\"to\">%.0f\xe2\x80\x93%.0f</span></td>",
               g == t->scores[s]->worst_group ? " low" : "", 100 * score->accuracy,
               behind ? "\xe2\x96\xbe" : "", 100 * score->low, 100 * score->high);
}

static void group_row(markup *m, const group_table *t, size_t g) {
  const despur_group_score *group = &t->scores[t->count - 1]->groups[g];
  const char *name = t->names ? t->names[g] : group->name;
  bool breaks = page_is_long(name) || (t->names && strlen(name) > MOST_UNBROKEN);
  markup_print(m, "<tr><th scope=\"row\" class=\"%s\">%s%s</th>", breaks ? "long" : "name", name,
               t->cells[g].usual && t->marks_usual ? " \xe2\x97\x86" : "");
  if (t->trained) markup_print(m, "<td class=\"n\">%s</td>", file_grouped(group->train_count).text);
  markup_print(m, "<td class=\"n\">%s</td>", file_grouped(group->count).text);
  for (size_t s = 0; s < t->count; s++) accuracy_cell(m, t, s, g);
  range_cell(m, t, g);
  markup_raw(m, "</tr>\n");
}

typedef struct place {
  double accuracy;
  size_t group;
} place;

/* The lowest accuracy first, the first of equals; groups without examples last. */
static int compare_places(const void *left, const void *right) {
  const place *a = left, *b = right;
  if (isnan(a->accuracy) != isnan(b->accuracy)) return isnan(a->accuracy) ? 1 : -1;
  if (a->accuracy < b->accuracy || a->accuracy > b->accuracy) return a->accuracy < b->accuracy ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

size_t *page_group_order(markup *m, const despur_scores *scores) {
  size_t count = scores->groups_count, *order = NULL;
  place *places = NULL;
  if (m->status == DESPUR_OK) m->status = mem_alloc(&places, count, sizeof *places, m->error);
  if (m->status == DESPUR_OK) m->status = mem_alloc(&order, count, sizeof *order, m->error);
  for (size_t g = 0; order && g < count; g++)
    places[g] = (place){g + scores->groups_aside < count ? scores->groups[g].accuracy : (double)NAN, g};
  if (order && count > MOST_IN_THEIR_ORDER) qsort(places, count, sizeof *places, compare_places);
  for (size_t i = 0; order && i < count; i++) order[i] = places[i].group;
  mem_free(places);
  return order;
}

/* A heading where a kind of groups begins that cannot be the worst. */
static void aside_row(markup *m, const group_table *t, size_t g, int *kind) {
  const despur_scores *s = t->scores[t->count - 1];
  int here = g + s->groups_aside < s->groups_count ? 0 : s->groups[g].count < s->least_count ? 2 : 1;
  size_t columns = 3 + t->count + (t->trained ? 1 : 0);
  if (here != *kind && here == 1)
    markup_print(m, "<tr><th colspan=\"%zu\">Set aside: cannot be the worst</th></tr>\n", columns);
  if (here != *kind && here == 2)
    markup_print(m, "<tr><th colspan=\"%zu\">Too small to say: fewer than %zu examples</th></tr>\n", columns,
                 s->least_count);
  *kind = here;
}

/* Numbers of somebody's labels or attributes that nobody has make groups that are not there. */
static bool occurs(const despur_group_score *group) {
  return group->count > 0 || group->train_count > 0;
}

static size_t count_occurring(const despur_scores *scores) {
  size_t there = 0;
  for (size_t g = 0; g < scores->groups_count; g++) there += occurs(&scores->groups[g]);
  return there;
}

static void rows(markup *m, const group_table *t) {
  const despur_scores *last = t->scores[t->count - 1];
  int kind = 0;
  size_t *order = page_group_order(m, last), written = 0;
  for (size_t i = 0; order && i < last->groups_count && written < MOST_ROWS; i++) {
    if (!occurs(&last->groups[order[i]])) continue;
    aside_row(m, t, order[i], &kind);
    group_row(m, t, order[i]);
    written++;
  }
  mem_free(order);
}

const char *page_split_heading(despur_split split) {
  return split == DESPUR_TEST ? "Test" : split == DESPUR_VAL ? "Valid." : "Seen";
}

void page_group_table(markup *m, const group_table *t) {
  const despur_scores *last = t->scores[t->count - 1];
  size_t there = count_occurring(last);
  markup_raw(m, "<table class=\"wide\">\n<caption>");
  page_sentence(m, t->caption);
  if (last->groups_count > MOST_IN_THEIR_ORDER) markup_raw(m, " The lowest come first.");
  markup_print(m, "</caption>\n<thead><tr><th scope=\"col\">%s</th>", t->what);
  if (t->trained) markup_raw(m, "<th scope=\"col\" class=\"n\">Train</th>");
  markup_print(m, "<th scope=\"col\" class=\"n\">%s</th>", t->sized);
  for (size_t s = 0; s < t->count; s++)
    markup_print(m, "<th scope=\"col\" class=\"n c-%s%s\">%s</th>", page_tone(s, t->count),
                 page_is_long(t->labels[s]) ? " long" : "", t->labels[s]);
  markup_raw(m, "<th scope=\"col\" class=\"range\"><svg role=\"img\" aria-label=\"0 to 100 per "
                "cent\"><text x=\"0\" y=\"14\">0</text><text class=\"half\" x=\"50%\" y=\"14\" "
                "text-anchor=\"middle\">50</text><text x=\"100%\" y=\"14\" "
                "text-anchor=\"end\">100</text></svg></th></tr></thead>\n<tbody>\n");
  rows(m, t);
  markup_raw(m, "</tbody>\n</table>\n");
  if (there > MOST_ROWS)
    markup_print(m, "<p class=\"note\">%zu more groups are in %s.</p>\n", there - MOST_ROWS, t->rest);
}
