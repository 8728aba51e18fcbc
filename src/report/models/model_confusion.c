/* What the model says instead: of each group, and of each label, how often which class is predicted. */
#include "base/memory.h"
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/models/models.h"

#include <stdlib.h>

enum { MOST_COLUMNS = 12, MOST_ROWS = 60, MOST_PAIRS = 20 };

static void cell(markup *m, size_t count, size_t of, bool right) {
  if (count == 0)
    markup_print(m, "<td class=\"n none\">%s</td>", right ? "0.0" : "\xc2\xb7");
  else
    markup_print(m, "<td class=\"n%s\" style=\"--share:%.3f\">%.1f</td>", right ? " right" : "",
                 (double)count / (double)of, 100 * (double)count / (double)of);
}

/* One row of a confusion matrix, in per cent of the examples of that label. */
static void row(markup *m, const char *name, const size_t *counts, size_t label, size_t classes) {
  size_t sum = 0;
  for (size_t c = 0; c < classes; c++) sum += counts[c];
  if (sum == 0) return;
  markup_print(m, "<tr><th scope=\"row\" class=\"%s\">%s</th><td class=\"n\">%s</td>",
               page_is_long(name) ? "long" : "name", name, file_grouped(sum).text);
  for (size_t c = 0; c < classes; c++) cell(m, counts[c], sum, c == label);
  markup_raw(m, "</tr>\n");
}

static void open_table(markup *m, const despur_predicted *p, const char *caption, const char *what) {
  markup_print(m,
               "<div class=\"scroll\">\n<table class=\"heat\">\n<caption>%s</caption>\n<thead><tr><th "
               "scope=\"col\">%s</th><th scope=\"col\" class=\"n\">Examples</th>",
               caption, what);
  for (size_t c = 0; c < p->classes; c++)
    markup_print(m, "<th scope=\"col\" class=\"n%s\">%s</th>", page_is_long(p->class_names[c]) ? " long" : "",
                 p->class_names[c]);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
}

static void close_table(markup *m) {
  page_table_close(m);
  markup_raw(m, "</div>\n");
}

static void by_label(markup *m, const despur_model *model) {
  const despur_predicted *p = &model->predicted;
  open_table(m, p,
             "All groups together: of the examples with a label, how many per cent get which prediction.",
             "Label");
  for (size_t k = 0; k < p->classes; k++)
    row(m, p->class_names[k], model->measures.all.confusion + k * p->classes, k, p->classes);
  close_table(m);
}

/* Groups that hold several labels have a row for each. */
static size_t group_rows(markup *m, const model_page *page, size_t g) {
  const despur_model *model = &page->models[0];
  const despur_predicted *p = &model->predicted;
  const size_t *confusion = model->measures.groups[g].confusion;
  size_t rows = 0;
  for (size_t k = 0; k < p->classes; k++) {
    text name = {0};
    const size_t *counts = confusion + k * p->classes;
    bool any = false;
    for (size_t c = 0; c < p->classes; c++) any |= counts[c] > 0;
    if (!any) continue;
    if (m->status == DESPUR_OK)
      m->status = model->measures.groups_have_one_label
                      ? text_add(&name, m->error, "%s", page->names[g])
                      : text_add(&name, m->error, "%s, label %s", page->names[g], p->class_names[k]);
    if (m->status == DESPUR_OK) row(m, name.data, counts, k, p->classes);
    mem_free(name.data);
    rows++;
  }
  return rows;
}

static void by_group(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  const despur_predicted *p = &model->predicted;
  size_t *order = page_group_order(m, &model->scores), rows = 0, shown = 0;
  open_table(m, p, "Group by group: how many per cent of it get which prediction; framed: the right one.",
             page->heading);
  for (; order && shown < p->groups_count && rows < MOST_ROWS; shown++)
    rows += group_rows(m, page, order[shown]);
  close_table(m);
  if (shown < p->groups_count)
    markup_print(m, "<p class=\"note\">%zu more groups are in results.json.</p>\n", p->groups_count - shown);
  mem_free(order);
}

/* ---- many classes ---- */

typedef struct mistake {
  size_t count, label, prediction;
} mistake;

static int by_count(const void *left, const void *right) {
  const mistake *a = left, *b = right;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  if (a->label != b->label) return a->label < b->label ? -1 : 1;
  return a->prediction < b->prediction ? -1 : a->prediction > b->prediction;
}

static size_t list_mistakes(mistake *out, const size_t *confusion, size_t classes) {
  size_t count = 0;
  for (size_t k = 0; k < classes; k++)
    for (size_t c = 0; c < classes; c++)
      if (c != k && confusion[k * classes + c] > 0)
        out[count++] = (mistake){confusion[k * classes + c], k, c};
  qsort(out, count, sizeof *out, by_count);
  return count;
}

/* A matrix that is wider than a page gives way to the mistakes that are made most often. */
static void most_frequent(markup *m, const despur_model *model) {
  const despur_predicted *p = &model->predicted;
  const size_t *confusion = model->measures.all.confusion;
  mistake *mistakes = NULL;
  if (m->status == DESPUR_OK)
    m->status = mem_alloc(&mistakes, p->classes * p->classes, sizeof *mistakes, m->error);
  if (!mistakes) return;
  size_t count = list_mistakes(mistakes, confusion, p->classes);
  markup_raw(m, "<table>\n<caption>The mistakes that are made most often.</caption>\n<thead><tr><th "
                "scope=\"col\">Label</th><th scope=\"col\">Prediction</th><th scope=\"col\" "
                "class=\"n\">Examples</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < count && i < MOST_PAIRS; i++)
    markup_print(m,
                 "<tr><th scope=\"row\" class=\"long\">%s</th><td class=\"long\">%s</td><td "
                 "class=\"n\">%s</td></tr>\n",
                 p->class_names[mistakes[i].label], p->class_names[mistakes[i].prediction],
                 file_grouped(mistakes[i].count).text);
  page_table_close(m);
  markup_print(m, "<p class=\"note\">The matrices of %zu classes are in results.json.</p>\n", p->classes);
  mem_free(mistakes);
}

void model_confusion(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  const despur_measures *measures = &model->measures;
  if (!measures->all.confusion || !model->predicted.class_names) return;
  section_open(m, "What it predicts");
  if (measures->classes > MOST_COLUMNS) {
    most_frequent(m, model);
  } else {
    markup_raw(m, "<div class=\"split\">\n<div>\n");
    by_label(m, model);
    markup_raw(m, "</div>\n<div>\n");
    if (measures->groups_count > 0 && measures->groups[0].confusion) by_group(m, page);
    markup_raw(m, "</div>\n</div>\n");
  }
  section_close(m);
}
