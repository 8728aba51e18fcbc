/* Whether its probabilities are what they say: over all examples, by attribute and by prediction. Not by
 * group within a label, where the best predictor looks miscalibrated. */
#include "base/memory.h"
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/figures/reliability.h"
#include "report/models/models.h"
#include "report/verdicts/model_words.h"

#include <math.h>
#include <stdio.h>

enum { MOST_ROWS = 60 };

static const struct {
  const char *tone, *line;
} TONES[] = {{"k0", "s-k0"}, {"k1", "s-k1"}, {"k2", "s-k2"}, {"k3", "s-k3"}};

enum { TONE_COUNT = sizeof TONES / sizeof *TONES };

static void number_cell(markup *m, double value) {
  if (isnan(value))
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  else
    markup_print(m, "<td class=\"n\">%.3f</td>", value);
}

static void row(markup *m, const char *name, const despur_group_measures *part, bool ranks) {
  if (part->count == 0) return;
  markup_print(m, "<tr><th scope=\"row\" class=\"%s\">%s</th><td class=\"n\">%s</td>",
               page_is_long(name) ? "long" : "name", name, file_grouped(part->count).text);
  number_cell(m, part->calibration_error);
  number_cell(m, part->brier);
  number_cell(m, part->log_loss);
  if (ranks) number_cell(m, part->auroc);
  markup_raw(m, "</tr>\n");
}

/* The name of an attribute as the verdict says it; release with mem_free(out.data). */
static text words(markup *m, const char *attribute) {
  text out = {0};
  if (m->status == DESPUR_OK) m->status = words_of_value(&out, attribute, m->error);
  return out;
}

static void table(markup *m, const despur_model *model) {
  const despur_measures *measures = &model->measures;
  bool ranks = measures->classes == 2;
  markup_print(m,
               "<table>\n<caption>Calibration error (ECE) over 15 bins, Brier score, log loss%s.</caption>\n"
               "<thead><tr><th scope=\"col\">Among</th><th scope=\"col\" class=\"n\">Examples</th><th "
               "scope=\"col\" class=\"n\">Calibration</th><th scope=\"col\" class=\"n\">Brier</th><th "
               "scope=\"col\" class=\"n\">Log loss</th>%c",
               ranks ? ", and AUROC" : "", '\n');
  if (ranks) markup_raw(m, "<th scope=\"col\" class=\"n\">AUROC</th>");
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  row(m, "all examples", &measures->all, ranks);
  for (size_t k = 0; k < measures->attributes_count && k < MOST_ROWS; k++) {
    text name = words(m, measures->attribute_names[k]);
    if (m->status == DESPUR_OK) row(m, name.data, &measures->attributes[k], ranks);
    mem_free(name.data);
  }
  for (size_t c = 0; c < measures->classes && c < MOST_ROWS && model->predicted.class_names; c++) {
    text name = {0};
    if (m->status == DESPUR_OK)
      m->status = text_add(&name, m->error, "predicted %s", model->predicted.class_names[c]);
    if (m->status == DESPUR_OK) row(m, name.data, &measures->predictions[c], ranks);
    mem_free(name.data);
  }
  page_table_close(m);
  if (measures->attributes_count > MOST_ROWS || measures->classes > MOST_ROWS)
    markup_raw(m, "<p class=\"note\">More are in results.json.</p>\n");
}

/* Which of the parts have most examples, at most TONE_COUNT, as they stand. */
static size_t largest(size_t out[TONE_COUNT], const despur_group_measures *parts, size_t count) {
  size_t kept = 0;
  for (size_t k = 0; k < count; k++) {
    size_t at = kept;
    if (parts[k].count == 0) continue;
    for (; at > 0 && parts[k].count > parts[out[at - 1]].count; at--)
      if (at < TONE_COUNT) out[at] = out[at - 1];
    if (at < TONE_COUNT) out[at] = k;
    if (kept < TONE_COUNT) kept++;
  }
  return kept;
}

/* A line for each of the largest parts; names: in words that fit beside the chart. */
static void figure(markup *m, const char *title, const despur_group_measures *parts, const short_text *names,
                   const size_t *which, size_t count) {
  reliability_line lines[TONE_COUNT] = {0};
  chart c = {.m = m};
  for (size_t i = 0; i < count; i++) {
    lines[i] = (reliability_line){
        .name = names[i].text, .tone = TONES[i].tone, .line = TONES[i].line, .dot = TONES[i].tone};
    reliability_add(&lines[i].sums, &parts[which[i]]);
  }
  markup_raw(m, "<figure>\n");
  reliability_draw(&c, title, lines, count, true);
  markup_raw(m, "</figure>\n");
}

static void by_attribute(markup *m, const despur_measures *measures) {
  size_t which[TONE_COUNT], count = largest(which, measures->attributes, measures->attributes_count);
  short_text names[TONE_COUNT];
  for (size_t i = 0; i < count; i++) {
    text name = words(m, measures->attribute_names[which[i]]);
    names[i] = text_fit(name.data ? name.data : "", CHART_LABEL);
    mem_free(name.data);
  }
  if (count > 1)
    figure(m, "Accuracy by confidence, %: by attribute", measures->attributes, names, which, count);
}

static void by_prediction(markup *m, const despur_model *model) {
  const despur_measures *measures = &model->measures;
  size_t which[TONE_COUNT], count = largest(which, measures->predictions, measures->classes);
  short_text names[TONE_COUNT];
  for (size_t i = 0; i < count && model->predicted.class_names; i++)
    names[i] = text_fit(model->predicted.class_names[which[i]], CHART_LABEL);
  if (model->predicted.class_names)
    figure(m, "Accuracy by confidence, %: by prediction", measures->predictions, names, which, count);
}

void model_calibration(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  if (!model->measures.all.bins) return;
  section_open(m, "What it knows of itself");
  markup_print(m,
               "<p class=\"note\">Confidence is the probability that the model gives its answer; of answers "
               "with 80\xc2\xa0%% four in five should be right. Its calibration error is %.1f points over "
               "all examples.</p>\n",
               100 * model->measures.all.calibration_error);
  markup_raw(m, "<div class=\"beside\">\n<div>\n");
  by_attribute(m, &model->measures);
  markup_raw(m, "</div>\n<div class=\"scroll\">\n");
  table(m, model);
  markup_raw(m, "</div>\n<div>\n");
  by_prediction(m, model);
  markup_raw(m, "</div>\n</div>\n");
  section_close(m);
}
