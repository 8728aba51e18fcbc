/* despur verify: whether a run, or a page of models, is what it says. */
#include "emit.h"
#include "repair_again.h"
#include "report.h"

#include <stdio.h>

static void print_text(const despur_verify_result *result) {
  printf("inputs   %3zu files have the hashes in manifest.json\n", result->inputs);
  printf("outputs  %3zu files have theirs\n", result->outputs);
  if (result->repeated) printf("again    %3zu files came out with the same bytes\n", result->repeated);
}

static void print_json(const despur_verify_result *result) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_flag(&j, "same", !*result->difference);
  emit_count(&j, "inputs", result->inputs);
  emit_count(&j, "outputs", result->outputs);
  emit_count(&j, "repeated", result->repeated);
  emit_text(&j, "difference", *result->difference ? result->difference : NULL);
  emit_close(&j, '}');
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  long threads;
  report r;
  despur_verify_result result;
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE, "verify: expected one directory, found %zu", arguments->count);
  despur_status status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  const despur_verify_options options = {.quick = cli_value(arguments, "quick") != NULL,
                                         .threads = (int)threads,
                                         .observer =
                                             report_observer(&r, cli_value(arguments, "quiet") != NULL)};
  status = despur_verify(&result, arguments->positional[0], &options, error);
  if (status == DESPUR_OK && !*result.difference && !options.quick)
    status = repair_verify_again(&result, arguments->positional[0], (int)threads, error);
  report_clear(&r);
  if (status != DESPUR_OK) return status;
  if (cli_value(arguments, "json"))
    print_json(&result);
  else if (!*result.difference)
    print_text(&result);
  return *result.difference ? cli_fail(error, DESPUR_GATE_FAILED, "%s", result.difference) : DESPUR_OK;
}

const cli_verb cli_verify = {
    .name = "verify",
    .usage = "DIR [--quick] [OPTIONS]",
    .summary = "check that a run is what it says: hashes, then all of it again",
    .help =
        "Compares the inputs with the hashes in RUN/manifest.json, then the outputs, then carries the "
        "run out\n"
        "once more in a temporary place and compares every file. The first difference is named, with the "
        "line or\n"
        "the tensor, and the exit status is 1. Relative paths start where the run was made. The same of "
        "a page "
        "that\n"
        "'despur eval --out' or 'despur repair --out' has left: what it was made from is read once more.\n"
        "\n"
        "Examples:\n"
        "  despur verify runs/demo-0\n"
        "  despur verify runs/demo-0 --quick\n",
    .options = {{"quick", NULL, "hashes only"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"quiet", NULL, "no news on stderr"},
                {"json", NULL, "the result as JSON on stdout"}},
    .execute = execute};
