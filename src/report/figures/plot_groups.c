/* Accuracy of every group with its interval, the lowest first: the table of groups as a chart of its own. */
#include "base/memory.h"
#include "despur/report.h"
#include "report/figures/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_ROWS = 40, ROW = 15, NAME = 110 };

static size_t count(const report_run *run) {
  const report_stage *last = report_last_stage(run);
  return last && last->final->scores.groups_count > 1;
}

typedef struct place {
  double accuracy;
  size_t group;
} place;

static int compare_places(const void *left, const void *right) {
  const place *a = left, *b = right;
  if (a->accuracy < b->accuracy || a->accuracy > b->accuracy) return a->accuracy < b->accuracy ? -1 : 1;
  return a->group < b->group ? -1 : a->group > b->group;
}

/* Groups that have examples; NULL when the markup says why. */
static place *places_of(const chart *c, const despur_scores *scores, size_t *rows) {
  place *places = NULL;
  *rows = 0;
  if (c->m->status == DESPUR_OK)
    c->m->status = mem_alloc(&places, scores->groups_count, sizeof *places, c->m->error);
  if (!places) return NULL;
  for (size_t g = 0; g < scores->groups_count; g++)
    if (scores->groups[g].count > 0) places[(*rows)++] = (place){scores->groups[g].accuracy, g};
  qsort(places, *rows, sizeof *places, compare_places);
  if (*rows > MOST_ROWS) *rows = MOST_ROWS;
  return places;
}

static void draw_group(chart *c, const despur_group_score *group, double row, const char *line,
                       const char *dot) {
  const double x[2] = {100 * group->low, 100 * group->high}, y[2] = {row, row};
  if (group->count == 0) return;
  chart_line(c, x, y, 2, line);
  chart_dot(c, 100 * group->accuracy, row, 3.5, dot);
}

typedef struct side {
  const char *label;
  const despur_scores *scores;
} side;

/* before: NULL, or of the same groups. */
static void draw_sides(chart *c, const side *before, const side *after, const char *word) {
  const despur_scores *scores = after->scores;
  size_t rows;
  char title[64], description[160];
  place *places = places_of(c, scores, &rows);
  snprintf(title, sizeof title, "Accuracy of every %s, %%", word);
  snprintf(description, sizeof description,
           "A row for each of %zu groups, the lowest first, with its 95 per cent interval%s.", rows,
           before ? ", before (ring) and after (dot)" : "");
  chart_open(c, 50 + ROW * (double)rows + 44, title, description);
  c->top = 54; /* below the legend */
  c->left = c->x.from = NAME + 10;
  c->x.low = 0, c->x.high = 100;
  c->y = (scale){.low = 0, .high = (double)rows, .from = c->top - 8, .to = c->bottom};
  chart_legend(c, before ? before->label : NULL, after->label);
  ticks t = ticks_linear(0, 100, 5);
  for (size_t i = 0; i < t.count; i++) chart_vertical(c, t.values[i], "grid");
  chart_x_axis(c, &t, "");
  for (size_t i = 0; places && i < rows; i++) {
    size_t g = places[i].group;
    double y = (double)i + 0.5;
    chart_text(c, c->left - 8, scale_at(&c->y, y) + 4, "end", "",
               text_fit(scores->groups[g].name, NAME).text);
    if (before) draw_group(c, &before->scores->groups[g], y, "i-before", "o-before");
    draw_group(c, &scores->groups[g], y, "i-after", "f-after");
  }
  mem_free(places);
  chart_close(c);
}

static void draw(chart *c, const report_run *run, size_t index) {
  (void)index;
  const report_stage *last = report_last_stage(run), *first = report_first_stage(run);
  const side after = {last->label, &last->final->scores};
  bool both = first != last && first->final->scores.groups_count == after.scores->groups_count;
  const side before = {first->label, both ? &first->final->scores : NULL};
  draw_sides(c, both ? &before : NULL, &after, report_group_word(run));
}

const plot plot_groups = {"groups", count, draw, NULL};

despur_status despur_plot_groups(char **svg, const despur_model *model, despur_error *error) {
  markup m = {.error = error};
  chart c = {.m = &m, .standalone = true};
  *svg = NULL;
  if (model->scores.groups_count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "expected a model with scores of groups, found none");
  draw_sides(&c, NULL, &(side){model->label, &model->scores}, "group");
  if (m.status == DESPUR_OK)
    *svg = m.text.data;
  else
    mem_free(m.text.data);
  return m.status;
}
