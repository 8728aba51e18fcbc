/* despur report: the page of a run, or of several. */
#include "cli.h"
#include "columns.h"
#include "output.h"
#include "terminal.h"

#include "despur/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_MODELS = 64 };

/* Tables of predictions, one for each model; named without their directories where that tells them apart. */
static despur_status report_tables(const cli_arguments *arguments, const char *out, despur_error *error) {
  const despur_models_options options = {.page = out};
  despur_model models[MOST_MODELS];
  despur_columns columns;
  size_t count = 0;
  despur_status status = columns_of(&columns, arguments, error);
  columns.ids = true;
  for (size_t i = 0; i < arguments->count && status == DESPUR_OK; i++) {
    const char *path = arguments->positional[i], *name = columns_table_name(path);
    for (size_t j = 0; j < arguments->count; j++)
      if (j != i && strcmp(columns_table_name(arguments->positional[j]), name) == 0) name = path;
    status = despur_model_read(&models[count], name, path, &columns, error);
    count += status == DESPUR_OK;
  }
  if (status == DESPUR_OK) status = despur_report_models(models, count, &options, NULL, error);
  for (size_t i = 0; i < count; i++) despur_model_release(&models[i]);
  return status;
}

static despur_status check_words(bool *tables, const cli_arguments *arguments, despur_error *error) {
  size_t directories = 0;
  const char *out = cli_value(arguments, "out");
  if (arguments->count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "report: expected a run directory, or several, found none");
  for (size_t i = 0; i < arguments->count; i++) directories += cli_is_folder(arguments->positional[i]);
  /* what is not there is said by whoever reads it */
  struct stat about;
  *tables = directories == 0 && stat(arguments->positional[0], &about) == 0;
  if (directories > 0 && directories < arguments->count)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "report: expected directories of runs or tables of predictions, not both");
  if (*tables && arguments->count > MOST_MODELS)
    return cli_fail(error, DESPUR_BAD_USAGE, "report: expected at most %d tables, found %zu", MOST_MODELS,
                    arguments->count);
  if (*tables && cli_value(arguments, "plots"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--plots: goes with runs only");
  if (!*tables && columns_given(arguments))
    return cli_fail(error, DESPUR_BAD_USAGE, "report: what names columns goes with tables only");
  if (!out && (*tables || arguments->count > 1))
    return cli_fail(error, DESPUR_BAD_USAGE, "report: a page of %s needs a place: --out FILE",
                    *tables ? "tables" : "several directories");
  return DESPUR_OK;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  char beside[1024];
  const char *out = cli_value(arguments, "out");
  bool tables = false;
  despur_status status = check_words(&tables, arguments, error);
  if (status != DESPUR_OK) return status;
  if (!out) {
    int length = snprintf(beside, sizeof beside, "%s/report.html", arguments->positional[0]);
    if (length < 0 || (size_t)length >= sizeof beside)
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: the path is too long", arguments->positional[0]);
    out = beside;
  }
  const despur_report_options options = {.page = out, .plots = cli_value(arguments, "plots")};
  status = cli_may_write(arguments, out, error);
  if (status == DESPUR_OK) status = cli_may_add(arguments, options.plots, ".svg", error);
  if (status == DESPUR_OK && tables) status = report_tables(arguments, out, error);
  if (status == DESPUR_OK && !tables)
    status = despur_report(arguments->positional, arguments->count, &options, NULL, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s\n", out);
  return status;
}

const cli_verb cli_report = {
    .name = "report",
    .usage = "DIR... [--out FILE] [--plots DIR], or FILE... --out FILE [COLUMNS]",
    .summary = "make the page of a run or a model, or one that compares several",
    .help =
        "Every run ends with its page, RUN/report.html: one file with everything in it. This makes it again, "
        "or\n"
        "elsewhere, from the files of the run alone. Of several runs, or of a folder with runs in it such "
        "as\n"
        "a sweep's, it makes a page that compares them: methods side by side, mean and spread over seeds,\n"
        "and what lifting the worst group costs the average. Plots can be had as separate SVG files.\n"
        "\n"
        "A FILE is a table of predictions, as 'despur eval --predictions' reads it, of one model each. "
        "Several are "
        "set\n"
        "side by side: group by group and, where ids tell that the examples are the same, example by "
        "example.\n"
        "\n"
        "Examples:\n"
        "  despur report runs/demo\n"
        "  despur report runs/demo --out page.html --plots figures\n"
        "  despur report runs/erm-0 runs/erm-1 runs/dro-0 runs/dro-1 --out compared.html\n"
        "  despur report sweeps/seeds\n"
        "  despur report before.csv after.csv --by sex,race --out models.html\n",
    .options = {{"out", "FILE", "the page (default DIR/report.html, when there is one DIR)"},
                COLUMN_OPTIONS,
                {"force", NULL, "replace files that are not despur's"},
                {"plots", "DIR", "also write every plot as an SVG file into a directory"}},
    .execute = execute};
