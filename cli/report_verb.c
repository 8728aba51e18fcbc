/* despur report: the page of a run, or of several. */
#include "cli.h"
#include "output.h"
#include "terminal.h"

#include "despur/report.h"

#include <stdio.h>

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  char beside[1024];
  const char *out = cli_value(arguments, "out");
  if (arguments->count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "report: expected a run directory, or several, found none");
  if (!out && arguments->count > 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "report: a page of several directories needs a place: --out FILE");
  if (!out) {
    int length = snprintf(beside, sizeof beside, "%s/report.html", arguments->positional[0]);
    if (length < 0 || (size_t)length >= sizeof beside)
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: the path is too long", arguments->positional[0]);
    out = beside;
  }
  const despur_report_options options = {.page = out, .plots = cli_value(arguments, "plots")};
  despur_status status = cli_may_write(arguments, out, error);
  if (status == DESPUR_OK) status = cli_may_add(arguments, options.plots, ".svg", error);
  if (status == DESPUR_OK)
    status = despur_report(arguments->positional, arguments->count, &options, NULL, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s\n", out);
  return status;
}

const cli_verb cli_report = {
    .name = "report",
    .usage = "DIR... [--out FILE] [--plots DIR]",
    .summary = "make the page of a run, or one that compares several",
    .help =
        "Every run ends with its page, RUN/report.html: one file with everything in it. This makes it again, "
        "or\n"
        "elsewhere, from the files of the run alone. Of several runs, or of a folder with runs in it such "
        "as\n"
        "a sweep's, it makes a page that compares them: methods side by side, mean and spread over seeds,\n"
        "and what lifting the worst group costs the average. Plots can be had as separate SVG files.\n"
        "\n"
        "Examples:\n"
        "  despur report runs/demo\n"
        "  despur report runs/demo --out page.html --plots figures\n"
        "  despur report runs/erm-0 runs/erm-1 runs/dro-0 runs/dro-1 --out compared.html\n"
        "  despur report sweeps/seeds\n",
    .options = {{"out", "FILE", "the page (default DIR/report.html, when there is one DIR)"},
                {"force", NULL, "replace files that are not despur's"},
                {"plots", "DIR", "also write every plot as an SVG file into a directory"}},
    .execute = execute};
