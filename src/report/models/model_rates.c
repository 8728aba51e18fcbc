/* Rates by group, whatever the labels: each column alone, then all together, and how far groups are apart. */
#include "base/memory.h"
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/models/models.h"
#include "report/verdicts/model_words.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 60, MOST_CLASSES = 30 };

static const struct {
  despur_rate_kind kind;
  const char *name;
} COLUMNS[] = {{DESPUR_SELECTION, "Selection"},
               {DESPUR_TRUE_POSITIVE, "True positive"},
               {DESPUR_FALSE_POSITIVE, "False positive"},
               {DESPUR_PRECISION, "Precision"},
               {DESPUR_F1, "F1"},
               {DESPUR_ACCURACY, "Accuracy"}};

enum { COLUMN_COUNT = sizeof COLUMNS / sizeof *COLUMNS };

/* Ratios and their intervals are fractions. */
static void ratio_cell(markup *m, const despur_spread *s) {
  if (isnan(s->ratio))
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  else
    markup_print(m, "<td class=\"n\">%.2f <span class=\"to\">%.2f\xe2\x80\x93%.2f</span></td>", s->ratio,
                 s->ratio_low, s->ratio_high);
}

static void part_row(markup *m, const despur_rates_part *part, const char *name, double confidence) {
  markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th><td class=\"n\">%s</td>", name,
               file_grouped(part->count).text);
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    despur_rate rate = despur_rates_rate(part, COLUMNS[i].kind, confidence);
    page_share_cell(m, rate.value, rate.low, rate.high);
  }
  markup_raw(m, "</tr>\n");
}

static void spread_rows(markup *m, const despur_class_rates *of) {
  markup_raw(m, "<tr class=\"low\"><th scope=\"row\">Largest difference</th><td></td>");
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    const despur_spread *s = &of->spreads[COLUMNS[i].kind];
    page_share_cell(m, s->difference, s->difference_low, s->difference_high);
  }
  markup_raw(m, "</tr>\n<tr class=\"low\"><th scope=\"row\">Smallest ratio</th><td></td>");
  for (size_t i = 0; i < COLUMN_COUNT; i++) ratio_cell(m, &of->spreads[COLUMNS[i].kind]);
  markup_raw(m, "</tr>\n");
}

static void parts(markup *m, const despur_rates *rates, const despur_class_rates *of) {
  for (size_t k = 0; k < rates->parts_count && k < MOST_ROWS; k++) {
    text name = {0};
    if (m->status == DESPUR_OK) m->status = words_of_value(&name, of->parts[k].name, m->error);
    if (m->status == DESPUR_OK) part_row(m, &of->parts[k], name.data, rates->confidence);
    mem_free(name.data);
  }
}

static void table(markup *m, const despur_rates *rates, const char *attribute) {
  const despur_class_rates *of = &rates->classes[0];
  const despur_spread *odds = &of->spreads[DESPUR_EQUALISED_ODDS];
  markup_print(
      m,
      "<div class=\"scroll\">\n<table class=\"rates\">\n<caption>By %s, in per cent.</caption>\n<thead><tr>"
      "<th scope=\"col\">%s</th><th scope=\"col\" class=\"n\">Count</th>",
      attribute, attribute);
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    markup_print(m, "<th scope=\"col\" class=\"n\">%s</th>", COLUMNS[i].name);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  parts(m, rates, of);
  part_row(m, &of->all, "All examples", rates->confidence);
  if (!isnan(of->spreads[DESPUR_ACCURACY].difference)) spread_rows(m, of);
  page_table_close(m);
  markup_raw(m, "</div>\n");
  if (rates->parts_count > MOST_ROWS)
    markup_print(m, "<p class=\"note after\">%zu more are in results.json.</p>\n",
                 rates->parts_count - MOST_ROWS);
  if (!isnan(odds->difference))
    markup_print(
        m,
        "<p class=\"note after\">Equalised odds by %s: true or false positive rates are up to %.1f points "
        "apart (%.0f\xe2\x80\x93%.0f).</p>\n",
        attribute, 100 * odds->difference, 100 * odds->difference_low, 100 * odds->difference_high);
}

static void one_class(markup *m, const despur_model *model) {
  const despur_predicted *p = &model->predicted;
  const despur_rates *rates = model->rates;
  markup_print(
      m,
      "<p class=\"note\">Positive is %s%s. Groups are not within a label here. Differences and ratios "
      "are between groups, with intervals that hold for all pairs together; even of groups that are "
      "treated alike the largest difference is above 0.</p>\n",
      p->class_names ? p->class_names[rates->classes[0].class_index] : "the last class",
      p->positive_known ? "" : " (the other one: --positive)");
  for (size_t i = 0; i <= p->alone_count; i++)
    if (rates[i].parts_count > 0) table(m, &rates[i], model_attribute(p, i));
}

/* Of many classes, each against all others: only how far groups are apart. */
static void many_classes(markup *m, const despur_model *model) {
  const despur_predicted *p = &model->predicted;
  const despur_rates *rates = &model->rates[p->alone_count];
  markup_print(
      m,
      "<div class=\"scroll\">\n<table class=\"rates\">\n<caption>Largest difference between groups by "
      "%s, in points, of each class against all others, with intervals that hold for all pairs of groups "
      "together.</caption>\n<thead><tr><th scope=\"col\">Class</th>",
      model_attribute(p, p->alone_count));
  for (size_t i = 0; i < COLUMN_COUNT - 1; i++)
    markup_print(m, "<th scope=\"col\" class=\"n\">%s</th>", COLUMNS[i].name);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  for (size_t c = 0; c < rates->classes_count && c < MOST_CLASSES; c++) {
    const despur_class_rates *of = &rates->classes[c];
    markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th>",
                 p->class_names ? p->class_names[of->class_index] : "");
    for (size_t i = 0; i < COLUMN_COUNT - 1; i++) {
      const despur_spread *s = &of->spreads[COLUMNS[i].kind];
      page_share_cell(m, s->difference, s->difference_low, s->difference_high);
    }
    markup_raw(m, "</tr>\n");
  }
  page_table_close(m);
  markup_raw(m, "</div>\n");
  if (rates->classes_count > MOST_CLASSES)
    markup_print(m, "<p class=\"note\">%zu more classes are in results.json.</p>\n",
                 rates->classes_count - MOST_CLASSES);
}

void model_rates(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  const despur_rates *all = &model->rates[model->predicted.alone_count];
  if (all->classes_count == 0 || all->parts_count == 0) return;
  section_open(m, "Rates by group");
  if (all->classes_count == 1)
    one_class(m, model);
  else
    many_classes(m, model);
  section_close(m);
}

/* ---- several models ---- */

static void model_row(markup *m, const despur_model *model, const despur_rates *rates) {
  markup_print(m, "<tr><th scope=\"row\" class=\"long\">%s</th>", model->label);
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    const despur_spread *s = &rates->classes[0].spreads[COLUMNS[i].kind];
    page_share_cell(m, s->difference, s->difference_low, s->difference_high);
  }
  const despur_spread *odds = &rates->classes[0].spreads[DESPUR_EQUALISED_ODDS];
  page_share_cell(m, odds->difference, odds->difference_low, odds->difference_high);
  markup_raw(m, "</tr>\n");
}

static void spread_table(markup *m, const model_page *page, size_t by) {
  markup_print(m,
               "<div class=\"scroll\">\n<table class=\"rates\">\n<caption>By %s.</caption>\n<thead><tr><th "
               "scope=\"col\">Model</th>",
               model_attribute(&page->models[0].predicted, by));
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    markup_print(m, "<th scope=\"col\" class=\"n\">%s</th>", COLUMNS[i].name);
  markup_raw(m, "<th scope=\"col\" class=\"n\">Equalised odds</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < page->count; i++) model_row(m, &page->models[i], &page->models[i].rates[by]);
  page_table_close(m);
  markup_raw(m, "</div>\n");
}

/* Whether all have rates of one and the same positive class, by as many columns. */
static bool are_comparable(const model_page *page) {
  const despur_model *first = &page->models[0];
  for (size_t i = 0; i < page->count; i++) {
    const despur_model *model = &page->models[i];
    const despur_rates *rates = &model->rates[model->predicted.alone_count];
    if (rates->classes_count != 1 || rates->parts_count < 2 || !model->predicted.class_names) return false;
    if (model->predicted.alone_count != first->predicted.alone_count) return false;
    if (strcmp(model->predicted.class_names[rates->classes[0].class_index],
               first->predicted.class_names[first->rates[0].classes[0].class_index]) != 0)
      return false;
  }
  return true;
}

void model_spreads(markup *m, const model_page *page) {
  const despur_model *first = &page->models[0];
  if (!are_comparable(page)) return;
  section_open(m, "How far groups are apart");
  markup_print(
      m,
      "<p class=\"note\">Largest differences of rates between groups, in points, with intervals that "
      "hold for all pairs of groups together. Positive is %s; groups are not within a label here.</p>\n",
      first->predicted.class_names[first->rates[0].classes[0].class_index]);
  for (size_t by = 0; by <= first->predicted.alone_count; by++) spread_table(m, page, by);
  section_close(m);
}
