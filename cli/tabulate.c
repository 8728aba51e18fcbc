/* despur table: one table over many runs. */
#include "cli.h"
#include "terminal.h"

#include "despur/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static despur_status format_of(despur_table_format *out, const cli_arguments *arguments,
                               despur_error *error) {
  static const char *const NAMES[] = {"text", "markdown", "latex", "csv", NULL};
  const char *value = cli_value(arguments, "format");
  char hint[96];
  *out = DESPUR_TABLE_TEXT;
  if (!value) return DESPUR_OK;
  for (int i = 0; NAMES[i]; i++)
    if (strcmp(value, NAMES[i]) == 0) {
      *out = (despur_table_format)i;
      return DESPUR_OK;
    }
  cli_did_you_mean(hint, value, NAMES);
  return cli_fail(error, DESPUR_BAD_USAGE, "--format: expected text, markdown, latex or csv, found '%s'%s",
                  value, hint);
}

static despur_status print(const despur_table *table, despur_table_format format, despur_error *error) {
  char *text = NULL;
  despur_status status = despur_table_print(table, format, &text, error);
  if (status != DESPUR_OK) return status;
  terminal_print(stdout, "%s", text);
  free(text);
  for (size_t i = 0; format == DESPUR_TABLE_CSV && despur_table_note(table, i); i++)
    terminal_print(stderr, "%s\n", despur_table_note(table, i));
  return DESPUR_OK;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_table *table;
  despur_table_format format;
  const despur_table_options options = {.rows = cli_value(arguments, "rows"),
                                        .columns = cli_value(arguments, "columns"),
                                        .measure = cli_value(arguments, "measure"),
                                        .split = cli_value(arguments, "split")};
  if (arguments->count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "table: expected directories with runs, such as runs/rates, found none");
  despur_status status = format_of(&format, arguments, error);
  if (status == DESPUR_OK)
    status = despur_table_create(&table, arguments->positional, arguments->count, &options, error);
  if (status != DESPUR_OK) return status;
  status = print(table, format, error);
  despur_table_free(table);
  return status;
}

const cli_verb cli_table = {
    .name = "table",
    .usage = "DIR ... [OPTIONS]",
    .summary = "mean and standard deviation over runs, methods by data sets",
    .help =
        "A DIR is the directory of a run or one that contains some, such as that of a sweep. Each cell "
        "has the\n"
        "mean of a measure over the runs of its row and column, +- their standard deviation, and their "
        "number.\n"
        "Beside each row stands what group labels its runs use before the test (none; validation: to "
        "choose an\n"
        "epoch; training: to train) and the rule that chose the epoch.\n"
        "\n"
        "Only complete runs count; all others are listed with the reason, and so are cells whose runs "
        "differ in\n"
        "more than their seeds. The best row of a column is marked only where it differs from every "
        "other one by\n"
        "more than the error: Welch's 95 % interval of the difference of means leaves out 0. There is no "
        "mark\n"
        "where a row has one run. With up to five runs in each cell a note says how far means must lie apart "
        "before\n"
        "anything can be said of their order.\n"
        "\n"
        "Measures: worst_group_accuracy (default), average_accuracy, train_weighted_average,\n"
        "balanced_group_accuracy, worst_class_accuracy, attribute_accuracy, loss, seconds (wall time),\n"
        "adjusted_rand and minority_recall (of inferred groups), and rule.NAME: the test worst-group "
        "accuracy\n"
        "that the selection rule NAME would have given, such as rule.val_average. On validation:\n"
        "corrected_worst_group_accuracy, that of the epoch that was chosen there less what choosing it "
        "adds, which\n"
        "is the measure optimism.\n"
        "\n"
        "Examples:\n"
        "  despur table runs/rates --rows train.optimizer.lr --columns train.batch_size\n"
        "  despur table runs/* --measure average_accuracy --format markdown\n"
        "  despur table runs/* --measure corrected_worst_group_accuracy\n",
    .options = {{"format", "FORMAT", "text (default), markdown, latex or csv"},
                {"rows", "KEY", "method (default), data, or a key of recipes"},
                {"columns", "KEY", "data (default), method, or a key of recipes"},
                {"measure", "NAME", "what the cells hold"},
                {"split", "SPLIT", "test (default) or val"}},
    .execute = execute};
