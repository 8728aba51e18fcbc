/* How inferred groups map to true ones: tables of counts, shaded by the share of the inferred group. */
#include "io/file.h"
#include "report/figures/plot.h"
#include "report/loading/group_name.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Whether every inferred group holds examples of one class only. Then there is a table for each class, else
 * one for all. */
static bool divides_by_class(const report_inference *inference) {
  for (size_t i = 0; i < inference->inferred; i++)
    for (size_t j = 0; j < inference->truth; j++)
      if (inference->contingency[i * inference->truth + j] > 0 &&
          (inference->inferred_labels[i] == DESPUR_NO_CODE ||
           inference->inferred_labels[i] != inference->true_labels[j]))
        return false;
  return true;
}

/* Whether a group of a label is in the table of a class; DESPUR_NO_CODE: of all. */
static bool belongs(uint32_t label, uint32_t class) {
  return class == DESPUR_NO_CODE || label == class;
}

/* The name without the class, where the caption says that. */
static const char *short_name(const char *name, uint32_t class) {
  const char *from;
  const size_t length = group_name_label(&from, name);
  return class != DESPUR_NO_CODE && name[length] == ',' ? name + length + 1 : name;
}

static size_t inferred_size(const report_inference *inference, size_t i) {
  size_t sum = 0;
  for (size_t j = 0; j < inference->truth; j++) sum += inference->contingency[i * inference->truth + j];
  return sum;
}

/* Row j: a true group; a column for each inferred one. */
static void row(markup *m, const report_inference *inference, size_t j, uint32_t class) {
  const char *name = short_name(inference->true_names[j], class);
  markup_print(m, "<tr><th scope=\"row\" class=\"%s\">%s</th>", page_is_long(name) ? "long" : "name", name);
  for (size_t i = 0; i < inference->inferred; i++) {
    size_t count = inference->contingency[i * inference->truth + j];
    if (!belongs(inference->inferred_labels[i], class)) continue;
    if (count == 0)
      markup_raw(m, "<td class=\"n none\">\xc2\xb7</td>");
    else
      markup_print(m, "<td class=\"n\" style=\"--share:%.3f\">%s</td>",
                   (double)count / (double)inferred_size(inference, i), file_grouped(count).text);
  }
  markup_raw(m, "</tr>\n");
}

static void caption(markup *m, const char *name, uint32_t class) {
  const char *from;
  if (class == DESPUR_NO_CODE) {
    markup_raw(m, "All classes");
    return;
  }
  markup_raw(m, "Class ");
  const size_t length = group_name_label(&from, name);
  markup_span(m, from, length);
}

/* name: of a group of the class, or NULL for all. */
static void table(markup *m, const report_inference *inference, const char *name, uint32_t class) {
  markup_print(m, "<div class=\"scroll%s\">\n<table class=\"heat\">\n<caption>",
               class == DESPUR_NO_CODE ? " all" : "");
  caption(m, name, class);
  markup_raw(m, "</caption>\n<thead><tr><th scope=\"col\">True</th>");
  for (size_t i = 0; i < inference->inferred; i++)
    if (belongs(inference->inferred_labels[i], class))
      markup_print(m, "<th scope=\"col\" class=\"n\">%s</th>",
                   short_name(inference->inferred_names[i], class));
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  for (size_t j = 0; j < inference->truth; j++)
    if (belongs(inference->true_labels[j], class)) row(m, inference, j, class);
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
}

static void agreement(markup *m, const report_inference *inference) {
  markup_print(m, "<p>Adjusted Rand index %.3f", inference->adjusted_rand);
  if (!isnan(inference->minority_precision))
    markup_print(m,
                 "; of the examples in the smaller inferred groups of their class %.1f\xc2\xa0%% belong to "
                 "a smaller true one",
                 100 * inference->minority_precision);
  if (!isnan(inference->minority_recall))
    markup_print(m, "; of those in a smaller true group %.1f\xc2\xa0%% are in a smaller inferred one",
                 100 * inference->minority_recall);
  markup_raw(m, ".</p>\n");
}

/* One for the class of each inferred group that is the first of its class. */
static void tables_by_class(markup *m, const report_inference *inference) {
  const uint32_t *labels = inference->inferred_labels;
  for (size_t i = 0; i < inference->inferred; i++) {
    bool first = true;
    for (size_t h = 0; h < i; h++) first &= labels[h] != labels[i];
    if (first) table(m, inference, inference->inferred_names[i], labels[i]);
  }
}

static void embedding(markup *m, const report_run *run) {
  if (plot_embedding.count(run) == 0) return;
  markup_raw(m, "<div class=\"grid3\">\n");
  plot_figures(m, &plot_embedding, run);
  markup_raw(m, "</div>\n"
                "<p class=\"note after\">Outputs of the reference network along two axes: up to 2,000 "
                "training examples, of every inferred group equally many, or all. Dots that would hide "
                "each other are set side by side.");
  if (report_has_attributes(run)) markup_raw(m, " A network that reads the attribute sorts examples by it.");
  markup_raw(m, "</p>\n");
}

/* How they map to the groups that are known; without attributes there is nothing to map them to. */
static void against_truth(markup *m, const report_inference *inference) {
  enum { MOST_GROUPS = 120 };
  markup_raw(m, "<p class=\"note\">Columns: groups inferred without attribute labels; rows: true groups. "
                "Training examples; the darker a cell, the larger its share of the column.</p>\n");
  if (!isnan(inference->adjusted_rand)) agreement(m, inference);
  markup_raw(m, "<div class=\"grid3\">\n");
  if (inference->inferred > MOST_GROUPS || inference->truth > MOST_GROUPS)
    markup_raw(m, "<p class=\"note\">The table is too large for a page; results.jsonl has it.</p>\n");
  else if (divides_by_class(inference))
    tables_by_class(m, inference);
  else
    table(m, inference, NULL, DESPUR_NO_CODE);
  markup_raw(m, "</div>\n");
}

void section_clusters(markup *m, const report_run *run) {
  const report_inference *inference = &run->inference;
  bool attributes = report_has_attributes(run);
  if (!inference->present || inference->inferred == 0 || inference->truth == 0) return;
  if (!attributes && plot_embedding.count(run) + plot_silhouette.count(run) == 0) return;
  section_open(m, attributes ? "Inferred groups and true ones" : "How the groups were inferred");
  if (attributes) against_truth(m, inference);
  embedding(m, run);
  if (plot_silhouette.count(run) > 0) {
    markup_raw(m, "<div class=\"grid3\">\n");
    plot_figures(m, &plot_silhouette, run);
    markup_raw(m, "</div>\n");
  }
  section_close(m);
}
