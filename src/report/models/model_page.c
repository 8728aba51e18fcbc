/* The page of a model that nothing is known of but its predictions. */
#include "io/file.h"
#include "report/figures/group_table.h"
#include "report/models/models.h"

#include <stdio.h>
#include <stdlib.h>

/* What the table is called, what was read as what, and what else there is to know before any number. */
static void heading(markup *m, const despur_model *model) {
  const despur_predicted *p = &model->predicted;
  markup_print(m, "<p class=\"kicker\"><b>%s</b> \xc2\xb7 %s examples", model->label,
               file_grouped(model->scores.count).text);
  if (p->columns) markup_print(m, " \xc2\xb7 %s", p->columns);
  markup_raw(m, "</p>\n");
}

void model_units(markup *m, const despur_model *model, bool named) {
  const despur_predicted *p = &model->predicted;
  char *sentence = NULL;
  if ((!p->units && !p->weights) || m->status != DESPUR_OK) return;
  m->status = despur_units_sentence(&sentence, p, &model->scores, m->error);
  if (m->status == DESPUR_OK)
    markup_print(m, "<p class=\"note\">%s%s%s: %s.</p>\n", p->units ? "Units" : "Weights", named ? ", " : "",
                 named ? model->label : "", sentence);
  free(sentence);
}

static void notes(markup *m, const despur_predicted *p) {
  for (size_t i = 0; i < p->notes_count; i++)
    markup_print(m, "<p class=\"note\">Note: %s.</p>\n", p->notes[i]);
}

void model_groups(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  bool by_label = model->measures.groups_have_one_label;
  char caption[400];
  chart sizes = {.m = m};
  group_table t = {.caption = caption,
                   .what = page->heading,
                   .count = 1,
                   .labels = {"Accuracy"},
                   .names = page->names,
                   .scores = {&model->scores},
                   .sized = "Count",
                   .rest = "results.json",
                   .attributes = model->predicted.attributes != NULL,
                   .cells = page->cells,
                   .marks_usual = true,
                   .marks_behind = true};
  snprintf(caption, sizeof caption,
           "Accuracy of every group in per cent, with its 95 %% interval (Wilson). Bold: the worst group. "
           "\xe2\x97\x86: the largest%s. \xe2\x96\xbe: surely behind that (95 %% confidence for all groups "
           "together).",
           by_label ? " of its label" : "");
  section_open(m, model->predicted.attributes ? "Group by group" : "Class by class");
  markup_raw(m, "<div class=\"beside\">\n<div>\n");
  page_measure_table(m, &t,
                     "All groups together, in per cent. The interval of the worst group holds for the "
                     "minimum over all.");
  page_table_close(m);
  markup_raw(m, "</div>\n<div>\n");
  page_group_table(m, &t);
  markup_raw(m, "</div>\n<div>\n");
  page_draw_sizes_figure(&sizes, &t);
  markup_raw(m, "</div>\n</div>\n");
  section_close(m);
}

void page_one_model(markup *m, const model_page *page) {
  const despur_model *model = &page->models[0];
  char title[256];
  snprintf(title, sizeof title, "%s: for whom it is wrong", model->label);
  page_open(m, title);
  heading(m, model);
  markup_raw(m, "<h1>");
  page_sentence(m, page->said->sentence.data);
  markup_raw(m, "</h1>\n<p class=\"lede\">");
  page_sentence(m, page->said->reason.data);
  markup_raw(m, "</p>\n");
  model_units(m, model, false);
  notes(m, &model->predicted);
  model_groups(m, page);
  model_confusion(m, page);
  model_rates(m, page);
  model_calibration(m, page);
  model_unchecked(m, page);
  model_files(m, page);
  page_close(m, DESPUR_VERSION, "predictions");
}
