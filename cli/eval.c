/* despur eval: measures of the network that a run left, or of predictions in a CSV file. */
#include "columns.h"
#include "rates.h"
#include "report.h"
#include "terminal.h"

#include "despur/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static despur_status predictions_of(despur_predicted *out, const cli_arguments *arguments,
                                    despur_error *error) {
  const char *file = cli_value(arguments, "predictions");
  despur_columns columns;
  despur_split split;
  long threads;
  if (arguments->count != (file ? 0 : 1))
    return cli_fail(error, DESPUR_BAD_USAGE, "eval: expected one run directory%s, found %zu",
                    file ? " or --predictions, not both" : "", arguments->count + (file ? 1 : 0));
  if (file && (cli_value(arguments, "split") || cli_value(arguments, "threads")))
    return cli_fail(error, DESPUR_BAD_USAGE, "--predictions: goes without --split and --threads");
  if (!file && columns_given(arguments))
    return cli_fail(error, DESPUR_BAD_USAGE, "eval: what names columns goes with --predictions only");
  if (!file && cli_value(arguments, "out"))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--out: goes with --predictions only (a run has its page: RUN/report.html)");
  despur_status status = columns_of(&columns, arguments, error);
  if (status == DESPUR_OK) status = cli_split(&split, arguments, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  return file ? despur_predicted_read(out, file, &columns, error)
              : despur_run_predict(out, arguments->positional[0], split, (int)threads, error);
}

/* How the epoch of the network was chosen, if that was on the split whose numbers are printed. */
static despur_status choice_of(despur_rule_result *out, const cli_arguments *arguments, despur_error *error) {
  despur_split split;
  *out = (despur_rule_result){0};
  despur_status status = cli_split(&split, arguments, error);
  if (status != DESPUR_OK || arguments->count == 0 || split != DESPUR_VAL) return status;
  return despur_run_choice(out, arguments->positional[0], error);
}

static void print(const report_measured *of, bool json, bool rates, const char *out) {
  if (json) {
    report_print_predicted_json(of);
    return;
  }
  columns_print(of->predicted, of->label);
  report_print_predicted(of);
  if (rates) rates_print(of->rates, of->predicted);
  if (of->choice->epoch > 0) putchar('\n');
  report_print_choice(of->choice, false, !of->predicted->attributes);
  if (out) terminal_print(stdout, "\npage: %s/report.html\n", out);
}

/* The page of what was measured, and what else --out leaves. */
static despur_status leave(const report_measured *of, const cli_arguments *arguments, despur_error *error) {
  const despur_models_options options = {.directory = cli_value(arguments, "out"),
                                         .force = cli_value(arguments, "force"),
                                         .calibration_by_group = of->by_group};
  const char *slash = strrchr(of->label, '/');
  despur_model model = {.label = strcmp(of->label, "-") == 0 ? "standard input"
                                 : slash                     ? slash + 1
                                                             : of->label,
                        .path = of->label,
                        .predicted = *of->predicted,
                        .scores = *of->scores,
                        .measures = *of->measures};
  despur_status status = columns_of(&model.columns, arguments, error);
  return status == DESPUR_OK ? despur_report_models(&model, 1, &options, NULL, error) : status;
}

/* What is measured, and owned. */
typedef struct measured {
  despur_predicted predicted;
  despur_scores scores, *alone; /* [predicted.alone_count] */
  despur_measures measures;
  rates_list rates;
  despur_rule_result choice;
  despur_run_end end;
} measured;

static void release(measured *m) {
  for (size_t i = 0; m->alone && i < m->predicted.alone_count; i++) despur_scores_release(&m->alone[i]);
  free(m->alone);
  rates_list_release(&m->rates);
  despur_measures_release(&m->measures);
  despur_scores_release(&m->scores);
  despur_predicted_release(&m->predicted);
}

static despur_status measure_alone(measured *m, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (m->predicted.alone_count == 0) return DESPUR_OK;
  m->alone = calloc(m->predicted.alone_count, sizeof *m->alone);
  if (!m->alone) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; status == DESPUR_OK && i < m->predicted.alone_count; i++)
    status = despur_predicted_scores(&m->alone[i], &m->predicted.alone[i], error);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  measured m = {0};
  const char *file = cli_value(arguments, "predictions");
  bool json = cli_value(arguments, "json"), rates = cli_value(arguments, "rates");
  report_measured of = {.scores = &m.scores,
                        .predicted = &m.predicted,
                        .measures = &m.measures,
                        .rates = &m.rates,
                        .choice = &m.choice,
                        .end = file ? NULL : &m.end,
                        .by_group = cli_value(arguments, "calibration-by-group")};
  despur_status status = predictions_of(&m.predicted, arguments, error);
  if (status != DESPUR_OK) return status;
  of.label = file ? file : arguments->positional[0];
  status = despur_predicted_scores(&m.scores, &m.predicted, error);
  if (status == DESPUR_OK) status = measure_alone(&m, error);
  of.alone = m.alone;
  if (status == DESPUR_OK) status = despur_measures_compute(&m.measures, &m.predicted, error);
  if (status == DESPUR_OK && (json || rates))
    status = rates_list_compute(&m.rates, &m.predicted, 0.95, error);
  if (status == DESPUR_OK) status = choice_of(&m.choice, arguments, error);
  if (status == DESPUR_OK && !file) status = report_warn_outcome(&m.end, of.label, json, error);
  if (status == DESPUR_OK && cli_value(arguments, "out")) status = leave(&of, arguments, error);
  if (status == DESPUR_OK) print(&of, json, rates, cli_value(arguments, "out"));
  release(&m);
  return status;
}

const cli_verb cli_eval = {
    .name = "eval",
    .usage = "RUN [--split train|val|test] [OPTIONS], or --predictions FILE [COLUMNS] [--json]",
    .summary = "measure the network of a run on a split, or predictions of any model",
    .help =
        "Rebuilds the data set from RUN/config.yaml and runs RUN/model.safetensors over it. With "
        "--predictions\n"
        "nothing is trained and no data set is needed: the file says what some model predicted.\n"
        "\n"
        "The file is a table with the names of its columns in the first line: CSV, TSV, semicolons with "
        "decimal\n"
        "commas, or JSON Lines, also packed with gzip; or an .npz archive whose arrays are the columns; '-' "
        "is "
        "standard input. Which column is what is "
        "guessed from usual "
        "names (y\n"
        "or label; prediction or pred; prob_0, prob_1, ...; a, group, or sex, gender, race), printed, and "
        "can be\n"
        "said. Values are numbers or any text. A group is what --by says within a label, so that a class "
        "cannot\n"
        "hide another's errors; --whole-groups takes names as they are. Groups with missing values are "
        "shown but\n"
        "cannot be the worst. Other columns are passed over.\n"
        "\n"
        "Intervals hold with 95 % confidence: Wilson's for each group; that of the worst group takes into\n"
        "account that it is the worst of several. Calibration is the expected calibration error over 15\n"
        "equal bins, over all, by attribute and by prediction: among examples of one label the best "
        "predictor "
        "looks\n"
        "miscalibrated, so groups within a label have it only with --calibration-by-group.\n"
        "\n"
        "--rates adds true and false positive and negative rates, precision, F1 and selection rates by what "
        "--by says\n"
        "(not within a label), each column alone and all together, with the largest difference and the "
        "smallest ratio\n"
        "of groups. One of two classes is positive (--positive); of more each is, against the others. --json "
        "has the\n"
        "rates, bins, confusion matrices and everything else.\n"
        "\n"
        "--out leaves a page in DIR, report.html, with the same and more to look at; results.json, which has "
        "every\n"
        "number; columns.json, which says what was read as what; and manifest.json.\n"
        "\n"
        "Examples:\n"
        "  despur eval runs/demo-0 --split val\n"
        "  despur eval --predictions resnet.csv --json\n"
        "  despur eval --predictions loans.csv --by sex,race --positive granted --rates\n"
        "  despur eval --predictions adult.csv --label income --score p --positive '>50K' --by sex,race "
        "--out page\n",
    .options = {{"split", "SPLIT", "train, val or test (default test)"},
                {"predictions", "FILE", "a table in place of a run, or - for standard input"},
                COLUMN_OPTIONS,
                {"out", "DIR", "leave a page, report.html, and results.json there"},
                {"force", NULL, "write into DIR although something else is there"},
                {"threads", "N", "processors to use (default all)"},
                {"calibration-by-group", NULL, "calibration within groups of one label, too"},
                {"rates", NULL, "true and false positive rates, precision, F1, selection, too"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
