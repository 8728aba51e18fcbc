/* The page of several runs. */
#include "io/file.h"
#include "report/compare.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 200, MOST_RUNS = 1000 };

static void cell(markup *m, const repeats *r) {
  if (r->count == 0 || isnan(r->mean))
    markup_raw(m, "<td class=\"n\">\xe2\x80\x93</td>");
  else if (r->count == 1)
    markup_print(m, "<td class=\"n\">%.1f</td>", r->mean);
  else
    markup_print(m, "<td class=\"n\">%.1f <span class=\"to\">\xc2\xb1\xc2\xa0%.1f</span></td>", r->mean,
                 r->deviation);
}

static void name_cell(markup *m, const char *name) {
  markup_print(m, "<th scope=\"row\" class=\"%s\">%s</th>", page_is_long(name) ? "long" : "name", name);
}

static void methods(markup *m, const comparison *c, size_t data) {
  bool surely;
  size_t best = compare_best(c, data, &surely);
  markup_raw(
      m, "<div class=\"scroll\">\n<table class=\"wide\">\n"
         "<caption>Accuracy in per cent: mean over runs \xc2\xb1 standard deviation between them. Bold: the "
         "worst group that is best by more than chance explains (Welch\xe2\x80\x99s interval for the "
         "difference of means, 95\xc2\xa0%, against every other method). On the right, the worst group on "
         "validation, where the kept epoch was chosen, and what fresh validation examples would give, "
         "because choosing adds luck.</caption>\n"
         "<thead><tr><th scope=\"col\">Method</th><th scope=\"col\" class=\"n\">Runs</th><th scope=\"col\" "
         "class=\"n\">Worst group</th><th scope=\"col\" class=\"n\">Average</th><th scope=\"col\" "
         "class=\"n\">Weighted</th><th scope=\"col\" class=\"n\">Mean of groups</th><th scope=\"col\" "
         "class=\"n\">On validation</th><th scope=\"col\" class=\"n\">Less the "
         "choice</th></tr></thead>\n<tbody>\n");
  for (size_t method = 0; method < c->method_count; method++) {
    repeats worst = compare_repeats(c, data, method, COMPARE_WORST);
    if (worst.count == 0) continue;
    markup_print(m, "<tr class=\"%s\">", method == best && surely && c->method_count > 1 ? "best" : "other");
    name_cell(m, c->methods[method]);
    markup_print(m, "<td class=\"n\">%zu</td>", worst.count);
    for (int measure = 0; measure < COMPARE_MEASURES; measure++) {
      repeats r = compare_repeats(c, data, method, measure);
      cell(m, &r);
    }
    markup_raw(m, "</tr>\n");
  }
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
}

static const despur_scores *scores_of(const compare_run *r) {
  return &report_last_stage(&r->run)->final->scores;
}

/* The first run on a data set: its groups are the rows. */
static const despur_scores *first_scores(const comparison *c, size_t data) {
  for (size_t i = 0; i < c->directories.count; i++)
    if (!*c->runs[i].left_out && c->runs[i].data == data) return scores_of(&c->runs[i]);
  return NULL;
}

/* Mean accuracy of a group under a method, over the runs that have it; NaN without any. */
static double group_mean(const comparison *c, size_t data, size_t method, size_t g, const char *name) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < c->directories.count; i++) {
    if (!compare_counts(c, i, data, method)) continue;
    const despur_scores *s = scores_of(&c->runs[i]);
    if (g >= s->groups_count || strcmp(s->groups[g].name, name) != 0 || isnan(s->groups[g].accuracy))
      continue;
    sum += s->groups[g].accuracy;
    count++;
  }
  return count > 0 ? sum / count : (double)NAN;
}

static void groups(markup *m, const comparison *c, size_t data) {
  const despur_scores *first = first_scores(c, data);
  if (!first || first->groups_count == 0) return;
  markup_raw(m, "<div class=\"scroll\">\n<table class=\"heat\">\n"
                "<caption>Accuracy of every group, mean over runs, in per cent; the darker, the "
                "lower.</caption>\n"
                "<thead><tr><th scope=\"col\">Group</th><th scope=\"col\" class=\"n\">Training</th>");
  for (size_t method = 0; method < c->method_count; method++)
    if (compare_repeats(c, data, method, COMPARE_WORST).count > 0)
      markup_print(m, "<th scope=\"col\" class=\"n%s\">%s</th>",
                   page_is_long(c->methods[method]) ? " long" : "", c->methods[method]);
  markup_raw(m, "</tr></thead>\n<tbody>\n");
  for (size_t g = 0; g < first->groups_count && g < MOST_ROWS; g++) {
    const despur_group_score *group = &first->groups[g];
    markup_raw(m, "<tr>");
    name_cell(m, group->name);
    markup_print(m, "<td class=\"n\">%s</td>", file_grouped(group->train_count).text);
    for (size_t method = 0; method < c->method_count; method++) {
      if (compare_repeats(c, data, method, COMPARE_WORST).count == 0) continue;
      double mean = group_mean(c, data, method, g, group->name);
      if (isnan(mean))
        markup_raw(m, "<td class=\"n none\">\xe2\x80\x93</td>");
      else
        markup_print(m, "<td class=\"n\" style=\"--share:%.3f\">%.1f</td>", 1 - mean, 100 * mean);
    }
    markup_raw(m, "</tr>\n");
  }
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
}

static void figure(markup *m, const comparison *c, size_t data,
                   void (*draw)(chart *, const comparison *, size_t)) {
  chart drawn = {.m = m};
  markup_raw(m, "<figure>\n");
  draw(&drawn, c, data);
  markup_raw(m, "</figure>\n");
}

static void section_data(markup *m, const comparison *c, size_t data) {
  section_open(m, c->data[data]);
  methods(m, c, data);
  markup_raw(m, "<div class=\"split\">\n<div>\n");
  figure(m, c, data, compare_draw_runs);
  figure(m, c, data, compare_draw_front);
  markup_raw(m, "</div>\n<div>\n");
  groups(m, c, data);
  markup_raw(m, "</div>\n</div>\n");
  section_close(m);
}

static void section_runs(markup *m, const comparison *c) {
  size_t rows = 0, left_out = 0;
  section_open(m, "The runs");
  markup_raw(
      m, "<div class=\"scroll\">\n<table class=\"wide\">\n"
         "<caption>Worst group and average in per cent, on the kept weights of the last stage.</caption>\n"
         "<thead><tr><th scope=\"col\">Method</th><th scope=\"col\" class=\"n\">Seed</th><th scope=\"col\" "
         "class=\"n\">Epoch</th><th scope=\"col\" class=\"n\">Worst</th><th scope=\"col\" "
         "class=\"n\">Average</th><th scope=\"col\">Directory</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < c->directories.count; i++) {
    const compare_run *r = &c->runs[i];
    left_out += *r->left_out != 0;
    if (*r->left_out || rows++ >= MOST_RUNS) continue;
    markup_raw(m, "<tr>");
    name_cell(m, c->methods[r->method]);
    markup_print(m,
                 "<td class=\"n\">%s</td><td class=\"n\">%zu</td><td class=\"n\">%.1f</td><td "
                 "class=\"n\">%.1f</td><td class=\"path\">%s</td></tr>\n",
                 report_setting(&r->run, "seed"), report_last_stage(&r->run)->final->epoch,
                 compare_value(r, COMPARE_WORST), compare_value(r, COMPARE_AVERAGE), r->directory);
  }
  markup_raw(m, "</tbody>\n</table>\n</div>\n");
  if (rows > MOST_RUNS) markup_print(m, "<p class=\"note\">%zu more are not listed.</p>\n", rows - MOST_RUNS);
  if (left_out > 0) {
    markup_raw(m, "<h3>Left out</h3>\n<ul>\n");
    for (size_t i = 0; i < c->directories.count; i++)
      if (*c->runs[i].left_out)
        markup_print(m, "<li>%s: %s</li>\n", c->runs[i].directory, c->runs[i].left_out);
    markup_raw(m, "</ul>\n");
  }
  section_close(m);
}

static void section_doubts(markup *m) {
  section_open(m, "What was not checked");
  markup_raw(
      m, "<ul>\n"
         "<li>Whether the settings of each method were found with equal care. A method that was tuned "
         "longer looks better.</li>\n"
         "<li>More seeds. A standard deviation over a handful of runs is itself uncertain, and bold is "
         "given method by method: with many methods one may get it by luck.</li>\n"
         "<li>What each method was told. One that uses group labels of the training examples has an easier "
         "task than one that does not.</li>\n</ul>\n");
  section_close(m);
}

void page_comparison(markup *m, const comparison *c, const char *sentence) {
  size_t counting = 0;
  for (size_t i = 0; i < c->directories.count; i++) counting += !*c->runs[i].left_out;
  page_open(m, "Runs compared");
  markup_print(m, "<p class=\"kicker\"><b>%zu %s</b> \xc2\xb7 %zu %s \xc2\xb7 %zu %s</p>\n<h1>", counting,
               counting == 1 ? "run" : "runs", c->method_count, c->method_count == 1 ? "method" : "methods",
               c->data_count, c->data_count == 1 ? "data set" : "data sets");
  page_sentence(m, sentence);
  markup_raw(m, "</h1>\n");
  for (size_t d = 0; d < c->data_count; d++) section_data(m, c, d);
  section_runs(m, c);
  section_doubts(m);
  for (size_t i = 0; i < c->directories.count; i++)
    if (!*c->runs[i].left_out) {
      page_close(m, c->runs[i].run.manifest.version, "the files of the run");
      return;
    }
}
