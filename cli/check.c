/* despur check: a gate for continuous integration. */
#include "columns.h"
#include "emit.h"
#include "output.h"
#include "report.h"
#include "terminal.h"

#include "despur/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RULES = 64, NAME_LEAST = 26, NAME_MOST = 60 };

static const char *const ANSWERS[] = {"holds", "does not hold", "undecided"};

/* ---- what is asked ---- */

/* A condition as it stands on the command line: one about a rate is a check for each class. */
typedef struct rule {
  despur_condition condition;
  despur_rate_kind rate;
  double bound;
} rule;

typedef struct rules {
  rule items[MOST_RULES];
  size_t count;
  bool rates; /* some are about rates */
} rules;

static const struct {
  const char *option;
  despur_condition condition;
  bool rate;
} CONDITIONS[] = {{"min-worst-group", DESPUR_WORST_GROUP_AT_LEAST, false},
                  {"min-average", DESPUR_AVERAGE_AT_LEAST, false},
                  {"max-gap", DESPUR_GAP_AT_MOST, false},
                  {"min-rate", DESPUR_RATE_AT_LEAST, true},
                  {"max-rate", DESPUR_RATE_AT_MOST, true},
                  {"max-difference", DESPUR_DIFFERENCE_AT_MOST, true},
                  {"min-ratio", DESPUR_RATIO_AT_LEAST, true}};

static despur_status add_rule(rules *out, rule one, despur_error *error) {
  if (out->count == MOST_RULES)
    return cli_fail(error, DESPUR_BAD_USAGE, "check: expected at most %d conditions", MOST_RULES);
  out->items[out->count++] = one;
  return DESPUR_OK;
}

/* "tpr", of which values or spreads exist. */
static despur_status rate_of(despur_rate_kind *out, const char *option, despur_condition condition,
                             const char *word, despur_error *error) {
  const char *names[DESPUR_SPREAD_KINDS + 1] = {0};
  char hint[96];
  bool spread = condition == DESPUR_DIFFERENCE_AT_MOST || condition == DESPUR_RATIO_AT_LEAST;
  int kinds = spread ? DESPUR_SPREAD_KINDS : DESPUR_RATE_KINDS;
  *out = despur_rate_of_word(word);
  if ((int)*out < kinds) return DESPUR_OK;
  for (int i = 0; i < kinds; i++) names[i] = despur_rate_word((despur_rate_kind)i);
  cli_did_you_mean(hint, word, names);
  return cli_fail(error, DESPUR_BAD_USAGE,
                  "--%s: expected accuracy, error, tpr, fnr, fpr, tnr, precision, f1%s selection%s, found "
                  "'%s'%s",
                  option, spread ? "," : " or", spread ? " or odds" : "", word, hint);
}

/* One of "tpr=0.1,fpr=0.1"; length: of it. */
static despur_status add_rate(rules *out, size_t index, const char *at, size_t length, despur_error *error) {
  const char *option = CONDITIONS[index].option;
  char piece[64], *equals, *end = NULL;
  rule one = {.condition = CONDITIONS[index].condition};
  snprintf(piece, sizeof piece, "%.*s", (int)(length < 60 ? length : 60), at);
  equals = strchr(piece, '=');
  if (equals) one.bound = strtod(equals + 1, &end);
  if (!equals || end == equals + 1 || *end || !(one.bound >= 0 && one.bound <= 1))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--%s: expected a rate and a number from 0 to 1, such as tpr=0.1, found '%s'", option,
                    piece);
  *equals = 0;
  despur_status status = rate_of(&one.rate, option, one.condition, piece, error);
  if (status != DESPUR_OK) return status;
  out->rates = true;
  return add_rule(out, one, error);
}

static despur_status add_rates(rules *out, size_t index, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (const char *at = value; status == DESPUR_OK && at;) {
    const char *comma = strchr(at, ',');
    status = add_rate(out, index, at, comma ? (size_t)(comma - at) : strlen(at), error);
    at = comma ? comma + 1 : NULL;
  }
  return status;
}

static despur_status add_baseline(rules *out, const cli_arguments *arguments, despur_error *error) {
  double margin;
  despur_status status = cli_real(&margin, arguments, "margin", 0, 1, 0, error);
  if (status == DESPUR_OK && !cli_value(arguments, "no-worse-than") &&
      (cli_value(arguments, "margin") || cli_value(arguments, "same-order")))
    status = cli_fail(error, DESPUR_BAD_USAGE, "--margin and --same-order go with --no-worse-than only");
  if (status != DESPUR_OK || !cli_value(arguments, "no-worse-than")) return status;
  status = add_rule(out, (rule){.condition = DESPUR_WORST_GROUP_NO_WORSE, .bound = margin}, error);
  if (status != DESPUR_OK) return status;
  return add_rule(out, (rule){.condition = DESPUR_AVERAGE_NO_WORSE, .bound = margin}, error);
}

static despur_status rules_of(rules *out, const cli_arguments *arguments, despur_error *error) {
  despur_status status = DESPUR_OK;
  *out = (rules){0};
  for (size_t i = 0; status == DESPUR_OK && i < sizeof CONDITIONS / sizeof *CONDITIONS; i++) {
    const char *option = CONDITIONS[i].option, *value = cli_value(arguments, option);
    rule one = {.condition = CONDITIONS[i].condition};
    if (!value) continue;
    if (CONDITIONS[i].rate) {
      status = add_rates(out, i, value, error);
      continue;
    }
    status = cli_real(&one.bound, arguments, option, 0, 1, 0, error);
    if (status == DESPUR_OK) status = add_rule(out, one, error);
  }
  if (status == DESPUR_OK) status = add_baseline(out, arguments, error);
  if (status == DESPUR_OK && out->count == 0)
    status = cli_fail(error, DESPUR_BAD_USAGE,
                      "check: expected a condition: --min-worst-group, --min-average, --max-gap, --min-rate, "
                      "--max-rate, --max-difference, --min-ratio or --no-worse-than");
  return status;
}

/* ---- what is measured ---- */

typedef struct gate {
  despur_predicted predicted, before;
  despur_scores scores;
  despur_rates rates;
  despur_comparison comparison;
  despur_check *checks; /* [count] */
  size_t count;
  despur_check_subject subject;
  double confidence;
} gate;

static void release(gate *g) {
  free(g->checks);
  despur_comparison_release(&g->comparison);
  despur_rates_release(&g->rates);
  despur_scores_release(&g->scores);
  despur_predicted_release(&g->before);
  despur_predicted_release(&g->predicted);
}

static despur_status measure_rates(gate *g, despur_error *error) {
  despur_status status = despur_rates_compute(&g->rates, &g->predicted, g->confidence, error);
  if (status != DESPUR_OK) return status;
  g->subject.rates = &g->rates;
  if (g->rates.classes_count > 0 && g->rates.parts_count > 0) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_INPUT, "%s: there are no rates by group: %s", g->subject.name,
                  g->rates.parts_count ? "too many classes (one: --positive)"
                                       : "nothing but labels tells groups apart");
}

static despur_status measure_baseline(gate *g, const cli_arguments *arguments, const despur_columns *columns,
                                      despur_error *error) {
  const char *path = cli_value(arguments, "no-worse-than");
  despur_status status = despur_predicted_read(&g->before, path, columns, error);
  if (status == DESPUR_OK)
    status = columns_check_alignment(&g->before, path, &g->predicted, g->subject.name,
                                     cli_value(arguments, "same-order"), error);
  if (status == DESPUR_OK)
    status = despur_compare(&g->comparison, &g->before, &g->predicted, g->confidence, error);
  g->subject.comparison = &g->comparison;
  return status;
}

/* Accuracy and error are the same whichever class is positive. */
static size_t classes_of(const gate *g, const rule *r) {
  bool rate = r->condition >= DESPUR_RATE_AT_LEAST && r->condition <= DESPUR_RATIO_AT_LEAST;
  return rate && r->rate != DESPUR_ACCURACY && r->rate != DESPUR_ERROR ? g->rates.classes_count : 1;
}

static const char *name_class(const gate *g, size_t slot) {
  const despur_predicted *p = &g->predicted;
  return g->rates.classes_count > 1 && p->class_names ? p->class_names[g->rates.classes[slot].class_index]
                                                      : NULL;
}

static despur_status make_checks(gate *g, const rules *asked, const char *baseline, despur_error *error) {
  size_t total = 0;
  for (size_t i = 0; i < asked->count; i++) total += classes_of(g, &asked->items[i]);
  g->checks = calloc(total > 0 ? total : 1, sizeof *g->checks);
  if (!g->checks) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; i < asked->count; i++) {
    const rule *r = &asked->items[i];
    size_t classes = classes_of(g, r);
    for (size_t c = 0; c < classes; c++)
      g->checks[g->count++] = (despur_check){.condition = r->condition,
                                             .bound = r->bound,
                                             .rate = r->rate,
                                             .class_slot = c,
                                             .positive = classes > 1 ? name_class(g, c) : NULL,
                                             .baseline = baseline};
  }
  return DESPUR_OK;
}

/* ---- what is said ---- */

static void print_groups(const despur_check *check) {
  if (check->condition <= DESPUR_GAP_AT_MOST || !check->group) return;
  terminal_print(stdout, ", %s", check->group);
  if (check->other) terminal_print(stdout, " to %s", check->other);
}

static void print_check(const despur_check *check, int width, double confidence) {
  char name[DESPUR_CHECK_NAME];
  bool ratio = check->condition == DESPUR_RATIO_AT_LEAST;
  double scale = ratio ? 1 : 100;
  int decimals = ratio ? 3 : 2;
  despur_check_name(check, name);
  terminal_put_left(name, width);
  terminal_print(stdout, " %-14s ", ANSWERS[check->answer]);
  if (isnan(check->value))
    terminal_print(stdout, "%6s    (no two groups have it)", "-");
  else
    terminal_print(stdout, "%6.*f %s  (%.*f to %.*f at %g %% confidence)", decimals, scale * check->value,
                   ratio ? " " : "%", decimals, scale * check->low, decimals, scale * check->high,
                   100 * confidence);
  print_groups(check);
  putchar('\n');
}

static void print_text(const gate *g) {
  int width = NAME_LEAST;
  report_print_degenerate(&g->scores.degenerate, "");
  terminal_print(stdout, "worst %s: %s, %.2f %%\n", g->predicted.attributes ? "group" : "class",
                 g->scores.groups[g->scores.worst_group].name, 100 * g->scores.worst_group_accuracy);
  for (size_t i = 0; i < g->count; i++) {
    char name[DESPUR_CHECK_NAME];
    despur_check_name(&g->checks[i], name);
    int columns = terminal_columns(name);
    if (columns > width) width = columns < NAME_MOST ? columns : NAME_MOST;
  }
  for (size_t i = 0; i < g->count; i++) print_check(&g->checks[i], width, g->confidence);
}

static void print_json(const gate *g) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "subject", g->subject.name);
  report_emit_degenerate(&j, "degenerate", &g->scores.degenerate);
  emit_text(&j, "worst_group", g->scores.groups[g->scores.worst_group].name);
  emit_real(&j, "worst_group_accuracy", g->scores.worst_group_accuracy);
  columns_emit(&j, &g->predicted);
  emit_real(&j, "confidence", g->confidence);
  emit_open(&j, "conditions", '[');
  for (size_t i = 0; i < g->count; i++) {
    const despur_check *check = &g->checks[i];
    char name[DESPUR_CHECK_NAME];
    despur_check_name(check, name);
    emit_open(&j, NULL, '{');
    emit_text(&j, "condition", name);
    emit_real(&j, "bound", check->bound);
    emit_real(&j, "value", check->value);
    emit_real(&j, "low", check->low);
    emit_real(&j, "high", check->high);
    emit_text(&j, "answer", ANSWERS[check->answer]);
    if (check->group) emit_text(&j, check->other ? "lowest" : "group", check->group);
    if (check->other) emit_text(&j, "highest", check->other);
    if (check->needed > 0) emit_count(&j, "examples_needed", check->needed);
    emit_close(&j, '}');
  }
  emit_close(&j, ']');
  emit_close(&j, '}');
}

static despur_status print_markdown(const gate *g, despur_error *error) {
  char *text = NULL;
  despur_status status = despur_check_markdown(&text, g->checks, g->count, &g->subject, g->confidence, error);
  if (status == DESPUR_OK) fputs(text, stdout);
  free(text);
  return status;
}

static bool is_stdout(const char *path) {
  return path && strcmp(path, "-") == 0;
}

static despur_status write_files(const gate *g, const cli_arguments *arguments, despur_error *error) {
  const char *junit = cli_value(arguments, "junit"), *markdown = cli_value(arguments, "markdown");
  despur_status status = DESPUR_OK;
  if (junit) status = despur_check_write_junit(g->checks, g->count, &g->subject, junit, error);
  if (status == DESPUR_OK && markdown && !is_stdout(markdown))
    status = despur_check_write_markdown(g->checks, g->count, &g->subject, g->confidence, markdown, error);
  return status;
}

/* Prints what came out and writes the files; the verdict is the result unless something else fails. */
static despur_status publish(const gate *g, const cli_arguments *arguments, despur_status verdict,
                             despur_error *error) {
  despur_error writing;
  despur_status status = DESPUR_OK;
  if (cli_value(arguments, "json")) {
    print_json(g);
  } else if (is_stdout(cli_value(arguments, "markdown"))) {
    status = print_markdown(g, &writing);
  } else {
    columns_print(&g->predicted, g->subject.name);
    status = columns_print_units(&g->predicted, &g->scores, &writing);
    if (status == DESPUR_OK) print_text(g);
  }
  if (status == DESPUR_OK) status = write_files(g, arguments, &writing);
  if (status != DESPUR_OK) return cli_fail(error, status, "%s", writing.message);
  return verdict;
}

static despur_status check_files(const cli_arguments *arguments, despur_error *error) {
  const char *markdown = cli_value(arguments, "markdown");
  despur_status status = cli_may_write(arguments, cli_value(arguments, "junit"), error);
  if (status != DESPUR_OK || !markdown) return status;
  if (!is_stdout(markdown)) return cli_may_write(arguments, markdown, error);
  if (!cli_value(arguments, "json")) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "--json and --markdown - both want standard output");
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  gate g = {0};
  rules asked;
  despur_columns columns;
  const char *before = cli_value(arguments, "no-worse-than");
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "check: expected one run directory or file of predictions, found %zu", arguments->count);
  g.subject = (despur_check_subject){.name = arguments->positional[0], .scores = &g.scores};
  despur_status status = check_files(arguments, error);
  if (status == DESPUR_OK) status = rules_of(&asked, arguments, error);
  if (status == DESPUR_OK) status = columns_of(&columns, arguments, error);
  columns.others = before && cli_value(arguments, "same-order");
  columns.ids = before && !columns.others;
  if (status == DESPUR_OK) status = cli_confidence(&g.confidence, arguments, error);
  if (status == DESPUR_OK) status = despur_predicted_read(&g.predicted, g.subject.name, &columns, error);
  if (status == DESPUR_OK) status = despur_predicted_scores(&g.scores, &g.predicted, error);
  if (status == DESPUR_OK && asked.rates) status = measure_rates(&g, error);
  if (status == DESPUR_OK && before) status = measure_baseline(&g, arguments, &columns, error);
  if (status == DESPUR_OK) status = make_checks(&g, &asked, before, error);
  if (status == DESPUR_OK) {
    status = despur_check_all(g.checks, g.count, &g.subject, g.confidence, error);
    if (status == DESPUR_OK || status == DESPUR_GATE_FAILED || status == DESPUR_TOO_LITTLE_DATA)
      status = publish(&g, arguments, status, error);
  }
  release(&g);
  return status;
}

const cli_verb cli_check = {
    .name = "check",
    .usage = "RUN|FILE CONDITION ... [COLUMNS] [--confidence C] [--json] [--junit FILE] [--markdown FILE]",
    .summary = "exit with 0, 1 or 5: conditions on accuracies and rates hold, do not, or cannot be told",
    .help =
        "Reads the predictions that a run has left, or a file as 'despur eval --predictions' reads it. A "
        "condition\n"
        "holds when the whole interval of what was measured is on the right side of the bound, does not "
        "hold\n"
        "when it is on the wrong side, and is undecided when the bound lies inside: then there is too little "
        "data\n"
        "to say, and the exit code is 5. The interval of the worst group takes into account that it is the "
        "worst\n"
        "of several, and so do those of rates, differences and ratios.\n"
        "\n"
        "Rates are accuracy, error, tpr, fnr, fpr, tnr, precision, f1 and selection, by what --by says, "
        "whatever the\n"
        "label ('despur help eval'); odds, equalised odds, has differences and ratios only. With more than "
        "two classes\n"
        "a condition is about each, or about the one that --positive names.\n"
        "\n"
        "--no-worse-than compares with other predictions for the same examples, as 'despur compare' does: "
        "the worst\n"
        "group and the average over examples must surely have lost no more than --margin. Without a margin "
        "models that\n"
        "are about as good remain undecided.\n"
        "\n"
        "Examples:\n"
        "  despur check runs/demo --min-worst-group 0.7\n"
        "  despur check resnet.csv --min-worst-group 0.8 --max-gap 0.1 --confidence 0.99 --junit check.xml\n"
        "  despur check loans.csv --by sex --max-difference odds=0.1,selection=0.1 --min-ratio "
        "selection=0.8\n"
        "  despur check after.csv --no-worse-than before.csv --margin 0.01 --markdown -\n",
    .options = {{"min-worst-group", "A", "every group at least this accurate (a fraction)"},
                {"min-average", "A", "at least this accurate over all examples"},
                {"max-gap", "D", "worst group at most this far below the average over examples"},
                {"min-rate", "RATE=A", "every group's rate at least this: tpr=0.8,precision=0.7"},
                {"max-rate", "RATE=A", "every group's rate at most this: fpr=0.1"},
                {"max-difference", "RATE=D", "no two groups further apart: tpr=0.1,odds=0.2"},
                {"min-ratio", "RATE=R", "no ratio of two groups smaller: selection=0.8"},
                {"no-worse-than", "FILE", "predictions (or a run) that must be matched, paired"},
                {"margin", "D", "accuracy that may be lost against them (default 0)"},
                {"same-order", NULL, "row i of both is the same example; no ids are needed"},
                COLUMN_OPTIONS,
                {"confidence", "C", "of the intervals (default 0.95)"},
                {"json", NULL, "results as JSON on stdout"},
                {"junit", "FILE", "results as JUnit's XML, too"},
                {"markdown", "FILE", "results as a table for a pull request, too; - for stdout"},
                {"force", NULL, "replace a file that is not despur's"}},
    .execute = execute};
