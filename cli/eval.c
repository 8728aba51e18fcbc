/* despur eval: measures of the network that a run left. */
#include "report.h"

#include <stdio.h>

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_split split;
  despur_scores scores;
  long threads;
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE, "eval: expected one run directory, found %zu", arguments->count);
  despur_status status = cli_split(&split, arguments, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  status = despur_run_evaluate(&scores, arguments->positional[0], split, (int)threads, error);
  if (status != DESPUR_OK) return status;
  if (cli_value(arguments, "json")) {
    report_print_scores_json(&scores, arguments->positional[0]);
    putchar('\n');
  } else
    report_print_scores(&scores, "model");
  despur_scores_release(&scores);
  return DESPUR_OK;
}

const cli_verb cli_eval = {
    .name = "eval",
    .usage = "RUN [--split train|val|test] [OPTIONS]",
    .summary = "measure the network of a finished run on a split",
    .help = "Rebuilds the data set from RUN/config.yaml and runs RUN/model.safetensors over it.\n"
            "\n"
            "Example:\n"
            "  despur eval runs/demo-0 --split val\n",
    .options = {{"split", "SPLIT", "train, val or test (default test)"},
                {"threads", "N", "processors to use (default all)"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
