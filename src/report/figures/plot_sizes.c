/* Accuracy of every group against the number of its training examples, or of those that were measured where
 * these are not known. */
#include "base/memory.h"
#include "report/figures/group_table.h"
#include "report/figures/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  MOST_MARKS = 2000,
  NEAR = 5 /* pixels */
};

static size_t count(const report_run *run) {
  const report_stage *last = report_last_stage(run);
  return last && last->final->scores.groups_count > 1;
}

/* Groups without such examples stand at the left end of a logarithmic axis, as if they had half a one. */
static double size_of(const despur_group_score *group, bool trained) {
  size_t size = trained ? group->train_count : group->count;
  return size ? (double)size : 0.5;
}

static void size_axis(chart *c, const despur_scores *scores, bool trained) {
  bool empty = false;
  c->x.low = INFINITY, c->x.high = 0;
  for (size_t g = 0; g < scores->groups_count; g++) {
    double size = size_of(&scores->groups[g], trained);
    if (size < c->x.low) c->x.low = size;
    if (size > c->x.high) c->x.high = size;
    empty |= size < 1;
  }
  c->x.low /= 1.6, c->x.high *= 1.6;
  c->x.logarithmic = true;
  ticks t = ticks_logarithmic(c->x.low > 1 ? c->x.low : 1, c->x.high);
  chart_x_axis(c, &t,
               !trained ? "examples in the group"
               : empty  ? "training examples in the group (left end: none)"
                        : "training examples in the group");
}

typedef struct place {
  double at;
  size_t group;
} place;

static int compare_places(const void *left, const void *right) {
  const place *a = left, *b = right;
  if (a->at != b->at) return a->at < b->at ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

/* The groups from left to right; NULL when the markup says why. */
static place *places_of(const chart *c, const despur_scores *scores, bool trained) {
  place *places = NULL;
  if (c->m->status == DESPUR_OK)
    c->m->status = mem_alloc(&places, scores->groups_count, sizeof *places, c->m->error);
  if (!places) return NULL;
  for (size_t g = 0; g < scores->groups_count; g++)
    places[g] = (place){scale_at(&c->x, size_of(&scores->groups[g], trained)), g};
  qsort(places, scores->groups_count, sizeof *places, compare_places);
  return places;
}

/* Groups of nearly one size would cover each other: they are set side by side, up to 40 pixels wide. The
 * shift in pixels of one of them. */
static double beside(size_t which, size_t all) {
  double step = all > 1 ? 40.0 / (double)(all - 1) : 0;
  if (step > 6) step = 6;
  return step * ((double)which - 0.5 * (double)(all - 1));
}

/* Of many groups every so manyth is drawn, from left to right. */
static size_t thinning(const despur_scores *scores) {
  return (scores->groups_count + MOST_MARKS - 1) / MOST_MARKS;
}

static void draw_network(chart *c, const group_table *t, size_t which, const char *interval_class,
                         const char *dot_class) {
  const despur_scores *scores = t->scores[which];
  place *places = places_of(c, scores, t->trained);
  for (size_t i = 0, near = 0, end = 0; places && i < scores->groups_count; i++) {
    while (places[i].at - places[near].at > NEAR) near++;
    while (end < scores->groups_count && places[end].at - places[i].at <= NEAR) end++;
    if (i % thinning(scores) != 0) continue;
    const despur_group_score *group = &scores->groups[places[i].group];
    double x = size_of(group, t->trained), shift = beside(i - near, end - near);
    scale kept = c->x;
    c->x.from += shift, c->x.to += shift;
    chart_interval(c, x, 100 * group->low, 100 * group->high, interval_class);
    chart_dot(c, x, 100 * group->accuracy, 3.5, dot_class);
    c->x = kept;
  }
  mem_free(places);
}

void page_draw_sizes(chart *c, const group_table *t) {
  const despur_scores *scores = t->scores[t->count - 1];
  char description[128] =
      "One mark for each group, with its 95 per cent interval; the table has the numbers.";
  if (thinning(scores) > 1)
    snprintf(description, sizeof description,
             "One mark for one group in %zu, by the order of their sizes, with its 95 per cent interval.",
             thinning(scores));
  chart_open(c, 276,
             t->trained ? "Accuracy by size of the training group, %" : "Accuracy by size of the group, %",
             description);
  c->top = c->y.to = 54; /* below the legend */
  c->y.low = 0, c->y.high = 100;
  ticks y = ticks_linear(0, 100, 5);
  chart_y_axis(c, &y);
  size_axis(c, scores, t->trained);
  chart_legend(c, t->count > 1 ? t->labels[0] : NULL, t->labels[t->count - 1]);
  if (t->count > 1) draw_network(c, t, 0, "i-before", "o-before");
  draw_network(c, t, t->count - 1, "i-after", "f-after");
  chart_close(c);
}

static void draw(chart *c, const report_run *run, size_t index) {
  (void)index;
  const report_stage *last = report_last_stage(run), *first = report_first_stage(run);
  group_table t = {.trained = true};
  if (first != last && first->final->scores.groups_count == last->final->scores.groups_count) {
    t.labels[t.count] = first->label;
    t.scores[t.count++] = &first->final->scores;
  }
  t.labels[t.count] = last->label;
  t.scores[t.count++] = &last->final->scores;
  page_draw_sizes(c, &t);
}

static const char CAPTION[] =
    "Lines: 95 per cent intervals. Groups of about the same size are set side by side.";

void page_draw_sizes_figure(chart *c, const group_table *t) {
  if (t->scores[t->count - 1]->groups_count < 2) return;
  markup_raw(c->m, "<figure>\n");
  page_draw_sizes(c, t);
  markup_print(c->m, "<figcaption>%s</figcaption>\n</figure>\n", CAPTION);
}

const plot plot_sizes = {"sizes", count, draw, CAPTION};
