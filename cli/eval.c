/* despur eval: measures of the network that a run left, or of predictions in a CSV file. */
#include "columns.h"
#include "rates.h"
#include "report.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_MODELS = 16 };

/* What is measured: the network of a run, or models from one table. */
typedef struct measured {
  despur_model models[MOST_MODELS];
  size_t count;
  char predictions[4096]; /* columns of all models, with commas between: none has the labels */
  despur_rule_result choice;
  despur_run_end end;
} measured;

/* The table of predictions, or NULL: a run. */
static const char *table_of(const cli_arguments *arguments) {
  struct stat about;
  const char *said = cli_value(arguments, "predictions");
  if (said || arguments->count == 0) return said;
  const char *word = arguments->positional[0];
  return stat(word, &about) == 0 && S_ISDIR(about.st_mode) ? NULL : word;
}

static void release(measured *m) {
  for (size_t i = 0; i < m->count; i++) despur_model_release(&m->models[i]);
}

/* The words that say what a model predicted, one of which may be given several times. */
static const char *const OF_MODELS[] = {"prediction", "score", "probabilities"};

/* NULL: none of them is. */
static const char *repeated(const cli_arguments *arguments) {
  for (size_t i = 0; i < sizeof OF_MODELS / sizeof *OF_MODELS; i++)
    if (cli_value_again(arguments, OF_MODELS[i], 1)) return OF_MODELS[i];
  return NULL;
}

static despur_status check_models(const cli_arguments *arguments, const char *file, despur_error *error) {
  const char *several = repeated(arguments);
  if (!several) return DESPUR_OK;
  for (size_t i = 0; i < sizeof OF_MODELS / sizeof *OF_MODELS; i++)
    if (strcmp(OF_MODELS[i], several) != 0 && cli_value(arguments, OF_MODELS[i]))
      return cli_fail(error, DESPUR_BAD_USAGE, "--%s: of several models --%s says what they predict",
                      OF_MODELS[i], several);
  if (strcmp(file, "-") == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: standard input has one model only", several);
  if (cli_value_again(arguments, several, MOST_MODELS))
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected at most %d models", several, MOST_MODELS);
  return DESPUR_OK;
}

static despur_status check_words(const cli_arguments *arguments, despur_error *error) {
  const char *file = table_of(arguments);
  size_t words = arguments->count + (cli_value(arguments, "predictions") ? 1 : 0);
  if (words != 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "eval: expected one run directory or file of predictions, found %zu", words);
  if (file && cli_value(arguments, "threads"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--threads: a table of predictions needs none");
  if (!file && columns_given(arguments))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "eval: what names columns goes with a table of predictions only");
  if (!file && cli_value(arguments, "out"))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--out: goes with a table of predictions only (a run has its page: RUN/report.html)");
  return file ? check_models(arguments, file, error) : DESPUR_OK;
}

/* Where one of several models is asked for, the others' predictions look like labels. */
static despur_status list_predictions(char *out, size_t room, const cli_arguments *arguments,
                                      despur_error *error) {
  size_t used = 0;
  const char *name;
  for (size_t i = 0; used < room && (name = cli_value_again(arguments, "prediction", i)) != NULL; i++)
    used += (size_t)snprintf(out + used, room - used, "%s%s", i ? "," : "", name);
  if (used < room) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "--prediction: the names are too long");
}

/* A table has a model for each time that one of OF_MODELS is given. */
static despur_status read_models(measured *m, const char *file, const cli_arguments *arguments,
                                 despur_error *error) {
  despur_columns columns;
  despur_status status = columns_of(&columns, arguments, error);
  const char *several = repeated(arguments);
  columns.from_scores = several && strcmp(several, "prediction") != 0;
  if (status == DESPUR_OK && several && strcmp(several, "prediction") == 0) {
    status = list_predictions(m->predictions, sizeof m->predictions, arguments, error);
    columns.not_label = m->predictions;
  }
  do {
    const char *name = several ? cli_value_again(arguments, several, m->count) : NULL;
    const char *label = several ? name : columns_table_name(file);
    if (several && strcmp(several, "prediction") == 0) columns.prediction = name;
    if (several && strcmp(several, "score") == 0) columns.score = name;
    if (several && strcmp(several, "probabilities") == 0) columns.probabilities = name;
    if (status == DESPUR_OK) status = despur_model_read(&m->models[m->count], label, file, &columns, error);
    m->count += status == DESPUR_OK;
  } while (status == DESPUR_OK && several && cli_value_again(arguments, several, m->count));
  return status;
}

static despur_status read_run(measured *m, const cli_arguments *arguments, despur_error *error) {
  despur_split split;
  long threads;
  despur_status status = cli_split(&split, arguments, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status == DESPUR_OK)
    status = despur_run_predict(&m->models[0].predicted, arguments->positional[0], split, (int)threads, NULL,
                                error);
  if (status == DESPUR_OK) status = despur_model_measure(&m->models[0], error);
  m->count = status == DESPUR_OK;
  return status;
}

/* How the epoch of the network was chosen, if that was on the split whose numbers are printed. */
static despur_status choice_of(despur_rule_result *out, const cli_arguments *arguments, despur_error *error) {
  despur_split split;
  *out = (despur_rule_result){0};
  if (table_of(arguments)) return DESPUR_OK;
  despur_status status = cli_split(&split, arguments, error);
  if (status != DESPUR_OK || split != DESPUR_VAL) return status;
  return despur_run_choice(out, arguments->positional[0], error);
}

static despur_status print(const report_measured *of, bool rates, despur_error *error) {
  const despur_predicted *predicted = &of->model->predicted;
  columns_print(predicted, of->label);
  despur_status status = columns_print_units(predicted, &of->model->scores, error);
  if (status != DESPUR_OK) return status;
  report_print_predicted(of);
  if (rates) rates_print(of->model->rates, predicted);
  if (of->choice->epoch > 0) putchar('\n');
  report_print_choice(of->choice, false, !predicted->attributes);
  return DESPUR_OK;
}

static despur_status print_all(const measured *m, const cli_arguments *arguments, despur_error *error) {
  const char *file = table_of(arguments), *out = cli_value(arguments, "out");
  report_measured of[MOST_MODELS];
  for (size_t i = 0; i < m->count; i++)
    of[i] = (report_measured){.model = &m->models[i],
                              .label = m->count > 1 ? m->models[i].label
                                       : file       ? file
                                                    : arguments->positional[0],
                              .choice = &m->choice,
                              .end = file ? NULL : &m->end,
                              .by_group = cli_value(arguments, "calibration-by-group")};
  if (cli_value(arguments, "json")) return report_print_predicted_json(of, m->count, error);
  for (size_t i = 0; i < m->count; i++) {
    if (m->count > 1) terminal_print(stdout, "%s== %s ==\n", i ? "\n" : "", of[i].label);
    despur_status status = print(&of[i], cli_value(arguments, "rates"), error);
    if (status != DESPUR_OK) return status;
  }
  if (out) terminal_print(stdout, "\npage: %s/report.html\n", out);
  return DESPUR_OK;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  measured m = {0};
  const char *file = table_of(arguments);
  const despur_models_options options = {.directory = cli_value(arguments, "out"),
                                         .force = cli_value(arguments, "force"),
                                         .calibration_by_group =
                                             cli_value(arguments, "calibration-by-group")};
  despur_status status = check_words(arguments, error);
  if (status == DESPUR_OK)
    status = file ? read_models(&m, file, arguments, error) : read_run(&m, arguments, error);
  if (status == DESPUR_OK) status = choice_of(&m.choice, arguments, error);
  if (status == DESPUR_OK && !file)
    status =
        report_warn_outcome(&m.end, arguments->positional[0], cli_value(arguments, "json") != NULL, error);
  if (status == DESPUR_OK && options.directory)
    status = despur_report_models(m.models, m.count, &options, NULL, error);
  if (status == DESPUR_OK) status = print_all(&m, arguments, error);
  release(&m);
  return status;
}

const cli_verb cli_eval = {
    .name = "eval",
    .usage = "RUN [--split train|val|test] [OPTIONS] | PREDICTIONS [COLUMNS] [OPTIONS]",
    .summary = "measure the network of a run on a split, or predictions of any model",
    .help =
        "Rebuilds the data set from RUN/config.yaml and runs RUN/model.safetensors over it. For PREDICTIONS\n"
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
        "cannot be the worst. --by age:18,65 cuts numbers there, age:4 into four parts. --split COL=VALUE "
        "takes\n"
        "some of the rows. Other columns are passed over.\n"
        "\n"
        "Intervals hold with 95 % confidence: Wilson's for each group; that of the worst group takes into\n"
        "account that it is the worst of several. Rows of one patient or document resemble each other: with "
        "--unit COL\n"
        "intervals hold for these drawn at random, and how much wider that makes them is printed.\n"
        "Calibration is the expected calibration error over 15\n"
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
        "  despur eval resnet.csv --json\n"
        "  despur eval loans.csv --by sex,race --positive granted --rates\n"
        "  despur eval adult.csv --by age:4,sex --split split=test --min-count 30\n"
        "  despur eval adult.csv --label income --score p --positive '>50K' --by sex,race "
        "--out page\n",
    .options = {{"predictions", "FILE",
                 "the same table, whatever kind of file it is, or - for standard input"},
                COLUMN_OPTIONS,
                {"out", "DIR", "leave a page, report.html, and results.json there"},
                {"force", NULL, "write into DIR although something else is there"},
                {"threads", "N", "processors to use (default all)"},
                {"calibration-by-group", NULL, "calibration within groups of one label, too"},
                {"rates", NULL, "true and false positive rates, precision, F1, selection, too"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
