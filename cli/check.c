/* despur check: a gate for continuous integration. */
#include "columns.h"
#include "emit.h"
#include "output.h"
#include "report.h"
#include "terminal.h"

#include "despur/check.h"

#include <stdio.h>

enum { CONDITIONS = 3 };

static const char *const OPTIONS[CONDITIONS] = {"min-worst-group", "min-average", "max-gap"};
static const char *const ANSWERS[] = {"holds", "does not hold", "undecided"};

static despur_status conditions_of(despur_check *checks, size_t *count, const cli_arguments *arguments,
                                   despur_error *error) {
  *count = 0;
  for (int i = 0; i < CONDITIONS; i++) {
    double bound;
    despur_status status = cli_real(&bound, arguments, OPTIONS[i], 0, 1, 0, error);
    if (status != DESPUR_OK) return status;
    if (cli_value(arguments, OPTIONS[i]))
      checks[(*count)++] = (despur_check){.condition = (despur_condition)i, .bound = bound};
  }
  if (*count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "check: expected a condition: --min-worst-group, --min-average or --max-gap");
  return DESPUR_OK;
}

static void print_text(const despur_check *checks, size_t count, const despur_scores *scores, bool classes,
                       double confidence) {
  report_print_degenerate(&scores->degenerate, "");
  terminal_print(stdout, "worst %s: %s, %.2f %%\n", classes ? "class" : "group",
                 scores->groups[scores->worst_group].name, 100 * scores->worst_group_accuracy);
  for (size_t i = 0; i < count; i++) {
    char name[64];
    despur_check_name(&checks[i], name);
    terminal_print(stdout, "%-26s %-14s %6.2f %%  (%.2f to %.2f at %g %% confidence)\n", name,
                   ANSWERS[checks[i].answer], 100 * checks[i].value, 100 * checks[i].low,
                   100 * checks[i].high, 100 * confidence);
  }
}

static void print_json(const despur_predicted *predicted, const despur_check *checks, size_t count,
                       const despur_scores *scores, const char *subject, double confidence) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "subject", subject);
  report_emit_degenerate(&j, "degenerate", &scores->degenerate);
  emit_text(&j, "worst_group", scores->groups[scores->worst_group].name);
  emit_real(&j, "worst_group_accuracy", scores->worst_group_accuracy);
  columns_emit(&j, predicted);
  emit_real(&j, "confidence", confidence);
  emit_open(&j, "conditions", '[');
  for (size_t i = 0; i < count; i++) {
    char name[64];
    despur_check_name(&checks[i], name);
    emit_open(&j, NULL, '{');
    emit_text(&j, "condition", name);
    emit_real(&j, "bound", checks[i].bound);
    emit_real(&j, "value", checks[i].value);
    emit_real(&j, "low", checks[i].low);
    emit_real(&j, "high", checks[i].high);
    emit_text(&j, "answer", ANSWERS[checks[i].answer]);
    if (checks[i].needed > 0) emit_count(&j, "examples_needed", checks[i].needed);
    emit_close(&j, '}');
  }
  emit_close(&j, ']');
  emit_close(&j, '}');
}

/* Prints what came out and writes the file; the verdict is the result unless something else fails. */
static despur_status publish(const despur_predicted *predicted, const despur_check *checks, size_t count,
                             const despur_scores *scores, const cli_arguments *arguments, double confidence,
                             despur_status verdict, despur_error *error) {
  const char *junit = cli_value(arguments, "junit"), *subject = arguments->positional[0];
  if (cli_value(arguments, "json"))
    print_json(predicted, checks, count, scores, subject, confidence);
  else {
    columns_print(predicted, subject);
    print_text(checks, count, scores, !predicted->attributes, confidence);
  }
  if (junit) {
    despur_error writing;
    despur_status status = despur_check_write_junit(checks, count, subject, junit, &writing);
    if (status != DESPUR_OK) return cli_fail(error, status, "%s", writing.message);
  }
  return verdict;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  double confidence;
  despur_check checks[CONDITIONS];
  size_t count;
  despur_columns columns;
  despur_predicted predicted = {0};
  despur_scores scores = {0};
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "check: expected one run directory or file of predictions, found %zu", arguments->count);
  despur_status status = cli_may_write(arguments, cli_value(arguments, "junit"), error);
  if (status == DESPUR_OK) status = conditions_of(checks, &count, arguments, error);
  if (status == DESPUR_OK) status = columns_of(&columns, arguments, error);
  if (status == DESPUR_OK) status = cli_confidence(&confidence, arguments, error);
  if (status == DESPUR_OK)
    status = despur_predicted_read(&predicted, arguments->positional[0], &columns, error);
  if (status == DESPUR_OK) status = despur_predicted_scores(&scores, &predicted, error);
  if (status == DESPUR_OK) {
    status = despur_check_scores(checks, count, &scores, confidence, error);
    if (status == DESPUR_OK || status == DESPUR_GATE_FAILED || status == DESPUR_TOO_LITTLE_DATA)
      status = publish(&predicted, checks, count, &scores, arguments, confidence, status, error);
  }
  despur_scores_release(&scores);
  despur_predicted_release(&predicted);
  return status;
}

const cli_verb cli_check = {
    .name = "check",
    .usage = "RUN|FILE CONDITION ... [COLUMNS] [--confidence C] [--json] [--junit FILE]",
    .summary = "exit with 0, 1 or 5: conditions on accuracies hold, do not hold, or cannot be told",
    .help =
        "Reads the predictions that a run has left, or a file as 'despur eval --predictions' reads it. A "
        "condition\n"
        "holds when the whole interval of what was measured is on the right side of the bound, does not "
        "hold\n"
        "when it is on the wrong side, and is undecided when the bound lies inside: then there is too little "
        "data\n"
        "to say, and the exit code is 5. The interval of the worst group takes into account that it is the "
        "worst\n"
        "of several.\n"
        "\n"
        "Examples:\n"
        "  despur check runs/demo --min-worst-group 0.7\n"
        "  despur check resnet.csv --min-worst-group 0.8 --max-gap 0.1 --confidence 0.99 --junit check.xml\n",
    .options = {{"min-worst-group", "A", "every group at least this accurate (a fraction)"},
                {"min-average", "A", "at least this accurate over all examples"},
                {"max-gap", "D", "worst group at most this far below the average over examples"},
                COLUMN_OPTIONS,
                {"confidence", "C", "of the intervals (default 0.95)"},
                {"json", NULL, "results as JSON on stdout"},
                {"junit", "FILE", "results as JUnit's XML, too"},
                {"force", NULL, "replace a file that is not despur's"}},
    .execute = execute};
