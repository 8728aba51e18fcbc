/* despur report: the page of a run. */
#include "cli.h"

#include "despur/report.h"

#include <stdio.h>

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  char beside[1024];
  const char *out = cli_value(arguments, "out"), *directory = arguments->positional[0];
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE, "report: expected one run directory, found %zu",
                    arguments->count);
  if (!out) {
    int length = snprintf(beside, sizeof beside, "%s/report.html", directory);
    if (length < 0 || (size_t)length >= sizeof beside)
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: the path is too long", directory);
    out = beside;
  }
  const despur_report_options options = {.page = out, .plots = cli_value(arguments, "plots")};
  despur_status status = despur_report(directory, &options, NULL, error);
  if (status == DESPUR_OK) printf("%s\n", out);
  return status;
}

const cli_verb cli_report = {
    .name = "report",
    .usage = "RUN [--out FILE] [--plots DIR]",
    .summary = "make the page of a run",
    .help = "Every run ends with its page, RUN/report.html: one file with everything in it. This makes it "
            "again, or\n"
            "elsewhere, and can write its plots as separate SVG files. A page is made from the files of the "
            "run alone.\n"
            "\n"
            "Examples:\n"
            "  despur report runs/demo\n"
            "  despur report runs/demo --out page.html --plots figures\n",
    .options = {{"out", "FILE", "the page (default RUN/report.html)"},
                {"plots", "DIR", "also write every plot as an SVG file into a directory"}},
    .execute = execute};
