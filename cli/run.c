/* despur run and despur infer: a recipe carried out. */
#include "counting.h"
#include "output.h"
#include "report.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static despur_status drop_idle(despur_config *config, const cli_arguments *arguments, despur_error *error) {
  char *notes = NULL;
  despur_status status = despur_config_drop_idle(config, &notes, error);
  if (notes && !cli_value(arguments, "quiet")) terminal_print(stderr, "%s", notes);
  free(notes);
  return status;
}

/* Recipe file, then overrides. */
static despur_status load_config(despur_config **out, const cli_arguments *arguments, despur_error *error) {
  if (arguments->count == 0 || strchr(arguments->positional[0], '='))
    return cli_fail(
        error, DESPUR_BAD_USAGE,
        "%s: expected a recipe before anything else: a file, or a name that 'despur recipes' lists",
        arguments->verb->name);
  despur_status status = despur_config_create(out, error);
  if (status == DESPUR_OK) status = cli_load_recipe(*out, arguments->positional[0], error);
  for (size_t i = 1; status == DESPUR_OK && i < arguments->count; i++)
    status = despur_config_set(*out, arguments->positional[i], error);
  return status == DESPUR_OK ? drop_idle(*out, arguments, error) : status;
}

static despur_status print_config(const despur_config *config, despur_error *error) {
  char *text = NULL;
  despur_status status = despur_config_format(config, &text, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s", text);
  free(text);
  return status;
}

static despur_status print_network(const despur_config *config, despur_error *error) {
  char *text = NULL;
  despur_status status = despur_run_describe_network(&text, config, error);
  if (status == DESPUR_OK) fputs(text, stdout);
  free(text);
  return status;
}

/* resumed: the directory to go on in, or NULL. */
static despur_status run_config(despur_config *config, const cli_arguments *arguments, bool only_infer,
                                const char *resumed, despur_error *error) {
  long threads;
  report r;
  despur_status status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  despur_run_options options = {.directory = resumed ? resumed : cli_value(arguments, "out"),
                                .resume = resumed != NULL,
                                .force = cli_value(arguments, "force") != NULL,
                                .threads = (int)threads,
                                .only_infer = only_infer,
                                .observer = report_observer(&r, cli_value(arguments, "quiet") != NULL)};
  despur_run_result result;
  counting decoded = counting_start("pictures", r.quiet);
  despur_watch watch = counting_watch(&decoded);
  watch.stop = options.observer.stop; /* it needs no context */
  despur_config_watch(config, &watch);
  status = despur_run(&result, config, &options, error);
  counting_end(&decoded);
  report_clear(&r);
  if (status == DESPUR_OK) {
    if (cli_value(arguments, "json"))
      status = report_print_run_json(&result, error);
    else
      report_print_run(&result);
  }
  despur_run_result_release(&result);
  return status;
}

static despur_status execute(const cli_arguments *arguments, bool only_infer, despur_error *error) {
  despur_config *config = NULL;
  despur_status status = load_config(&config, arguments, error);
  if (status == DESPUR_OK) status = despur_config_check(config, error);
  if (status == DESPUR_OK) {
    if (cli_value(arguments, "print-config"))
      status = print_config(config, error);
    else if (cli_value(arguments, "print-network"))
      status = print_network(config, error);
    else
      status = run_config(config, arguments, only_infer, NULL, error);
  }
  despur_config_free(config);
  return status;
}

/* The recipe is the directory's own. */
static despur_status resume(const char *directory, const cli_arguments *arguments, despur_error *error) {
  static const char *const OTHERS[] = {"out", "force", "print-config", "print-network"};
  char path[1100];
  despur_config *config = NULL;
  if (arguments->count > 0)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "run: --resume goes on with the recipe of %s as it is: '%s' cannot be given with it",
                    directory, arguments->positional[0]);
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
    if (cli_value(arguments, OTHERS[i]))
      return cli_fail(error, DESPUR_BAD_USAGE, "run: --%s cannot be given with --resume", OTHERS[i]);
  snprintf(path, sizeof path, "%s/config.yaml", directory);
  despur_status status = despur_config_create(&config, error);
  if (status == DESPUR_OK) status = despur_config_load(config, path, error);
  if (status == DESPUR_OK) status = run_config(config, arguments, false, directory, error);
  despur_config_free(config);
  return status;
}

static despur_status execute_run(const cli_arguments *arguments, despur_error *error) {
  const char *directory = cli_value(arguments, "resume");
  return directory ? resume(directory, arguments, error) : execute(arguments, false, error);
}

static void show_note(void *context, const char *line) {
  (void)context;
  terminal_print(stderr, "%s\n", line);
}

/* Groups of other examples by those of a run. */
static despur_status apply_groups(const cli_arguments *arguments, despur_error *error) {
  long threads;
  const char *path = cli_value(arguments, "out");
  despur_status status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  if (!path) path = "groups.csv";
  status = cli_may_write(arguments, path, error);
  if (status != DESPUR_OK) return status;
  const despur_assign_options options = {.overrides = arguments->positional,
                                         .count = arguments->count,
                                         .threads = (int)threads,
                                         .observer.note = cli_value(arguments, "quiet") ? NULL : show_note};
  status = despur_run_assign(cli_value(arguments, "apply"), path, &options, error);
  if (status == DESPUR_OK) terminal_print(stdout, "%s\n", path);
  return status;
}

static despur_status execute_infer(const cli_arguments *arguments, despur_error *error) {
  return cli_value(arguments, "apply") ? apply_groups(arguments, error) : execute(arguments, true, error);
}

const cli_verb cli_run = {
    .name = "run",
    .usage = "RECIPE [KEY=VALUE ...] [OPTIONS] | --resume DIR [OPTIONS]",
    .summary = "carry out a recipe: train, infer groups, retrain, measure",
    .help = "A recipe is a YAML file, or the name of one that comes with despur ('despur recipes').\n"
            "'despur help config' lists its keys, 'despur help config KEY' says more of one; KEY=VALUE "
            "overrides it.\n"
            "The directory gets the resolved configuration, results.jsonl, predictions.csv, groups.csv,\n"
            "the weights and a manifest with the SHA-256 of each.\n"
            "A run that was interrupted or killed goes on after its last finished epoch with --resume, and\n"
            "leaves the same bytes as one that was not.\n"
            "Groups are a partition: of groups that overlap (--overlapping of 'despur eval') methods of\n"
            "training take the combinations, data.attribute=male,female.\n"
            "\n"
            "Examples:\n"
            "  despur run demo\n"
            "  despur run george-blog seed=3 data.images=/data/mnist --out runs/blog-3\n"
            "  despur run recipes/erm.yaml train.epochs=5 train.optimizer.lr=0.02 --threads 1\n"
            "  despur run --resume runs/erm-0\n",
    .options = {{"out", "DIR", "directory to create (default runs/NAME-SEED)"},
                {"resume", "DIR", "go on with the unfinished run in a directory"},
                {"force", NULL, "replace the run that is in the directory"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"print-config", NULL, "print the resolved configuration and stop"},
                {"print-network", NULL, "print the planned network (shapes, parameters, memory) and stop"},
                {"quiet", NULL, "no news on stderr"},
                {"json", NULL, "results as JSON on stdout"},
                {NULL, NULL, NULL}},
    .never = {{"overlapping", NULL,
               "methods of training want a partition, for each example counts in one group; "
               "data.attribute=male,female makes one of each combination"}},
    .words = CLI_RECIPE + CLI_KEYS,
    .execute = execute_run};

const cli_verb cli_infer = {
    .name = "infer",
    .usage = "RECIPE [KEY=VALUE ...] [OPTIONS] | --apply RUN [KEY=VALUE ...] [--out FILE]",
    .summary = "train the reference network of a recipe and infer groups from it, no more",
    .help =
        "Like 'run', but stops after group inference: groups.csv holds a group for every training example.\n"
        "With --apply, the groups that a run has found by clustering are given to the examples of another\n"
        "data set (KEY=VALUE sets data.*), and written to a CSV file.\n"
        "\n"
        "Examples:\n"
        "  despur infer recipes/george-blog.yaml infer.clusters=3 --out runs/groups\n"
        "  despur infer --apply runs/groups data='{source: npy, images: x.npy, labels: y.npy}' --out "
        "new.csv\n",
    .options = {{"out", "PATH",
                 "directory to create (default runs/NAME-SEED); with --apply the file (default groups.csv)"},
                {"apply", "RUN", "take the groups of this run"},
                {"force", NULL, "replace the run that is in the directory"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"print-config", NULL, "print the resolved configuration and stop"},
                {"quiet", NULL, "no news on stderr"},
                {"json", NULL, "results as JSON on stdout"},
                {NULL, NULL, NULL}},
    .words = CLI_RECIPE + CLI_KEYS,
    .execute = execute_infer};
