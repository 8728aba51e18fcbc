/* despur compare: two models on the same examples. */
#include "columns.h"
#include "report.h"
#include "terminal.h"

#include "despur/compare.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether a p-value says that there is a difference. */
static bool differs(double p, const despur_comparison *c) {
  return p <= 1 - c->confidence;
}

/* ---- text ---- */

static void print_accuracy(double accuracy) {
  if (isnan(accuracy))
    terminal_print(stdout, "%8s", "-");
  else
    printf("%8.1f", 100 * accuracy);
}

static void print_difference(double difference, double low, double high) {
  char interval[40];
  if (isnan(difference)) {
    terminal_print(stdout, "%8s%18s", "-", "");
    return;
  }
  snprintf(interval, sizeof interval, "%+.1f to %+.1f", 100 * low, 100 * high);
  terminal_print(stdout, "%+8.1f  %-16s", 100 * difference, interval);
}

static void print_p(double p) {
  if (isnan(p))
    terminal_print(stdout, "%9s", "-");
  else if (p < 0.00005)
    terminal_print(stdout, "%9s", "<0.0001");
  else
    printf("%9.4f", p);
}

static void print_group(const despur_comparison *c, const despur_group_comparison *g, int width,
                        bool corrected) {
  bool strong = differs(corrected ? g->adjusted : g->p_value, c);
  if (strong) terminal_set(STYLE_STRONG);
  terminal_put_left(g->name, width);
  printf("%8zu", g->pairs.both + g->pairs.only_first + g->pairs.only_second + g->pairs.neither);
  print_accuracy(g->first);
  print_accuracy(g->second);
  print_difference(g->difference, g->low, g->high);
  print_p(g->p_value);
  if (corrected) print_p(g->adjusted);
  if (strong) terminal_set(STYLE_PLAIN);
  putchar('\n');
}

/* word: what a group is called, "group" or "class". */
static void print_worst(const despur_comparison *c, const char *word, int width) {
  const despur_worst_comparison *w = &c->worst;
  char label[16];
  snprintf(label, sizeof label, "worst %s", word);
  terminal_put_left(label, width);
  terminal_print(stdout, "%8s", "");
  print_accuracy(w->first);
  print_accuracy(w->second);
  print_difference(w->difference, w->low, w->high);
  print_p(w->p_value);
  putchar('\n');
}

static void print_worst_verdict(const despur_comparison *c, const char *word) {
  const despur_worst_comparison *w = &c->worst;
  if (w->group_first < c->groups_count)
    terminal_print(stdout, "worst %s: %s, %.1f %%, in the first; %s, %.1f %%, in the second\n", word,
                   c->groups[w->group_first].name, 100 * w->first, c->groups[w->group_second].name,
                   100 * w->second);
  if (w->distinguishable)
    terminal_print(stdout, "worst %s: the %s is better, by %.1f points (%.1f to %.1f)\n", word,
                   w->difference > 0 ? "second" : "first", 100 * fabs(w->difference),
                   100 * (w->difference > 0 ? w->low : -w->high),
                   100 * (w->difference > 0 ? w->high : -w->low));
  else
    terminal_print(stdout, "worst %s: not distinguishable (%+.1f to %+.1f points)\n", word, 100 * w->low,
                   100 * w->high);
}

static void print_groups_verdict(const despur_comparison *c, bool classes) {
  const char *single = classes ? "single classes" : "single groups";
  size_t better = 0, worse = 0;
  for (size_t g = 0; g < c->groups_count; g++) {
    const despur_group_comparison *of = &c->groups[g];
    if (!differs(of->adjusted, c)) continue;
    *(of->difference > 0 ? &better : &worse) += 1;
  }
  if (better + worse > 0)
    printf("%s: the second is better in %zu and worse in %zu of %zu\n", single, better, worse,
           c->groups_count);
  else
    printf("%s: not distinguishable in any\n", single);
}

/* By the worse of both accuracies. */
static size_t *rank_groups(const despur_comparison *c) {
  size_t count = c->groups_count;
  double *accuracies = malloc((count ? count : 1) * sizeof *accuracies);
  for (size_t g = 0; accuracies && g < count; g++)
    accuracies[g] = g + c->groups_aside < count ? fmin(c->groups[g].first, c->groups[g].second) : (double)NAN;
  size_t *order = accuracies ? report_worst_first(accuracies, count) : NULL;
  free(accuracies);
  return order;
}

static despur_status print_text(const despur_comparison *c, const despur_predicted *predicted,
                                const char *first, const char *second, despur_error *error) {
  const bool classes = !predicted->attributes;
  const char *word = classes ? "class" : "group";
  int width = terminal_columns(c->all.name);
  for (size_t g = 0; g < c->groups_count; g++)
    if (terminal_columns(c->groups[g].name) > width) width = terminal_columns(c->groups[g].name);
  if (width > 24) width = 24;
  terminal_print(stdout, "first:  %s\nsecond: %s\nmatched %s\n\n", first, second,
                 c->by_id ? "by their ids" : "row by row, as they stand");
  columns_print(predicted, first);
  despur_status status = columns_print_units(predicted, NULL, error);
  if (status != DESPUR_OK) return status;
  report_print_degenerate(&c->degenerate_first, " of the first");
  report_print_degenerate(&c->degenerate_second, " of the second");
  print_worst_verdict(c, word);
  putchar('\n');
  terminal_put_left(word, width);
  terminal_print(stdout, "%8s%8s%8s%8s  %-16s%9s%9s\n", "count", "first", "second", "change", "interval", "p",
                 "Holm");
  size_t *order = rank_groups(c);
  for (size_t g = 0; g < c->groups_count; g++) print_group(c, &c->groups[order ? order[g] : g], width, true);
  free(order);
  print_group(c, &c->all, width, false);
  print_worst(c, word, width);
  printf("\nAccuracies in per cent, intervals and decisions at %g %% confidence.\n\n", 100 * c->confidence);
  print_groups_verdict(c, classes);
  return DESPUR_OK;
}

/* ---- JSON ---- */

static void emit_difference(emit *j, double first, double second, double difference, double low, double high,
                            double p) {
  emit_real(j, "first", first);
  emit_real(j, "second", second);
  emit_real(j, "difference", difference);
  emit_real(j, "low", low);
  emit_real(j, "high", high);
  emit_real(j, "p", p);
}

static void emit_group(emit *j, const char *key, const despur_comparison *c,
                       const despur_group_comparison *g) {
  emit_open(j, key, '{');
  emit_text(j, "name", g->name);
  emit_count(j, "both", g->pairs.both);
  emit_count(j, "only_first", g->pairs.only_first);
  emit_count(j, "only_second", g->pairs.only_second);
  emit_count(j, "neither", g->pairs.neither);
  emit_difference(j, g->first, g->second, g->difference, g->low, g->high, g->p_value);
  emit_real(j, "adjusted", g->adjusted);
  if (c->units_count > 0) emit_count(j, "units", g->of_first.units);
  emit_flag(j, "distinguishable", differs(g->adjusted, c));
  emit_close(j, '}');
}

static void print_json(const despur_comparison *c, const despur_predicted *predicted, const char *first,
                       const char *second) {
  const despur_worst_comparison *w = &c->worst;
  emit j = {0};
  bool any = w->group_first < c->groups_count;
  emit_open(&j, NULL, '{');
  emit_text(&j, "first", first);
  emit_text(&j, "second", second);
  columns_emit(&j, predicted);
  emit_text(&j, "matched_by", c->by_id ? "id" : "row");
  emit_real(&j, "confidence", c->confidence);
  report_emit_degenerate(&j, "degenerate_first", &c->degenerate_first);
  report_emit_degenerate(&j, "degenerate_second", &c->degenerate_second);
  emit_open(&j, "worst_group", '{');
  emit_text(&j, "group_first", any ? c->groups[w->group_first].name : NULL);
  emit_text(&j, "group_second", any ? c->groups[w->group_second].name : NULL);
  emit_difference(&j, w->first, w->second, w->difference, w->low, w->high, w->p_value);
  emit_flag(&j, "distinguishable", w->distinguishable);
  emit_close(&j, '}');
  emit_group(&j, "all", c, &c->all);
  emit_open(&j, "groups", '[');
  for (size_t g = 0; g < c->groups_count; g++) emit_group(&j, NULL, c, &c->groups[g]);
  emit_close(&j, ']');
  emit_close(&j, '}');
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  double confidence;
  despur_columns columns;
  despur_predicted first = {0}, second = {0};
  despur_comparison comparison = {0};
  if (arguments->count != 2)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "compare: expected two run directories or files of predictions, found %zu",
                    arguments->count);
  despur_status status = columns_of(&columns, arguments, error);
  columns.others = cli_value(arguments, "same-order");
  columns.ids = !columns.others;
  if (status == DESPUR_OK) status = cli_confidence(&confidence, arguments, error);
  if (status == DESPUR_OK) status = despur_predicted_read(&first, arguments->positional[0], &columns, error);
  if (status == DESPUR_OK) status = despur_predicted_read(&second, arguments->positional[1], &columns, error);
  if (status == DESPUR_OK)
    status = columns_check_alignment(&first, arguments->positional[0], &second, arguments->positional[1],
                                     cli_value(arguments, "same-order"), error);
  if (status == DESPUR_OK) status = despur_compare(&comparison, &first, &second, confidence, error);
  if (status == DESPUR_OK && cli_value(arguments, "json"))
    print_json(&comparison, &first, arguments->positional[0], arguments->positional[1]);
  else if (status == DESPUR_OK)
    status = print_text(&comparison, &first, arguments->positional[0], arguments->positional[1], error);
  despur_comparison_release(&comparison);
  despur_predicted_release(&second);
  despur_predicted_release(&first);
  return status;
}

const cli_verb cli_compare = {
    .name = "compare",
    .usage = "RUN RUN [--confidence C] [--json], or FILE FILE [COLUMNS]",
    .summary = "say whether two models differ, group by group and in their worst groups",
    .help = "Reads the predictions that two runs have left, or two files as 'despur eval --predictions' "
            "reads them,\n"
            "for the same examples, which a column such as 'example' or 'id' tells apart. Each group: the "
            "difference of accuracies with its interval (Newcombe), "
            "McNemar's\n"
            "exact test, and its p-value corrected for the number of groups (Holm). The worst groups: the "
            "difference\n"
            "of the two minima; they are told apart when its interval leaves out 0, and p is the level at "
            "which it\n"
            "would just do so. With --unit COL all this holds for units such as patients drawn at random, of "
            "which rows\n"
            "come several: Student's t over units stands in the place of McNemar's test.\n"
            "\n"
            "Examples:\n"
            "  despur compare runs/erm runs/george\n"
            "  despur compare before.csv after.csv --confidence 0.99 --json\n",
    .options = {COLUMN_OPTIONS,
                {"same-order", NULL, "row i of both is the same example; no ids are needed"},
                {"confidence", "C", "of intervals and decisions (default 0.95)"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
